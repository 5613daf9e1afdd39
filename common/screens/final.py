"""Actions of a list that cannot be undone are asked for once more, with the rows they are for."""

from collections.abc import Callable, Sequence
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core import signing
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone

from common.models import IdempotencyKey
from common.screens.frame import in_frame

# So many rows are looked through before somebody says yes to all of them.
MOST_ROWS = 100
SURE, SEEN = "sure", "seen"
SALT = "windsock final action"
# How long an answer may take.
ANSWER_S = 3600
CHANGED = "Something changed since you were asked. Nothing was done: look at the rows again."
TWICE = "This was sent twice and done once."
ABOUT = (
    "You are asked once more because this cannot be undone. Look at the rows: it is done to each of"
    " them, and what is refused is named with its reason. Give up to change nothing."
)
# Said anew by the form: its token, the rows, and that they are these and not all that there are.
_OWN = ("csrfmiddlewaretoken", ACTION_CHECKBOX_NAME, "select_across", SURE, SEEN)
Action = Callable[[Any, HttpRequest, QuerySet], HttpResponseBase | None]


class FinalActions:
    """A screen some of whose actions cannot be undone, for mixing in."""

    # Names of such actions; the desk's own pages ask in the same way.
    final_actions: ClassVar[Sequence[str]] = ()

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """The actions, each final one behind its question."""
        actions = dict(super().get_actions(request))  # type: ignore[misc]
        for name in self.final_actions:
            if name in actions:
                deed, key, label = actions[name]
                actions[name] = (_asked_first(deed, str(label)), key, label)
        return actions


def _asked_first(deed: Action, label: str) -> Action:
    def ask(screen: Any, request: HttpRequest, rows: QuerySet) -> HttpResponseBase | None:
        if SURE not in request.POST:
            return _question(screen, request, rows, label)
        if SEEN in request.POST:
            once = _once(request, rows)
            if not once:
                screen.message_user(request, CHANGED, messages.ERROR)
                return _question(screen, request, rows, label)
            if not _is_first(request, once):
                screen.message_user(request, TWICE, messages.INFO)
                return None
        return deed(screen, request, rows)

    return ask


def _mark(request: HttpRequest, rows: Sequence[Model]) -> str:
    """What somebody is asked about: the deed, and each row as it stands."""
    stand = sorted((str(row.pk), _standing(row)) for row in rows)
    told = repr((request.user.pk, request.POST.get("action"), stand))
    return sha256(told.encode()).hexdigest()


def _standing(row: Any) -> str:
    if hasattr(row, "version"):
        return str(row.version)
    names = [field.attname for field in row._meta.concrete_fields]
    return repr([(name, row.__dict__.get(name)) for name in names])


def _once(request: HttpRequest, rows: QuerySet) -> str:
    """The key of one answer; none where it is not of these rows as they stand."""
    try:
        mark, once = signing.loads(request.POST[SEEN], salt=SALT, max_age=ANSWER_S)
    except (signing.BadSignature, ValueError):
        return ""
    return str(once) if mark == _mark(request, list(rows[: MOST_ROWS + 1])) else ""


def _is_first(request: HttpRequest, once: str) -> bool:
    user: Any = request.user
    given = {"fingerprint": "", "created_at": timezone.now()}
    _, is_first = IdempotencyKey.objects.get_or_create(
        user=user, key=f"final:{once}", defaults=given
    )
    return is_first


def _question(screen: Any, request: HttpRequest, rows: QuerySet, label: str) -> HttpResponse | None:
    found = list(rows[: MOST_ROWS + 1])
    if not found or len(found) > MOST_ROWS:
        none = "Nothing was done: none of the selected rows is on this list."
        many = f"Nothing was done: select at most {MOST_ROWS} rows for what cannot be undone."
        screen.message_user(request, many if found else none, messages.ERROR)
        return None
    page = {
        "title": f"{label}?",
        "about": ABOUT,
        "label": label,
        "rows": [(row.pk, str(row)) for row in found],
        "kind": screen.opts.verbose_name if len(found) == 1 else screen.opts.verbose_name_plural,
        "given": [(n, v) for n, vs in request.POST.lists() if n not in _OWN for v in vs],
        "reason": request.POST.get("reason", "").strip(),
        "selected": ACTION_CHECKBOX_NAME,
        "sure": SURE,
        "seen": signing.dumps([_mark(request, found), token_urlsafe(24)], salt=SALT),
        "back": request.get_full_path(),
    }
    return in_frame(request, "common/screens/final.html", page)

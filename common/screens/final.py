"""Actions of a list that cannot be undone are asked for once more, with the rows they are for."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from common.screens.frame import in_frame

# So many rows are looked through before somebody says yes to all of them.
MOST_ROWS = 100
SURE = "sure"
ABOUT = (
    "You are asked once more because this cannot be undone. Look at the rows: it is done to each of"
    " them, and what is refused is named with its reason. Give up to change nothing."
)
# Said anew by the form: its token, the rows, and that they are these and not all that there are.
_OWN = ("csrfmiddlewaretoken", ACTION_CHECKBOX_NAME, "select_across", SURE)
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
        return (
            deed(screen, request, rows)
            if SURE in request.POST
            else _question(screen, request, rows, label)
        )

    return ask


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
        "back": request.get_full_path(),
    }
    return in_frame(request, "common/screens/final.html", page)

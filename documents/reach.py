"""Which documents somebody may have: by the grants of a kind, and the records it is about."""

from collections.abc import Callable, Iterator
from typing import Any

from django.apps import apps
from django.db.models import Exists, OuterRef, Q

from common.scopes import scopes_of
from documents.kinds import UPLOADED, kinds

Holds = Callable[[str], bool]
_NOTHING = Q(pk__in=())


def within_reach(user: Any, holds: Holds) -> Q:
    """
    A condition on documents: kinds that `holds` lets be read, about records the user may see.

    What was handed in is open to who may see the record it belongs to, and where it belongs to none
    to who handed it in and to who works for an operator of theirs; medical ones need a grant of
    their own besides.
    """
    if not (user.is_authenticated and user.is_staff):
        return _NOTHING
    found = _NOTHING
    for subject, keys, rows in _by_subject(user, holds):
        mine = Q(kind__in=keys)
        if holds(view_permission(subject)):
            mine |= Q(kind=UPLOADED) & _open_uploads(holds)
        elif not keys:
            continue
        found |= mine & _about_one_of(subject, rows)
    return found | (Q(kind=UPLOADED, subject_type="") & _of_ones_own(user) & _open_uploads(holds))


def pack_within_reach(user: Any, holds: Holds) -> Q:
    """
    A condition on packs: about records the user may see, of kinds that `holds` lets all be read.

    What is in them already is not looked at here.
    """
    return _about(user, holds, "kinds__contained_by")


def preview_within_reach(user: Any, holds: Holds) -> Q:
    """A condition on looks by trying a template: as on the documents it would have made."""
    return _about(user, holds, "template__kind__in")


def _about(user: Any, holds: Holds, keys_lookup: str) -> Q:
    if not (user.is_authenticated and user.is_staff):
        return _NOTHING
    found = _NOTHING
    for subject, keys, rows in _by_subject(user, holds):
        found |= _about_one_of(subject, rows) & Q(**{keys_lookup: keys})
    return found


def _about_one_of(subject: str, rows: Any) -> Q:
    """About one of these records, looked up by its key: there may be a million of them."""
    return Q(Exists(rows.filter(pk=OuterRef("subject_id"))), subject_type=subject)


def _by_subject(user: Any, holds: Holds) -> Iterator[tuple[str, list[str], Any]]:
    """Each model, the kinds of it that `holds` lets be read, and the records the user may see."""
    for subject in subjects():
        keys = [kind.key for kind in kinds() if kind.subject == subject and kind.may_read(holds)]
        yield subject, keys, rows_of(subject, user)


def _of_ones_own(user: Any) -> Q:
    """What was handed in by somebody, or by a colleague at one of their operators."""
    if user.is_superuser:
        return Q()
    return Q(generated_by=user) | Q(scopes__overlap=sorted(scopes_of(user)))


def _open_uploads(holds: Holds) -> Q:
    return Q() if holds("documents.view_medical_document") else ~Q(classification="medical")


def subjects() -> list[str]:
    """The models that documents can be about, as labels."""
    return sorted({kind.subject for kind in kinds()})


def view_permission(subject: str) -> str:
    """The grant to see records of a model."""
    app, _, model = subject.partition(".")
    return f"{app}.view_{model}"


def rows_of(subject: str, user: Any) -> Any:
    """The records of a model that somebody may see."""
    return apps.get_model(subject)._default_manager.visible_to(user)

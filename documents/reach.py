"""Which documents somebody may have: by the grants of a kind, and the records it is about."""

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.db.models import Q

from documents.kinds import kinds

Holds = Callable[[str], bool]
_NOTHING = Q(pk__in=())


def within_reach(user: Any, holds: Holds) -> Q:
    """
    A condition on documents: kinds that `holds` lets be read, about records the user may see.

    What was handed in is open to who may see the record it belongs to; medical ones need a grant
    of their own besides.
    """
    if not (user.is_authenticated and user.is_staff):
        return _NOTHING
    found = _NOTHING
    for subject in subjects():
        keys = [kind.key for kind in kinds() if kind.subject == subject and kind.may_read(holds)]
        mine = Q(kind__in=keys)
        if holds(view_permission(subject)):
            mine |= Q(kind="uploaded") & _open_uploads(holds)
        elif not keys:
            continue
        rows = rows_of(subject, user)
        found |= mine & Q(subject_type=subject, subject_id__in=rows.values("pk"))
    return found | (Q(kind="uploaded", subject_type="") & _open_uploads(holds))


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

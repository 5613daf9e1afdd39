from datetime import datetime
from typing import Any, TypeVar

from django.db import connection, models

from common.exceptions import StaleVersion, TransitionNotAllowed
from common.live.board import tell_board
from common.models import StatusChange

M = TypeVar("M", bound=models.Model)


def locked(instance: M, *, version: int | None = None) -> M:
    """
    Re-read a record under a row lock held until the transaction ends.

    With `version` (from an If-Match header) raises StaleVersion when somebody changed the row
    since the caller read it.
    """
    rows = type(instance)._default_manager.select_for_update(of=("self",), no_key=True)
    fresh = rows.get(pk=instance.pk)
    current = getattr(fresh, "version", None)
    if version is not None and current != version:
        raise StaleVersion(yours=version, current=current)
    return fresh


def require_move(instance: Any, to: str) -> None:
    """Raise TransitionNotAllowed unless the table of moves lists the step, changing nothing."""
    if to not in instance.TRANSITIONS.get(instance.status, ()):
        raise TransitionNotAllowed(current=str(instance.status), wanted=str(to))


def move(instance: Any, to: str, *, actor: Any, at: datetime, reason: str = "") -> None:
    """
    Take a locked record to another status, write the step down and tell live boards.

    Raises TransitionNotAllowed when the table of moves does not list the step, RuntimeError
    outside a transaction (the row cannot be locked there).
    """
    if not connection.in_atomic_block:
        raise RuntimeError("move() must run inside the transaction that locked the record")
    current = instance.status
    require_move(instance, to)
    instance.status = to
    instance.save()
    StatusChange.objects.create(
        subject=instance,
        from_status=current,
        to_status=to,
        actor=actor,
        reason=reason,
        changed_at=at,
    )
    tell_board(instance)

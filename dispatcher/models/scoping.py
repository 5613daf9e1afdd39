from typing import Any, ClassVar, Self

from django.db.models import Q

from rpas.models.scoping import OperatorScopedQuerySet


class CenterScopedQuerySet(OperatorScopedQuerySet):
    """Rows of one dispatch center, seen by the members of the operator it works for."""

    operator_path = "center__operator"


class ScheduleScopedQuerySet(OperatorScopedQuerySet):
    """Rows of one schedule, seen by the members of the operator of its center."""

    operator_path = "schedule__center__operator"


class NoticeQuerySet(OperatorScopedQuerySet):
    """Notices of one center; whoever one is addressed to sees it, too."""

    operator_path: ClassVar[str] = "center__operator"

    def visible_to(self, user: Any) -> Self:
        """Notices of the caller's operators, and those addressed to the caller."""
        if not user.is_authenticated or user.is_superuser:
            return super().visible_to(user)
        rows = super().visible_to(user)
        return self.filter(Q(pk__in=rows.values("pk")) | Q(recipient=user))

    def unanswered(self) -> Self:
        """Those that still wait for a word from whom they are addressed to."""
        return self.filter(needs_acknowledgement=True, acknowledged_at=None)


class EventNoteQuerySet(OperatorScopedQuerySet):
    """Notes on events, seen by whoever sees the event."""

    operator_path = "event__center__operator"

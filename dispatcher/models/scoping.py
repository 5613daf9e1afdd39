from typing import Any, ClassVar, Self

from django.db.models import Q

from rpas.models.scoping import OperatorScopedQuerySet

# Apps whose records are crewed flying; an event about one of them is for who may see trips.
CREWED_APPS = ("aircraft.", "operations.")
TRIPS = "operations.view_trip"


def sees_trips(user: Any) -> bool:
    """Whether somebody may see crewed trips, the company's own."""
    return bool(user.is_staff and user.has_perm(TRIPS))


def about_crewed(field: str = "subject_type") -> Q:
    """Rows about crewed flying, by the field that names the sort of record."""
    is_crewed = Q()
    for app in CREWED_APPS:
        is_crewed |= Q(**{f"{field}__startswith": app})
    return is_crewed


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
        """
        Notices of the caller's operators, and those addressed to the caller; of events of crewed
        flying only the latter, unless the caller sees trips.
        """
        if not user.is_authenticated or user.is_superuser:
            return super().visible_to(user)
        rows = super().visible_to(user)
        if not sees_trips(user):
            rows = rows.without_crewed()
        return self.filter(Q(pk__in=rows.values("pk")) | Q(recipient=user))

    def without_crewed(self) -> Self:
        """Leave out what is about crewed flying."""
        return self.filter(Q(event=None) | ~about_crewed("event__subject_type"))

    def unanswered(self) -> Self:
        """Those that still wait for a word from whom they are addressed to."""
        return self.filter(needs_acknowledgement=True, acknowledged_at=None)


class EventNoteQuerySet(OperatorScopedQuerySet):
    """Notes on events, seen by whoever sees the event."""

    operator_path = "event__center__operator"

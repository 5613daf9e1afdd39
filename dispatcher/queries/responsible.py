"""Which desk answers for what, and who sits there."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import (
    BigIntegerField,
    Case,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    When,
)
from django.db.models.functions import Coalesce

from dispatcher.models import Assignment, DispatchCenter, ResourceProfile
from flight_operations.models import FlightOperation
from rpas.models import OperatorMember
from users.models import User
from users.queries.people import holders_of

AT_THE_DESK = "dispatcher.acknowledge_dispatchevent"


def covering() -> QuerySet[DispatchCenter]:
    """The open centers of an outer operation's operator whose area holds its launch site."""
    return DispatchCenter.objects.filter(
        operator=OuterRef("operator"),
        is_active=True,
        coverage__covers=OuterRef("plan__launch_site"),
    )


def in_area(center: DispatchCenter) -> Q:
    """
    Which operations lie with a center when nobody was named for them.

    Those that its area holds; without an area those that no other center's holds.
    """
    if center.coverage is None:
        return Q(~Exists(covering()))
    return Q(Exists(covering().filter(pk=center.pk)))


def is_outside(center: DispatchCenter, operation_id: int) -> bool:
    """Whether a center has an area, and it does not hold an operation's launch site."""
    if center.coverage is None:
        return False
    rows = FlightOperation.objects.filter(pk=operation_id, plan__isnull=False)
    return rows.exclude(plan__launch_site__coveredby=center.coverage).exists()


def outside_area() -> Exists:
    """Whether the center named for an outer demand has an area that does not hold the site."""
    named = DispatchCenter.objects.filter(pk=OuterRef("center"), coverage__isnull=False)
    return Exists(named.exclude(coverage__covers=OuterRef("operation__plan__launch_site")))


def with_center(rows: QuerySet[Any]) -> QuerySet[Any]:
    """
    Add `center_id` to operations: the center that published them, else the one they were meant
    for, else the first whose area holds the launch site, else the first without an area.

    Where every area is another's, the operator's first hears of it; null when there is no center.
    """
    plans = Assignment.objects.live().filter(operation=OuterRef("pk"))
    # "published" sorts after "proposed".
    planned = plans.order_by("-status", "pk").values("schedule__center")[:1]
    own = DispatchCenter.objects.filter(operator=OuterRef("operator"), is_active=True)
    near = Case(
        When(coverage__covers=OuterRef("plan__launch_site"), then=0),
        When(coverage=None, then=1),
        default=2,
    )
    return rows.annotate(
        center_id=Coalesce(
            Subquery(planned),
            F("dispatch_demand__center"),
            Subquery(own.annotate(near=near).order_by("near", "pk").values("pk")[:1]),
            output_field=BigIntegerField(),
        )
    )


def center_of_operation(operation_id: int) -> DispatchCenter | None:
    """The center that answers for an operation; 2 statements."""
    rows = with_center(FlightOperation.objects.filter(pk=operation_id))
    found = rows.values_list("center_id", flat=True).first()
    return DispatchCenter.objects.filter(pk=found).first() if found else None


def centers_of_aircraft(aircraft_id: int) -> list[DispatchCenter]:
    """The centers that plan with a drone: the one it works for, or each of its operator's."""
    active = DispatchCenter.objects.filter(is_active=True).order_by("pk")
    own = ResourceProfile.objects.filter(aircraft=aircraft_id, is_active=True)
    found = list(active.filter(resources__in=own))
    return found or list(active.filter(operator__aircraft=aircraft_id))


def centers_of_person(user_id: int) -> QuerySet[DispatchCenter]:
    """The centers of the operators that somebody works for today."""
    live = OperatorMember.objects.live().filter(user=user_id)
    return DispatchCenter.objects.filter(
        is_active=True, operator__in=live.values("operator")
    ).order_by("pk")


def crewed_center() -> DispatchCenter | None:
    """The center that hears of crewed trips: the one that the settings name, else the first."""
    active = DispatchCenter.objects.filter(is_active=True)
    if settings.DISPATCH_CREWED_CENTER:
        return active.filter(code=settings.DISPATCH_CREWED_CENTER).first()
    return active.order_by("pk").first()


def dispatchers_of(center: DispatchCenter, *, at: datetime) -> QuerySet[User]:
    """Active members of a center's operator whose roles let them answer for events."""
    members = OperatorMember.objects.live().filter(operator=center.operator_id)
    return holders_of(AT_THE_DESK, at=at).filter(pk__in=members.values("user"))


def works_at(center: DispatchCenter, users: Iterable[User]) -> set[int]:
    """Which of these people work for a center's operator today, by key."""
    live = OperatorMember.objects.live().filter(operator=center.operator_id)
    return set(live.filter(user__in=users).values_list("user_id", flat=True))

"""The rows that a center's day is planned from, read in a number of statements that is fixed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.db.models.functions import JSONObject

from common.models import ResourceBooking
from common.querysets import ScopedQuerySet
from dispatcher.models import (
    Assignment,
    AssignmentStatus,
    DispatchCenter,
    DispatchSchedule,
    OperationDemand,
    ResourceProfile,
)
from dispatcher.queries.responsible import in_area
from flight_operations.models import UPCOMING, CrewMember, FlightOperation, OperationStatus
from rpas.models import (
    AircraftStatus,
    BatteryStatus,
    F2DefectEntry,
    OperatorMember,
    RPASAircraft,
)

OPERATION = FlightOperation._meta.label_lower
ASSIGNMENT = Assignment._meta.label_lower
PLANNABLE = (*UPCOMING, OperationStatus.ACTIVE)
VERSIONS = ("number", "version", "dispatch_demand__operation", "dispatch_demand__version")
# Rest is asked for before and after a day's work.
AROUND = timedelta(days=2)


@dataclass(frozen=True)
class DayRows:
    """Everything a plan of one day rests on."""

    schedule: DispatchSchedule
    operations: Sequence[FlightOperation]
    aircraft: Sequence[RPASAircraft]
    members: Sequence[OperatorMember]
    profiles: Sequence[ResourceProfile]
    bookings: Sequence[ResourceBooking]

    @property
    def center(self) -> DispatchCenter:
        return self.schedule.center

    @property
    def span(self) -> tuple[datetime, datetime]:
        return self.schedule.opens_at, self.schedule.closes_at

    def demand(self, operation: FlightOperation) -> OperationDemand | None:
        """What an operation asks for, where somebody wrote it down."""
        return getattr(operation, "dispatch_demand", None)

    def profile_of_aircraft(self, pk: int) -> ResourceProfile | None:
        return next((each for each in self.profiles if each.aircraft_id == pk), None)

    def profile_of_person(self, pk: int) -> ResourceProfile | None:
        mine = (each for each in self.profiles if each.person_id == pk)
        return next((each for each in mine if each.center_id == self.center.pk), None)


def day_rows(schedule: DispatchSchedule) -> DayRows:
    """Read a day; rows come in the order of their keys, which no plan depends on."""
    return _day(schedule, operations_of_day(schedule))


def day_versions(schedule: DispatchSchedule) -> DayRows:
    """The same rows, of operations and what they ask for only which version they are."""
    rows = operations_of_day(schedule).select_related(None).select_related("dispatch_demand")
    return _day(schedule, rows.only(*VERSIONS))


def _day(schedule: DispatchSchedule, rows: QuerySet[FlightOperation]) -> DayRows:
    center = schedule.center
    profiles = list(
        ResourceProfile.objects.filter(center__operator=center.operator_id).order_by("pk")
    )
    operations = list(rows)
    aircraft = [row for row in _aircraft(center) if _works_here(row.pk, None, profiles, center)]
    members = [
        row for row in _members(schedule) if _works_here(None, row.user_id, profiles, center)
    ]
    return DayRows(
        schedule=schedule,
        operations=operations,
        aircraft=aircraft,
        members=members,
        profiles=profiles,
        bookings=_bookings(schedule, operations, aircraft, members),
    )


def operations_of_day(schedule: DispatchSchedule) -> QuerySet[FlightOperation]:
    """
    The operations that the day of a center has to plan or has in the air.

    Those that start within its hours, and drafts whose own windows touch them; none that another
    day or center proposes, for an operation is proposed once.
    """
    opens, closes = schedule.opens_at, schedule.closes_at
    waiting = Q(status=OperationStatus.DRAFT) & (
        Q(dispatch_demand__earliest_at__lt=closes) | Q(dispatch_demand__earliest_at=None)
    )
    waiting &= Q(dispatch_demand__deadline_at__gt=opens)
    assigned = Assignment.objects.live().select_related("schedule").order_by("pk")
    elsewhere = Assignment.objects.proposed().filter(operation=OuterRef("pk"))
    return (
        operations_of_center(schedule.center)
        .filter(~Exists(elsewhere.exclude(schedule=schedule.pk)), status__in=PLANNABLE)
        .filter(Q(planned_start_at__gte=opens, planned_start_at__lt=closes) | waiting)
        .select_related("plan", "dispatch_demand", "operator")
        .prefetch_related(
            Prefetch("crew", CrewMember.objects.order_by("pk")),
            Prefetch("assignments", assigned, to_attr="live_assignments"),
        )
        .order_by("pk")
    )


def operations_of_center(center: DispatchCenter) -> QuerySet[FlightOperation]:
    """
    Those given to the center, and those given to none that stand in a plan of it or lie with it.
    """
    rows: ScopedQuerySet = FlightOperation.objects.filter(operator=center.operator_id)
    rows = rows.filter(plan__isnull=False)
    free = Q(dispatch_demand__isnull=True) | Q(dispatch_demand__center__isnull=True)
    live = Assignment.objects.live().filter(operation=OuterRef("pk"))
    here = Q(Exists(live.filter(schedule__center=center)))
    free &= here | (in_area(center) & Q(~Exists(live)))
    return rows.filter(Q(dispatch_demand__center=center) | free)


def assignment_of(operation: Any, status: str) -> Assignment | None:
    """The live assignment of an operation read by `operations_of_day`, in one status."""
    return next((each for each in live_assignments(operation) if each.status == status), None)


def live_assignments(operation: Any) -> Sequence[Assignment]:
    """What is proposed and what holds for an operation read by `operations_of_day`."""
    rows: Sequence[Assignment] = operation.live_assignments
    return rows


def settled_assignment(operation: Any) -> Assignment | None:
    """What is worked on for an operation, or else what holds."""
    return assignment_of(operation, AssignmentStatus.PROPOSED) or assignment_of(
        operation, AssignmentStatus.PUBLISHED
    )


def _aircraft(center: DispatchCenter) -> QuerySet[RPASAircraft]:
    in_service = Count("batteries", filter=Q(batteries__status=BatteryStatus.IN_SERVICE))
    rows = RPASAircraft.objects.filter(operator=center.operator_id)
    rows = rows.filter(status=AircraftStatus.IN_SERVICE)
    defects = F2DefectEntry.objects.open().filter(aircraft=OuterRef("pk")).order_by("pk")
    seen = ArraySubquery(defects.values(seen=JSONObject(pk="pk", version="version")))
    return rows.annotate(battery_sets=in_service, open_defects=seen).order_by("pk")


def _members(schedule: DispatchSchedule) -> QuerySet[OperatorMember]:
    rows = OperatorMember.objects.filter(operator=schedule.center.operator_id)
    rows = rows.live_on(schedule.day).remote_pilots().filter(user__is_active=True)
    return rows.select_related("user").order_by("pk")


def _works_here(
    aircraft: int | None,
    person: int | None,
    profiles: Sequence[ResourceProfile],
    center: DispatchCenter,
) -> bool:
    """Whoever has no profile works for every center of the operator; else where one is active."""
    mine = [
        each
        for each in profiles
        if (aircraft is not None and each.aircraft_id == aircraft)
        or (person is not None and each.person_id == person)
    ]
    return not mine or any(each.center_id == center.pk and each.is_active for each in mine)


def _bookings(
    schedule: DispatchSchedule,
    operations: Sequence[FlightOperation],
    aircraft: Sequence[RPASAircraft],
    members: Sequence[OperatorMember],
) -> list[ResourceBooking]:
    """Whom and what the ledger has taken around the day, crews of the operations included."""
    people = {row.user_id for row in members}
    people.update(member.user_id for each in operations for member in each.crew.all())
    wanted = Q(resource_kind="rpas_aircraft", resource_id__in=[row.pk for row in aircraft])
    wanted |= Q(resource_kind="person", resource_id__in=sorted(people))
    rows = ResourceBooking.objects.filter(
        wanted,
        is_live=True,
        period__startswith__lt=schedule.closes_at + AROUND,
        period__endswith__gt=schedule.opens_at - AROUND,
    )
    return list(rows.order_by("pk"))

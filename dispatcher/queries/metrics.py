"""What happened at a center on one local day, for counting; and the figures that are stored."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from common.models import ResourceBooking, StatusChange
from common.time import day_bounds
from dispatcher.measuring import Duty, Facts, Flight, Grounding, Journey, OnFleet, Rates
from dispatcher.models import Assignment, DispatchCenter, OperationalMetrics, ResourceProfile
from dispatcher.queries.day_rows import ASSIGNMENT, OPERATION
from dispatcher.queries.responsible import with_center
from flight_operations.models import FlightOperation, OperationStatus
from rpas.models import AircraftStatus, DefectSeverity, F2DefectEntry, RPASAircraft
from rpas.queries.overdue import overdue_spans

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
# Who was off for so long begins another working day.
NEW_DAY = timedelta(hours=8)
NEVER_PLANNED = (OperationStatus.DRAFT, OperationStatus.REJECTED)


def rates_now() -> Rates:
    """What work costs, from the settings."""
    return Rates(
        pilot_hour=Decimal(settings.DISPATCH_COST_PILOT_HOUR),
        aircraft_hour=Decimal(settings.DISPATCH_COST_AIRCRAFT_HOUR),
        road_km=Decimal(settings.DISPATCH_COST_ROAD_KM),
        currency=settings.DISPATCH_COST_CURRENCY,
        on_time=timedelta(minutes=settings.DISPATCH_ON_TIME_MIN),
    )


def facts_of_day(center: DispatchCenter, day: date) -> Facts:
    """
    Everything that counts of one local day; 10 statements.

    With the work of the evening before and the morning after: who goes on working over midnight is
    on duty between, and a landing before it belongs to the take-off after it. An aircraft could fly
    while it was in service, had no major defect, had no maintenance overdue and was not booked for
    anything but flying. A pilot's duty is from leaving for the first site to being back from the
    last, as published, and as flown.
    """
    start, end = day_bounds(day, ZoneInfo(center.timezone))
    first, last = start - NEW_DAY, end + NEW_DAY
    operations = _operations(center, first, last)
    assigned = list(
        Assignment.objects.published()
        .filter(schedule__center=center)
        .between(first, last)
        .order_by("pk")
        .values_list("pilot_id", "occupied_from", "occupied_until", "travel_km")
    )
    flights = tuple(_flights(operations))
    aircraft = tuple(_fleet(center, start, end))
    fleet = [each.aircraft_id for each in aircraft]
    return Facts(
        aircraft=aircraft,
        flights=flights,
        duties=tuple(_duties(assigned, flights, end)),
        groundings=(
            *_out_of_service(fleet, end),
            *_defects(fleet, start, end),
            *_overdue(center, fleet, start, end),
            *_booked(fleet, start, end),
        ),
        journeys=tuple(Journey(start_at=row[1], road_km=row[3]) for row in assigned),
        planned_at=tuple(
            row["planned_start_at"] for row in operations if row["status"] not in NEVER_PLANNED
        ),
        cancelled_at=tuple(_cancelled(center, start, end)),
    )


def _fleet(center: DispatchCenter, start: datetime, end: datetime) -> Iterable[OnFleet]:
    """
    The drones of a center, its own and those that work for no other, from when each was added
    until it was retired.
    """
    profiles = ResourceProfile.objects.filter(aircraft=OuterRef("pk"), is_active=True)
    retired = StatusChange.objects.filter(
        content_type=ContentType.objects.get_for_model(RPASAircraft),
        object_id=OuterRef("pk"),
        to_status=AircraftStatus.RETIRED,
    )
    rows = RPASAircraft.objects.filter(operator=center.operator_id, created_at__lt=end).annotate(
        retired_at=Subquery(retired.order_by("-pk").values("changed_at")[:1])
    )
    found = rows.filter(
        Exists(profiles.filter(center=center)) | ~Exists(profiles),
        ~Q(status=AircraftStatus.RETIRED) | Q(retired_at__gt=start),
    )
    for pk, added, gone in found.order_by("pk").values_list("pk", "created_at", "retired_at"):
        yield OnFleet(aircraft_id=pk, start_at=added, end_at=gone)


def _operations(center: DispatchCenter, start: datetime, end: datetime) -> list[dict[str, Any]]:
    planned = Q(planned_start_at__gte=start, planned_start_at__lt=end)
    flown = Q(actual_start_at__lt=end) & (Q(actual_end_at=None) | Q(actual_end_at__gt=start))
    rows = FlightOperation.objects.filter(planned | flown, operator=center.operator_id)
    found = with_center(rows).filter(center_id=center.pk).order_by("pk")
    return list(
        found.values(
            "status",
            "aircraft_id",
            "pilot_in_command_id",
            "planned_start_at",
            "actual_start_at",
            "actual_end_at",
        )
    )


def _flights(operations: Iterable[dict[str, Any]]) -> Iterable[Flight]:
    for row in operations:
        if row["actual_start_at"] is not None:
            yield Flight(
                aircraft_id=row["aircraft_id"],
                pilot_id=row["pilot_in_command_id"],
                planned_start_at=row["planned_start_at"],
                started_at=row["actual_start_at"],
                ended_at=row["actual_end_at"],
            )


def _duties(
    assigned: Sequence[tuple[int, datetime, datetime, float]],
    flights: Sequence[Flight],
    end: datetime,
) -> Iterable[Duty]:
    """
    The working days of each pilot: from the first start of any work to the last end.

    Of a center that works over midnight parts of two nights touch one date.
    """
    work: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    for pilot, leaves, returns, _ in assigned:
        work[pilot].append((leaves, returns))
    for flight in flights:
        lands = flight.ended_at or max(end, flight.started_at)
        work[flight.pilot_id].append((flight.started_at, lands))
    for pilot, periods in sorted(work.items()):
        start, last = min(periods)
        for leaves, returns in sorted(periods):
            if leaves - last >= NEW_DAY:
                yield Duty(pilot_id=pilot, start_at=start, end_at=last)
                start = leaves
            last = max(last, returns)
        yield Duty(pilot_id=pilot, start_at=start, end_at=last)


def _out_of_service(fleet: Sequence[int], end: datetime) -> Iterable[Grounding]:
    """When aircraft were not in service, from the steps of their life cycle."""
    kind = ContentType.objects.get_for_model(RPASAircraft)
    steps: dict[int, list[tuple[datetime, str]]] = defaultdict(list)
    rows = StatusChange.objects.filter(content_type=kind, object_id__in=fleet, changed_at__lt=end)
    for pk, before, to, moment in rows.order_by("changed_at", "pk").values_list(
        "object_id", "from_status", "to_status", "changed_at"
    ):
        if not steps[pk] and before:
            # Before its first step on record it was where it went from.
            steps[pk].append((LONG_AGO, before))
        steps[pk].append((moment, to))
    for pk, line in steps.items():
        ends = [moment for moment, _ in line[1:]]
        for (moment, to), until in zip(line, [*ends, None], strict=True):
            if to != AircraftStatus.IN_SERVICE:
                yield Grounding(aircraft_id=pk, start_at=moment, end_at=until)


def _defects(fleet: Sequence[int], start: datetime, end: datetime) -> Iterable[Grounding]:
    """When major defects stood open: until they were put right."""
    rows = F2DefectEntry.objects.filter(
        Q(rectified_at=None) | Q(rectified_at__gt=start),
        aircraft__in=fleet,
        severity=DefectSeverity.MAJOR,
        found_at__lt=end,
    )
    for aircraft, found, rectified in rows.order_by("pk").values_list(
        "aircraft_id", "found_at", "rectified_at"
    ):
        yield Grounding(aircraft_id=aircraft, start_at=found, end_at=rectified)


def _overdue(
    center: DispatchCenter, fleet: Sequence[int], start: datetime, end: datetime
) -> Iterable[Grounding]:
    """When maintenance stood overdue, by the log as it was at the time."""
    zone = ZoneInfo(center.operator.timezone)
    for aircraft, since, until in overdue_spans(fleet, zone=zone, start=start, end=end):
        yield Grounding(aircraft_id=aircraft, start_at=since, end_at=until)


def _booked(fleet: Sequence[int], start: datetime, end: datetime) -> Iterable[Grounding]:
    """When the ledger held aircraft for no flight and no way to one: maintenance, a loan."""
    rows = ResourceBooking.objects.filter(
        resource_kind="rpas_aircraft",
        resource_id__in=fleet,
        is_live=True,
        period__startswith__lt=end,
        period__endswith__gt=start,
    ).exclude(source_type__in=(OPERATION, ASSIGNMENT))
    for aircraft, period in rows.order_by("pk").values_list("resource_id", "period"):
        yield Grounding(aircraft_id=aircraft, start_at=period.lower, end_at=period.upper)


def _cancelled(center: DispatchCenter, start: datetime, end: datetime) -> Iterable[datetime]:
    kind = ContentType.objects.get_for_model(FlightOperation)
    own = with_center(FlightOperation.objects.filter(operator=center.operator_id)).filter(
        status=OperationStatus.CANCELLED, center_id=center.pk
    )
    rows = StatusChange.objects.filter(
        content_type=kind,
        to_status=OperationStatus.CANCELLED,
        changed_at__gte=start,
        changed_at__lt=end,
        object_id__in=own.values("pk"),
    )
    return rows.order_by("pk").values_list("changed_at", flat=True)


def series(
    center: DispatchCenter, *, span: str, since: datetime, until: datetime
) -> QuerySet[OperationalMetrics]:
    """The stored figures of a center over a half-open range, in order."""
    rows = OperationalMetrics.objects.filter(center=center, span=span)
    return rows.between(since, until).order_by("starts_at")


def last_counted(center: DispatchCenter) -> datetime | None:
    """The end of the last bucket that was counted."""
    rows = OperationalMetrics.objects.buckets().filter(center=center).order_by("-starts_at")
    return rows.values_list("ends_at", flat=True).first()

"""Everything that the board of a center shows of a range, in a fixed number of statements."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, FilteredRelation, OuterRef, Q, Value
from django.db.models.functions import Concat, JSONObject, Trim

from aircraft.models import Aircraft, AircraftStatus
from common.models import ComplianceState
from common.time import day_bounds
from dispatcher.forecasting import worst
from dispatcher.models import (
    AssignmentStatus,
    DispatchCenter,
    DispatchEvent,
    DispatchSchedule,
)
from dispatcher.queries.forecast import MOST_LIMITS, forecast_of
from dispatcher.queries.responsible import with_center
from dispatcher.queries.watching import OPERATION, TRIP
from flight_operations.models import FlightOperation, OperationStatus
from operations.models import CrewLine, TripLeg
from rpas.models import DefectSeverity, F2DefectEntry, OperatorMember, RPASAircraft

MOST_DAYS = 62
# Of each kind of row; a board that shows more says that it is cut off.
MOST = 5000
MOST_EVENTS = 200
# How far ahead limits are looked at in any case; as far as the range, where that ends later.
FORECAST = timedelta(days=14)
Row = dict[str, Any]


def today_of(center: DispatchCenter, *, now: datetime) -> tuple[datetime, datetime]:
    """The center's local day at a moment, as a half-open range."""
    zone = ZoneInfo(center.timezone)
    return day_bounds(now.astimezone(zone).date(), zone)


def overview(
    center: DispatchCenter,
    *,
    since: datetime,
    until: datetime,
    now: datetime,
    with_trips: bool,
) -> Row:
    """
    Schedules, assignments, operations with color and position, crewed legs, aircraft, pilots, open
    events and the limits ahead, for a half-open range of at most 62 days.

    Operations and aircraft are all of the operator's; crewed trips the company's, with
    `with_trips` only. Nothing of patients. 9 statements, 7 without trips.
    """
    schedules, assignments = _plans(center, since, until)
    operations = _operations(center, since, until)
    legs = _legs(since, until) if with_trips else []
    events = _events(center, with_crewed=with_trips)
    ahead = min(max(until, now + FORECAST), now + timedelta(days=MOST_DAYS))
    limits = forecast_of(center, now=now, until=ahead, with_trips=with_trips)
    _color_all(operations, legs, limits, now)
    return {
        "center": _center(center),
        "since": since.astimezone(UTC),
        "until": until.astimezone(UTC),
        "now": now.astimezone(UTC),
        "schedules": schedules,
        "assignments": assignments,
        "operations": operations,
        "legs": legs,
        "aircraft": _drones(center),
        "crewed_aircraft": _tails() if with_trips else [],
        "pilots": _pilots(center),
        "events": events[:MOST_EVENTS],
        "forecast": limits[:MOST_LIMITS],
        "is_cut_off": len(events) > MOST_EVENTS
        or len(limits) > MOST_LIMITS
        or max(len(operations), len(legs), len(assignments)) >= MOST,
    }


def _center(center: DispatchCenter) -> Row:
    return {
        "code": center.code,
        "name": center.name,
        "timezone": center.timezone,
        "operator": center.operator.name,
        "position": list(center.point.coords),
    }


_SCHEDULE = ("id", "day", "status", "revision", "opens_at", "closes_at")
_ASSIGNMENT = (
    "id",
    "operation_id",
    "aircraft_id",
    "pilot_id",
    "start_at",
    "end_at",
    "occupied_from",
    "occupied_until",
    "travel_km",
    "status",
    "is_by_hand",
    "pinned_at",
    "version",
)


def _plans(center: DispatchCenter, since: datetime, until: datetime) -> tuple[list[Row], list[Row]]:
    """The days' plans and what stands in them, in one statement."""
    zone = ZoneInfo(center.timezone)
    first, last = _day(since, zone), _day(until, zone)
    standing = FilteredRelation(
        "assignments", condition=~Q(assignments__status=AssignmentStatus.WITHDRAWN)
    )
    rows = (
        DispatchSchedule.objects.filter(center=center)
        .between(first - timedelta(days=1), last)
        .overlapping(since, until)
        .annotate(standing=standing)
        .order_by("day", "standing__start_at", "standing__pk")
        .values_list(*_SCHEDULE, *(f"standing__{name}" for name in _ASSIGNMENT))
    )
    schedules: dict[int, Row] = {}
    assignments: list[Row] = []
    for row in rows[:MOST]:
        own, its = row[: len(_SCHEDULE)], row[len(_SCHEDULE) :]
        schedules.setdefault(own[0], dict(zip(_SCHEDULE, own, strict=True)))
        if its[0] is not None:
            assignment = dict(zip(_ASSIGNMENT, its, strict=True))
            assignments.append(assignment | {"schedule_id": own[0]})
    return list(schedules.values()), assignments


def _day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


_POSITION = {
    "recorded_at": "last_position__recorded_at",
    "altitude_m": "last_position__altitude_m",
    "height_m": "last_position__height_m",
    "speed_ms": "last_position__speed_ms",
    "heading_deg": "last_position__heading_deg",
    "battery_percent": "last_position__battery_percent",
    "conformant": "last_position__conformant",
}
_OPERATION = (
    "id",
    "number",
    "title",
    "status",
    "conformance",
    "category",
    "aircraft_id",
    "planned_start_at",
    "planned_end_at",
    "actual_start_at",
    "actual_end_at",
)


def _operations(center: DispatchCenter, since: datetime, until: datetime) -> list[Row]:
    """Operations of the range, and those in the air, with where each was last."""
    shown = Q(planned_start_at__lt=until, planned_end_at__gt=since)
    rows = FlightOperation.objects.filter(
        shown | Q(status=OperationStatus.ACTIVE), operator=center.operator_id
    )
    rows = with_center(rows).annotate(
        pilot_id=F("pilot_in_command"), place=F("last_position__position")
    )
    named = {f"at_{name}": F(path) for name, path in _POSITION.items()}
    found = rows.order_by("planned_start_at", "pk").values(
        *_OPERATION, "center_id", "pilot_id", "place", **named
    )
    return [_with_position(row, center.pk) for row in found[:MOST]]


def _with_position(row: Row, center_id: int) -> Row:
    place = row.pop("place")
    position = {name: row.pop(f"at_{name}") for name in _POSITION}
    row["is_of_center"] = row.pop("center_id") == center_id
    known = place is not None
    row["position"] = position | {"lon": place.x, "lat": place.y} if known else None
    return row


def _legs(since: datetime, until: datetime) -> list[Any]:
    """Legs of crewed trips with tail, places and crew; no passengers, nothing of patients."""
    crew = (
        CrewLine.objects.assigned()
        .filter(leg=OuterRef("pk"))
        .order_by("role", "pk")
        .values(
            line=JSONObject(
                person_id="person_id",
                name=Trim(Concat("person__first_name", Value(" "), "person__last_name")),
                role="role",
                status="status",
            )
        )
    )
    rows = TripLeg.objects.flying().filter(estimated_out_at__lt=until, estimated_in_at__gt=since)
    found = rows.order_by("estimated_out_at", "pk").values(
        "id",
        "trip_id",
        "sequence",
        "kind",
        "status",
        "planned_out_at",
        "planned_in_at",
        "estimated_out_at",
        "estimated_in_at",
        "actual_off_at",
        "actual_on_at",
        trip_number=F("trip__number"),
        trip_status=F("trip__status"),
        aircraft_id=F("trip__aircraft_id"),
        origin_ident=F("origin__ident"),
        destination_ident=F("destination__ident"),
        diverted_ident=F("diverted_to__ident"),
        crew_lines=ArraySubquery(crew),
    )
    return list(found[:MOST])


def _states(
    operations: Iterable[Mapping[str, Any]], legs: Iterable[Mapping[str, Any]], now: datetime
) -> dict[tuple[str, int], Row]:
    """Color and mark of everything shown; what is due to change by now is stale."""
    wanted = Q(subject_type=OPERATION, subject_id__in=[row["id"] for row in operations])
    trips = {leg["trip_id"] for leg in legs}
    if trips:
        wanted |= Q(subject_type=TRIP, subject_id__in=trips)
    rows = ComplianceState.objects.filter(wanted).values_list(
        "subject_type", "subject_id", "color", "is_stale", "next_change_at"
    )
    return {
        (kind, pk): {"compliance": color, "is_stale": stale or bool(due and due <= now)}
        for kind, pk, color, stale, due in rows
    }


def _color_all(operations: list[Row], legs: list[Any], limits: list[Any], now: datetime) -> None:
    states, worst_of = _states(operations, legs, now), worst(limits)
    for row in operations:
        _color(row, states.get((OPERATION, row["id"])), worst_of.get(("operation", row["id"])))
    for leg in legs:
        _color(leg, states.get((TRIP, leg["trip_id"])), worst_of.get(("trip", leg["trip_id"])))


def _color(row: Row, state: Row | None, limit: Any) -> None:
    """Add color, mark and limit to a row; one that was never judged is stale."""
    row.update(state or {"compliance": None, "is_stale": True})
    row["forecast"] = limit and {"color": limit.color, "text": limit.text}


def _drones(center: DispatchCenter) -> list[Any]:
    grounding = F2DefectEntry.objects.open().filter(
        aircraft=OuterRef("pk"), severity=DefectSeverity.MAJOR
    )
    rows = RPASAircraft.objects.not_retired().filter(operator=center.operator_id)
    found = rows.annotate(is_grounded=Exists(grounding)).order_by("registration", "pk")
    return list(
        found.values(
            "id",
            "registration",
            "make",
            "model",
            "kind",
            "status",
            "max_wind_ms",
            "is_grounded",
        )[:MOST]
    )


def _tails() -> list[Any]:
    rows = Aircraft.objects.exclude(status=AircraftStatus.RETIRED).order_by("tail_number", "pk")
    return list(
        rows.values(
            "id",
            "tail_number",
            "status",
            designator=F("aircraft_type__designator"),
            base_ident=F("base__ident"),
        )[:MOST]
    )


def _pilots(center: DispatchCenter) -> list[Row]:
    rows = OperatorMember.objects.live().filter(operator=center.operator_id)
    found = rows.remote_pilots().filter(user__is_active=True).order_by("user__last_name", "user")
    return [
        {"id": pk, "name": f"{first} {last}".strip() or email}
        for pk, first, last, email in found.values_list(
            "user_id", "user__first_name", "user__last_name", "user__email"
        )[:MOST]
    ]


def _events(center: DispatchCenter, *, with_crewed: bool) -> list[Row]:
    """What nobody has resolved, the newest first; one more than is shown when there are more."""
    unresolved = DispatchEvent.objects.unresolved().filter(center=center)
    rows: Any = unresolved if with_crewed else unresolved.without_crewed()
    return list(
        rows.order_by("-pk").values(
            "number",
            "kind",
            "severity",
            "status",
            "title",
            "operation_id",
            "subject_type",
            "subject_label",
            "assignee_id",
            "occurred_at",
            "acknowledge_by_at",
            "resolve_by_at",
            "escalated_at",
        )[: MOST_EVENTS + 1]
    )

"""Aircraft, pilots and what binds them on one day, as the plan's own values."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.gis.geos import Point
from django.db.models.functions import Coalesce

from common.models import ResourceBooking
from common.time import day_bounds
from dispatcher.keys import aircraft_key, pilot_key
from dispatcher.models import OperationDemand, ResourceProfile
from dispatcher.planning.model import NONE, Aircraft, Commitment, Period, Pilot, Place
from dispatcher.queries.day_rows import ASSIGNMENT, OPERATION, DayRows, live_assignments
from dispatcher.queries.screened import Screened
from flight_operations.models import UPCOMING, FlightOperation, OperationStatus
from rpas.airworthiness import AircraftFacts, MaintenanceFacts
from rpas.models import OperatorMember, RPASAircraft
from rpas.queries.airworthiness import AircraftDay

DUTY = ("AU-RPAS-FATIGUE-DUTY", "max_duty_h", 12.0)
FLIGHT = ("AU-RPAS-FATIGUE-FLIGHT", "max_flight_h", 8.0)
REST = ("AU-RPAS-FATIGUE-REST", "min_rest_h", 10.0)
FLOWN = (OperationStatus.LANDED, OperationStatus.LOGGED, OperationStatus.FINALISED)
# Flights left until maintenance are carried like a load: the plan hands them out.
FLIGHTS = "flights"
MANY = 1_000


def place(point: Point) -> Place:
    """A position as the plan knows it: what lies at the same spot is one place."""
    lat, lon = round(point.y, 6), round(point.x, 6)
    return Place(f"{lat:.6f},{lon:.6f}", lat, lon)


def day_aircraft(rows: DayRows, screened: Screened, *, now: datetime) -> tuple[Aircraft, ...]:
    """The aircraft in service here, with base, hours and what they may fly yet."""
    other = _flights_elsewhere(rows, now)
    return tuple(_aircraft(row, rows, screened, other.get(row.pk, [])) for row in rows.aircraft)


@dataclass(frozen=True)
class _Flight:
    """Work of an aircraft that this plan does not decide; `is_ahead` while it is not in the log."""

    period: Period
    is_ahead: bool


def _flights_elsewhere(rows: DayRows, now: datetime) -> dict[int, list[_Flight]]:
    """What each aircraft flies before the day ends, and has flown that day, besides this plan."""
    found = FlightOperation.objects.filter(
        aircraft__in=[row.pk for row in rows.aircraft],
        status__in=[*set(UPCOMING) - {OperationStatus.DRAFT}, OperationStatus.ACTIVE, *FLOWN],
        planned_start_at__lt=rows.span[1],
        planned_end_at__gt=min(now, _day(rows)[0]),
    ).exclude(pk__in=[each.pk for each in rows.operations])
    flights: dict[int, list[_Flight]] = {}
    # What was flown counts as it was flown.
    began, ended = (
        Coalesce("actual_start_at", "planned_start_at"),
        Coalesce("actual_end_at", "planned_end_at"),
    )
    for aircraft, start, end, status in found.values_list("aircraft_id", began, ended, "status"):
        flight = _Flight(Period(start, end), status not in FLOWN and end > now)
        flights.setdefault(aircraft, []).append(flight)
    return flights


def day_pilots(
    rows: DayRows, screened: Screened, own: dict[str, dict[str, float]]
) -> tuple[Pilot, ...]:
    """The remote pilots who work that day, within shift, rest, duty and flying time."""
    found = (_pilot(row, rows, screened, own) for row in rows.members)
    return tuple(each for each in found if each is not None)


def tokens(demand: OperationDemand | None) -> frozenset[str]:
    """What an operation asks of an aircraft, as names that an aircraft has or has not."""
    if demand is None:
        return frozenset()
    found = set()
    if demand.required_kinds:
        found.add(f"kind:{'|'.join(sorted(demand.required_kinds))}")
    if demand.required_models:
        found.add(f"model:{'|'.join(sorted(demand.required_models))}")
    return frozenset(found)


def bookings_elsewhere(rows: DayRows) -> tuple[Commitment, ...]:
    """What the ledger holds for others: other work, leave, maintenance, and travel to it."""
    assigned = {
        assignment.pk for operation in rows.operations for assignment in live_assignments(operation)
    }
    operations = {operation.pk for operation in rows.operations}
    known = {(OPERATION, pk) for pk in operations} | {(ASSIGNMENT, pk) for pk in assigned}
    aircraft = {row.pk for row in rows.aircraft}
    people = {row.user_id for row in rows.members}
    return tuple(
        _commitment(row)
        for row in rows.bookings
        if (row.source_type, row.source_id) not in known
        and row.resource_id in (aircraft if row.resource_kind == "rpas_aircraft" else people)
    )


def _commitment(row: ResourceBooking) -> Commitment:
    period = Period(row.period.lower, row.period.upper)
    key = f"booking:{row.pk}"
    if row.resource_kind == "rpas_aircraft":
        return Commitment(key, period, aircraft=aircraft_key(row.resource_id))
    return Commitment(key, period, pilot=pilot_key(row.resource_id))


def _aircraft(
    row: RPASAircraft, rows: DayRows, screened: Screened, other: Sequence[_Flight]
) -> Aircraft:
    profile = rows.profile_of_aircraft(row.pk)
    facts = screened.what_if.fleet.aircraft.get(AircraftDay(row.pk, _local_day(rows)))
    flights, ahead = _flights_left(facts), [each.period for each in other if each.is_ahead]
    limits = [
        _less(_minutes_left(facts), ahead),
        _less(_own_flying(profile), _begun_today([each.period for each in other], rows)),
    ]
    return Aircraft(
        key=aircraft_key(row.pk),
        base=place(profile.base if profile and profile.base else rows.center.point),
        available=_hours(profile, rows) or Period(*rows.span),
        capabilities=_capabilities(row, rows),
        turnround=_turnround(row, profile, rows),
        hours_left=min((each for each in limits if each is not None), default=None),
        loads={FLIGHTS: MANY if flights is None else max(0, flights - len(ahead))},
        label=row.registration,
    )


def _less(limit: timedelta | None, flights: Iterable[Period]) -> timedelta | None:
    """What flights leave of a limit, if there is one."""
    return None if limit is None else max(NONE, limit - sum((f.length for f in flights), NONE))


def _own_flying(profile: ResourceProfile | None) -> timedelta | None:
    minutes = profile.max_flying_min if profile else None
    return None if minutes is None else timedelta(minutes=minutes)


def _begun_today(flights: Iterable[Period], rows: DayRows) -> list[Period]:
    day_start, day_end = _day(rows)
    return [each for each in flights if day_start <= each.start < day_end]


def _capabilities(row: RPASAircraft, rows: DayRows) -> frozenset[str]:
    wanted = {token for each in rows.operations for token in tokens(rows.demand(each))}
    return frozenset(
        token
        for token in wanted
        if (row.kind if token.startswith("kind:") else row.model_name)
        in token.partition(":")[2].split("|")
    )


def _turnround(row: RPASAircraft, profile: ResourceProfile | None, rows: DayRows) -> timedelta:
    own = profile.turnround_min if profile else None
    minutes = rows.center.turnround_min if own is None else own
    if getattr(row, "battery_sets", 0) < 2:
        minutes = max(minutes, settings.DISPATCH_CHARGE_MIN)
    return timedelta(minutes=minutes)


def _minutes_left(facts: AircraftFacts | None) -> timedelta | None:
    if facts is None:
        return None
    left = [
        item.next_due_min - facts.time_in_service_min
        for item in facts.maintenance
        if item.next_due_min is not None
    ]
    return timedelta(minutes=max(0, min(left))) if left else None


def _flights_left(facts: AircraftFacts | None) -> int | None:
    if facts is None:
        return None
    left = [each for item in facts.maintenance for each in _counted(item, facts)]
    return max(0, min(left)) if left else None


def _counted(item: MaintenanceFacts, facts: AircraftFacts) -> Iterable[int]:
    if item.next_due_flights is not None:
        yield item.next_due_flights - facts.flights
    if item.next_due_cycles is not None:
        yield item.next_due_cycles - facts.cycles


def _pilot(
    row: OperatorMember,
    rows: DayRows,
    screened: Screened,
    own: dict[str, dict[str, float]],
) -> Pilot | None:
    profile = rows.profile_of_person(row.user_id)
    flights = _other_flights(row.user_id, rows, screened)
    shift = _rested(_hours(profile, rows) or Period(*rows.span), flights, rows, own)
    if shift.start >= shift.end:
        return None
    return Pilot(
        key=pilot_key(row.user_id),
        base=place(profile.base if profile and profile.base else rows.center.point),
        shift=shift,
        qualifications=_held(row.user_id, rows, screened),
        max_duty=_least(_hours_of(own, DUTY), profile.max_duty_min if profile else None),
        max_flying=_flying_left(flights, rows, own, profile),
        label=row.user.full_name,
    )


def _least(limit: timedelta, minutes: int | None) -> timedelta:
    return limit if minutes is None else min(limit, timedelta(minutes=minutes))


def _hours_of(own: dict[str, dict[str, float]], which: tuple[str, str, float]) -> timedelta:
    rule, name, usual = which
    return timedelta(hours=own.get(rule, {}).get(name, usual))


def _other_flights(user: int, rows: DayRows, screened: Screened) -> list[Period]:
    """Flights of a pilot that this plan does not decide."""
    stints = screened.what_if.people.stints.get(user, ())
    return sorted(Period(stint.start_at, stint.end_at) for stint in stints)


def _rested(
    shift: Period, flights: Sequence[Period], rows: DayRows, own: dict[str, dict[str, float]]
) -> Period:
    """The shift, cut to what rest before and after and the day's duty leave of it."""
    day_start, day_end = _day(rows)
    rest, duty = _hours_of(own, REST), _hours_of(own, DUTY)
    start, end = shift.start, shift.end
    for flight in flights:
        if flight.start < day_start:
            start = max(start, flight.end + rest)
        elif flight.start >= day_end:
            end = min(end, flight.start - rest)
        else:
            start, end = max(start, flight.end - duty), min(end, flight.start + duty)
    return Period(start, end)


def _flying_left(
    flights: Sequence[Period],
    rows: DayRows,
    own: dict[str, dict[str, float]],
    profile: ResourceProfile | None,
) -> timedelta:
    limit = _least(_hours_of(own, FLIGHT), profile.max_flying_min if profile else None)
    return max(NONE, limit - sum((f.length for f in _begun_today(flights, rows)), NONE))


def _day(rows: DayRows) -> tuple[datetime, datetime]:
    return day_bounds(rows.schedule.day, ZoneInfo(rows.center.operator.timezone))


def _local_day(rows: DayRows) -> date:
    return rows.schedule.opens_at.astimezone(ZoneInfo(rows.center.operator.timezone)).date()


def _held(user: int, rows: DayRows, screened: Screened) -> frozenset[str]:
    """The kinds of verified papers in force on the day."""
    on = rows.schedule.day
    return frozenset(
        paper.kind
        for paper in screened.what_if.people.papers.get(user, ())
        if paper.is_verified
        and paper.issued_on <= on
        and (paper.expires_on is None or on <= paper.expires_on)
    )


def _hours(profile: ResourceProfile | None, rows: DayRows) -> Period | None:
    """
    One's own hours on the day, which may cross midnight; None where there are none.

    On a weekday off they are empty: what is pinned stays, and nothing else is given.
    """
    opens, closes = rows.span
    day = rows.schedule.day
    if profile is not None and profile.weekdays and day.weekday() not in profile.weekdays:
        return Period(opens, opens)
    if profile is None or profile.starts_at is None or profile.ends_at is None:
        return None
    zone = ZoneInfo(rows.center.timezone)
    start = datetime.combine(day, profile.starts_at, tzinfo=zone)
    last = day if profile.ends_at > profile.starts_at else day + timedelta(days=1)
    end = datetime.combine(last, profile.ends_at, tzinfo=zone)
    first = min(max(start, opens), closes)
    return Period(first.astimezone(UTC), max(first, min(end, closes)).astimezone(UTC))

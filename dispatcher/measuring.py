"""
How a center did in a span of time: sums and the ratios made of them. Values only.

Every figure is counted from what happened, so that the same span gives the same figures however
often it is counted, and a day is counted as a day, not as the mean of its buckets.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from msgspec import Struct

CENT = Decimal("0.01")
Span = tuple[datetime, datetime]
# Longer on the ground than this is rest, not the turn-round of an aircraft at work.
NO_TURNROUND = timedelta(hours=8)


class Flight(Struct, frozen=True, kw_only=True):
    """One flight that began; `ended_at` is None while it lasts."""

    aircraft_id: int
    pilot_id: int
    planned_start_at: datetime
    started_at: datetime
    ended_at: datetime | None = None


class Duty(Struct, frozen=True, kw_only=True):
    """One pilot's working day, from leaving for the first site until back from the last."""

    pilot_id: int
    start_at: datetime
    end_at: datetime


class OnFleet(Struct, frozen=True, kw_only=True):
    """The time in which a center had an aircraft; `end_at` is None until it is retired."""

    aircraft_id: int
    start_at: datetime
    end_at: datetime | None = None


class Grounding(Struct, frozen=True, kw_only=True):
    """A time in which an aircraft could not fly; `end_at` is None while it lasts."""

    aircraft_id: int
    start_at: datetime
    end_at: datetime | None = None


class Journey(Struct, frozen=True, kw_only=True):
    """A drive to a site and on, counted when it begins."""

    start_at: datetime
    road_km: float


class Facts(Struct, frozen=True, kw_only=True):
    """
    What happened around a span. `planned_at` and `cancelled_at` are one moment an operation.

    The flights of a whole local day and some hours around it, so that each landing knows the
    take-off after it.
    """

    aircraft: tuple[OnFleet, ...] = ()
    flights: tuple[Flight, ...] = ()
    duties: tuple[Duty, ...] = ()
    groundings: tuple[Grounding, ...] = ()
    journeys: tuple[Journey, ...] = ()
    planned_at: tuple[datetime, ...] = ()
    cancelled_at: tuple[datetime, ...] = ()


class Rates(Struct, frozen=True, kw_only=True):
    """What an hour of a pilot's duty, an hour of flight and a kilometre of road cost."""

    pilot_hour: Decimal
    aircraft_hour: Decimal
    road_km: Decimal
    currency: str
    on_time: timedelta


class Measures(Struct, frozen=True, kw_only=True):
    """The figures of one span, as they are stored. A ratio of nothing is None."""

    active_operations: int
    planned_operations: int
    completed_operations: int
    cancelled_operations: int
    aircraft_min: float
    available_min: float
    availability_percent: float | None
    duty_min: float
    flying_min: float
    pilot_utilization_percent: float | None
    turnrounds: int
    turnround_total_min: float
    turnround_min: float | None
    departures: int
    on_time_departures: int
    on_time_percent: float | None
    flight_min: float
    cost: Decimal
    currency: str
    cost_per_flight_hour: Decimal | None


def measure(facts: Facts, span: Span, rates: Rates) -> Measures:
    """Count one span, whose end must not lie in the future: what lasts, lasts until then."""
    aircraft_min, down = _fleet(facts, span)
    flown = [_cut(flight, span) for flight in facts.flights]
    flying = _by_owner((f.pilot_id, part) for f, part in zip(facts.flights, flown, strict=True))
    duty = _by_owner((each.pilot_id, _cut(each, span)) for each in facts.duties)
    flight_min = sum(_length(part) for part in flown if part)
    flying_min = sum(_minutes(parts) for parts in flying.values())
    duty_min = sum(_minutes(parts) for parts in duty.values())
    started = [flight for flight in facts.flights if _is_in(flight.started_at, span)]
    on_time = sum(1 for f in started if f.started_at <= f.planned_start_at + rates.on_time)
    gaps = _turnrounds(facts.flights, span)
    cost = _cost(facts.journeys, span, rates, duty_min=duty_min, flight_min=flight_min)
    hours = Decimal(str(flight_min)) / 60
    return Measures(
        active_operations=sum(1 for part in flown if part),
        planned_operations=_count(facts.planned_at, span),
        completed_operations=_count((f.ended_at for f in facts.flights), span),
        cancelled_operations=_count(facts.cancelled_at, span),
        aircraft_min=_round(aircraft_min),
        available_min=_round(aircraft_min - down),
        availability_percent=_percent(aircraft_min - down, aircraft_min),
        duty_min=_round(duty_min),
        flying_min=_round(flying_min),
        pilot_utilization_percent=_percent(flying_min, duty_min),
        turnrounds=len(gaps),
        turnround_total_min=_round(sum(gaps)),
        turnround_min=_round(sum(gaps) / len(gaps)) if gaps else None,
        departures=len(started),
        on_time_departures=on_time,
        on_time_percent=_percent(on_time, len(started)),
        flight_min=_round(flight_min),
        cost=cost,
        currency=rates.currency,
        cost_per_flight_hour=_cents(cost / hours) if hours else None,
    )


def _fleet(facts: Facts, span: Span) -> tuple[float, float]:
    """Minutes of all aircraft while they were on the fleet, and those of them spent grounded."""
    lines: dict[int, list[Grounding]] = defaultdict(list)
    for grounding in facts.groundings:
        lines[grounding.aircraft_id].append(grounding)
    whole = down = 0.0
    for each in facts.aircraft:
        part = _cut(each, span)
        if part is not None:
            cuts = (_cut(grounding, part) for grounding in lines[each.aircraft_id])
            whole += _length(part)
            down += _minutes([cut for cut in cuts if cut is not None])
    return whole, down


def _cut(period: Flight | Duty | OnFleet | Grounding, span: Span) -> Span | None:
    """The part of a period that lies in a span; None when there is none."""
    if isinstance(period, Flight):
        start, end = period.started_at, period.ended_at
    else:
        start, end = period.start_at, period.end_at
    start, end = max(start, span[0]), min(end or span[1], span[1])
    return (start, end) if start < end else None


def _by_owner(parts: Iterable[tuple[int, Span | None]]) -> defaultdict[int, list[Span]]:
    found: defaultdict[int, list[Span]] = defaultdict(list)
    for owner, part in parts:
        if part is not None:
            found[owner].append(part)
    return found


def _minutes(parts: Sequence[Span]) -> float:
    """How long some periods of one owner last together; what overlaps counts once."""
    total, reached = 0.0, None
    for start, end in sorted(parts):
        begin = start if reached is None else max(start, reached)
        if end > begin:
            total += _length((begin, end))
            reached = end
    return total


def _length(part: Span) -> float:
    return (part[1] - part[0]).total_seconds() / 60


def _turnrounds(flights: Sequence[Flight], span: Span) -> list[float]:
    """Minutes on the ground before each take-off of the span that soon follows a landing."""
    lines: dict[int, list[Flight]] = defaultdict(list)
    for flight in sorted(flights, key=lambda each: each.started_at):
        lines[flight.aircraft_id].append(flight)
    return [
        _length((first.ended_at, second.started_at))
        for line in lines.values()
        for first, second in pairwise(line)
        if first.ended_at is not None
        and first.ended_at <= second.started_at < first.ended_at + NO_TURNROUND
        and _is_in(second.started_at, span)
    ]


def _cost(
    journeys: Iterable[Journey], span: Span, rates: Rates, *, duty_min: float, flight_min: float
) -> Decimal:
    road_km = sum(each.road_km for each in journeys if _is_in(each.start_at, span))
    parts = (
        Decimal(str(duty_min)) / 60 * rates.pilot_hour,
        Decimal(str(flight_min)) / 60 * rates.aircraft_hour,
        Decimal(str(road_km)) * rates.road_km,
    )
    return _cents(sum(parts, Decimal(0)))


def _count(moments: Iterable[datetime | None], span: Span) -> int:
    return sum(1 for moment in moments if moment is not None and _is_in(moment, span))


def _is_in(moment: datetime, span: Span) -> bool:
    return span[0] <= moment < span[1]


def _percent(part: float, whole: float) -> float | None:
    return min(100.0, round(100 * part / whole, 2)) if whole else None


def _round(value: float) -> float:
    return round(value, 3)


def _cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, rounding=ROUND_HALF_UP)

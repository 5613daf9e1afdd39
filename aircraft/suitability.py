"""
Which aircraft can do this, and why each other cannot. Values only: no database, no clock.

Every reason names what is needed and what the aircraft offers. All reasons are given, not the
first: a coordinator wants to know whether one stretcher or everything is in the way.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from msgspec import Struct

from aircraft.airworthiness import DefectFacts, TaskFacts, due_items
from aircraft.performance import (
    Band,
    Ground,
    LegPerformance,
    NoSuchAltitude,
    RangePoint,
    WindTooStrong,
    fly_each,
    range_nm_with,
)


class NeededRunway(Struct, frozen=True, kw_only=True):
    """A runway that a leg begins or ends on; what is not known is not checked as passed."""

    length_m: float | None = None
    surface: str | None = None


class NeededLeg(Struct, frozen=True, kw_only=True):
    """One leg to be flown; the wind component is positive from behind."""

    distance_nm: float
    wind_kt: float = 0.0
    departure: NeededRunway = NeededRunway()
    arrival: NeededRunway = NeededRunway()


class Need(Struct, frozen=True, kw_only=True):
    """What is to be carried and flown, and when."""

    start_at: datetime
    end_at: datetime
    legs: tuple[NeededLeg, ...]
    payload_kg: float = 0.0
    seats: int = 0
    stretchers: int = 0
    oxygen_l: float = 0.0
    is_pressurized: bool = False


class Busy(Struct, frozen=True, kw_only=True):
    """A time in which an aircraft is taken."""

    start_at: datetime
    end_at: datetime
    purpose: str = ""
    source: str = ""


class Tail(Struct, frozen=True, kw_only=True):
    """What is known of one aircraft for one need; `on` is the last local day of the period."""

    aircraft_id: int
    tail_number: str
    designator: str
    base: str
    status: str
    on: date
    seats: int
    stretchers: int
    oxygen_l: int
    is_pressurized: bool
    mtow_kg: int
    basic_weight_kg: int
    max_payload_kg: int
    usable_fuel_kg: int
    max_range_nm: int
    min_runway_m: int
    surfaces: tuple[str, ...]
    ground: Ground
    bands: tuple[Band, ...] = ()
    ranges: tuple[RangePoint, ...] = ()
    busy: tuple[Busy, ...] = ()
    defects: tuple[DefectFacts, ...] = ()
    tasks: tuple[TaskFacts, ...] = ()
    papers: tuple[tuple[str, date | None], ...] = ()
    time_in_service_min: int = 0
    cycles: int = 0
    booked_min: int = 0
    booked_cycles: int = 0


class Reason(Struct, frozen=True, kw_only=True):
    """Why an aircraft cannot: what is needed (`value`) against what it offers (`limit`)."""

    code: str
    message: str
    value: Any = None
    limit: Any = None
    leg: int | None = None


class Suitability(Struct, frozen=True, kw_only=True):
    """The answer for one aircraft; `legs` are timed wherever its performance allows."""

    aircraft_id: int
    tail_number: str
    designator: str
    base: str
    is_suitable: bool
    reasons: tuple[Reason, ...]
    legs: tuple[LegPerformance | None, ...]
    block_min: float | None
    fuel_kg: float | None


def judge(tail: Tail, need: Need) -> Suitability:
    """Say whether one aircraft can do what is needed, with every reason why not."""
    flown: list[LegPerformance | None] = []
    reasons = [*_cabin(tail, need), *_papers(tail), *_state(tail), *_calendar(tail, need)]
    for number, leg in enumerate(need.legs):
        reasons += _runways(tail, leg, number)
        performance, refusals = _planned(tail, need, leg, number)
        flown.append(performance)
        reasons += refusals
    known = [leg for leg in flown if leg is not None]
    is_timed = len(known) == len(flown)
    block_min = sum(leg.block_min for leg in known)
    if is_timed:
        reasons += [*_time(need, block_min), *_maintenance(tail, known)]
    return Suitability(
        aircraft_id=tail.aircraft_id,
        tail_number=tail.tail_number,
        designator=tail.designator,
        base=tail.base,
        is_suitable=not reasons,
        reasons=tuple(reasons),
        legs=tuple(flown),
        block_min=block_min if is_timed else None,
        fuel_kg=sum(leg.trip_fuel_kg for leg in known) if is_timed else None,
    )


def _cabin(tail: Tail, need: Need) -> Iterator[Reason]:
    figures = (
        ("payload", "kg of payload", need.payload_kg, tail.max_payload_kg),
        ("seats", "seats", need.seats, tail.seats),
        ("stretchers", "stretchers", need.stretchers, tail.stretchers),
        ("oxygen", "liters of oxygen", need.oxygen_l, tail.oxygen_l),
    )
    for code, what, value, limit in figures:
        if value > limit:
            text = f"{value:g} {what} needed, {limit:g} carried."
            yield Reason(code=code, message=text, value=value, limit=limit)
    if need.is_pressurized and not tail.is_pressurized:
        text = "A pressurized cabin is needed."
        yield Reason(code="pressurization", message=text, value=True, limit=False)


def _papers(tail: Tail) -> Iterator[Reason]:
    for name, expires_on in tail.papers:
        if expires_on is None or expires_on < tail.on:
            until = expires_on.isoformat() if expires_on else None
            text = f"The {name} {f'expires on {until}' if until else 'is not on file'}."
            yield Reason(code="document", message=text, value=tail.on.isoformat(), limit=until)


def _state(tail: Tail) -> Iterator[Reason]:
    if tail.status != "in_service":
        words = tail.status.replace("_", " ")
        yield Reason(code="status", message=f"The aircraft is {words}.", value=tail.status)
    for defect in tail.defects:
        shown: dict[str, Any] = {"code": "defect", "value": tail.on.isoformat()}
        if defect.status == "deferred":
            if defect.limit_on is None or defect.limit_on < tail.on:
                limit = defect.limit_on.isoformat() if defect.limit_on else None
                text = f"{defect.number} is deferred until {limit} only."
                yield Reason(message=text, limit=limit, **shown)
        elif defect.status == "open":
            yield Reason(message=f"{defect.number} is open and not deferred.", **shown)
        else:
            yield Reason(message=f"{defect.number} is rectified and not certified.", **shown)


def _calendar(tail: Tail, need: Need) -> Iterator[Reason]:
    for taken in tail.busy:
        yield Reason(
            code="booked",
            message=f"Taken from {taken.start_at:%Y-%m-%d %H:%M} to {taken.end_at:%H:%M %Y-%m-%d}"
            f" UTC{f': {taken.purpose}' if taken.purpose else ''}.",
            value=[need.start_at.isoformat(), need.end_at.isoformat()],
            limit=[taken.start_at.isoformat(), taken.end_at.isoformat()],
        )


def _runways(tail: Tail, leg: NeededLeg, number: int) -> Iterator[Reason]:
    for name, runway in (("departure", leg.departure), ("arrival", leg.arrival)):
        if runway.length_m is not None and runway.length_m < tail.min_runway_m:
            yield Reason(
                code="runway_length",
                message=f"{name.title()} has {runway.length_m:g} m of runway,"
                f" {tail.min_runway_m} m needed.",
                value=runway.length_m,
                limit=tail.min_runway_m,
                leg=number,
            )
        if runway.surface is not None and runway.surface not in tail.surfaces:
            yield Reason(
                code="runway_surface",
                message=f"{name.title()} is on {runway.surface}; approved:"
                f" {', '.join(tail.surfaces) or 'none'}.",
                value=runway.surface,
                limit=list(tail.surfaces),
                leg=number,
            )


def _planned(
    tail: Tail, need: Need, leg: NeededLeg, number: int
) -> tuple[LegPerformance | None, list[Reason]]:
    """The quickest flight that its limits allow, else the quickest and what is in its way."""
    try:
        quickest = fly_each(
            tail.bands, distance_nm=leg.distance_nm, wind_kt=leg.wind_kt, ground=tail.ground
        )
    except NoSuchAltitude:
        text = "No cruise performance is on file."
        return None, [Reason(code="performance", message=text, leg=number)]
    except WindTooStrong as fault:
        text = f"The wind is too strong: {fault}."
        return None, [Reason(code="wind", message=text, value=leg.wind_kt, leg=number)]
    judged = [(flown, list(_within_limits(tail, need, flown, number))) for flown in quickest]
    return next((pair for pair in judged if not pair[1]), judged[0])


def _within_limits(tail: Tail, need: Need, flown: LegPerformance, number: int) -> Iterator[Reason]:
    farthest = range_nm_with(tail.ranges, need.payload_kg)
    if farthest is None:
        text = f"No range with {need.payload_kg:g} kg of payload is on file."
        yield Reason(code="range", message=text, value=need.payload_kg, leg=number)
    else:
        farthest = min(farthest, float(tail.max_range_nm))
    weight_kg = tail.basic_weight_kg + need.payload_kg + flown.required_fuel_kg
    figures = (
        ("range", "NM through the air", flown.still_air_nm, farthest),
        ("fuel", "kg of fuel with reserve", flown.required_fuel_kg, float(tail.usable_fuel_kg)),
        ("take_off_weight", "kg at take-off", weight_kg, float(tail.mtow_kg)),
    )
    for code, what, value, limit in figures:
        if limit is not None and value > limit:
            text = f"{value:.0f} {what}, at most {limit:.0f}."
            shown = {"value": round(value, 1), "limit": round(limit, 1)}
            yield Reason(code=code, message=text, leg=number, **shown)


def _time(need: Need, block_min: float) -> Iterator[Reason]:
    minutes = (need.end_at - need.start_at).total_seconds() / 60
    if block_min > minutes:
        text = f"The legs take {block_min:.0f} min, the period has {minutes:.0f}."
        yield Reason(code="time", message=text, value=round(block_min, 1), limit=minutes)


def _maintenance(tail: Tail, flown: Sequence[LegPerformance]) -> Iterator[Reason]:
    minutes = round(sum(leg.flight_min for leg in flown))
    items = due_items(
        tail.tasks,
        on=tail.on,
        time_min=tail.time_in_service_min + tail.booked_min + minutes,
        cycles=tail.cycles + tail.booked_cycles + len(flown),
    )
    for item in items:
        # Without a VOR check in date one flies, but not IFR by VOR (14 CFR 91.171).
        if item.is_exceeded and item.kind != "vor":
            yield Reason(
                code="maintenance",
                message=f"{item.title} would be {-item.remaining} {item.unit} past due"
                f" ({item.due}).",
                value=item.remaining,
                limit=0,
            )

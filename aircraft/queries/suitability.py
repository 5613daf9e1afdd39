"""Which aircraft can do this: the whole fleet judged at once."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from aircraft.airworthiness import WEIGH_MONTHS, add_months
from aircraft.models import Aircraft, AltitudeBand, PayloadRange
from aircraft.performance import Band, RangePoint
from aircraft.queries.airworthiness import defects_of, tasks_of
from aircraft.queries.availability import as_busy, live_bookings, planned_flights
from aircraft.queries.performance import as_band, ground_of
from aircraft.suitability import Busy, Need, Suitability, Tail, judge
from common.models import ResourceBooking

_COPIED = (
    "tail_number",
    "status",
    "seats",
    "stretchers",
    "oxygen_l",
    "is_pressurized",
    "mtow_kg",
    "basic_weight_kg",
    "max_payload_kg",
    "usable_fuel_kg",
    "max_range_nm",
    "min_runway_m",
    "time_in_service_min",
    "cycles",
)


def suitable_aircraft(
    need: Need, *, rows: QuerySet[Aircraft], now: datetime, exclude_source: str = ""
) -> list[Suitability]:
    """
    Every aircraft that is not retired, able ones first and quickest first, each with its reasons.

    Flying booked before the period counts towards maintenance. `exclude_source` leaves a booking
    out, such as that of the trip being changed (`operations.trip:7`). Six statements, and one for
    each kind of record that knows its flight time.
    """
    return sorted((judge(tail, need) for tail in tails(need, rows, now, exclude_source)), key=_best)


def tails(
    need: Need, rows: QuerySet[Aircraft], now: datetime, exclude_source: str = ""
) -> list[Tail]:
    """What is known of each aircraft for one need."""
    wanted = rows.filter(status__in=["in_service", "grounded"])
    fleet = list(wanted.select_related("aircraft_type", "base").order_by("tail_number", "pk"))
    ids = [row.pk for row in fleet]
    bands, ranges = _bands(ids), _ranges(ids)
    defects, tasks = defects_of(ids), tasks_of(ids)
    booked = live_bookings(ids, start=min(now, need.start_at), end=need.end_at)
    others = {
        pk: [row for row in entries if as_busy(row).source != exclude_source]
        for pk, entries in booked.items()
    }
    before = {
        pk: [row for row in entries if row.period.upper <= need.start_at]
        for pk, entries in others.items()
    }
    flights = planned_flights(before)
    return [
        Tail(
            aircraft_id=row.pk,
            designator=row.aircraft_type.designator,
            base=str(row.base),
            on=need.end_at.astimezone(row.zone).date(),
            surfaces=tuple(row.surfaces),
            ground=ground_of(row),
            bands=bands.get(row.pk, ()),
            ranges=ranges.get(row.pk, ()),
            busy=_overlapping(others.get(row.pk, []), need),
            defects=defects.get(row.pk, ()),
            tasks=tasks.get(row.pk, ()),
            papers=_papers(row),
            booked_min=sum(flight.minutes for flight in flights.get(row.pk, [])),
            booked_cycles=sum(flight.cycles for flight in flights.get(row.pk, [])),
            **{name: getattr(row, name) for name in _COPIED},
        )
        for row in fleet
    ]


def _bands(ids: Sequence[int]) -> dict[int, tuple[Band, ...]]:
    found: dict[int, tuple[Band, ...]] = {}
    for row in AltitudeBand.objects.filter(aircraft__in=ids).order_by("floor_ft", "pk"):
        found[row.aircraft_id] = (*found.get(row.aircraft_id, ()), as_band(row))
    return found


def _ranges(ids: Sequence[int]) -> dict[int, tuple[RangePoint, ...]]:
    found: dict[int, tuple[RangePoint, ...]] = {}
    for row in PayloadRange.objects.filter(aircraft__in=ids).order_by("payload_kg", "pk"):
        point = RangePoint(row.payload_kg, row.range_nm)
        found[row.aircraft_id] = (*found.get(row.aircraft_id, ()), point)
    return found


def _overlapping(rows: Sequence[ResourceBooking], need: Need) -> tuple[Busy, ...]:
    return tuple(
        as_busy(row)
        for row in rows
        if row.period.upper > need.start_at and row.period.lower < need.end_at
    )


def _papers(row: Aircraft) -> tuple[tuple[str, date | None], ...]:
    papers = [
        ("registration", row.registration_expires_on),
        ("insurance", row.insurance_expires_on),
    ]
    # A standard certificate of airworthiness has no end; one without a number is not on file.
    if not row.airworthiness_certificate or row.airworthiness_expires_on:
        expires_on = row.airworthiness_expires_on if row.airworthiness_certificate else None
        papers.append(("certificate of airworthiness", expires_on))
    if row.weighed_on is not None and row.aircraft_type.engine_count > 1:
        papers.append(("weighing", add_months(row.weighed_on, WEIGH_MONTHS)))
    return tuple(papers)


def _best(answer: Suitability) -> tuple[Any, ...]:
    return (
        not answer.is_suitable,
        len(answer.reasons),
        answer.block_min is None,
        answer.block_min or 0.0,
        answer.tail_number,
    )

"""Where the legs of many trips begin and end: aerodromes, runways, light and weather, in sets."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db.models import QuerySet
from msgspec import Struct

from aircraft.surfaces import surface_group
from airports.models import Airport, Runway
from airports.queries.conditions import Place, WeatherFacts, conditions_for
from airports.queries.sun import is_civil_night
from airports.routes import Waypoint, measure
from common.units import FT_M
from operations.facts.attendance import attended, hours_of_leg
from operations.facts.journeys import Journey, LegDraft
from operations.facts.legs import AirportFacts, LegFacts, RunwayEndFacts, RunwayFacts
from operations.facts.papers import ServiceFacts
from operations.planning.fields import Field
from operations.queries.airfields import with_handlers

# Reports and forecasts are asked this long before and after the planned time (135.219, 135.223).
AROUND = timedelta(hours=1)
# A diversion is flown after the approach at the destination.
TO_ALTERNATE = timedelta(hours=1)
_NUMBER = re.compile(r"^(\d{1,2})[LCRTW]?$")
HALF_TURN, FULL_TURN = 180.0, 360.0


class PlaceBook(Struct):
    """The aerodromes of many trips by key, who is there when, and the weather of legs' ends."""

    airports: dict[int, AirportFacts]
    fields: dict[int, Field]
    weather: dict[tuple[int, int, str], WeatherFacts]


def gather_places(journeys: Sequence[Journey], *, now: datetime) -> PlaceBook:
    """Aerodromes with who handles there, runways and weather of every leg, in three statements."""
    drafts = [(journey, draft) for journey in journeys for draft in journey.legs]
    keys = {key for _, draft in drafts for key in _keys(draft) if key}
    rows = list(with_handlers(_airports(keys)))
    airports = _with_runways(rows)
    asked: dict[tuple[int, int, str], Place] = {}
    for journey, draft in drafts:
        if draft.facts.is_ahead:
            for end, place in _asked(draft, airports):
                asked[journey.key, draft.facts.sequence, end] = place
    answers = conditions_for(list(asked.values()), now=now)
    return PlaceBook(airports, attended(rows), dict(zip(asked, answers, strict=True)))


def placed_leg(
    journey: Journey, draft: LegDraft, book: PlaceBook, services: Sequence[ServiceFacts]
) -> LegFacts:
    """A leg with all that is known of its ends."""
    airports, leg = book.airports, draft.facts
    departure, arrival = airports[draft.origin_id], airports[draft.destination_id]
    alternate = airports.get(draft.alternate_id or 0)
    takeoff = airports.get(draft.takeoff_alternate_id or 0)
    key = (journey.key, leg.sequence)
    return msgspec.structs.replace(
        leg,
        origin=departure.ident,
        destination=arrival.ident,
        departure=departure,
        arrival=arrival,
        alternate=alternate,
        takeoff_alternate=takeoff,
        is_night_departure=is_civil_night(lat=departure.lat, lon=departure.lon, at=leg.off_at),
        is_night_arrival=is_civil_night(lat=arrival.lat, lon=arrival.lon, at=leg.on_at),
        departure_weather=book.weather.get((*key, "departure")),
        arrival_weather=book.weather.get((*key, "arrival")),
        alternate_weather=book.weather.get((*key, "alternate")),
        alternate_nm=distance_nm(arrival, alternate),
        takeoff_alternate_nm=distance_nm(departure, takeoff),
        **hours_of_leg(journey, draft, book.fields, services),
    )


def distance_nm(start: AirportFacts, end: AirportFacts | None) -> float | None:
    """The shortest way between two aerodromes in NM; None without the second."""
    if end is None:
        return None
    here, there = (Waypoint(place.ident, place.lat, place.lon) for place in (start, end))
    return round(measure(here, there).distance_nm, 3)


def airports_of(keys: Iterable[int]) -> dict[int, AirportFacts]:
    """Aerodromes with their runways in use, in two statements."""
    return _with_runways(list(_airports(keys)))


def _airports(keys: Iterable[int]) -> QuerySet[Airport]:
    return Airport.objects.filter(pk__in=sorted(keys)).order_by("pk")


def _with_runways(rows: Sequence[Airport]) -> dict[int, AirportFacts]:
    runways: dict[int, list[Runway]] = {}
    keys = [row.pk for row in rows]
    for runway in Runway.objects.filter(airport__in=keys, is_closed=False).order_by("pk"):
        runways.setdefault(runway.airport_id, []).append(runway)
    return {row.pk: _airport(row, runways.get(row.pk, [])) for row in rows}


def _keys(draft: LegDraft) -> tuple[int | None, ...]:
    return (
        draft.origin_id,
        draft.destination_id,
        draft.alternate_id,
        draft.takeoff_alternate_id,
    )


def _asked(draft: LegDraft, airports: Mapping[int, AirportFacts]) -> Iterable[tuple[str, Place]]:
    leg = draft.facts
    ends = (
        ("departure", draft.origin_id, leg.off_at, leg.off_at),
        ("arrival", draft.destination_id, leg.on_at, leg.on_at),
        ("alternate", draft.alternate_id, leg.on_at, leg.on_at + TO_ALTERNATE),
    )
    for end, key, first, last in ends:
        if key is not None:
            here = airports[key]
            yield end, Place(here.lat, here.lon, first - AROUND, last + AROUND)


def _airport(row: Airport, runways: Sequence[Runway]) -> AirportFacts:
    ends = {runway.pk: _known_ends(runway) for runway in runways}
    variation = _variation([end for pair in ends.values() for end in pair])
    return AirportFacts(
        airport_id=row.pk,
        ident=str(row),
        name=row.name,
        country=row.country,
        region=row.region,
        timezone=row.timezone or "UTC",
        lat=round(row.point.y, 7),
        lon=round(row.point.x, 7),
        elevation_ft=row.elevation_ft,
        kind=row.kind,
        is_controlled=row.is_controlled,
        variation_deg=variation,
        runways=tuple(_runway(runway, ends[runway.pk], variation) for runway in runways),
    )


def _runway(
    row: Runway, ends: Sequence[RunwayEndFacts], variation_deg: float | None
) -> RunwayFacts:
    return RunwayFacts(
        runway_id=row.pk,
        length_m=None if row.length_ft is None else round(row.length_ft * FT_M, 1),
        displaced_m=round(max(row.le_displaced_ft or 0, row.he_displaced_ft or 0) * FT_M, 1),
        surface=surface_group(row.surface) if row.surface else None,
        is_lighted=row.is_lighted,
        ends=tuple(_turned(end, variation_deg) for end in ends),
    )


def _known_ends(row: Runway) -> tuple[RunwayEndFacts, RunwayEndFacts]:
    """Both directions as published, else along the line between the two ends."""
    low, high = row.le_heading_deg, row.he_heading_deg
    if low is None and row.centerline is not None:
        line: Any = row.centerline.coords
        along = measure(*(Waypoint("", lat, lon) for lon, lat in (line[0], line[-1])))
        low = round(along.initial_bearing_deg, 1)
    if high is None and low is not None:
        high = (low + HALF_TURN) % FULL_TURN
    if low is None and high is not None:
        low = (high + HALF_TURN) % FULL_TURN
    return RunwayEndFacts(row.le_ident, low), RunwayEndFacts(row.he_ident, high)


def _magnetic(ident: str) -> float | None:
    found = _NUMBER.match(ident)
    return float(found.group(1)) * 10.0 if found else None


def _variation(ends: Sequence[RunwayEndFacts]) -> float | None:
    """True less magnetic: the mean over ends of which both are known, as numbers are rounded."""
    found = []
    for end in ends:
        magnetic = _magnetic(end.ident)
        if magnetic is not None and end.true_deg is not None:
            found.append((end.true_deg - magnetic + HALF_TURN) % FULL_TURN - HALF_TURN)
    return round(sum(found) / len(found), 1) if found else None


def _turned(end: RunwayEndFacts, variation_deg: float | None) -> RunwayEndFacts:
    """An end with its true direction worked out from its magnetic number, where that can be."""
    magnetic = _magnetic(end.ident)
    if end.true_deg is not None or magnetic is None or variation_deg is None:
        return end
    return RunwayEndFacts(end.ident, round((magnetic + variation_deg) % FULL_TURN, 1))


def weather_keys(leg: LegFacts) -> set[str]:
    """The stations that a leg's weather comes from, as dependency keys."""
    reports: tuple[Any, ...] = (leg.departure_weather, leg.arrival_weather, leg.alternate_weather)
    return {key for report in reports if report is not None for key in report.dependencies}

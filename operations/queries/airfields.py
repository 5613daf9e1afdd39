"""Airports with their runways and handlers as plans need them, and where fuel may be had."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from django.db.models import Exists, FloatField, Func, OuterRef, Q

from aircraft.surfaces import surface_group
from airports.models import Airport, AirportKind, Runway
from airports.models.airport import FLAT_POINT
from common.units import FT_M
from contacts.models import FBO
from operations.itinerary import Place
from operations.planning.fields import Field, Handler, Strip
from operations.planning.tracks import RADIUS_NM

# The strongest first.
CODES = ("icao", "ident", "iata", "gps_code")
FUELS = frozenset({"jet_a1", "avgas"})
# Where fuel is sold as a rule; elsewhere only where a handler is on file that sells it.
FUELED_KINDS = (AirportKind.LARGE_AIRPORT, AirportKind.MEDIUM_AIRPORT)
# A way over a stop may be a quarter longer than the direct one.
LONGEST_DETOUR = 1.25
# The nearest to the direct way are looked at, so many in each tenth of it.
SLICES, PER_SLICE = 10, 8
# Nobody stops for fuel so near to where the flight begins or ends.
ENDS = 0.04

Pair = tuple[Place, Place]


def fields_of(ids: Iterable[int]) -> dict[int, Field]:
    """Airports by key with all that a plan needs, in three statements."""
    wanted = sorted(set(ids))
    strips: dict[int, list[Strip]] = {}
    for runway in Runway.objects.filter(airport__in=wanted, is_closed=False).order_by("pk"):
        strips.setdefault(runway.airport_id, []).append(_strip(runway))
    handlers: dict[int, list[Handler]] = {}
    for handler in FBO.objects.in_use().filter(airport__in=wanted).order_by("pk"):
        handlers.setdefault(handler.airport_id, []).append(_handler(handler))
    return {
        row.pk: _field(row, strips.get(row.pk, []), handlers.get(row.pk, []))
        for row in Airport.objects.filter(pk__in=wanted)
    }


def stop_candidates(pairs: Sequence[Pair], *, min_runway_m: float) -> list[int]:
    """
    Keys of airports where a flight between any of the pairs may stop for fuel, in one statement.

    In use, with a runway of that length, a large or medium airport or one that sells fuel; not far
    off the direct way. At most 80 for each pair, spread along it.
    """
    if not pairs:
        return []
    long_enough = Runway.objects.filter(
        airport=OuterRef("pk"), is_closed=False, length_ft__gte=min_runway_m / FT_M
    )
    sells = FBO.objects.in_use().filter(airport=OuterRef("pk"), services__overlap=sorted(FUELS))
    rows = (
        Airport.objects.in_use()
        .filter(Q(kind__in=FUELED_KINDS) | Exists(sells), Exists(long_enough))
        # Numbers, not points: building thousands of those takes longer than finding them.
        .annotate(lat=_coordinate("ST_Y"), lon=_coordinate("ST_X"))
        .order_by("ident", "pk")
        .values_list("pk", "lat", "lon")
    )
    found = list(rows)
    if not found:
        return []
    keys = np.array([pk for pk, _, _ in found])
    places = _vectors([(lat, lon) for _, lat, lon in found])
    chosen: set[int] = set()
    for start, end in pairs:
        chosen.update(int(key) for key in keys[_along(places, start, end)])
    return sorted(chosen)


def airports_named(codes: Iterable[str]) -> dict[str, int]:
    """
    Keys of airports by the codes they were named with, in one statement; unknown ones left out.

    An ICAO code goes before the source's own, that before IATA and GPS codes; an airport in use
    before one that is closed.
    """
    wanted = sorted({code.strip().upper() for code in codes})
    conditions = Q()
    for name in CODES:
        conditions |= Q(**{f"{name}__in": wanted})
    best: dict[str, tuple[Any, ...]] = {}
    for row in Airport.objects.filter(conditions):
        is_closed = not row.is_active or row.kind == AirportKind.CLOSED
        for strength, name in enumerate(CODES):
            rank = (is_closed, strength, row.pk)
            code = getattr(row, name) or ""
            if code in wanted and (code not in best or rank < best[code]):
                best[code] = rank
    return {code: rank[-1] for code, rank in best.items()}


def _coordinate(function: str) -> Func:
    return Func(FLAT_POINT, function=function, output_field=FloatField())


def _along(places: np.ndarray, start: Place, end: Place) -> list[int]:
    """Positions of those nearest to the direct way, in order of the slices along it."""
    ends = _vectors([(start.lat, start.lon), (end.lat, end.lon)])
    direct_nm = _angle(ends[:1], ends[1]) * RADIUS_NM
    done, left = (_angle(places, each) * RADIUS_NM for each in ends)
    way = done + left
    part = done / np.maximum(way, 1e-9)
    is_near = (way <= direct_nm * LONGEST_DETOUR) & (part > ENDS) & (part < 1 - ENDS)
    picked: list[int] = []
    for number in range(SLICES):
        in_slice = np.flatnonzero(is_near & (np.floor(part * SLICES) == number))
        nearest = in_slice[np.argsort(way[in_slice], kind="stable")][:PER_SLICE]
        picked += [int(position) for position in nearest]
    return picked


def _vectors(places: Sequence[tuple[float, float]]) -> np.ndarray:
    lat, lon = np.radians(np.array(places, dtype=float)).T
    return np.column_stack((np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)))


def _angle(places: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The angle at the center of the Earth between each place and another, radians."""
    return np.arctan2(np.linalg.norm(np.cross(places, other), axis=1), places @ other)


def _field(row: Airport, strips: Sequence[Strip], handlers: Sequence[Handler]) -> Field:
    return Field(
        place=place_of(row),
        elevation_ft=row.elevation_ft,
        is_in_use=row.is_active and row.kind != AirportKind.CLOSED,
        strips=tuple(strips),
        handlers=tuple(handlers),
        is_controlled=row.is_controlled,
        tower_hours=row.tower_hours,
    )


def place_of(row: Airport) -> Place:
    """An airport as plans name it."""
    return Place(
        airport_id=row.pk,
        ident=row.icao or row.ident,
        name=row.name,
        country=row.country,
        region=row.region,
        timezone=row.timezone,
        lat=row.point.y,
        lon=row.point.x,
    )


def _strip(row: Runway) -> Strip:
    return Strip(
        length_m=None if row.length_ft is None else row.length_ft * FT_M,
        surface=surface_group(row.surface),
        is_lighted=row.is_lighted,
    )


def _handler(row: FBO) -> Handler:
    return Handler(
        name=row.name,
        hours_kind=row.hours_kind,
        hours=row.hours,
        notice_min=row.notice_min,
        fuels=tuple(sorted(FUELS & set(row.services))),
    )

"""Airports with their runways and handlers as plans need them, and where fuel may be had."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, FloatField, Func, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject

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
        for row in _located(Airport.objects.filter(pk__in=wanted)).defer("point")
    }


def with_handlers(rows: QuerySet[Airport]) -> QuerySet[Any]:
    """Airports with `handlers`, who handles aircraft there and when, in the same statement."""
    each = JSONObject(
        name="name", fbo_id="pk", hours_kind="hours_kind", hours="hours", notice_min="notice_min"
    )
    here = FBO.objects.in_use().filter(airport=OuterRef("pk")).order_by("pk")
    return rows.annotate(handlers=ArraySubquery(here.values(each=each)))


class StopAirports:
    """
    The airports of the world where fuel may be had, read in one statement when made.

    In use, large or medium or with a handler who sells fuel, and with a runway of known length.
    What is picked for a way depends on nothing but the way and the runway needed.
    """

    def __init__(self) -> None:
        sells = FBO.objects.in_use().filter(airport=OuterRef("pk"), services__overlap=sorted(FUELS))
        runways = Runway.objects.filter(
            airport=OuterRef("pk"), is_closed=False, length_ft__isnull=False
        )
        rows = (
            Airport.objects.in_use()
            .filter(Q(kind__in=FUELED_KINDS) | Exists(sells))
            .annotate(longest_ft=Subquery(runways.order_by("-length_ft").values("length_ft")[:1]))
            .filter(longest_ft__isnull=False)
            .order_by("ident", "pk")
        )
        found = list(_located(rows).values_list("pk", "lat", "lon", "longest_ft"))
        self._keys = [row[0] for row in found]
        self._places = _vectors([row[1:3] for row in found])
        self._longest_m = np.array([row[3] for row in found], dtype=float) * FT_M

    def along(self, pair: Pair, *, min_runway_m: float) -> tuple[int, ...]:
        """Keys of airports not far off the direct way, spread along it, 80 at most."""
        ends = _vectors([(place.lat, place.lon) for place in pair])
        direct_nm = _angle(ends[:1], ends[1]) * RADIUS_NM
        done, left = (_angle(self._places, each) * RADIUS_NM for each in ends)
        way = done + left
        part = done / np.maximum(way, 1e-9)
        is_fit = (way <= direct_nm * LONGEST_DETOUR) & (part > ENDS) & (part < 1 - ENDS)
        is_fit &= self._longest_m >= min_runway_m
        picked: list[int] = []
        for number in range(SLICES):
            in_slice = np.flatnonzero(is_fit & (np.floor(part * SLICES) == number))
            picked += in_slice[np.argsort(way[in_slice], kind="stable")][:PER_SLICE].tolist()
        return tuple(self._keys[position] for position in picked)


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


def _located(rows: QuerySet[Airport]) -> QuerySet[Any]:
    """With `lat` and `lon` as numbers: building thousands of points takes longer than the rest."""
    lat, lon = (
        Func(FLAT_POINT, function=name, output_field=FloatField()) for name in ("ST_Y", "ST_X")
    )
    return rows.annotate(lat=lat, lon=lon)


def _vectors(places: Sequence[tuple[float, float]]) -> np.ndarray:
    lat, lon = np.radians(np.array(places, dtype=float).reshape(-1, 2)).T
    return np.column_stack((np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)))


def _angle(places: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The angle at the center of the Earth between each place and another, radians."""
    return np.arctan2(np.linalg.norm(np.cross(places, other), axis=1), places @ other)


def _field(row: Any, strips: Sequence[Strip], handlers: Sequence[Handler]) -> Field:
    return Field(
        place=_place(row, lat=row.lat, lon=row.lon),
        elevation_ft=row.elevation_ft,
        is_in_use=row.is_active and row.kind != AirportKind.CLOSED,
        strips=tuple(strips),
        handlers=tuple(handlers),
        is_controlled=row.is_controlled,
        tower_hours=row.tower_hours,
    )


def place_of(row: Airport) -> Place:
    """An airport as plans name it."""
    return _place(row, lat=row.point.y, lon=row.point.x)


def _place(row: Airport, *, lat: float, lon: float) -> Place:
    return Place(
        airport_id=row.pk,
        ident=row.icao or row.ident,
        name=row.name,
        country=row.country,
        region=row.region,
        timezone=row.timezone,
        lat=lat,
        lon=lon,
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
        fbo_id=row.pk,
        hours_kind=row.hours_kind,
        hours=row.hours,
        notice_min=row.notice_min,
        fuels=tuple(sorted(FUELS & set(row.services))),
    )

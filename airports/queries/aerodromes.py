"""Aerodromes around areas, with distances to their movement areas: the facts rules use."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.gis.geos import GEOSGeometry
from django.db import connection
from msgspec import Struct

from airports.opening_hours import is_open

DEPENDENCY = "aerodromes"
WITHIN_M = 9_000.0
# A runway strip is drawn 100 m wide around its centerline.
HALF_STRIP_M = 50.0
# From a reference point a movement area of unknown shape reaches at most about this far.
UNKNOWN_HALF_LENGTH_M = 1_500.0
HELIPAD_HALF_LENGTH_M = 100.0
# No runway on Earth ends farther than this from its aerodrome's reference point.
LONGEST_REACH_M = 6_000.0
MOST_NEAR_ONE_AREA = 100


@dataclass(frozen=True)
class AreaWindow:
    """An area (Polygon or MultiPolygon, WGS 84) and the time it is used."""

    area: GEOSGeometry
    start_at: datetime
    end_at: datetime


class AerodromeFacts(Struct, frozen=True, kw_only=True):
    """
    An aerodrome near an area.

    `distance_m` is from the area to the movement area: the runway strips where both ends are known
    (`measured_from` is `runway strip`), else the reference point less half the longest runway, or
    less 1,500 m where that is unknown (`reference point`); zero when they meet. `is_tower_active`
    is None where nobody knows whether there is a tower; a tower without known hours is active.
    """

    ident: str
    icao: str | None
    name: str
    kind: str
    elevation_ft: int | None
    is_controlled: bool | None
    is_tower_active: bool | None
    distance_m: float
    measured_from: str

    def is_named_in(self, text: str) -> bool:
        """Say whether a text, such as the name of a path, gives the code of the aerodrome."""
        words = set(re.findall(r"[A-Z0-9-]+", text.upper()))
        return not words.isdisjoint({self.ident.upper(), (self.icao or self.ident).upper()})


def near(
    areas: Sequence[AreaWindow], *, within_m: float = WITHIN_M
) -> list[tuple[AerodromeFacts, ...]]:
    """
    List the aerodromes near each area, nearest first, in one SQL statement.

    Closed and dropped ones are left out; heliports count.
    """
    found: list[list[AerodromeFacts]] = [[] for _ in areas]
    if not areas:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_SQL, _parameters(areas, within_m))
        for number, *columns in cursor.fetchall():
            window = areas[number - 1]
            found[number - 1].append(_facts(columns, window.start_at, window.end_at))
    return [tuple(facts) for facts in found]


def _parameters(areas: Sequence[AreaWindow], within_m: float) -> dict[str, Any]:
    return {
        "areas": [bytes(window.area.ewkb) for window in areas],
        "within": within_m,
        "reach": within_m + LONGEST_REACH_M,
        "half_strip": HALF_STRIP_M,
        "unknown": UNKNOWN_HALF_LENGTH_M,
        "helipad": HELIPAD_HALF_LENGTH_M,
        "most": MOST_NEAR_ONE_AREA,
    }


_SQL = """
WITH wanted AS (
    SELECT ordinality AS nr, ST_SetSRID(ST_GeomFromEWKB(area), 4326)::geography AS area
    FROM unnest(%(areas)s::bytea[]) WITH ORDINALITY AS t (area, ordinality)
), measured AS (
    SELECT wanted.nr, a.*,
           ST_Distance(a.point, wanted.area) AS from_point, r.from_strip, r.half_length
    FROM wanted
    JOIN airports_airport AS a ON ST_DWithin(a.point, wanted.area, %(reach)s)
        AND a.is_active AND a.kind <> 'closed'
    LEFT JOIN LATERAL (
        SELECT min(ST_Distance(centerline, wanted.area)) - %(half_strip)s AS from_strip,
               max(length_ft) FILTER (WHERE centerline IS NULL) * 0.3048 / 2 AS half_length
        FROM airports_runway WHERE airport_id = a.id AND NOT is_closed
    ) AS r ON TRUE
), placed AS (
    SELECT *, from_point - COALESCE(
        half_length,
        CASE WHEN kind = 'heliport' THEN %(helipad)s ELSE %(unknown)s END
    ) AS from_reference
    FROM measured
), ranked AS (
    SELECT *,
           GREATEST(0, CASE
               WHEN from_strip IS NULL THEN from_reference
               WHEN half_length IS NULL THEN from_strip
               ELSE LEAST(from_strip, from_reference) END) AS distance,
           (from_strip IS NOT NULL AND (half_length IS NULL OR from_strip <= from_reference))
               AS by_strip
    FROM placed
), counted AS (
    -- Where there are too many, those known to have no tower are left out first.
    SELECT *, row_number() OVER (
        PARTITION BY nr ORDER BY is_controlled IS FALSE, distance, ident) AS place
    FROM ranked WHERE distance <= %(within)s
)
SELECT nr, ident, icao, name, kind, elevation_ft, is_controlled, tower_hours::text, timezone,
       distance, by_strip
FROM counted WHERE place <= %(most)s ORDER BY nr, distance, ident
"""


def _facts(columns: Sequence[Any], start: datetime, end: datetime) -> AerodromeFacts:
    ident, icao, name, kind, elevation_ft, controlled, hours, zone, distance, by_strip = columns
    return AerodromeFacts(
        ident=ident,
        icao=icao,
        name=name,
        kind=kind,
        elevation_ft=elevation_ft,
        is_controlled=controlled,
        is_tower_active=tower_active(controlled, hours, zone, start, end),
        distance_m=round(distance, 1),
        measured_from="runway strip" if by_strip else "reference point",
    )


def tower_active(
    is_controlled: bool | None, hours: str | None, zone: str, start: datetime, end: datetime
) -> bool | None:
    """Whether a tower works in a window; None where nobody knows whether there is one."""
    if not is_controlled:
        return is_controlled
    return hours is None or not zone or is_open(json.loads(hours), ZoneInfo(zone), start, end)

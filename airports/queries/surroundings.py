"""What a map shows around a flight: airspace in force, aerodromes and the ring about each."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib.gis.db.models.functions import AsGeoJSON
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.db import connection
from django.db.models import Q

from airports.models import AirspaceRestriction
from airports.queries.aerodromes import (
    HALF_STRIP_M,
    HELIPAD_HALF_LENGTH_M,
    UNKNOWN_HALF_LENGTH_M,
    tower_active,
)
from airports.queries.airspace import in_window
from common.geo import WGS84

# 3 NM, which the rules measure from the movement area.
RING_M = 5_556.0
# Of each sort; a map that holds more says that it is cut off.
MOST = 300
DIGITS = 5
Row = dict[str, Any]

_SQL = """
WITH wanted AS (
    SELECT ST_SetSRID(ST_GeomFromEWKB(%(boxes)s), 4326) AS box
), shown AS (
    SELECT a.* FROM airports_airport AS a, wanted
    WHERE ST_Intersects(a.point::geometry, wanted.box) AND a.is_active AND a.kind <> 'closed'
    ORDER BY a.is_controlled IS FALSE, a.ident
    LIMIT %(most)s
)
SELECT ident, icao, name, kind, is_controlled, tower_hours::text, timezone,
       ST_X(point::geometry), ST_Y(point::geometry),
       CASE WHEN is_controlled IS FALSE THEN NULL ELSE ST_AsGeoJSON(CASE
           WHEN r.strips IS NULL THEN around
           WHEN r.half_length IS NULL THEN along
           ELSE ST_Union(along, around) END, %(digits)s) END
FROM shown LEFT JOIN LATERAL (
    SELECT ST_Collect(centerline::geometry)::geography AS strips,
           max(length_ft) FILTER (WHERE centerline IS NULL) * 0.3048 / 2 AS half_length
    FROM airports_runway WHERE airport_id = shown.id AND NOT is_closed
) AS r ON TRUE
CROSS JOIN LATERAL (
    SELECT ST_Buffer(r.strips, %(ring)s + %(half_strip)s)::geometry AS along,
           ST_Buffer(point, %(ring)s + COALESCE(
               r.half_length, CASE WHEN kind = 'heliport' THEN %(helipad)s ELSE %(unknown)s END
           ))::geometry AS around
) AS rings
ORDER BY ident
"""


def aerodromes_in(boxes: Sequence[Polygon], *, since: datetime, until: datetime) -> list[Row]:
    """
    Aerodromes in boxes, each with the 3 NM ring about its movement area, in one statement.

    One that is known to have no tower has no ring. At most 301: one more than is shown.
    """
    parameters: dict[str, Any] = {
        "boxes": bytes(MultiPolygon(*boxes, srid=WGS84).ewkb),
        "most": MOST + 1,
        "ring": RING_M,
        "half_strip": HALF_STRIP_M,
        "helipad": HELIPAD_HALF_LENGTH_M,
        "unknown": UNKNOWN_HALF_LENGTH_M,
        "digits": DIGITS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SQL, parameters)
        return [_aerodrome(row, since, until) for row in cursor.fetchall()]


def _aerodrome(columns: Sequence[Any], since: datetime, until: datetime) -> Row:
    ident, icao, name, kind, controlled, hours, zone, lon, lat, ring = columns
    return {
        "ident": ident,
        "icao": icao,
        "name": name,
        "kind": kind,
        "is_controlled": controlled,
        "is_tower_active": tower_active(controlled, hours, zone, since, until),
        "lon": lon,
        "lat": lat,
        "ring": ring and json.loads(ring),
    }


def airspace_in(boxes: Sequence[Polygon], *, since: datetime, until: datetime) -> list[Row]:
    """Airspace in force in boxes and a window, in one statement; at most 301 pieces."""
    inside = Q()
    for box in boxes:
        inside |= Q(area__intersects=box)
    rows = (
        AirspaceRestriction.objects.in_force()
        .filter(inside, in_window(since, until))
        .annotate(shape=AsGeoJSON("area", precision=DIGITS))
        .order_by("pk")
        .values_list("pk", "name", "kind", "floor_text", "ceiling_text", "activity", "shape")
    )
    return [
        {
            "id": pk,
            "name": name,
            "kind": kind,
            "floor": floor,
            "ceiling": ceiling,
            "activity": activity,
            "area": json.loads(shape),
        }
        for pk, name, kind, floor, ceiling, activity, shape in rows[: MOST + 1]
    ]

"""Areas measured on the ellipsoid, by the database."""

from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from django.db import connection

from common.exceptions import InvalidInput

M2_PER_HA = 10_000


def area_m2(area: GEOSGeometry) -> float:
    """Square metres on the WGS 84 ellipsoid; 1 query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ST_Area(ST_GeomFromEWKB(%s)::geography)", [bytes(area.ewkb)])
        (found,) = cursor.fetchone()
    return float(found)


def as_multi(area: GEOSGeometry, *, pointer: str = "/area") -> MultiPolygon:
    """A polygon, or several, as a multipolygon. Raises InvalidInput where they overlap."""
    multi = area if isinstance(area, MultiPolygon) else MultiPolygon(area, srid=area.srid)
    if not multi.valid:
        raise InvalidInput(pointer, f"The polygons do not go together: {multi.valid_reason}.")
    return multi


def areas_m2(areas: list[GEOSGeometry]) -> list[float]:
    """Square metres of many areas, in their order; 1 query."""
    if not areas:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ST_Area(ST_GeomFromEWKB(area)::geography)"
            " FROM unnest(%s::bytea[]) WITH ORDINALITY AS t (area, n) ORDER BY n",
            [[bytes(area.ewkb) for area in areas]],
        )
        return [float(found) for (found,) in cursor.fetchall()]

"""Airspace over areas, with heights and hours: the facts rules use."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from django.db import connection
from django.db.models import Q
from msgspec import Struct

from airports.heights import HeightBand, Limit, Meeting, base_above_top_m, meeting
from airports.models import AirspaceKind, AirspaceRestriction

DEPENDENCY = "airspace"
MOST_OVER_ONE_AREA = 500


@dataclass(frozen=True)
class Volume:
    """An area (Polygon or MultiPolygon, WGS 84), the heights flown in it, and when."""

    area: GEOSGeometry
    band: HeightBand
    start_at: datetime
    end_at: datetime


class AirspaceFacts(Struct, frozen=True, kw_only=True):
    """
    A piece of airspace over or in the area.

    `heights` says whether the flight's band meets it: `overlap`, `clear`, or `unknown` where the
    data cannot be compared. `is_active` is yes unless stated windows leave the flight's time out;
    `is_activity_certain` is no for what a NOTAM switches on. `base_above_top_m` is the room between
    the top of the flight and the base of the airspace, where both can be compared.
    """

    restriction_id: int
    name: str
    kind: str
    published_kind: str
    restricted_status: str
    zone_restriction: str
    zone_reasons: tuple[str, ...]
    floor: Limit
    ceiling: Limit
    floor_text: str
    ceiling_text: str
    heights: Meeting
    base_above_top_m: float | None
    is_active: bool
    is_activity_certain: bool
    conditions: str
    source: str

    @property
    def is_met(self) -> bool:
        """The flight is in it, or nobody can show that it is not."""
        return self.is_active and self.heights != "clear"


def intersecting(volumes: Sequence[Volume]) -> list[tuple[AirspaceFacts, ...]]:
    """
    List the airspace that meets each area and is in force in its window, in one SQL statement.

    All heights are listed: what lies above the flight matters to its margins. An area over more
    than 500 pieces is not judged piece by piece: the last is `too_many`, which nobody may enter.
    """
    found: list[list[AirspaceFacts]] = [[] for _ in volumes]
    if not volumes:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL,
            {
                "areas": [bytes(volume.area.ewkb) for volume in volumes],
                "start_at": [volume.start_at for volume in volumes],
                "end_at": [volume.end_at for volume in volumes],
                "most": MOST_OVER_ONE_AREA + 1,
            },
        )
        for number, *columns in cursor.fetchall():
            found[number - 1].append(_facts(columns, volumes[number - 1]))
    return [_bounded(facts) for facts in found]


def _bounded(facts: list[AirspaceFacts]) -> tuple[AirspaceFacts, ...]:
    if len(facts) <= MOST_OVER_ONE_AREA:
        return tuple(facts)
    return (*facts[:MOST_OVER_ONE_AREA], too_many())


def too_many() -> AirspaceFacts:
    """What stands for the airspace that was left out: it counts as prohibited and as met."""
    return AirspaceFacts(
        restriction_id=0,
        name=f"the airspace beyond the first {MOST_OVER_ONE_AREA} pieces over this area",
        kind=AirspaceKind.PROHIBITED.value,
        published_kind="",
        restricted_status="",
        zone_restriction="",
        zone_reasons=(),
        floor=Limit("SFC", None),
        ceiling=Limit("UNL", None),
        floor_text="SFC",
        ceiling_text="UNL",
        heights="overlap",
        base_above_top_m=None,
        is_active=True,
        is_activity_certain=True,
        conditions="Make the area smaller.",
        source="windsock",
    )


def in_window(start: datetime | None, end: datetime | None) -> Q:
    """Rows whose validity touches a window; open ends count as for ever."""
    condition = Q(is_active=True)
    if end is not None:
        condition &= Q(valid_from=None) | Q(valid_from__lt=end)
    if start is not None:
        condition &= Q(valid_until=None) | Q(valid_until__gt=start)
    return condition


def facts_of(restriction: AirspaceRestriction, volume: Volume) -> AirspaceFacts:
    """One restriction against one volume, whether or not they meet on the map."""
    columns = [getattr(restriction, name) for name in _COLUMNS]
    return _facts(columns, volume)


_COLUMNS = (
    "id",
    "name",
    "kind",
    "published_kind",
    "restricted_status",
    "zone_restriction",
    "zone_reasons",
    "floor_datum",
    "floor_m",
    "floor_text",
    "ceiling_datum",
    "ceiling_m",
    "ceiling_text",
    "activity",
    "activity_windows",
    "conditions",
    "source",
)
_SQL = f"""
SELECT wanted.nr, {", ".join(f"hit.{name}" for name in _COLUMNS)}
FROM (
    SELECT ordinality AS nr, ST_SetSRID(ST_GeomFromEWKB(area), 4326) AS area, start_at, end_at
    FROM unnest(%(areas)s::bytea[], %(start_at)s::timestamptz[], %(end_at)s::timestamptz[])
         WITH ORDINALITY AS t (area, start_at, end_at, ordinality)
) AS wanted
CROSS JOIN LATERAL (
    SELECT r.* FROM airports_airspacerestriction AS r
    WHERE r.is_active AND ST_Intersects(r.area, wanted.area)
      AND (r.valid_from IS NULL OR r.valid_from < wanted.end_at)
      AND (r.valid_until IS NULL OR r.valid_until > wanted.start_at)
    ORDER BY r.id LIMIT %(most)s
) AS hit
ORDER BY wanted.nr, hit.id
"""  # noqa: S608 - column names are our own constants


def _facts(columns: Sequence[Any], volume: Volume) -> AirspaceFacts:
    row = dict(zip(_COLUMNS, columns, strict=True))
    floor = Limit(row["floor_datum"], row["floor_m"])
    ceiling = Limit(row["ceiling_datum"], row["ceiling_m"])
    windows = _from_json(row["activity_windows"])
    return AirspaceFacts(
        restriction_id=row["id"],
        name=row["name"],
        kind=row["kind"],
        published_kind=row["published_kind"],
        restricted_status=row["restricted_status"],
        zone_restriction=row["zone_restriction"],
        zone_reasons=tuple(_from_json(row["zone_reasons"])),
        floor=floor,
        ceiling=ceiling,
        floor_text=row["floor_text"],
        ceiling_text=row["ceiling_text"],
        heights=meeting(volume.band, floor, ceiling),
        base_above_top_m=base_above_top_m(volume.band, floor),
        is_active=row["activity"] != "windows" or _touches(windows, volume),
        is_activity_certain=row["activity"] != "notam",
        conditions=row["conditions"],
        source=row["source"],
    )


def _touches(windows: Iterable[Sequence[str]], volume: Volume) -> bool:
    return any(
        datetime.fromisoformat(start) < volume.end_at
        and datetime.fromisoformat(end) > volume.start_at
        for start, end in windows
    )


def _from_json(value: Any) -> Any:
    """Raw cursors give jsonb as text; model instances give it decoded."""
    return json.loads(value) if isinstance(value, str) else value

"""Gather where many operations fly: volumes, aerodromes, airspace, weather, light."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.db import connection

from airports.heights import HeightBand
from airports.queries.aerodromes import AerodromeFacts, AreaWindow, near
from airports.queries.airspace import AirspaceFacts, Volume, intersecting
from airports.queries.conditions import Place, WeatherFacts, conditions_for
from airports.queries.sun import SolarEvent, daylight_facts
from flight_operations.facts.rows import OperationRow, PlanRow, Rows, VolumeRow
from flight_operations.facts.site import LocalObservation, VolumeFacts
from flight_operations.facts.territory import is_in_territory
from flight_operations.models import Datum

# A box that holds every path reaching 8.5 km from a runway, in degrees of latitude.
PATH_BOX_DEG = 0.12
_WORST_MEETING = {"clear": 0, "unknown": 1, "overlap": 2}


class Site(NamedTuple):
    """What is known of the place of one operation; empty without a plan."""

    area: GEOSGeometry | None = None
    volumes: tuple[VolumeFacts, ...] = ()
    aerodromes: tuple[AerodromeFacts, ...] | None = None
    airspace: tuple[AirspaceFacts, ...] | None = None
    path_aerodromes: tuple[str, ...] | None = None
    weather: WeatherFacts | None = None


def gather_sites(rows: Rows, at: datetime) -> dict[int, Site]:
    """Four statements for any number of operations."""
    planned = {row.id: row for row in rows.operations if row.plan is not None}
    volumes: dict[int, list[VolumeRow]] = defaultdict(list)
    polygons: dict[int, list[GEOSGeometry]] = defaultdict(list)
    for volume in rows.volumes:
        volumes[volume.operation_id].append(volume)
        polygons[volume.operation_id].append(GEOSGeometry(volume.area))
    areas = {pk: _area(parts) for pk, parts in polygons.items()}
    windows = [
        AreaWindow(area, planned[pk].planned_start_at, planned[pk].planned_end_at)
        for pk, area in areas.items()
    ]
    aerodromes = dict(zip(areas, near(windows), strict=True))
    airspace = _airspace(planned, volumes, polygons)
    paths = _path_names(areas)
    weather = _weather(planned, at)
    return {
        pk: Site(
            area=areas.get(pk),
            volumes=_volume_facts(volumes.get(pk, ()), row.plan),
            aerodromes=aerodromes.get(pk),
            airspace=airspace.get(pk),
            path_aerodromes=_named(aerodromes[pk], paths[pk]) if pk in areas else None,
            weather=weather[pk],
        )
        for pk, row in planned.items()
        if row.plan is not None
    }


def plan_facts(
    operation: OperationRow, site: Site, passages: Sequence[SolarEvent] | None = None
) -> dict[str, Any]:
    """The fields of OperationFacts that a plan fills; none without one."""
    plan = operation.plan
    if plan is None:
        return {}
    launch = (plan.launch_lon, plan.launch_lat)
    return {
        **{name: getattr(plan, name) for name in _COPIED},
        "has_plan": True,
        "volumes": site.volumes,
        "local_observation": _local(plan.local_weather_observation),
        "is_in_territory": is_in_territory([launch, (plan.recovery_lon, plan.recovery_lat)]),
        "daylight": daylight_facts(
            lat=plan.launch_lat,
            lon=plan.launch_lon,
            start=operation.planned_start_at,
            end=operation.planned_end_at,
            known=passages,
        ),
        "aerodromes": site.aerodromes,
        "airspace": site.airspace,
        "path_aerodromes": site.path_aerodromes,
        "weather": site.weather,
    }


_COPIED = (
    "launch_lat",
    "launch_lon",
    "recovery_lat",
    "recovery_lon",
    "control_station",
    "take_off_elevation_m",
    "terrain_lowest_m",
    "terrain_highest_m",
    "max_height_agl_m",
    "take_off_mass_kg",
    "max_distance_pilot_m",
    "max_distance_observer_m",
    "min_distance_people_m",
    "people_consent_ref",
    "is_over_populous_area",
    "is_near_emergency_operation",
    "emergency_approval_ref",
    "is_crewed_traffic_known",
    "is_enclosed",
    "drops_anything",
    "drop_procedure_ref",
    "is_launch_area_lit",
    "is_behind_obstacles",
    "aircraft_per_pilot",
    "impact_energy_j",
)


def _local(value: Any) -> LocalObservation | None:
    """The pilot's own look; what cannot be read counts as not entered."""
    try:
        return msgspec.convert(value, LocalObservation) if value else None
    except msgspec.ValidationError:
        return None


def _area(polygons: Sequence[GEOSGeometry]) -> GEOSGeometry:
    """All volumes as one area; overlapping polygons become one, or PostGIS would refuse them."""
    if len(polygons) == 1:
        return polygons[0]
    union = shapely.union_all(shapely.from_wkb([bytes(polygon.wkb) for polygon in polygons]))
    return GEOSGeometry(memoryview(shapely.to_wkb(union)), srid=polygons[0].srid)


def _top_agl_m(row: VolumeRow, plan: PlanRow) -> float | None:
    """The volume's highest point above the lowest ground under it; None when nobody can tell."""
    if row.datum == Datum.AGL:
        return row.ceiling_m
    if plan.terrain_lowest_m is None:
        return None
    if row.datum == Datum.AMSL:
        return row.ceiling_m - plan.terrain_lowest_m
    if plan.take_off_elevation_m is None:
        return None
    return plan.take_off_elevation_m + row.ceiling_m - plan.terrain_lowest_m


def _volume_facts(rows: Sequence[VolumeRow], plan: PlanRow) -> tuple[VolumeFacts, ...]:
    return tuple(
        VolumeFacts(
            sequence=row.sequence,
            floor_m=row.floor_m,
            ceiling_m=row.ceiling_m,
            datum=row.datum,
            top_agl_m=_top_agl_m(row, plan),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
        )
        for row in rows
    )


def _band(row: VolumeRow, plan: PlanRow) -> HeightBand:
    """The heights flown, never less than they are: an unknown floor is the ground."""
    top = _top_agl_m(row, plan)
    return HeightBand(
        floor_agl_m=row.floor_m if row.datum == Datum.AGL else 0.0,
        ceiling_agl_m=top if top is not None else max(plan.max_height_agl_m, row.ceiling_m),
        terrain_min_m=plan.terrain_lowest_m,
        terrain_max_m=plan.terrain_highest_m,
    )


def _airspace(
    planned: Mapping[int, OperationRow],
    volumes: Mapping[int, Sequence[VolumeRow]],
    polygons: Mapping[int, Sequence[GEOSGeometry]],
) -> dict[int, tuple[AirspaceFacts, ...]]:
    owners, wanted = [], []
    for pk, rows in volumes.items():
        plan = planned[pk].plan
        for row, area in zip(rows, polygons[pk], strict=True):
            if plan is not None:
                owners.append(pk)
                wanted.append(Volume(area, _band(row, plan), row.starts_at, row.ends_at))
    found: dict[int, dict[int, AirspaceFacts]] = {pk: {} for pk in volumes}
    for pk, met in zip(owners, intersecting(wanted), strict=True):
        for facts in met:
            known = found[pk].get(facts.restriction_id)
            found[pk][facts.restriction_id] = facts if known is None else _worse(known, facts)
    return {pk: tuple(areas.values()) for pk, areas in found.items()}


def _worse(one: AirspaceFacts, other: AirspaceFacts) -> AirspaceFacts:
    """The same airspace met by two volumes: the closer meeting counts."""
    first, second = sorted(
        (one, other), key=lambda area: (area.is_active, _WORST_MEETING[area.heights]), reverse=True
    )
    rooms = [r for r in (first.base_above_top_m, second.base_above_top_m) if r is not None]
    return msgspec.structs.replace(first, base_above_top_m=min(rooms, default=None))


def _named(aerodromes: Sequence[AerodromeFacts], paths: Sequence[str]) -> tuple[str, ...]:
    """The aerodromes whose code is in the name of a path: one's paths say nothing of another's."""
    return tuple(a.ident for a in aerodromes if any(a.is_named_in(name) for name in paths))


def _path_names(areas: Mapping[int, GEOSGeometry]) -> dict[int, list[str]]:
    """The names of the approach and departure paths that are loaded around each operation."""
    if not areas:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT wanted.id, array(
                SELECT DISTINCT r.name FROM airports_airspacerestriction AS r
                WHERE r.kind = 'PATH' AND r.is_active AND r.area && ST_Expand(
                    wanted.area,
                    %s / GREATEST(0.05, cos(radians(ST_Y(ST_Centroid(wanted.area))))), %s)
                ORDER BY r.name
            )
            FROM (
                SELECT id, ST_GeomFromEWKB(area) AS area
                FROM unnest(%s::bigint[], %s::bytea[]) AS t (id, area)
            ) AS wanted
            """,
            [PATH_BOX_DEG, PATH_BOX_DEG, list(areas), [bytes(a.ewkb) for a in areas.values()]],
        )
        return dict(cursor.fetchall())


def _weather(planned: Mapping[int, OperationRow], at: datetime) -> dict[int, WeatherFacts]:
    places = [
        Place(row.plan.launch_lat, row.plan.launch_lon, row.planned_start_at, row.planned_end_at)
        for row in planned.values()
        if row.plan is not None
    ]
    return dict(zip(planned, conditions_for(places, now=at), strict=True))

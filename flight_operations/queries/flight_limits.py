"""What an operation must keep to in the air, read once per version and kept ready."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from threading import Lock
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import shapely
from django.db import connection
from django.db.models import Max, Q
from shapely.geometry.base import BaseGeometry

from flight_operations.instruments import APP_3NM
from flight_operations.models import (
    AuthorizationKind,
    FlightOperation,
    FlightPlan,
    OperatingCategory,
    OperationalAuthorization,
    PlanFence,
)
from flight_operations.telemetry.limits import STANDARD_HEIGHT_M, Bound, FlightLimits, Zone
from flight_operations.telemetry.samples import Datum, to_microseconds

KEPT_OPERATIONS = 256
# Authorizations and aerodromes carry no version of the operation: they are read again this often.
READ_AGAIN_S = 30
CONTROLLED_RING_M = 5556.0
HALF_STRIP_M = 50.0
RING_SEARCH_M = 20_000.0
# Heights are compared to the centimeter; a cleared height itself is still allowed.
JUST_ABOVE_M = 0.01

HEIGHT_KINDS = (
    AuthorizationKind.HEIGHT,
    AuthorizationKind.CONTROLLED_3NM_HEIGHT,
    AuthorizationKind.NONCONTROLLED_HEIGHT,
)
AERODROME_KINDS = (AuthorizationKind.CONTROLLED_3NM, AuthorizationKind.CONTROLLED_3NM_HEIGHT)


class Clearance(NamedTuple):
    """An approval to fly in the 3 NM ring of one aerodrome, or of any when it names no place."""

    place: str
    max_height_agl_m: float | None

    def names(self, idents: Iterable[str | None]) -> bool:
        """Say whether the approval is for an aerodrome of these codes, as the rules read it."""
        place = self.place.upper()
        return not place or any(ident and ident.upper() in place for ident in idents)


_kept: OrderedDict[tuple[Any, ...], FlightLimits] = OrderedDict()
_lock = Lock()


def flight_limits(key: tuple[int, int, int], *, at: datetime) -> FlightLimits:
    """
    The limits of an operation, for the key (operation, its version, its plan's version).

    A changed operation or plan has another version, so an amended area counts at once; granted
    and revoked authorizations and aerodromes count within 30 s.
    """
    full = (*key, int(at.timestamp()) // READ_AGAIN_S)
    with _lock:
        if full in _kept:
            _kept.move_to_end(full)
            return _kept[full]
    limits = load_limits(key[0])
    with _lock:
        _kept[full] = limits
        while len(_kept) > KEPT_OPERATIONS:
            _kept.popitem(last=False)
    return limits


def load_limits(operation_id: int) -> FlightLimits:
    """Read the limits of an operation. One without a plan keeps to height and window only."""
    operation = FlightOperation.objects.select_related("aircraft", "operator").get(pk=operation_id)
    plan = FlightPlan.objects.filter(operation=operation).first()
    window: dict[str, Any] = {
        "from_us": to_microseconds(_window_start(operation)),
        "until_us": to_microseconds(operation.planned_end_at),
        "max_speed_ms": operation.aircraft.max_speed_ms,
    }
    if plan is None:
        return FlightLimits(**window)
    rows = list(plan.volumes.order_by("sequence"))
    fences = list(plan.fences.order_by("name"))
    area = shapely.union_all([_shape(row.area) for row in rows])
    granted = _granted(operation, area)
    max_height_m = _max_height(granted)
    volumes = tuple(_volume(row, operation, max_height_m) for row in rows)
    clearances = _clearances(granted, operation)
    return FlightLimits(
        volumes=volumes,
        keep_in=tuple(_fence(f) for f in fences if f.kind == PlanFence.Kind.KEEP_IN),
        keep_out=tuple(_fence(f) for f in fences if f.kind == PlanFence.Kind.KEEP_OUT),
        aerodromes=controlled_rings(area, clearances),
        max_height_m=max_height_m,
        takeoff_elevation_m=plan.take_off_elevation_m,
        **window,
    )


def _window_start(operation: FlightOperation) -> datetime:
    """When the flight may be in the air: an early start that was allowed counts."""
    started = operation.actual_start_at
    planned = operation.planned_start_at
    return planned if started is None else min(planned, started)


def _volume(volume: Any, operation: FlightOperation, max_height_m: float) -> Zone:
    datum = _DATUMS[volume.datum]
    # Above a ceiling as high as the height limit the height alert says it already.
    is_covered = datum == Datum.AGL and volume.ceiling_m >= max_height_m
    is_first = volume.starts_at == operation.planned_start_at
    return Zone(
        reference=f"volume {volume.sequence}",
        area=_shape(volume.area),
        # A floor at the ground is no floor: valleys and measuring errors lie below it.
        floor=Bound(volume.floor_m, datum) if volume.floor_m > 0 else None,
        ceiling=None if is_covered else Bound(volume.ceiling_m, datum),
        from_us=to_microseconds(_window_start(operation) if is_first else volume.starts_at),
        until_us=to_microseconds(volume.ends_at),
    )


def _fence(fence: Any) -> Zone:
    datum = _DATUMS[fence.datum]
    return Zone(
        reference=fence.name,
        area=_shape(fence.area),
        floor=None if fence.floor_m is None else Bound(fence.floor_m, datum),
        ceiling=None if fence.ceiling_m is None else Bound(fence.ceiling_m, datum),
    )


_DATUMS = {"agl": Datum.AGL, "amsl": Datum.AMSL, "takeoff": Datum.TAKEOFF}


def _shape(geometry: Any) -> BaseGeometry:
    return shapely.from_wkb(bytes(geometry.wkb))


def _granted(operation: FlightOperation, area: BaseGeometry) -> Any:
    """
    Authorizations that fit the aircraft, the whole planned time and the whole area.

    Only a ReOC holder can be given one, so none counts for excluded or micro operations.
    """
    if operation.category != OperatingCategory.REOC:
        return OperationalAuthorization.objects.none()
    covers = Q(area__isnull=True)
    if not area.is_empty:
        covers |= Q(area__covers=f"SRID=4326;{area.wkt}")
    return OperationalAuthorization.objects.granted().filter(
        Q(aircraft=None) | Q(aircraft=operation.aircraft_id),
        covers,
        operator=operation.operator_id,
        valid_from__lte=operation.planned_start_at,
        valid_until__gte=operation.planned_end_at,
    )


def _max_height(granted: Any) -> float:
    found = granted.filter(kind__in=HEIGHT_KINDS).aggregate(most=Max("max_height_agl_m"))["most"]
    return max(STANDARD_HEIGHT_M, found or 0.0)


def _clearances(granted: Any, operation: FlightOperation) -> list[Clearance]:
    kinds = list(AERODROME_KINDS)
    day = operation.planned_start_at.astimezone(ZoneInfo(operation.operator.timezone)).date()
    if APP_3NM.is_in_force(day):
        kinds.append(AuthorizationKind.APP)
    rows = granted.filter(kind__in=kinds).values_list("place", "max_height_agl_m")
    return [Clearance(*row) for row in rows]


_RINGS = """
SELECT a.ident, a.icao, ST_AsBinary(ST_Union(coalesce(
    ST_Buffer(r.centerline, %(ring)s + %(half_strip)s)::geometry,
    ST_Buffer(a.point, %(ring)s)::geometry)))
FROM airports_airport AS a
LEFT JOIN airports_runway AS r
    ON r.airport_id = a.id AND NOT r.is_closed AND r.centerline IS NOT NULL
WHERE a.is_controlled AND a.is_active AND a.kind <> 'closed'
  AND ST_DWithin(a.point, ST_GeomFromWKB(%(area)s, 4326)::geography, %(search)s)
GROUP BY a.id, a.ident, a.icao
ORDER BY a.ident
"""


def controlled_rings(area: BaseGeometry, clearances: Iterable[Clearance] = ()) -> tuple[Zone, ...]:
    """
    The 3 NM rings of controlled aerodromes around an area (CASR 101.238), as zones.

    A clearance opens the ring of the aerodrome that it names, up to its own height; every other
    ring stands.
    """
    if area.is_empty:
        return ()
    with connection.cursor() as cursor:
        cursor.execute(
            _RINGS,
            {
                "ring": CONTROLLED_RING_M,
                "half_strip": HALF_STRIP_M,
                "search": RING_SEARCH_M,
                "area": area.wkb,
            },
        )
        return tuple(_closed(cursor.fetchall(), list(clearances)))


def _closed(rows: Iterable[Any], clearances: list[Clearance]) -> Iterator[Zone]:
    """The rings that are left when the clearances are read."""
    for ident, icao, ring in rows:
        zone = Zone(reference=ident, area=shapely.from_wkb(bytes(ring)))
        tops = [c.max_height_agl_m for c in clearances if c.names((icao or ident,))]
        if not tops:
            yield zone
        elif None not in tops:
            top = max(top for top in tops if top is not None)
            yield replace(zone, floor=Bound(top + JUST_ABOVE_M, Datum.AGL))

"""What of a job is still to be planned, and how it is cut into operations."""

import math
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.contrib.gis.geos import Polygon as GEOSPolygon
from django.db.models import Max
from msgspec import Struct
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from client_management.models import JobOperation, JobOrder, OperationPurpose
from client_management.queries.areas import areas_m2
from client_management.queries.assessments import SET_UP_MIN, flown_by
from client_management.specifications import specification_of
from client_management.survey.estimate import Estimate, PlannedPart, estimate, visits_of
from client_management.survey.plane import plane_of, polygons
from common.geo import point
from flight_operations.models import FLOWN, UPCOMING, OperationStatus
from rpas.models import RPASAircraft

# A strip narrower than this is what cutting left over, not something that was missed.
CRUMB_M = 1.0
# Around a part, for turns outside it.
MARGIN_M = 20.0
LIVE = (*FLOWN, *UPCOMING, OperationStatus.ACTIVE)


class Hours(Struct, frozen=True, kw_only=True):
    """Between which hours of the site's day operations are planned, one after the other."""

    opens: time = time(8)
    closes: time = time(16)


def area_left(job: JobOrder) -> BaseGeometry:
    """
    The requested area without the parts that operations cover or are to; 1 query.

    For repeated surveys this is of the first visit that is not wholly planned.
    """
    whole = _shape(job.request.area)
    rows = job.operations.filter(
        operation__status__in=LIVE, purpose=OperationPurpose.SURVEY
    ).order_by("sequence")
    parts = [_shape(part) for part in rows.values_list("part", flat=True)]
    visits = visits_of(specification_of(job.request.service_type, job.request.specifications))
    left = whole
    for _ in range(visits):
        left, parts = _without(whole, parts)
        if not left.is_empty:
            break
    return left


def cut(
    job: JobOrder,
    area: BaseGeometry,
    *,
    aircraft: RPASAircraft,
    sight_m: float,
    batteries_each: int,
) -> Estimate:
    """One visit's operations over an area. Raises CannotBeFlown, TooManyOperations."""
    return estimate(
        area,
        specification_of(job.request.service_type, job.request.specifications),
        max_height_m=job.request.max_height_agl_m,
        aircraft=flown_by(aircraft),
        sight_m=sight_m,
        batteries_each=batteries_each,
    )


def slots(
    parts: list[PlannedPart], *, start_at: datetime, zone: ZoneInfo, hours: Hours
) -> list[tuple[datetime, datetime]]:
    """When each part is flown: one after the other, on the ground between, within a day's hours."""
    found, free = [], start_at
    for part in parts:
        length = timedelta(minutes=math.ceil(part.flight_min))
        free = _within(free, length, zone, hours)
        found.append((free.astimezone(UTC), (free + length).astimezone(UTC)))
        free += length + timedelta(minutes=SET_UP_MIN)
    return found


def plan_of(part: PlannedPart, *, mass_kg: float, height_m: float, number: int) -> dict[str, Any]:
    """The flight plan of one part: the pilot stands in its middle and flies up to a height."""
    middle = part.polygon.centroid
    if not part.polygon.contains(middle):
        middle = part.polygon.representative_point()
    stand = point(lat=middle.y, lon=middle.x)
    plane = plane_of(part.polygon)
    farthest = shapely.hausdorff_distance(
        plane.to_metres(middle), plane.to_metres(part.polygon.exterior)
    )
    return {
        "launch_site": stand,
        "recovery_site": stand,
        "control_station": f"In the middle of part {number}",
        "max_height_agl_m": height_m,
        "take_off_mass_kg": mass_kg,
        "max_distance_pilot_m": round(farthest, 1),
    }


def volume_of(part: PlannedPart, *, height_m: float) -> dict[str, Any]:
    """The volume of one part, with room for turns around it."""
    plane = plane_of(part.polygon)
    room = plane.to_metres(part.polygon).buffer(MARGIN_M, quad_segs=2, join_style="mitre")
    area = plane.to_degrees(room)
    largest = max(polygons(area), key=lambda each: each.area)
    return {"area": outline(largest), "floor_m": 0.0, "ceiling_m": height_m, "datum": "agl"}


def measured(parts: list[PlannedPart]) -> list[float]:
    """Square metres of parts on the ellipsoid; 1 query."""
    return areas_m2([geometry(part.polygon) for part in parts])


def geometry(shape: BaseGeometry) -> GEOSGeometry:
    """A shape of longitudes and latitudes as the database takes it."""
    return GEOSGeometry(memoryview(shapely.to_wkb(shape, output_dimension=2)), srid=4326)


def outline(shape: Polygon) -> GEOSPolygon:
    """A polygon of longitudes and latitudes as the database takes it."""
    found = geometry(shape)
    if not isinstance(found, GEOSPolygon):
        raise TypeError(f"{found.geom_type} is no polygon")
    return found


def next_sequence(job: JobOrder) -> int:
    """The place of the next operation of a job; 1 query."""
    return (JobOperation.objects.filter(job=job).aggregate(last=Max("sequence"))["last"] or 0) + 1


def _shape(area: GEOSGeometry) -> BaseGeometry:
    return shapely.from_wkb(bytes(area.wkb))


def _without(
    whole: BaseGeometry, parts: list[BaseGeometry]
) -> tuple[BaseGeometry, list[BaseGeometry]]:
    """What of an area the first parts leave open, and the parts that were not needed for it."""
    taken: list[BaseGeometry] = []
    over: list[BaseGeometry] = []
    for part in parts:
        covered = shapely.union_all(taken) if taken else Polygon()
        is_again = part.intersection(covered).area > 0.5 * part.area
        (over if is_again else taken).append(part)
    left = whole.difference(shapely.union_all(taken)) if taken else whole
    return _without_crumbs(left), over


def _without_crumbs(area: BaseGeometry) -> BaseGeometry:
    if area.is_empty:
        return area
    plane = plane_of(area)
    flat = plane.to_metres(area)
    opened = flat.buffer(-CRUMB_M / 2, join_style="mitre").buffer(CRUMB_M / 2, join_style="mitre")
    kept = list(polygons(flat.intersection(opened), least_m2=CRUMB_M))
    return plane.to_degrees(MultiPolygon(kept))


def _within(moment: datetime, length: timedelta, zone: ZoneInfo, hours: Hours) -> datetime:
    """The first moment from which there is room for something in a day's hours."""
    local = moment.astimezone(zone)
    opens = datetime.combine(local.date(), hours.opens, tzinfo=zone)
    closes = datetime.combine(local.date(), hours.closes, tzinfo=zone)
    if local < opens:
        return opens
    if local + length <= closes or local == opens:
        return moment
    return datetime.combine(local.date() + timedelta(days=1), hours.opens, tzinfo=zone)

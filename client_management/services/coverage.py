"""How much of a job's area was photographed, and flights for what is missing."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, cast

import numpy as np
import shapely
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon, Polygon
from django.core.files.base import ContentFile
from django.db import transaction

from client_management.coverage import (
    Camera,
    Coverage,
    CoverageRefused,
    Gap,
    Track,
    measure,
    refly_areas,
)
from client_management.coverage_outputs import png
from client_management.local_plane import LocalPlane
from client_management.models import CoverageReport, JobOrder, OperationPurpose
from client_management.portal_events import CoverageMeasured
from client_management.portal_exceptions import (
    CoverageNotMeasured,
    CoverageSuperseded,
    NothingFlown,
    NothingMissing,
    ReflyOrdered,
    ReflyUnderWay,
)
from client_management.queries.tracks import flown_operations, track_of
from common import audit
from common.lifecycle import locked
from common.numbering import next_number
from common.outbox import announce
from flight_operations.models import UPCOMING, FlightOperation, OperationStatus

# Plans operations of a job over areas: who plans what the client ordered plans this, too.
Planner = Callable[[JobOrder, Sequence[Polygon]], Sequence[FlightOperation]]


@dataclass(frozen=True, kw_only=True)
class Surveyed:
    """What came of holding the flights of a job against its area, not yet kept."""

    job: JobOrder
    operations: Sequence[FlightOperation]
    coverage: Coverage
    picture: bytes
    camera: Camera


def survey_job(job: JobOrder, *, camera: Camera) -> Surveyed:
    """
    Hold every flight of a job against the area that was ordered; outside transactions.

    Raises NothingFlown, CoverageNotMeasured.
    """
    operations = flown_operations(job)
    tracks = [track_of(operation) for operation in operations]
    flown = [(o, t) for o, t in zip(operations, tracks, strict=True) if t is not None]
    if not flown:
        raise NothingFlown(job=job.number)
    found = measured(job.request.area, [track for _, track in flown], camera)
    return Surveyed(
        job=job,
        operations=[operation for operation, _ in flown],
        coverage=found,
        picture=png(found, name=job.number),
        camera=camera,
    )


def measure_job(job: JobOrder, *, camera: Camera, actor: Any, at: datetime) -> CoverageReport:
    """`survey_job`, kept as a report. Raises NothingFlown, CoverageNotMeasured."""
    return keep_report(survey_job(job, camera=camera), actor=actor, at=at)


def measured(area: Any, tracks: Sequence[Track], camera: Camera) -> Coverage:
    """The pure calculation, for an area as the database has it. Raises CoverageNotMeasured."""
    try:
        return measure(shapely.from_wkb(bytes(area.wkb)), tracks, camera)
    except CoverageRefused as refusal:
        raise CoverageNotMeasured(reason=str(refusal)) from refusal


@transaction.atomic
def order_refly(
    report: CoverageReport, *, plan: Planner, actor: Any, at: datetime
) -> list[FlightOperation]:
    """
    Have operations planned over everything that is missing, once.

    `plan` makes operations of the job for areas; it raises what planning raises. Raises
    NothingMissing, ReflyOrdered, CoverageSuperseded, ReflyUnderWay.
    """
    # Planning holds the aircraft before the job: so does this.
    for last in flown_operations(report.job)[-1:]:
        locked(last.aircraft)
    job = locked(report.job)
    report = locked(report)
    _require_orderable(report, job)
    areas = missing_areas(report)
    if not areas:
        raise NothingMissing(report=report.number)
    operations = list(plan(job, areas))
    report.refly_ordered_at, report.refly_ordered_by = at, actor
    report.save()
    report.refly_operations.set(operations)
    audit.record(
        "coverage.refly_ordered",
        report,
        actor=actor,
        at=at,
        operations=[operation.number for operation in operations],
    )
    return operations


def _require_orderable(report: CoverageReport, job: JobOrder) -> None:
    """No gap is flown again twice: not from an old report, nor while flights for it are ahead."""
    if report.refly_ordered_at is not None:
        raise ReflyOrdered(report=report.number)
    newest = job.coverage_reports.latest("pk")
    if newest.pk != report.pk:
        raise CoverageSuperseded(report=newest.number, job=job.number)
    ahead = [*UPCOMING, OperationStatus.ACTIVE]
    again = job.operations.filter(
        purpose=OperationPurpose.REFLIGHT, operation__status__in=ahead
    ).select_related("operation")
    first = again.order_by("sequence").first()
    if first is not None:
        raise ReflyUnderWay(operation=first.operation.number, job=job.number)


def missing_areas(report: CoverageReport) -> list[Polygon]:
    """The polygons to fly again, each gap with half a picture around it, largest first."""
    return [_polygon(part) for part in refly_areas(restored(report))]


def restored(report: CoverageReport) -> Coverage:
    """A stored report as the values that files are made from; without tracks and raster."""
    area = shapely.from_wkb(bytes(report.area.wkb))
    plane = LocalPlane.around(area)
    gaps = [shapely.from_wkb(bytes(part.wkb)) for part in report.missing or ()]
    covered = report.covered
    return Coverage(
        area_m2=report.area_m2,
        covered_m2=report.covered_m2,
        percent=report.covered_percent,
        shot_count=report.picture_count,
        gaps=tuple(Gap(area_m2=float(plane.flatten(gap).area), polygon=gap) for gap in gaps),
        covered=shapely.from_wkb(bytes(covered.wkb)) if covered else shapely.MultiPolygon(),
        area=area,
        overlap_percent=tuple(report.overlap_percent),
        plane=plane,
        counts=np.zeros((0, 0), dtype=np.int32),
        raster=(0.0, 0.0, 0.0, 0.0),
        tracks=(),
        across_m=float(report.camera.get("across_m", 0.0)),
    )


@transaction.atomic
def keep_report(surveyed: Surveyed, *, actor: Any, at: datetime) -> CoverageReport:
    """Keep what was measured, with the camera that was assumed and the picture."""
    job, found = locked(surveyed.job), surveyed.coverage
    report = CoverageReport(
        organization_id=job.organization_id,
        job=job,
        area=cast(MultiPolygon, _many(found.area)),
        covered=_many(found.covered),
        missing=_many(found.missing),
        camera=asdict(surveyed.camera) | {"across_m": round(found.across_m, 2)},
        area_m2=found.area_m2,
        covered_m2=found.covered_m2,
        covered_percent=found.percent,
        overlap_percent=list(found.overlap_percent),
        picture_count=found.shot_count,
        gap_count=len(found.gaps),
        created_by=actor if getattr(actor, "pk", None) else None,
        measured_at=at,
    )
    report.number = next_number("CR", year=at.year)
    report.map_file.save(f"{report.number}.png", ContentFile(surveyed.picture), save=False)
    report.save()
    report.operations.set(surveyed.operations)
    audit.record("coverage.measured", report, actor=actor, at=at, percent=round(found.percent, 2))
    announce(CoverageMeasured(report_id=report.pk))
    return report


def _polygon(part: Any) -> Any:
    return GEOSGeometry(memoryview(shapely.to_wkb(part)), srid=4326)


def _many(geometry: Any) -> MultiPolygon | None:
    """A shapely geometry as the database takes it: its polygons only, None for none."""
    parts = [p for p in shapely.get_parts(geometry) if p.geom_type == "Polygon" and p.area > 0]
    if not parts:
        return None
    whole: Any = GEOSGeometry(memoryview(shapely.to_wkb(shapely.MultiPolygon(parts))), srid=4326)
    return cast(MultiPolygon, whole)

import json
from typing import Any

import shapely
from django.core.files.storage import default_storage
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from client_management.coverage import Camera
from client_management.coverage_outputs import geojson, kml
from client_management.models import CoverageReport
from client_management.serializers import coverage as shapes
from client_management.services import coverage
from client_management.services.refly import plan_refly
from common.api.docs import documented, documented_action
from common.api.idempotency import idempotent
from common.api.viewsets import ReadViewSet
from users.requests import UserRequest

Shape = shapes.CoverageReportSerializer


class CoverageReportViewSet(ReadViewSet):
    """How much of the ordered area was photographed, what is missing, and flights for it."""

    tag = "client-management"
    queryset = (
        CoverageReport.objects.select_related("job")
        .prefetch_related("operations", "refly_operations")
        .order_by("-pk")
    )
    serializer_class = Shape
    lookup_field = "number"
    filterset_fields = {"job__number": ["exact"], "organization__number": ["exact"]}
    input_serializers = {"create": shapes.MeasureCoverageSerializer}
    file_actions = {
        "geojson": "application/geo+json",
        "kml": "application/vnd.google-earth.kml+xml",
        "map": "image/png",
    }
    action_permissions = {"kml": "view", "geojson": "view", "map": "view"}

    def get_serializer_class(self) -> Any:
        return shapes.CoverageSummarySerializer if self.action == "list" else Shape

    @documented(
        summary="Measure the coverage of a job",
        request=shapes.MeasureCoverageSerializer,
        responses={201: Shape},
    )
    def create(self, request: UserRequest) -> Response:
        """
        Hold every flight of a job against the area that was ordered.

        Example: `{"job": "JOB-2026-0007", "camera": {"sensor_width_mm": 13.2,
        "sensor_height_mm": 8.8, "focal_mm": 8.8, "every_s": 2}}`.
        """
        given = self.validated()
        surveyed = coverage.survey_job(given["job"], camera=Camera(**given["camera"]))

        def keep(_view: Any, asked: Request) -> Response:
            report = coverage.keep_report(surveyed, actor=asked.user, at=timezone.now())
            return self.respond(report, status.HTTP_201_CREATED)

        # The sums come first: they take longer than the key's transaction should.
        return idempotent(keep)(self, request)

    @documented_action(
        summary="Order flights for the gaps", responses={200: shapes.ReflySerializer}
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def refly(self, request: UserRequest, number: str) -> Response:
        """Have operations planned over everything that is missing, once."""
        at = timezone.now()
        operations = coverage.order_refly(
            self.get_object(),
            plan=lambda job, areas: plan_refly(job, areas, actor=request.user, at=at),
            actor=request.user,
            at=at,
        )
        shown = {"operations": [operation.number for operation in operations]}
        return Response(shapes.ReflySerializer(shown).data)

    @documented(summary="Read a coverage as GeoJSON", responses={200: "A feature collection."})
    @action(detail=True, methods=["get"], filter_backends=[], pagination_class=None)
    def geojson(self, request: Request, number: str) -> HttpResponseBase:
        """The area, what was covered, and each gap with its square metres."""
        return as_geojson(self.get_object())

    @documented(summary="Read a coverage as KML", responses={200: "A KML document."})
    @action(detail=True, methods=["get"], filter_backends=[], pagination_class=None)
    def kml(self, request: Request, number: str) -> HttpResponseBase:
        """The area and its gaps, for programs that show the Earth."""
        return as_kml(self.get_object())

    @documented(summary="Read a coverage as a picture", responses={200: "A PNG."})
    @action(detail=True, methods=["get"], filter_backends=[], pagination_class=None)
    def map(self, request: Request, number: str) -> HttpResponseBase:
        """How often each place was seen, the gaps in red."""
        return as_picture(self.get_object())


def as_geojson(report: CoverageReport) -> HttpResponseBase:
    """A coverage as a feature collection."""
    found = geojson(coverage.restored(report), name=report.job.number)
    return attached(json.dumps(found).encode(), f"{report.number}.geojson", "application/geo+json")


def as_kml(report: CoverageReport) -> HttpResponseBase:
    """A coverage for programs that show the Earth."""
    text = kml(coverage.restored(report), name=report.job.number)
    return attached(text.encode(), f"{report.number}.kml", "application/vnd.google-earth.kml+xml")


def as_picture(report: CoverageReport) -> HttpResponseBase:
    """The map that was made when it was measured."""
    with default_storage.open(str(report.map_file.name)) as kept:
        return attached(kept.read(), f"{report.number}.png", "image/png", is_inline=True)


def attached(
    content: bytes, file_name: str, media_type: str, *, is_inline: bool = False
) -> HttpResponse:
    """A small file as an answer that stays out of shared caches."""
    response = HttpResponse(content, content_type=media_type)
    how = "inline" if is_inline else "attachment"
    response["Content-Disposition"] = f'{how}; filename="{file_name}"'
    response["Cache-Control"] = "no-store, private"
    return response


def rough(geometry: Any) -> Any:
    """A geometry with at most some hundred corners, for a small map."""
    flat = shapely.from_wkb(bytes(geometry.wkb))
    return json.loads(shapely.to_geojson(shapely.simplify(flat, 1e-5)))

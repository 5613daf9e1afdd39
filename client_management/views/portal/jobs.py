from typing import Any

from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from client_management.live import client_channel, flights_of_job
from client_management.models import CoverageReport, Deliverable, JobOrder
from client_management.portal_exceptions import NotYoursToDo
from client_management.queries.deliverables import as_given, shown_issues
from client_management.queries.portal import (
    flights_of,
    flying_of,
    jobs_of,
    positions_of,
    with_progress,
)
from client_management.queries.portal_access import access_to
from client_management.serializers import coverage as coverage_shapes
from client_management.serializers import portal as shapes
from client_management.services import deliverables
from client_management.services.job_steps import accept_job
from client_management.views.coverage import as_geojson, as_kml, as_picture
from client_management.views.deliverables import hand_out, numbered
from client_management.views.portal.door import PortalViewSet
from common.api.docs import documented
from common.api.idempotency import idempotent
from common.api.permissions import IsSignedIn
from common.api.viewsets import ServiceViewSet
from common.live.events import event_stream
from common.live.publish import person_channel
from common.live.rights import rights_of
from flight_operations.services.telemetry_live import operation_channel
from users.requests import UserRequest

Shape = shapes.PortalDeliverableSerializer
Coverage = coverage_shapes.CoverageSummarySerializer
MOST_FLIGHTS = 500
# In the air for one job at a time.
MOST_FOLLOWED = 50


class PortalJobViewSet(PortalViewSet):
    """A client's jobs: how far they are, what was covered, where the aircraft is."""

    queryset = JobOrder.objects.order_by("-pk")
    serializer_class = shapes.PortalJobSerializer
    input_serializers = {"accept": shapes.AcceptJobSerializer}
    flags = {
        "list": "can_view_jobs",
        "retrieve": "can_view_jobs",
        "accept": "can_approve_quotes",
        "positions": "can_track_live",
        "coverage": "can_view_jobs",
        "coverage_geojson": "can_view_jobs",
        "coverage_kml": "can_view_jobs",
        "coverage_map": "can_view_jobs",
    }

    file_actions = {
        "coverage_geojson": "application/geo+json",
        "coverage_kml": "application/vnd.google-earth.kml+xml",
        "coverage_map": "image/png",
        "stream": "text/event-stream",
    }
    paged_actions = {"positions": False}

    @documented(summary="List jobs", responses={200: shapes.PortalJobSerializer(many=True)})
    def list(self, request: Request, organization: str) -> Response:
        """Newest first, each with how far it is."""
        page = self.paginate_queryset(jobs_of(self.organization))
        shown = shapes.PortalJobSerializer(with_progress(page or ()), many=True)
        return self.get_paginated_response(shown.data)

    @documented(summary="Read a job", responses={200: shapes.PortalJobDetailSerializer})
    def retrieve(self, request: Request, organization: str, number: str) -> Response:
        """A job with its area, milestones and flights."""
        return self._shown(number)

    @documented(
        summary="Accept a job",
        request=shapes.AcceptJobSerializer,
        responses={200: shapes.PortalJobDetailSerializer},
    )
    @idempotent
    def accept(self, request: UserRequest, organization: str, number: str) -> Response:
        """Say that all that was ordered is good; it may be billed from now on."""
        accept_job(
            self._job(number),
            access=self.access,
            **self.validated(),
            actor=request.user,
            at=timezone.now(),
        )
        return self._shown(number)

    @documented(
        summary="Read where the aircraft is",
        responses={200: shapes.PortalPositionSerializer(many=True)},
    )
    def positions(self, request: Request, organization: str, number: str) -> Response:
        """Of each flight of the job that is in the air; at most a few."""
        found = positions_of(self._job(number))
        return Response(shapes.PortalPositionSerializer(found, many=True).data)

    @documented(summary="Read the coverage of a job", responses={200: Coverage})
    def coverage(self, request: Request, organization: str, number: str) -> Response:
        """The newest measurement."""
        return Response(Coverage(self._report(number)).data)

    @documented(summary="Read the coverage as GeoJSON", responses={200: "A feature collection."})
    def coverage_geojson(
        self, request: Request, organization: str, number: str
    ) -> HttpResponseBase:
        """The area, what was covered, and each gap."""
        return as_geojson(self._report(number))

    @documented(summary="Read the coverage as KML", responses={200: "A KML document."})
    def coverage_kml(self, request: Request, organization: str, number: str) -> HttpResponseBase:
        """The area and its gaps, for programs that show the Earth."""
        return as_kml(self._report(number))

    @documented(summary="Read the coverage as a picture", responses={200: "A PNG."})
    def coverage_map(self, request: Request, organization: str, number: str) -> HttpResponseBase:
        """How often each place was seen, the gaps in red."""
        return as_picture(self._report(number))

    def _shown(self, number: str) -> Response:
        (job,) = with_progress([self._job(number)])
        job.flights = list(flights_of(job)[:MOST_FLIGHTS])
        return Response(shapes.PortalJobDetailSerializer(job).data)

    def _job(self, number: str) -> Any:
        rows = jobs_of(self.organization).prefetch_related("milestones")
        return self.one_of(rows, number=number)

    def _report(self, number: str) -> CoverageReport:
        rows = CoverageReport.objects.for_client(self.organization).select_related("job")
        report: CoverageReport = self.one_of(
            rows.filter(job=self._job(number)).order_by("-pk"), pk__isnull=False
        )
        return report


class PortalFlightStreamViewSet(ServiceViewSet):
    """A job's flights as they are flown."""

    tag = "portal"
    permission_classes = [IsSignedIn]
    queryset = JobOrder.objects.order_by("-pk")
    serializer_class = shapes.PortalPositionSerializer
    filter_backends: list[Any] = []

    @documented(summary="Follow the flights of a job", responses={200: "Server-Sent Events."})
    def stream(self, request: Request, organization: str, number: str) -> HttpResponseBase:
        """
        Positions of all flights of the job that are in the air, as `position` events.

        Each names its `operation`. `job` says that a flight began or ended: come back then, to
        follow those that fly. 404 when none does. A stream ends after 15 minutes.
        """
        return event_stream(
            *_channels(request, organization, number),
            last_event_id=request.headers.get("Last-Event-ID", ""),
            pick=flights_of_job(number),
            rights=rights_of(self, lambda _, again: _channels(again, organization, number)),
        )


def _channels(request: Request, organization: str, number: str) -> list[str]:
    """Where the flights of a job are told of. Raises NotFound, NotYoursToDo."""
    access = access_to(request.user, organization, at=timezone.now())
    if access is None:
        raise NotFound
    if not access.can_track_live:
        raise NotYoursToDo(organization=organization)
    flying = flying_of(access.organization).filter(job_operation__job__number=number)
    channels = [operation_channel(each.pk) for each in flying[:MOST_FOLLOWED]]
    if not channels:
        raise NotFound
    return [*channels, client_channel(access.organization_id), person_channel(access.user_id)]


class PortalDeliverableViewSet(PortalViewSet):
    """What a client gets: looked at, had, accepted or sent back."""

    queryset = Deliverable.objects.order_by("-pk")
    serializer_class = Shape
    flags = {
        "list": "can_view_jobs",
        "retrieve": "can_view_jobs",
        "issues": "can_view_jobs",
        "download": "can_download_deliverables",
        "download_issue": "can_download_deliverables",
        "accept": "can_approve_quotes",
        "rework": "can_approve_quotes",
    }
    file_actions = {"download": "*/*", "download_issue": "*/*"}
    paged_actions = {"issues": True}
    input_serializers = {"accept": shapes.ReviewSerializer, "rework": shapes.ReworkSerializer}
    extra_query = ("job",)

    def get_queryset(self) -> Any:
        return as_given(super().get_queryset())

    @documented(
        summary="List deliverables",
        responses={200: Shape(many=True)},
        parameters={"job": ("string", "Only those of one job.")},
    )
    def list(self, request: Request, organization: str) -> Response:
        """
        What was given to the client, newest first.

        `uploaded` is one of which a newer issue is made; until that is released, the older one is
        shown.
        """
        rows = self.get_queryset()
        job = request.query_params.get("job", "")[:16]
        return self.page_of(rows.filter(job__number=job) if job else rows, Shape)

    @documented(summary="Read a deliverable", responses={200: Shape})
    def retrieve(self, request: Request, organization: str, number: str) -> Response:
        """The newest file that was released, with size, type and SHA-256."""
        return self.respond(self._row(number))

    @documented(summary="Download a deliverable", responses={200: "The file."})
    def download(self, request: UserRequest, organization: str, number: str) -> HttpResponseBase:
        """The newest file that was released; the download is on record. Takes a Range header."""
        row = self._row(number)
        issue = shown_issues(row).get(issue=row.given_issue)
        return hand_out(request, row, issue=issue, user=request.user)

    @documented(
        summary="Accept a deliverable", request=shapes.ReviewSerializer, responses={200: Shape}
    )
    @idempotent
    def accept(self, request: UserRequest, organization: str, number: str) -> Response:
        """Take the issue that was looked at. Example: `{"issue": 1}`."""
        return self.respond(
            deliverables.accept_deliverable(
                self._row(number), **self.validated(), actor=request.user, at=timezone.now()
            )
        )

    @documented(
        summary="Send a deliverable back", request=shapes.ReworkSerializer, responses={200: Shape}
    )
    @idempotent
    def rework(self, request: UserRequest, organization: str, number: str) -> Response:
        """Say what is to be done again. Example: `{"issue": 1, "note": "North is missing"}`."""
        return self.respond(
            deliverables.send_back(
                self._row(number), **self.validated(), actor=request.user, at=timezone.now()
            )
        )

    @documented(
        summary="List the issues of a deliverable",
        responses={200: shapes.PortalIssueSerializer(many=True)},
    )
    def issues(self, request: Request, organization: str, number: str) -> Response:
        """Every file that was given to the client, newest first; none that was not released."""
        return self.page_of(shown_issues(self._row(number)), shapes.PortalIssueSerializer)

    @documented(summary="Download an issue of a deliverable", responses={200: "The file."})
    def download_issue(
        self, request: UserRequest, organization: str, number: str, issue: str
    ) -> HttpResponseBase:
        """An older file that was given to the client; the download is on record."""
        row = self._row(number)
        return hand_out(request, row, issue=numbered(shown_issues(row), issue), user=request.user)

    def _row(self, number: str) -> Any:
        return self.one_of(self.get_queryset(), number=number)

from typing import Any

from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from client_management.models import (
    MessageFile,
    MessageVia,
    Priority,
    RequestAssessment,
    RequestStatus,
    ServiceRequest,
    ServiceType,
)
from client_management.queries.assessments import Options
from client_management.queries.dashboards import in_pipeline, pipeline_rows, pipeline_totals
from client_management.serializers import messages as message_shapes
from client_management.serializers import requests as shapes
from client_management.serializers.jobs import JobDetailSerializer
from client_management.services import assessments, requests
from client_management.services.jobs import approve_and_create_job
from client_management.services.messages import thread_of
from client_management.views.area_file import area_taken
from client_management.views.base import ClientDeskViewSet
from client_management.views.jobs import job_with_progress
from client_management.views.threads import PARSERS, checked, posted
from common.api.docs import documented, documented_action
from common.api.filters import StrictFilterSet
from common.api.idempotency import idempotent
from common.api.serializers import ReasonSerializer
from common.api.viewsets import HistoryMixin
from users.requests import UserRequest

Detail = shapes.ServiceRequestDetailSerializer
MOST_ASSESSMENTS = 100
MOST_FILES = 500


class ServiceRequestFilter(StrictFilterSet):
    """Filters of requests."""

    organization = filters.CharFilter(field_name="organization__number")
    status = filters.MultipleChoiceFilter(choices=RequestStatus.choices)
    service_type = filters.MultipleChoiceFilter(choices=ServiceType.choices)
    priority = filters.MultipleChoiceFilter(choices=Priority.choices)
    wanted_from = filters.DateFilter(field_name="wanted_from", lookup_expr="gte")
    wanted_until = filters.DateFilter(field_name="wanted_until", lookup_expr="lte")

    class Meta:
        model = ServiceRequest
        fields: list[str] = []


class ServiceRequestViewSet(HistoryMixin, ClientDeskViewSet):
    """What clients want flown: taken down, handed in, assessed, declined, called off."""

    queryset = ServiceRequest.objects.select_related("organization").order_by("-pk")
    serializer_class = shapes.ServiceRequestSerializer
    lookup_field = "number"
    lookup_value_regex = "SR-[0-9]{4}-[0-9]{4,8}"
    filterset_class = ServiceRequestFilter
    filtered_actions = ("pipeline",)
    search_fields = ["number", "title", "organization__name"]
    ordering_fields = ["number", "wanted_until", "priority", "status"]
    input_serializers = {
        "create": shapes.CreateServiceRequestSerializer,
        "partial_update": shapes.AmendServiceRequestSerializer,
        "give_back": ReasonSerializer,
        "assess": shapes.AssessRequestSerializer,
        "approve": shapes.CallOffSerializer,
        "decline": ReasonSerializer,
        "cancel": ReasonSerializer,
        "attach": message_shapes.PostMessageSerializer,
        "area_file": message_shapes.AreaFileSerializer,
    }
    action_permissions = {
        "history": "view",
        "pipeline": "view",
        "pipeline_stages": "view",
        "assessments": "view",
        "give_back": "assess",
        "files": "view",
        "attach": "client_management.add_clientmessage",
        "area_file": "change",
    }

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        if self.action == "pipeline":
            return in_pipeline(rows.select_related(None))
        if self.action == "list":
            return rows.defer("area", "specifications")
        return rows.select_related("organization", "contract", "requested_by", "job")

    def get_serializer_class(self) -> Any:
        if self.action == "pipeline":
            return shapes.PipelineRequestSerializer
        return shapes.ServiceRequestSerializer if self.action == "list" else Detail

    @documented(
        summary="Take down a request of a client",
        request=shapes.CreateServiceRequestSerializer,
        responses={201: Detail},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Start a request as a draft. What belongs into `specifications` depends on the service.

        Example: `{"organization": "CLI-2026-0001", "title": "Pit survey", "service_type":
        "mapping", "specifications": {"gsd_cm": 2.5, "products": ["orthophoto"]}, "area": {"type":
        "Polygon", "coordinates": [[[149.1, -35.3], [149.11, -35.3], [149.11, -35.31], [149.1,
        -35.31], [149.1, -35.3]]]}, "wanted_from": "2026-12-01", "wanted_until": "2026-12-15"}`.
        """
        return self.add(requests.create_request)

    @documented(
        summary="Amend a request of a client",
        request=shapes.AmendServiceRequestSerializer,
        responses={200: Detail},
    )
    def partial_update(self, request: UserRequest, number: str) -> Response:
        """Change what is asked, while no offer is out. Needs If-Match."""
        return self.run(requests.amend_request, is_edit=True)

    @documented_action(summary="Hand a request in", responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def submit(self, request: UserRequest, number: str) -> Response:
        """Hand a draft in for the client."""
        return self.run(requests.submit_request)

    @documented(summary="Give a request back", request=ReasonSerializer, responses={200: Detail})
    @action(detail=True, methods=["post"], url_path="return")
    @idempotent
    def give_back(self, request: UserRequest, number: str) -> Response:
        """It is a draft again. Example: `{"reason": "Please draw the area"}`."""
        return self.run(requests.return_request)

    @documented(
        summary="Assess a request",
        request=shapes.AssessRequestSerializer,
        responses={201: shapes.RequestAssessmentSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def assess(self, request: UserRequest, number: str) -> Response:
        """
        Look at airspace, aerodromes, permits, flight lines, light, weather and price.

        Every look is kept. Example: `{"operator": "Brindabella Survey", "aircraft": "VH-1AB",
        "sight_m": 500, "travel_km": 120}`.
        """
        given = self.validated()
        who = {name: given.pop(name, None) for name in ("aircraft", "operator")}
        found = assessments.assess_request(
            self.get_object(),
            options=Options(**given),
            **who,
            actor=request.user,
            at=timezone.now(),
        )
        shape = shapes.RequestAssessmentSerializer(found)
        return Response(shape.data, status=status.HTTP_201_CREATED)

    @documented(
        summary="List the assessments",
        responses={200: shapes.RequestAssessmentSerializer(many=True)},
    )
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def assessments(self, request: Request, number: str) -> Response:
        """Every look at a request, newest first (the first 100)."""
        rows = RequestAssessment.objects.filter(request=self.get_object())
        newest = rows.select_related("assessed_by").order_by("-sequence")[:MOST_ASSESSMENTS]
        return Response(shapes.RequestAssessmentSerializer(newest, many=True).data)

    @documented(
        summary="Approve a call-off",
        request=shapes.CallOffSerializer,
        responses={201: JobDetailSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def approve(self, request: UserRequest, number: str) -> Response:
        """
        Approve a request without a quote, as a contract lets the client order; a job comes of it.

        Example: `{"amount": "4800.00", "reason": "Monthly survey, contract clause 4"}`.
        """
        job = approve_and_create_job(
            self.get_object(), **self.validated(), actor=request.user, at=timezone.now()
        )
        shape = JobDetailSerializer(job_with_progress(job.pk))
        return Response(shape.data, status=status.HTTP_201_CREATED)

    @documented(
        summary="Decline a request of a client", request=ReasonSerializer, responses={200: Detail}
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def decline(self, request: UserRequest, number: str) -> Response:
        """Say no. Example: `{"reason": "Prohibited area"}`."""
        return self.run(requests.decline_request)

    @documented(summary="Call a request off", request=ReasonSerializer, responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def cancel(self, request: UserRequest, number: str) -> Response:
        """Call a request off for the client. Example: `{"reason": "Project stopped"}`."""
        return self.run(requests.cancel_request)

    @documented(
        summary="List the files of a request",
        responses={200: message_shapes.MessageFileSerializer(many=True)},
    )
    @action(
        detail=True,
        methods=["get"],
        pagination_class=None,
        filter_backends=[],
        parser_classes=PARSERS,
    )
    def files(self, request: Request, number: str) -> Response:
        """
        Plans, pictures and papers of client or desk, newest first (the first 500).

        Each is had at `request-files/{id}/`.
        """
        rows = MessageFile.objects.filter(message__thread__request=self.get_object())
        newest = rows.order_by("-pk")[:MOST_FILES]
        return Response(message_shapes.MessageFileSerializer(newest, many=True).data)

    @documented(
        summary="Add files to a request",
        request=message_shapes.PostMessageSerializer,
        responses={201: message_shapes.ClientMessageSerializer},
    )
    @files.mapping.post
    def attach(self, request: UserRequest, number: str) -> Response:
        """Keep files with a request, as a message that the client reads too."""
        row = self.get_object()
        said = checked(self)
        thread = thread_of(row.organization, request=row)
        return posted(self, request, thread, said, via=MessageVia.DESK)

    @documented(
        summary="Take the area from a file",
        request=message_shapes.AreaFileSerializer,
        responses={200: Detail},
    )
    @action(detail=True, methods=["post"], url_path="area-file", parser_classes=PARSERS)
    def area_file(self, request: UserRequest, number: str) -> Response:
        """Every polygon of a KML, KMZ or GeoJSON file, which is kept. Needs If-Match."""
        return area_taken(
            self,
            self.get_object(),
            lambda changed: self.respond(self.get_queryset().get(pk=changed.pk)),
            via=MessageVia.DESK,
        )

    @documented(
        summary="See the pipeline", responses={200: shapes.PipelineRequestSerializer(many=True)}
    )
    @action(detail=False, methods=["get"])
    def pipeline(self, request: Request) -> Response:
        """What was handed in, with quote and job, the most urgent first."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        rows = pipeline_rows(page or [])
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)

    @documented(
        summary="Count the pipeline", responses={200: shapes.PipelineStageSerializer(many=True)}
    )
    @action(
        detail=False,
        methods=["get"],
        url_path="pipeline-stages",
        pagination_class=None,
        filter_backends=[],
    )
    def pipeline_stages(self, request: Request) -> Response:
        """How many requests stand where, and what clients mean to spend."""
        rows = pipeline_totals(ServiceRequest.objects.visible_to(request.user))
        return Response(shapes.PipelineStageSerializer(rows, many=True).data)

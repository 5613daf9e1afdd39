from datetime import datetime
from functools import partial
from typing import Any

from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.response import Response

from common.api.docs import documented
from common.api.filters import StrictFilterSet, YesNoFilter
from common.api.idempotency import idempotent
from common.api.permissions import holds
from common.api.serializers import ReasonSerializer
from common.api.viewsets import ReadViewSet, ServiceViewSet
from common.compliance.findings import Stage
from common.compliance.withheld import shown_findings
from operations.models import FlightRelease, QuoteVersion, Trip
from operations.serializers.gate import (
    CreateFlightReleaseSerializer,
    FlightReleaseSerializer,
    ReleaseTripSerializer,
    TripAssessmentSerializer,
)
from operations.services import releases
from operations.services.assessment import assess_subject
from users.requests import UserRequest

TAG = "operations"
STAGES = (Stage.PLANNING, Stage.RELEASE, Stage.INFLIGHT)
STAGE = {"stage": ("string", "planning (usual), release or inflight.")}


def wanted_stage(request: UserRequest) -> Stage:
    """The stage the caller asks about. Raises ValidationError."""
    wanted = request.query_params.get("stage", Stage.PLANNING)
    if wanted not in STAGES:
        raise ValidationError({"stage": "planning, release or inflight."})
    return Stage(wanted)


def assessed(
    request: UserRequest, subject: Trip | QuoteVersion, stage: Stage, at: datetime
) -> Response:
    """A fresh assessment as far as the caller may see what it rests on; nothing is stored."""
    judged = assess_subject(subject, stage=stage, at=at)
    said = judged.assessment.findings
    answer = {
        "subject": str(subject),
        "color": judged.assessment.color,
        "stage": judged.stage,
        "assessed_at": judged.at,
        "next_change_at": judged.collected.next_change_at,
        "findings": shown_findings(judged.subject_type, said, partial(holds, request)),
    }
    return Response(TripAssessmentSerializer(answer).data)


class TripReleaseMixin:
    """Assess, release and revoke: actions of a viewset of trips with `number` as its key."""

    release_inputs = {"release": ReleaseTripSerializer, "revoke": ReasonSerializer}
    release_permissions = {
        "assessment": "view",
        "releases": "view",
        "revoke": "operations.release_trip",
    }

    @documented(
        summary="Assess a trip", responses={200: TripAssessmentSerializer}, parameters=STAGE
    )
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def assessment(self: Any, request: UserRequest, number: str) -> Response:
        """Can it go, why not, and what to do: every finding with citation, value and limit."""
        return assessed(request, self.get_object(), wanted_stage(request), timezone.now())

    @documented(
        summary="Release a trip",
        request=ReleaseTripSerializer,
        responses={201: FlightReleaseSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def release(self: Any, request: UserRequest, number: str) -> Response:
        """
        Release for flight on a fresh assessment, binding the plan's hash and the verdict.

        Refused (409) with the red findings, or with the amber ones that lack an acknowledgement.
        Example: `{"acknowledgements": [{"rule": "OPS-HOURS", "note": "Called the tower"}]}`.
        """
        trip = self.get_object()
        given = self.validated()
        release = releases.release_trip(
            trip,
            acknowledgements=given.get("acknowledgements", []),
            actor=request.user,
            at=timezone.now(),
        )
        data = FlightReleaseSerializer(release, context=self.get_serializer_context()).data
        return Response(data, status=status.HTTP_201_CREATED)

    @documented(
        summary="Revoke the release of a trip",
        request=ReasonSerializer,
        responses={200: FlightReleaseSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def revoke(self: Any, request: UserRequest, number: str) -> Response:
        """Take the live release back, with the reason; the trip is planned again."""
        release = releases.revoke_release(
            self.get_object(),
            because=self.validated()["reason"],
            actor=request.user,
            at=timezone.now(),
        )
        data = FlightReleaseSerializer(release, context=self.get_serializer_context()).data
        return Response(data)

    @documented(
        summary="List the releases of a trip", responses={200: FlightReleaseSerializer(many=True)}
    )
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def releases(self: Any, request: UserRequest, number: str) -> Response:
        """Every release of the trip, live or revoked, newest first (the first 100)."""
        rows = self.get_object().releases.select_related("trip", "released_by")
        shown = FlightReleaseSerializer(
            rows.order_by("-pk")[:100], many=True, context=self.get_serializer_context()
        )
        return Response(shown.data)


class FlightReleaseFilter(StrictFilterSet):
    """Filters of the releases list."""

    trip = filters.CharFilter(field_name="trip__number")
    is_revoked = YesNoFilter(field_name="revoked_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = FlightRelease
        fields: list[str] = []


class FlightReleaseViewSet(ReadViewSet):
    """Releases of crewed trips, newest first."""

    tag = TAG
    queryset = FlightRelease.objects.select_related("trip", "released_by").order_by("-pk")
    serializer_class = FlightReleaseSerializer
    lookup_value_regex = "[0-9]{1,18}"
    filterset_class = FlightReleaseFilter
    ordering_fields = ["released_at"]
    input_serializers = {"create": CreateFlightReleaseSerializer, "revoke": ReasonSerializer}
    action_permissions = {
        "create": "operations.release_trip",
        "revoke": "operations.release_trip",
    }

    @documented(
        summary="Release a trip by its number",
        request=CreateFlightReleaseSerializer,
        responses={201: FlightReleaseSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Release a planned trip for flight.

        Refused (409) with the red findings, or the amber ones not acknowledged. Example:
        `{"trip": "TR-2026-0007", "acknowledgements": [{"rule": "OPS-HOURS", "note": "Called"}]}`.
        """
        given = self.validated()
        release = releases.release_trip(
            given["trip"],
            acknowledgements=given.get("acknowledgements", []),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(release, status.HTTP_201_CREATED)

    @documented(
        summary="Revoke a release",
        request=ReasonSerializer,
        responses={200: FlightReleaseSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def revoke(self, request: UserRequest, pk: str) -> Response:
        """Take a live release back, with the reason. Example: `{"reason": "Crew ill"}`."""
        release = self.get_object()
        because = self.validated()["reason"]
        return self.respond(
            releases.revoke_release(
                release.trip, because=because, actor=request.user, at=timezone.now()
            )
        )


class TripAssessmentViewSet(ServiceViewSet):
    """Fresh assessments of trips and offers."""

    tag = TAG
    queryset = Trip.objects.all()
    serializer_class = TripAssessmentSerializer
    pagination_class = None
    filter_backends = []
    extra_query = ("trip", "quote_version", "stage")

    @documented(
        summary="Assess a trip or an offer",
        responses={200: TripAssessmentSerializer},
        parameters={
            "trip": ("string", "Number of a trip, such as TR-2026-0007."),
            "quote_version": ("integer", "Key of an offer; one of the two is given."),
            **STAGE,
        },
    )
    def list(self, request: UserRequest) -> Response:
        """Every finding with citation, value and limit, made now; nothing is stored."""
        stage = wanted_stage(request)
        return assessed(request, self._subject(request), stage, timezone.now())

    def _subject(self, request: UserRequest) -> Trip | QuoteVersion:
        number = request.query_params.get("trip")
        version = request.query_params.get("quote_version")
        if (number is None) == (version is None):
            raise ValidationError({"trip": "Name a trip or a quote_version."})
        found: Trip | QuoteVersion | None
        if number is not None:
            found = Trip.objects.visible_to(request.user).filter(number=number[:16]).first()
        else:
            if not (version and version.isascii() and version.isdigit() and len(version) <= 18):
                raise ValidationError({"quote_version": "A whole number."})
            if not request.user.has_perm("operations.view_quoteversion"):
                raise NotFound
            rows = QuoteVersion.objects.visible_to(request.user)
            found = rows.filter(pk=int(version)).select_related("quote").first()
        if found is None:
            raise NotFound
        return found

from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.response import Response

from common.api.docs import documented, documented_action
from common.api.filters import StrictFilterSet, YesNoFilter
from common.api.idempotency import idempotent
from common.api.serializers import ReasonSerializer
from common.api.viewsets import ReadViewSet
from operations.models import EvidenceKind, OpsSpec, RiskWorksheet, TripEvidence, TripLeg
from operations.risk_template import CURRENT
from operations.serializers import gate as shapes
from operations.services import evidence, worksheets
from users.requests import UserRequest

TAG = "operations"
KEY = "[0-9]{1,18}"
Sheet = shapes.RiskWorksheetSerializer


class OfTripFilter(StrictFilterSet):
    """Filters of what belongs to one trip."""

    trip = filters.CharFilter(field_name="trip__number")


class WorksheetFilter(OfTripFilter):
    """Filters of the risk worksheets list."""

    is_signed = YesNoFilter(field_name="signed_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = RiskWorksheet
        fields: list[str] = []


class RiskWorksheetViewSet(ReadViewSet):
    """Flight risk worksheets (14 CFR 135.617): factors, score, signature, approval."""

    tag = TAG
    queryset = RiskWorksheet.objects.select_related("trip", "signed_by", "approved_by").order_by(
        "-pk"
    )
    serializer_class = Sheet
    lookup_value_regex = KEY
    filterset_class = WorksheetFilter
    ordering_fields = ["score", "signed_at"]
    input_serializers = {
        "create": shapes.FillInRiskWorksheetSerializer,
        "partial_update": shapes.AmendRiskWorksheetSerializer,
    }
    action_permissions = {"template": "view"}

    @documented(
        summary="Begin a risk worksheet",
        request=shapes.FillInRiskWorksheetSerializer,
        responses={201: Sheet},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Begin the worksheet of a trip; the score is the sum over the answers.

        Example: `{"trip": "TR-2026-0007", "answers": {"terrain": "hills", "light": "night"}}`.
        """
        sheet = worksheets.fill_in(**self.validated(), actor=request.user, at=timezone.now())
        return self.respond(sheet, status.HTTP_201_CREATED)

    @documented(
        summary="Amend a risk worksheet",
        request=shapes.AmendRiskWorksheetSerializer,
        responses={200: Sheet},
    )
    def partial_update(self, request: UserRequest, pk: str) -> Response:
        """Change answers or mitigation; signature and approval fall. Needs If-Match."""
        sheet, changes = self.get_object(), self.validated()
        amended = worksheets.amend(
            sheet,
            changes=changes,
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(amended)

    @documented_action(summary="Sign a risk worksheet", responses={200: Sheet})
    @action(detail=True, methods=["post"])
    @idempotent
    def sign(self, request: UserRequest, pk: str) -> Response:
        """Sign as pilot in command of the first leg, for the plan as it stands."""
        sheet = self.get_object()
        return self.respond(worksheets.sign(sheet, actor=request.user, at=timezone.now()))

    @documented_action(summary="Approve a risk above the threshold", responses={200: Sheet})
    @action(detail=True, methods=["post"])
    @idempotent
    def approve(self, request: UserRequest, pk: str) -> Response:
        """Accept a score above the threshold, as a manager."""
        sheet = self.get_object()
        return self.respond(worksheets.approve(sheet, actor=request.user, at=timezone.now()))

    @documented(summary="Read the current template", responses={200: shapes.RiskTemplateSerializer})
    @action(detail=False, methods=["get"], pagination_class=None, filter_backends=[])
    def template(self, request: UserRequest) -> Response:
        """Factors, answers and scores of the worksheet as it is filled in today."""
        return Response(shapes.RiskTemplateSerializer(CURRENT).data)


class EvidenceFilter(OfTripFilter):
    """Filters of the evidence list."""

    kind = filters.MultipleChoiceFilter(choices=EvidenceKind.choices)
    is_withdrawn = YesNoFilter(field_name="withdrawn_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = TripEvidence
        fields: list[str] = []


class TripEvidenceViewSet(ReadViewSet):
    """What people recorded for trips: declarations, manifests, consent, briefings."""

    tag = TAG
    queryset = TripEvidence.objects.select_related("trip", "leg", "recorded_by").order_by("-pk")
    serializer_class = shapes.TripEvidenceSerializer
    lookup_value_regex = KEY
    filterset_class = EvidenceFilter
    input_serializers = {"create": shapes.RecordEvidenceSerializer, "withdraw": ReasonSerializer}

    @documented(
        summary="Record evidence for a trip",
        request=shapes.RecordEvidenceSerializer,
        responses={201: shapes.TripEvidenceSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Record under your name that something is there; for the whole trip without a leg.

        Example: `{"trip": "TR-2026-0007", "leg": 2, "kind": "gendec", "reference": "GD 12",
        "details": {"health": "none", "signatory": "Agent"}}`.
        """
        row = evidence.record_evidence(**self.validated(), actor=request.user, at=timezone.now())
        return self.respond(row, status.HTTP_201_CREATED)

    @documented(
        summary="Withdraw evidence",
        request=ReasonSerializer,
        responses={200: shapes.TripEvidenceSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def withdraw(self, request: UserRequest, pk: str) -> Response:
        """Take evidence back, with the reason. Example: `{"reason": "Wrong form"}`."""
        row = self.get_object()
        done = evidence.withdraw_evidence(
            row, **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(done)


class OpsSpecViewSet(ReadViewSet):
    """Operations specifications: what the authority allows the operator."""

    tag = TAG
    queryset = OpsSpec.objects.order_by("code", "-issued_on", "pk")
    serializer_class = shapes.OpsSpecSerializer
    lookup_value_regex = KEY
    filterset_fields = ["code"]
    input_serializers = {
        "create": shapes.RecordOpsSpecSerializer,
        "partial_update": shapes.EndOpsSpecSerializer,
    }

    @documented(
        summary="Put an operations specification on file",
        request=shapes.RecordOpsSpecSerializer,
        responses={201: shapes.OpsSpecSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Verdicts of all trips follow it. A paragraph that is on file already is refused.

        Example: `{"code": "A024", "title": "Air ambulance", "issued_on": "2025-01-01"}`.
        """
        row = evidence.record_opsspec(**self.validated(), actor=request.user, at=timezone.now())
        return self.respond(row, status.HTTP_201_CREATED)

    @documented(
        summary="Set the last day of an operations specification",
        request=shapes.EndOpsSpecSerializer,
        responses={200: shapes.OpsSpecSerializer},
    )
    def partial_update(self, request: UserRequest, pk: str) -> Response:
        """Needs If-Match. Example: `{"expires_on": "2026-12-31"}`."""
        row, changes = self.get_object(), self.validated()
        ended = evidence.end_opsspec(
            row,
            changes=changes,
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(ended)


class LegBriefFilter(OfTripFilter):
    """Filters of the legs list."""

    class Meta:
        model = TripLeg
        fields: list[str] = []


class LegBriefViewSet(ReadViewSet):
    """What dispatch knows of each leg: minima, alternates, runway, landing distance, fuel."""

    tag = TAG
    queryset = TripLeg.objects.select_related(
        "trip", "origin", "destination", "alternate", "takeoff_alternate"
    ).order_by("-trip", "sequence", "pk")
    serializer_class = shapes.LegBriefSerializer
    lookup_value_regex = KEY
    filterset_class = LegBriefFilter
    input_serializers = {"partial_update": shapes.BriefLegSerializer}
    action_permissions = {"partial_update": "operations.plan_trip"}

    @documented(
        summary="Enter dispatch data of a leg",
        request=shapes.BriefLegSerializer,
        responses={200: shapes.LegBriefSerializer},
    )
    def partial_update(self, request: UserRequest, pk: str) -> Response:
        """
        Change some of it; a live release of the trip falls with it. Needs If-Match.

        Example: `{"min_ceiling_ft": 250, "min_visibility_m": 1200, "fuel_on_board_kg": 1200}`.
        """
        leg, changes = self.get_object(), self.validated()
        briefed = evidence.brief_leg(
            leg,
            changes=changes,
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(briefed)

from typing import Any

from django.db import transaction
from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.docs import documented, documented_action
from common.api.etags import with_etag
from common.api.filters import StrictFilterSet
from common.api.idempotency import idempotent
from common.api.viewsets import ReadViewSet
from operations.models import Acuity, MedicalDecision, MedicalRequirement
from operations.serializers import requirements as shapes
from operations.services import requirements
from operations.services.access import look_at_requirements
from users.requests import UserRequest

Shape = shapes.RequirementSerializer


class RequirementFilter(StrictFilterSet):
    """Filters of medical requirements."""

    patient = filters.CharFilter(field_name="patient__number")
    decision = filters.MultipleChoiceFilter(choices=MedicalDecision.choices)
    acuity = filters.MultipleChoiceFilter(choices=Acuity.choices)

    class Meta:
        model = MedicalRequirement
        fields: list[str] = []


class RequirementViewSet(ReadViewSet):
    """What patients need on board, for all who plan and fly: no name and no diagnosis."""

    tag = "operations"
    queryset = MedicalRequirement.objects.select_related(
        "patient", "decided_by", "approved_by"
    ).order_by("-pk")
    serializer_class = Shape
    lookup_value_regex = "[0-9]{1,18}"
    filterset_class = RequirementFilter
    input_serializers = {
        "create": shapes.SetRequirementSerializer,
        "partial_update": shapes.ChangeRequirementSerializer,
        "review": shapes.ReviewRequirementSerializer,
    }

    @documented(summary="Read what a patient needs", responses={200: Shape})
    @transaction.atomic
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """
        What one patient needs on a journey, and the medical decision on it.

        The look is written down in the same transaction: no record, no answer.
        """
        requirement = self.get_object()
        look_at_requirements([requirement], actor=request.user, at=timezone.now())
        return with_etag(Response(self.get_serializer(requirement).data), requirement)

    @transaction.atomic
    def paginate_queryset(self, queryset: Any) -> Any:
        page = super().paginate_queryset(queryset)
        look_at_requirements(page or (), actor=self.request.user, at=timezone.now())
        return page

    @documented(
        summary="Set what a patient needs",
        request=shapes.SetRequirementSerializer,
        responses={201: Shape},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Say what a patient needs on one journey, for medical review.

        Example: `{"patient": "PT-2026-0007", "acuity": "critical", "team": ["physician",
        "flight_nurse"], "oxygen_flow_lpm": "4.0", "oxygen_reserve": "0.50", "equipment":
        ["Ventilator", "Syringe pump"], "equipment_mass_kg": 18, "escorts": 1}`.
        """
        requirement = requirements.set_requirement(
            **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(requirement, status.HTTP_201_CREATED)

    @documented(
        summary="Change what a patient needs",
        request=shapes.ChangeRequirementSerializer,
        responses={200: Shape},
    )
    def partial_update(self, request: UserRequest, pk: str) -> Response:
        """Change what is needed; the medical decision is taken back. Needs If-Match."""
        requirement = requirements.change_requirement(
            self.get_object(),
            changes=self.validated(),
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(requirement)

    @documented(
        summary="Review a medical requirement",
        request=shapes.ReviewRequirementSerializer,
        responses={200: Shape},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def review(self, request: UserRequest, pk: str) -> Response:
        """
        Decide whether the patient may fly, on what was read: needs If-Match.

        Example: `{"decision": "conditions", "conditions": ["Cabin below 6,000 ft"]}`.
        """
        requirement = requirements.review_requirement(
            self.get_object(),
            **self.validated(),
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(requirement)

    @documented_action(summary="Approve a medical decision", responses={200: Shape})
    @action(detail=True, methods=["post"])
    @idempotent
    def approve(self, request: UserRequest, pk: str) -> Response:
        """
        Approve a decision with conditions, or one that reverses another, made by somebody else.

        Needs If-Match.
        """
        requirement = requirements.approve_requirement(
            self.get_object(),
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(requirement)

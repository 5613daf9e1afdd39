from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.response import Response

from common.api.docs import documented
from common.api.filters import MomentFilter, StrictFilterSet
from common.api.idempotency import idempotent
from common.api.serializers import ReasonSerializer
from operations.models import ControlDuty, ControlDutyStatus
from operations.serializers import control as shapes
from operations.services import control
from operations.views.deeds import MineFilter, TripPartViewSet
from users.requests import UserRequest


class ControlDutyFilter(StrictFilterSet):
    """Filters of control duties."""

    person = filters.CharFilter(field_name="person__email")
    mine = MineFilter(field_name="person")
    status = filters.MultipleChoiceFilter(choices=ControlDutyStatus.choices)
    ends_after = MomentFilter(field_name="end_at", lookup_expr="gt")
    starts_before = MomentFilter(field_name="start_at", lookup_expr="lt")

    class Meta:
        model = ControlDuty
        fields: list[str] = []


class ControlDutyViewSet(TripPartViewSet):
    """The roster of operations control (14 CFR 135.619)."""

    queryset = ControlDuty.objects.select_related("person").order_by("-start_at", "-pk")
    serializer_class = shapes.ControlDutySerializer
    lookup_value_regex = "[0-9]{1,18}"
    filterset_class = ControlDutyFilter
    ordering_fields = ["start_at", "end_at"]
    input_serializers = {
        "create": shapes.RosterControlDutySerializer,
        "partial_update": shapes.AmendControlDutySerializer,
        "end": shapes.EndControlDutySerializer,
        "cancel": ReasonSerializer,
    }

    @documented(
        summary="Put a person on control duty",
        request=shapes.RosterControlDutySerializer,
        responses={201: shapes.ControlDutySerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Enter a shift; 409 when the person is wanted elsewhere.

        Example: `{"person": "kim@example.com", "start_at": "2026-12-01T06:00:00Z",
        "end_at": "2026-12-01T14:00:00Z"}`.
        """
        duty = control.roster_control_duty(
            **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(duty, status.HTTP_201_CREATED)

    @documented(
        summary="Move a control duty",
        request=shapes.AmendControlDutySerializer,
        responses={200: shapes.ControlDutySerializer},
    )
    def partial_update(self, request: UserRequest, pk: str) -> Response:
        """Before it is ended. Needs If-Match. Example: `{"end_at": "2026-12-01T15:00:00Z"}`."""
        duty, changes = self.get_object(), self.validated()
        amended = control.amend_control_duty(
            duty,
            changes=changes,
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(amended)

    @documented(
        summary="End a control duty",
        request=shapes.EndControlDutySerializer,
        responses={200: shapes.ControlDutySerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def end(self, request: UserRequest, pk: str) -> Response:
        """Free for rest; what was held beyond it is given back."""
        return self.run(control.end_control_duty)

    @documented(
        summary="Cancel a control duty",
        request=ReasonSerializer,
        responses={200: shapes.ControlDutySerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def cancel(self, request: UserRequest, pk: str) -> Response:
        """Nobody did it, with the reason."""
        return self.run(control.cancel_control_duty)

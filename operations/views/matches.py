from django_filters import rest_framework as filters
from rest_framework.decorators import action
from rest_framework.response import Response

from common.api.docs import documented
from common.api.filters import StrictFilterSet
from common.api.idempotency import idempotent
from common.api.viewsets import HistoryMixin
from operations.models import MatchStatus, PatientMatch
from operations.models.patient import SEALED
from operations.serializers import matches as shapes
from operations.services import patient_matches
from operations.views.deeds import TripPartViewSet
from users.requests import UserRequest

HIDDEN = [f"{side}__{name}" for side in ("patient", "looks_like") for name in SEALED]


class PatientMatchFilter(StrictFilterSet):
    """Filters of matches."""

    status = filters.MultipleChoiceFilter(choices=MatchStatus.choices)
    patient = filters.CharFilter(field_name="patient__number")

    class Meta:
        model = PatientMatch
        fields: list[str] = []


class PatientMatchViewSet(HistoryMixin, TripPartViewSet):
    """Patients that were registered by who may not search, and look like others on file."""

    queryset = (
        PatientMatch.objects.select_related("patient", "looks_like", "settled_by")
        .defer(*HIDDEN)
        .order_by("-pk")
    )
    serializer_class = shapes.PatientMatchSerializer
    lookup_value_regex = "[0-9]{1,18}"
    filterset_class = PatientMatchFilter
    ordering_fields = ["noted_at"]
    input_serializers = {"settle": shapes.SettleMatchSerializer}
    action_permissions = {"history": "view"}

    @documented(
        summary="Settle a match of patients",
        request=shapes.SettleMatchSerializer,
        responses={200: shapes.PatientMatchSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def settle(self, request: UserRequest, pk: str) -> Response:
        """One person or two, as found out by looking at both. Example: `{"is_same": true}`."""
        return self.run(patient_matches.settle_match)

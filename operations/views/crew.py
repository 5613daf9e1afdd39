from django.db.models import Exists, OuterRef
from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.response import Response

from common.api.docs import documented, documented_action
from common.api.filters import MomentFilter, StrictFilterSet, YesNoFilter
from common.api.idempotency import idempotent
from common.api.serializers import ReasonSerializer
from common.api.viewsets import HistoryMixin
from operations.models import (
    CrewLine,
    CrewLogEntry,
    CrewRole,
    CrewStatus,
    DutyPeriod,
    DutyStatus,
)
from operations.queries.trips import crew_in_full
from operations.serializers import crew as shapes
from operations.serializers.trips import CrewLineSerializer, DutyPeriodSerializer
from operations.services import closing, crew, duties
from operations.views.deeds import MineFilter, TripPartViewSet, trip_filter
from users.requests import UserRequest


class CrewLineFilter(StrictFilterSet):
    """Filters of places on legs."""

    trip = trip_filter("leg__trip__number")
    person = filters.CharFilter(field_name="person__email")
    mine = MineFilter(field_name="person")
    role = filters.MultipleChoiceFilter(choices=CrewRole.choices)
    status = filters.MultipleChoiceFilter(choices=CrewStatus.choices)

    class Meta:
        model = CrewLine
        fields: list[str] = []


class CrewLineViewSet(HistoryMixin, TripPartViewSet):
    """Who flies what, and whether they said yes."""

    queryset = crew_in_full().order_by("-leg__planned_out_at", "-pk")
    serializer_class = CrewLineSerializer
    filterset_class = CrewLineFilter
    input_serializers = {
        "create": shapes.OfferPlacesSerializer,
        "decline": shapes.DeclinePlaceSerializer,
        "release": ReasonSerializer,
    }
    action_permissions = {"history": "view", "accept": "answer", "decline": "answer"}

    @documented(
        summary="Offer places to a person",
        request=shapes.OfferPlacesSerializer,
        responses={201: CrewLineSerializer(many=True)},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Offer a role on some legs, all unless said; 409 when the person is wanted elsewhere.

        409 `not_legal` names the rules that the place would break. Who may override them does so in
        the same request: `{"trip": "TR-2026-0007", "person": "kim@example.com", "role": "pic",
        "overrides": [{"rule": "FAR-135.267-QTR", "reason": "Letter 12 of the authority"}]}`.
        """
        given = self.validated()
        if given.get("overrides") and not request.user.has_perm("common.override_verdict"):
            raise PermissionDenied
        lines = crew.offer_places(given.pop("trip"), **given, actor=request.user, at=timezone.now())
        rows = self.get_queryset().filter(pk__in=[line.pk for line in lines])
        data = CrewLineSerializer(rows.order_by("leg__sequence"), many=True).data
        return Response(data, status=status.HTTP_201_CREATED)

    @documented_action(summary="Accept a place", responses={200: CrewLineSerializer})
    @action(detail=True, methods=["post"])
    @idempotent
    def accept(self, request: UserRequest, pk: str) -> Response:
        """Take what one was offered; nobody else can."""
        return self.run(crew.accept_place)

    @documented(
        summary="Decline a place",
        request=shapes.DeclinePlaceSerializer,
        responses={200: CrewLineSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def decline(self, request: UserRequest, pk: str) -> Response:
        """Turn down what one was offered, and be free again."""
        return self.run(crew.decline_place)

    @documented(
        summary="Take a person off a leg",
        request=ReasonSerializer,
        responses={200: CrewLineSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def release(self, request: UserRequest, pk: str) -> Response:
        """Before the leg begins; who has no flight left is free."""
        return self.run(crew.release_place)


class DutyFilter(StrictFilterSet):
    """Filters of duty periods."""

    trip = trip_filter()
    person = filters.CharFilter(field_name="person__email")
    mine = MineFilter(field_name="person")
    status = filters.MultipleChoiceFilter(choices=DutyStatus.choices)
    ends_after = MomentFilter(field_name="end_at", lookup_expr="gt")
    reports_before = MomentFilter(field_name="report_at", lookup_expr="lt")

    class Meta:
        model = DutyPeriod
        fields: list[str] = []


class DutyPeriodViewSet(HistoryMixin, TripPartViewSet):
    """Duty from reporting to rest."""

    queryset = DutyPeriod.objects.select_related("person", "trip").order_by("-report_at", "-pk")
    serializer_class = DutyPeriodSerializer
    filterset_class = DutyFilter
    ordering_fields = ["report_at", "end_at"]
    input_serializers = {
        "report": shapes.ReportForDutySerializer,
        "extend": shapes.ExtendDutySerializer,
        "end": shapes.EndDutySerializer,
    }
    action_permissions = {"history": "view"}

    @documented(
        summary="Report for duty",
        request=shapes.ReportForDutySerializer,
        responses={200: DutyPeriodSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def report(self, request: UserRequest, pk: str) -> Response:
        """One reports for oneself; whoever plans trips may write it down for somebody."""
        return self.run(duties.report_for_duty)

    @documented(
        summary="Extend a duty",
        request=shapes.ExtendDutySerializer,
        responses={200: DutyPeriodSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def extend(self, request: UserRequest, pk: str) -> Response:
        """Stay on longer, saying why; 409 when the person is wanted elsewhere."""
        return self.run(duties.extend_duty)

    @documented(
        summary="End a duty",
        request=shapes.EndDutySerializer,
        responses={200: DutyPeriodSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def end(self, request: UserRequest, pk: str) -> Response:
        """Free for rest; what was held beyond it is given back."""
        return self.run(duties.end_duty)


class CrewLogFilter(StrictFilterSet):
    """Filters of pilots' logs."""

    trip = trip_filter("leg__trip__number")
    person = filters.CharFilter(field_name="person__email")
    mine = MineFilter(field_name="person")
    is_corrected = YesNoFilter()
    flown_from = MomentFilter(field_name="off_at", lookup_expr="gte")
    flown_until = MomentFilter(field_name="off_at", lookup_expr="lt")

    class Meta:
        model = CrewLogEntry
        fields: list[str] = []


class CrewLogViewSet(TripPartViewSet):
    """Pilots' logs: what limits and recency are counted from."""

    queryset = (
        CrewLogEntry.objects.select_related("person", "leg__trip")
        .annotate(is_corrected=Exists(CrewLogEntry.objects.filter(corrects=OuterRef("pk"))))
        .order_by("-off_at", "-pk")
    )
    serializer_class = shapes.CrewLogEntrySerializer
    filterset_class = CrewLogFilter
    input_serializers = {"correct": shapes.CorrectCrewLogSerializer}

    @documented(
        summary="Correct a pilot's log",
        request=shapes.CorrectCrewLogSerializer,
        responses={201: shapes.CrewLogEntrySerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def correct(self, request: UserRequest, pk: str) -> Response:
        """A whole new entry in place of a wrong one, which stays on file."""
        entry = closing.correct_log(
            self.get_object(), **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(entry, status.HTTP_201_CREATED)

from typing import ClassVar

from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.response import Response

from common.api.docs import documented
from common.api.filters import StrictFilterSet
from common.api.idempotency import idempotent
from common.api.serializers import ReasonSerializer
from common.api.viewsets import ReadViewSet
from users.models import CheckRecord, DeclaredFlight, FlyingDeclaration
from users.requests import UserRequest
from users.serializers import flying as shapes
from users.services import flying


class CheckFilter(StrictFilterSet):
    """Checks of a person, of a kind, done before a day."""

    done_before = filters.DateFilter(field_name="done_on", lookup_expr="lt")

    class Meta:
        model = CheckRecord
        fields = ["user", "kind", "done_before"]


class CheckRecordViewSet(ReadViewSet):
    """Checks and recurrent training of crewed pilots."""

    tag = "users"
    queryset = CheckRecord.objects.select_related("user", "recorded_by").order_by(
        "user__last_name", "kind", "-done_on", "pk"
    )
    serializer_class = shapes.CheckRecordSerializer
    filterset_class = CheckFilter
    search_fields = ["user__email", "user__last_name", "examiner"]
    ordering_fields = ["done_on", "base_month", "kind"]
    input_serializers: ClassVar[dict] = {
        "create": shapes.RecordCheckSerializer,
        "partial_update": shapes.ChangeCheckSerializer,
        "withdraw": ReasonSerializer,
    }

    @documented(
        summary="Record a check",
        request=shapes.RecordCheckSerializer,
        responses={201: shapes.CheckRecordSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Write down a check somebody passed or failed; not one's own.

        Example: `{"user": 7, "kind": "135.297", "aircraft_type": "B350", "done_on": "2026-03-02",
        "examiner": "J. Ortiz"}`.
        """
        check = flying.record_check(**self.validated(), actor=request.user, at=timezone.now())
        return self.respond(check, status.HTTP_201_CREATED)

    @documented(
        summary="Correct a check",
        request=shapes.ChangeCheckSerializer,
        responses={200: shapes.CheckRecordSerializer},
    )
    def partial_update(self, request: UserRequest, pk: str) -> Response:
        """Correct the record of a check; needs If-Match."""
        check = flying.change_check(
            self.get_object(),
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
            **self.validated(),
        )
        return self.respond(check)

    @documented(
        summary="Withdraw a check",
        request=ReasonSerializer,
        responses={200: shapes.CheckRecordSerializer},
    )
    @action(detail=True, methods=["post"])
    def withdraw(self, request: UserRequest, pk: str) -> Response:
        """Take back a record made in error; it stays on file and counts no more."""
        row, given = self.get_object(), self.validated()
        return self.respond(flying.withdraw(row, **given, actor=request.user, at=timezone.now()))


class DeclaredFlightFilter(StrictFilterSet):
    """Flights of a person that ended in a period."""

    ended_from = filters.IsoDateTimeFilter(field_name="on_at", lookup_expr="gte")
    ended_before = filters.IsoDateTimeFilter(field_name="on_at", lookup_expr="lt")

    class Meta:
        model = DeclaredFlight
        fields = ["user", "ended_from", "ended_before"]


class DeclaredFlightViewSet(ReadViewSet):
    """Flights made elsewhere, as declared."""

    tag = "users"
    queryset = DeclaredFlight.objects.select_related("user", "declared_by").order_by(
        "-off_at", "pk"
    )
    serializer_class = shapes.DeclaredFlightSerializer
    filterset_class = DeclaredFlightFilter
    input_serializers: ClassVar[dict] = {
        "create": shapes.DeclareFlightSerializer,
        "partial_update": shapes.ChangeDeclaredFlightSerializer,
        "withdraw": ReasonSerializer,
    }

    @documented(
        summary="Declare a flight made elsewhere",
        request=shapes.DeclareFlightSerializer,
        responses={201: shapes.DeclaredFlightSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Declare a flight for another operator, in private or in a simulator.

        Example: `{"user": 7, "operator_name": "Aero Club", "is_commercial": false,
        "aircraft_type": "C172", "off_at": "2026-03-01T21:00:00Z",
        "on_at": "2026-03-01T22:30:00Z", "flight_min": 90, "day_landings": 3}`.
        """
        flight = flying.declare_flight(**self.validated(), actor=request.user, at=timezone.now())
        return self.respond(flight, status.HTTP_201_CREATED)

    @documented(
        summary="Correct a declared flight",
        request=shapes.ChangeDeclaredFlightSerializer,
        responses={200: shapes.DeclaredFlightSerializer},
    )
    def partial_update(self, request: UserRequest, pk: str) -> Response:
        """Correct a declared flight; needs If-Match."""
        flight = flying.change_declared_flight(
            self.get_object(),
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
            **self.validated(),
        )
        return self.respond(flight)

    @documented(
        summary="Withdraw a declared flight",
        request=ReasonSerializer,
        responses={200: shapes.DeclaredFlightSerializer},
    )
    @action(detail=True, methods=["post"])
    def withdraw(self, request: UserRequest, pk: str) -> Response:
        """Take back a flight declared in error; it stays on file and counts no more."""
        row, given = self.get_object(), self.validated()
        return self.respond(flying.withdraw(row, **given, actor=request.user, at=timezone.now()))


class FlyingDeclarationViewSet(ReadViewSet):
    """Periods for which people stated that everything flown elsewhere is declared."""

    tag = "users"
    queryset = FlyingDeclaration.objects.select_related("user", "declared_by").order_by(
        "-until_on", "pk"
    )
    serializer_class = shapes.FlyingDeclarationSerializer
    filterset_fields = ["user"]
    input_serializers: ClassVar[dict] = {
        "create": shapes.DeclareFlyingSerializer,
        "withdraw": ReasonSerializer,
    }

    @documented(
        summary="Declare flying elsewhere",
        request=shapes.DeclareFlyingSerializer,
        responses={201: shapes.FlyingDeclarationSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        State that everything flown elsewhere in a period is declared, and nothing else was flown.

        Example: `{"user": 7, "from_on": "2026-01-01", "until_on": "2026-03-31"}`.
        """
        row = flying.declare_flying(**self.validated(), actor=request.user, at=timezone.now())
        return self.respond(row, status.HTTP_201_CREATED)

    @documented(
        summary="Withdraw a declaration of flying",
        request=ReasonSerializer,
        responses={200: shapes.FlyingDeclarationSerializer},
    )
    @action(detail=True, methods=["post"])
    def withdraw(self, request: UserRequest, pk: str) -> Response:
        """Take a declaration back; the days it covered are undeclared again."""
        row, given = self.get_object(), self.validated()
        return self.respond(flying.withdraw(row, **given, actor=request.user, at=timezone.now()))

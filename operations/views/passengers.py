from typing import Any

from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.response import Response

from aircraft.views.questions import asked
from common.api.docs import documented
from common.api.etags import with_etag
from common.api.filters import StrictFilterSet
from common.api.idempotency import idempotent
from operations.models import AccessKind, AccessPurpose, Passenger, PassengerRole, TripLeg
from operations.models.passenger import SEALED_OF_PASSENGERS
from operations.queries.patients import manifest
from operations.serializers import passengers as shapes
from operations.serializers.personal import PurposeQuerySerializer
from operations.services import access, passengers
from operations.views.personal import PersonalViewSet
from users.requests import UserRequest

Row = shapes.PassengerRowSerializer
PURPOSES = ", ".join(f"`{purpose}`" for purpose in AccessPurpose.values)


class PassengerFilter(StrictFilterSet):
    """Filters of passengers."""

    trip = filters.CharFilter(field_name="trip__number")
    role = filters.MultipleChoiceFilter(choices=PassengerRole.choices)

    class Meta:
        model = Passenger
        fields: list[str] = []


class PassengerViewSet(mixins.ListModelMixin, PersonalViewSet):
    """Who travels beside crew and patient. Names show in one record or one manifest at a time."""

    tag = "operations"
    queryset = Passenger.objects.select_related("trip").prefetch_related("legs").order_by("-pk")
    serializer_class = Row
    lookup_value_regex = "[0-9]{1,18}"
    filterset_class = PassengerFilter
    purpose_actions = ("retrieve", "manifest")
    input_serializers = {
        "create": shapes.AddPassengerSerializer,
        "partial_update": shapes.ChangePassengerSerializer,
    }
    action_permissions = {"manifest": "operations.view_manifest_passenger"}

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        return rows.defer(*SEALED_OF_PASSENGERS) if self.action == "list" else rows

    @documented(
        summary="Read a passenger",
        responses={200: shapes.PassengerSerializer},
        parameters={"purpose": ("string", f"What for, where a person is shown: {PURPOSES}.")},
    )
    def retrieve(self, request: UserRequest, pk: str) -> Response:
        """What the caller may see of a passenger, on record. Example: `?purpose=border`."""
        purpose = asked(request, PurposeQuerySerializer)["purpose"]
        with transaction.atomic():
            passenger = self.get_object()
            view = access.look_at_passengers(
                [passenger],
                kind=AccessKind.READ,
                holds=self.holds(),
                purpose=purpose,
                actor=request.user,
                at=timezone.now(),
            )
            data = shapes.PassengerSerializer(passenger, context={"view": view}).data
        return with_etag(Response(data), passenger)

    @documented(
        summary="Add a passenger",
        request=shapes.AddPassengerSerializer,
        responses={201: Row},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Put somebody on a trip.

        Example: `{"trip": "TR-2026-0012", "legs": [2, 3], "role": "escort", "mass_kg": 70,
        "family_name": "Example", "given_names": "Rui", "date_of_birth": "1959-11-30",
        "sex": "male", "nationality": "PT", "residence": "PT", "document_kind": "passport",
        "document_number": "CA123456", "document_country": "PT",
        "document_expires_on": "2031-05-31"}`.
        """
        passenger = passengers.add_passenger(
            **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(passenger, status.HTTP_201_CREATED)

    @documented(
        summary="Change a passenger",
        request=shapes.ChangePassengerSerializer,
        responses={200: Row},
    )
    def partial_update(self, request: UserRequest, pk: str) -> Response:
        """Change what one may see, or the legs: `{"legs": []}` stays behind. Needs If-Match."""
        passenger = passengers.change_passenger(
            self.get_object(),
            changes=self.validated(),
            holds=self.holds(),
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(passenger)

    @documented(
        summary="Read the manifest of a leg",
        responses={200: shapes.PassengerSerializer(many=True)},
        parameters={
            "trip": ("string", "Number of the trip."),
            "leg": ("integer", "Sequence number of the leg."),
            "purpose": ("string", f"What for: {PURPOSES}."),
        },
        required=("trip", "leg"),
    )
    @action(
        detail=False,
        methods=["get"],
        pagination_class=None,
        filter_backends=[],
        extra_query=("trip", "leg"),
    )
    def manifest(self, request: UserRequest) -> Response:
        """Everybody on a leg beside crew and patient; a look at each is on record (bounded)."""
        wanted = asked(request, shapes.ManifestQuerySerializer)
        rows = TripLeg.objects.visible_to(request.user)
        leg = get_object_or_404(rows, trip__number=wanted["trip"], sequence=wanted["leg"])
        with transaction.atomic():
            aboard = manifest(leg)
            view = access.look_at_passengers(
                aboard,
                kind=AccessKind.MANIFEST,
                holds=self.holds(),
                purpose=wanted["purpose"],
                actor=request.user,
                at=timezone.now(),
            )
            shape = shapes.PassengerSerializer(aboard, many=True, context={"view": view})
            data = shape.data
        return Response(data)

"""Itineraries and options: what could be flown. Nothing here is stored."""

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from aircraft.models import Aircraft
from common.api.docs import documented
from common.api.viewsets import ServiceViewSet
from operations.models import Quote, Trip
from operations.queries.options import plan_with, search_options
from operations.serializers import planning as commands
from operations.serializers.options import FlightOptionSerializer


class ItineraryViewSet(ServiceViewSet):
    """The plan of a journey with one aircraft."""

    tag = "operations"
    queryset = Trip.objects.order_by("pk")
    serializer_class = FlightOptionSerializer
    input_serializers = {"create": commands.PlanItinerarySerializer}
    # Whoever plans trips plans them before they are booked too.
    action_permissions = {"create": "plan"}

    @documented(
        summary="Plan an itinerary",
        request=commands.PlanItinerarySerializer,
        responses={200: FlightOptionSerializer},
    )
    def create(self, request: Request) -> Response:
        """
        Plan a journey with one aircraft from its base and back; nothing is stored.

        Positioning, fuel stops, wind, ground journeys, duties; what speaks against it in `reasons`
        and what must be known in `findings`. Example: `{"tail_number": "N104WS", "patient_kg": 82,
        "team": 2, "equipment_kg": 45, "oxygen_lpm": 4, "max_cabin_altitude_ft": 8000, "wind":
        {"direction_deg": 270, "speed_kt": 60}, "legs": [{"origin": "KTWF", "destination": "CYVR",
        "earliest_departure_at": "2026-11-24T15:00:00Z", "latest_arrival_at":
        "2026-11-24T20:00:00Z", "has_patient": true, "pickup": {"place_name": "Magic Valley",
        "distance_km": 9.5, "team_rides": true}, "dropoff": {"place_name": "Vancouver General",
        "lat": 49.2606, "lon": -123.1246}}]}`.
        """
        wanted = self.validated()
        journey = commands.journey_from(wanted)
        found = plan_with(wanted["tail_number"], journey, now=timezone.now())
        return Response(FlightOptionSerializer(found).data)


class OptionViewSet(ServiceViewSet):
    """Which aircraft can fly a journey."""

    tag = "operations"
    queryset = Quote.objects.order_by("pk")
    serializer_class = FlightOptionSerializer
    pagination_class = None
    input_serializers = {"create": commands.JourneySerializer}
    # The search is how an offer is priced.
    action_permissions = {"create": "price"}

    @documented(
        summary="Search options",
        request=commands.JourneySerializer,
        responses={200: FlightOptionSerializer(many=True)},
    )
    def create(self, request: Request) -> Response:
        """
        Plan a journey with every aircraft: able ones first, cheapest first, others with reasons.

        Bookings and maintenance are judged over each aircraft's own period. Example:
        `{"patient_kg": 82, "team": 2, "legs": [{"origin": "KTWF", "destination": "KSLC",
        "earliest_departure_at": "2026-11-24T15:00:00Z", "has_patient": true}, {"origin": "KSLC",
        "destination": "KTWF", "earliest_departure_at": "2026-11-24T19:00:00Z"}]}`. A reason looks
        like `{"code": "stretchers", "message": "1 stretchers needed, 0 carried.", "value": 1,
        "limit": 0, "leg": null}`.
        """
        rows = Aircraft.objects.visible_to(request.user)
        found = search_options(
            commands.journey_from(self.validated()), rows=rows, now=timezone.now()
        )
        return Response(FlightOptionSerializer(found, many=True).data)

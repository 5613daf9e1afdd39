"""What one may ask of an aircraft and of the fleet; nothing here changes anything."""

from typing import Any, cast

from django.utils import timezone
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from aircraft.models import Aircraft
from aircraft.queries.availability import availability
from aircraft.queries.maintenance import forecast_of
from aircraft.queries.performance import leg_performance
from aircraft.queries.suitability import suitable_aircraft
from aircraft.serializers import questions as shapes
from common.api.docs import documented
from common.api.serializers import CommandSerializer

MOMENT = "ISO 8601 with its offset, such as 2026-11-22T09:00:00Z."


def asked(request: Request, shape: type[CommandSerializer]) -> dict[str, Any]:
    """The query parameters, parsed; raises ValidationError."""
    serializer = shape(data=request.query_params.dict())
    serializer.is_valid(raise_exception=True)
    return cast(dict[str, Any], serializer.validated_data)


class QuestionsMixin:
    """Availability, performance, forecast, and which aircraft can do this."""

    @documented(
        summary="Ask when it is free",
        responses={200: shapes.CrewedAvailabilitySerializer},
        parameters={
            "start": ("string", f"From, {MOMENT}"),
            "end": ("string", "Until, excluded; 366 days at most."),
        },
        required=("start", "end"),
    )
    @action(
        detail=True,
        methods=["get"],
        pagination_class=None,
        filter_backends=[],
        extra_query=("start", "end"),
    )
    def availability(self, request: Request, tail_number: str) -> Response:
        """
        What the time ledger holds of an aircraft in a period, and the gaps between.

        Example: `?start=2026-11-22T00:00:00Z&end=2026-11-29T00:00:00Z`.
        """
        aircraft = cast(Any, self).get_object()
        period = asked(request, shapes.PeriodQuerySerializer)
        found = availability(aircraft, **period)
        free = [{"start_at": start, "end_at": end} for start, end in found.free]
        data = {
            "aircraft": aircraft,
            "start_at": found.start_at,
            "end_at": found.end_at,
            "is_free": found.is_free,
            "busy": found.busy,
            "free": free,
        }
        return Response(shapes.CrewedAvailabilitySerializer(data).data)

    @documented(
        summary="Time a leg",
        responses={200: shapes.LegPerformanceSerializer},
        parameters={
            "distance_nm": ("number", "Distance over the ground."),
            "wind_kt": ("number", "Wind component, positive from behind; 0 unless given."),
            "altitude_ft": ("number", "Altitude; the best one unless given."),
            "payload_kg": ("number", "Payload; 0 unless given."),
            "prefer": ("string", "fastest (unless given) or least_fuel, where none is given."),
        },
        required=("distance_nm",),
    )
    @action(
        detail=True,
        methods=["get"],
        pagination_class=None,
        filter_backends=[],
        extra_query=("distance_nm", "wind_kt", "altitude_ft", "payload_kg", "prefer"),
    )
    def performance(self, request: Request, tail_number: str) -> Response:
        """
        Block time and fuel of a leg, and whether the aircraft can fly it with a payload.

        Example: `?distance_nm=412&wind_kt=-35&payload_kg=480`.
        """
        aircraft = cast(Any, self).get_object()
        answer = leg_performance(aircraft, **asked(request, shapes.LegQuerySerializer))
        return Response(shapes.LegPerformanceSerializer(answer).data)

    @documented(
        summary="Forecast maintenance",
        responses={200: shapes.MaintenanceForecastSerializer},
        parameters={"days": ("integer", "Days ahead, 90 unless given, up to 730.")},
    )
    @action(
        detail=True,
        methods=["get"],
        pagination_class=None,
        filter_backends=[],
        extra_query=("days",),
    )
    def forecast(self, request: Request, tail_number: str) -> Response:
        """
        When each limit of each task is reached, given the flying that is booked.

        The first limit to be reached makes a task due. Example: `?days=120`.
        """
        aircraft = cast(Any, self).get_object()
        days = asked(request, shapes.HorizonQuerySerializer)["days"]
        found = forecast_of(aircraft, now=timezone.now(), days=days)
        return Response(shapes.MaintenanceForecastSerializer(found).data)

    @documented(
        summary="Ask which aircraft can do this",
        request=shapes.NeedSerializer,
        responses={200: shapes.SuitabilitySerializer(many=True)},
    )
    @action(detail=False, methods=["post"], pagination_class=None, filter_backends=[])
    def suitable(self, request: Request) -> Response:
        """
        Every aircraft of the fleet: able ones first, each other with all reasons why not.

        Example: `{"start_at": "2026-11-23T14:00:00Z", "end_at": "2026-11-23T22:00:00Z",
        "payload_kg": 480, "seats": 3, "stretchers": 1, "oxygen_l": 2400, "is_pressurized": true,
        "legs": [{"distance_nm": 412, "wind_kt": -35, "departure": {"length_m": 1500, "surface":
        "paved"}, "arrival": {"length_m": 1180, "surface": "gravel"}}]}`.
        """
        view = cast(Any, self)
        rows = Aircraft.objects.visible_to(request.user)
        need = shapes.need_of(view.validated())
        answers = suitable_aircraft(need, rows=rows, now=timezone.now())
        return Response(shapes.SuitabilitySerializer(answers, many=True).data)

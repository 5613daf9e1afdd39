from datetime import timedelta
from typing import ClassVar

import msgspec
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from airports.queries import surroundings
from airports.views import parameters
from common.api.docs import documented
from common.api.viewsets import ServiceViewSet
from dispatcher.models import DispatchSchedule
from dispatcher.queries.areas import areas_of
from dispatcher.queries.overview import today_of
from dispatcher.serializers.board import RangeQuerySerializer
from dispatcher.serializers.board_map import (
    BoardAreasSerializer,
    BoardSurroundingsSerializer,
    SurroundingsQuerySerializer,
)
from dispatcher.views.board import RANGE, asked, center_of

# Of a map's window: what is wider has no room for rings, and would be most of a country.
MOST_DEGREES = 12.0
WINDOW = {
    "bbox": ("string", "west,south,east,north in degrees, at most 12 either way."),
    "since": ("string", "Beginning of the range, with its offset from UTC; now unless given."),
    "until": ("string", "End, excluded; an hour from now unless given."),
}


class BoardMapViewSet(ServiceViewSet):
    """What the board's map shows beside the overview."""

    tag = "dispatcher"
    queryset = DispatchSchedule.objects.all()
    serializer_class = BoardAreasSerializer
    pagination_class = None
    filter_backends = []
    extra_query = ("center", "since", "until", "bbox")
    action_permissions: ClassVar = {"areas": "overview", "surroundings": "overview"}

    @documented(
        summary="Read the board's areas",
        responses={200: BoardAreasSerializer},
        parameters=RANGE,
    )
    def areas(self, request: Request) -> HttpResponse:
        """
        Read areas, fences and launch sites of the operations that the overview of the same range
        shows; three statements.

        Example: `?center=SYD&since=2026-03-14T13:00:00Z&until=2026-03-15T13:00:00Z`.
        """
        given = asked(request, RangeQuerySerializer)
        center = center_of(request, given["center"])
        since, until = today_of(center, now=timezone.now())
        found = areas_of(center, since=given.get("since", since), until=given.get("until", until))
        return HttpResponse(msgspec.json.encode(found), content_type="application/json")

    @documented(
        summary="Read what is around",
        responses={200: BoardSurroundingsSerializer},
        parameters=WINDOW,
    )
    def surroundings(self, request: Request) -> HttpResponse:
        """
        Read the airspace in force and the aerodromes in a part of the map, with the 3 NM ring that
        the rules measure; at most 300 of each sort.

        Example: `?bbox=150.5,-34.2,151.5,-33.5`.
        """
        given = asked(request, SurroundingsQuerySerializer)
        boxes = parameters.bbox(given["bbox"])
        spans = [(box.extent[2] - box.extent[0], box.extent[3] - box.extent[1]) for box in boxes]
        if sum(wide for wide, _ in spans) > MOST_DEGREES or spans[0][1] > MOST_DEGREES:
            raise ValidationError({"bbox": f"At most {MOST_DEGREES:.0f} degrees either way."})
        now = timezone.now()
        since, until = given.get("since", now), given.get("until", now + timedelta(hours=1))
        airspace = surroundings.airspace_in(boxes, since=since, until=until)
        aerodromes = surroundings.aerodromes_in(boxes, since=since, until=until)
        most = surroundings.MOST
        found = {
            "airspace": airspace[:most],
            "aerodromes": aerodromes[:most],
            "is_cut_off": max(len(airspace), len(aerodromes)) > most,
        }
        return HttpResponse(msgspec.json.encode(found), content_type="application/json")

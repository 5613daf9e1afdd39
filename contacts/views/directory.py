from enum import StrEnum
from typing import Any, TypeVar

from django.contrib.gis.geos import Point
from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from airports.models import Airport
from airports.views import parameters
from common.api.docs import documented
from common.api.viewsets import ServiceViewSet
from contacts.hours import Openness
from contacts.models import FBO
from contacts.queries.directory import FARTHEST_KM, DirectoryKind, near
from contacts.serializers.places import DirectoryEntrySerializer

E = TypeVar("E", bound=StrEnum)
USUAL_KM = 50.0
PARAMETERS = {
    "near": ("string", "lat,lon,km; either this or `airport`."),
    "airport": ("string", "ICAO, IATA, GPS code or ident of an aerodrome in use."),
    "km": ("number", "How far from the airport, 50 unless given, up to 1000."),
    "kind": ("string", "Of fbo, ground, hospital, commas between; all unless given."),
    "open_at": ("string", "The moment asked for, e.g. 2026-03-15T02:30:00Z; now when left out."),
    "openness": ("string", "Of open, on_request, closed, unknown, commas between."),
}


class DirectoryViewSet(ServiceViewSet):
    """Who can help near a place: FBOs, ground providers, hospitals."""

    tag = "contacts"
    queryset = FBO.objects.order_by("name", "pk")
    serializer_class = DirectoryEntrySerializer
    pagination_class = None
    filter_backends: list = []
    extra_query = tuple(PARAMETERS)

    @documented(
        summary="Search the directory near a place",
        responses={200: DirectoryEntrySerializer(many=True)},
        parameters=PARAMETERS,
    )
    def list(self, request: Request) -> Response:
        """
        Those in use near an airport or a position, nearest first, 100 at most.

        Example: `?airport=YSSY&km=60&kind=fbo,ground&open_at=2026-03-15T16:30:00Z&openness=open`.
        """
        query = request.query_params
        position, km = self._place(query)
        text = query.get("open_at")
        entries = near(
            position,
            within_km=km,
            viewer=request.user,
            open_at=parameters.moment(text, "open_at") if text else timezone.now(),
            kinds=_words(query, "kind", DirectoryKind),
            openness=_words(query, "openness", Openness),
        )
        return Response(DirectoryEntrySerializer(entries, many=True).data)

    def _place(self, query: Any) -> tuple[Point, float]:
        if ("near" in query) == ("airport" in query):
            raise ValidationError({"near": "Give either near or airport."})
        if "near" in query:
            if "km" in query:
                raise ValidationError({"km": "Only with airport; near has its own."})
            return parameters.near(query["near"])
        (km,) = parameters.numbers(query.get("km", str(USUAL_KM)), "km", 1, "60")
        if not 0 < km <= FARTHEST_KM:
            raise ValidationError({"km": f"The distance is between 0 and {FARTHEST_KM:.0f} km."})
        code = query["airport"][:16]
        rows = Airport.objects.visible_to(self.request.user).in_use().named(code)
        airport = rows.order_by("pk").first()
        if airport is None:
            raise ValidationError({"airport": "No aerodrome in use has this code."})
        return airport.point, km


def _words(query: Any, name: str, words: type[E]) -> tuple[E, ...]:
    """Words of a list that the caller may choose from, parted by commas; all when left out."""
    if name not in query:
        return tuple(words)
    try:
        return tuple(words(word) for word in query[name].split(","))
    except ValueError as fault:
        raise ValidationError({name: f"Of: {', '.join(words)}."}) from fault

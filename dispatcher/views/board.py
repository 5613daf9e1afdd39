from datetime import timedelta
from typing import Any, ClassVar

import msgspec
from django.http import HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.gzip import gzip_page
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.docs import documented
from common.api.permissions import holds
from common.api.serializers import CommandSerializer
from common.api.viewsets import ServiceViewSet
from common.live.events import event_stream
from common.live.publish import board_channel, now_at, person_channel
from common.live.rights import rights_of
from common.scopes import scopes_of
from common.tables import CSV_TYPE, Table, as_csv
from dispatcher.models import DispatchCenter, DispatchSchedule, OperationalMetrics
from dispatcher.models.scoping import TRIPS, sees_trips
from dispatcher.queries.forecast import MOST_LIMITS, forecast_of
from dispatcher.queries.metrics import series
from dispatcher.queries.overview import overview, today_of
from dispatcher.serializers.board import (
    BoardOverviewSerializer,
    CenterQuerySerializer,
    ForecastQuerySerializer,
    LimitAheadSerializer,
    MetricsQuerySerializer,
    OperationalMetricsSerializer,
    RangeQuerySerializer,
)
from dispatcher.services.board import CREWED, crewed_part
from rpas.models import RPASOperator

DRONE_SCOPE = "rpas_operator:"
CENTER = {"center": ("string", "Code of the center.")}
RANGE = {
    **CENTER,
    "since": ("string", "Beginning, with its offset from UTC; the center's today unless given."),
    "until": ("string", "End, excluded; at most 62 days later."),
}
AHEAD = {**CENTER, "days": ("integer", "How many days ahead, 1 to 62; 14 unless given.")}
SERIES = {
    **CENTER,
    "span": ("string", "bucket (five minutes, unless given) or day."),
    "since": ("string", "Beginning, with its offset from UTC."),
    "until": ("string", "End, excluded; at most 31 days of buckets."),
    "format": ("string", "json (unless given) or csv."),
}
FOLLOW = {
    "center": ("string", "Code of a center: its operator's drones only, and crewed trips."),
    "after": ("string", "Where to go on from: `cursor` of an overview. `Last-Event-ID` wins."),
}


class BoardViewSet(ServiceViewSet):
    """The live board: everything of a range at once, then each change as it happens."""

    tag = "dispatcher"
    queryset = DispatchSchedule.objects.all()
    serializer_class = BoardOverviewSerializer
    pagination_class = None
    filter_backends = []
    file_actions: ClassVar = {"stream": "text/event-stream"}
    extra_query = ("center", "since", "until", "days", "after")
    action_permissions: ClassVar = {
        "overview": "overview",
        "forecast": "overview",
        "stream": "overview",
    }

    @documented(
        summary="Read the board", responses={200: BoardOverviewSerializer}, parameters=RANGE
    )
    # Nothing secret stands beside what others typed; it is a tenth as long.
    @method_decorator(gzip_page)
    def overview(self, request: Request) -> HttpResponse:
        """
        Read schedules, assignments, operations with color and position, crewed legs, aircraft,
        pilots, open events and limits ahead of one center for a range.

        Crewed trips are shown to whoever may see trips. Then follow `stream/` with `after` set to
        `cursor`. Example: `?center=SYD&since=2026-03-14T13:00:00Z&until=2026-03-15T13:00:00Z`.
        """
        given = self._asked(request, RangeQuerySerializer)
        center, now = self._center(request, given["center"]), timezone.now()
        since, until = today_of(center, now=now)
        # Read before the rows: what happens meanwhile is streamed, perhaps a second time.
        cursor = now_at()
        rows = overview(
            center,
            since=given.get("since", since),
            until=given.get("until", until),
            now=now,
            with_trips=self._sees_trips(request),
        )
        # Hundreds of rows of plain values: three times as quick as through serializers.
        body = msgspec.json.encode({"cursor": cursor, **rows})
        return HttpResponse(body, content_type="application/json")

    @documented(
        summary="Forecast limits",
        responses={200: LimitAheadSerializer(many=True)},
        parameters=AHEAD,
    )
    def forecast(self, request: Request) -> Response:
        """
        List limits of maintenance, duty and flying that the plan comes near or passes.

        Soonest first and at most 1,000: where there are so many, ask for fewer `days`.
        """
        given = self._asked(request, ForecastQuerySerializer)
        now = timezone.now()
        found = forecast_of(
            self._center(request, given["center"]),
            now=now,
            until=now + timedelta(days=given["days"]),
            with_trips=self._sees_trips(request),
        )
        return Response(LimitAheadSerializer(found[:MOST_LIMITS], many=True).data)

    @documented(
        summary="Follow the board", responses={200: "Server-Sent Events."}, parameters=FOLLOW
    )
    def stream(self, request: Request) -> HttpResponseBase:
        """
        Follow everything on the board live, as Server-Sent Events.

        `position`, `alert_raised`, `alert_worsened`, `alert_ended` of flights; `status` and `times`
        of operations, trips and legs; `colors`; `event`; `schedule`, `assignments` and `run`;
        `notice` for oneself. The stream ends after 15 minutes, and with `end` soon after one's
        rights, account or session changed: open it again with the `Last-Event-ID` seen, which
        resumes. After `reset` something is lost for good: read the overview anew. Who reads too
        slowly is cut off and resumes in the same way; of positions only the newest is sent then.
        """
        seen = request.headers.get("Last-Event-ID") or request.query_params.get("after", "")
        rights = rights_of(self, BoardViewSet.channels_of)
        return event_stream(*self.channels_of(request), last_event_id=seen, rights=rights)

    def channels_of(self, request: Request) -> list[str]:
        """What the caller may follow now."""
        user: Any = request.user
        code = request.query_params.get("center")
        if code is not None:
            asked = CenterQuerySerializer(data={"center": code})
            asked.is_valid(raise_exception=True)
            scopes = {self._center(request, code).scope}
        elif user.is_superuser:
            operators = RPASOperator.objects.active().order_by("pk")
            scopes = {operator.scope for operator in operators}
        else:
            scopes = {scope for scope in scopes_of(user) if scope.startswith(DRONE_SCOPE)}
        if self._sees_trips(request):
            scopes |= {CREWED, *(crewed_part(scope) for scope in scopes)}
        return [*(board_channel(scope) for scope in sorted(scopes)), person_channel(user.pk)]

    def _sees_trips(self, request: Request) -> bool:
        return sees_trips(request.user) and holds(request, TRIPS)

    def _center(self, request: Request, code: str) -> DispatchCenter:
        return center_of(request, code)

    def _asked(self, request: Request, shape: type[CommandSerializer]) -> dict[str, Any]:
        return asked(request, shape)


class MetricsViewSet(ServiceViewSet):
    """How centers do: five-minute buckets, and local days."""

    tag = "dispatcher"
    queryset = OperationalMetrics.objects.all()
    serializer_class = OperationalMetricsSerializer
    pagination_class = None
    filter_backends = []
    extra_query = tuple(SERIES)
    action_permissions: ClassVar = {"series": "view"}

    @documented(
        summary="Read metrics",
        responses={200: OperationalMetricsSerializer(many=True)},
        parameters=SERIES,
    )
    def series(self, request: Request) -> HttpResponseBase:
        """
        Read active operations, availability, pilot utilization, turn-round, on-time departures and
        cost of a flight hour of one center over a range, in order of time.

        Example: `?center=SYD&span=day&since=2026-03-01T00:00:00Z&until=2026-04-01T00:00:00Z`.
        """
        given = asked(request, MetricsQuerySerializer)
        rows = DispatchCenter.objects.visible_to(request.user).filter(code=given["center"])
        center = rows.first()
        if center is None:
            raise NotFound
        found = series(center, span=given["span"], since=given["since"], until=given["until"])
        if given["format"] == "json":
            return Response(OperationalMetricsSerializer(found, many=True).data)
        names = list(OperationalMetricsSerializer.Meta.fields)
        columns = [(name, name.replace("_", " ").capitalize()) for name in names]
        content = as_csv(Table("metrics", columns, found.values(*names)))
        response = HttpResponse(content, content_type=CSV_TYPE)
        name = f"metrics-{center.code}-{given['span']}.csv"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["X-Content-Type-Options"] = "nosniff"
        return response


def center_of(request: Request, code: str) -> DispatchCenter:
    """A center that the caller may see. Raises NotFound."""
    rows = DispatchCenter.objects.visible_to(request.user).select_related("operator")
    center = rows.filter(code=code).first()
    if center is None:
        raise NotFound
    return center


def asked(request: Request, shape: type[CommandSerializer]) -> dict[str, Any]:
    """The query parameters, parsed; raises ValidationError."""
    serializer = shape(data=request.query_params.dict())
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)

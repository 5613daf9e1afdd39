from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpResponseBase
from django.utils import timezone
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ParseError, ValidationError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from common.api.docs import documented
from common.api.pagination import MAX_PAGE_SIZE, NewestFirstCursorPagination
from common.api.parsers import CleanMultiPartParser, TooLarge, read_limited
from common.api.throttling import AccountThrottle
from common.api.viewsets import ReadViewSet, ServiceViewSet
from common.exceptions import InvalidInput
from common.live.events import event_stream
from common.live.publish import redis_client
from common.live.rights import rights_of
from flight_operations.models import ConformanceAlert, FlightOperation, LastPosition, LogImport
from flight_operations.queries.telemetry import (
    MAX_TRACK_POINTS,
    Cursor,
    positions_page,
    track,
)
from flight_operations.serializers.telemetry import (
    AcknowledgeAlertSerializer,
    ConformanceAlertSerializer,
    ImportLogSerializer,
    IntakeSerializer,
    LastPositionSerializer,
    LogImportSerializer,
    PositionPageSerializer,
    PositionSerializer,
    TelemetryBatchSerializer,
    TrackSerializer,
)
from flight_operations.services.log_imports import queue_import
from flight_operations.services.telemetry import Intake, ingest
from flight_operations.services.telemetry_alerts import acknowledge_alert
from flight_operations.services.telemetry_live import operation_channel
from flight_operations.telemetry import wire
from flight_operations.telemetry.flags import Flag

DEFAULT_TRACK_POINTS = 1000


class TelemetryParser(BaseParser):
    """A telemetry batch, decoded straight into columns."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        body = read_limited(stream, wire.MAX_BODY_BYTES)
        try:
            return wire.decode(body)
        except wire.BatchTooLarge as refused:
            raise TooLarge(refused.message, code=refused.code) from refused
        except wire.BatchRefused as refused:
            if refused.code == "parse_error":
                raise ParseError(refused.message) from refused
            raise InvalidInput(refused.pointer, refused.message) from refused


class TelemetryThrottle(AccountThrottle):
    """
    Many stations may send under one account, several times a second.

    Counted in one round trip on a kept connection: Django's cache makes a client for every call,
    which cost as much as judging a thousand positions.
    """

    scope = "telemetry"

    def count(self, key: str, lasts_s: int) -> int:
        if not settings.REDIS_URL:
            return super().count(key, lasts_s)
        client = redis_client(settings.REDIS_URL)
        counted = int(client.incr(key))
        if counted == 1:
            client.expire(key, lasts_s)
        return counted


class TelemetryViewSet(ServiceViewSet):
    """The positions of a flight: sent by its station, read page by page, as a track, live."""

    tag = "flight-operations"
    queryset = FlightOperation.objects.all()
    serializer_class = PositionSerializer
    lookup_field = "number"
    lookup_value_regex = "[A-Z]{2}-[0-9]{4}-[0-9]{4,9}"
    parser_classes = [TelemetryParser]
    throttle_classes = [TelemetryThrottle]
    extra_query = ("points",)
    file_actions: ClassVar = {"stream": "text/event-stream"}
    action_permissions: ClassVar = {
        "ingest": "ingest",
        "positions": "view",
        "track": "view",
        "last": "view",
        "stream": "view",
    }

    @documented(
        summary="Send positions",
        request=TelemetryBatchSerializer,
        responses={200: IntakeSerializer},
    )
    def ingest(self, request: Request, number: str) -> Response:
        """
        Take in up to 1,000 positions of an active operation.

        A position sent again is counted as a duplicate; the same sequence with another time is
        rejected. Impossible and future positions are stored and flagged, but not judged. Answers
        when the positions are on disk.
        """
        if not isinstance(request.data, tuple):
            # An empty body reaches no parser.
            raise ParseError("The body is empty.")
        device, samples = request.data
        token = getattr(request.auth, "token", None)
        try:
            intake = ingest(
                number, device, samples, user=request.user, token=token, at=timezone.now()
            )
        except FlightOperation.DoesNotExist as missing:
            raise NotFound from missing
        return Response(_rendered(intake))

    @documented(
        summary="Read positions",
        responses={200: PositionPageSerializer},
        parameters={
            "cursor": ("string", "Where to go on, from `next`."),
            "page_size": ("integer", "Positions per page, at most 200."),
        },
    )
    def positions(self, request: Request, number: str) -> Response:
        """List the positions of a flight, device by device in the order they were recorded."""
        text = request.query_params.get("cursor", "")
        after = Cursor.parse(text) if text else Cursor()
        if after is None:
            raise ValidationError({"cursor": "Not a cursor."})
        size = _number(request, "page_size", default=50, most=MAX_PAGE_SIZE)
        rows, following = positions_page(self.get_object(), after=after, size=size)
        address = reverse("flight_operations:telemetry", kwargs={"number": number}, request=request)
        link = f"{address}?cursor={following}&page_size={size}" if following else None
        return Response({"next": link, "results": PositionSerializer(rows, many=True).data})

    @documented(
        summary="Read the track",
        responses={200: TrackSerializer},
        parameters={"points": ("integer", "About how many positions, 2 to 5,000.")},
    )
    def track(self, request: Request, number: str) -> Response:
        """Read the flown track as a GeoJSON feature, thinned."""
        points = _number(request, "points", default=DEFAULT_TRACK_POINTS, most=MAX_TRACK_POINTS)
        return Response(track(self.get_object(), points=points))

    @documented(summary="Read the last position", responses={200: LastPositionSerializer})
    def last(self, request: Request, number: str) -> Response:
        """Read where the aircraft was last believed to be."""
        last = LastPosition.objects.filter(
            operation=self.get_object(), recorded_at__isnull=False
        ).first()
        if last is None:
            raise NotFound
        return Response(LastPositionSerializer(last).data)

    @documented(summary="Follow a flight", responses={200: "Server-Sent Events."})
    def stream(self, request: Request, number: str) -> HttpResponseBase:
        """
        Follow a flight live, as Server-Sent Events: `position`, `alert_raised`,
        `alert_worsened`, `alert_ended`.

        A stream ends after 15 minutes: the client opens it again with the `Last-Event-ID` it saw,
        which resumes after that event, up to six hours back. A comment comes every 15 seconds when
        nothing happens.
        """
        return event_stream(
            *self.channels_of(request),
            last_event_id=request.headers.get("Last-Event-ID", ""),
            rights=rights_of(self, type(self).channels_of),
        )

    def channels_of(self, request: Request) -> list[str]:
        """What the caller may follow now: the flight, while they may see it."""
        return [operation_channel(self.get_object().pk)]


def _rendered(intake: Intake) -> dict[str, Any]:
    return {
        "received": intake.received,
        "accepted": intake.accepted,
        "duplicates": intake.duplicates,
        "flagged": [
            {"index": row, "flags": [str(bit.name).lower() for bit in Flag if bit & flags]}
            for row, flags in intake.flagged
        ],
        "rejected": [{"index": row, "reason": reason} for row, reason in intake.rejected],
        "nonconforming": intake.nonconforming,
        "alerts": [alert.pk for alert in intake.alerts.raised],
    }


def _number(request: Request, name: str, *, default: int, most: int) -> int:
    text = request.query_params.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 9 and 0 < int(text) <= most):
        raise ValidationError({name: f"A whole number from 1 to {most}."})
    return int(text)


class ConformanceAlertViewSet(ReadViewSet):
    """The limits that flights broke."""

    tag = "flight-operations"
    queryset = ConformanceAlert.objects.select_related("operation", "acknowledged_by")
    serializer_class = ConformanceAlertSerializer
    pagination_class = NewestFirstCursorPagination
    filterset_fields: ClassVar = {
        "operation__number": ["exact"],
        "kind": ["exact"],
        "severity": ["exact"],
        "ended_at": ["isnull"],
    }
    input_serializers: ClassVar = {"acknowledge": AcknowledgeAlertSerializer}

    @documented(
        summary="Acknowledge an alert",
        request=AcknowledgeAlertSerializer,
        responses={200: ConformanceAlertSerializer},
    )
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, pk: str) -> Response:
        """Record that you have seen an alert, once."""
        alert = acknowledge_alert(
            self.get_object(), actor=request.user, at=timezone.now(), **self.validated()
        )
        return self.respond(alert)


class LogImportViewSet(ReadViewSet):
    """Flight logs brought in from files."""

    tag = "flight-operations"
    queryset = LogImport.objects.select_related("operation", "requested_by")
    serializer_class = LogImportSerializer
    pagination_class = NewestFirstCursorPagination
    filterset_fields: ClassVar = {"operation__number": ["exact"], "state": ["exact"]}


class LogUploadViewSet(ServiceViewSet):
    """Where a flight log file is handed in."""

    tag = "flight-operations"
    queryset = FlightOperation.objects.all()
    serializer_class = LogImportSerializer
    lookup_field = "number"
    lookup_value_regex = "[A-Z]{2}-[0-9]{4}-[0-9]{4,9}"
    parser_classes = [CleanMultiPartParser]
    input_serializers: ClassVar = {"upload": ImportLogSerializer}
    action_permissions: ClassVar = {"upload": "ingest"}

    @documented(
        summary="Import a flight log",
        request=ImportLogSerializer,
        responses={202: LogImportSerializer},
    )
    def upload(self, request: Request, number: str) -> Response:
        """
        Hand in a flight log of an operation that has flown.

        The kind is found from the content. Its positions take the same path as live ones; read
        progress and rejected rows at `log-imports/{id}/`. The same file again answers with the
        first import.
        """
        file = self.validated()["file"]
        if file.size > settings.LOG_IMPORT_MAX_BYTES:
            raise TooLarge
        made = queue_import(self.get_object(), file, actor=request.user, at=timezone.now())
        return Response(LogImportSerializer(made).data, status=202)

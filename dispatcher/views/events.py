from typing import Any, ClassVar

from django.db.models import Prefetch
from django.utils import timezone
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.docs import documented, documented_action
from common.api.idempotency import idempotent
from common.api.pagination import NewestFirstCursorPagination
from common.api.viewsets import HistoryMixin, ReadViewSet
from dispatcher.models import DispatchEvent, DispatchEventNote, DispatchNotice
from dispatcher.models.scoping import TRIPS
from dispatcher.serializers.events import (
    AssignDispatchEventSerializer,
    DispatchEventDetailSerializer,
    DispatchEventSerializer,
    DispatchNoticeSerializer,
    NoteDispatchEventSerializer,
    RaiseDispatchEventSerializer,
    ReclassifyDispatchEventSerializer,
    ResolveDispatchEventSerializer,
)
from dispatcher.services import events, notices

NOTES = Prefetch(
    "notes", queryset=DispatchEventNote.objects.select_related("author").order_by("pk")
)


def as_the_token_says(request: Any, rows: Any) -> Any:
    """Leave crewed flying out for a machine whose token says less than the account it is of."""
    scopes = getattr(getattr(request, "auth", None), "scopes", None)
    return rows if scopes is None or TRIPS in scopes else rows.without_crewed()


class DispatchEventViewSet(HistoryMixin, ReadViewSet):
    """What happened that a desk answers for until it is resolved."""

    tag = "dispatcher"
    queryset = DispatchEvent.objects.select_related(
        "center", "operation", "assignee", "acknowledged_by", "resolved_by"
    )
    serializer_class = DispatchEventSerializer
    pagination_class = NewestFirstCursorPagination
    lookup_field = "number"
    lookup_value_regex = "[A-Z]{2}-[0-9]{4}-[0-9]{4,9}"
    filterset_fields: ClassVar = {
        "center__code": ["exact"],
        "status": ["exact", "in"],
        "severity": ["exact"],
        "kind": ["exact"],
        "operation__number": ["exact"],
        "assignee__email": ["exact"],
        "occurred_at": ["gte", "lt"],
    }
    input_serializers: ClassVar = {
        "create": RaiseDispatchEventSerializer,
        "partial_update": ReclassifyDispatchEventSerializer,
        "assign": AssignDispatchEventSerializer,
        "note": NoteDispatchEventSerializer,
        "resolve": ResolveDispatchEventSerializer,
    }
    action_permissions: ClassVar = {"history": "view"}

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        rows = as_the_token_says(self.request, rows)
        return rows if self.action == "list" else rows.prefetch_related(NOTES)

    def get_serializer_class(self) -> Any:
        return DispatchEventSerializer if self.action == "list" else DispatchEventDetailSerializer

    @documented(
        summary="Raise an event",
        request=RaiseDispatchEventSerializer,
        responses={201: DispatchEventDetailSerializer},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """Put something before a desk by hand; its clock runs from when it happened."""
        at = timezone.now()
        given = {"occurred_at": at} | self.validated()
        event = events.raise_event(**given, actor=request.user, at=at)
        return self.respond(event, status.HTTP_201_CREATED)

    @documented(
        summary="Reclassify an event",
        request=ReclassifyDispatchEventSerializer,
        responses={200: DispatchEventDetailSerializer},
    )
    def partial_update(self, request: Request, number: str) -> Response:
        """Say that an event is worse or less bad than thought (If-Match); its clock follows."""
        event = self.get_object()
        changes, version = self.validated(), self.expected_version()
        done = events.reclassify_event(
            event, **changes, version=version, actor=request.user, at=timezone.now()
        )
        return self.respond(done)

    @documented_action(
        summary="Acknowledge an event", responses={200: DispatchEventDetailSerializer}
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def acknowledge(self, request: Request, number: str) -> Response:
        """Say that you look after it; it becomes yours unless somebody has it."""
        return self._run(events.acknowledge_event)

    @documented(
        summary="Give an event to somebody",
        request=AssignDispatchEventSerializer,
        responses={200: DispatchEventDetailSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def assign(self, request: Request, number: str) -> Response:
        """Give it to somebody who works for the center's operator."""
        return self._run(events.assign_event)

    @documented(
        summary="Add a note to an event",
        request=NoteDispatchEventSerializer,
        responses={200: DispatchEventDetailSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def note(self, request: Request, number: str) -> Response:
        """Write something down about it; notes are never changed."""
        event = self.get_object()
        events.note_event(event, **self.validated(), actor=request.user, at=timezone.now())
        return self.respond(event)

    @documented(
        summary="Resolve an event",
        request=ResolveDispatchEventSerializer,
        responses={200: DispatchEventDetailSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def resolve(self, request: Request, number: str) -> Response:
        """Close it and say how it ended."""
        return self._run(events.resolve_event)

    def _run(self, service: Any) -> Response:
        event = self.get_object()
        given = self.validated() if self.action in self.input_serializers else {}
        return self.respond(service(event, **given, actor=self.request.user, at=timezone.now()))


class DispatchNoticeViewSet(ReadViewSet):
    """What pilots and dispatchers were told; one's own, and those of one's operators."""

    tag = "dispatcher"
    queryset = DispatchNotice.objects.select_related("center", "recipient", "operation", "event")
    serializer_class = DispatchNoticeSerializer
    pagination_class = NewestFirstCursorPagination
    filterset_fields: ClassVar = {
        "center__code": ["exact"],
        "recipient__email": ["exact"],
        "operation__number": ["exact"],
        "needs_acknowledgement": ["exact"],
        "acknowledged_at": ["isnull"],
    }

    def get_queryset(self) -> Any:
        return as_the_token_says(self.request, super().get_queryset())

    @documented_action(summary="Acknowledge a notice", responses={200: DispatchNoticeSerializer})
    @action(detail=True, methods=["post"])
    @idempotent
    def acknowledge(self, request: Request, pk: str) -> Response:
        """Say that you heard what you were told."""
        done = notices.acknowledge_notice(self.get_object(), actor=request.user, at=timezone.now())
        return self.respond(done)

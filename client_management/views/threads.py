from typing import Any

from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from client_management.models import MessageFile, MessageThread, MessageVia
from client_management.queries.messages import messages_of, threads_for, unanswered
from client_management.serializers import messages as shapes
from client_management.services import messages as services
from client_management.views.files import streamed
from common.api.docs import documented
from common.api.idempotency import idempotent
from common.api.parsers import CleanMultiPartParser, StrictJSONParser
from common.api.viewsets import ReadViewSet
from users.requests import UserRequest

PARSERS: list[type[BaseParser]] = [StrictJSONParser, CleanMultiPartParser]


class MessageThreadViewSet(ReadViewSet):
    """What clients write, and what is answered."""

    tag = "client-management"
    queryset = MessageThread.objects.all()
    serializer_class = shapes.MessageThreadSerializer
    parser_classes = PARSERS
    filterset_fields = {
        "organization__number": ["exact"],
        "job__number": ["exact"],
        "request__number": ["exact"],
    }
    file_actions = {"file": "*/*"}
    paged_actions = {"messages": True}
    extra_query = ("is_unanswered",)
    input_serializers = {
        "create": shapes.OpenThreadSerializer,
        "write": shapes.PostMessageSerializer,
    }
    action_permissions = {
        "create": "client_management.add_clientmessage",
        "messages": "client_management.view_clientmessage",
        "write": "client_management.add_clientmessage",
        "file": "client_management.view_messagefile",
    }

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return rows
        if self.request.query_params.get("is_unanswered") == "true":
            rows = unanswered(rows)
        return threads_for(rows, self.request.user)

    @documented(
        summary="List threads",
        responses={200: shapes.MessageThreadSerializer(many=True)},
        parameters={
            "is_unanswered": ("string", "`true`: only those in which the client wrote last.")
        },
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Newest message first, each with how much of it is new."""
        return super().list(request, *args, **kwargs)

    @documented(
        summary="Open a thread",
        request=shapes.OpenThreadSerializer,
        responses={201: shapes.MessageThreadSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """To write first; the thread that is there is it. Example: `{"job": "JOB-2026-0042"}`."""
        thread = services.open_thread(**self.validated())
        return self.respond(self.get_queryset().get(pk=thread.pk), status.HTTP_201_CREATED)

    @documented(
        summary="List the messages of a thread",
        responses={200: shapes.ClientMessageSerializer(many=True)},
    )
    @action(detail=True, methods=["get"], filter_backends=[])
    def messages(self, request: UserRequest, pk: str) -> Response:
        """Newest first; what is shown counts as read."""
        thread = self.get_object()
        page = self.paginate_queryset(messages_of(thread))
        if page:
            services.mark_read(thread, up_to=page[0], user=request.user)
        return self.get_paginated_response(shapes.ClientMessageSerializer(page, many=True).data)

    @documented(
        summary="Answer a client",
        request=shapes.PostMessageSerializer,
        responses={201: shapes.ClientMessageSerializer},
    )
    @messages.mapping.post
    def write(self, request: UserRequest, pk: str) -> Response:
        """Write to the client. Example: `{"body": "We fly on Tuesday at seven."}`."""
        thread = self.get_object()
        return posted(self, request, thread, checked(self), via=MessageVia.DESK)

    @documented(summary="Download a file of a thread", responses={200: "The file."})
    @action(
        detail=True,
        methods=["get"],
        url_path="files/(?P<file>[^/]+)",
        filter_backends=[],
        pagination_class=None,
    )
    def file(self, request: Request, pk: str, file: str) -> HttpResponseBase:
        """One file that came with a message."""
        return message_file(self.get_object(), file)


def checked(view: Any) -> dict[str, Any]:
    """
    What a message says, its files looked at.

    Before any transaction begins, that of an Idempotency-Key too: it may take a scanner's minute.
    """
    given: dict[str, Any] = view.validated()
    return {"body": given.get("body", ""), "files": services.checked(given.get("files", ()))}


def posted(
    view: Any, request: Request, thread: MessageThread, said: dict[str, Any], *, via: str
) -> Response:
    """Add a checked message to a thread, once for an Idempotency-Key."""

    def write(_view: Any, asked: Request) -> Response:
        message = services.post_message(
            thread,
            **said,
            is_from_client=via == MessageVia.PORTAL,
            via=via,
            actor=asked.user,
            at=timezone.now(),
        )
        shape = shapes.ClientMessageSerializer(message)
        return Response(shape.data, status=status.HTTP_201_CREATED)

    return idempotent(write)(view, request)


def message_file(thread: MessageThread, key: str) -> HttpResponseBase:
    """A file of a thread, or 404."""
    rows = MessageFile.objects.filter(message__thread=thread)
    is_key = key.isascii() and key.isdigit() and len(key) < 19
    found = rows.filter(pk=int(key)).first() if is_key else None
    if found is None:
        raise NotFound
    return streamed(
        found.file_name,
        path=str(found.file.name),
        size=found.size_bytes,
        sha256=found.sha256,
        media_type=found.media_type,
    )

from django.http.response import HttpResponseBase
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from client_management.client_scope import client_scope
from client_management.models import MessageThread, MessageVia
from client_management.queries.messages import (
    messages_of,
    subject_named,
    threads_for,
    threads_open_to,
)
from client_management.serializers import messages as shapes
from client_management.services import messages
from client_management.views.portal.door import PortalViewSet
from client_management.views.threads import PARSERS, checked, message_file, posted
from common.api.docs import documented
from users.requests import UserRequest


class PortalThreadViewSet(PortalViewSet):
    """What a client and the desk write to each other; `about` is a number, or `general`."""

    queryset = MessageThread.objects.order_by("-pk")
    serializer_class = shapes.MessageThreadSerializer
    parser_classes = PARSERS
    input_serializers = {"write": shapes.PostMessageSerializer}
    file_actions = {"file": "*/*"}
    paged_actions = {"read": True}
    # Files are scanned first, which takes its time.
    unscoped = frozenset({"write"})

    @documented(summary="List threads", responses={200: shapes.MessageThreadSerializer(many=True)})
    def list(self, request: UserRequest, organization: str) -> Response:
        """Newest message first, each with how much of it is new."""
        rows = threads_for(threads_open_to(self.access), request.user)
        return self.page_of(rows, shapes.MessageThreadSerializer)

    @documented(
        summary="List the messages about something",
        operation_id="client_management_portal_organizations_messages_about",
        responses={200: shapes.ClientMessageSerializer(many=True)},
    )
    def read(self, request: UserRequest, organization: str, about: str) -> Response:
        """Newest first; what is shown counts as read."""
        thread = self._thread(about)
        page = self.paginate_queryset(messages_of(thread))
        if page:
            messages.mark_read(thread, up_to=page[0], user=request.user)
        return self.get_paginated_response(shapes.ClientMessageSerializer(page, many=True).data)

    @documented(
        summary="Write to the desk",
        request=shapes.PostMessageSerializer,
        responses={201: shapes.ClientMessageSerializer},
    )
    def write(self, request: UserRequest, organization: str, about: str) -> Response:
        """Words, files, or both. Example: `{"body": "The gate code is 4711."}`."""
        said = checked(self)
        with client_scope([self.access.organization_id]):
            return posted(self, request, self._thread(about), said, via=MessageVia.PORTAL)

    @documented(summary="Download a file of a thread", responses={200: "The file."})
    def file(self, request: Request, organization: str, about: str, file: str) -> HttpResponseBase:
        """One file that came with a message."""
        return message_file(self._thread(about), file)

    def _thread(self, about: str) -> MessageThread:
        found = subject_named(self.access, about[:16])
        if found is None:
            raise NotFound
        request, job = found
        return messages.thread_of(self.organization, request=request, job=job)

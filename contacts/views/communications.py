from typing import Any

from django.utils import timezone
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.response import Response

from common.api.docs import documented
from common.api.idempotency import idempotent
from common.api.pagination import NewestFirstCursorPagination
from common.api.viewsets import ReadViewSet
from contacts.models import Communication
from contacts.serializers import communications as shapes
from contacts.services import communications
from contacts.views.filters import CommunicationFilter
from users.requests import UserRequest

Shape = shapes.CommunicationSerializer


class LatestFirstPagination(NewestFirstCursorPagination):
    """By when it happened, not by when it was written down."""

    ordering: Any = ("-occurred_at", "-id")


class CommunicationViewSet(ReadViewSet):
    """Calls, mails, messages and notes, the latest first; never changed, only corrected."""

    tag = "contacts"
    queryset = Communication.objects.select_related("contact", "author", "correction").order_by(
        "-occurred_at", "-pk"
    )
    serializer_class = Shape
    pagination_class = LatestFirstPagination
    filterset_class = CommunicationFilter
    search_fields = ["subject", "body"]
    input_serializers = {
        "create": shapes.LogCommunicationSerializer,
        "correct": shapes.CorrectCommunicationSerializer,
    }
    action_permissions = {"correct": "add"}

    @documented(
        summary="Log a communication",
        request=shapes.LogCommunicationSerializer,
        responses={201: Shape},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Write down what was said; 409 with `merged_into` where the contact was merged.

        Example: `{"contact": 12, "channel": "call", "direction": "in", "subject": "Bed confirmed",
        "body": "ICU 4 from 18:00.", "occurred_at": "2026-03-14T21:40:00Z"}`.
        """
        entry = communications.log_communication(
            **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(entry, status.HTTP_201_CREATED)

    @documented(
        summary="Correct an entry",
        request=shapes.CorrectCommunicationSerializer,
        responses={201: Shape},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def correct(self, request: UserRequest, pk: str) -> Response:
        """
        Add an entry that stands in place of a wrong one, which stays.

        Example: `{"reason": "Wrong time noted", "body": "ICU 4 from 19:00."}`.
        """
        entry = communications.correct_communication(
            self.get_object(), **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(entry, status.HTTP_201_CREATED)

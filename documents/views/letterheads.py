from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.docs import documented
from common.api.viewsets import ServiceViewSet
from documents.models import Letterhead
from documents.queries.letterheads import letterhead
from documents.serializers import letterheads as shapes
from documents.services.letterheads import set_letterhead
from users.requests import UserRequest

Shape = shapes.LetterheadSerializer


class LetterheadViewSet(ServiceViewSet):
    """Who our documents come from: one letterhead for the whole company."""

    tag = "documents"
    queryset = Letterhead.objects.order_by("pk")
    serializer_class = Shape
    input_serializers = {"partial_update": shapes.ChangeLetterheadSerializer}

    @documented(summary="Read the letterhead", responses={200: Shape})
    def retrieve(self, request: Request) -> Response:
        """The head of every document that is made from now on."""
        return self.respond(letterhead())

    @documented(
        summary="Change the letterhead",
        request=shapes.ChangeLetterheadSerializer,
        responses={200: Shape},
    )
    def partial_update(self, request: UserRequest) -> Response:
        """
        Change any of it; documents that there are stay as they are. Needs If-Match.

        Example: `{"name": "Southern Air Ambulance", "color": "#123456"}`.
        """
        row = set_letterhead(
            changes=self.validated(),
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(row)

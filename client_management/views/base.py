from collections.abc import Callable
from typing import Any

from django.utils import timezone
from rest_framework import status
from rest_framework.response import Response

from common.api.viewsets import ReadViewSet


class ClientDeskViewSet(ReadViewSet):
    """What the desk keeps of clients: list, read and the verbs of the trade."""

    tag = "client-management"

    def run(
        self, service: Callable[..., Any], *, is_edit: bool = False, code: int = status.HTTP_200_OK
    ) -> Response:
        """
        Call a service on the row that the address names, and render the row after.

        An edit takes the command as `changes` and needs the version that the caller read.
        """
        row = self.get_object()
        given = self.validated() if self.action in self.input_serializers else {}
        if is_edit:
            given = {"changes": given, "version": self.expected_version()}
        service(row, **given, actor=self.request.user, at=timezone.now())
        return self.respond(row, code)

    def add(self, service: Callable[..., Any]) -> Response:
        """Call a service that makes a row, and render it."""
        row = service(**self.validated(), actor=self.request.user, at=timezone.now())
        return self.respond(row, status.HTTP_201_CREATED)

    def get_serializer_context(self) -> dict[str, Any]:
        """What serializers may have to know of now."""
        return {**super().get_serializer_context(), "now": timezone.now()}

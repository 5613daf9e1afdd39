from collections.abc import Callable
from typing import Any

from django.utils import timezone
from rest_framework.response import Response

from common.api.viewsets import HistoryMixin, ReadViewSet


class DeedViewSet(HistoryMixin, ReadViewSet):
    """List, read and the verbs of the trade; serializers are told what time it is."""

    tag = "flight-operations"

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "now": timezone.now()}

    def run(self, service: Callable[..., Any]) -> Response:
        """
        Call a service on the record that the address names, with the action's command if it has
        one, and render the record after it.
        """
        record = self.get_object()
        arguments = self.validated() if self.action in self.input_serializers else {}
        done = service(record, **arguments, actor=self.request.user, at=timezone.now())
        return self.respond(done)

    def edit(self, service: Callable[..., Any]) -> Response:
        """`run` for a service that changes what the caller read: If-Match must name the version."""
        record = self.get_object()
        changes = self.validated()
        version = self.expected_version()
        done = service(
            record, changes=changes, version=version, actor=self.request.user, at=timezone.now()
        )
        return self.respond(done)

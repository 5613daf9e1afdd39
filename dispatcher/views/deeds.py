from collections.abc import Callable
from typing import Any

from django.utils import timezone
from rest_framework.response import Response

from common.api.viewsets import HistoryMixin, ReadViewSet, ServiceViewSet


class DispatchViewSet(ReadViewSet):
    """List, read and the verbs of dispatch."""

    tag = "dispatcher"

    def run(self, service: Callable[..., Any], **more: Any) -> Response:
        """
        Call a service on the record that the address names, with the action's command if it has
        one, and render the record after it.
        """
        record = self.get_object()
        arguments = self.validated() if self.action in self.input_serializers else {}
        at = timezone.now()
        return self.respond(service(record, **arguments, **more, actor=self.request.user, at=at))

    def edit(self, service: Callable[..., Any]) -> Response:
        """`run` for a service that changes what the caller read: If-Match must name the version."""
        record = self.get_object()
        changes = self.validated()
        version = self.expected_version()
        return self.respond(
            service(
                record, changes=changes, version=version, actor=self.request.user, at=timezone.now()
            )
        )


class DispatchDeedViewSet(HistoryMixin, DispatchViewSet):
    """Records with a life cycle."""


class DispatchServiceViewSet(ServiceViewSet):
    """Answers that are no rows."""

    tag = "dispatcher"

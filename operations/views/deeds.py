from collections.abc import Callable
from typing import Any

from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework.response import Response

from common.api.filters import YesNoFilter
from common.api.viewsets import ReadViewSet


class TripPartViewSet(ReadViewSet):
    """What belongs to a trip: list, read and the verbs of the trade."""

    tag = "operations"

    def run(self, service: Callable[..., Any]) -> Response:
        """Call a service on the record that the address names, and render it after."""
        record = self.get_object()
        arguments = self.validated() if self.action in self.input_serializers else {}
        done = service(record, **arguments, actor=self.request.user, at=timezone.now())
        return self.respond(done)


class MineFilter(YesNoFilter):
    """`true`: one's own only."""

    def filter(self, qs: Any, value: Any) -> Any:
        if value is True:
            return qs.filter(person=self.parent.request.user)
        return qs


def trip_filter(path: str = "trip__number") -> filters.CharFilter:
    """By the number of the trip."""
    return filters.CharFilter(field_name=path)

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from common.api.permissions import holds
from common.api.viewsets import ServiceViewSet
from operations.privacy import Holds


class PersonalViewSet(ServiceViewSet):
    """Answers about people: kept by no browser and no proxy; each look is on record."""

    purpose_actions: tuple[str, ...] = ("retrieve",)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if self.action in self.purpose_actions:
            # Only there: elsewhere the parameter would be taken and mean nothing.
            self.extra_query = (*self.extra_query, "purpose")  # type: ignore[misc]
        super().initial(request, *args, **kwargs)

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer["Cache-Control"] = "no-store, private"
        return answer

    def holds(self) -> Holds:
        """What the caller may, by account and token."""
        return lambda permission: holds(self.request, permission)

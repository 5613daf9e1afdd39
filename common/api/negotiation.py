from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class JSONNegotiation(DefaultContentNegotiation):
    """Answer in JSON unless a view offers more; `format` is a view's own query parameter."""

    def filter_renderers(
        self,
        renderers: Iterable[BaseRenderer],
        format: str,  # noqa: A002 - the framework's name
    ) -> list[BaseRenderer]:
        return list(renderers)

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        for renderer in renderers:
            # `/swagger.json` is JSON whatever the client says it would take.
            if format_suffix and renderer.format == format_suffix:
                return renderer, renderer.media_type
        accepted = request.headers.get("Accept", "*/*")
        if len(renderers) == 1 and "json" not in accepted and "*/*" not in accepted:
            # One kind of answer only: a client that asks for another still learns why not.
            return renderers[0], renderers[0].media_type
        return super().select_renderer(request, renderers, None)

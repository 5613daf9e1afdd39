"""Where the API's own description is served."""

import json
from copy import copy
from functools import lru_cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from common.api.docs import SwaggerGenerator
from config.api_info import INFO


@lru_cache(maxsize=1)
def _swagger() -> Any:
    return SwaggerGenerator(INFO, "v1").get_schema(None, public=True)


@lru_cache(maxsize=1)
def _openapi() -> Any:
    return SchemaGenerator().get_schema(request=None, public=True)


@lru_cache(maxsize=1)
def _openapi_body() -> bytes:
    return json.dumps(_openapi(), separators=(",", ":"), ensure_ascii=False).encode()


class KeptSwaggerGenerator(SwaggerGenerator):
    """
    Describes the surface once in the life of a process; each answer names the address asked.

    It takes more than a second of processor time, is open to all and cannot change meanwhile.
    """

    def __init__(
        self,
        info: Any,
        version: str = "",
        url: str | None = None,
        patterns: Any = None,
        urlconf: Any = None,
    ) -> None:
        super().__init__(info, version, url, patterns, urlconf)
        # The pages that show the document ask for one without any address.
        self.is_of_some = patterns is not None

    def get_schema(self, request: Request | None = None, public: bool = False) -> Any:
        if request is None or self.is_of_some:
            return super().get_schema(request, public)
        described = copy(_swagger())
        described["host"], described["schemes"] = request.get_host(), [request.scheme]
        return described


class KeptOpenApiGenerator(SchemaGenerator):
    """The same for the OpenAPI document, which names no address."""

    def get_schema(self, request: Request | None = None, public: bool = False) -> Any:
        return _openapi()


class KeptOpenApiRenderer(OpenApiJsonRenderer):
    """The OpenAPI document without the blanks that are most of it when it is laid out."""

    def render(self, data: Any, *args: Any, **kwargs: Any) -> bytes:
        return _openapi_body()


class OpenApiDocumentView(SpectacularJSONAPIView):
    """The OpenAPI 3.1 document; left out of both documents, as the Swagger document is."""

    generator_class = KeptOpenApiGenerator
    renderer_classes = [KeptOpenApiRenderer]
    permission_classes = [AllowAny]
    swagger_schema = None

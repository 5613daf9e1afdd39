"""
How our own fields, filters and pages look in the Swagger 2.0 document.

Apart from `docs`: drf-yasg loads these by name while it is itself being imported.
"""

from collections import OrderedDict
from typing import Any

from drf_yasg import openapi
from drf_yasg.inspectors import DrfAPICompatInspector, FieldInspector, NotHandled
from rest_framework import serializers

from common.api.fields import GeoJSONField
from common.api.filters import QueryParameter, query_parameters


class GeometryInspector(FieldInspector):
    """GeoJSON fields as the objects they are."""

    def field_to_swagger_object(
        self, field: Any, swagger_object_type: Any, use_references: bool, **kwargs: Any
    ) -> Any:
        if not isinstance(field, GeoJSONField):
            return NotHandled
        SwaggerType, _ = self._get_partial_types(  # noqa: N806 - drf-yasg's own name for a class
            field, swagger_object_type, use_references, **kwargs
        )
        return SwaggerType(
            type=openapi.TYPE_OBJECT,
            required=["type", "coordinates"],
            properties=OrderedDict(
                type=openapi.Schema(type=openapi.TYPE_STRING, enum=list(field.geometry_types)),
                coordinates=openapi.Schema(
                    type=openapi.TYPE_ARRAY, items=openapi.Items(type=openapi.TYPE_OBJECT)
                )
                if field.geometry_types != ("Point",)
                else openapi.Schema(
                    type=openapi.TYPE_ARRAY, items=openapi.Items(type=openapi.TYPE_NUMBER)
                ),
            ),
        )


class DecimalInspector(FieldInspector):
    """Decimals as strings with the pattern they obey."""

    def field_to_swagger_object(
        self, field: Any, swagger_object_type: Any, use_references: bool, **kwargs: Any
    ) -> Any:
        if not isinstance(field, serializers.DecimalField):
            return NotHandled
        SwaggerType, _ = self._get_partial_types(  # noqa: N806 - drf-yasg's own name for a class
            field, swagger_object_type, use_references, **kwargs
        )
        return SwaggerType(
            type=openapi.TYPE_STRING, format="decimal", pattern=r"^-?\d{1,12}(\.\d{1,6})?$"
        )


class FilterInspector(DrfAPICompatInspector):
    """The query parameters of a list: its filters, search and ordering."""

    def get_filter_parameters(self, filter_backend: Any) -> list[openapi.Parameter]:
        return [_described(parameter) for parameter in query_parameters(self.view)]


class PaginationInspector(DrfAPICompatInspector):
    """Page or cursor parameters and the envelope, as drf-yasg's own inspector has them."""

    def get_paginated_response(self, paginator: Any, response_schema: Any) -> Any:
        members: dict[str, Any] = {
            "next": _uri(),
            "previous": _uri(),
            "results": response_schema,
        }
        if hasattr(paginator, "page_query_param"):
            members = {"count": openapi.Schema(type=openapi.TYPE_INTEGER), **members}
        return openapi.Schema(
            type=openapi.TYPE_OBJECT, properties=OrderedDict(members), required=["results"]
        )

    def get_paginator_parameters(self, paginator: Any) -> list[openapi.Parameter]:
        parameters = [_query("page_size", "Rows per page, at most 200.", "integer")]
        if hasattr(paginator, "page_query_param"):
            parameters.insert(0, _query("page", "Page number, from 1.", "integer"))
        else:
            parameters.insert(0, _query("cursor", "Where to go on, from `next`."))
        return parameters


def _described(parameter: QueryParameter) -> openapi.Parameter:
    more: dict[str, Any] = {"format": parameter.format} if parameter.format else {}
    if parameter.choices:
        more["enum"] = list(parameter.choices)
    kind = parameter.kind
    if parameter.is_repeated:
        more = {"items": openapi.Items(type=kind, **more), "collection_format": "multi"}
        kind = openapi.TYPE_ARRAY
    return openapi.Parameter(
        parameter.name, openapi.IN_QUERY, description=parameter.text, type=kind, **more
    )


def _query(name: str, text: str, kind: str = "string") -> openapi.Parameter:
    return openapi.Parameter(name, openapi.IN_QUERY, description=text, type=kind)


def _uri() -> openapi.Schema:
    return openapi.Schema(type=openapi.TYPE_STRING, format="uri", x_nullable=True)

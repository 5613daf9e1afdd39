"""
How our own fields, filters and pages look in the Swagger 2.0 document.

Apart from `docs`: drf-yasg loads these by name while it is itself being imported.
"""

from collections import OrderedDict
from typing import Any

from drf_yasg import openapi
from drf_yasg.inspectors import DrfAPICompatInspector, FieldInspector, NotHandled
from rest_framework import serializers
from rest_framework.fields import _UnvalidatedField

from common.api.fields import GeoJSONField, nesting
from common.api.filters import QueryParameter, query_parameters

# The format `time` is one with an offset from UTC; ours are of the place.
TIME_OF_DAY = r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?$"
ANYTHING = "Any JSON value."


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
                coordinates=_coordinates(*nesting(field.geometry_types)),
            ),
        )


def _coordinates(depth: int, is_exact: bool) -> openapi.Schema:
    found = openapi.Schema(type=openapi.TYPE_ARRAY, items=_anything())
    if is_exact:
        number = openapi.Schema(type=openapi.TYPE_NUMBER)
        found = openapi.Schema(type=openapi.TYPE_ARRAY, items=number, min_items=2, max_items=2)
    for _ in range(depth - 1):
        found = openapi.Schema(type=openapi.TYPE_ARRAY, items=found)
    return found


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
        places = 6 if field.decimal_places is None else field.decimal_places
        whole = 12 if field.max_digits is None else max(1, field.max_digits - places)
        fraction = rf"(\.\d{{1,{places}}})?" if places else ""
        pattern = rf"^-?\d{{1,{whole}}}{fraction}$"
        return SwaggerType(type=openapi.TYPE_STRING, format="decimal", pattern=pattern)


class FormatInspector(FieldInspector):
    """Times of day, and files in a body: drf-yasg takes a file that is sent for a URI."""

    def field_to_swagger_object(
        self, field: Any, swagger_object_type: Any, use_references: bool, **kwargs: Any
    ) -> Any:
        is_sent = isinstance(field, serializers.FileField) and not field.read_only
        is_time = isinstance(field, serializers.TimeField)
        if not (is_sent or is_time) or swagger_object_type != openapi.Schema:
            return NotHandled
        SwaggerType, _ = self._get_partial_types(  # noqa: N806 - drf-yasg's own name for a class
            field, swagger_object_type, use_references, **kwargs
        )
        if is_time:
            return SwaggerType(type=openapi.TYPE_STRING, pattern=TIME_OF_DAY)
        return SwaggerType(type=openapi.TYPE_STRING, format="binary")


class JsonInspector(FieldInspector):
    """
    JSON: a list where the model's default is one, an object likewise, else anything.

    So do the members of a list or mapping that declares no type for them (`_UnvalidatedField`).
    """

    def field_to_swagger_object(
        self, field: Any, swagger_object_type: Any, use_references: bool, **kwargs: Any
    ) -> Any:
        is_json = isinstance(field, (serializers.JSONField, _UnvalidatedField))
        if not is_json or swagger_object_type != openapi.Schema:
            return NotHandled
        SwaggerType, _ = self._get_partial_types(  # noqa: N806 - drf-yasg's own name for a class
            field, swagger_object_type, use_references, **kwargs
        )
        default = getattr(_model_field(field), "default", None)
        if default is list:
            return SwaggerType(type=openapi.TYPE_ARRAY, items=_anything())
        made = SwaggerType(type=openapi.TYPE_OBJECT, description=field.help_text or ANYTHING)
        if default is not dict:
            del made["type"]
        return made


class NullableInspector(FieldInspector):
    """A record that may be absent: beside a reference, Swagger 2 reads no x-nullable."""

    def process_result(self, result: Any, method_name: str, obj: Any, **kwargs: Any) -> Any:
        """Wrap the reference to the record."""
        if isinstance(result, openapi.SchemaRef) and getattr(obj, "allow_null", False):
            return openapi.Schema(type=openapi.TYPE_OBJECT, all_of=[result], x_nullable=True)
        return result


class ChoiceInspector(FieldInspector):
    """
    Choices of one value, typed by what is shown; an answer may also show a blank one.

    drf-yasg types them by the model's column and leaves the blank out.
    """

    def field_to_swagger_object(
        self, field: Any, swagger_object_type: Any, use_references: bool, **kwargs: Any
    ) -> Any:
        is_single = isinstance(field, serializers.ChoiceField) and not isinstance(
            field, serializers.MultipleChoiceField
        )
        if not is_single or swagger_object_type != openapi.Schema:
            return NotHandled
        SwaggerType, _ = self._get_partial_types(  # noqa: N806 - drf-yasg's own name for a class
            field, swagger_object_type, use_references, **kwargs
        )
        shown = [field.to_representation(choice) for choice in field.choices]
        if is_blank_allowed(field) and "" not in shown:
            shown.append("")
        is_whole = all(isinstance(choice, int) for choice in shown)
        kind = openapi.TYPE_INTEGER if is_whole else openapi.TYPE_STRING
        return SwaggerType(type=kind, enum=shown)


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


def _anything() -> openapi.Schema:
    """A schema that any value fits."""
    made = openapi.Schema(type=openapi.TYPE_OBJECT, description=ANYTHING)
    del made["type"]
    return made


def is_blank_allowed(field: Any) -> bool:
    """Whether a field of texts to choose from may also show none of them."""
    choices = list(getattr(field, "choices", None) or ())
    is_text = bool(choices) and all(isinstance(choice, str) for choice in choices)
    is_blank = getattr(field, "allow_blank", False)
    return is_text and bool(is_blank or getattr(_model_field(field), "blank", False))


def _model_field(field: Any) -> Any:
    """The column that a serializer's field shows, if it shows one as it is."""
    meta = getattr(field.parent, "Meta", None)
    columns = getattr(getattr(meta, "model", None), "_meta", None)
    names = {column.name: column for column in columns.fields} if columns else {}
    return names.get(field.source)


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

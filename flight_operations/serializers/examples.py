from collections.abc import Callable
from typing import Any, TypeVar

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework.serializers import BaseSerializer

S = TypeVar("S", bound=type[BaseSerializer])


def with_example(value: dict[str, Any]) -> Callable[[S], S]:
    """Show an example of a command in both API documents."""

    def apply(serializer: S) -> S:
        meta = getattr(serializer, "Meta", object)
        fields = {"example": value}
        serializer.Meta = type("Meta", (meta,), {"swagger_schema_fields": fields})  # type: ignore[attr-defined]
        example = OpenApiExample("Example", value=value, request_only=True)
        return extend_schema_serializer(examples=[example])(serializer)

    return apply

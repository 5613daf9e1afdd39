"""What every answer of the API has in common, whoever wrote its serializer."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import get_resolver
from rest_framework import serializers

OWN = (
    "common",
    "users",
    "airports",
    "documents",
    "contacts",
    "aircraft",
    "finance",
    "rpas",
    "operations",
    "flight_operations",
    "client_management",
    "dispatcher",
)


def descendants(base: type) -> Iterator[type]:
    for each in base.__subclasses__():
        yield each
        yield from descendants(each)


def shapes() -> list[Any]:
    assert get_resolver().url_patterns
    found = {s for s in descendants(serializers.ModelSerializer) if s.__module__.startswith(OWN)}
    # What several shapes share has no model of its own.
    return sorted((s for s in found if hasattr(s, "Meta")), key=lambda shape: shape.__name__)


def may_be_null(shape: Any, field: Any) -> bool:
    """Whether the way from the row to what the field shows leads over a column that may be null."""
    model: Any = shape.Meta.model
    for name in field.source_attrs:
        columns = {column.name: column for column in model._meta.concrete_fields}
        if name not in columns:
            return False
        if columns[name].null:
            return True
        model = columns[name].related_model
        if model is None:
            # The rest of the way leads into a document of its own, not over columns.
            return False
    return False


@pytest.mark.parametrize("shape", shapes(), ids=lambda s: s.__name__)
def test_what_may_be_null_is_shown_as_null_and_documented_so(shape):
    hidden = [
        name
        for name, field in shape().fields.items()
        if not field.allow_null and may_be_null(shape, field)
    ]

    assert hidden == []

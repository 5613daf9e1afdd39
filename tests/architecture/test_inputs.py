"""What every command and every filter of the API has in common, whoever wrote it."""

from collections.abc import Iterator
from typing import Any

import django_filters
import pytest
from django.urls import get_resolver
from rest_framework import serializers

from common.api.fields import FiniteFloatField
from common.api.filters import DocumentedFilterBackend
from common.api.serializers import CommandSerializer
from tests.architecture.routes import walk

VIEWS = sorted(
    {
        pattern.callback.cls
        for text, pattern in walk(get_resolver())
        if text.startswith("api/") and hasattr(pattern.callback, "actions")
    },
    key=lambda view: view.__name__,
)
COMMANDS = sorted(
    {command for view in VIEWS for command in view.input_serializers.values()},
    key=lambda command: command.__name__,
)


def fields(serializer: Any) -> Iterator[Any]:
    """Every field of a serializer, nested ones too."""
    for field in serializer.fields.values():
        inner = getattr(field, "child", field)
        yield inner
        if isinstance(inner, serializers.Serializer):
            yield from fields(inner)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.__name__)
def test_commands_refuse_unknown_fields_and_numbers_that_are_none(command):
    assert issubclass(command, CommandSerializer)
    loose = [
        field.field_name
        for field in fields(command())
        if isinstance(field, serializers.FloatField) and not isinstance(field, FiniteFloatField)
    ]

    assert loose == []


@pytest.mark.parametrize("view", VIEWS, ids=lambda v: v.__name__)
def test_yes_or_no_filters_take_no_other_word(view):
    filterset = DocumentedFilterBackend().get_filterset_class(view(), view.queryset)
    found = filterset.base_filters if filterset else {}

    loose = [n for n, each in found.items() if isinstance(each, django_filters.BooleanFilter)]
    assert loose == []


@pytest.mark.parametrize("given", ["NaN", "Infinity", "-Infinity", True, 10**400, "1e999", "x"])
def test_a_number_is_a_finite_number(given):
    with pytest.raises(serializers.ValidationError):
        FiniteFloatField().run_validation(given)


def test_a_number_may_be_written_as_text_or_whole():
    assert [FiniteFloatField().run_validation(given) for given in (3, "2.5", -1e9)] == [
        3.0,
        2.5,
        -1e9,
    ]

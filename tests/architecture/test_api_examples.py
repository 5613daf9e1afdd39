"""The examples of the documents, put to the commands that they are examples of."""

import json
import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.urls import get_resolver
from drf_spectacular.generators import SchemaGenerator

from common.compliance.registry import rules
from tests.architecture.routes import readable, walk
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db
# What only the rows of an installation, or the facts of a case, can make wrong.
OF_THE_CASE = {"does_not_exist", "invalid"}


def leaves(found: Any) -> list[Any]:
    if isinstance(found, dict):
        return [leaf for inner in found.values() for leaf in leaves(inner)]
    if isinstance(found, list):
        return [leaf for inner in found for leaf in leaves(inner)]
    return [found]


def commands() -> list[tuple[str, str, Any]]:
    return [
        ("/api/" + readable(text.removeprefix("api/")), method, view.input_serializers[action])
        for text, pattern in walk(get_resolver())
        if text.startswith("api/") and hasattr(pattern.callback, "actions")
        for view in [pattern.callback.cls]
        for method, action in pattern.callback.actions.items()
        if action in getattr(view, "input_serializers", {})
    ]


def test_the_examples_of_commands_are_refused_for_no_reason_of_their_shape():
    document = SchemaGenerator().get_schema(request=None, public=True)
    request = SimpleNamespace(user=UserFactory(is_superuser=True), auth=None, query_params={})
    refused, tried, taken = {}, 0, 0
    for path, method, command in commands():
        operation = document["paths"].get(path.replace("{pk}", "{id}"), {}).get(method, {})
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content is None:
            continue
        example = content["examples"]["example"]
        name = example.get("$ref", "").rsplit("/", 1)[-1]
        value = document["components"]["examples"].get(name, example)["value"]
        serializer = command(data=value, context={"request": request, "view": None})
        tried += 1
        taken += serializer.is_valid()
        codes = {error.code for error in leaves(serializer.errors)}
        if codes - OF_THE_CASE:
            refused[f"{method} {path}"] = serializer.errors

    assert {path: str(errors)[:200] for path, errors in refused.items()} == {}
    assert tried > 250
    assert taken > tried / 2


def test_the_rules_that_examples_name_exist():
    text = json.dumps(SchemaGenerator().get_schema(request=None, public=True), default=str)

    named = set(re.findall(r'\\?"rule\\?": \\?"([^"\\]+)', text))

    assert len(named) > 1
    assert named <= rules.keys()

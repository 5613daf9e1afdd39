"""
Swagger definitions of answers: what a reader may rely on, not what a writer must obey.

drf-yasg derives one schema from a serializer; a blank text that is fine to read would be refused
by the `minLength` that holds for writing.
"""

from collections.abc import Iterator
from typing import Any

WRITING_ONLY = ("minLength", "default")


def loosen_outputs(schema: Any) -> None:
    """Drop the writing-only limits from every definition that no request body uses."""
    definitions = schema.get("definitions") or {}
    inputs = _reached(set(_body_references(schema.get("paths") or {})), definitions)
    for name, definition in definitions.items():
        if name not in inputs:
            _loosen(definition)


def _loosen(node: Any) -> None:
    for child in _nodes(node):
        for key in WRITING_ONLY:
            child.pop(key, None)


def _nodes(node: Any) -> Iterator[Any]:
    """Every mapping in a tree that is a schema, properties' own names apart."""
    if isinstance(node, dict):
        if "type" in node or "$ref" in node or "allOf" in node:
            yield node
        for child in list(node.values()):
            yield from _nodes(child)
    elif isinstance(node, (list, tuple)):
        for child in node:
            yield from _nodes(child)


def _body_references(paths: Any) -> Iterator[str]:
    for item in paths.values():
        for operation in item.values():
            if not hasattr(operation, "get"):
                continue
            for parameter in operation.get("parameters") or []:
                if parameter.get("in") == "body":
                    yield from _references(parameter)


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].rsplit("/", 1)[-1]
        for child in node.values():
            yield from _references(child)
    elif isinstance(node, (list, tuple)):
        for child in node:
            yield from _references(child)


def _reached(names: set[str], definitions: Any) -> set[str]:
    """The names and all that they refer to, near and far."""
    found: set[str] = set()
    while names:
        name = names.pop()
        if name not in found:
            found.add(name)
            names |= set(_references(definitions.get(name, {})))
    return found

"""
Examples for the schemas of both API documents, made in one place.

A value is made from the schema it stands in: choices, geometry, names, formats, limits. What is
made fits its schema, which a test checks for every one. A serializer that knows better says so with
`example_values`, a part of its example; it counts where the serializer's component is shown.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from rest_framework import serializers

from common.api.example_values import (
    ENDINGS,
    FORMATS,
    GEOMETRIES,
    NAMES,
    NOTHING,
    SERIES,
    UNUSUAL,
    USUALLY_YES,
)

PLAIN_TEXT = "Text"
DEEPEST = 8


class Examples:
    """Makes the examples of one document out of its components."""

    def __init__(self, components: Mapping[str, Any]) -> None:
        self.components = components
        self.known = dict(_declared(serializers.Serializer))
        self.made: dict[str, Any] = {}
        self.unnamed: set[str] = set()

    def of(self, schema: Any, name: str = "", owner: tuple[str, ...] = ()) -> Any:
        """A value that fits a schema; `owner` are the components around it."""
        schema = _settled(schema)
        reference = schema.get("$ref")
        if reference:
            return self._of_component(reference.rsplit("/", 1)[-1], owner)
        return self._of_value(schema, name, owner)

    def _of_component(self, component: str, owner: tuple[str, ...]) -> Any:
        if component in owner or len(owner) > DEEPEST:
            return NOTHING
        if component not in self.made:
            value = self.of(self.components[component], component, (*owner, component))
            declared = self.known.get(component.removesuffix("Request").removeprefix("Patched"))
            if declared and isinstance(value, dict):
                value = {k: v for k, v in {**value, **declared}.items() if v is not NOTHING}
            if owner:
                # Cut short by what stands around it: another place may show more.
                return value
            self.made[component] = value
        return self.made[component]

    def _of_value(self, schema: Any, name: str, owner: tuple[str, ...]) -> Any:
        kind = _kind(schema)
        if _is_nullable(schema) and name.startswith(UNUSUAL):
            return None
        if schema.get("enum"):
            return _chosen(schema["enum"])
        if kind == "object" or "properties" in schema:
            return self._of_object(schema, name, owner)
        if kind == "array":
            return self._of_list(schema, name, owner)
        return self._of_leaf(schema, name, kind, owner)

    def _of_object(self, schema: Any, name: str, owner: tuple[str, ...]) -> dict[str, Any]:
        properties = schema.get("properties") or {}
        if set(properties) == {"type", "coordinates"}:
            shape = properties["type"]["enum"][0]
            return {"type": shape, "coordinates": GEOMETRIES[shape]}
        found = {key: self.of(inner, key, owner) for key, inner in properties.items()}
        required = schema.get("required") or ()
        found = {k: v for k, v in found.items() if v is not NOTHING or k in required}
        inner = schema.get("additionalProperties")
        if not properties and isinstance(inner, dict) and inner:
            value = self.of(inner, name.removesuffix("s"), owner)
            return {} if value in (NOTHING, {}) else {_member(name): value}
        return found

    def _of_list(self, schema: Any, name: str, owner: tuple[str, ...]) -> list[Any]:
        items = schema.get("items") or {}
        value = self.of(items, name, owner)
        least = max(1, schema.get("minItems") or 1)
        if value is NOTHING or (not items and not schema.get("minItems")):
            return []
        return [value] * least

    def _of_leaf(self, schema: Any, name: str, kind: str | None, owner: tuple[str, ...]) -> Any:
        if kind is None:
            return next((v for v in NAMES.get(name, ()) if not isinstance(v, str)), {})
        series = [v for k, v in SERIES.items() if owner and owner[-1].startswith(k)]
        likely = series if name == "number" else []
        for value in (*likely, *_candidates(name, schema, kind)):
            if fits(value, schema, kind):
                return value
        if kind == "string":
            self.unnamed.add(name)
            return PLAIN_TEXT[: schema.get("maxLength") or None]
        return _number(schema, kind)


def fits(value: Any, schema: Any, kind: str) -> bool:
    """Whether a value is of the kind that a leaf of a schema wants and within its limits."""
    if value is None:
        return _is_nullable(schema)
    if kind == "string":
        return isinstance(value, str) and _fits_text(value, schema)
    if kind == "boolean":
        return isinstance(value, bool)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    if kind == "integer" and not isinstance(value, int):
        return False
    return _least(schema, kind) <= value <= _most(schema, kind)


def _fits_text(value: str, schema: Any) -> bool:
    form = schema.get("format")
    if form in SHAPES and not re.fullmatch(SHAPES[form], value):
        return False
    if not (schema.get("minLength") or 0) <= len(value) <= (schema.get("maxLength") or len(value)):
        return False
    pattern = schema.get("pattern")
    return pattern is None or re.search(pattern, value) is not None


SHAPES = {
    "date-time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)",
    "date": r"\d{4}-\d\d-\d\d",
    "time": r"\d\d:\d\d:\d\d",
    "email": r"[^@]+@[^@]+",
    "uri": r"https?://.+",
    "decimal": r"-?\d+(\.\d+)?",
}


def _candidates(name: str, schema: Any, kind: str) -> Iterator[Any]:
    """What a leaf may hold, the likeliest first."""
    if schema.get("format") == "uri" and name in ("next", "previous") and _is_nullable(schema):
        yield None
    yield from NAMES.get(name, ())
    singular = name.removesuffix("s")
    yield from NAMES.get(singular, ())
    for ending, values in ENDINGS:
        if f"_{name}".endswith(ending) or f"_{singular}".endswith(ending):
            yield from values
    last = name.rsplit("_", 1)[-1]
    yield from NAMES.get(last, ())
    if kind == "boolean":
        yield name.startswith(USUALLY_YES)
    yield FORMATS.get(schema.get("format", ""))
    if schema.get("format") == "decimal":
        yield from ("10.00", "10.0", "10", "1.00", "1.5", "1", "0.50")
    if schema.get("pattern"):
        yield from PATTERNED


PATTERNED = ("SRV-1", "survey", "SURVEY", "1042117", "204117", "AU", "AUD", "YSCB", "v1", "#1f6feb")


def _number(schema: Any, kind: str) -> Any:
    least, most = _least(schema, kind), _most(schema, kind)
    value = 2 if least <= 2 <= most else least if least > 2 else most
    return int(value) if kind == "integer" else float(value)


def _least(schema: Any, kind: str) -> float:
    least = schema.get("minimum")
    edge = schema.get("exclusiveMinimum")
    if edge is True or (edge is not None and edge is not False):
        return (least if edge is True else edge) + (1 if kind == "integer" else 1e-6)
    return float("-inf") if least is None else least


def _most(schema: Any, kind: str) -> float:
    most = schema.get("maximum")
    edge = schema.get("exclusiveMaximum")
    if edge is True or (edge is not None and edge is not False):
        return (most if edge is True else edge) - (1 if kind == "integer" else 1e-6)
    return float("inf") if most is None else most


def _settled(schema: Any) -> Any:
    """The schema behind one that only says that it may be null as well."""
    for word in ("allOf", "oneOf", "anyOf"):
        parts = [part for part in schema.get(word) or () if part.get("type") != "null"]
        if parts:
            return parts[0]
    return schema


def _kind(schema: Any) -> str | None:
    kind = schema.get("type")
    if isinstance(kind, (list, tuple)):
        kind = next((each for each in kind if each != "null"), None)
    return kind


def _is_nullable(schema: Any) -> bool:
    kind = schema.get("type")
    return bool(schema.get("x-nullable")) or (isinstance(kind, (list, tuple)) and "null" in kind)


def _chosen(choices: Any) -> Any:
    """The first choice that says something."""
    return next((each for each in choices if each not in ("", None)), choices[0])


def _member(name: str) -> str:
    return {"answers": "1", "weights": "distance"}.get(name, "F2-DAILY")


def _declared(base: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Component names of serializers with examples of their own."""
    for each in base.__subclasses__():
        own = vars(each).get("example_values")
        if own:
            yield each.__name__.removesuffix("Serializer"), own
        yield from _declared(each)

"""What a complete document of the API has, counted operation by operation."""

import json
import re
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft4Validator, Draft202012Validator

VERBS = ("get", "post", "put", "patch", "delete")
PROBLEM = "application/problem+json"
ALWAYS = {400, 406, 429, 503}
WRITES = {"post": {409, 413, 415}, "patch": {409, 413, 415}, "put": {409, 413, 415}}
MONEY = re.compile(r"(^|_)(amount|price|total|net|tax|deposit|balance|debit|credit|fee|cost)$")
TIME = re.compile(r"(?<!opens)(?<!closes)(?<!starts)(?<!ends)_at$")
GEOMETRY = {"Point", "LineString", "Polygon", "MultiPolygon", "MultiPoint", "MultiLineString"}
MADE_UP = "Text"
MEASURES = (
    "summary",
    "description",
    "tag",
    "parameters",
    "request_example",
    "response_example",
    "errors",
)


class Document:
    """One API document, of either kind, with its references at hand."""

    def __init__(self, content: dict[str, Any]) -> None:
        self.content = content
        self.is_swagger = "swagger" in content
        self.base = content.get("basePath", "").rstrip("/")
        self.tags = {tag["name"] for tag in content.get("tags", []) if tag.get("description")}
        key = "definitions" if self.is_swagger else "components"
        found = content[key] if self.is_swagger else content[key]["schemas"]
        self.components: dict[str, Any] = found
        root = {"definitions": found} if self.is_swagger else {"components": {"schemas": found}}
        self.root = _strict(root) if self.is_swagger else root

    def operations(self) -> Iterator[tuple[str, str, dict[str, Any], list[Any]]]:
        """Path, verb, operation, and its parameters with those of the address."""
        for path, item in self.content["paths"].items():
            for verb in VERBS:
                if verb in item:
                    operation = item[verb]
                    shared = item.get("parameters") or []
                    yield (
                        self.base + path,
                        verb,
                        operation,
                        shared + operation.get("parameters", []),
                    )

    def resolved(self, node: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in node:
            at: Any = self.content
            for step in node["$ref"].removeprefix("#/").split("/"):
                at = at[step.replace("~1", "/")]
            node = at
        return node

    def faults(self, schema: Any, value: Any) -> list[str]:
        """Where a value does not fit a schema of this document."""
        kind = Draft4Validator if self.is_swagger else Draft202012Validator
        own = _strict(schema) if self.is_swagger else schema
        found = kind({**self.root, "allOf": [own]}).iter_errors(value)
        return [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:120]}" for e in found]

    def contents(self, answer: dict[str, Any]) -> Iterator[tuple[Any, list[Any]]]:
        """Schema and examples of each kind of body that an answer or a request may have."""
        if self.is_swagger:
            examples = answer.get("examples") or {}
            if answer.get("schema") or examples:
                yield answer.get("schema"), list(examples.values())
            return
        for content in (answer.get("content") or {}).values():
            named = (content.get("examples") or {}).values()
            yield content.get("schema"), [self.resolved(each)["value"] for each in named]


def measure(content: dict[str, Any], public: set[tuple[str, str]]) -> dict[str, Any]:
    """How many operations have what, and which fall short of it."""
    document = Document(content)
    short: dict[str, list[str]] = {name: [] for name in MEASURES}
    counted = dict.fromkeys(MEASURES, 0)
    total = bodies = 0
    for path, verb, operation, parameters in document.operations():
        total += 1
        headers = {p["name"]: p.get("required", False) for p in parameters if p["in"] == "header"}
        is_public = (re.sub(r"\{\w+\}", "{}", path), verb) in public
        wanted = _wanted((path, verb), headers, is_public)
        bodies += int(_takes_body(document, operation, parameters))
        found = {
            "summary": _summary(operation),
            "description": _description(operation),
            "tag": [] if _is_tagged(document, operation) else ["not one known tag"],
            "parameters": [p["name"] for p in parameters if not p.get("description")],
            "request_example": list(_request_faults(document, operation, parameters)),
            "response_example": list(_response_faults(document, operation)),
            "errors": list(_error_faults(document, operation, headers, wanted)),
        }
        for name, faults in found.items():
            counted[name] += not faults
            if faults:
                short[name].append(f"{verb} {path}: {'; '.join(map(str, faults))[:300]}")
    fields, untyped = _typing(document)
    return {
        "kind": "Swagger 2.0" if document.is_swagger else "OpenAPI 3.1",
        "operations": total,
        "with_body": bodies,
        "complete": counted,
        "typed_fields": fields,
        "untyped_fields": untyped,
        "short": {name: rows for name, rows in short.items() if rows},
    }


def _summary(operation: dict[str, Any]) -> list[str]:
    return [] if operation.get("summary") else ["none"]


def _description(operation: dict[str, Any]) -> list[str]:
    """A description that says no more than the summary is none."""
    if "Example: `{" in operation.get("description", ""):
        return ["an example in the text that is no JSON"]
    plain = [_plain(operation.get(name, "")) for name in ("summary", "description")]
    return [] if plain[1] and plain[1] != plain[0] else [operation.get("summary", "")]


def _plain(text: str) -> str:
    return re.sub(r"\W+", " ", text).strip().lower()


def _is_tagged(document: Document, operation: dict[str, Any]) -> bool:
    tags = operation.get("tags", [])
    return len(tags) == 1 and tags[0] in document.tags


def _takes_body(document: Document, operation: dict[str, Any], parameters: list[Any]) -> bool:
    if document.is_swagger:
        return any(p["in"] in ("body", "formData") for p in parameters)
    return "requestBody" in operation


def _request_faults(
    document: Document, operation: dict[str, Any], parameters: list[Any]
) -> Iterator[str]:
    if not document.is_swagger:
        for schema, examples in document.contents(operation.get("requestBody") or {}):
            yield from _example_faults(document, schema, examples)
        return
    for parameter in parameters:
        if parameter["in"] == "body":
            example = document.resolved(parameter["schema"]).get("example")
            yield from _example_faults(
                document, parameter["schema"], [] if example is None else [example]
            )
        elif parameter["in"] == "formData" and "x-example" not in parameter:
            yield f"no example of {parameter['name']}"


def _response_faults(document: Document, operation: dict[str, Any]) -> Iterator[str]:
    succeeded = [s for s in operation["responses"] if s.startswith("2")]
    if not succeeded:
        yield "no answer that succeeds"
    for status in succeeded:
        answer = document.resolved(operation["responses"][status])
        if not answer.get("description"):
            yield f"{status} is not described"
        for schema, examples in document.contents(answer):
            yield from _example_faults(document, schema, examples)


def _example_faults(document: Document, schema: Any, examples: list[Any]) -> Iterator[str]:
    if not examples:
        yield "no example"
    for example in examples:
        if MADE_UP in json.dumps(example).split('"'):
            yield "a placeholder in the example"
        if schema is not None:
            yield from document.faults(schema, example)


def _wanted(place: tuple[str, str], headers: dict[str, bool], is_public: bool) -> set[int]:
    """The statuses that an operation's address, method and headers can lead to."""
    path, verb = place
    wanted = ALWAYS | WRITES.get(verb, set())
    if not is_public:
        wanted |= {401, 403}
    if "{" in path:
        wanted.add(404)
    if "Idempotency-Key" in headers:
        wanted.add(422)
    if "If-Match" in headers:
        wanted |= {412, 428} if headers["If-Match"] else {412}
    return wanted


def _error_faults(
    document: Document, operation: dict[str, Any], headers: dict[str, bool], wanted: set[int]
) -> Iterator[str]:
    given = {int(status) for status in operation["responses"]}
    if wanted - given:
        yield f"not described: {sorted(wanted - given)}"
    if 428 in given and not headers.get("If-Match"):
        yield "428 without a header that is needed"
    for status in sorted(s for s in given if s >= 400):
        answer = document.resolved(operation["responses"][str(status)])
        for schema, examples in document.contents(answer):
            yield from _example_faults(document, schema, examples)
            wrong = [e for e in examples if e["status"] != status or e["code"] not in e["type"]]
            if wrong:
                yield f"{status}: the example is of another refusal"


def _typing(document: Document) -> tuple[int, list[str]]:
    """Fields that hold money, moments or geometry, and those of them that are not typed so."""
    counted, untyped = 0, []
    for component, schema in document.components.items():
        for name, field in (schema.get("properties") or {}).items():
            right = _is_typed(name, _alone(field))
            counted += right is not None
            if right is False:
                untyped.append(f"{component}.{name}")
    return counted, untyped


def _is_typed(name: str, field: dict[str, Any]) -> bool | None:
    """None for a field that need not be a number of money, a moment or a geometry."""
    kind, form = field.get("type"), field.get("format")
    if form == "decimal":
        return kind == "string" and "pattern" in field
    if set(field.get("properties") or {}) == {"type", "coordinates"}:
        return set(field["properties"]["type"].get("enum", ())) <= GEOMETRY
    if kind == "number" and MONEY.search(name):
        return False
    if kind == "string" and TIME.search(name):
        return form in ("date-time", "time")
    return None


def _alone(field: dict[str, Any]) -> dict[str, Any]:
    kind = field.get("type")
    if isinstance(kind, list):
        return {**field, "type": next(each for each in kind if each != "null")}
    return field


def _strict(node: Any) -> Any:
    """A Swagger 2.0 schema as JSON schema: what may be null says so."""
    if isinstance(node, list):
        return [_strict(each) for each in node]
    if not isinstance(node, dict):
        return node
    made = {key: _strict(value) for key, value in node.items() if key != "example"}
    if made.pop("x-nullable", False) is True:
        return {"anyOf": [made, {"type": "null"}]}
    return made

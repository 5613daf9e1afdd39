"""
The last hand at both API documents: what is alike in them is said once, and examples are added.

Refusals without codes of their own share one described answer for each status. Answers and bodies
get the examples that `examples` makes of their schemas, so both documents show the same ones.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from common.api.example_values import DETAILS
from common.api.examples import Examples
from common.api.problems import CONTENT_TYPE, TITLES
from common.api.tags import TAGS
from common.api.texts import BODY, EXAMPLE_KEYS, PAGING, key_text
from common.exceptions import DomainError

JSON = "application/json"
WRITTEN = re.compile(r"(?:Example:\s+)`(\{[^`]*\})`\.?")
VERBS = ("get", "post", "put", "patch", "delete")
STREAM = 'id: 1773448200000-0\nevent: changed\ndata: {"operation": "FO-2026-0042"}\n\n'
TEXTS: dict[str, Any] = {
    "text/event-stream": STREAM,
    "text/calendar": "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n",
    "application/geo+json": {"type": "FeatureCollection", "features": []},
    "application/vnd.google-earth.kml+xml": "<kml><Document/></kml>",
}
RETRY_AFTER = ("Retry-After", "integer", "Seconds to wait.")
HEADERS = {
    401: ("WWW-Authenticate", "string", "The scheme to come back with."),
    429: RETRY_AFTER,
    503: RETRY_AFTER,
}
# (code, detail) of what refuses any request.
GENERAL: dict[int, tuple[str, str]] = {
    400: ("invalid", "The request is not valid."),
    401: ("not_authenticated", "Authentication credentials were not provided."),
    403: ("permission_denied", "You do not have permission to perform this action."),
    404: ("not_found", "There is nothing here that you may see."),
    406: ("not_acceptable", "Could not satisfy the request Accept header."),
    409: ("already_exists", "A record with these values already exists."),
    410: ("gone", "This is no longer there."),
    412: ("stale_version", "The record was changed since it was read: version 2 is now 3."),
    413: ("too_large", "The request body is too large."),
    415: ("unsupported_media_type", 'Unsupported media type "text/plain" in request.'),
    422: ("idempotency_key_reused", "This Idempotency-Key was used for another request."),
    428: (
        "precondition_required",
        "Send If-Match with the ETag you read, so that no change is lost.",
    ),
    429: ("throttled", "Request was throttled. Expected available in 12 seconds."),
    503: ("unavailable", "The database cannot be reached. Try again shortly."),
}


def complete_swagger(document: Any) -> None:
    """Finish a Swagger 2.0 document."""
    definitions = document["definitions"]
    examples = Examples(definitions)
    shared: dict[str, Any] = {}
    for path, item in document["paths"].items():
        for parameter in item.get("parameters") or ():
            _describe_key(parameter, path, parameter)
        for operation in _operations(item):
            written = _written_example(operation)
            for parameter in operation.get("parameters") or ():
                _complete_input(parameter, examples, definitions, written)
            produced = (operation.get("produces") or [JSON])[0]
            for status, answer in operation["responses"].items():
                operation["responses"][status] = _swagger_answer(
                    int(status), answer, shared, examples, produced
                )
    document["responses"] = dict(sorted(shared.items()))


def complete_openapi(result: Any, **_: Any) -> Any:
    """Finish an OpenAPI 3.1 document; a hook of drf-spectacular's."""
    components = result["components"]
    examples = Examples(components["schemas"])
    named: dict[str, Any] = {}
    shared: dict[str, Any] = {}
    for path, item in result["paths"].items():
        for operation in _operations(item):
            for parameter in operation.get("parameters") or ():
                _describe_key(parameter, path, parameter["schema"])
            _openapi_body(operation, examples, named)
            for status, answer in operation["responses"].items():
                operation["responses"][status] = _openapi_answer(
                    int(status), answer, shared, examples, named
                )
    components["responses"] = dict(sorted(shared.items()))
    components["examples"] = dict(sorted(named.items()))
    result["tags"] = [{"name": name, "description": text} for name, text in TAGS]
    _tidy(result)
    return result


def _operations(item: Mapping[str, Any]) -> Iterator[Any]:
    return (item[verb] for verb in VERBS if verb in item)


def _describe_key(parameter: Any, path: str, schema: Any) -> None:
    name = parameter["name"]
    if parameter["in"] == "path":
        parameter["description"] = key_text(path, name)
        example = EXAMPLE_KEYS.get(name)
        if example is not None and (schema.get("type") == "integer") == isinstance(example, int):
            parameter["x-example" if parameter is schema else "example"] = example
    elif name in PAGING:
        parameter["description"] = PAGING[name]


def _written_example(operation: Any) -> Any:
    """The body that the docstring gives as an example, taken out of the description."""
    found = WRITTEN.search(operation["description"])
    takes_body = "requestBody" in operation or any(
        parameter["in"] == "body" for parameter in operation.get("parameters") or ()
    )
    body = _parsed(found[1]) if found and takes_body else None
    if found is None or body is None:
        return None
    before, after = (
        operation["description"][: found.start()],
        operation["description"][found.end() :],
    )
    operation["description"] = f"{before.rstrip()}{after}".strip()
    return body


def _parsed(text: str) -> Any:
    """A body as a docstring shows it, or None for one that is only hinted at."""
    try:
        return json.loads(" ".join(text.split()))
    except json.JSONDecodeError:
        return None


def _whole(written: Any, made: Any) -> Any:
    """A written example with what it cuts short, such as a hash, taken from the made one."""
    return {
        name: made[name] if isinstance(value, str) and value.endswith("...") else value
        for name, value in written.items()
    }


def _complete_input(parameter: Any, examples: Examples, definitions: Any, written: Any) -> None:
    """Text and example of what a body, form or query parameter of a Swagger document holds."""
    place, name = parameter["in"], parameter["name"]
    if place == "body" and "$ref" in parameter["schema"]:
        parameter["description"] = BODY
        shape = definitions[parameter["schema"]["$ref"].rsplit("/", 1)[-1]]
        made = examples.of(parameter["schema"])
        example = made if written is None else _whole(written, made)
        if shape.setdefault("example", example) != example:
            # Several operations take this shape, each with an example of its own.
            parameter["schema"] = {"allOf": [dict(parameter["schema"])], "example": example}
    elif place == "formData":
        parameter["description"] = parameter.get("description") or "A part of the form."
        parameter["x-example"] = examples.of(parameter, name)
    elif name in PAGING:
        parameter["description"] = PAGING[name]


def _swagger_answer(
    status: int, answer: Any, shared: Any, examples: Examples, produced: str
) -> Any:
    if status >= 400:
        codes = answer.pop("x-codes", None) or []
        answer["examples"] = {CONTENT_TYPE: problem_example(status, *codes[:1])}
        if status in HEADERS:
            name, kind, text = HEADERS[status]
            answer["headers"] = {name: {"type": kind, "description": text}}
        return _share(status, codes, answer, shared, "#/responses/")
    answer["description"] = answer.get("description") or _done(status)
    if answer.get("schema"):
        answer["examples"] = {JSON: examples.of(answer["schema"])}
    elif produced in TEXTS:
        answer["examples"] = {produced: TEXTS[produced]}
    return answer


def _openapi_answer(
    status: int, answer: Any, shared: Any, examples: Examples, named: dict[str, Any]
) -> Any:
    if status >= 400:
        codes = answer.pop("x-codes", None) or []
        content = answer["content"][CONTENT_TYPE]
        content["examples"] = _problem_references(status, codes, named)
        if status in HEADERS:
            name, kind, text = HEADERS[status]
            answer["headers"] = {name: {"schema": {"type": kind}, "description": text}}
        return _share(status, codes, answer, shared, "#/components/responses/")
    answer["description"] = answer.get("description") or _done(status)
    for media, content in (answer.get("content") or {}).items():
        if media in TEXTS:
            content["examples"] = {"example": {"value": TEXTS[media]}}
        else:
            _add_example(content, examples, named)
    return answer


def _openapi_body(operation: Any, examples: Examples, named: dict[str, Any]) -> None:
    body = operation.get("requestBody")
    if body is None:
        return
    if "description" in body:
        # Bytes say themselves what they are.
        return
    body["description"] = BODY
    written = _written_example(operation)
    for content in body["content"].values():
        if written is None:
            _add_example(content, examples, named)
        else:
            whole = _whole(written, examples.of(content["schema"]))
            content["examples"] = {"example": {"value": whole}}


def _add_example(content: Any, examples: Examples, named: dict[str, Any]) -> None:
    """Refer to the example of the component, or of the list of it, that a content holds."""
    schema = content.get("schema") or {}
    inner = schema.get("items") or schema
    reference = inner.get("$ref")
    if reference is None:
        content["examples"] = {"example": {"value": examples.of(schema)}}
        return
    name = reference.rsplit("/", 1)[-1] + ("Rows" if inner is not schema else "")
    if name not in named:
        named[name] = {"value": examples.of(schema)}
    content["examples"] = {"example": {"$ref": f"#/components/examples/{name}"}}


def _problem_references(status: int, codes: list[str], named: dict[str, Any]) -> Any:
    found = {}
    for code in codes or [GENERAL[status][0]]:
        name = f"Problem{status}_{code}"
        if name not in named:
            named[name] = {"value": problem_example(status, code)}
        found[code] = {"$ref": f"#/components/examples/{name}"}
    return found


def _share(status: int, codes: list[str], answer: Any, shared: Any, place: str) -> Any:
    """An answer that has nothing of its own, by reference."""
    if codes:
        return answer
    name = f"Problem{status}"
    shared.setdefault(name, answer)
    return {"$ref": place + name}


def _done(status: int) -> str:
    return {201: "Made.", 202: "Taken; it is done in the background."}.get(status, "Done.")


def problem_example(status: int, code: str = "") -> dict[str, Any]:
    """A problem document as this refusal answers it."""
    general, detail = GENERAL[status]
    code = code or general
    errors = {}
    if status == 400:
        entry = {"pointer": "/planned_start_at", "code": "required", "message": "Is required."}
        errors = {"errors": [entry]}
    known = _domain_errors().get((status, code))
    details: dict[str, Any] = {}
    if known is not None:
        details = {name: _detail(name) for name in re.findall(r"\{(\w+)", known.message)}
        detail = known.message.format(**details)
        errors = {}
    return {
        "type": f"/problems/{code}",
        "title": TITLES[status],
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": "5f1c2d3e4b5a",
        **errors,
        **({"details": details} if details else {}),
    }


def _detail(name: str) -> Any:
    if name in DETAILS:
        return DETAILS[name]
    return Examples({}).of({"type": "string"}, name)


@cache
def _domain_errors() -> dict[tuple[int, str], type[DomainError]]:
    return {(each.status, each.code): each for each in _below(DomainError)}


def _below(base: type[DomainError]) -> Iterator[type[DomainError]]:
    for each in base.__subclasses__():
        yield each
        yield from _below(each)


def _tidy(node: Any) -> None:
    """Drop marks that nobody reads; of "anything, or null" leave anything, which null is too."""
    if isinstance(node, dict):
        node.pop("x-spec-enum-id", None)
        if {} in (node.get("oneOf") or ()):
            del node["oneOf"]
        for child in node.values():
            _tidy(child)
    elif isinstance(node, list):
        for child in node:
            _tidy(child)

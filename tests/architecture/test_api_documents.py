"""The Swagger 2.0 and the OpenAPI 3.1 document describe the same API, and describe it whole."""

import json
import logging
import re
import warnings
from collections.abc import Iterator
from copy import deepcopy
from types import SimpleNamespace
from typing import Any

import pytest
from django.urls import get_resolver
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator

from benchmarks.api_documents import is_complete, text_of
from benchmarks.api_measures import measure
from common.api.docs import SwaggerGenerator
from common.api.tags import TAGS
from config.api_info import INFO
from tests.architecture.routes import METHODS, api_routes, public_addresses

EDITS = ("patch", "put")
# Edits of what is one's own, or of what has another way of not being lost.
UNVERSIONED = {
    ("/api/me/", "patch"),
    ("/api/client-management/uploads/{}/", "patch"),
}


@pytest.fixture(scope="module")
def documents() -> SimpleNamespace:
    """Both documents as generated, with whatever the generators complained of."""
    heard = _Listener()
    logger = logging.getLogger("drf_yasg")
    logger.addHandler(heard)
    get_resolver().url_patterns  # noqa: B018 - what importing warns of is not ours
    with warnings.catch_warnings(record=True) as warned, GENERATOR_STATS.silence():
        warnings.simplefilter("always")
        swagger = SwaggerGenerator(INFO).get_schema(None, True)
        openapi = SchemaGenerator().get_schema(request=None, public=True)
    logger.removeHandler(heard)
    swagger, openapi = json.loads(json.dumps([swagger, openapi]))
    told = [str(warning.message) for warning in warned]
    complaints = [*told, *heard.lines, *GENERATOR_STATS._warn_cache, *GENERATOR_STATS._error_cache]  # noqa: SLF001
    return SimpleNamespace(swagger=swagger, openapi=openapi, complaints=complaints)


class _Listener(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """Operations by path as it is asked for and method."""
    base = document.get("basePath", "").rstrip("/")
    return {
        (re.sub(r"\{\w+\}", "{}", base + path), method): operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


def test_the_generators_complain_of_nothing(documents):
    assert documents.complaints == []


def test_both_documents_list_the_same_operations_and_all_that_are_served(documents):
    swagger, openapi = operations(documents.swagger), operations(documents.openapi)
    served = {
        (re.sub(r"\{\w+\}", "{}", f"/api/{route.path}"), route.method.lower())
        for route in api_routes()
    } - {("/api/openapi.json", "get")}

    assert set(swagger) == set(openapi) == served
    assert (documents.swagger["swagger"], documents.openapi["openapi"]) == ("2.0", "3.1.0")


@pytest.mark.parametrize("name", ["swagger", "openapi"])
def test_every_operation_says_what_it_is(documents, name):
    found = operations(getattr(documents, name))
    ids = [operation["operationId"] for operation in found.values()]
    known = {tag for tag, _ in TAGS}

    assert len(set(ids)) == len(ids)
    assert len(known) == len(TAGS)
    assert [key for key, op in found.items() if not op.get("summary")] == []
    assert [key for key, op in found.items() if set(op.get("tags", [])) - known] == []
    assert [key for key, op in found.items() if len(op.get("tags", [])) != 1] == []


def test_summaries_tags_and_statuses_agree_in_both(documents):
    swagger, openapi = operations(documents.swagger), operations(documents.openapi)

    differing = {
        key: (_told(swagger[key]), _told(openapi[key]))
        for key in swagger
        if _told(swagger[key]) != _told(openapi[key])
    }

    assert differing == {}


@pytest.mark.parametrize("name", ["swagger", "openapi"])
def test_every_operation_documents_its_refusals(documents, name):
    public = public_addresses()
    missing = {}
    for (path, method), operation in operations(getattr(documents, name)).items():
        wanted = {"400", "429", "503"}
        if (path, method) not in public:
            wanted |= {"401", "403"}
        if "{}" in path:
            wanted.add("404")
        if method == "post":
            wanted |= {"409", "415"}
        if method in EDITS:
            wanted |= {"409", "415"}
        if method in EDITS and (path, method) not in UNVERSIONED:
            wanted |= {"412", "428"}
        lacking = wanted - set(operation["responses"])
        if lacking:
            missing[path, method] = lacking

    assert missing == {}


@pytest.mark.parametrize("name", ["swagger", "openapi"])
def test_every_operation_is_described_whole_with_examples_that_fit(documents, name):
    found = measure(getattr(documents, name), public_addresses())

    assert is_complete(found), text_of({**found, "bytes": 0, "made_s": 0}, 10)
    assert set(found["complete"].values()) == {found["operations"]}
    assert found["typed_fields"] > 600


def test_what_is_not_whole_is_told(documents):
    """The control: one operation that lacks everything."""
    broken = deepcopy(documents.openapi)
    broken["paths"] = {"/api/x/{id}/": deepcopy(broken["paths"]["/api/rpas/operators/{id}/"])}
    operation = broken["paths"]["/api/x/{id}/"]["patch"]
    operation["description"] = operation["summary"]
    operation["tags"] = ["elsewhere"]
    del operation["parameters"][0]["description"], operation["responses"]["412"]
    body = operation["requestBody"]["content"]["application/json"]
    body["examples"] = {"example": {"value": {"name": 7}}}
    del operation["responses"]["200"]["content"]["application/json"]["examples"]
    broken["components"]["schemas"]["Rate"]["properties"]["amount"] = {"type": "number"}

    found = measure(broken, public_addresses())

    assert set(found["short"]) == {
        "description",
        "tag",
        "parameters",
        "request_example",
        "response_example",
        "errors",
    }
    assert found["untyped_fields"] == ["Rate.amount"]


def test_both_documents_answer_with_the_same_shapes(documents):
    swagger, openapi = operations(documents.swagger), operations(documents.openapi)
    differing = {}
    for key, operation in openapi.items():
        for status, answer in operation["responses"].items():
            content = answer.get("content", {}).get("application/json")
            if status.startswith("2") and content:
                shapes = (
                    _shape(content["schema"]),
                    _shape(swagger[key]["responses"][status]["schema"]),
                )
                if len(set(shapes)) > 1:
                    differing[key] = shapes

    assert differing == {}


def _shape(schema: dict[str, Any]) -> str:
    """A page, a list, or one record."""
    if "results" in schema.get("properties", {}) or "/Paginated" in schema.get("$ref", ""):
        return "page"
    return "list" if schema.get("type") == "array" else "one"


def geometries(node: Any) -> Iterator[dict[str, Any]]:
    """The properties of everything that is a GeoJSON geometry."""
    if isinstance(node, list):
        for each in node:
            yield from geometries(each)
    if isinstance(node, dict):
        shape = node.get("properties", {})
        if isinstance(shape, dict) and {"type", "coordinates"} <= set(shape):
            yield shape
        for each in node.values():
            yield from geometries(each)


def _nested(schema: dict[str, Any]) -> str:
    """Lists in lists as brackets; the innermost a position, or whatever the types differ in."""
    if schema.get("type") != "array":
        return "number" if schema.get("type") == "number" else "any"
    is_pair = (schema.get("minItems"), schema.get("maxItems")) == (2, 2)
    return f"[{_nested(schema['items'])}{'x2' if is_pair else ''}]"


@pytest.mark.parametrize("name", ["swagger", "openapi"])
def test_a_geometry_says_how_its_coordinates_are_nested(documents, name):
    document = getattr(documents, name)
    schemas = document["definitions"] if name == "swagger" else document["components"]["schemas"]
    found: dict[tuple[str, ...], set[str]] = {}
    for shape in geometries(schemas):
        types = tuple(shape["type"].get("enum", ()))
        found.setdefault(types, set()).add(_nested(shape["coordinates"]))

    wanted = {
        ("Point",): {"[numberx2]"},
        ("Polygon",): {"[[[numberx2]]]"},
        ("MultiPolygon",): {"[[[[numberx2]]]]"},
        ("Polygon", "MultiPolygon"): {"[[[any]]]"},
    }
    assert {types: found.get(types) for types in wanted} == wanted
    assert {types for types, ways in found.items() if ways & {"[any]", "[]"}} == set()


def test_both_documents_show_the_same_requests(documents):
    swagger, openapi = documents.swagger, documents.openapi
    differing = []
    for key, operation in operations(openapi).items():
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content is None:
            continue
        example = content["examples"]["example"]
        name = example.get("$ref", "").rsplit("/", 1)[-1]
        shown = openapi["components"]["examples"].get(name, example)["value"]
        body = next(p for p in operations(swagger)[key]["parameters"] if p["in"] == "body")
        definition = body["schema"].get("$ref", "").rsplit("/", 1)[-1]
        if shown != swagger["definitions"].get(definition, body["schema"])["example"]:
            differing.append(key)

    assert differing == []


def test_every_operation_documents_what_it_answers_when_it_succeeds(documents):
    silent = [
        key
        for key, operation in operations(documents.swagger).items()
        if not any(status.startswith("2") for status in operation["responses"])
    ]

    assert silent == []


@pytest.mark.parametrize("name", ["swagger", "openapi"])
def test_what_a_question_cannot_do_without_is_required(documents, name):
    described = operations(getattr(documents, name))
    for path, needed in (
        ("/api/operations/response-times/", {"start", "end"}),
        ("/api/operations/passengers/manifest/", {"trip", "leg"}),
        ("/api/aircraft/aircraft/{}/availability/", {"start", "end"}),
        ("/api/aircraft/aircraft/{}/performance/", {"distance_nm"}),
        ("/api/contacts/contacts/{}/merge-preview/", {"merged"}),
        ("/api/airports/sun/", {"at"}),
    ):
        asked = described[path, "get"]["parameters"]
        assert {each["name"] for each in asked if each.get("required")} >= needed, path


def test_refusals_are_problem_documents(documents):
    wrong = []
    for key, operation in operations(documents.openapi).items():
        for status, reference in operation["responses"].items():
            name = reference.get("$ref", "").rsplit("/", 1)[-1]
            answer = documents.openapi["components"]["responses"].get(name, reference)
            content = answer.get("content", {})
            if status.startswith(("4", "5")) and set(content) != {"application/problem+json"}:
                wrong.append((*key, status))

    assert wrong == []


def _told(operation: dict[str, Any]) -> tuple[Any, ...]:
    headers = [
        parameter["name"]
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "header"
    ]
    texts = operation["summary"], operation["description"], operation["tags"]
    return *texts, sorted(headers), sorted(operation["responses"])

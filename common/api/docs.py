"""
Both API documents from one source: drf-yasg's Swagger 2.0 and drf-spectacular's OpenAPI 3.1.

`documented` feeds both; the schema classes add what every operation shares: tags, summaries from
docstrings, and the refusals.
"""

from collections.abc import Callable, Mapping
from inspect import cleandoc
from typing import Any, TypeVar

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import is_list_serializer
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from drf_yasg import openapi
from drf_yasg.generators import OpenAPISchemaGenerator
from drf_yasg.inspectors import SwaggerAutoSchema
from drf_yasg.utils import no_body, swagger_auto_schema

import common.api.extensions  # noqa: F401 - registers what it defines
from common.api.completion import complete_swagger
from common.api.filters import query_parameters
from common.api.inspectors import TIME_OF_DAY, is_blank_allowed
from common.api.outputs import loosen_outputs
from common.api.problems import TITLES
from common.api.refusals import Handler
from common.api.serializers import ProblemSerializer
from common.api.tags import TAGS
from common.api.texts import (
    IDEMPOTENCY_KEY,
    IF_MATCH,
    list_summary,
    list_text,
    read_summary,
    read_text,
)

F = TypeVar("F", bound=Callable[..., Any])
RAW = "The bytes themselves."
RAW_EXAMPLE = "(the bytes of the file)"
ROWS = ("rest_framework.mixins", "common.api.viewsets")
VERSION_HEADER = {"ETag": {"type": "string", "description": "The version of the record."}}
REPLAY_HEADER = {
    "Idempotent-Replay": {
        "type": "string",
        "description": "`true` where the answer is that of an earlier request with the same key.",
    }
}
TYPES = {"string": OpenApiTypes.STR, "integer": OpenApiTypes.INT, "number": OpenApiTypes.FLOAT}


def documented(
    *,
    summary: str = "",
    request: Any = None,
    responses: Mapping[int, Any] | None = None,
    parameters: Mapping[str, tuple[str, str]] | None = None,
    required: tuple[str, ...] = (),
    refusals: tuple[int, ...] = (),
    operation_id: str = "",
    **more: Any,
) -> Callable[[F], F]:
    """
    Describe one operation to both documents.

    `request` is the command serializer (None: no body); `responses` maps status to serializer,
    text or None; `parameters` a query parameter to (type, description), `required` are those it is
    refused without; `refusals` are statuses it has beside the usual ones; `operation_id` is its
    name where the one made from the address is another's.
    """
    answers = dict(responses or {})

    def apply(view: F) -> F:
        swagger: dict[str, Any] = {"responses": {k: _swagger(v) for k, v in answers.items()}}
        openapi3: dict[str, Any] = {"responses": {k: _openapi3(v) for k, v in answers.items()}}
        if summary:
            swagger["operation_summary"] = openapi3["summary"] = summary
        if operation_id:
            swagger["operation_id"] = openapi3["operation_id"] = operation_id
        if request is no_body:
            swagger["request_body"], openapi3["request"] = no_body, None
        elif request is not None:
            swagger["request_body"] = openapi3["request"] = request
        if parameters:
            swagger["manual_parameters"], openapi3["parameters"] = _parameters(parameters, required)
        view = extend_schema(**openapi3)(swagger_auto_schema(**swagger, **more)(view))
        if refusals:
            view.further_errors = refusals  # type: ignore[attr-defined]
        return view

    return apply


def _parameters(
    named: Mapping[str, tuple[str, str]], required: tuple[str, ...]
) -> tuple[list[Any], list[Any]]:
    swagger = [
        openapi.Parameter(name, openapi.IN_QUERY, text, type=kind, required=name in required)
        for name, (kind, text) in named.items()
    ]
    openapi3 = [
        OpenApiParameter(name, TYPES[kind], description=text, required=name in required)
        for name, (kind, text) in named.items()
    ]
    return swagger, openapi3


def documented_action(**description: Any) -> Callable[[F], F]:
    """`documented` for a POST that takes no body; ServiceViewSet refuses one that says anything."""
    describe = documented(request=no_body, **description)

    def apply(view: F) -> F:
        described = describe(view)
        described.takes_no_body = True  # type: ignore[attr-defined]
        return described

    return apply


def _swagger(answer: Any) -> Any:
    return "Done." if answer is None else answer


def _openapi3(answer: Any) -> Any:
    return OpenApiResponse(description=answer) if isinstance(answer, str) else answer


def _first_line(text: str) -> str:
    return text.strip().split("\n", 1)[0].rstrip(".") if text else ""


def _texts(schema: Any, summary: str, paging: str) -> tuple[str, str]:
    """
    Summary and description; of plain lists and rows with what is so for all of them.

    The docstring is taken whole: drf-yasg's own reading drops what follows a word with a colon.
    """
    view = schema.view
    name = getattr(view, "action", None) or schema.method.lower()
    method = getattr(type(view), name, None)
    description = cleandoc(getattr(method, "__doc__", None) or type(view).__doc__ or "")
    summary = summary or _first_line(description) or name
    if name not in ("list", "retrieve") or method.__module__ not in ROWS or view.queryset is None:
        return summary, description or f"{summary}."
    if name == "list":
        summary, more = list_summary(view), list_text(view, paging)
    else:
        has_etag = Handler(view, schema.method, schema.path).gives_etag
        summary, more = read_summary(view), read_text(view, has_etag)
    return summary, f"{description}\n\n{more}"


def _raw_media(view: Any) -> str:
    """The media type of the bytes that an action takes as they are."""
    return str(getattr(view, "raw_actions", {}).get(getattr(view, "action", None), ""))


def _file_schema(media: str) -> dict[str, str]:
    if media.endswith("json"):
        return {"type": "object"}
    return {"type": "string", **({} if media.startswith("text/") else {"format": "binary"})}


def _paging(view: Any) -> str:
    paginator = getattr(view, "pagination_class", None)
    if paginator is None:
        return "All in one answer."
    if hasattr(paginator, "page_query_param"):
        return f"Pages of {paginator.page_size} rows: `page`, `page_size`."
    return f"Steady pages of {paginator.page_size} rows: follow `next`."


def _is_numbered(view: Any) -> bool:
    """Whether a page beyond the last one can be asked for."""
    name = getattr(view, "action", None) or ""
    own = getattr(getattr(view, name, None), "kwargs", {}).get("pagination_class")
    paginator = own or getattr(view, "pagination_class", None)
    return hasattr(paginator, "page_query_param")


def _refused(status: int, codes: list[str]) -> str:
    told = ", ".join(f"`{code}`" for code in codes)
    return f"{TITLES[status]}: {told}." if told else f"{TITLES[status]}."


def _success_headers(handler: Handler) -> dict[str, Any]:
    found = dict(VERSION_HEADER) if handler.gives_etag else {}
    return {**found, **REPLAY_HEADER} if handler.is_idempotent else found


def _request_headers(handler: Handler) -> list[tuple[str, str, bool, str]]:
    """Name, text, whether it is needed, and pattern of the headers that an operation reads."""
    found = list(getattr(handler.view, "request_headers", {}).get(handler.name, ()))
    if handler.is_idempotent:
        key = ("Idempotency-Key", IDEMPOTENCY_KEY, handler.requires_key, "^[!-~]{1,128}$")
        found.append(key)
    if handler.reads_version:
        found.append(("If-Match", IF_MATCH, handler.requires_version, r'^(\*|(W/)?"[0-9]{1,9}")$'))
    return found


class SwaggerSchema(SwaggerAutoSchema):
    """Swagger 2.0: tag of the view, summary from the docstring, every possible refusal."""

    def get_tags(self, operation_keys: Any = None) -> list[str]:
        return [getattr(self.view, "tag", "") or str(self.path.strip("/").split("/")[0])]

    def get_summary_and_description(self) -> tuple[str, str]:
        summary = self.overrides.get("operation_summary") or ""
        return _texts(self, summary, _paging(self.view))

    def get_operation_id(self, operation_keys: Any = None) -> str:
        return "_".join(part.replace("-", "_") for part in (operation_keys or []))

    def get_responses(self) -> Any:
        responses = super().get_responses()
        self._paginate(responses)
        handler = Handler(self.view, self.method, self.path)
        headers = _success_headers(handler)
        for status, answer in responses.items():
            if headers and status.startswith("2"):
                answer["headers"] = headers
        schema = self.serializer_to_schema(ProblemSerializer())
        rows = getattr(responses.get("200"), "schema", None) or {}
        is_paged = "results" in rows.get("properties", {}) and _is_numbered(self.view)
        for status, codes in handler.refusals(is_paged=is_paged).items():
            refusal = openapi.Response(_refused(status, codes), schema=schema, x_codes=codes)
            responses.setdefault(str(status), refusal)
        return responses

    def add_manual_parameters(self, parameters: Any) -> Any:
        found = super().add_manual_parameters(parameters)
        handler = Handler(self.view, self.method, self.path)
        named = [
            openapi.Parameter(
                name, openapi.IN_HEADER, text, required=needed, type="string", pattern=pattern
            )
            for name, text, needed, pattern in _request_headers(handler)
        ]
        return [*found, *named]

    def should_page(self) -> bool:
        """Also the rows of one record, where the action or the view says how they are paged."""
        name = getattr(self.view, "action", None) or ""
        stated = getattr(self.view, "paged_actions", {}).get(name)
        if stated is not None:
            return bool(stated)
        action = getattr(self.view, name, None)
        is_paged = getattr(action, "kwargs", {}).get("pagination_class") is not None
        return is_paged or bool(super().should_page())

    def _paginate(self, responses: Any) -> None:
        """Put the rows that `documented` names for a paginated list into their envelope."""
        schema = getattr(responses.get("200"), "schema", None) or {}
        if self.should_page() and schema.get("type") == openapi.TYPE_ARRAY:
            responses["200"]["schema"] = self.get_paginated_response(schema)

    def get_security(self) -> Any:
        return [] if not self.view.authentication_classes else super().get_security()

    def _raw(self) -> str:
        return _raw_media(self.view)

    def get_consumes(self) -> Any:
        return [self._raw()] if self._raw() else super().get_consumes()

    def get_request_body_parameters(self, consumes: Any) -> Any:
        if not self._raw():
            return super().get_request_body_parameters(consumes)
        schema = openapi.Schema(type="string", format="binary", example=RAW_EXAMPLE)
        return [openapi.Parameter("data", openapi.IN_BODY, RAW, required=True, schema=schema)]

    def get_produces(self) -> list[str]:
        action = getattr(self.view, "action", None) or self.method.lower()
        file = getattr(self.view, "file_actions", {}).get(action)
        return [*([file] if file else super().get_produces()), "application/problem+json"]

    def should_filter(self) -> bool:
        action = getattr(self.view, "action", "")
        return action == "list" or action in getattr(self.view, "filtered_actions", ())


class SwaggerGenerator(OpenAPISchemaGenerator):
    """Adds the tags in the order of a working day."""

    def get_schema(self, request: Any = None, public: bool = False) -> Any:
        schema = super().get_schema(request, public)
        loosen_outputs(schema)
        schema["tags"] = [{"name": name, "description": text} for name, text in TAGS]
        complete_swagger(schema)
        return schema


class OpenApiSchema(AutoSchema):
    """OpenAPI 3.1: the same tags, summaries and refusals as the Swagger document."""

    def get_tags(self) -> list[str]:
        return [getattr(self.view, "tag", "") or super().get_tags()[0]]

    def get_summary(self) -> str:
        return self._told()[0]

    def get_description(self) -> str:  # type: ignore[override]  # as drf-spectacular's own has it
        return self._told()[1]

    def _told(self) -> tuple[str, str]:
        return _texts(self, super().get_summary() or "", _paging(self.view))

    def _get_filter_parameters(self) -> list[Any]:
        found = super()._get_filter_parameters()
        if found:
            texts = {each.name: each.text for each in query_parameters(self.view)}
            for parameter in found:
                parameter["description"] = texts.get(parameter["name"]) or ""
        return found

    def get_override_parameters(self) -> list[Any]:
        handler = Handler(self.view, self.method, self.path)
        found = [
            OpenApiParameter(
                name,
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                required=needed,
                description=text,
                pattern=pattern,
            )
            for name, text, needed, pattern in _request_headers(handler)
        ]
        action = getattr(self.view, "action", "")
        if action != "list" and action not in getattr(self.view, "filtered_actions", ()):
            return found
        # django-filter's own are described by drf-spectacular; these are ours.
        own = [p for p in query_parameters(self.view) if p.name in ("search", "ordering", "fields")]
        return found + [OpenApiParameter(p.name, OpenApiTypes.STR, description=p.text) for p in own]

    def _is_list_view(self, serializer: Any = None) -> bool:
        """A list that answers with one record, such as a statement, says so with its serializer."""
        method = getattr(self.view, getattr(self.view, "action", None) or "", None)
        if serializer is not None and getattr(method, "__module__", ROWS[0]) not in ROWS:
            return bool(is_list_serializer(serializer))
        return bool(super()._is_list_view(serializer))

    def _get_paginator(self) -> Any:
        """Rows that a POST answers with come whole, and so do those of an action that says so."""
        paged = getattr(self.view, "paged_actions", {})
        if self.method != "GET" or paged.get(getattr(self.view, "action", None)) is False:
            return None
        return super()._get_paginator()

    def _get_request_body(self, direction: Any = "request") -> Any:
        media = _raw_media(self.view)
        if not media:
            return super()._get_request_body(direction)
        named = {"example": {"value": RAW_EXAMPLE}}
        content = {"schema": {"type": "string", "format": "binary"}, "examples": named}
        return {"description": RAW, "required": True, "content": {media: content}}

    def _map_serializer_field(self, field: Any, direction: Any, *args: Any, **kwargs: Any) -> Any:
        mapped = super()._map_serializer_field(field, direction, *args, **kwargs)
        if "enum" in mapped and is_blank_allowed(field) and "" not in mapped["enum"]:
            mapped["enum"] = [*mapped["enum"], ""]
        if mapped.get("format") == "time":
            del mapped["format"]
            mapped["pattern"] = TIME_OF_DAY
        if "enum" in mapped and mapped.get("default") not in mapped["enum"]:
            # What counts when nothing is sent may be no choice of its own.
            mapped.pop("default", None)
        return mapped

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        handler = Handler(self.view, self.method, self.path)
        file = getattr(self.view, "file_actions", {}).get(handler.name)
        headers = {
            name: {"schema": {"type": each["type"]}, "description": each["description"]}
            for name, each in _success_headers(handler).items()
        }
        for code, body in bodies.items():
            if headers and code.startswith("2"):
                body["headers"] = headers
            if file and code == "200" and not body.get("content"):
                body["content"] = {file: {"schema": _file_schema(file)}}
        is_paged = _is_numbered(self.view) and "Paginated" in str(bodies.get("200"))
        for status, codes in handler.refusals(is_paged=is_paged).items():
            if str(status) not in bodies:
                bodies[str(status)] = self._refusal(status, codes)
        return bodies

    def _refusal(self, status: int, codes: list[str]) -> Any:
        made = self._get_response_for_code(
            ProblemSerializer, str(status), media_types=["application/problem+json"]
        )
        return {**made, "description": _refused(status, codes), "x-codes": codes}

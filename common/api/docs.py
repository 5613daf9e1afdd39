"""
Both API documents from one source: drf-yasg's Swagger 2.0 and drf-spectacular's OpenAPI 3.1.

`documented` feeds both; the schema classes add what every operation shares: tags, summaries from
docstrings, and the refusals.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerFieldExtension,
)
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from drf_yasg import openapi
from drf_yasg.generators import OpenAPISchemaGenerator
from drf_yasg.inspectors import SwaggerAutoSchema
from drf_yasg.utils import no_body, swagger_auto_schema

from common.api.filters import query_parameters
from common.api.outputs import loosen_outputs
from common.api.problems import TITLES
from common.api.serializers import ProblemSerializer

F = TypeVar("F", bound=Callable[..., Any])
READ_ERRORS = (400, 401, 403, 404, 406, 429, 503)
WRITE_ERRORS = (400, 401, 403, 404, 406, 409, 412, 413, 415, 422, 428, 429, 503)
TYPES = {"string": OpenApiTypes.STR, "integer": OpenApiTypes.INT, "number": OpenApiTypes.FLOAT}
TAGS = [
    ("auth", "Sign in, refresh, sign out."),
    ("users", "People, roles, permissions, departments, qualifications, machine tokens."),
    ("airports", "Aerodromes, weather, airspace, distance, sun."),
    ("contacts", "People, organizations, FBOs, ground providers, cities, what was said."),
    ("aircraft", "Crewed aircraft, performance, maintenance, defects, flight hours."),
    ("operations", "Requests, plans, offers, trips, crew, patients, releases."),
    ("rpas", "Operators, remotely piloted aircraft, batteries, technical logs, maintenance."),
    ("flight-operations", "Plan, check, authorize, release, fly, land, log."),
    ("dispatcher", "Centers, schedules, assignments, events, the live board."),
    ("client-management", "Clients, requests, jobs, and what they get."),
    ("portal", "What a client's own people see and do."),
    ("finance", "Prices, taxes, invoices, payments, the books, reports."),
    ("documents", "Documents made and handed in, templates, who had what."),
    ("compliance", "Rules, verdicts, summary."),
]


def documented(
    *,
    summary: str = "",
    request: Any = None,
    responses: Mapping[int, Any] | None = None,
    parameters: Mapping[str, tuple[str, str]] | None = None,
    refusals: tuple[int, ...] = (),
    operation_id: str = "",
    **more: Any,
) -> Callable[[F], F]:
    """
    Describe one operation to both documents.

    `request` is the command serializer (None: no body); `responses` maps status to serializer,
    to a text, or to None; `parameters` maps a query parameter to (type, description);
    `refusals` are statuses that this operation has beside the usual ones; `operation_id` is its
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
            swagger["manual_parameters"], openapi3["parameters"] = _parameters(parameters)
        view = swagger_auto_schema(**swagger, **more)(view)
        view = extend_schema(**openapi3)(view)
        if refusals:
            view.further_errors = refusals  # type: ignore[attr-defined]
        return view

    return apply


def _parameters(named: Mapping[str, tuple[str, str]]) -> tuple[list[Any], list[Any]]:
    swagger = [
        openapi.Parameter(name, openapi.IN_QUERY, description=text, type=kind)
        for name, (kind, text) in named.items()
    ]
    openapi3 = [
        OpenApiParameter(name, TYPES[kind], description=text)
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


def _errors(method: str, view: Any) -> tuple[int, ...]:
    """What may refuse any request, and what the view alone refuses with."""
    usual = READ_ERRORS if method.lower() == "get" else WRITE_ERRORS
    operation = getattr(view, getattr(view, "action", None) or "", None)
    further = {*getattr(view, "further_errors", ()), *getattr(operation, "further_errors", ())}
    return *usual, *sorted(further - set(usual))


class SwaggerSchema(SwaggerAutoSchema):
    """Swagger 2.0: tag of the view, summary from the docstring, every possible refusal."""

    def get_tags(self, operation_keys: Any = None) -> list[str]:
        return [getattr(self.view, "tag", "") or str(self.path.strip("/").split("/")[0])]

    def get_summary_and_description(self) -> tuple[str, str]:
        summary, description = super().get_summary_and_description()
        if not summary:
            summary = _first_line(description) or str(getattr(self.view, "action", ""))
        return summary, description or f"{summary}."

    def get_operation_id(self, operation_keys: Any = None) -> str:
        return "_".join(part.replace("-", "_") for part in (operation_keys or []))

    def get_responses(self) -> Any:
        responses = super().get_responses()
        self._paginate(responses)
        schema = self.serializer_to_schema(ProblemSerializer())
        for status in _errors(self.method, self.view):
            responses.setdefault(str(status), openapi.Response(TITLES[status], schema=schema))
        return responses

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

    def get_produces(self) -> list[str]:
        action = getattr(self.view, "action", None) or ""
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
        return schema


class OpenApiSchema(AutoSchema):
    """OpenAPI 3.1: the same tags, summaries and refusals as the Swagger document."""

    def get_tags(self) -> list[str]:
        return [getattr(self.view, "tag", "") or super().get_tags()[0]]

    def get_summary(self) -> str:
        return super().get_summary() or _first_line(self.get_description())

    def get_override_parameters(self) -> list[Any]:
        action = getattr(self.view, "action", "")
        if action != "list" and action not in getattr(self.view, "filtered_actions", ()):
            return []
        # django-filter's own are described by drf-spectacular; these are ours.
        own = [p for p in query_parameters(self.view) if p.name in ("search", "ordering", "fields")]
        return [OpenApiParameter(p.name, OpenApiTypes.STR, description=p.text) for p in own]

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        for status in _errors(self.method, self.view):
            if str(status) not in bodies:
                bodies[str(status)] = self._get_response_for_code(
                    ProblemSerializer, str(status), media_types=["application/problem+json"]
                )
        return bodies


class GeometryExtension(OpenApiSerializerFieldExtension):
    """GeoJSON fields for OpenAPI 3.1."""

    target_class = "common.api.fields.GeoJSONField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["type", "coordinates"],
            "properties": {
                "type": {"type": "string", "enum": list(self.target.geometry_types)},
                "coordinates": {"type": "array", "items": {}},
            },
        }


class BearerScheme(OpenApiAuthenticationExtension):
    """People: an access token from /api/token/."""

    target_class = "users.authentication.SessionTokenAuthentication"
    name = "Bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class ApiTokenScheme(OpenApiAuthenticationExtension):
    """Machines: a scoped token."""

    target_class = "users.authentication.ApiTokenAuthentication"
    name = "ApiToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "apiKey", "in": "header", "name": "X-Api-Token"}


class BrowserScheme(OpenApiAuthenticationExtension):
    """Browsers signed in to the admin: the session cookie."""

    target_class = "users.authentication.BrowserSessionAuthentication"
    name = "Browser"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}

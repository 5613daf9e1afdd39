"""What drf-spectacular learns of our own fields and ways to sign in, for the OpenAPI document."""

from typing import Any

from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerFieldExtension,
)

from common.api.fields import nesting


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
                "coordinates": _coordinates(*nesting(self.target.geometry_types)),
            },
        }


def _coordinates(depth: int, is_exact: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "array", "items": {"type": "number"} if is_exact else {}}
    if is_exact:
        found |= {"minItems": 2, "maxItems": 2}
    for _ in range(depth - 1):
        found = {"type": "array", "items": found}
    return found


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

"""Every refusal and every database error becomes one problem document here, and only here."""

import logging
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import (
    BadRequest,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.core.exceptions import ValidationError as ModelValidationError
from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, OperationalError
from django.db.models import ProtectedError, RestrictedError
from rest_framework.exceptions import APIException, Throttled, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

from common.api.problems import CONTENT_TYPE, problem
from common.exceptions import DomainError

logger = logging.getLogger(__name__)

# SQLSTATE -> (status, code, detail). The database's own message may name another party's rows,
# so it is never shown.
SQLSTATES: dict[str, tuple[int, str, str]] = {
    "23P01": (409, "double_booked", "Something is already taken in that period."),
    "23505": (409, "already_exists", "A record with these values already exists."),
    "23001": (409, "append_only", "This record can be added to but not changed or removed."),
    "23503": (409, "in_use", "Another record depends on this one, or the one named is gone."),
    "23514": (400, "invalid", "The values contradict each other or are out of range."),
    "23502": (400, "invalid", "A required value is missing."),
    "40P01": (409, "retry", "Another change was in the way. Try again."),
    "40001": (409, "retry", "Another change was in the way. Try again."),
    "55P03": (409, "retry", "The record is being changed by somebody else. Try again."),
    "57014": (503, "timeout", "The answer took too long. Try again with a smaller request."),
}
CHALLENGE = 'Bearer realm="windsock"'
UNAVAILABLE = (503, "unavailable", "The database cannot be reached. Try again shortly.")


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """Render every refusal as an RFC 9457 problem document; None leaves a defect to be a 500."""
    if isinstance(error, DomainError):
        set_rollback()
        return _challenging(_domain(error), context)
    if isinstance(error, (ProtectedError, RestrictedError)):
        set_rollback()
        return _answer(409, "in_use", "Other records depend on this one.")
    if isinstance(error, (DatabaseError, InterfaceError)):
        set_rollback()
        return database_problem(error)
    if isinstance(error, RequestDataTooBig):
        return _answer(413, "too_large", "The request body is too large.")
    if isinstance(error, (SuspiciousOperation, BadRequest, ModelValidationError)):
        set_rollback()
        return _answer(400, "bad_request", "The request could not be understood.")
    return _framework(error, context)


def database_problem(error: Exception) -> Response | None:
    """Map a database error by its SQLSTATE; None for one that means a defect in our code."""
    cause = error.__cause__
    state = getattr(cause, "sqlstate", None) or ""
    if state in SQLSTATES:
        status, code, detail = SQLSTATES[state]
        name = getattr(getattr(cause, "diag", None), "constraint_name", None) or ""
        response = _answer(status, code, detail, details={"constraint": name} if name else {})
    elif isinstance(error, DataError) or state.startswith("22"):
        response = _answer(400, "invalid", "A value is out of range or cannot be stored.")
    elif isinstance(error, IntegrityError):
        response = _answer(409, "conflict", "The change conflicts with stored records.")
    elif isinstance(error, (OperationalError, InterfaceError)):
        response = _answer(*UNAVAILABLE)
    else:
        return None
    logger.warning("Database refused: %s %s", state, type(error).__name__)
    if response.status_code == 503:
        response["Retry-After"] = "2"
    return response


def _domain(error: DomainError) -> Response:
    details = dict(error.details)
    pointer = details.get("pointer")
    if error.status == 400 and isinstance(pointer, str):
        entry = {"pointer": pointer, "code": error.code, "message": str(error)}
        return _answer(400, error.code, str(error), errors=[entry])
    return _answer(error.status, error.code, str(error), details=details)


def _challenging(response: Response, context: dict[str, Any]) -> Response:
    """A 401 names the scheme to come back with (RFC 9110, 11.6.1), whichever way it was refused."""
    if response.status_code == 401:
        view, request = context.get("view"), context.get("request")
        named = view.get_authenticate_header(request) if view and request else ""
        # The sign-in views authenticate nobody, so they name no scheme.
        response["WWW-Authenticate"] = named or CHALLENGE
    return response


def _framework(error: Exception, context: dict[str, Any]) -> Response | None:
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, ValidationError):
        errors = list(_field_errors(error.get_full_details(), ""))
        body = problem(400, "invalid", "The request is not valid.", errors=errors)
    else:
        detail = response.data.get("detail", "") if isinstance(response.data, dict) else ""
        codes = error.get_codes() if isinstance(error, APIException) else "not_found"
        code = codes if isinstance(codes, str) else "error"
        if code == "error":
            code = {404: "not_found", 403: "permission_denied"}.get(response.status_code, code)
        body = problem(response.status_code, code, str(detail))
    response.data = body
    response.content_type = CONTENT_TYPE
    if isinstance(error, Throttled) and "Retry-After" not in response:
        response["Retry-After"] = str(int(getattr(error, "wait", None) or 1) + 1)
    return response


def _field_errors(found: Any, pointer: str) -> Iterator[dict[str, str]]:
    """Flatten DRF's nested errors into JSON pointers into the request body."""
    if isinstance(found, dict) and set(found) == {"message", "code"}:
        yield {"pointer": pointer, "code": str(found["code"]), "message": str(found["message"])}
    elif isinstance(found, dict):
        for name, inner in found.items():
            step = "" if name == "non_field_errors" else f"/{name}"
            yield from _field_errors(inner, pointer + step)
    elif isinstance(found, list):
        plain = all(isinstance(x, dict) and set(x) == {"message", "code"} for x in found)
        for index, inner in enumerate(found):
            yield from _field_errors(inner, pointer if plain else f"{pointer}/{index}")


def _answer(status: int, code: str, detail: str, **more: Any) -> Response:
    return Response(problem(status, code, detail, **more), status=status, content_type=CONTENT_TYPE)

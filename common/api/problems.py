"""RFC 9457 problem documents: the one shape of every refusal."""

from typing import Any

from django.http import JsonResponse

from common.context import current

TITLES = {
    400: "The request is not valid",
    401: "Authentication is required",
    403: "Not permitted",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    409: "Conflict with the current state",
    410: "No longer there",
    412: "Changed since it was read",
    413: "Too large",
    415: "Unsupported media type",
    422: "The request cannot be processed",
    428: "A precondition is required",
    429: "Too many requests",
    500: "Internal error",
    503: "Temporarily unavailable",
}
CONTENT_TYPE = "application/problem+json"


def problem(status: int, code: str, detail: str, **more: Any) -> dict[str, Any]:
    """Build the body of a problem document; `errors` and `details` are optional members."""
    return {
        "type": f"/problems/{code}",
        "title": TITLES.get(status, "Error"),
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": current().request_id,
        **{name: value for name, value in more.items() if value},
    }


def problem_page(status: int, code: str, detail: str) -> JsonResponse:
    """A problem document as a plain Django answer, for what never reaches the API layer."""
    return JsonResponse(problem(status, code, detail), status=status, content_type=CONTENT_TYPE)

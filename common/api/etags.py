from typing import Any

from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response


class PreconditionRequired(APIException):
    status_code = 428
    default_code = "precondition_required"
    default_detail = "Send If-Match with the ETag you read, so that no change is lost."


class PreconditionFailed(APIException):
    status_code = 412
    default_code = "stale_version"
    default_detail = "The record was changed since it was read."


def etag_of(version: int) -> str:
    """The entity tag of a row version."""
    return f'"{version}"'


def expected_version(request: Request, *, is_required: bool) -> int | None:
    """
    The row version that the caller's If-Match names; None when there is no header or it is `*`.

    Raises PreconditionRequired when the header is needed and missing, PreconditionFailed when it
    cannot be one of our tags.
    """
    header = request.headers.get("If-Match")
    if header is None:
        if is_required:
            raise PreconditionRequired
        return None
    if header.strip() == "*":
        return None
    tag = header.strip().removeprefix("W/").strip('"')
    if not (tag.isascii() and tag.isdigit() and len(tag) < 10):
        raise PreconditionFailed
    return int(tag)


def with_etag(response: Response, instance: Any) -> Response:
    """Add the instance's entity tag to an answer, when it has a version."""
    version = getattr(instance, "version", None)
    if version is not None:
        response["ETag"] = etag_of(version)
    return response

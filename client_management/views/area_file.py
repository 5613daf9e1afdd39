"""The area of a file that was sent: as a geometry that can be, and as that of a request."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from client_management.area_files import area_in
from client_management.models import MessageVia, ServiceRequest
from client_management.services.messages import CheckedFile, checked
from client_management.services.request_files import set_area_from_file
from common.api.fields import GeoJSONField
from common.api.idempotency import idempotent
from common.exceptions import InvalidInput


def drawn_area(file: CheckedFile) -> Any:
    """
    The area that a file draws, as the column takes it.

    Raises AreaFileRefused for what is no such file, InvalidInput for an area that cannot be.
    """
    geometry = area_in(file.content)
    try:
        return GeoJSONField().run_validation(geometry)
    except ValidationError as fault:
        detail: Any = fault.detail
        raise InvalidInput("/file", str(detail[0])) from fault


def area_taken(
    view: Any,
    row: ServiceRequest,
    respond: Callable[[ServiceRequest], Response],
    *,
    via: str,
    scope: AbstractContextManager[Any] | None = None,
) -> Response:
    """
    Make what the file of a request's body draws the area of a row, once for an Idempotency-Key.

    The file is looked at first, outside of `scope` and of any transaction.
    """
    (file,) = checked([view.validated()["file"]])
    area, version = drawn_area(file), view.expected_version()

    def write(_view: Any, asked: Request) -> Response:
        changed = set_area_from_file(
            row,
            file,
            area=area,
            version=version,
            is_from_client=via == MessageVia.PORTAL,
            via=via,
            actor=asked.user,
            at=timezone.now(),
        )
        return respond(changed)

    with scope or nullcontext():
        return idempotent(write)(view, view.request)

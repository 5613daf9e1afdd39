"""Files that are handed in with a request, and the area that one of them draws."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_noop
from rest_framework.exceptions import ValidationError

from client_management.area_files import area_in
from client_management.models import ServiceRequest
from client_management.services.messages import CheckedFile, post_message, thread_of
from client_management.services.requests import amend_request
from common.api.fields import GeoJSONField
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


@transaction.atomic
def set_area_from_file(
    request: ServiceRequest,
    file: CheckedFile,
    *,
    area: Any,
    version: int | None = None,
    is_from_client: bool,
    via: str,
    actor: Any,
    at: datetime,
) -> ServiceRequest:
    """
    Make what a file draws the area of a request, and keep the file with it.

    Raises RequestNotEditable, StaleVersion, InvalidInput.
    """
    request = amend_request(request, changes={"area": area}, version=version, actor=actor, at=at)
    post_message(
        thread_of(request.organization, request=request),
        body=gettext_noop("The area is taken from this file."),
        files=[file],
        is_from_client=is_from_client,
        via=via,
        actor=actor,
        at=at,
    )
    return request

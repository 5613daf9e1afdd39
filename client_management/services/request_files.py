"""Files that are handed in with a request, and the area that one of them draws."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from client_management.models import ServiceRequest
from client_management.services.messages import CheckedFile, post_message, thread_of
from client_management.services.requests import amend_request


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
        body=_("The area is taken from this file."),
        files=[file],
        is_from_client=is_from_client,
        via=via,
        actor=actor,
        at=at,
    )
    return request

"""The area of a file that was sent, as a geometry that can be."""

from typing import Any

from rest_framework.exceptions import ValidationError

from client_management.area_files import area_in
from client_management.services.messages import CheckedFile
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

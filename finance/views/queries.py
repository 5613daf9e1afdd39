"""Query parameters of views that are no lists."""

from typing import Any, cast

from rest_framework.request import Request

from common.api.serializers import CommandSerializer


def asked(request: Request, shape: type[CommandSerializer]) -> dict[str, Any]:
    """The query parameters, parsed; raises ValidationError."""
    serializer = shape(data=request.query_params.dict(), context={"request": request})
    serializer.is_valid(raise_exception=True)
    return cast(dict[str, Any], serializer.validated_data)

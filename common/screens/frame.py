"""The frame of the admin around pages that are none of its own."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpResponse

View = TypeVar("View", bound=Callable[..., HttpResponse])


def framed(view: View) -> View:
    """Allow a page in the theme's frame what the policy of content allows the admin's pages."""
    allowed: Any = csp_update(settings.CSP_ADMIN_UPDATE)(view)
    return cast(View, allowed)

"""The frame of the admin around pages that are none of its own."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from csp.decorators import csp_update
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

View = TypeVar("View", bound=Callable[..., HttpResponse])


def framed(view: View) -> View:
    """Allow a page in the theme's frame what the policy of content allows the admin's pages."""
    allowed: Any = csp_update(settings.CSP_ADMIN_UPDATE)(view)
    return cast(View, allowed)


def in_frame(
    request: HttpRequest, template: str, page: dict[str, Any], *, status: int = 200
) -> TemplateResponse:
    """A page in the admin's frame that is none of its own."""
    # The frame names the admin's pages, and this one stands beside them.
    request.current_app = admin.site.name
    context = {**admin.site.each_context(request), **page}
    return TemplateResponse(request, template, context, status=status)

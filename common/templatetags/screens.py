"""What stands at the top of every page of the admin."""

from typing import Any

from django import template
from django.contrib import admin

register = template.Library()


@register.inclusion_tag("common/screens/top.html", takes_context=True)
def screen_top(context: Any) -> dict[str, Any]:
    """The search box, and what the page is for."""
    about = context.get("about") or ""
    opts = context.get("opts")
    if not about and opts is not None:
        screen = admin.site._registry.get(opts.model)  # noqa: SLF001 - no public way to a screen
        about = getattr(screen, "about", "")
    return {"about": about, "query": context.get("query", "")}

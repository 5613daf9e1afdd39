"""What stands at the top of every page of the admin."""

from typing import Any

from django import template
from django.contrib import admin

from common.imports.kinds import import_kinds

register = template.Library()


@register.inclusion_tag("common/screens/top.html", takes_context=True)
def screen_top(context: Any) -> dict[str, Any]:
    """The search box, and what the page is for."""
    about = context.get("about") or ""
    opts = context.get("opts")
    if not about and opts is not None:
        screen = admin.site._registry.get(opts.model)  # noqa: SLF001 - no public way to a screen
        about = getattr(screen, "about", "")
    return {
        "about": about,
        "query": context.get("query", ""),
        "sheet": _sheet(opts, context) if opts is not None else "",
    }


def _sheet(opts: Any, context: Any) -> str:
    """The kind of sheet that brings such records, where the person may add them."""
    user = context["request"].user
    for kind in import_kinds().values():
        if kind.model is opts.model and user.has_perm(kind.permissions[0]):
            return kind.code
    return ""

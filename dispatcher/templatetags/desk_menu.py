"""The menu's pages that are no list of the admin's, for a theme that does not show the menu."""

from typing import Any

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag(takes_context=True)
def desk_pages(context: dict[str, Any]) -> list[dict[str, str]]:
    """Title and address of each page that the person may open, in the menu's order."""
    request = context["request"]
    menu: Any = settings.UNFOLD
    return [
        {"title": item["title"], "link": str(item["link"])}
        for group in menu["SIDEBAR"]["navigation"]
        for item in group["items"]
        if item.get("is_page") and item["permission"](request)
    ]

"""Minutes as a technical log writes them."""

from django import template

register = template.Library()


@register.filter
def hours(minutes: int) -> str:
    """Hours and minutes: 12:05."""
    sign = "-" if minutes < 0 else ""
    return f"{sign}{abs(minutes) // 60}:{abs(minutes) % 60:02}"


@register.filter
def signed_hours(minutes: int) -> str:
    """The same, empty for nothing, with a sign where something is taken off."""
    return hours(minutes) if minutes else ""

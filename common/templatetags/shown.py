"""Filters for quantities and moments: `{{ row.max_height_agl_m|height:"m most" }}`."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django import template

from common import shown

register = template.Library()


def _filter(name: str) -> Callable[..., str]:
    def show(value: Any, kept: str) -> str:
        if value is None or value == "":
            return ""
        unit, _, limit = kept.partition(" ")
        return shown.quantity(name, value, unit, limit=limit)

    show.__doc__ = f"A {name}, kept in the unit that is named, a limit where `most` or `least` is."
    return show


for kind in ("height", "distance", "speed", "mass", "temperature"):
    register.filter(kind, _filter(kind))


@register.filter
def pressure(value: Any, kept: str) -> str:
    """An altimeter setting, kept in the unit that is named."""
    return "" if value is None else shown.pressure(value, kept)


@register.filter
def moment_at(value: datetime | None, place: str) -> str:
    """A moment at a place with the name of the zone it is shown in."""
    return "" if value is None else shown.moment(value, place)


@register.filter
def day(value: date | None) -> str:
    """A date as the reader writes dates."""
    return "" if value is None else shown.day(value)

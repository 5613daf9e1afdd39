from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import SafeString

from client_management import portal_words
from common import shown
from common.base_map import LAND

register = template.Library()
STEPS_BYTES = ("B", "kB", "MB", "GB", "TB")


@register.simple_tag
def base_map() -> str:
    """Where the land behind the map is."""
    return static(LAND)


@register.filter
def moment(value: datetime | None, zone: str) -> SafeString | str:
    """A moment at the client's place, or in the zone its reader chose, and in UTC behind it."""
    if value is None:
        return ""
    there, utc = value.astimezone(shown.zone_at(zone)), value.astimezone(UTC)
    text = f"{shown.day(there)}, {shown.timed(there)}"
    if shown.zone_name(there) == "UTC":
        return format_html('<time datetime="{}">{}</time>', utc.isoformat(), text)
    return format_html(
        '<time datetime="{}">{} <span class="soft">({} UTC)</span></time>',
        utc.isoformat(),
        text,
        shown.clock(utc),
    )


@register.filter
def day(value: date | None) -> str:
    """A date as its reader writes dates."""
    return "" if value is None else shown.day(value)


@register.filter
def words(value: Any, of: str) -> Any:
    """The portal's word for a state or a kind; the value itself where there is none."""
    return getattr(portal_words, of).get(str(value), value)


@register.filter
def money(amount: Decimal | None, currency: str) -> str:
    """An amount with its currency, as the reader's language writes numbers."""
    return "" if amount is None else f"{currency}\u00a0{shown.amount(amount, currency)}"


@register.filter
def quantity(value: Decimal | None) -> str:
    """A number without the zeros behind it."""
    if value is None:
        return ""
    return formats.localize(Decimal(f"{value.normalize():f}"))


@register.filter
def size(count: int | None) -> str:
    """A number of bytes in the unit that fits."""
    value, step = float(count or 0), 0
    while value >= 1000 and step < len(STEPS_BYTES) - 1:
        value, step = value / 1000, step + 1
    digits = 0 if step == 0 or value >= 100 else 1
    shown = round(value, digits) if digits else round(value)
    return f"{formats.localize(shown)} {STEPS_BYTES[step]}"


@register.filter
def hectares(square_metres: float | None) -> str:
    """An area in hectares, or in square metres when it is small."""
    if square_metres is None:
        return ""
    if square_metres < 10_000:
        return f"{formats.localize(round(square_metres))} m²"
    return f"{formats.localize(round(square_metres / 10_000, 2))} ha"


@register.filter
def percent(value: float | None) -> str:
    """A share with one digit, where there is one."""
    shown = round(value or 0, 1)
    return f"{formats.localize(int(shown) if shown == int(shown) else shown)} %"

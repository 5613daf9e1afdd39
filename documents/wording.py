"""
Times, amounts and figures as they stand on paper.

A layout cannot calculate, so a snapshot holds text that is ready to print. Pure.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from common.money import EXPONENTS

# What stands where nothing is known or nothing applies.
NONE = "\u2013"
_DAY = "%d %b %Y"
_MINUTE = f"{_DAY} %H:%M"


def utc(at: datetime | None) -> str:
    """`15 Mar 2026 20:00 UTC`."""
    return f"{at.astimezone(UTC):{_MINUTE}} UTC" if at else NONE


def local(at: datetime | None, zone: str) -> str:
    """`15 Mar 2026 14:00 MDT`; a zone without an abbreviation is named by its offset."""
    if at is None:
        return NONE
    there = at.astimezone(ZoneInfo(zone or "UTC"))
    name = there.tzname() or ""
    return f"{there:{_MINUTE}} {name if name.isalpha() else f'UTC{name}'}"


def moment(at: datetime | None, zone: str) -> dict[str, str]:
    """A time as a document shows it: in UTC and where it happens."""
    return {"utc": utc(at), "local": local(at, zone)}


def day(on: date | None) -> str:
    """`15 Mar 2026`."""
    return f"{on:{_DAY}}" if on else NONE


def duration(minutes: float | None) -> str:
    """`2 h 05 min`, to the minute."""
    if minutes is None:
        return NONE
    hours, rest = divmod(abs(round(minutes)), 60)
    sign = "-" if minutes < 0 else ""
    return f"{sign}{hours} h {rest:02d} min"


def figure(value: Any, unit: str = "", places: int = 0) -> str:
    """`1,234.5 kg`; a number with its unit, thousands parted."""
    if value is None:
        return NONE
    return f"{Decimal(str(value)):,.{places}f} {unit}".strip()


def places_of(value: Decimal, *, least: int, most: int = 4) -> int:
    """How many decimal places a figure needs to be printed whole, within limits."""
    exponent = value.normalize().as_tuple().exponent
    return min(max(-int(exponent), least), most)


def counted(value: Decimal, unit: str) -> str:
    """`1 leg`, `2.50 hours`, `0.1667 hours`, `3 each`: the unit in the plural where it has one."""
    places = 0 if value == value.to_integral_value() else places_of(value, least=2)
    is_one = value == 1 or unit in ("", "each")
    return figure(value, unit if is_one else f"{unit}s", places)


def amount(value: Decimal, currency: str) -> str:
    """`12,345.60`, with as many places as the currency has; the currency stands elsewhere."""
    return f"{value:,.{EXPONENTS.get(currency, 2)}f}"


def money(value: Decimal, currency: str) -> str:
    """`USD 12,345.60`."""
    return f"{currency} {amount(value, currency)}"


def text(value: Any) -> str:
    """What is known, or a dash."""
    return str(value) if value not in (None, "") else NONE


def joined(*parts: Any, by: str = ", ") -> str:
    """What is known of several things on one line, or a dash."""
    return by.join(str(part) for part in parts if part not in (None, "", NONE)) or NONE


def fingerprint(data: Mapping[str, Any]) -> str:
    """SHA-256 of a snapshot: another one means that its document must be made anew."""
    plain = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(plain.encode()).hexdigest()

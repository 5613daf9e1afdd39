"""
Quantities and moments as their reader wants to see them.

A value in the unit it is kept in is shown as it is. A converted one is rounded, and one that is a
limit is rounded to the safe side: what must not be exceeded (`MOST`) down, what must be kept
(`LEAST`) up, so that nobody who flies by what is shown breaks what is meant.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import formats, numberformat

from common.money import EXPONENTS
from common.preferences import PLACE, RECORDED, preferences
from common.units import FT_M, INHG_HPA, NM_M

MOST = "most"
LEAST = "least"
Number = float | int | Decimal
# What one of each unit is in the first one.
_SCALES: dict[str, dict[str, Decimal]] = {
    "height": {"m": Decimal(1), "ft": Decimal(str(FT_M))},
    "distance": {
        "m": Decimal(1),
        "km": Decimal(1000),
        "nm": Decimal(str(NM_M)),
        "mi": Decimal("1609.344"),
    },
    "speed": {
        "ms": Decimal(1),
        "kt": Decimal(str(NM_M)) / 3600,
        "kmh": Decimal(1000) / 3600,
    },
    "mass": {"kg": Decimal(1), "lb": Decimal("0.45359237")},
    "temperature": {"c": Decimal(1), "f": Decimal(5) / 9},
    "pressure": {"hpa": Decimal(1), "inhg": Decimal(str(INHG_HPA))},
}
_FREEZING_F = Decimal(32)
_SIGNS = {
    "nm": "NM", "kmh": "km/h", "ms": "m/s", "c": "°C", "f": "°F", "hpa": "hPa", "inhg": "inHg",
}  # fmt: skip
_PLACES = {"nm": 1, "km": 1, "mi": 1, "ms": 1, "inhg": 2}
# Below these a value has two places.
_SMALL = {"distance": 1, "mass": 10}
_ROUNDING = {MOST: ROUND_FLOOR, LEAST: ROUND_CEILING}
# What converting there and back again loses: 121.92 m are 400 ft, not 399.
_DUST = Decimal("0.000001")


def quantity(name: str, value: Number, unit: str, *, limit: str = "") -> str:
    """A quantity of a kind, kept in a unit, with its unit as the reader wants it."""
    wanted = getattr(preferences(), name)
    if wanted in (RECORDED, unit):
        return _with_unit(_plain(value), unit)
    return _with_unit(_rounded(_converted(name, value, unit, wanted), name, wanted, limit), wanted)


def height(value: Number, unit: str = "m", *, limit: str = "") -> str:
    """A height or an altitude."""
    return quantity("height", value, unit, limit=limit)


def distance(value: Number, unit: str = "nm", *, limit: str = "") -> str:
    """A distance over the ground."""
    return quantity("distance", value, unit, limit=limit)


def speed(value: Number, unit: str = "kt", *, limit: str = "") -> str:
    """A speed, of an aircraft or of the wind."""
    return quantity("speed", value, unit, limit=limit)


def mass(value: Number, unit: str = "kg", *, limit: str = "") -> str:
    """A mass."""
    return quantity("mass", value, unit, limit=limit)


def temperature(value: Number, unit: str = "c", *, limit: str = "") -> str:
    """A temperature."""
    return quantity("temperature", value, unit, limit=limit)


def pressure(value: Number, unit: str = "hpa") -> str:
    """
    An altimeter setting.

    Always rounded down: with a setting too high an altimeter shows more height than there is.
    """
    return quantity("pressure", value, unit, limit=MOST)


def amount(value: Decimal, currency: str) -> str:
    """An amount with its currency's places, as the page's language writes numbers."""
    return numberformat.format(
        value,
        formats.get_format("DECIMAL_SEPARATOR"),
        decimal_pos=EXPONENTS.get(currency, 2),
        grouping=3,
        thousand_sep=formats.get_format("THOUSAND_SEPARATOR"),
        force_grouping=True,
    )


def zone_at(place: str) -> ZoneInfo:
    """The zone a moment at a place is shown in."""
    wanted = preferences().timezone
    return ZoneInfo(place if wanted == PLACE else wanted)


def reader_zone(user: Any) -> ZoneInfo:
    """
    The zone of what happens at no place: the one preferred, else that of the profile, else UTC.

    `user` is who reads; nobody signed in has no profile.
    """
    kept = getattr(getattr(user, "profile", None), "timezone", "")
    return zone_at(kept or "UTC")


def day(value: date) -> str:
    """A date; the long form in words of the page's language."""
    form = preferences().date_format
    if form == "iso":
        return f"{value:%Y-%m-%d}"
    if form == "us":
        return f"{value:%m/%d/%Y}"
    return str(formats.date_format(value, "DATE_FORMAT"))


def clock(value: datetime) -> str:
    """The time of day that a moment's own zone has."""
    if preferences().clock == "12":
        return f"{value.hour % 12 or 12}:{value:%M} {'AM' if value.hour < 12 else 'PM'}"
    return f"{value:%H:%M}"


def moment(value: datetime, place: str = "UTC") -> str:
    """A date and a time with the name of their zone, or Z."""
    there = value.astimezone(zone_at(place))
    return f"{day(there)} {timed(there)}"


def timed(there: datetime) -> str:
    """A time with the name of the zone it is in, or Z; not behind AM and PM."""
    name, shown = zone_name(there), clock(there)
    return f"{shown}Z" if name == "UTC" and shown[-1].isdigit() else f"{shown} {name}"


def zone_name(there: datetime) -> str:
    """What a zone is called at a moment; one without a name, by its offset from UTC."""
    name = there.tzname() or ""
    if name in ("UTC", "GMT") or there.tzinfo is UTC:
        return "UTC" if not there.utcoffset() else name
    if name[:1] not in "+-":
        return name
    offset = there.utcoffset() or timedelta()
    sign = "-" if offset < timedelta() else "+"
    hours, minutes = divmod(abs(offset) // timedelta(minutes=1), 60)
    return f"UTC{sign}{hours:02d}" + (f":{minutes:02d}" if minutes else "")


def _converted(name: str, value: Number, unit: str, wanted: str) -> Decimal:
    found = Decimal(str(value))
    if name == "temperature":
        found -= _FREEZING_F if unit == "f" else 0
    scale = _SCALES[name]
    found = found * scale[unit] / scale[wanted]
    return found + _FREEZING_F if name == "temperature" and wanted == "f" else found


def _rounded(value: Decimal, name: str, unit: str, limit: str) -> str:
    places = _PLACES.get(unit, 0)
    # A field's width in nautical miles and a small drone's weight, not none.
    if 0 < abs(value) < _SMALL.get(name, 0):
        places = 2
    nudge = {MOST: _DUST, LEAST: -_DUST}.get(limit, Decimal(0))
    step = Decimal(1).scaleb(-places)
    found = (value + nudge).quantize(step, _ROUNDING.get(limit, ROUND_HALF_UP))
    return str(formats.localize(found if found else abs(found)))


def _plain(value: Number) -> str:
    found = Decimal(str(value))
    whole = found == found.to_integral_value()
    return str(formats.localize(int(found) if whole else found.normalize()))


def _with_unit(number: str, unit: str) -> str:
    return f"{number}\u00a0{_SIGNS.get(unit, unit)}"

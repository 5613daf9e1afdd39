"""
How a person wants moments and quantities shown, and in which language.

Only what is shown follows it: what is stored, asked for and answered by the API never does.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields
from zoneinfo import available_timezones

# The zone of the place where something happens; schedules rest on it whatever is shown.
PLACE = "place"
# The unit in which a quantity is kept: crewed flying NM, ft, kt and kg, drones m and m/s.
RECORDED = "recorded"
_AS_RECORDED = (RECORDED, "As recorded")
LANGUAGES = (("en", "English"), ("es", "Español"), ("de", "Deutsch"))
CHOICES: dict[str, tuple[tuple[str, str], ...]] = {
    "date_format": (("long", "22 Nov 2026"), ("iso", "2026-11-22"), ("us", "11/22/2026")),
    "clock": (("24", "24 hours"), ("12", "12 hours")),
    "height": (_AS_RECORDED, ("ft", "ft"), ("m", "m")),
    "distance": (_AS_RECORDED, ("nm", "NM"), ("km", "km"), ("mi", "mi")),
    "speed": (_AS_RECORDED, ("kt", "kt"), ("kmh", "km/h"), ("ms", "m/s")),
    "mass": (_AS_RECORDED, ("kg", "kg"), ("lb", "lb")),
    "temperature": (_AS_RECORDED, ("c", "°C"), ("f", "°F")),
    "pressure": (_AS_RECORDED, ("hpa", "hPa"), ("inhg", "inHg")),
    "language": LANGUAGES,
}


@dataclass(frozen=True)
class Preferences:
    """What somebody sees; as it stands here it is what everybody sees who chose nothing."""

    timezone: str = PLACE
    date_format: str = "long"
    clock: str = "24"
    height: str = RECORDED
    distance: str = RECORDED
    speed: str = RECORDED
    mass: str = RECORDED
    temperature: str = RECORDED
    pressure: str = RECORDED
    # Empty: as the reader's browser asks for it.
    language: str = ""


NAMES = tuple(field.name for field in fields(Preferences))
Read = Callable[[], Preferences]
_reading: ContextVar[Read | None] = ContextVar("windsock_preferences", default=None)


def is_known(name: str, value: str) -> bool:
    """Whether a preference can have a value."""
    if name == "timezone":
        return value == PLACE or value in available_timezones()
    return value in dict(CHOICES.get(name, ()))


def defaults_of(text: str) -> Preferences:
    """
    The preferences of an installation from `name=value,name=value`.

    Raises ValueError that names what is wrong.
    """
    chosen: dict[str, str] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = (part.strip() for part in entry.partition("="))
        if name not in NAMES:
            raise ValueError(f"{name!r} is no preference; there are {', '.join(NAMES)}")
        if not is_known(name, value):
            raise ValueError(f"{name} cannot be {value!r}")
        chosen[name] = value
    return Preferences(**chosen)


def merged(chosen: Mapping[str, str], defaults: Preferences) -> Preferences:
    """
    What somebody chose, and for the rest what the installation shows.

    The language is nobody's default: before the installation's comes what a browser asks for.
    """
    found = {name: chosen.get(name) or getattr(defaults, name) for name in NAMES}
    return Preferences(**{**found, "language": chosen.get("language", "")})


@contextmanager
def reading(read: Read) -> Iterator[None]:
    """For the length of a block: how to find the reader's preferences, asked once if at all."""
    found: list[Preferences] = []

    def once() -> Preferences:
        if not found:
            found.append(read())
        return found[0]

    token = _reading.set(once)
    try:
        yield
    finally:
        _reading.reset(token)


def preferences() -> Preferences:
    """The preferences of who reads what is being made; nobody's outside a request."""
    read = _reading.get()
    return read() if read else Preferences()

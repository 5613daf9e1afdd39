"""What every airspace format is read into."""

from typing import Any

from msgspec import Struct

from airports.heights import Limit

# Longitude and latitude in degrees, WGS 84.
Position = tuple[float, float]
Ring = list[Position]
Polygon = list[Ring]

FOREVER = ("1970-01-01T00:00:00+00:00", "9999-12-31T00:00:00+00:00")


class UnknownFormat(ValueError):
    """The file is not of the format expected; the message says what is missing."""


class PublishedLimit(Struct, frozen=True):
    """A vertical limit with the words it was published in."""

    limit: Limit
    text: str
    is_by_notam: bool = False
    is_readable: bool = True


class ParsedAirspace(Struct, kw_only=True):
    """One piece of airspace of a file. `ref` is its line or feature id; `notes` what was mended."""

    ref: str
    name: str
    kind: str
    published_kind: str
    polygons: list[Polygon]
    floor: PublishedLimit
    ceiling: PublishedLimit
    restricted_status: str = ""
    activity: str = "always"
    activity_windows: list[list[str]] = []
    activity_text: str = ""
    valid_from: str | None = None
    valid_until: str | None = None
    zone_restriction: str = ""
    zone_reasons: list[str] = []
    conditions: str = ""
    contact: dict[str, Any] = {}
    notes: list[str] = []


class RejectedFeature(Struct, frozen=True):
    """A piece of airspace that was left out: its line or feature id, its name, and why."""

    ref: str
    name: str
    reason: str

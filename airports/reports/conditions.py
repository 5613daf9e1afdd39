"""What a report or a forecast group says about the weather, as numbers with units."""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from airports.reports.category import LIFR_CEILING_FT, flight_category


class Cloud(Struct, frozen=True):
    """One cloud layer: cover as coded, base in feet above the station, CB or TCU when named."""

    cover: str
    base_ft: int | None = None
    kind: str = ""


class Conditions(Struct, frozen=True, kw_only=True):
    """
    Wind, visibility, cloud and weather of a report or of one forecast group.

    None means "not given". A ceiling of None with `is_ceiling_known` is "no ceiling"; without it
    the ceiling is unknown (no cloud group, or a broken layer without its base), which must not pass
    for clear sky. `visibility_m` is the lowest visibility named, `visibility_sm` the prevailing
    one, exact, which the category uses.
    """

    wind_direction_deg: int | None = None
    is_wind_variable: bool = False
    wind_from_deg: int | None = None
    wind_to_deg: int | None = None
    wind_speed_kt: float | None = None
    wind_gust_kt: float | None = None
    visibility_m: int | None = None
    visibility_is_at_least: bool = False
    visibility_sm: float | None = None
    ceiling_ft: int | None = None
    is_ceiling_known: bool = False
    clouds: tuple[Cloud, ...] = ()
    weather: tuple[str, ...] = ()
    is_cavok: bool = False

    @property
    def is_sky_reported(self) -> bool:
        return self.is_cavok or any(layer.cover != "///" for layer in self.clouds)

    @property
    def flight_category(self) -> str:
        """
        Name the flight category as the weather service does, or nothing when it cannot be told.

        A layer without a base does not count here; a decision about cloud must ask
        `is_ceiling_known`.
        """
        if self.visibility_sm is not None and self.is_sky_reported:
            return flight_category(ceiling_ft=self.ceiling_ft, visibility_sm=self.visibility_sm)
        is_lowest = self.ceiling_ft is not None and self.ceiling_ft < LIFR_CEILING_FT
        return "LIFR" if is_lowest else ""


WIND_FIELDS = (
    "wind_direction_deg",
    "is_wind_variable",
    "wind_from_deg",
    "wind_to_deg",
    "wind_speed_kt",
    "wind_gust_kt",
)
VISIBILITY_FIELDS = ("visibility_m", "visibility_is_at_least", "visibility_sm", "is_cavok")
SKY_FIELDS = ("ceiling_ft", "is_ceiling_known", "clouds")


def merged(base: Conditions, change: Conditions) -> Conditions:
    """Apply a forecast change: an element it names replaces the one before, the rest stands."""
    changes: dict[str, Any] = {}
    if change.wind_speed_kt is not None:
        changes |= _fields(change, WIND_FIELDS)
    if change.visibility_m is not None:
        changes |= _fields(change, VISIBILITY_FIELDS)
    if change.clouds or change.is_ceiling_known:
        changes |= _fields(change, SKY_FIELDS)
    if change.weather or change.is_cavok:
        changes["weather"] = tuple(code for code in change.weather if code != "NSW")
    return replace(base, **changes)


def _fields(conditions: Conditions, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(conditions, name) for name in names}

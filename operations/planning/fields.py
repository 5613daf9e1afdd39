"""Airports as a plan needs to know them: runways, light, who is there. Values only."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from aircraft.suitability import Tail
from airports.opening_hours import WeeklyHours
from airports.queries.sun import is_civil_night
from contacts.hours import Attendance, Openness, attendance
from operations.itinerary import Place


class Strip(Struct, frozen=True, kw_only=True):
    """A runway that is not closed; None is what nobody knows."""

    length_m: float | None = None
    surface: str | None = None
    is_lighted: bool | None = None


class Handler(Struct, frozen=True, kw_only=True):
    """A fixed-base operator: when it is there and which fuels it sells."""

    name: str
    fbo_id: int | None = None
    hours_kind: str = "unknown"
    hours: WeeklyHours | None = None
    notice_min: int | None = None
    fuels: tuple[str, ...] = ()


class Field(Struct, frozen=True, kw_only=True):
    """One airport. `is_in_use` is False when it is closed or no longer in its source."""

    place: Place
    elevation_ft: int | None = None
    is_in_use: bool = True
    strips: tuple[Strip, ...] = ()
    handlers: tuple[Handler, ...] = ()
    is_controlled: bool | None = None
    tower_hours: WeeklyHours | None = None

    @property
    def key(self) -> int:
        return self.place.airport_id

    @property
    def ident(self) -> str:
        return self.place.ident


class Craft(Struct, frozen=True, kw_only=True):
    """
    One aircraft to be planned with.

    `fuel` is what its engines burn, as handlers name it. `cabin_hpa` is the greatest difference of
    pressure its cabin holds; None is not known.
    """

    tail: Tail
    base: Field
    crew: int = 2
    fuel: str = "jet_a1"
    cabin_hpa: float | None = None


class Fit(StrEnum):
    """Whether an aircraft can use the runways of an airport."""

    YES = "yes"
    SHORT = "short"
    SURFACE = "surface"
    UNKNOWN = "unknown"


def fitting(field: Field, tail: Tail) -> list[Strip]:
    """The runways known to be long enough and of a surface the aircraft is approved for."""
    return [
        strip
        for strip in field.strips
        if strip.length_m is not None
        and strip.length_m >= tail.min_runway_m
        and strip.surface in tail.surfaces
    ]


def runway_fit(field: Field, tail: Tail) -> Fit:
    """
    Say whether the aircraft can use the airport, and if not, why not.

    Unknown only where a runway might do if more were known of it.
    """
    if fitting(field, tail):
        return Fit.YES
    open_to_doubt = [
        strip
        for strip in field.strips
        if (strip.length_m is None or strip.length_m >= tail.min_runway_m)
        and (strip.surface is None or strip.surface in tail.surfaces)
    ]
    if open_to_doubt or not field.strips:
        return Fit.UNKNOWN
    is_long = any((strip.length_m or 0) >= tail.min_runway_m for strip in field.strips)
    return Fit.SURFACE if is_long else Fit.SHORT


def longest_m(field: Field) -> float | None:
    """The longest runway whose length is known."""
    return max(
        (strip.length_m for strip in field.strips if strip.length_m is not None), default=None
    )


def is_night(field: Field, at: datetime) -> bool:
    """Whether it is night there (14 CFR 1.1)."""
    return is_civil_night(lat=field.place.lat, lon=field.place.lon, at=at)


def lighting(field: Field, tail: Tail) -> bool | None:
    """Whether a runway that the aircraft can use has lights; None where nobody knows."""
    known = [strip.is_lighted for strip in fitting(field, tail) or field.strips]
    if any(known):
        return True
    return None if not known or None in known else False


def handling(field: Field, at: datetime) -> Attendance:
    """How the best of the handlers stands at a moment; unknown where there is none on file."""
    found = [
        attendance(
            each.hours_kind, each.hours, field.place.timezone, notice_min=each.notice_min, at=at
        )
        for each in field.handlers
    ]
    for wanted in (Openness.OPEN, Openness.ON_REQUEST, Openness.UNKNOWN, Openness.CLOSED):
        for answer in found:
            if answer.openness is wanted:
                return answer
    return Attendance(Openness.UNKNOWN)


def tower(field: Field, at: datetime) -> Openness:
    """Whether the tower is known to work at a moment; unknown without a tower or its hours."""
    if field.tower_hours is None or not field.is_controlled:
        return Openness.UNKNOWN
    zone = field.place.timezone
    return attendance("weekly", field.tower_hours, zone, notice_min=None, at=at).openness


def sells(field: Field, fuel: str) -> bool:
    """Whether a handler there is known to sell a fuel."""
    return any(fuel in each.fuels for each in field.handlers)


def is_shut(field: Field, tail: Tail, at: datetime) -> bool:
    """Whether the aircraft is known not to be able to land, refuel and leave at a moment."""
    if handling(field, at).openness is Openness.CLOSED:
        return True
    return lighting(field, tail) is False and is_night(field, at)


def usable_stops(fields: Sequence[Field], tail: Tail) -> list[Field]:
    """The airports a technical stop may be made at: in use, a runway known to do; by ident."""
    fit = [field for field in fields if field.is_in_use and runway_fit(field, tail) is Fit.YES]
    return sorted(fit, key=lambda field: (field.ident, field.key))

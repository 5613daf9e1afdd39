"""Crosswind and tailwind on the runway that will be used; all directions are true."""

import math
from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from airports.queries.conditions import WeatherFacts
from common.compliance.findings import Finding
from common.compliance.registry import Parameter, RuleContext
from operations.facts.legs import AirportFacts, LegFacts, RunwayEndFacts
from operations.facts.trip import TripFacts
from operations.rules.basis import Answer, leg_rule
from operations.rules.samples import Sample, judge_weather

AFM = "Aircraft flight manual"


class Component(Struct, frozen=True):
    """
    Wind on one runway end in kt; a tailwind of 0 is a headwind.

    `steady_tail_kt` is that of the steady direction, which decides which way is flown.
    """

    end: str
    cross_kt: float
    tail_kt: float
    steady_tail_kt: float = 0.0


class End(Struct, frozen=True):
    """Where a leg begins or ends, which runways serve there, and when."""

    place: str
    ends: tuple[RunwayEndFacts, ...]
    weather: WeatherFacts | None
    when: datetime


def ends_of(facts: TripFacts, leg: LegFacts) -> list[End]:
    """Departure and arrival with the runway ends the aircraft can use there."""
    return [
        End(
            leg.origin,
            usable_ends(facts, leg.departure, None),
            leg.departure_weather,
            leg.off_at,
        ),
        End(
            leg.destination,
            usable_ends(facts, leg.arrival, leg.runway_id),
            leg.arrival_weather,
            leg.on_at,
        ),
    ]


def usable_ends(
    facts: TripFacts, airport: AirportFacts | None, runway_id: int | None
) -> tuple[RunwayEndFacts, ...]:
    """Ends of the planned runway, or of every runway long enough on a surface approved for it."""
    if airport is None:
        return ()
    cabin = facts.cabin
    found: list[RunwayEndFacts] = []
    for runway in airport.runways:
        if runway_id is not None and runway.runway_id != runway_id:
            continue
        is_long = cabin is None or runway.length_m is None or runway.length_m >= cabin.min_runway_m
        is_fit = cabin is None or runway.surface is None or runway.surface in cabin.surfaces
        if runway_id is not None or (is_long and is_fit):
            found += runway.ends
    return tuple(found)


def best_component(ends: Iterable[RunwayEndFacts], sample: Sample) -> Component | None:
    """
    The end with the least steady wind from behind, then the least across; None when nobody can
    tell.

    Wind from variable directions counts in full both across and from behind. A range of
    directions counts at its worst.
    """
    speed = sample.strongest_kt
    if speed is None:
        return None
    if speed == 0:
        return Component("", 0.0, 0.0)
    wind = sample.conditions
    if wind.is_wind_variable or wind.wind_direction_deg is None:
        return Component("", round(speed, 1), round(speed, 1))
    directions = _directions(wind.wind_direction_deg, wind.wind_from_deg, wind.wind_to_deg)
    found = [
        _component(end.ident, end.true_deg, directions, speed)
        for end in ends
        if end.true_deg is not None
    ]
    return min(found, key=lambda entry: (entry.steady_tail_kt, entry.cross_kt), default=None)


def _directions(steady: int, first: int | None, last: int | None) -> list[float]:
    """Every direction that the wind may come from at its worst, one degree apart."""
    if first is None or last is None:
        return [float(steady)]
    width = (last - first) % 360
    return [float(steady), *(float((first + step) % 360) for step in range(width + 1))]


def _component(ident: str, true_deg: float, directions: list[float], speed: float) -> Component:
    angles = [math.radians(direction - true_deg) for direction in directions]
    cross = max(abs(math.sin(angle)) for angle in angles) * speed
    tails = [round(max(0.0, -math.cos(angle)) * speed, 1) for angle in angles]
    # The steady direction comes first.
    return Component(ident, round(cross, 1), max(tails), tails[0])


def _judged(
    facts: TripFacts, leg: LegFacts, context: RuleContext, *, what: str, limit: float | None
) -> Answer:
    if limit is None:
        return context.missing(
            f"The {what} limit of {facts.aircraft.tail_number}", fix="Enter it from the manual."
        )
    return [_at(end, context, what=what, limit=limit) for end in ends_of(facts, leg)]


def _at(end: End, context: RuleContext, *, what: str, limit: float) -> Finding:
    def color(sample: Sample, wind: Component) -> Finding:
        value = wind.cross_kt if what == "crosswind" else wind.tail_kt
        runway = f" runway {wind.end}" if wind.end else ""
        words = f"{end.place}{runway}: {what} {value:g} kt ({sample.source})."
        shown = {"value": value, "limit": limit}
        if value > limit:
            return context.red(words, fix="Plan another runway, time or aerodrome.", **shown)
        if value > limit * context["amber_share"]:
            return context.amber(words, fix="Acknowledge.", **shown)
        return context.green(words, **shown)

    return judge_weather(
        end.weather,
        end.when,
        context,
        value_of=lambda sample: best_component(end.ends, sample),
        color_of=color,
        missing=f"The {what} at {end.place}",
    )


@leg_rule(
    "WX-XWIND",
    title="Crosswind",
    citation=AFM,
    confidence="known-high",
    inputs=("cabin",),
    parameters={"amber_share": Parameter(0.8, "lower", "of the limit", "Amber above")},
)
def crosswind(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """
    Gust, or steady wind, times the sine of the angle to the runway: above the limit red, above 80 %
    amber. Reports name true directions and so are runways here.
    """
    limit = facts.cabin.max_crosswind_kt if facts.cabin else None
    return _judged(facts, leg, context, what="crosswind", limit=limit)


@leg_rule(
    "WX-TAILW",
    title="Tailwind",
    citation=AFM,
    confidence="known-medium",
    inputs=("cabin",),
    parameters={"amber_share": Parameter(0.8, "lower", "of the limit", "Amber above")},
)
def tailwind(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """Wind from behind on the best usable runway end: above the limit red, above 80 % amber."""
    limit = facts.cabin.max_tailwind_kt if facts.cabin else None
    return _judged(facts, leg, context, what="tailwind", limit=limit)

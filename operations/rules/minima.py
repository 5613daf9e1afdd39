"""Weather against minima: visual flight, take-off, destination (14 CFR 135.205-.225)."""

from datetime import datetime

from airports.queries.conditions import WeatherFacts
from common.compliance.findings import Finding
from common.compliance.registry import Parameter, RuleContext
from operations.facts.legs import LegFacts
from operations.facts.trip import TripFacts
from operations.rules.basis import (
    Answer,
    aeroplane,
    commercial_ifr,
    figure,
    helicopter,
    helicopter_ambulance,
    leg_rule,
    vfr,
)
from operations.rules.samples import STATUTE_MILE_M, UNLIMITED_FT, Sample, judge_weather

SM = STATUTE_MILE_M
NEAR = {
    "near_ft": Parameter(200, "higher", "ft", "Ceiling margin under which it is amber"),
    "near_sm": Parameter(0.5, "higher", "SM", "Visibility margin under which it is amber"),
}
WAIT = "Wait for better weather, or plan another aerodrome."


def against_minima(
    weather: WeatherFacts | None,
    when: datetime,
    context: RuleContext,
    *,
    place: str,
    ceiling_ft: float,
    visibility_m: float,
    near_ft: float = 0.0,
    near_m: float = 0.0,
) -> Finding:
    """Red below the ceiling or visibility, amber within the margins above them, else green."""
    limit = {"ceiling_ft": round(ceiling_ft), "visibility_m": round(visibility_m)}

    def color(sample: Sample, seen: tuple[float, float]) -> Finding:
        base, far = seen
        words = f"{place}: {sky(base)}, {figure(far)} m ({sample.source})."
        shown = {"value": {"ceiling_ft": known(base), "visibility_m": far}, "limit": limit}
        if base < ceiling_ft or far < round(visibility_m):
            return context.red(f"{words} Below minima.", fix=WAIT, **shown)
        # Miles are kept to the meter, so that a limit met exactly passes.
        if base - ceiling_ft < near_ft or far - round(visibility_m) < round(near_m):
            return context.amber(f"{words} Near minima.", fix="Acknowledge.", **shown)
        return context.green(words, **shown)

    return judge_weather(
        weather,
        when,
        context,
        value_of=ceiling_and_visibility,
        color_of=color,
        missing=f"The weather at {place} at {when:%d %H%MZ}",
    )


def ceiling_and_visibility(sample: Sample) -> tuple[float, float] | None:
    """
    Both, or None when a prevailing part does not tell them.

    A part that changes only one of them says nothing of the other: it counts as unlimited there.
    """
    base, far = sample.ceiling_ft, sample.visibility_m
    if sample.is_occasional and (base is not None or far is not None):
        return (UNLIMITED_FT if base is None else base, 10_000.0 if far is None else far)
    return None if base is None or far is None else (base, far)


def sky(base_ft: float) -> str:
    return "no ceiling" if base_ft >= UNLIMITED_FT else f"ceiling {base_ft:.0f} ft"


def known(base_ft: float) -> float | None:
    return None if base_ft >= UNLIMITED_FT else base_ft


def both_ends(leg: LegFacts) -> list[tuple[str, WeatherFacts | None, datetime, bool | None]]:
    """Departure and arrival: place, weather, time, night or not."""
    return [
        (leg.origin, leg.departure_weather, leg.off_at, leg.is_night_departure),
        (leg.destination, leg.arrival_weather, leg.on_at, leg.is_night_arrival),
    ]


@leg_rule(
    "FAR-135.205A",
    title="VFR visibility under a low ceiling, aeroplanes",
    citation="14 CFR 135.205(a)",
    confidence="found",
    when=lambda facts, leg: vfr(facts, leg) and aeroplane(facts, leg) and leg.is_commercial,
    parameters={"visibility_sm": Parameter(2, "higher", "SM", "Least flight visibility")},
)
def vfr_aeroplane(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """Under a ceiling below 1,000 ft in uncontrolled airspace: 2 statute miles, else red."""
    least_m = context["visibility_sm"] * SM

    def color(sample: Sample, seen: tuple[float, float]) -> Finding:
        base, far = seen
        words = f"{sky(base)}, {figure(far)} m ({sample.source})."
        shown = {"value": far, "limit": round(least_m)}
        if base < 1000 and far < round(least_m):
            return context.red(f"{leg.label}: {words}", fix=WAIT, **shown)
        return context.green(f"{leg.label}: {words}", **shown)

    return [
        judge_weather(
            weather,
            when,
            context,
            value_of=ceiling_and_visibility,
            color_of=color,
            missing=f"The weather at {place}",
        )
        for place, weather, when, _ in both_ends(leg)
    ]


@leg_rule(
    "FAR-135.205B",
    title="VFR visibility, helicopters",
    citation="14 CFR 135.205(b)",
    confidence="found",
    inputs=("crew",),
    when=lambda facts, leg: (
        vfr(facts, leg) and helicopter(facts, leg) and not helicopter_ambulance(facts, leg)
    ),
    parameters={
        "day_sm": Parameter(0.5, "higher", "SM", "By day"),
        "night_sm": Parameter(1, "higher", "SM", "By night"),
    },
)
def vfr_helicopter(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """
    Half a statute mile by day, one by night, else red; with a patient or a medical team on board
    it is 135.609 instead.
    """
    return [
        against_minima(
            weather,
            when,
            context,
            place=place,
            ceiling_ft=0,
            visibility_m=context["day_sm" if night is False else "night_sm"] * SM,
        )
        for place, weather, when, night in both_ends(leg)
    ]


@leg_rule(
    "FAR-91.155",
    title="VFR in controlled airspace",
    citation="14 CFR 91.155, 91.157",
    confidence="known-high",
    when=vfr,
    parameters={
        "visibility_sm": Parameter(3, "higher", "SM", "Least visibility"),
        "ceiling_ft": Parameter(1000, "higher", "ft", "Least ceiling in a surface area"),
    },
)
def controlled_airspace(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """
    3 statute miles and a ceiling of 1,000 ft where the aerodrome is controlled.

    One of which nobody knows whether it is counts as controlled. Special VFR is not planned on.
    """
    places = zip(both_ends(leg), (leg.departure, leg.arrival), strict=True)
    return [
        against_minima(
            weather,
            when,
            context,
            place=place,
            ceiling_ft=context["ceiling_ft"],
            visibility_m=context["visibility_sm"] * SM,
        )
        for (place, weather, when, _), airport in places
        if airport is None or airport.is_controlled is not False
    ]


@leg_rule(
    "FAR-135.219",
    title="Weather at the destination",
    citation="14 CFR 135.219",
    confidence="found",
    when=commercial_ifr,
    parameters=NEAR,
)
def destination(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """
    Reports and forecasts one hour either side of the arrival are at or above the landing minima.

    Below is red; less than 200 ft or half a statute mile above is amber.
    """
    if leg.min_ceiling_ft is None or leg.min_visibility_m is None:
        return context.missing(
            f"The landing minima of {leg.destination}", fix="Enter them from the approach chart."
        )
    return against_minima(
        leg.arrival_weather,
        leg.on_at,
        context,
        place=leg.destination,
        ceiling_ft=leg.min_ceiling_ft,
        visibility_m=leg.min_visibility_m,
        near_ft=context["near_ft"],
        near_m=context["near_sm"] * SM,
    )


@leg_rule(
    "FAR-135.217",
    title="Take-off alternate",
    citation="14 CFR 135.217",
    confidence="known-high",
    when=commercial_ifr,
    inputs=("cabin",),
    parameters={"hours": Parameter(1, "lower", "h", "Farthest, at cruise in still air")},
)
def takeoff_alternate(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """
    Below the landing minima of the departure an alternate within one hour at cruise is named.

    Where those minima are not known, 1,000 ft and 3 statute miles are surely above them.
    """
    known_minima = _minima_at(facts, leg.origin)
    ceiling_ft, visibility_m = known_minima or (1000.0, 3 * SM)
    weather = against_minima(
        leg.departure_weather,
        leg.off_at,
        context,
        place=leg.origin,
        ceiling_ft=ceiling_ft,
        visibility_m=visibility_m,
    )
    if weather.color == "green" or weather.is_missing_input:
        return weather
    if leg.takeoff_alternate is None:
        if known_minima is None:
            return context.missing(f"The landing minima of {leg.origin}", fix="Enter them.")
        return context.red(f"{weather.message} No take-off alternate.", fix="Name one.")
    return _within_reach(facts, leg, context)


def _within_reach(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Finding:
    bands = facts.cabin.bands if facts.cabin else ()
    if not bands or leg.takeoff_alternate_nm is None or leg.takeoff_alternate is None:
        return context.missing("The cruising speed of the aircraft")
    reach_nm = min(band.cruise_ktas for band in bands) * context["hours"]
    shown = {"value": round(leg.takeoff_alternate_nm, 1), "limit": round(reach_nm, 1)}
    words = f"Take-off alternate {leg.takeoff_alternate.ident}, {leg.takeoff_alternate_nm:.0f} NM."
    if leg.takeoff_alternate_nm > reach_nm:
        return context.red(f"{words} More than an hour away.", fix="Name a nearer one.", **shown)
    return context.green(words, **shown)


def _minima_at(facts: TripFacts, ident: str) -> tuple[float, float] | None:
    """The landing minima of an aerodrome, from any leg of the trip that ends there."""
    for leg in facts.legs:
        is_there = leg.destination == ident
        if is_there and leg.min_ceiling_ft is not None and leg.min_visibility_m is not None:
            return float(leg.min_ceiling_ft), float(leg.min_visibility_m)
    return None


@leg_rule(
    "FAR-135.225",
    title="Weather reports for the approach",
    citation="14 CFR 135.225(a),(b)",
    confidence="found",
    when=commercial_ifr,
    parameters={"km": Parameter(9.26, "lower", "km", "Farthest a station speaks for an aerodrome")},
)
def approach_reports(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """
    The destination has reports of its own.

    With a station only farther away, amber where the alternate has its own (eligible on-demand),
    else red; without any station nobody can tell.
    """
    here = _station_km(leg.arrival_weather)
    limit = context["km"]
    if here is not None and here <= limit:
        return context.green(f"{leg.destination} reports its weather.", value=here, limit=limit)
    there = _station_km(leg.alternate_weather)
    if leg.alternate is not None and there is not None and there <= limit:
        return context.amber(
            f"{leg.destination} has no reports; {leg.alternate.ident} has.",
            value=here,
            limit=limit,
            fix="Obtain the altimeter setting and the alternate's weather.",
        )
    if here is None:
        return context.missing(f"Whether {leg.destination} reports its weather")
    return context.red(
        f"Neither {leg.destination} nor an alternate reports its weather.",
        value=here,
        limit=limit,
        fix="Name an alternate that reports.",
    )


def _station_km(weather: WeatherFacts | None) -> float | None:
    if weather is None:
        return None
    reports = (weather.observation, weather.forecast)
    return min((report.distance_km for report in reports if report is not None), default=None)

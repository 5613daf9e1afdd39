"""Runways, landing sites, landing distances, and the heights of visual flight."""

from collections.abc import Iterable

from common.compliance.findings import Finding
from common.compliance.registry import Parameter, RuleContext
from operations.facts.legs import AirportFacts, LegFacts, RunwayFacts
from operations.facts.papers import CabinFacts
from operations.facts.trip import TripFacts
from operations.rules.basis import (
    Answer,
    aeroplane,
    evidence_or_missing,
    figure,
    helicopter,
    leg_rule,
    opsspec_in_force,
    vfr,
)
from operations.rules.hazards import FALLING, weather_codes
from operations.rules.samples import codes, is_covered, samples_at

AFM = "Aircraft flight manual"
# Above this a turbine aeroplane is large (14 CFR 1.1); whether it is of the transport category is
# not on file, so that all of them are held to its distances.
LARGE_KG = 5670
WET_FACTOR = 1.15


def _ends(leg: LegFacts) -> list[tuple[str, AirportFacts | None]]:
    return [(leg.origin, leg.departure), (leg.destination, leg.arrival)]


@leg_rule(
    "OPS-RUNWAY",
    title="Runway length",
    citation=AFM,
    confidence="design",
    inputs=("cabin",),
    when=aeroplane,
)
def runway_length(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """The longest runway with an approved surface at either end is long enough."""
    if facts.cabin is None:
        return context.missing("The runway the aircraft needs")
    return [_length_at(place, airport, facts.cabin, context) for place, airport in _ends(leg)]


def _length_at(
    place: str, airport: AirportFacts | None, cabin: CabinFacts, context: RuleContext
) -> Finding:
    fit = [r for r in _runways(airport) if r.surface is None or r.surface in cabin.surfaces]
    longest = longest_m(fit)
    if longest is None:
        return context.missing(f"The runways of {place}", fix="Enter their lengths.")
    words = f"{place}: {longest:.0f} m of runway, {cabin.min_runway_m} m needed."
    shown = {"value": longest, "limit": cabin.min_runway_m}
    if longest < cabin.min_runway_m:
        return context.red(words, fix="Plan another aerodrome or aircraft.", **shown)
    return context.green(words, **shown)


@leg_rule(
    "OPS-SURFACE",
    title="Runway surface",
    citation=AFM,
    confidence="design",
    inputs=("cabin",),
    when=aeroplane,
)
def runway_surface(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """A runway that is long enough has a surface the aircraft is approved for; unknown is amber."""
    if facts.cabin is None:
        return context.missing("The surfaces the aircraft is approved for")
    return [_surface_at(place, airport, facts.cabin, context) for place, airport in _ends(leg)]


def _surface_at(
    place: str, airport: AirportFacts | None, cabin: CabinFacts, context: RuleContext
) -> Finding:
    long = [r for r in _runways(airport) if r.length_m is None or r.length_m >= cabin.min_runway_m]
    surfaces = sorted({runway.surface for runway in long if runway.surface})
    shown = {"value": surfaces, "limit": list(cabin.surfaces)}
    if any(surface in cabin.surfaces for surface in surfaces):
        return context.green(f"{place}: {', '.join(surfaces)}.", **shown)
    if not long or any(runway.surface is None for runway in long):
        return context.missing(f"What the runways of {place} are made of")
    words = f"{place}: {', '.join(surfaces)}; approved: {', '.join(cabin.surfaces) or 'none'}."
    return context.red(words, fix="Plan another aerodrome or aircraft.", **shown)


@leg_rule(
    "OPS-HELIPAD",
    title="Landing site of a helicopter",
    citation="Company practice",
    confidence="design",
    when=helicopter,
)
def landing_site(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """
    Something is known of where a helicopter takes off and lands, at a hospital or anywhere else: a
    pad or a runway in use with its length or surface. Where nothing is, amber until it is looked
    at: size, ground, obstacles and who permits the landing are known to people only.
    """
    return [_site_at(place, airport, context) for place, airport in _ends(leg)]


def _site_at(place: str, airport: AirportFacts | None, context: RuleContext) -> Finding:
    sites = _runways(airport)
    known = [site for site in sites if site.length_m is not None or site.surface is not None]
    if known:
        return context.green(f"{place}: {len(known)} pads or runways on file.", value=len(known))
    what = "the size and ground of its pads are not" if sites else "no landing site is"
    words = f"{place}: {what} on file."
    fix = "Ask who runs it for size, surface, obstacles and permission; enter the pad."
    return context.amber(words, value=0, fix=fix)


@leg_rule(
    "OPS-LIGHTS",
    title="Runway lights at night",
    citation="14 CFR 135.229(b)",
    confidence="known-high",
    inputs=("cabin",),
)
def runway_lights(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """
    Whoever takes off or lands at night, by civil twilight, does so on a lit runway that will do:
    the one that the landing is planned for, else any. Lights that nobody entered are not known.
    A helicopter may do with reflective material instead, which is amber until it is confirmed.
    """
    found: list[Finding] = []
    for place, airport, is_night, runway_id in (
        (leg.origin, leg.departure, leg.is_night_departure, None),
        (leg.destination, leg.arrival, leg.is_night_arrival, leg.runway_id),
    ):
        if is_night is None:
            found.append(context.missing(f"Whether it is night at {place}"))
        elif is_night:
            found.append(_lights_at(facts, place, _used(facts, airport, runway_id), context))
        else:
            found.append(context.green(f"{place}: by day."))
    return found


def _used(
    facts: TripFacts, airport: AirportFacts | None, runway_id: int | None
) -> list[RunwayFacts]:
    """The runways that may be used: long enough and of a surface that will do, where known."""
    cabin, found = facts.cabin, _runways(airport)
    if runway_id is not None:
        return [runway for runway in found if runway.runway_id == runway_id]
    if cabin is None or facts.is_helicopter:
        return list(found)
    return [
        runway
        for runway in found
        if (runway.length_m is None or runway.length_m >= cabin.min_runway_m)
        and (runway.surface is None or runway.surface in cabin.surfaces)
    ]


def _lights_at(
    facts: TripFacts, place: str, runways: Iterable[RunwayFacts], context: RuleContext
) -> Finding:
    lights = [runway.is_lighted for runway in runways]
    if any(lights):
        return context.green(f"{place}: a lit runway.")
    if facts.is_helicopter:
        words = f"{place}: no lights are known of at night."
        return context.amber(words, fix="Confirm lights or reflective material.")
    if None in lights or not lights:
        return context.missing(f"Whether a runway of {place} is lit", fix="Enter its lights.")
    return context.red(f"{place}: no lit runway at night that will do.", fix="Fly by day.")


def _runways(airport: AirportFacts | None) -> tuple[RunwayFacts, ...]:
    return airport.runways if airport is not None else ()


def longest_m(runways: Iterable[RunwayFacts]) -> float | None:
    return max((r.length_m for r in runways if r.length_m is not None), default=None)


def is_wet(leg: LegFacts, context: RuleContext) -> bool:
    """Whether the landing runway counts as wet: anything falls, or nobody can tell."""
    if not is_covered(leg.arrival_weather, leg.on_at, context):
        return True
    for sample in samples_at(leg.arrival_weather, leg.on_at, context):
        weather = weather_codes(sample)
        if weather is None or codes(weather, *FALLING):
            return True
    return False


def _is_large(facts: TripFacts, leg: LegFacts) -> bool:
    cabin = facts.cabin
    is_big = cabin is not None and cabin.is_turbine and cabin.mtow_kg > LARGE_KG
    return is_big and not facts.is_helicopter


def _landing(
    leg: LegFacts, context: RuleContext, place: str, available_m: float | None, *, wet: bool
) -> Finding:
    if leg.landing_distance_m is None:
        return context.missing(f"The landing distance for {leg.label}", fix="Compute and enter it.")
    if available_m is None:
        return context.missing(f"The landing distance available at {place}")
    share = context["share"]
    needed = leg.landing_distance_m * (context["wet_factor"] if wet else 1.0)
    limit = round(available_m * share, 1)
    state = "wet" if wet else "dry"
    words = (
        f"{place}: {needed:.0f} m to land ({state}), {limit:.0f} m is {share:.0%} of the runway."
    )
    shown = {"value": round(needed, 1), "limit": limit}
    if round(needed, 1) > limit:
        return context.red(words, fix="Land lighter, or plan a longer runway.", **shown)
    return context.green(words, **shown)


LANDING = {
    "share": Parameter(0.6, "lower", "of the runway", "Within which it comes to a full stop"),
    "wet_factor": Parameter(WET_FACTOR, "higher", "times", "On a wet or slippery runway"),
}


def _available_m(
    facts: TripFacts, airport: AirportFacts | None, runway_id: int | None
) -> float | None:
    """The landing distance available: on the planned runway, else the longest that fits."""
    found = _runways(airport)
    if runway_id is not None:
        found = tuple(runway for runway in found if runway.runway_id == runway_id)
    cabin = facts.cabin
    fit = [r for r in found if cabin is None or r.surface is None or r.surface in cabin.surfaces]
    # Which way it is landed is not known: the more displaced threshold counts.
    known = [r.length_m - r.displaced_m for r in fit if r.length_m is not None]
    return max(known, default=None)


@leg_rule(
    "FAR-135.385",
    title="Landing distance at the destination",
    citation="14 CFR 135.385",
    confidence="known-high",
    inputs=("cabin", "opsspecs", "rule_date", "end_date"),
    when=lambda facts, leg: leg.is_commercial and _is_large(facts, leg),
    parameters=LANDING
    | {
        "eligible_share": Parameter(
            0.8, "lower", "of the runway", "Eligible on-demand, OpSpec C049"
        )
    },
)
def landing_distance(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """
    Full stop within 60 % of the runway, 15 % more when wet, else red.

    Above 60 and up to 80 % is amber with OpSpec C049 and its analysis of the aerodrome.
    """
    wet = is_wet(leg, context)
    available = _available_m(facts, leg.arrival, leg.runway_id)
    found = _landing(leg, context, leg.destination, available, wet=wet)
    has_analysis = opsspec_in_force(facts, "C049") is not None
    if found.color != "red" or found.is_missing_input or not has_analysis or available is None:
        return found
    limit = round(available * context["eligible_share"], 1)
    if found.value > limit:
        return found
    return context.amber(
        f"{found.message} Allowed to {context['eligible_share']:.0%} under OpSpec C049.",
        value=found.value,
        limit=limit,
        fix="Keep to the destination airport analysis.",
    )


@leg_rule(
    "FAR-135.387",
    title="Landing distance at the alternate",
    citation="14 CFR 135.387",
    confidence="known-high",
    inputs=("cabin",),
    when=lambda facts, leg: (
        leg.is_commercial and leg.alternate is not None and _is_large(facts, leg)
    ),
    parameters=LANDING,
)
def alternate_landing(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """Full stop within 60 % of the longest runway of the alternate, counted as wet."""
    ident = leg.alternate.ident if leg.alternate else ""
    available = _available_m(facts, leg.alternate, None)
    return _landing(leg, context, ident, available, wet=True)


@leg_rule(
    "FAR-135.203",
    title="VFR heights",
    citation="14 CFR 135.203",
    confidence="found",
    inputs=("evidence", "cabin"),
    when=lambda facts, leg: vfr(facts, leg) and leg.is_commercial,
    parameters={
        "day_ft": Parameter(500, "higher", "ft", "Aeroplanes by day"),
        "night_ft": Parameter(1000, "higher", "ft", "Aeroplanes by night"),
        "mountains_ft": Parameter(2000, "higher", "ft", "Aeroplanes by night over mountains"),
        "helicopter_ft": Parameter(300, "higher", "ft", "Helicopters over congested areas"),
    },
)
def vfr_heights(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """
    The planned clearance on record (`clearance_ft`): aeroplanes 500 ft by day, 1,000 by night and
    2,000 over terrain that is not on record as low; helicopters 300 ft.
    """
    record = facts.evidence_of("vfr_heights", leg)
    planned = record.details.get("clearance_ft") if record else None
    if not isinstance(planned, (int, float)):
        return context.missing(f"The height {leg.label} is flown at", fix="Record the clearance.")
    limit = _least_height(facts, leg, context)
    words = f"{leg.label}: {figure(planned)} ft clear of obstacles, {limit:g} ft needed."
    if planned < limit:
        return context.red(words, value=planned, limit=limit, fix="Plan higher.")
    return context.green(words, value=planned, limit=limit)


def _least_height(facts: TripFacts, leg: LegFacts, context: RuleContext) -> float:
    if facts.is_helicopter:
        return context["helicopter_ft"]
    if leg.is_night is False:
        return context["day_ft"]
    is_low = facts.evidence_of("low_terrain", leg) is not None
    return context["night_ft" if is_low else "mountains_ft"]


@leg_rule(
    "FAR-135.207",
    title="Surface reference",
    citation="14 CFR 135.207",
    confidence="known-high",
    inputs=("evidence",),
    when=lambda facts, leg: vfr(facts, leg) and helicopter(facts, leg) and leg.is_commercial,
)
def surface_reference(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """Helicopters under VFR keep the surface, by night a light on it, in sight: on record."""
    what = f"Whether {leg.label} keeps a surface or light reference"
    return evidence_or_missing(
        facts, leg, context, kind="surface_reference", what=what, fix="Confirm it."
    )

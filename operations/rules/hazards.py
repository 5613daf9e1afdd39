"""Icing, thunderstorms, and whether the weather reports can be relied on."""

from collections.abc import Callable
from datetime import datetime

from airports.queries.conditions import FRESH, WeatherFacts
from airports.reports.category import flight_category
from common.compliance.findings import Color, Finding
from common.compliance.registry import Parameter, RuleContext
from operations.facts.legs import LegFacts
from operations.facts.trip import TripFacts
from operations.rules.basis import Answer, figure, leg_rule
from operations.rules.minima import both_ends, ceiling_and_visibility
from operations.rules.samples import STATUTE_MILE_M, Sample, codes, judge_weather

COMPANY = "Company practice"
NO_SENSOR = "//"
FALLING = ("DZ", "RA", "SN", "SG", "IC", "PL", "GR", "GS", "UP")
CONVECTION = ("TS", "SQ", "FC")


def weather_codes(sample: Sample) -> tuple[str, ...] | None:
    """The weather groups, or None where the station cannot tell that there is none."""
    found = sample.conditions.weather
    return None if NO_SENSOR in found else found


def _convective(sample: Sample) -> tuple[str, ...] | None:
    found = tuple(codes(sample.conditions.weather, *CONVECTION))
    found += tuple(f"{layer.cover} CB" for layer in sample.conditions.clouds if layer.kind == "CB")
    return found if found or weather_codes(sample) is not None else None


@leg_rule(
    "WX-ICE",
    title="Icing",
    citation="14 CFR 135.227",
    confidence="known-high",
    inputs=("cabin",),
    parameters={"cold_c": Parameter(3.0, "higher", "C", "Wet and no warmer than this may freeze")},
)
def icing(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """
    Freezing rain or drizzle, snow, or rain near freezing: red without ice protection, amber with
    it. Frost, ice and snow come off before take-off. A forecast does not say how warm it is: the
    last report of the place does.
    """
    return [
        judge_weather(
            weather,
            when,
            context,
            value_of=weather_codes,
            color_of=_icing_at(facts, leg, context, place, weather),
            missing=f"Icing at {place}",
        )
        for place, weather, when, _ in both_ends(leg)
    ]


def _icing_at(
    facts: TripFacts, leg: LegFacts, context: RuleContext, place: str, around: WeatherFacts | None
) -> Callable[[Sample, tuple[str, ...]], Finding]:
    protected = facts.cabin.is_ice_protected if facts.cabin else None
    seen = around.observation if around is not None else None
    last_c = seen.temperature_c if seen is not None else None

    def color(sample: Sample, weather: tuple[str, ...]) -> Finding:
        signs = codes(weather, "FZ", "SN", "SG", "PL")
        falling = codes(weather, *FALLING)
        warmth_c = last_c if sample.temperature_c is None else sample.temperature_c
        if falling and not signs and warmth_c is None:
            return context.missing(f"Whether it freezes at {place} ({sample.source})")
        if falling and warmth_c is not None and warmth_c <= context["cold_c"]:
            signs = signs or falling
        if not signs:
            return context.green(f"{sample.source}: no sign of icing.")
        words = f"{leg.label}: {' '.join(signs)} ({sample.source})."
        if protected is None:
            return context.missing(f"Whether {facts.aircraft.tail_number} may fly into icing")
        if not protected:
            return context.red(f"{words} No ice protection.", value=signs, fix="Wait, or change.")
        return context.amber(words, value=signs, fix="De-ice before take-off.")

    return color


@leg_rule(
    "WX-TS",
    title="Thunderstorms",
    citation="14 CFR 135.173, 135.175",
    confidence="known-medium",
    inputs=("cabin",),
)
def thunderstorms(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """
    Thunder, cumulonimbus, squall or funnel cloud that prevails is red, TEMPO or PROB amber.

    With persons on board and any of it about, airborne weather radar is fitted, else red.
    """
    radar = facts.cabin.has_weather_radar if facts.cabin else None

    def color(sample: Sample, found: tuple[str, ...]) -> Finding:
        if found:
            words = f"{leg.label}: {', '.join(found)} ({sample.source})."
            return context.red(words, value=list(found), fix="Wait until it has gone.")
        return context.green(f"{sample.source}: no thunderstorm.")

    findings = _at_both_ends(leg, context, "Thunderstorms", _convective, color)
    is_about = any(finding.value for finding in findings)
    if is_about and leg.is_commercial and not radar:
        what = f"Whether {facts.aircraft.tail_number} has weather radar"
        missing = context.missing(what, fix="Enter it on the aircraft.")
        none = context.red("Thunderstorms about and no weather radar.", fix="Change the aircraft.")
        findings.append(missing if radar is None else none)
    return findings


def _at_both_ends(
    leg: LegFacts,
    context: RuleContext,
    what: str,
    value_of: Callable[[Sample], tuple[str, ...] | None],
    color: Callable[[Sample, tuple[str, ...]], Finding],
) -> list[Finding]:
    return [
        judge_weather(
            weather,
            when,
            context,
            value_of=value_of,
            color_of=color,
            missing=f"{what} at {place}",
        )
        for place, weather, when, _ in both_ends(leg)
    ]


@leg_rule(
    "WX-FLTCAT",
    title="Flight category at the destination",
    citation="Aviation Weather Center convention",
    confidence="found",
)
def category_at_destination(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """The worse of ceiling and visibility: VFR and MVFR green, IFR and LIFR amber."""

    def color(sample: Sample, seen: tuple[float, float]) -> Finding:
        category = category_of(*seen)
        words = f"{leg.destination}: {category} ({sample.source})."
        if category in ("VFR", "MVFR"):
            return context.green(words, value=category)
        return context.amber(words, value=category, fix="Acknowledge.")

    found = judge_weather(
        leg.arrival_weather,
        leg.on_at,
        context,
        value_of=ceiling_and_visibility,
        color_of=color,
        missing=f"The flight category of {leg.destination}",
    )
    # The worst this rule knows is amber, so a gap is amber too.
    if found.color != Color.RED:
        return found
    return context.amber(found.message, fix=found.fix, is_missing_input=True)


def category_of(ceiling_ft: float, visibility_m: float) -> str:
    """LIFR below 500 ft or 1 SM, IFR below 1,000 or 3, MVFR to 3,000 and 5, else VFR."""
    # Reports are kept to the meter, so that 3 SM are told as a shade less.
    miles = round(visibility_m / STATUTE_MILE_M, 3)
    return flight_category(ceiling_ft=round(ceiling_ft), visibility_sm=miles)


@leg_rule(
    "WX-AGE",
    title="Age of the reports",
    citation=COMPANY,
    confidence="design",
    parameters={"amber_min": Parameter(60, "lower", "min", "Amber above")},
)
def age(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """
    For an end reached within two hours a report of the last 60 minutes; older is amber, older than
    120 minutes or none is missing. Farther off, the forecast was issued and covers the time. What
    could not be read of either is amber, and so is a station whose sensors need service. A release
    is not taken back because a report grew older than 60 minutes, but at off blocks that is
    acknowledged, as long as there is no newer one.
    """
    return [_age_at(place, weather, when, context) for place, weather, when, _ in both_ends(leg)]


def _age_at(
    place: str, weather: WeatherFacts | None, when: datetime, context: RuleContext
) -> Finding:
    if when - context.at > FRESH:
        return _forecast_at(place, weather, when, context)
    seen = weather.observation if weather is not None else None
    if seen is None or context.at - seen.issued_at > FRESH:
        return context.missing(f"The weather of the last two hours at {place}", fix="Fetch it.")
    minutes = (context.at - seen.issued_at).total_seconds() / 60
    words = f"{seen.station} reported {minutes:.0f} minutes ago."
    shown = {"value": round(minutes, 1), "limit": context["amber_min"]}
    if minutes > context["amber_min"]:
        return context.amber(words, fix="Wait for the next report.", is_by_time=True, **shown)
    if seen.needs_service:
        return context.amber(f"The sensors of {seen.station} need service.", fix="Ask there.")
    if seen.undecoded:
        words = f"Part of the report of {seen.station} could not be read: {seen.undecoded[0]}."
        return context.amber(words, fix="Read it.")
    return context.green(words, **shown)


def _forecast_at(
    place: str, weather: WeatherFacts | None, when: datetime, context: RuleContext
) -> Finding:
    taf = weather.forecast if weather is not None else None
    if taf is None or not taf.covers_window:
        return context.missing(f"A forecast for {place} at {when:%d %H%MZ}", fix="Ask again later.")
    if taf.undecoded:
        part = taf.undecoded[0]
        return context.amber(
            f"Part of TAF {taf.station} could not be read: {part}.", fix="Read it."
        )
    return context.green(f"TAF {taf.station} covers {when:%d %H%MZ}.")


@leg_rule(
    "WX-STN",
    title="Distance of the stations",
    citation=COMPANY,
    confidence="design",
    parameters={"max_km": Parameter(50, "lower", "km", "Farthest station that speaks for a place")},
)
def stations(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """No station within 50 km of an end is amber while planning and red at release."""
    return [_station(place, weather, context) for place, weather, _, _ in both_ends(leg)]


def _station(place: str, weather: WeatherFacts | None, context: RuleContext) -> Finding:
    reports = (weather.observation, weather.forecast) if weather is not None else ()
    found = [report for report in reports if report is not None]
    if not found:
        return context.missing(f"A weather station near {place}", fix="Name an approved source.")
    nearest = min(found, key=lambda report: report.distance_km)
    words = f"{nearest.station} is {figure(nearest.distance_km)} km from {place}."
    shown = {"value": nearest.distance_km, "limit": context["max_km"]}
    if nearest.distance_km > context["max_km"]:
        return context.amber(words, fix="Ask a nearer source.", **shown)
    return context.green(words, **shown)


@leg_rule(
    "FAR-135.213",
    title="Weather source",
    citation="14 CFR 135.213",
    confidence="known-high",
    inputs=("evidence",),
    when=lambda facts, leg: leg.is_commercial,
)
def source(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """Reports of an approved source at both ends, or one on record; without it amber."""
    record = facts.evidence_of("weather_source", leg)
    if record is not None:
        return context.green(f"{leg.label}: {record.reference} ({record.recorded_by}).")
    silent = [
        place
        for place, weather, _, _ in both_ends(leg)
        if weather is None or (weather.observation is None and weather.forecast is None)
    ]
    if silent:
        return context.amber(
            f"{leg.label}: no reports for {', '.join(silent)}.",
            fix="Record the approved source, or the pilot's observation under VFR.",
        )
    return context.green(f"{leg.label}: METAR and TAF stations at both ends.")

"""Weather for drones (REGULATION section 6, rows WXD; CASR 101.095)."""

from common.compliance.findings import Finding
from common.compliance.registry import Parameter, RuleContext
from common.units import FT_M
from flight_operations.facts.operation import OperationFacts
from flight_operations.rules.basis import figure, highest_m, operation_rule
from flight_operations.rules.conditions import CLEAR_SKY_M, Layer, Sample, codes, judge

VMC_VISIBILITY_M = 5000.0
GOOD_VISIBILITY_M = 6000.0
CLOUD_MARGIN_M = round(500 * FT_M, 2)
BROKEN = frozenset({"BKN", "OVC", "VV"})
PRECIPITATION = ("DZ", "RA", "SN", "SG", "IC", "PL", "GR", "GS", "UP")
NEVER_THROUGH = ("FZ", "SN", "GR")
CONVECTION = ("TS", "SQ", "FC")
COMPANY = "Company practice (REGULATION section 6)"
WEATHER = ("weather", "local_observation")
SITE_HEIGHTS = ("take_off_elevation_m", "terrain_highest_m")


@operation_rule(
    "WXD-WIND",
    title="Wind",
    citation="Aircraft manual",
    confidence="found",
    inputs=(*WEATHER, "aircraft"),
    parameters={
        "amber_share": Parameter(0.8, "lower", "of the aircraft's limit", "Amber above"),
        "red_share": Parameter(1.0, "lower", "of the aircraft's limit", "Red above"),
    },
    is_outdoors_only=True,
)
def wind(facts: OperationFacts, context: RuleContext) -> Finding:
    """The larger of steady wind and gust against the aircraft's limit: 80 % green, 100 % amber."""
    most = facts.aircraft.max_wind_ms
    if most is None:
        return context.missing("The aircraft's greatest wind", fix="Enter it on the aircraft.")

    def color(sample: Sample, speed: float) -> Finding:
        words = (
            f"{sample.source}: wind {speed:.1f} m/s; the aircraft's limit is {figure(most)} m/s."
        )
        shown = {"value": round(speed, 3), "limit": most}
        # Rounded to a millimetre per second, so that converted knots meet a limit exactly.
        if round(speed, 3) <= round(most * context["amber_share"], 3):
            return context.green(words, **shown)
        if round(speed, 3) <= round(most * context["red_share"], 3):
            return context.amber(words, fix="Acknowledge; wind aloft may be stronger.", **shown)
        return context.red(words, fix="Wait for less wind, or take another aircraft.", **shown)

    return judge(
        facts,
        context,
        value_of=lambda sample: sample.strongest_ms,
        color_of=color,
        missing="The wind at the site",
    )


@operation_rule(
    "WXD-VIS",
    title="Visibility",
    citation="CASR 101.095 (VMC)",
    confidence="design",
    inputs=WEATHER,
    parameters={
        "green_m": Parameter(GOOD_VISIBILITY_M, "higher", "m", "Green from"),
        "red_m": Parameter(VMC_VISIBILITY_M, "higher", "m", "Red below"),
    },
    is_outdoors_only=True,
)
def visibility(facts: OperationFacts, context: RuleContext) -> Finding:
    """The lowest visibility reported or forecast: 6,000 m green, 5,000 m amber, below red."""

    def color(sample: Sample, seen_m: float) -> Finding:
        words = f"{sample.source}: visibility {figure(seen_m)} m."
        shown = {"value": seen_m, "limit": context["red_m"]}
        if seen_m < context["red_m"]:
            return context.red(words, fix="Wait for better visibility.", **shown)
        if seen_m < context["green_m"]:
            return context.amber(words, fix="Acknowledge; keep the aircraft close.", **shown)
        return context.green(words, **shown)

    return judge(
        facts,
        context,
        value_of=lambda sample: sample.visibility_m,
        color_of=color,
        missing="The visibility at the site",
    )


@operation_rule(
    "WXD-CEIL",
    title="Ceiling",
    citation="CASR 101.095",
    confidence="known-high",
    inputs=(*WEATHER, *SITE_HEIGHTS, "max_height_agl_m", "volumes"),
    parameters={"margin_m": Parameter(CLOUD_MARGIN_M, "higher", "m", "Room below the ceiling")},
    is_outdoors_only=True,
)
def ceiling(facts: OperationFacts, context: RuleContext) -> Finding:
    """
    The ceiling, corrected for the height of the ground, less the planned height: 500 ft green,
    more than nothing amber, else red.
    """
    height = highest_m(facts)
    if height is None:
        return context.missing("The greatest height above ground")

    def color(sample: Sample, base_m: float) -> Finding:
        if base_m == CLEAR_SKY_M:
            return context.green(f"{sample.source}: no ceiling.")
        room = round(base_m - height, 2)
        words = f"{sample.source}: ceiling {room:.0f} m above the planned height."
        shown = {"value": room, "limit": context["margin_m"]}
        if room <= 0:
            return context.red(words, fix="Plan lower, or wait for a higher ceiling.", **shown)
        if room < round(context["margin_m"], 2):
            return context.amber(words, fix="Plan lower, or acknowledge.", **shown)
        return context.green(words, **shown)

    return judge(
        facts,
        context,
        value_of=lambda sample: sample.cloud_base_m,
        color_of=color,
        missing="The ceiling above the site",
    )


@operation_rule(
    "CASR-101.095-VMC",
    title="Visual conditions",
    citation="CASR 101.095(1), (1A)",
    confidence="known-high",
    inputs=(*WEATHER, *SITE_HEIGHTS, "max_height_agl_m", "volumes"),
    is_outdoors_only=True,
)
def visual_conditions(facts: OperationFacts, context: RuleContext) -> list[Finding] | Finding:
    """Not in or into cloud: visibility 5,000 m or more, and cloud above the planned height."""
    height = highest_m(facts)
    if height is None:
        return context.missing("The greatest height above ground")

    def color(sample: Sample, base_m: float) -> Finding:
        shown = {"value": sample.visibility_m, "limit": VMC_VISIBILITY_M}
        if sample.visibility_m is not None and sample.visibility_m < VMC_VISIBILITY_M:
            words = f"{sample.source}: visibility {figure(sample.visibility_m)} m, below VMC."
            return context.red(words, fix="Wait for visual conditions.", **shown)
        if base_m <= height:
            words = f"{sample.source}: cloud at or below the planned height."
            return context.red(words, fix="Plan lower, or wait.", value=base_m, limit=height)
        scattered = [layer for layer in sample.layers if _is_in_the_way(layer, height)]
        if scattered:
            words = f"{sample.source}: {scattered[0].cover} at or below the planned height."
            return context.amber(words, fix="Stay clear of cloud.", limit=height)
        return context.green(f"{sample.source}: visual conditions.", **shown)

    def value(sample: Sample) -> float | None:
        is_told = sample.cloud_base_m is not None and sample.visibility_m is not None
        is_bad = sample.visibility_m is not None and sample.visibility_m < VMC_VISIBILITY_M
        return (sample.cloud_base_m or 0.0) if is_told or is_bad else None

    return judge(facts, context, value_of=value, color_of=color, missing="Whether it is visual")


def _is_in_the_way(layer: Layer, height: float) -> bool:
    return layer.cover not in BROKEN and layer.base_m is not None and layer.base_m <= height


@operation_rule(
    "WXD-PRECIP",
    title="Precipitation",
    citation="Aircraft manual",
    confidence="design",
    inputs=(*WEATHER, "aircraft"),
    is_outdoors_only=True,
)
def precipitation(facts: OperationFacts, context: RuleContext) -> Finding:
    """None green; light amber with an IP rating for rain, red without; anything more red."""

    def color(sample: Sample, weather: tuple[str, ...]) -> Finding:
        falling = codes(weather, *PRECIPITATION)
        here = [code for code in falling if not code.startswith("VC")]
        if not here and not codes(weather, "FZ"):
            return context.green(f"{sample.source}: no precipitation.")
        words = f"{sample.source}: {' '.join(here or codes(weather, 'FZ'))}."
        is_light = all(code.startswith("-") for code in here) and not codes(weather, *NEVER_THROUGH)
        if is_light and facts.aircraft.is_rain_tolerant:
            return context.amber(words, value=here, fix="Acknowledge; dry the aircraft after.")
        return context.red(words, value=here, fix="Wait until it is dry.")

    return judge(
        facts, context, value_of=_falling, color_of=color, missing="Whether anything falls"
    )


def _falling(sample: Sample) -> tuple[str, ...] | None:
    """The weather codes, where the source can tell that nothing falls, or says that it does."""
    is_told = sample.is_precipitation_known or codes(sample.weather, *PRECIPITATION, "FZ")
    return sample.weather if is_told else None


def _convective(sample: Sample) -> tuple[str, ...] | None:
    """The signs of convection, where the source can tell that there is none, or names one."""
    found = tuple(codes(sample.weather, *CONVECTION))
    found += tuple(f"{layer.cover} CB" for layer in sample.layers if layer.kind == "CB")
    return found if sample.is_thunder_known or found else None


@operation_rule(
    "WXD-TS",
    title="Thunderstorms",
    citation=COMPANY,
    confidence="design",
    inputs=WEATHER,
    is_outdoors_only=True,
)
def thunderstorms(facts: OperationFacts, context: RuleContext) -> Finding:
    """Thunder, cumulonimbus, squall or funnel cloud: red; amber when only TEMPO, INTER or PROB."""

    def color(sample: Sample, found: tuple[str, ...]) -> Finding:
        if found:
            words = f"{sample.source}: {', '.join(found)}."
            return context.red(words, value=list(found), fix="Wait until the storm has gone.")
        return context.green(f"{sample.source}: no thunderstorm.")

    return judge(
        facts, context, value_of=_convective, color_of=color, missing="Whether it thunders"
    )


@operation_rule(
    "WXD-TEMP",
    title="Temperature",
    citation="Aircraft manual",
    confidence="design",
    inputs=(*WEATHER, "aircraft"),
    parameters={"margin_c": Parameter(5.0, "higher", "C", "Amber within")},
    is_outdoors_only=True,
)
def temperature(facts: OperationFacts, context: RuleContext) -> Finding:
    """Outside the aircraft's temperature limits red; within 5 C of one amber."""
    low, high = facts.aircraft.min_temperature_c, facts.aircraft.max_temperature_c
    if low is None or high is None:
        return context.missing("The aircraft's temperature limits", fix="Enter them.")

    def color(sample: Sample, now_c: float) -> Finding:
        words = f"{sample.source}: {figure(now_c)} C; limits {figure(low)} to {figure(high)} C."
        shown = {"value": now_c, "limit": [low, high]}
        if not low <= now_c <= high:
            return context.red(words, fix="Wait, or take another aircraft.", **shown)
        if min(now_c - low, high - now_c) <= context["margin_c"]:
            return context.amber(words, fix="Warm or cool the batteries.", **shown)
        return context.green(words, **shown)

    return judge(
        facts,
        context,
        value_of=lambda sample: sample.temperature_c,
        color_of=color,
        missing="The temperature at the site",
    )


@operation_rule(
    "WXD-FOG",
    title="Fog risk",
    citation=COMPANY,
    confidence="design",
    inputs=WEATHER,
    parameters={"spread_c": Parameter(2.0, "higher", "C", "Amber up to")},
    is_outdoors_only=True,
)
def fog(facts: OperationFacts, context: RuleContext) -> Finding:
    """Temperature less dew point of 2 C or less is amber; so is not knowing it."""

    def color(sample: Sample, spread_c: float) -> Finding:
        words = f"{sample.source}: temperature {figure(spread_c)} C above the dew point."
        shown = {"value": spread_c, "limit": context["spread_c"]}
        if spread_c <= context["spread_c"]:
            return context.amber(words, fix="Watch for fog.", **shown)
        return context.green(words, **shown)

    def value(sample: Sample) -> float | None:
        if sample.temperature_c is None or sample.dewpoint_c is None:
            return None
        return round(sample.temperature_c - sample.dewpoint_c, 1)

    found = judge(facts, context, value_of=value, color_of=color, missing="The risk of fog")
    # The worst this rule knows is amber, so a gap is amber too.
    if not found.is_missing_input:
        return found
    return context.amber(found.message, fix=found.fix, is_missing_input=True)

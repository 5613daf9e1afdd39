"""Can the weather reports be relied on: age, distance, sensors, coverage (REGULATION WXD rows)."""

from common.compliance.findings import Finding
from common.compliance.registry import Parameter, RuleContext
from flight_operations.facts.operation import OperationFacts
from flight_operations.rules.basis import figure, operation_rule
from flight_operations.rules.conditions import is_fresh, is_report_due
from flight_operations.rules.weather import COMPANY

AMBER_MIN = 60.0
MAX_KM = 50.0


def _local_is_fresh(facts: OperationFacts, context: RuleContext) -> bool:
    seen = facts.local_observation
    return seen is not None and is_fresh(seen.observed_at, context)


@operation_rule(
    "WXD-AGE",
    title="Age of the report",
    citation=COMPANY,
    confidence="design",
    inputs=("weather", "start_at"),
    parameters={"amber_min": Parameter(AMBER_MIN, "lower", "min", "Amber above")},
    is_outdoors_only=True,
)
def age(facts: OperationFacts, context: RuleContext) -> Finding:
    """
    A report older than 60 minutes is amber, older than 120 minutes or none is missing.

    Counted at the moment of the question. More than two hours before the start no report for the
    flight can exist yet: amber while planning.
    """
    if not is_report_due(facts, context):
        return context.missing("The weather report for the flight", fix="Ask again before release.")
    observed = [] if facts.local_observation is None else [facts.local_observation.observed_at]
    if facts.weather is not None and facts.weather.observation is not None:
        observed.append(facts.weather.observation.issued_at)
    if not observed or not is_fresh(max(observed), context):
        return context.missing(
            "The weather of the last two hours", fix="Fetch a report, or enter your own look."
        )
    minutes = (context.at - max(observed)).total_seconds() / 60
    words = f"The latest observation is {minutes:.0f} minutes old."
    shown = {"value": round(minutes, 1), "limit": context["amber_min"]}
    if minutes > context["amber_min"]:
        return context.amber(words, fix="Wait for the next report, or look yourself.", **shown)
    return context.green(words, **shown)


@operation_rule(
    "WXD-STN",
    title="Distance of the station",
    citation=COMPANY,
    confidence="design",
    inputs=("weather",),
    parameters={"max_km": Parameter(MAX_KM, "lower", "km", "Farthest station that speaks for it")},
    is_outdoors_only=True,
)
def station(facts: OperationFacts, context: RuleContext) -> Finding:
    """No station within 50 km: amber until the pilot's own observation is entered."""
    if _local_is_fresh(facts, context):
        return context.green("The pilot has looked.")
    report = facts.weather.observation if facts.weather is not None else None
    limit = context["max_km"]
    if report is None:
        return context.amber(
            f"No reporting station within {figure(limit)} km.",
            limit=limit,
            fix="Enter your own observation at the site.",
        )
    words = f"{report.station} is {figure(report.distance_km)} km away."
    if report.distance_km > limit:
        return context.amber(
            words, value=report.distance_km, limit=limit, fix="Enter your own observation."
        )
    return context.green(words, value=report.distance_km, limit=limit)


@operation_rule(
    "WXD-TAF",
    title="Forecast for the flight",
    citation=COMPANY,
    confidence="design",
    inputs=("weather",),
    is_outdoors_only=True,
)
def forecast(facts: OperationFacts, context: RuleContext) -> Finding:
    """
    A forecast covers the whole flight; every part that overlaps it is judged by the other rules.

    None, or one with gaps, is amber.
    """
    taf = facts.weather.forecast if facts.weather is not None else None
    if taf is None:
        return context.amber("No forecast within 50 km.", fix="Judge the trend yourself.")
    if not taf.covers_window:
        return context.amber(
            f"The forecast of {taf.station} does not cover the whole flight.",
            fix="Wait for the next forecast, or shorten the flight.",
        )
    if taf.undecoded:
        return context.amber(
            f"Part of the forecast of {taf.station} could not be read: {taf.undecoded[0]}.",
            fix="Read it yourself.",
        )
    return context.green(f"The forecast of {taf.station} covers the flight.")


@operation_rule(
    "WXD-SENSOR",
    title="The station's sensors",
    citation=COMPANY,
    confidence="known-high",
    inputs=("weather",),
    is_outdoors_only=True,
)
def sensor(facts: OperationFacts, context: RuleContext) -> Finding | None:
    """A report that flags its sensors, or that could not be read whole, is amber."""
    report = facts.weather.observation if facts.weather is not None else None
    if report is None:
        return None
    if report.needs_service:
        return context.amber(
            f"{report.station} says that its sensors need service.", fix="Look yourself."
        )
    if report.undecoded:
        return context.amber(
            f"Part of the report of {report.station} could not be read: {report.undecoded[0]}.",
            fix="Read it yourself.",
        )
    return context.green(f"The report of {report.station} was read whole.")

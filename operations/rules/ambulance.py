"""Air ambulance: helicopter minima, risk analysis, oxygen, authority (14 CFR 135 subpart L)."""

from datetime import date

from common.compliance.findings import Finding
from common.compliance.registry import Parameter, RuleContext
from operations.facts.legs import LegFacts
from operations.facts.papers import WorksheetFacts
from operations.facts.trip import TripFacts
from operations.risk_template import CURRENT
from operations.rules.basis import (
    Answer,
    figure,
    helicopter_ambulance,
    leg_rule,
    opsspec_in_force,
    trip_rule,
)
from operations.rules.minima import against_minima, both_ends
from operations.rules.samples import STATUTE_MILE_M

SM = STATUTE_MILE_M
STATION_KM = 27.78
SMS_DUE = date(2027, 5, 28)
# (mountainous, local) -> ceiling ft and visibility SM by day, by night, by night with aids.
CLASS_G = {
    (False, True): ((800, 2), (1000, 3), (800, 3)),
    (False, False): ((800, 3), (1000, 5), (1000, 3)),
    (True, True): ((800, 3), (1500, 3), (1000, 3)),
    (True, False): ((1000, 3), (1500, 5), (1000, 5)),
}
DAY, NIGHT, NIGHT_WITH_AIDS = 0, 1, 2


@leg_rule(
    "FAR-135.609",
    title="Helicopter air ambulance, VFR minima",
    citation="14 CFR 135.609",
    confidence="found",
    inputs=("evidence", "cabin", "crew"),
    when=lambda facts, leg: helicopter_ambulance(facts, leg) and not leg.is_ifr,
    parameters={
        "near_ft": Parameter(200, "higher", "ft", "Ceiling margin under which it is amber"),
        "near_sm": Parameter(1, "higher", "SM", "Visibility margin under which it is amber"),
    },
    absolute="The weather minima of patients' flights are no matter of opinion.",
)
def helicopter_minima(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """
    Ceiling and visibility of the table for terrain, area and light; below red, near amber.

    Terrain counts as mountainous and the area as not local until the opposite is on record; light
    that is not known counts as night.
    """
    is_low = facts.evidence_of("low_terrain", leg) is not None
    is_local = facts.evidence_of("local_area", leg) is not None
    row = CLASS_G[not is_low, is_local]
    has_aids = bool(facts.cabin and facts.cabin.has_terrain_awareness)
    found = []
    for place, weather, when, night in both_ends(leg):
        column = DAY if night is False else NIGHT_WITH_AIDS if has_aids else NIGHT
        ceiling_ft, visibility_sm = row[column]
        found.append(
            against_minima(
                weather,
                when,
                context,
                place=place,
                ceiling_ft=ceiling_ft,
                visibility_m=visibility_sm * SM,
                near_ft=context["near_ft"],
                near_m=context["near_sm"] * SM,
            )
        )
    return found


@leg_rule(
    "FAR-135.611",
    title="Helicopter IFR where no weather is reported",
    citation="14 CFR 135.611",
    confidence="found",
    when=lambda facts, leg: helicopter_ambulance(facts, leg) and leg.is_ifr,
    parameters={"km": Parameter(STATION_KM, "lower", "km", "Farthest source (15 NM)")},
)
def reported_weather(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """The source of the destination's weather is within 15 NM, else red."""
    weather = leg.arrival_weather
    reports = (weather.observation, weather.forecast) if weather is not None else ()
    nearest = min((r.distance_km for r in reports if r is not None), default=None)
    if nearest is None:
        return context.missing(f"The weather source of {leg.destination}")
    shown = {"value": nearest, "limit": context["km"]}
    if nearest > context["km"]:
        words = f"No weather source within 15 NM of {leg.destination}."
        return context.red(words, fix="Plan a destination that has one.", **shown)
    return context.green(f"A source {figure(nearest)} km from {leg.destination}.", **shown)


@leg_rule(
    "FAR-135.613",
    title="From instrument to visual flight",
    citation="14 CFR 135.613",
    confidence="found",
    inputs=("evidence",),
    when=lambda facts, leg: (
        helicopter_ambulance(facts, leg)
        and leg.is_ifr
        and leg.arrival is not None
        and leg.arrival.kind == "heliport"
    ),
)
def transition(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """
    After an approach to a point in space, to a heliport: within 1 NM the charted ceiling and 1 SM,
    within 3 NM 600 ft and 2 SM (night 3), farther 1,000 ft and 3 SM. The distance is on record.
    """
    record = facts.evidence_of("instrument_transition", leg)
    distance = record.details.get("distance_nm") if record else None
    if not isinstance(distance, (int, float)):
        return context.missing(
            f"How far {leg.label} is flown visually at the end", fix="Record it."
        )
    if distance <= 1:
        if leg.min_ceiling_ft is None:
            return context.missing(f"The charted ceiling of {leg.destination}", fix="Enter it.")
        needed = (float(leg.min_ceiling_ft), SM)
    elif distance <= 3:
        needed = (600.0, (2 if leg.is_night_arrival is False else 3) * SM)
    else:
        needed = (1000.0, 3 * SM)
    return against_minima(
        leg.arrival_weather,
        leg.on_at,
        context,
        place=leg.destination,
        ceiling_ft=needed[0],
        visibility_m=needed[1],
    )


@leg_rule(
    "FAR-135.615",
    title="Clearance of the route",
    citation="14 CFR 135.615",
    confidence="found",
    inputs=("evidence",),
    when=lambda facts, leg: helicopter_ambulance(facts, leg) and not leg.is_ifr,
    parameters={
        "day_ft": Parameter(300, "higher", "ft", "Above the highest obstacle by day"),
        "night_ft": Parameter(500, "higher", "ft", "Above the highest obstacle by night"),
    },
)
def route_clearance(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """The highest obstacle is on record and cleared by 300 ft by day, 500 by night, else red."""
    record = facts.evidence_of("route_obstacles", leg)
    details = record.details if record else {}
    obstacle, altitude = details.get("highest_obstacle_ft"), details.get("altitude_ft")
    if not (isinstance(obstacle, (int, float)) and isinstance(altitude, (int, float))):
        return context.missing(f"The highest obstacle of {leg.label}", fix="Record it.")
    limit = context["day_ft" if leg.is_night is False else "night_ft"]
    clear = altitude - obstacle
    words = f"{leg.label}: {clear:g} ft above the highest obstacle, {limit:g} ft needed."
    if clear < limit:
        return context.red(words, value=clear, limit=limit, fix="Plan higher.")
    return context.green(words, value=clear, limit=limit)


@trip_rule(
    "FAR-135.617-PRA",
    title="Flight risk worksheet",
    citation="14 CFR 135.617",
    confidence="found",
    inputs=("worksheet", "plan_hash", "refusals_nearby", "kind"),
    absolute="No patient flies on a risk that nobody has weighed.",
    version=2,
)
def risk_analysis(facts: TripFacts, context: RuleContext) -> Answer:
    """
    The worksheet is filled in and signed by the pilot in command for the plan as it stands.

    Above the threshold a manager approved it: amber then, red without. Another operator's refusal
    nearby within six hours is shown and amber.
    """
    if not facts.is_ambulance:
        return None
    # Who fills the worksheet in must know of them: they are shown before it is there.
    return [_weighed(facts, context), *_refusals(facts, context)]


def _weighed(facts: TripFacts, context: RuleContext) -> Finding:
    sheet = facts.worksheet
    if sheet is None or not sheet.is_complete:
        return context.missing("The flight risk", fix="Fill in the risk worksheet.")
    if sheet.template_version != CURRENT.version:
        return context.missing("The flight risk by the current worksheet", fix="Fill it in anew.")
    if not sheet.signed_by or sheet.plan_hash != facts.plan_hash:
        why = "signed for another plan" if sheet.signed_by else "not signed"
        return context.missing(
            f"The flight risk as the pilot in command sees it ({why})",
            fix="The pilot in command of the first leg signs the worksheet.",
        )
    return _score(sheet, context)


def _score(sheet: WorksheetFacts, context: RuleContext) -> Finding:
    words = f"Risk score {sheet.score}, signed by {sheet.signed_by}; threshold {sheet.threshold}."
    shown = {"value": sheet.score, "limit": sheet.threshold}
    if sheet.score <= sheet.threshold:
        return context.green(words, **shown)
    if not sheet.approved_by:
        return context.red(f"{words} No manager approved it.", fix="Ask a manager.", **shown)
    return context.amber(f"{words} Approved by {sheet.approved_by}.", fix="Acknowledge.", **shown)


def _refusals(facts: TripFacts, context: RuleContext) -> list[Finding]:
    if not facts.refusals_nearby:
        return []
    words = f"Another operator refused it {facts.refusals_nearby} times within 6 h and 5 NM."
    return [context.amber(words, value=facts.refusals_nearby, fix="Ask why, and acknowledge.")]


@leg_rule(
    "FAR-135.91-O2",
    title="Medical oxygen on board",
    citation="14 CFR 135.91",
    confidence="known-high",
    inputs=("evidence", "medical"),
    when=lambda facts, leg: (
        leg.has_patient and facts.medical is not None and facts.medical.oxygen_flow_lpm > 0
    ),
)
def oxygen_carriage(facts: TripFacts, leg: LegFacts, context: RuleContext) -> Answer:
    """Furnished by the operator, secured, clear of exits, no smoking near: amber until so."""
    found = facts.evidence_of("oxygen", leg)
    if found is None:
        return context.amber(
            f"{leg.label}: carriage of medical oxygen is not confirmed.", fix="Confirm it."
        )
    return context.green(f"{leg.label}: {found.reference} ({found.recorded_by}).")


@trip_rule(
    "OPSPEC-A024",
    title="Authority for air ambulance by aeroplane",
    citation="FAA OpSpec A024",
    confidence="known-medium",
    inputs=("opsspecs", "kind", "rule_date", "end_date"),
    absolute="What the authority has not allowed nobody else can.",
)
def aeroplane_authority(facts: TripFacts, context: RuleContext) -> Answer:
    """A024 is in force on every day of the trip, else red."""
    if facts.is_helicopter or not facts.is_ambulance:
        return None
    return _authority(facts, context, "A024")


@trip_rule(
    "OPSPEC-A021",
    title="Authority for air ambulance by helicopter",
    citation="FAA OpSpec A021",
    confidence="known-medium",
    inputs=("opsspecs", "kind", "rule_date", "end_date"),
    absolute="What the authority has not allowed nobody else can.",
)
def helicopter_authority(facts: TripFacts, context: RuleContext) -> Answer:
    """A021 is in force on every day of the trip, else red."""
    if not (facts.is_helicopter and facts.is_ambulance):
        return None
    return _authority(facts, context, "A021")


def _authority(facts: TripFacts, context: RuleContext, code: str) -> Finding:
    entry = opsspec_in_force(facts, code)
    if entry is not None:
        return context.green(f"OpSpec {code} is in force.", value=entry.issued_on.isoformat())
    return context.red(
        f"OpSpec {code} is not in force.", fix="Put the operations specification on file."
    )


@trip_rule(
    "FAR-PART5-SMS",
    title="Safety management system",
    citation="14 CFR part 5",
    confidence="known-high",
    inputs=("opsspecs", "rule_date", "end_date"),
)
def safety_management(facts: TripFacts, context: RuleContext) -> Answer:
    """
    Advisory: trips from 28 May 2027 are amber without an accepted system on file (code SMS).

    Silent before that day.
    """
    if facts.rule_date < SMS_DUE:
        return None
    limit = SMS_DUE.isoformat()
    held = opsspec_in_force(facts, "SMS")
    if held is None:
        words = f"No accepted safety management system on file, needed from {limit}."
        return context.amber(words, limit=limit, fix="Put it on file as SMS.")
    value = held.issued_on.isoformat()
    return context.green("A safety management system is on file.", value=value, limit=limit)

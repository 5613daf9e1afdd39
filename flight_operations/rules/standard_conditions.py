"""The standard RPA operating conditions that hang on height, light, sight and hazard (CASR 101)."""

from common.compliance.findings import Finding
from common.compliance.registry import Parameter, RuleContext
from flight_operations.facts.operation import OperationFacts
from flight_operations.models import AuthorizationKind, SightMode
from flight_operations.risk_matrix import RiskIndex, index
from flight_operations.rules.basis import (
    BY_APPROVAL,
    approved_or_red,
    figure,
    highest_m,
    operation_rule,
)
from flight_operations.rules.standard_limits import HEIGHT_EXACT_M, HEIGHT_M


@operation_rule(
    "CASR-101.238-VLOS",
    title="Within the pilot's own sight",
    citation="CASR 101.238(a), 101.073(3)",
    confidence="known-medium",
    inputs=("sight_mode", "is_behind_obstacles"),
    absolute=BY_APPROVAL,
    is_outdoors_only=True,
)
def in_sight(facts: OperationFacts, context: RuleContext) -> Finding | None:
    """The aircraft stays in the pilot's own unaided sight and not behind obstacles."""
    if facts.sight_mode != SightMode.VLOS:
        return None
    if facts.is_behind_obstacles is None:
        return context.missing(
            "Whether obstacles hide the aircraft",
            fix="Say so in the plan, after a look at the site.",
        )
    if facts.is_behind_obstacles:
        return context.red(
            "Part of the flight is behind obstacles, out of the pilot's sight.",
            fix="Move the volumes or the control station, or plan EVLOS with an approval.",
        )
    return context.green("Flown in the pilot's own sight.")


@operation_rule(
    "CASR-101.238-ALT",
    title="Not above 120 m (400 ft)",
    citation="CASR 101.238(b), 101.085, 101.250",
    confidence="found",
    inputs=("max_height_agl_m", "authorizations"),
    parameters={"max_height_m": Parameter(HEIGHT_M, "lower", "m", "Greatest height above ground")},
    absolute=BY_APPROVAL,
    is_outdoors_only=True,
)
def height(facts: OperationFacts, context: RuleContext) -> Finding:
    """
    The greatest height above the ground directly below is 120 m or less; amber to 400 ft exactly;
    above it only with a height approval.
    """
    highest = highest_m(facts)
    if highest is None:
        return context.missing(
            "The greatest height above ground",
            fix="Enter it, and the ground's height where a volume is not given above ground.",
        )
    limit = context["max_height_m"]
    words = f"Planned up to {figure(highest)} m above ground."
    if highest <= limit:
        return context.green(words, value=highest, limit=limit)
    if highest <= HEIGHT_EXACT_M and limit == HEIGHT_M:
        return context.amber(
            f"{words} That is above 120 m, within 400 ft.",
            value=highest,
            limit=limit,
            fix="Plan up to 120 m, or acknowledge the margin.",
        )
    return approved_or_red(
        facts,
        context,
        f"{words} The limit is {figure(limit)} m.",
        AuthorizationKind.HEIGHT,
        AuthorizationKind.CONTROLLED_3NM_HEIGHT,
        AuthorizationKind.NONCONTROLLED_HEIGHT,
        fix=f"Plan up to {figure(limit)} m, or get a height approval from CASA.",
        value=highest,
        limit=limit,
    )


@operation_rule(
    "CASR-101.238-DAY",
    title="By day",
    citation="CASR 101.238(b), 101.095",
    confidence="known-high",
    inputs=("daylight", "authorizations"),
    absolute=BY_APPROVAL,
    is_outdoors_only=True,
)
def by_day(facts: OperationFacts, context: RuleContext) -> Finding:
    """
    The whole flight lies between sunrise and sunset; in civil twilight it is amber; at night it
    needs a night approval.
    """
    light = facts.daylight
    if light is None:
        return context.missing("The daylight at the launch site", fix="Enter the launch site.")
    if light.is_within_sunrise_and_sunset:
        return context.green("Between sunrise and sunset.")
    if light.is_within_civil_twilight:
        return context.amber(
            "Partly in civil twilight; one published list says not after sunset.",
            fix="Fly between sunrise and sunset, or acknowledge the twilight.",
        )
    return approved_or_red(
        facts,
        context,
        "At night, outside civil twilight.",
        AuthorizationKind.NIGHT,
        fix="Move the flight into daylight, or get a night approval from CASA.",
    )


@operation_rule(
    "CASR-101.238-ONE",
    title="One aircraft per pilot",
    citation="CASR 101.238(f)",
    confidence="known-medium",
    inputs=("aircraft_per_pilot", "authorizations"),
    absolute=BY_APPROVAL,
)
def one_aircraft(facts: OperationFacts, context: RuleContext) -> Finding:
    """Each remote pilot flies one aircraft at a time; several need a multi-RPA approval."""
    count = facts.aircraft_per_pilot
    if count is None:
        return context.missing("The number of aircraft per pilot")
    if count <= 1:
        return context.green("One aircraft per pilot.", value=count, limit=1)
    return approved_or_red(
        facts,
        context,
        f"One pilot flies {count} aircraft at a time.",
        AuthorizationKind.MULTIPLE,
        fix="Assign one pilot to each aircraft, or get a multi-RPA approval.",
        value=count,
        limit=1,
    )


@operation_rule(
    "CASR-101.238-TERR",
    title="In Australian territory",
    citation="CASR 101.238",
    confidence="design",
    inputs=("is_in_territory",),
)
def in_territory(facts: OperationFacts, context: RuleContext) -> Finding:
    """The conditions apply in Australian territory; elsewhere the operation must be referred."""
    if facts.is_in_territory is None:
        return context.missing("Whether the site is in Australian territory")
    if facts.is_in_territory:
        return context.green("In Australian territory, by a coarse outline.")
    return context.amber(
        "Outside Australian territory by a coarse outline: other rules may apply.",
        fix="Refer it to the chief remote pilot.",
    )


@operation_rule(
    "CASR-101.055-HAZ",
    title="No hazard to others",
    citation="CASR 101.055",
    confidence="found",
    inputs=("risks",),
    absolute="An extreme residual risk is stopped, not overridden.",
)
def hazard(facts: OperationFacts, context: RuleContext) -> Finding | None:
    """No operation whose residual risk, after controls, is extreme."""
    own = [risk for risk in facts.risks if not risk.is_generic]
    worst = [
        f"{risk.number}: {item.hazard}"
        for risk in own
        for item in risk.items
        if index(item.residual_likelihood, item.residual_severity) == RiskIndex.EXTREME
    ]
    if worst:
        return context.red(
            f"Residual risk extreme ({worst[0]}).", value=worst, fix="Change the job; add controls."
        )
    return context.green("No extreme residual risk.") if own else None


@operation_rule(
    "CASR-101.090-DROP",
    title="Dropping or discharging",
    citation="CASR 101.090",
    confidence="known-high",
    inputs=("drops_anything", "drop_procedure_ref", "authorizations"),
)
def dropping(facts: OperationFacts, context: RuleContext) -> Finding | None:
    """Nothing is dropped or discharged in a way that is a hazard; dropping needs a procedure."""
    if not facts.has_plan:
        return context.missing("Whether anything is dropped")
    if not facts.drops_anything:
        return context.green("Nothing is dropped.")
    if facts.drop_procedure_ref:
        return context.amber(
            f"Drops or discharges by procedure {facts.drop_procedure_ref}.",
            fix="Acknowledge the procedure.",
        )
    return approved_or_red(
        facts,
        context,
        "Drops or discharges, and no procedure is named.",
        AuthorizationKind.DROPPING,
        fix="Name the procedure in the plan.",
    )

"""Near and over people (CASR 101.238, 101.245, 101.280; CASA 20/25, EX45/24; TMI 2024-01)."""

from common.compliance.findings import Finding
from common.compliance.registry import Parameter, RuleContext
from flight_operations.facts.operation import OperationFacts
from flight_operations.instruments import DIRECTIONS, POPULOUS_RELIEF
from flight_operations.models import AuthorizationKind
from flight_operations.rules.basis import (
    BY_APPROVAL,
    approval_for,
    approved_or_red,
    figure,
    is_under_reoc,
    operation_rule,
    under_approval,
)
from flight_operations.rules.standard_limits import CONSENT_M, PEOPLE_M
from rpas.airworthiness import Category, category_of

PEOPLE = AuthorizationKind.PEOPLE
DISTANCE = ("min_distance_people_m",)
DISTANCE_UNKNOWN = "The distance to people not involved"
ENTER_DISTANCE = "Enter the least horizontal distance to people not involved."
KEEP_AWAY = "Keep 30 m from people not involved."


def _consent_counts(facts: OperationFacts) -> bool:
    """Consent helps only under a ReOC, with a very small, small or medium aircraft."""
    if facts.take_off_mass_kg is None or not facts.people_consent_ref:
        return False
    category = category_of(facts.take_off_mass_kg)
    return is_under_reoc(facts) and category not in (Category.MICRO, Category.LARGE)


def _closer_is_allowed(facts: OperationFacts, distance_m: float) -> bool:
    by_consent = distance_m >= CONSENT_M and _consent_counts(facts)
    return by_consent or approval_for(facts, PEOPLE) is not None


@operation_rule(
    "CASR-101.238-PEOPLE",
    title="30 m from people",
    citation="CASR 101.238(c), 101.245",
    confidence="found",
    inputs=(*DISTANCE, "people_consent_ref", "take_off_mass_kg", "authorizations"),
    parameters={"min_distance_m": Parameter(PEOPLE_M, "higher", "m", "Least distance to people")},
    absolute=BY_APPROVAL,
)
def distance_to_people(facts: OperationFacts, context: RuleContext) -> Finding:
    """
    At least 30 m horizontally, from the ground up, from people not involved; closer only with
    consent (15 m) or an approval.
    """
    distance = facts.min_distance_people_m
    if distance is None:
        return context.missing(DISTANCE_UNKNOWN, fix=ENTER_DISTANCE)
    limit = context["min_distance_m"]
    words = f"{figure(distance)} m from people not involved; at least {figure(limit)} m is kept."
    if distance >= limit:
        return context.green(words, value=distance, limit=limit)
    if distance >= PEOPLE_M:
        return context.red(words, value=distance, limit=limit, fix="Keep the operator's distance.")
    if _closer_is_allowed(facts, distance):
        return context.amber(
            f"{figure(distance)} m from people, under 30 m, by consent or approval.",
            value=distance,
            limit=limit,
            fix="Acknowledge the conditions.",
        )
    return context.red(words, value=distance, limit=limit, fix=KEEP_AWAY)


@operation_rule(
    "CASR-101.245-CONSENT",
    title="15 to 30 m from people with consent",
    citation="CASR 101.245(3)",
    confidence="known-medium",
    inputs=(*DISTANCE, "people_consent_ref", "category", "take_off_mass_kg"),
    absolute=BY_APPROVAL,
)
def consent(facts: OperationFacts, context: RuleContext) -> Finding | None:
    """From 15 m to under 30 m only with that person's written consent, under a ReOC."""
    distance = facts.min_distance_people_m
    if distance is None or not CONSENT_M <= distance < PEOPLE_M:
        return None
    approval = approval_for(facts, PEOPLE)
    if approval is not None:
        return under_approval(context, f"{figure(distance)} m from people.", approval)
    if _consent_counts(facts):
        return context.amber(
            f"{figure(distance)} m from people by consent {facts.people_consent_ref}.",
            value=distance,
            limit=CONSENT_M,
            fix="Confirm that every person named has consented in writing.",
        )
    return context.red(
        f"{figure(distance)} m from people without a consent that counts.",
        value=distance,
        limit=PEOPLE_M,
        fix=f"{KEEP_AWAY[:-1]}, or fly under a ReOC with written consent.",
    )


@operation_rule(
    "CASR-101.245-15",
    title="Under 15 m from people, or above them",
    citation="CASR 101.245(5), 101.029",
    confidence="found",
    inputs=(*DISTANCE, "authorizations"),
    absolute=BY_APPROVAL,
)
def under_15_m(facts: OperationFacts, context: RuleContext) -> Finding | None:
    """Under 15 m from people, or above them, only with an approval."""
    distance = facts.min_distance_people_m
    if distance is None or distance >= CONSENT_M:
        return None
    return approved_or_red(
        facts,
        context,
        f"{figure(distance)} m from people, under 15 m.",
        PEOPLE,
        fix="Keep 30 m, or get an approval to fly near people.",
        value=distance,
        limit=CONSENT_M,
    )


@operation_rule(
    "TMI-P2",
    title="Near people by impact energy",
    citation="TMI 2024-01 section 4",
    confidence="known-low",
    inputs=(*DISTANCE, "impact_energy_j", "people_consent_ref"),
    parameters={
        "free_j": Parameter(15.0, "lower", "J", "Energy without consent"),
        "consent_j": Parameter(34.0, "lower", "J", "Energy with informed consent"),
    },
)
def impact_energy(facts: OperationFacts, context: RuleContext) -> Finding | None:
    """
    Under 15 m from people with an approval, the impact energy (0.5 m v^2 + m g h) is at most 15 J,
    or 34 J with informed consent.
    """
    distance = facts.min_distance_people_m
    if distance is None or distance >= CONSENT_M or approval_for(facts, PEOPLE) is None:
        return None
    energy = facts.impact_energy_j
    if energy is None:
        return context.missing("The impact energy", fix="Enter it, or fly by pathway 1.")
    free, consented = context["free_j"], context["consent_j"]
    words = f"Impact energy {figure(energy)} J"
    if energy <= free:
        return context.amber(
            f"{words}, at most {figure(free)} J.", value=energy, limit=free, fix="Confirm guards."
        )
    if energy <= consented and facts.people_consent_ref:
        return context.amber(
            f"{words} with consent {facts.people_consent_ref}.",
            value=energy,
            limit=consented,
            fix="Confirm that the consent is informed.",
        )
    return context.red(
        f"{words} is above what people nearby may be exposed to.",
        value=energy,
        limit=consented if facts.people_consent_ref else free,
        fix="Use a lighter or slower aircraft, or get informed consent up to 34 J.",
    )


@operation_rule(
    "CASR-101.238-POP",
    title="Not over a populous area",
    citation="CASR 101.238(d), 101.025, 101.280, 101.250(1)(b)",
    confidence="found",
    inputs=("is_over_populous_area", "airspace", "authorizations"),
    is_outdoors_only=True,
)
def populous(facts: OperationFacts, context: RuleContext) -> Finding:
    """Not over people in such numbers that a failure is an unreasonable risk, unless approved."""
    mapped = [area.name for area in facts.airspace or () if area.kind == "POP" and area.is_met]
    if facts.is_over_populous_area is None and not mapped:
        return context.missing("Whether the area is populous", fix="Say so in the plan.")
    if not facts.is_over_populous_area and not mapped:
        if facts.airspace is None:
            return context.missing("The mapped populous areas", fix="Draw the volumes.")
        return context.green("Not over a populous area.")
    kinds = [AuthorizationKind.POPULOUS]
    if POPULOUS_RELIEF.is_in_force(facts.rule_date):
        kinds.append(PEOPLE)
    return approved_or_red(
        facts,
        context,
        f"Over a populous area{f' ({mapped[0]})' if mapped else ''}.",
        *kinds,
        fix="Choose another area or time, or get an approval for populous areas.",
    )


@operation_rule(
    "EX45-POP",
    title="Populous area under an approval near people",
    citation="CASA EX45/24 as amended by EX92/25",
    confidence="found",
    inputs=("is_over_populous_area", "authorizations"),
    instrument=POPULOUS_RELIEF.name,
)
def populous_relief(facts: OperationFacts, context: RuleContext) -> Finding | None:
    """Holders of an approval near people are exempt from the populous-area rule while it lasts."""
    approval = approval_for(facts, PEOPLE)
    if not facts.is_over_populous_area or approval is None:
        return None
    return under_approval(context, "Over a populous area under EX45/24.", approval)


@operation_rule(
    "DIR-20/25-ZONE",
    title="A person's safety zone",
    citation="CASA 20/25 section 7(2); definition to be confirmed",
    confidence="known-low",
    inputs=(*DISTANCE, "people_consent_ref", "take_off_mass_kg", "authorizations"),
    instrument=DIRECTIONS.name,
)
def safety_zone(facts: OperationFacts, context: RuleContext) -> Finding:
    """No entry into a person's safety zone, taken as the 30 m cylinder until it is confirmed."""
    distance = facts.min_distance_people_m
    if distance is None:
        return context.missing(DISTANCE_UNKNOWN, fix=ENTER_DISTANCE)
    if distance >= PEOPLE_M:
        return context.green("Outside every safety zone.", value=distance, limit=PEOPLE_M)
    if _closer_is_allowed(facts, distance):
        return context.amber(
            "Inside a safety zone by consent or approval; its definition is to be confirmed.",
            value=distance,
            limit=PEOPLE_M,
            fix="Confirm the definition in CASA 20/25.",
        )
    return context.red(
        f"{figure(distance)} m from people is inside their safety zone.",
        value=distance,
        limit=PEOPLE_M,
        fix=KEEP_AWAY,
    )

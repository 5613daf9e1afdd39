"""Weight categories and the categories of operating (REGULATION 1.1, 1.5; C-CONTEXT)."""

from common.compliance.findings import Finding
from common.compliance.registry import RuleContext
from flight_operations.facts.operation import OperationFacts
from flight_operations.models import AuthorizationKind, OperatingCategory
from flight_operations.rules.basis import approved_or_red, figure, fleet_rule, operation_rule
from flight_operations.rules.standard_limits import standard_breaches
from rpas.airworthiness import Category, category_of

MASS = ("take_off_mass_kg",)
FAMILY = "CASR 101.237"
NOT_EXCLUDED = "Fly it under a ReOC, or change what is planned."


def _band(facts: OperationFacts, context: RuleContext, category: Category) -> Finding | None:
    mass_kg = facts.take_off_mass_kg
    if mass_kg is None or category_of(mass_kg) != category:
        return None
    name = category.replace("_", " ")
    return context.green(f"Take-off mass {figure(mass_kg)} kg: {name}.", value=mass_kg)


@fleet_rule("CASR-101.022-MICRO", title="Micro RPA", inputs=MASS)
def micro(facts: OperationFacts, context: RuleContext) -> Finding | None:
    """Take-off mass with battery and payload of 0.250 kg or less is the micro category."""
    return _band(facts, context, Category.MICRO)


@fleet_rule("CASR-101.022-VSMALL", title="Very small RPA", inputs=MASS)
def very_small(facts: OperationFacts, context: RuleContext) -> Finding | None:
    """Take-off mass above 0.250 kg and up to 2 kg is the very small category."""
    return _band(facts, context, Category.VERY_SMALL)


@fleet_rule("CASR-101.022-SMALL", title="Small RPA", inputs=MASS)
def small(facts: OperationFacts, context: RuleContext) -> Finding | None:
    """Take-off mass above 2 kg and up to 25 kg is the small category."""
    return _band(facts, context, Category.SMALL)


@fleet_rule("CASR-101.022-MEDIUM", title="Medium RPA", inputs=MASS)
def medium(facts: OperationFacts, context: RuleContext) -> Finding | None:
    """Take-off mass above 25 kg and up to 150 kg is the medium category."""
    return _band(facts, context, Category.MEDIUM)


@fleet_rule(
    "CASR-101.022-LARGE",
    title="Large RPA needs its own approval",
    inputs=(*MASS, "authorizations"),
    absolute="A large RPA needs a certificate and an approval; no person can stand in for them.",
)
def large(facts: OperationFacts, context: RuleContext) -> Finding | None:
    """Above 150 kg nothing may be flown without an approval for a large RPA on file."""
    mass_kg = facts.take_off_mass_kg
    if mass_kg is None:
        return context.missing("The take-off mass", fix="Enter it with battery and payload.")
    if category_of(mass_kg) != Category.LARGE:
        return None
    return approved_or_red(
        facts,
        context,
        f"Take-off mass {figure(mass_kg)} kg is a large RPA, above 150 kg.",
        AuthorizationKind.LARGE,
        fix="Get an airworthiness certificate and a large RPA approval from CASA.",
        value=mass_kg,
        limit=150.0,
    )


def _excluded(
    facts: OperationFacts, context: RuleContext, faults: list[str], passes: str
) -> Finding:
    """Shared wording: everything that keeps a flight out of its category, or that it fits."""
    if faults:
        return context.red(f"Not in this category: {'; '.join(faults)}.", fix=NOT_EXCLUDED)
    return context.green(passes, value=facts.take_off_mass_kg)


@operation_rule(
    "CASR-101.237-MICRO",
    title="Micro RPA for work",
    citation=FAMILY,
    confidence="found",
    inputs=("category", "take_off_mass_kg"),
    absolute="Above 250 g the relief does not exist.",
)
def micro_for_work(facts: OperationFacts, context: RuleContext) -> Finding | None:
    """A micro operation weighs 0.250 kg or less; it needs no RePL and no ReOC."""
    if facts.category != OperatingCategory.MICRO:
        return None
    if facts.take_off_mass_kg is None:
        return context.missing("The take-off mass")
    faults = []
    if category_of(facts.take_off_mass_kg) != Category.MICRO:
        faults.append(f"{figure(facts.take_off_mass_kg)} kg is above 0.25 kg")
    return _excluded(facts, context, faults, "Micro: no RePL and no ReOC needed.")


SOC_INPUTS = (
    "category",
    "take_off_mass_kg",
    "max_height_agl_m",
    "min_distance_people_m",
    "is_over_populous_area",
    "daylight",
    "sight_mode",
    "aircraft_per_pilot",
)


@operation_rule(
    "CASR-101.237-SUB2",
    title="Excluded RPA up to 2 kg",
    citation=FAMILY,
    confidence="found",
    inputs=SOC_INPUTS,
    absolute="Outside the standard conditions the exclusion does not exist; only a ReOC helps.",
)
def excluded_sub2(facts: OperationFacts, context: RuleContext) -> Finding | None:
    """Above 0.250 kg and up to 2 kg, within the standard conditions; no approval helps."""
    if facts.category != OperatingCategory.SUB2:
        return None
    mass_kg = facts.take_off_mass_kg
    if mass_kg is None:
        return context.missing("The take-off mass")
    faults, unknown = standard_breaches(facts)
    if mass_kg > 2.0:
        faults = [f"{figure(mass_kg)} kg is above 2 kg", *faults]
    if not faults and unknown:
        return context.missing(unknown)
    return _excluded(facts, context, faults, "Excluded up to 2 kg: no RePL and no ReOC needed.")


@operation_rule(
    "CASR-101.237-LAND25",
    title="Own land, up to 25 kg",
    citation=FAMILY,
    confidence="found",
    inputs=(*SOC_INPUTS, "is_paid", "is_over_own_land"),
    absolute="Paid work or another's land is outside the exclusion; only a ReOC helps.",
)
def excluded_own_land(facts: OperationFacts, context: RuleContext) -> Finding | None:
    """Up to 25 kg over the operator's own land, unpaid, within the standard conditions."""
    if facts.category != OperatingCategory.LAND25:
        return None
    return _own_land(facts, context, limit_kg=25.0)


@operation_rule(
    "CASR-101.237-LAND150",
    title="Own land, up to 150 kg",
    citation="CASR 101.237(7)",
    confidence="found",
    inputs=(*SOC_INPUTS, "is_paid", "is_over_own_land"),
    absolute="Paid work or another's land is outside the exclusion; only a ReOC helps.",
)
def medium_own_land(facts: OperationFacts, context: RuleContext) -> Finding | None:
    """Up to 150 kg over own land, unpaid, standard conditions; RePL: CASR-101.252-REPL."""
    if facts.category != OperatingCategory.LAND150:
        return None
    return _own_land(facts, context, limit_kg=150.0)


def _own_land(facts: OperationFacts, context: RuleContext, *, limit_kg: float) -> Finding:
    mass_kg = facts.take_off_mass_kg
    if mass_kg is None:
        return context.missing("The take-off mass")
    faults, unknown = standard_breaches(facts)
    if mass_kg > limit_kg:
        faults.append(f"{figure(mass_kg)} kg is above {figure(limit_kg)} kg")
    if facts.is_paid:
        faults.append("the work is paid")
    if not facts.is_over_own_land:
        faults.append("it is not over the operator's own land")
    if not faults and unknown:
        return context.missing(unknown)
    return _excluded(facts, context, faults, "Own land, unpaid: no ReOC needed.")

"""The rules of aircraft and operator, asked for one operation (rpas.rules over nested facts)."""

from msgspec.structs import replace

from common.compliance.findings import SEVERITY, Finding
from common.compliance.registry import Check, RuleContext
from flight_operations.facts.operation import OperationFacts
from flight_operations.rules.basis import figure, fleet_rule, is_under_reoc, operation_rule
from rpas import rules as fleet_rules
from rpas.rules.airworthiness import check_registration
from rpas.rules.operators import check_insurance, check_posts, check_reoc, check_scope
from rpas.rules.registration import AIRCRAFT_RULES, OPERATOR_RULES

__all__ = ["fleet_rules"]

OF_AIRCRAFT = (
    "RPAS-STATUS",
    "F2-MAJOR",
    "F2-MINOR",
    "F2-MAINT",
    "F2-DAILY",
    "F2-SUM",
    "BATTERY-HEALTH",
    "BATTERY-CYCLES",
    "MOS-10.01-FORM",
    "MOS-10.07-TECH",
)
OF_OPERATOR = ("RPAS-OPERATOR",)
NEARLY = 0.9


def _of_aircraft(check: Check) -> Check:
    def ask(facts: OperationFacts, context: RuleContext) -> Finding | list[Finding] | None:
        return check(facts.aircraft, context)

    ask.__doc__ = check.__doc__
    return ask


def _of_operator(check: Check) -> Check:
    def ask(facts: OperationFacts, context: RuleContext) -> Finding | list[Finding] | None:
        return check(facts.operator, context)

    ask.__doc__ = check.__doc__
    return ask


for _code in OF_AIRCRAFT:
    fleet_rule(_code, inputs=("aircraft",))(_of_aircraft(AIRCRAFT_RULES[_code].check))
for _code in OF_OPERATOR:
    fleet_rule(_code, inputs=("operator",))(_of_operator(OPERATOR_RULES[_code].check))


Answer = Finding | list[Finding] | None


def _worse(first: Answer, last: Answer) -> Answer:
    """What is said on the first and on the last day of a flight: the first unless it gets worse."""
    return last if _severity(last) > _severity(first) else first


def _severity(answer: Answer) -> int:
    found = answer if isinstance(answer, list) else [answer]
    return max((SEVERITY[finding.color] for finding in found if finding is not None), default=-1)


def _reoc_throughout(facts: OperationFacts, context: RuleContext) -> Finding:
    last_day = replace(facts.operator, on=facts.end_date)
    first, last = check_reoc(facts.operator, context), check_reoc(last_day, context)
    return last if _severity(last) > _severity(first) else first


@fleet_rule("REGO", inputs=("aircraft", "end_date"))
def registration(facts: OperationFacts, context: RuleContext) -> Answer:
    """
    Every RPA used for work is registered until the day the flight ends, any mass; amber in the last
    30 days.
    """
    last_day = replace(facts.aircraft, on=facts.end_date)
    today = check_registration(facts.aircraft, context)
    return _worse(today, check_registration(last_day, context))


@fleet_rule("INSURANCE", inputs=("operator", "end_date"))
def insurance(facts: OperationFacts, context: RuleContext) -> Answer:
    """
    Insurance is current until the day the flight ends; missing or expired is amber, as contracts
    often ask for it.
    """
    last_day = replace(facts.operator, on=facts.end_date)
    return _worse(check_insurance(facts.operator, context), check_insurance(last_day, context))


@fleet_rule(
    "F2-CERT",
    inputs=("aircraft",),
    absolute="Without a certified technical log nobody has said that the aircraft is serviceable.",
)
def certification(facts: OperationFacts, context: RuleContext) -> Finding | list[Finding] | None:
    """A Part A certified by a person with an ARN is current; none is red."""
    return AIRCRAFT_RULES["F2-CERT"].check(facts.aircraft, context)


@operation_rule(
    "CASR-101.270-REOC",
    title="ReOC",
    citation="CASR 101.270, 101.335-101.342",
    confidence="found",
    inputs=("category", "operator", "aircraft", "end_date"),
    absolute="A certificate not held, expired or too narrow cannot be overridden.",
)
def certificate(facts: OperationFacts, context: RuleContext) -> list[Finding] | None:
    """An operation under a ReOC has a valid one whose scope covers the aircraft."""
    if not is_under_reoc(facts):
        return None
    return [
        _reoc_throughout(facts, context),
        check_scope(facts.operator, facts.aircraft, context),
    ]


@fleet_rule("REOC-VALID", title="ReOC renewal", inputs=("category", "operator", "end_date"))
def renewal(facts: OperationFacts, context: RuleContext) -> Finding | None:
    """The ReOC is valid by its stored expiry; it is never computed. Operations under it only."""
    return _reoc_throughout(facts, context) if is_under_reoc(facts) else None


@fleet_rule("REOC-KEYSTAFF", inputs=("category", "operator"))
def key_staff(facts: OperationFacts, context: RuleContext) -> list[Finding] | Finding | None:
    """Under a ReOC the posts of CEO, chief remote pilot and maintenance controller are held."""
    return check_posts(facts.operator, context) if is_under_reoc(facts) else None


@fleet_rule("REOC-CHANGE", inputs=("category", "operator"))
def changes(facts: OperationFacts, context: RuleContext) -> Finding | list[Finding] | None:
    """Under a ReOC significant changes are approved first, others notified within 21 days."""
    if not is_under_reoc(facts):
        return None
    return OPERATOR_RULES["REOC-CHANGE"].check(facts.operator, context)


@operation_rule(
    "AIRCRAFT-MTOW",
    title="Greatest take-off mass",
    citation="Aircraft manual",
    confidence="design",
    inputs=("take_off_mass_kg", "aircraft"),
    absolute="Above the maker's mass nobody knows how it flies.",
)
def mass(facts: OperationFacts, context: RuleContext) -> Finding:
    """The take-off mass lies between the empty mass and the maker's greatest take-off mass."""
    mass_kg, aircraft = facts.take_off_mass_kg, facts.aircraft
    if mass_kg is None:
        return context.missing("The take-off mass", fix="Enter it with battery and payload.")
    words = f"Take-off mass {figure(mass_kg)} kg; the limit is {figure(aircraft.mtow_kg)} kg."
    shown = {"value": mass_kg, "limit": aircraft.mtow_kg}
    if mass_kg > aircraft.mtow_kg:
        return context.red(words, fix="Take less payload.", **shown)
    if mass_kg < aircraft.empty_mass_kg:
        return context.red(
            f"Take-off mass {figure(mass_kg)} kg is below the empty mass.",
            fix="Enter it with battery and payload.",
            **shown,
        )
    return context.green(words, **shown)


@operation_rule(
    "AIRCRAFT-ENDURANCE",
    title="Endurance",
    citation="Aircraft manual",
    confidence="design",
    inputs=("aircraft", "start_at", "end_at"),
)
def endurance(facts: OperationFacts, context: RuleContext) -> Finding:
    """
    A planned time longer than the maker's endurance needs landings to change batteries: amber.
    """
    most = facts.aircraft.endurance_min
    if most is None:
        return context.amber("The aircraft's endurance is not recorded.", fix="Enter it.")
    words = f"Planned for {figure(facts.planned_min)} min; endurance {figure(most)} min."
    shown = {"value": facts.planned_min, "limit": most}
    if facts.planned_min > most * NEARLY:
        return context.amber(words, fix="Plan landings to change batteries.", **shown)
    return context.green(words, **shown)

"""Is every inspection done that keeps the aircraft airworthy through the planned flying?"""

from aircraft.airworthiness import CrewedAircraftFacts, DueItem
from aircraft.rules.basis import (
    DO_IT,
    DUE_INPUTS,
    NEAR,
    check_due,
    check_required,
    crewed_rule,
    is_lawful,
    items_of,
    judged,
    near,
)
from common.compliance.findings import Finding
from common.compliance.registry import Parameter, RuleContext

Answer = list[Finding] | Finding | None
ON_PROGRAM = ("selected", "continuous")


@crewed_rule(
    "FAR-91.409A",
    title="Annual inspection",
    citation="14 CFR 91.409(a)",
    confidence="found",
    inputs=(*DUE_INPUTS, "maintenance_program"),
    parameters=NEAR,
)
def check_annual(aircraft: CrewedAircraftFacts, context: RuleContext) -> Answer:
    """An aircraft not on a program had its annual within 12 calendar months, else red."""
    if aircraft.maintenance_program in ON_PROGRAM:
        return None
    return check_required(aircraft, context, "Annual inspection", "annual", due="next_due_on")


@crewed_rule(
    "FAR-91.409B",
    title="100-hour inspection",
    citation="14 CFR 91.409(b)",
    confidence="found",
    inputs=(*DUE_INPUTS, "maintenance_program", "is_revenue"),
    parameters=NEAR,
)
def check_hundred_hours(aircraft: CrewedAircraftFacts, context: RuleContext) -> Answer:
    """
    Carrying persons for hire needs the inspection within 100 hours; passed is red.

    Without persons for hire up to the tolerance (10 hours at most) over is amber: only to reach the
    place where it is done.
    """
    if aircraft.maintenance_program in ON_PROGRAM:
        return None
    what, kind = "100-hour inspection", "hundred_hour"
    if aircraft.is_revenue:
        return check_required(aircraft, context, what, kind, due="next_due_min")
    items = items_of(aircraft, context, kind)
    if not items:
        return None
    lawful = {task.task_id for task in aircraft.tasks if is_lawful(task, "next_due_min")}
    found = [_ferry(item, context, is_lawful=item.task_id in lawful) for item in items]
    shown = [finding for finding in found if finding is not None]
    return shown or context.green(f"{what} of {aircraft.tail_number} is not near.")


def _ferry(item: DueItem, context: RuleContext, *, is_lawful: bool) -> Finding | None:
    if item.is_within_tolerance and item.unit == "minutes" and is_lawful:
        text = f"{item.title} is {-item.remaining} {item.unit} over: only to reach the place."
        return context.amber(text, value=item.remaining, limit=0, fix=DO_IT)
    return judged(item, context)


@crewed_rule(
    "FAR-91.409EF",
    title="Selected inspection program",
    citation="14 CFR 91.409(e)-(f)",
    confidence="found",
    inputs=(*DUE_INPUTS, "maintenance_program"),
    parameters=NEAR,
)
def check_program(aircraft: CrewedAircraftFacts, context: RuleContext) -> Answer:
    """An aircraft on a program has no overdue task of it; that replaces annual and 100 hours."""
    if aircraft.maintenance_program not in ON_PROGRAM:
        return None
    return check_required(aircraft, context, "Inspection program", "program")


@crewed_rule(
    "FAR-135.411",
    title="The program fits the number of seats",
    citation="14 CFR 135.411, 135.419",
    confidence="known-high",
    inputs=("seats", "maintenance_program"),
    parameters={"seats": Parameter(10, "lower", "seats", "From which a continuous program")},
)
def check_program_fits(aircraft: CrewedAircraftFacts, context: RuleContext) -> Answer:
    """Ten passenger seats or more need a continuous airworthiness maintenance program."""
    shown = {"value": aircraft.seats, "limit": context["seats"]}
    if aircraft.seats >= context["seats"] and aircraft.maintenance_program != "continuous":
        text = f"{aircraft.tail_number} has {aircraft.seats} seats and no continuous program."
        return context.red(text, fix="Put it on a continuous program.", **shown)
    return context.green(f"The program fits {aircraft.seats} seats.", **shown)


@crewed_rule(
    "FAR-91.411",
    title="Altimeter and static system",
    citation="14 CFR 91.411",
    confidence="found",
    inputs=DUE_INPUTS,
    parameters=NEAR,
)
def check_altimeter(aircraft: CrewedAircraftFacts, context: RuleContext) -> Answer:
    """Tested within 24 calendar months; overdue is red, as trips may go IFR."""
    what = "Altimeter and static test"
    return check_required(aircraft, context, what, "altimeter_static", due="next_due_on")


@crewed_rule(
    "FAR-91.413",
    title="Transponder",
    citation="14 CFR 91.413",
    confidence="found",
    inputs=DUE_INPUTS,
    parameters=NEAR,
)
def check_transponder(aircraft: CrewedAircraftFacts, context: RuleContext) -> Answer:
    """Tested within 24 calendar months; overdue is red."""
    return check_required(aircraft, context, "Transponder test", "transponder", due="next_due_on")


@crewed_rule(
    "FAR-91.207",
    title="Emergency locator transmitter",
    citation="14 CFR 91.207(c),(d)",
    confidence="found",
    inputs=DUE_INPUTS,
    parameters=NEAR,
)
def check_elt(aircraft: CrewedAircraftFacts, context: RuleContext) -> Answer:
    """Inspected within 12 calendar months and the battery in date; overdue is red."""
    return check_required(aircraft, context, "ELT inspection", "elt", due="next_due_on")


@crewed_rule(
    "FAR-91.171",
    title="VOR check",
    citation="14 CFR 91.171",
    confidence="found",
    inputs=DUE_INPUTS,
    parameters=NEAR,
)
def check_vor(aircraft: CrewedAircraftFacts, context: RuleContext) -> Answer:
    """Where VOR is used under IFR (a check is on file): within 30 days, else amber."""
    items = items_of(aircraft, context, "vor")
    if not items:
        return None
    if not any(is_lawful(task, "next_due_on") for task in aircraft.tasks if task.kind == "vor"):
        return context.amber(
            "The VOR check is not planned every 30 days: no IFR by VOR.", fix=DO_IT
        )
    over = [item for item in items if item.is_exceeded]
    if over:
        text = f"The VOR check is {-over[0].remaining} {over[0].unit} past due: no IFR by VOR."
        return context.amber(text, value=over[0].remaining, limit=0, fix=DO_IT)
    soon = [near(item, context) for item in items if item.is_near]
    return soon or context.green("The VOR check is in date.")


@crewed_rule(
    "FAR-39-AD",
    title="Airworthiness directives",
    citation="14 CFR 39, 91.403(a)",
    confidence="found",
    inputs=DUE_INPUTS,
    parameters=NEAR,
    absolute="flying against an airworthiness directive is forbidden",
)
def check_directives(aircraft: CrewedAircraftFacts, context: RuleContext) -> Answer:
    """Every airworthiness directive on file is complied with or not yet due."""
    return check_due(aircraft, context, "Airworthiness directive", "directive")


@crewed_rule(
    "FAR-91.403-LIMITS",
    title="Life-limited parts",
    citation="14 CFR 91.403(c)",
    confidence="found",
    inputs=DUE_INPUTS,
    parameters=NEAR,
    absolute="an airworthiness limitation is part of the type certificate",
)
def check_life_limits(aircraft: CrewedAircraftFacts, context: RuleContext) -> Answer:
    """Every life-limited part on file is within its limits after the planned flying."""
    return check_due(aircraft, context, "Life-limited part", "life_limit")


@crewed_rule(
    "CREWED-MAINT",
    title="Other maintenance",
    citation="Operator's maintenance manual",
    confidence="design",
    inputs=DUE_INPUTS,
    parameters=NEAR,
)
def check_other(aircraft: CrewedAircraftFacts, context: RuleContext) -> Answer:
    """Any other task on file is not overdue after the planned flying; near is amber."""
    return check_due(aircraft, context, "Other maintenance", "other")

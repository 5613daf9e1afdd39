"""May these people fly it: RePL, authorization, accreditation, training, fitness, recency."""

from datetime import timedelta

from common.compliance.findings import Finding
from common.compliance.registry import Parameter, RuleContext
from flight_operations.checklist_template import FITNESS
from flight_operations.facts.operation import OperationFacts
from flight_operations.facts.people import CrewFacts, PilotFacts, QualificationFacts
from flight_operations.models import CrewMember, ItemAnswer, OperatingCategory
from flight_operations.rules.basis import figure, is_under_reoc, operation_rule
from rpas.models import AircraftKind
from rpas.rules.registration import check_expiry
from users.models import WeightBand

BAND_KG = {
    WeightBand.UP_TO_7_KG: 7.0,
    WeightBand.UP_TO_25_KG: 25.0,
    WeightBand.UP_TO_150_KG: 150.0,
    WeightBand.OVER_150_KG: float("inf"),
}
BY_TYPE = (WeightBand.UP_TO_150_KG, WeightBand.OVER_150_KG)
REPL_CATEGORIES = (OperatingCategory.REOC, OperatingCategory.LAND150)
RECENT = timedelta(days=90)
EXCLUDED = (OperatingCategory.MICRO, OperatingCategory.SUB2, OperatingCategory.LAND25)


def _covers(paper: QualificationFacts, facts: OperationFacts, mass_kg: float) -> bool:
    """Say whether a RePL covers the mass, the type where it is issued by type, and the kind."""
    if mass_kg > BAND_KG[WeightBand(paper.weight_band)]:
        return False
    if paper.weight_band in BY_TYPE and not _is_of_type(paper, facts):
        return False
    kind = paper.classification.casefold().replace(" ", "_")
    return kind not in AircraftKind.values or kind == facts.aircraft.kind


def _is_of_type(paper: QualificationFacts, facts: OperationFacts) -> bool:
    named = paper.aircraft_type.casefold()
    return named in (facts.aircraft.model_name.casefold(), facts.aircraft.model.casefold())


@operation_rule(
    "CASR-101.252-REPL",
    title="Remote pilot license",
    citation="CASR 101.252, 101.300",
    confidence="found",
    inputs=("category", "pilot", "crew", "take_off_mass_kg", "aircraft"),
    absolute="A license not held cannot be overridden; another pilot can be assigned.",
)
def license_held(facts: OperationFacts, context: RuleContext) -> list[Finding] | Finding | None:
    """
    Under a ReOC, or on own land above 25 kg, each remote pilot holds a verified RePL for the mass,
    and for the type above 25 kg; under a ReOC the operator authorized the pilot for the model.
    """
    if facts.category not in REPL_CATEGORIES:
        return None
    mass_kg = facts.take_off_mass_kg
    if mass_kg is None:
        return context.missing("The take-off mass", fix="Enter it with battery and payload.")
    second = [m for m in facts.crew if m.role == CrewMember.Role.SECOND_PILOT]
    people: list[PilotFacts | CrewFacts] = [facts.pilot, *second]
    lacking = [
        context.red(
            f"{person.name} holds no verified RePL for {figure(mass_kg)} kg"
            f" ({facts.aircraft.model_name}).",
            value=[paper.weight_band for paper in person.papers("repl", facts.end_date)],
            limit=mass_kg,
            fix="Assign a pilot with the right RePL, or have the license verified.",
        )
        for person in people
        if not any(_covers(p, facts, mass_kg) for p in person.papers("repl", facts.end_date))
    ]
    if lacking:
        return lacking
    return _authorized(facts, context) or context.green(f"{facts.pilot.name} holds the RePL.")


def _authorized(facts: OperationFacts, context: RuleContext) -> Finding | None:
    if not is_under_reoc(facts):
        return None
    membership, name = facts.pilot.membership, facts.pilot.name
    fix = "Have the chief remote pilot authorize the pilot."
    if membership is None or not membership.is_remote_pilot:
        return context.red(f"{name} is no remote pilot of {facts.operator.name}.", fix=fix)
    if membership.authorized_on is None or membership.authorized_on > facts.rule_date:
        return context.red(f"{name} is not authorized by {facts.operator.name}.", fix=fix)
    models = {model.casefold() for model in membership.authorized_models}
    if facts.aircraft.model_name.casefold() not in models:
        return context.red(f"{name} is not authorized for {facts.aircraft.model_name}.", fix=fix)
    return None


@operation_rule(
    "ACCRED",
    title="Operator accreditation",
    citation="CASR Part 101 (section to be confirmed)",
    confidence="found",
    inputs=("category", "pilot"),
    absolute="The accreditation takes minutes to obtain; nothing replaces it.",
)
def accreditation(facts: OperationFacts, context: RuleContext) -> Finding | None:
    """Micro and excluded work needs an accreditation, or a RePL; amber in the last 30 days."""
    if facts.category not in EXCLUDED:
        return None
    if facts.pilot.papers("repl", facts.end_date):
        return context.green(f"{facts.pilot.name} holds a RePL.")
    papers = facts.pilot.papers("accreditation", facts.end_date)
    if not papers:
        return context.red(
            f"{facts.pilot.name} has no verified accreditation in force.",
            fix="Take the accreditation, or assign a pilot who has it.",
        )
    if papers[0].expires_on is None:
        return context.missing("The expiry of the accreditation", fix="Record it.")
    return check_expiry(
        context, "The accreditation", papers[0].expires_on, facts.end_date, fix="Renew it."
    )


@operation_rule(
    "PILOT-ACTIVE",
    title="The pilot's account",
    citation="Company practice",
    confidence="design",
    inputs=("pilot",),
    absolute="Somebody who left cannot be in command.",
)
def is_active(facts: OperationFacts, context: RuleContext) -> Finding:
    """The pilot in command has an active account."""
    if facts.pilot.is_active:
        return context.green(f"{facts.pilot.name} is active.")
    return context.red(f"{facts.pilot.name} is no longer active.", fix="Assign another pilot.")


@operation_rule(
    "MOS-10.03-TRAIN",
    title="Trained on the type",
    citation="MOS 10.03(2), CASR 101.342(b)",
    confidence="found",
    inputs=("category", "pilot", "aircraft"),
)
def trained_on_type(facts: OperationFacts, context: RuleContext) -> Finding | None:
    """Under a ReOC the pilot's training on the aircraft's type is recorded and in force."""
    if not is_under_reoc(facts):
        return None
    papers = facts.pilot.papers("type_training", facts.end_date)
    if any(_is_of_type(paper, facts) for paper in papers):
        return context.green(f"{facts.pilot.name} is trained on {facts.aircraft.model_name}.")
    return context.red(
        f"No verified training of {facts.pilot.name} on {facts.aircraft.model_name} is recorded.",
        fix="Record the training, or assign a pilot trained on the type.",
    )


@operation_rule(
    "MOS-10.08-CREW",
    title="Crew trained",
    citation="MOS 10.08",
    confidence="found",
    inputs=("crew", "rule_date"),
)
def crew_trained(facts: OperationFacts, context: RuleContext) -> list[Finding] | Finding | None:
    """Observers, ground and loading crew are trained to act safely, and that is recorded."""
    roles = (CrewMember.Role.OBSERVER, CrewMember.Role.GROUND_CREW)
    members = [member for member in facts.crew if member.role in roles]
    untrained = [
        context.red(
            f"No training of {member.name} as {member.role.replace('_', ' ')} is recorded.",
            fix="Record the training, or assign somebody trained.",
        )
        for member in members
        if member.trained_on is None or member.trained_on > facts.rule_date
    ]
    if untrained or not members:
        return untrained or None
    return context.green("Every crew member is trained.", value=len(members))


@operation_rule(
    "AU-RPAS-FIT",
    title="Fit to fly",
    citation="CASR Part 99; operations manual",
    confidence="known-medium",
    inputs=("checklist",),
    absolute="Nobody can declare another fit.",
)
def fitness(facts: OperationFacts, context: RuleContext) -> Finding:
    """The crew declared itself fit in the checklist: 8 hours from alcohol, BAC under 0.02."""
    item = facts.checklist.item(FITNESS) if facts.checklist is not None else None
    fix = "Have the crew declare its fitness in the checklist."
    if item is None or not item.answer:
        return context.missing("The fitness of the crew", fix=fix)
    if item.answer != ItemAnswer.DONE:
        return context.red("The crew did not declare itself fit.", fix="Assign another crew.")
    if item.valid_until is not None and item.valid_until <= context.at:
        return context.missing("The fitness of the crew now", fix=fix)
    return context.green("The crew declared itself fit.")


@operation_rule(
    "AU-RPAS-RECENCY",
    title="Recent experience",
    citation="Operations manual (suggested default)",
    confidence="design",
    inputs=("pilot", "rule_date"),
    parameters={
        "min_landings": Parameter(3, "higher", "take-offs and landings in 90 days"),
        "near_days": Parameter(14, "higher", "days", "Amber when it lapses within"),
        "is_binding": Parameter(0, "higher", "1 = the manual forbids the flight"),
    },
)
def recency(facts: OperationFacts, context: RuleContext) -> Finding:
    """
    Three take-offs and landings in the weight category in the 90 days before; otherwise a check
    flight. Not met is amber, red where the manual says so.
    """
    wanted = int(context["min_landings"])
    first = facts.rule_date - RECENT
    days = sorted((day for day in facts.pilot.landing_days if day.on >= first), key=lambda d: d.on)
    dates = [day.on for day in days for _ in range(day.count)]
    words = f"{facts.pilot.name} has {len(dates)} of {wanted} landings in 90 days."
    shown = {"value": len(dates), "limit": wanted}
    if len(dates) < wanted:
        color = context.red if context["is_binding"] >= 1 else context.amber
        return color(words, fix="Fly a check flight first.", **shown)
    left = (dates[-wanted] + RECENT - facts.rule_date).days
    if left <= context["near_days"]:
        return context.amber(f"{words} That lapses in {left} days.", fix="Plan practice.", **shown)
    return context.green(words, **shown)

"""EVLOS, BVLOS, night, and applications still open (MOS chapter 5, CASR 101.029, 101.073)."""

from common.compliance.findings import Finding
from common.compliance.registry import Parameter, RuleContext
from flight_operations.facts.operation import OperationFacts
from flight_operations.facts.people import CrewFacts
from flight_operations.instruments import BVLOS_EXAM_RELIEF
from flight_operations.models import (
    AssessmentKind,
    AssessmentStatus,
    AuthorizationKind,
    AuthorizationStatus,
    CrewMember,
    SightMode,
)
from flight_operations.queries.authorizations import (
    APPROVAL_LEAD,
    GRANTED_ON_THE_SPOT,
    PERMISSION_LEAD,
    PERMISSIONS,
)
from flight_operations.rules.basis import (
    BY_APPROVAL,
    approval_for,
    approved_or_red,
    figure,
    is_under_reoc,
    operation_rule,
    under_approval,
)
from rpas.airworthiness import Category, category_of

OBSERVER_M = 1500.0
LINK_SHARE = 0.8
LINK_HEIGHT_M = 152.4
EXAM = "bvlos_exam"


def _observers(facts: OperationFacts) -> list[CrewFacts]:
    return [member for member in facts.crew if member.role == CrewMember.Role.OBSERVER]


def _is_trained(member: CrewFacts, facts: OperationFacts) -> bool:
    by_operator = member.trained_on is not None and member.trained_on <= facts.rule_date
    return by_operator or bool(member.papers("evlos_training", facts.end_date))


@operation_rule(
    "MOS-5-EVLOS",
    title="EVLOS",
    citation="MOS chapter 5, CASR 101.073, 101.029",
    confidence="found",
    inputs=("sight_mode", "category", "crew", "take_off_mass_kg", "authorizations"),
    absolute=BY_APPROVAL,
)
def evlos(facts: OperationFacts, context: RuleContext) -> Finding | list[Finding] | None:
    """
    EVLOS needs an approval under a ReOC, an aircraft that is not large, and a trained observer.
    """
    if facts.sight_mode != SightMode.EVLOS:
        return None
    if facts.take_off_mass_kg is None:
        return context.missing("The take-off mass")
    if category_of(facts.take_off_mass_kg) == Category.LARGE:
        return context.red("EVLOS is not for a large RPA.", fix="Plan it as BVLOS.")
    if not any(_is_trained(member, facts) for member in _observers(facts)):
        return context.red(
            "EVLOS without a trained observer.", fix="Add an observer with recorded training."
        )
    return approved_or_red(
        facts,
        context,
        "Flown EVLOS.",
        AuthorizationKind.EVLOS,
        fix="Get an EVLOS approval, or plan VLOS.",
    )


@operation_rule(
    "MOS-5-DIST",
    title="Distance from an observer",
    citation="MOS chapter 5",
    confidence="found",
    inputs=("sight_mode", "max_distance_observer_m"),
    parameters={"max_distance_m": Parameter(OBSERVER_M, "lower", "m", "Distance from an observer")},
)
def observer_distance(facts: OperationFacts, context: RuleContext) -> Finding | None:
    """EVLOS: never more than 1,500 m from an observer."""
    if facts.sight_mode != SightMode.EVLOS:
        return None
    distance, limit = facts.max_distance_observer_m, context["max_distance_m"]
    if distance is None:
        return context.missing("The greatest distance from an observer", fix="Enter it.")
    words = f"Up to {figure(distance)} m from an observer; the limit is {figure(limit)} m."
    if distance <= limit:
        return context.green(words, value=distance, limit=limit)
    return context.red(words, value=distance, limit=limit, fix="Add an observer or fly nearer.")


@operation_rule(
    "MOS-5-LINK",
    title="Within the control link",
    citation="MOS chapter 5",
    confidence="found",
    inputs=("sight_mode", "max_distance_pilot_m", "aircraft"),
    parameters={"link_share": Parameter(LINK_SHARE, "lower", "of the maker's range")},
)
def control_link(facts: OperationFacts, context: RuleContext) -> Finding | None:
    """EVLOS: below 500 ft not beyond 80 % of the maker's control-link range."""
    is_higher = facts.max_height_agl_m is not None and facts.max_height_agl_m > LINK_HEIGHT_M
    if facts.sight_mode != SightMode.EVLOS or is_higher:
        return None
    distance, reach = facts.max_distance_pilot_m, facts.aircraft.control_link_range_m
    if distance is None:
        return context.missing("The greatest distance from the pilot", fix="Enter it.")
    if reach is None:
        return context.missing("The range of the control link", fix="Enter it on the aircraft.")
    limit = reach * context["link_share"]
    words = f"Up to {figure(distance)} m from the pilot; the link allows {figure(limit)} m."
    if distance <= limit:
        return context.green(words, value=distance, limit=limit)
    return context.red(words, value=distance, limit=limit, fix="Fly nearer to the control station.")


@operation_rule(
    "EX27-EVLOS",
    title="Relief from the BVLOS examination",
    citation="CASA EX27/23; its end was not seen",
    confidence="found",
    inputs=("sight_mode", "pilot", "crew", "is_enclosed"),
    instrument=BVLOS_EXAM_RELIEF.name,
)
def exam_relief(facts: OperationFacts, context: RuleContext) -> Finding | None:
    """
    EVLOS and enclosed flights need no supervisor with the examination; other BVLOS by a pilot
    without it needs a qualified supervisor at the same place.
    """
    if facts.sight_mode == SightMode.VLOS or facts.pilot.papers(EXAM, facts.end_date):
        return None
    if facts.sight_mode == SightMode.EVLOS or facts.is_enclosed:
        return context.amber(
            f"{facts.pilot.name} flies without the examination, relieved by EX27/23.",
            fix="Confirm that EX27/23 is still in force.",
        )
    if _supervisors(facts):
        return context.amber(
            f"{facts.pilot.name} flies BVLOS supervised by {_supervisors(facts)[0].name}.",
            fix="Confirm that the supervisor is at the same place and at hand.",
        )
    return context.red(
        f"{facts.pilot.name} flies BVLOS without the examination and without a supervisor.",
        fix="Add a supervisor who holds it, or assign another pilot.",
    )


def _supervisors(facts: OperationFacts) -> list[CrewFacts]:
    role = CrewMember.Role.SUPERVISOR
    return [m for m in facts.crew if m.role == role and m.papers(EXAM, facts.end_date)]


@operation_rule(
    "REPL-BVLOS",
    title="BVLOS examination",
    citation="CASR 101.300(4)(a)",
    confidence="found",
    inputs=("sight_mode", "pilot", "crew", "is_enclosed"),
    absolute="An examination not passed cannot be overridden; a supervisor can be assigned.",
)
def bvlos_exam(facts: OperationFacts, context: RuleContext) -> Finding | None:
    """BVLOS: the pilot passed IREX or the BVLOS examination, or flies under EX27/23."""
    if facts.sight_mode != SightMode.BVLOS:
        return None
    papers = facts.pilot.papers(EXAM, facts.end_date)
    if papers:
        return context.green(f"{facts.pilot.name} holds {papers[0].number or 'the examination'}.")
    if facts.is_enclosed or _supervisors(facts):
        return context.amber(
            f"{facts.pilot.name} has no BVLOS examination; EX27/23 applies.",
            fix="Acknowledge the supervision.",
        )
    return context.red(
        f"{facts.pilot.name} has no verified BVLOS examination.",
        fix="Assign a pilot who has it, or add a qualified supervisor.",
    )


@operation_rule(
    "BVLOS",
    title="BVLOS approval",
    citation="CASR 101.073, 101.029",
    confidence="found",
    inputs=("sight_mode", "authorizations"),
    absolute=BY_APPROVAL,
    is_outdoors_only=True,
)
def bvlos(facts: OperationFacts, context: RuleContext) -> Finding | None:
    """Beyond visual line of sight only under a ReOC with an approval."""
    if facts.sight_mode != SightMode.BVLOS:
        return None
    return approved_or_red(
        facts,
        context,
        "Flown BVLOS.",
        AuthorizationKind.BVLOS,
        AuthorizationKind.SORA,
        fix="Get a BVLOS approval, or plan VLOS.",
    )


@operation_rule(
    "NIGHT",
    title="Night",
    citation="CASR 101.095(1A), 101.029; the current instrument is to be confirmed",
    confidence="known-medium",
    inputs=("daylight", "authorizations", "pilot", "risks", "is_launch_area_lit", "aircraft"),
    absolute="Each part can be recorded; none can be waved through in the dark.",
    is_outdoors_only=True,
)
def night(facts: OperationFacts, context: RuleContext) -> Finding | None:
    """
    At night: ReOC with accepted procedures, a pilot authorized, trained and tested, the chief
    remote pilot's risk assessment, a lit launch area and a lit aircraft. All present is amber.
    """
    if facts.daylight is None:
        return context.missing("The daylight at the launch site", fix="Enter the launch site.")
    if facts.daylight.is_within_civil_twilight:
        return None
    approval = approval_for(facts, AuthorizationKind.NIGHT)
    parts = {
        "a ReOC": is_under_reoc(facts),
        "a night approval": approval is not None,
        "the pilot's authorization by the operator": _is_night_pilot(facts),
        "the pilot's night training": bool(facts.pilot.papers("night_training", facts.end_date)),
        "a night risk assessment by the chief remote pilot": _has_night_assessment(facts),
        "a lit launch and recovery area": facts.is_launch_area_lit,
        "lights on the aircraft": facts.aircraft.has_position_lights,
    }
    lacking = [name for name, is_there in parts.items() if not is_there]
    if lacking or approval is None:
        return context.red(
            f"At night without {', '.join(lacking)}.", value=lacking, fix="Record what is missing."
        )
    return under_approval(context, "At night, with everything it needs.", approval)


def _is_night_pilot(facts: OperationFacts) -> bool:
    membership = facts.pilot.membership
    return membership is not None and membership.is_night_authorized


def _has_night_assessment(facts: OperationFacts) -> bool:
    return any(
        risk.kind == AssessmentKind.NIGHT
        and risk.status == AssessmentStatus.APPROVED
        and risk.is_by_chief_remote_pilot
        for risk in facts.risks
    )


@operation_rule(
    "AUTH-LEAD",
    title="Applications in good time",
    citation="CASA: apply for flight authorisations",
    confidence="found",
    inputs=("authorizations", "rule_date"),
)
def lead_time(facts: OperationFacts, context: RuleContext) -> Finding | list[Finding] | None:
    """A request still open for this time that was made later than CASA's lead time is amber."""
    late = []
    for request in facts.authorizations:
        if request.status != AuthorizationStatus.REQUESTED or request.applied_on is None:
            continue
        if request.kind in GRANTED_ON_THE_SPOT:
            continue
        needed = (PERMISSION_LEAD if request.kind in PERMISSIONS else APPROVAL_LEAD).days
        days = (facts.rule_date - request.applied_on).days
        if days < needed:
            late.append(
                context.amber(
                    f"{request.number} was applied for {days} days before; CASA asks {needed}.",
                    value=days,
                    limit=needed,
                    fix="Move the flight, or ask CASA.",
                )
            )
    return late or None

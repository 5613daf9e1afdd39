"""Risk acceptance, hazards, incidents and the clocks of the ATSB (REGULATION 1.10)."""

from collections.abc import Callable
from typing import Any

from common.compliance.findings import Finding
from common.compliance.registry import Check, Confidence, Parameter, RuleContext, rule
from flight_operations.facts.operation import OperationFacts
from flight_operations.facts.safety import HazardFacts, IncidentFacts, RiskFacts
from flight_operations.models import AssessmentStatus
from flight_operations.occurrences import (
    PHONE_AMBER,
    PHONE_RED,
    WRITTEN_AMBER,
    WRITTEN_DUE,
    atsb_category,
    is_immediately_reportable,
    is_reportable,
    needs_quarantine,
)
from flight_operations.risk_matrix import ACCEPTED_BY, RiskIndex, index, may_accept
from flight_operations.rules.basis import fleet_rule

ICAO = "ICAO Doc 9859, table 3-5"
EXTREME_STOPS = "An extreme risk is stopped; no signature helps before it is mitigated."
REPORT_IT = "The report is made, or it is not; a signature does not replace it."
CLOSED = "closed"
UNDER_WAY = ("reported", "under_investigation")
_RANK = list(RiskIndex)


def worst_residual(risk: RiskFacts) -> RiskIndex | None:
    """The worst residual index of an assessment; None while it has no items."""
    found = [index(item.residual_likelihood, item.residual_severity) for item in risk.items]
    return min(found, key=_RANK.index, default=None)


@rule(
    "SMS-5x5",
    title="Risk index",
    citation=ICAO,
    confidence="found",
    facts=RiskFacts,
    inputs=("items",),
)
def risk_index(risk: RiskFacts, context: RuleContext) -> Finding:
    """Likelihood A to E and severity 1 to 5 give the index, before and after controls."""
    residual = worst_residual(risk)
    if residual is None:
        return context.missing("What could go wrong", fix="Add the risks of the job.")
    initial = min((index(i.likelihood, i.severity) for i in risk.items), key=_RANK.index)
    return context.green(
        f"Risk {initial.value}, after controls {residual.value}.", value=residual.value
    )


def check_acceptance(risk: RiskFacts, context: RuleContext) -> Finding:
    """The finding on one assessment."""
    residual = worst_residual(risk)
    if residual is None:
        return context.missing(f"The risks in {risk.number}", fix="Add the risks of the job.")
    words = f"Residual risk of {risk.number}: {residual.value}."
    if risk.status == AssessmentStatus.REJECTED:
        return context.red(f"{risk.number} was rejected.", fix="Assess the job anew.")
    if residual == RiskIndex.EXTREME:
        return context.red(words, value=residual.value, fix="Change the job; add controls.")
    is_signed = risk.status == AssessmentStatus.APPROVED and any(
        may_accept(approval.level, residual) for approval in risk.approvals
    )
    level = ACCEPTED_BY[residual].value.replace("_", " ")
    if residual == RiskIndex.HIGH:
        fix = "Acknowledge the high risk." if is_signed else f"Get the approval of {level}."
        color = context.amber if is_signed else context.red
        return color(words, value=residual.value, fix=fix)
    if residual == RiskIndex.MODERATE and not is_signed:
        return context.amber(words, value=residual.value, fix=f"Get the approval of a {level}.")
    return context.green(words, value=residual.value)


@rule(
    "SMS-ACCEPT",
    title="Risk accepted at the right level",
    citation=ICAO,
    confidence="found",
    facts=RiskFacts,
    inputs=("items", "approvals", "status"),
    is_absolute=True,
    absolute_because=EXTREME_STOPS,
)
def accepted(risk: RiskFacts, context: RuleContext) -> Finding:
    """
    Extreme is red; high needs senior management (amber with, red without); moderate is amber until
    a department accepts it; low and negligible are green.
    """
    return check_acceptance(risk, context)


@fleet_rule("SMS-ACCEPT", inputs=("risks",), absolute=EXTREME_STOPS)
def operation_accepted(facts: OperationFacts, context: RuleContext) -> list[Finding] | None:
    """Each risk assessment of the operation is accepted at the level its residual risk asks for."""
    own = [risk for risk in facts.risks if not risk.is_generic]
    return [check_acceptance(risk, context) for risk in own] or None


@rule(
    "SMS-HAZ",
    title="Hazard register",
    citation="CASA SMS kit; company practice",
    confidence="known-high",
    facts=HazardFacts,
    inputs=("status", "residual_likelihood", "residual_severity", "action_due_on", "review_on"),
)
def hazard(entry: HazardFacts, context: RuleContext) -> Finding:
    """An extreme residual risk is red; an overdue action or review, or no owner, is amber."""
    if entry.status == CLOSED:
        return context.green(f"{entry.number} is closed.")
    if entry.residual_likelihood and entry.residual_severity:
        residual = index(entry.residual_likelihood, entry.residual_severity)
        if residual == RiskIndex.EXTREME:
            return context.red(f"{entry.number}: residual risk extreme.", fix="Stop; mitigate.")
    today = entry.rule_date or context.at.date()
    if entry.action_due_on is not None and entry.action_due_on < today:
        return context.amber(
            f"The action on {entry.number} was due on {entry.action_due_on}.", fix="Do it."
        )
    if entry.review_on is not None and entry.review_on < today:
        return context.amber(
            f"The review of {entry.number} was due on {entry.review_on}.", fix="Review it."
        )
    if not entry.residual_likelihood or not entry.residual_severity or not entry.has_owner:
        return context.amber(
            f"{entry.number} lacks an owner or a residual risk.", fix="Assign and assess it."
        )
    return context.green(f"{entry.number} is in hand.")


def incident_rule(
    code: str,
    title: str,
    citation: str,
    confidence: Confidence,
    *inputs: str,
    absolute: str = "",
    **more: Any,
) -> Callable[[Check], Check]:
    """Register a rule over IncidentFacts; `absolute` says why nobody may override it."""
    return rule(
        code,
        title=title,
        citation=citation,
        confidence=confidence,
        facts=IncidentFacts,
        inputs=inputs,
        is_absolute=bool(absolute),
        absolute_because=absolute,
        **more,
    )


def atsb_type(incident: IncidentFacts) -> str:
    """How the TSI rules class the aircraft: `type1`, `type2` or `none`."""
    return atsb_category(
        mass_kg=incident.aircraft_mass_kg,
        category=incident.operating_category,
        is_type_certified=incident.is_type_certified,
    )


def _harm(incident: IncidentFacts) -> dict[str, str]:
    return {
        "injuries": incident.injuries,
        "classification": incident.classification,
        "damage": incident.damage,
        "third_party_damage": incident.third_party_damage,
    }


TSI = "TSI Regulations 2021 regs 8-11D"
CLASSED = ("aircraft_mass_kg", "is_type_certified", "operating_category")
EVENT = (*CLASSED, "injuries", "classification", "damage", "third_party_damage", "aware_at")


@incident_rule("TSI-TYPE1", "Type 1 RPA", TSI, "found", *CLASSED)
def type_1(incident: IncidentFacts, context: RuleContext) -> Finding | None:
    """Type-certified or above 25 kg: category B or C; unknown mass is amber."""
    if incident.aircraft_mass_kg is None and not incident.is_type_certified:
        return context.amber(
            "The mass of the aircraft is not known; type 1 cannot be ruled out.",
            fix="Name the aircraft.",
            is_missing_input=True,
        )
    if atsb_type(incident) != "type1":
        return None
    return context.green("Type 1 RPA.", value=incident.aircraft_mass_kg, limit=25.0)


@incident_rule("TSI-TYPE2", "Type 2 RPA", TSI, "found", *CLASSED)
def type_2(incident: IncidentFacts, context: RuleContext) -> Finding | None:
    """Neither type 1 nor micro nor excluded: category D; flown under a ReOC up to 25 kg."""
    is_type_2 = atsb_type(incident) == "type2"
    return context.green("Type 2 RPA.", value=incident.aircraft_mass_kg) if is_type_2 else None


@incident_rule("TSI-NONE", "Voluntary report", TSI, "found", *CLASSED)
def voluntary(incident: IncidentFacts, context: RuleContext) -> Finding | None:
    """Excluded and micro RPA: no mandatory report; a voluntary one is welcome."""
    is_none = atsb_type(incident) == "none"
    return context.green("No mandatory report; voluntary only.") if is_none else None


def _phone(incident: IncidentFacts, context: RuleContext, wanted: str) -> Finding | None:
    atsb = atsb_type(incident)
    if atsb != wanted or not is_immediately_reportable(atsb=atsb, **_harm(incident)):
        return None
    if incident.phoned_at is not None:
        return context.green(f"{incident.number} was reported by telephone.")
    return context.red(
        f"{incident.number} must be reported by telephone as soon as reasonably practicable.",
        fix="Call the ATSB on 1800 011 034 and record the call.",
    )


@incident_rule(
    "TSI-IMM-1",
    "Immediate report, type 1",
    "TSI Act 2003 ss 18-19; Regs 11A-11C",
    "found",
    *EVENT,
    "phoned_at",
    absolute=REPORT_IT,
)
def immediate_1(incident: IncidentFacts, context: RuleContext) -> Finding | None:
    """Type 1: death, serious injury, accident, loss of separation or serious property damage."""
    return _phone(incident, context, "type1")


@incident_rule(
    "TSI-IMM-2",
    "Immediate report, type 2",
    "TSI Regulations 2021 reg 11D",
    "found",
    *EVENT,
    "phoned_at",
    absolute=REPORT_IT,
)
def immediate_2(incident: IncidentFacts, context: RuleContext) -> Finding | None:
    """Type 2: death or serious injury is reported by telephone at once."""
    return _phone(incident, context, "type2")


def _written(incident: IncidentFacts) -> bool:
    return is_reportable(atsb=atsb_type(incident), **_harm(incident))


@incident_rule(
    "TSI-ROUT",
    "Written report",
    TSI,
    "known-high",
    *EVENT,
    "written_at",
    parameters={"due_h": Parameter(72, "lower", "h", "Written report due after awareness")},
    absolute=REPORT_IT,
)
def written(incident: IncidentFacts, context: RuleContext) -> Finding | None:
    """A reportable occurrence is reported in writing within 72 hours of awareness."""
    if not _written(incident):
        return None
    if incident.written_at is not None:
        return context.green(f"{incident.number} was reported in writing.")
    hours = (context.at - incident.aware_at).total_seconds() / 3600
    shown = {"value": hours, "limit": context["due_h"], "fix": "Send the written report."}
    words = f"{incident.number}: the written report is open for {hours:.0f} hours."
    color = context.red if hours >= context["due_h"] else context.amber
    return color(words, **shown)


@incident_rule(
    "TSI-CLOCK",
    "Clocks of the reports",
    "Company practice",
    "design",
    *EVENT,
    "phoned_at",
    "written_at",
)
def clock(incident: IncidentFacts, context: RuleContext) -> Finding | None:
    """The call not logged: amber after 1 hour, red after 4; the written report at 48 and 72."""
    waited = context.at - incident.aware_at
    running = []
    if is_immediately_reportable(atsb=atsb_type(incident), **_harm(incident)):
        running.append(("call", incident.phoned_at, PHONE_AMBER, PHONE_RED))
    if _written(incident):
        running.append(("written report", incident.written_at, WRITTEN_AMBER, WRITTEN_DUE))
    open_ = [entry for entry in running if entry[1] is None and waited >= entry[2]]
    if not running:
        return None
    if not open_:
        return context.green("Every report is made or in time.")
    late = [name for name, _, _, red_after in open_ if waited >= red_after]
    hours = waited.total_seconds() / 3600
    names = ", ".join(late or [name for name, *_ in open_])
    color = context.red if late else context.amber
    return color(f"After {hours:.0f} hours not logged: {names}.", value=hours, fix="Report it.")


@incident_rule(
    "TSI-DATA",
    "Content of the report",
    "TSI Regulations 2021 regs 14-15",
    "known-medium",
    "missing_particulars",
)
def particulars(incident: IncidentFacts, context: RuleContext) -> Finding | None:
    """The particulars that a report must hold are there; missing is amber."""
    if not _written(incident):
        return None
    if incident.missing_particulars:
        return context.amber(
            f"The report lacks {', '.join(incident.missing_particulars)}.",
            value=list(incident.missing_particulars),
            fix="Complete the incident.",
        )
    return context.green("The particulars are complete.")


@incident_rule(
    "SMS-INC",
    "Aircraft kept on the ground",
    "CASA and ATSB; company practice",
    "known-high",
    "status",
    "has_aircraft",
    "is_aircraft_quarantined",
)
def quarantine(incident: IncidentFacts, context: RuleContext) -> Finding | None:
    """After an occurrence with harm or loss of control the aircraft stays on the ground."""
    if not incident.has_aircraft or not needs_quarantine(**_harm(incident)):
        return None
    if incident.is_aircraft_quarantined or incident.status not in UNDER_WAY:
        return context.green("The aircraft was kept on the ground.")
    return context.red("The aircraft is not quarantined.", fix="Quarantine it.")

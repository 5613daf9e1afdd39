"""Prohibited, restricted, danger and military areas, zones, emergencies, controlled airspace."""

from collections.abc import Sequence

from airports.queries.airspace import AirspaceFacts
from common.compliance.findings import Finding
from common.compliance.registry import Parameter, RuleContext
from common.units import FT_M
from flight_operations.facts.operation import OperationFacts
from flight_operations.instruments import APP_R405
from flight_operations.models import AssessmentKind, AssessmentStatus, AuthorizationKind
from flight_operations.rules.basis import (
    BY_APPROVAL,
    approval_for,
    approved_or_red,
    figure,
    operation_rule,
    under_approval,
)

PRD = "CASR 101.238(d), 101.065"
CONTROLLED = frozenset({"A", "B", "C", "D", "E", "CTR", "TMA"})
RADIO = CONTROLLED | {"RMZ"}
BUFFER_M = round(100 * FT_M, 2)
BINDING_ZONES = frozenset({"PROHIBITED", "REQ_AUTHORISATION", "CONDITIONAL"})


def _met(facts: OperationFacts, kinds: frozenset[str] | str) -> list[AirspaceFacts]:
    wanted = {kinds} if isinstance(kinds, str) else kinds
    return [area for area in facts.airspace or () if area.kind in wanted and area.is_met]


def _no_airspace(context: RuleContext) -> Finding:
    return context.missing("The airspace over the plan", fix="Draw the volumes of the plan.")


def _height_unknown(area: AirspaceFacts, context: RuleContext) -> Finding:
    return context.missing(
        f"Whether the flight reaches {area.name} ({area.floor_text} to {area.ceiling_text})",
        fix="Enter the lowest and highest ground under the volumes.",
    )


def _described(area: AirspaceFacts) -> str:
    when = "" if area.is_activity_certain else ", taken as active (by NOTAM)"
    return f"{area.name}{when}"


@operation_rule(
    "CASR-101.238-PROHIB",
    title="Prohibited area",
    citation=PRD,
    confidence="known-medium",
    inputs=("airspace",),
    absolute="There is no approval path into a prohibited area.",
    is_outdoors_only=True,
)
def prohibited(facts: OperationFacts, context: RuleContext) -> Finding:
    """Not in a prohibited area while it is active; there is no approval path."""
    if facts.airspace is None:
        return _no_airspace(context)
    for area in _met(facts, "P"):
        if area.heights == "unknown":
            return _height_unknown(area, context)
        return context.red(f"In prohibited area {_described(area)}.", fix="Move the flight.")
    return context.green("In no prohibited area.")


def _restricted(facts: OperationFacts, *, is_ra3: bool) -> list[AirspaceFacts]:
    return [a for a in _met(facts, "R") if (a.restricted_status == "RA3") is is_ra3]


def _entry(
    facts: OperationFacts,
    context: RuleContext,
    areas: Sequence[AirspaceFacts],
    *kinds: str,
    fix: str,
) -> Finding | list[Finding] | None:
    """Each area on its own: unknown height, an approval that names it, or red."""
    findings = []
    for area in areas:
        approval = approval_for(facts, *kinds, place=area.name)
        if approval is None and area.heights == "unknown":
            findings.append(_height_unknown(area, context))
            continue
        status = f" ({area.restricted_status})" if area.restricted_status else ""
        findings.append(
            approved_or_red(
                facts, context, f"In {_described(area)}{status}.", *kinds, fix=fix, place=area.name
            )
        )
    return findings or None


@operation_rule(
    "CASR-101.238-RA3",
    title="Restricted area RA3",
    citation=PRD,
    confidence="known-high",
    inputs=("airspace", "authorizations"),
    absolute=BY_APPROVAL,
    is_outdoors_only=True,
)
def restricted_ra3(facts: OperationFacts, context: RuleContext) -> Finding | list[Finding]:
    """Never plan on entry to RA3; only with the written approval of the controlling authority."""
    if facts.airspace is None:
        return _no_airspace(context)
    found = _entry(
        facts,
        context,
        _restricted(facts, is_ra3=True),
        AuthorizationKind.RESTRICTED,
        fix="Move the flight; entry to RA3 is not to be planned on.",
    )
    return found or context.green("In no RA3 area.")


@operation_rule(
    "CASR-101.238-RA12",
    title="Restricted area RA1, RA2",
    citation="CASR 101.065; ERSA",
    confidence="known-high",
    inputs=("airspace", "authorizations"),
    absolute=BY_APPROVAL,
    is_outdoors_only=True,
)
def restricted_ra12(facts: OperationFacts, context: RuleContext) -> Finding | list[Finding]:
    """RA1, RA2 and areas without a published status need the controlling authority's approval."""
    if facts.airspace is None:
        return _no_airspace(context)
    kinds = [AuthorizationKind.RESTRICTED]
    areas = _restricted(facts, is_ra3=False)
    if areas and all("R405" in area.name.upper() for area in areas):
        kinds += _app_for_r405(facts)
    found = _entry(
        facts, context, areas, *kinds, fix="Ask the controlling authority for an approval."
    )
    return found or context.green("In no restricted area.")


def _app_for_r405(facts: OperationFacts) -> list[AuthorizationKind]:
    in_force = APP_R405.is_in_force(facts.rule_date)
    return [AuthorizationKind.APP] if in_force else []


@operation_rule(
    "APP-R405",
    title="Sydney Harbour R405A and R405B by app",
    citation="CASA 67/24",
    confidence="found",
    inputs=("airspace", "authorizations"),
    instrument=APP_R405.name,
    is_outdoors_only=True,
)
def r405_by_app(facts: OperationFacts, context: RuleContext) -> Finding | None:
    """A ReOC holder with an app's authorization may enter the defined cells below 500 ft AMSL."""
    areas = [a for a in _met(facts, "R") if "R405" in a.name.upper()]
    approval = approval_for(facts, AuthorizationKind.APP)
    if not areas or approval is None:
        return None
    if not APP_R405.is_in_force(facts.rule_date):
        return context.red(
            f"{approval.number} rests on {APP_R405.name}, which is not in force.",
            fix="Ask the controlling authority for an approval.",
        )
    return under_approval(context, f"In {areas[0].name}.", approval)


@operation_rule(
    "CASR-101.238-DANGER",
    title="Danger area",
    citation="CASA guidance on special-use airspace",
    confidence="found",
    inputs=("airspace", "risks"),
    is_outdoors_only=True,
)
def danger(facts: OperationFacts, context: RuleContext) -> Finding:
    """In a danger area the chief remote pilot must have assessed the risk; missing is amber."""
    if facts.airspace is None:
        return _no_airspace(context)
    areas = _met(facts, "Q")
    if not areas:
        return context.green("In no danger area.")
    done = [
        risk.number
        for risk in facts.risks
        if risk.kind == AssessmentKind.DANGER_AREA
        and risk.status == AssessmentStatus.APPROVED
        and risk.is_by_chief_remote_pilot
    ]
    if done:
        return context.green(f"In {_described(areas[0])}; risk assessed in {done[0]}.")
    return context.amber(
        f"In danger area {_described(areas[0])} without a risk assessment for it.",
        fix="Have the chief remote pilot assess the danger area.",
    )


@operation_rule(
    "CASR-101.238-MOA",
    title="Military operating area",
    citation="CASA guidance; ERSA",
    confidence="found",
    inputs=("airspace", "authorizations"),
    absolute=BY_APPROVAL,
    is_outdoors_only=True,
)
def military(facts: OperationFacts, context: RuleContext) -> Finding | list[Finding]:
    """A military operating area needs the administering authority's approval before release."""
    if facts.airspace is None:
        return _no_airspace(context)
    found = _entry(
        facts,
        context,
        _met(facts, "M"),
        AuthorizationKind.MILITARY,
        fix="Ask the administering authority for an approval.",
    )
    return found or context.green("In no military operating area.")


@operation_rule(
    "CASR-101.238-EMERG",
    title="Emergency operation",
    citation="CASR 101.238(e)",
    confidence="found",
    inputs=("is_near_emergency_operation", "airspace", "authorizations", "emergency_approval_ref"),
    absolute=BY_APPROVAL,
    is_outdoors_only=True,
)
def emergency(facts: OperationFacts, context: RuleContext) -> Finding:
    """Not over a fire, police or other emergency without approval of the person in charge."""
    mapped = _met(facts, "EMERG")
    if not mapped and facts.is_near_emergency_operation is None:
        return context.missing("Whether an emergency operation is near", fix="Check and say so.")
    if not mapped and facts.airspace is None:
        return _no_airspace(context)
    if not mapped and not facts.is_near_emergency_operation:
        return context.green("No emergency operation near.")
    words = f"Over an emergency operation{f' ({mapped[0].name})' if mapped else ''}."
    if facts.emergency_approval_ref:
        return context.amber(
            f"{words} Approved by the person in charge: {facts.emergency_approval_ref}.",
            fix="Confirm with the person in charge.",
        )
    return approved_or_red(
        facts,
        context,
        words,
        AuthorizationKind.EMERGENCY,
        fix="Stay away, or record the approval of the person in charge.",
    )


@operation_rule(
    "AIRSPACE-ZONE",
    title="UAS geographical zone",
    citation="As published with the zone (ED-269)",
    confidence="design",
    inputs=("airspace", "authorizations"),
    is_outdoors_only=True,
)
def geographical_zone(facts: OperationFacts, context: RuleContext) -> Finding | list[Finding]:
    """A published zone that prohibits, asks for authorization or sets conditions is kept to."""
    if facts.airspace is None:
        return _no_airspace(context)
    areas = _met(facts, "UAS")
    binding = [a for a in areas if (a.zone_restriction or "PROHIBITED") in BINDING_ZONES]
    found = _entry(
        facts,
        context,
        binding,
        AuthorizationKind.AIRSPACE_ZONE,
        fix="Move the flight, or get the zone authority's authorization.",
    )
    return found or context.green("In no binding zone.")


@operation_rule(
    "AIRSPACE-FENCE",
    title="Operator's geofence",
    citation="Company practice",
    confidence="design",
    inputs=("airspace",),
    is_outdoors_only=True,
)
def company_fence(facts: OperationFacts, context: RuleContext) -> Finding:
    """A geofence kept in the airspace register is acknowledged by whoever flies through it."""
    if facts.airspace is None:
        return _no_airspace(context)
    fences = _met(facts, "FENCE")
    if fences:
        return context.amber(
            f"Inside geofence {_described(fences[0])}.", fix="Confirm that it allows this flight."
        )
    return context.green("In no geofence of the register.")


@operation_rule(
    "MOS-9-BUFFER",
    title="Below controlled airspace",
    citation="MOS chapter 5 or 9 (to be confirmed)",
    confidence="known-low",
    inputs=("airspace", "max_height_agl_m"),
    parameters={"buffer_m": Parameter(BUFFER_M, "higher", "m", "Room below controlled airspace")},
    is_outdoors_only=True,
)
def buffer_below(facts: OperationFacts, context: RuleContext) -> Finding:
    """Less than 100 ft between the flight and controlled airspace above it is amber."""
    if facts.airspace is None or facts.max_height_agl_m is None:
        return _no_airspace(context)
    above = [a for a in facts.airspace if a.kind in CONTROLLED and a.is_active]
    rooms = [(a.base_above_top_m, a) for a in above if a.heights == "clear"]
    close = [(room, a) for room, a in rooms if room is not None and 0 <= room < context["buffer_m"]]
    unknown = [a for a in above if a.heights == "unknown"]
    if close:
        room, area = min(close, key=lambda pair: pair[0])
        return context.amber(
            f"{area.name} begins {figure(room)} m above the flight.",
            value=room,
            limit=context["buffer_m"],
            fix="Plan lower, or acknowledge the margin.",
        )
    if unknown:
        return context.amber(
            f"Nobody can tell the room below {unknown[0].name} ({unknown[0].floor_text}).",
            fix="Enter the lowest and highest ground under the volumes.",
        )
    return context.green("Room enough below controlled airspace.", limit=context["buffer_m"])


@operation_rule(
    "CASR-101.285-RADIO",
    title="Radio in controlled airspace",
    citation="CASR 101.285",
    confidence="found",
    inputs=("airspace", "pilot"),
    absolute="Without the certificate nobody may use the radio.",
    is_outdoors_only=True,
)
def radio(facts: OperationFacts, context: RuleContext) -> Finding:
    """In controlled airspace or a radio zone the pilot holds an aeronautical radio certificate."""
    if facts.airspace is None:
        return _no_airspace(context)
    areas = _met(facts, RADIO)
    if not areas:
        return context.green("Not in controlled airspace.")
    if facts.pilot.papers("aroc", facts.end_date):
        return context.green(f"In {areas[0].name}; {facts.pilot.name} holds an AROC.")
    certain = [area for area in areas if area.heights == "overlap"]
    if not certain:
        return _height_unknown(areas[0], context)
    return context.red(
        f"In {certain[0].name}, and {facts.pilot.name} holds no verified AROC.",
        fix="Assign a pilot with an AROC, or stay outside controlled airspace.",
    )

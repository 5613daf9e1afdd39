"""How rules about an operation are registered, and how they read approvals and bands."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

from common.compliance.findings import Finding, Stage
from common.compliance.registry import (
    Check,
    Confidence,
    Rule,
    RuleContext,
    rule,
    rules,
    rules_by_facts,
)
from flight_operations.facts.approvals import ApprovalFacts
from flight_operations.facts.operation import OperationFacts
from flight_operations.models import AuthorizationStatus, OperatingCategory

BY_APPROVAL = "The route is a recorded approval or consent, which the rule reads itself."
CONDITIONS = "Acknowledge the conditions of the approval."


def operation_rule(
    code: str,
    *,
    title: str,
    citation: str,
    confidence: Confidence,
    inputs: tuple[str, ...],
    absolute: str = "",
    is_outdoors_only: bool = False,
    is_of_records: bool = False,
    **more: Any,
) -> Callable[[Check], Check]:
    """
    Register a rule over OperationFacts.

    `absolute` says why nobody may override it. An outdoors rule says nothing of a flight in a space
    the aircraft cannot leave (CASR 101.005(3)). Once a flight is over only rules of its records
    speak: the weather of later days is not the weather it was flown in.
    """

    def register(check: Check) -> Check:
        def is_silent(facts: OperationFacts, context: RuleContext) -> bool:
            is_over = context.stage == Stage.POST and not is_of_records
            return is_over or (is_outdoors_only and facts.is_enclosed)

        return rule(
            code,
            title=title,
            citation=citation,
            confidence=confidence,
            facts=OperationFacts,
            inputs=inputs,
            is_absolute=bool(absolute),
            absolute_because=absolute,
            **more,
        )(_unless(is_silent, check))

    return register


def _unless(is_silent: Callable[[OperationFacts, RuleContext], bool], check: Check) -> Check:
    @wraps(check)
    def ask(facts: OperationFacts, context: RuleContext) -> Finding | list[Finding] | None:
        return None if is_silent(facts, context) else check(facts, context)

    return ask


def fleet_rule(
    code: str,
    *,
    inputs: tuple[str, ...],
    title: str = "",
    citation: str = "",
    absolute: str = "",
) -> Callable[[Check], Check]:
    """
    Register a rule of the fleet under its own code for operations too.

    One code, one set of parameters, two kinds of record: the operator's own values hold for both.
    Raises ValueError when the code is not a rule of the fleet or is here already.
    """

    def register(check: Check) -> Check:
        if code not in rules or any(e.code == code for e in rules_by_facts[OperationFacts]):
            raise ValueError(f"{code} is no rule of the fleet, or is registered twice")
        known = rules[code]
        entry: Rule = replace(
            known,
            facts=OperationFacts,
            inputs=inputs,
            check=_unless(lambda facts, context: context.stage == Stage.POST, check),
            title=title or known.title,
            citation=citation or known.citation,
            is_absolute=bool(absolute) or known.is_absolute,
            absolute_because=absolute or known.absolute_because,
        )
        rules_by_facts[OperationFacts].append(entry)
        return check

    return register


def is_under_reoc(facts: OperationFacts) -> bool:
    return facts.category == OperatingCategory.REOC


def highest_m(facts: OperationFacts) -> float | None:
    """
    The greatest planned height above the ground directly below, in metres.

    None while any part of the plan has a height nobody can tell above ground.
    """
    if facts.max_height_agl_m is None:
        return None
    tops = [volume.top_agl_m for volume in facts.volumes]
    known = [top for top in tops if top is not None]
    return None if len(known) < len(tops) else max(facts.max_height_agl_m, *known, 0.0)


def approval_for(facts: OperationFacts, *kinds: str, place: str = "") -> ApprovalFacts | None:
    """
    Find a granted authorization that covers the whole flight: kind, aircraft, area, height, time.

    Only a ReOC holder can be given one, so none counts for excluded or micro operations
    (C-APPROVAL; CASR-101.237-SUB2). Given a `place`, an authorization that names others only is
    left out.
    """
    if not is_under_reoc(facts):
        return None
    for approval in facts.authorizations:
        if approval.kind in kinds and _counts(approval, facts) and _names(approval, place):
            return approval
    return None


def approved_or_red(
    facts: OperationFacts,
    context: RuleContext,
    what: str,
    *kinds: str,
    fix: str,
    place: str = "",
    **more: Any,
) -> Finding:
    """Amber with the number of the approval that allows it, else red."""
    approval = approval_for(facts, *kinds, place=place)
    if approval is None:
        return context.red(what, fix=fix, **more)
    return under_approval(context, what, approval, **more)


def under_approval(
    context: RuleContext, what: str, approval: ApprovalFacts, **more: Any
) -> Finding:
    """Amber: allowed by a recorded approval whose conditions somebody must acknowledge."""
    message = f"{what} Allowed by {approval.authority} {approval.number}."
    return context.amber(message, fix=approval.conditions or CONDITIONS, **more)


def figure(value: float) -> str:
    """A number as people write it: no trailing zeros, at most six figures."""
    return f"{value:.6g}"


def _counts(approval: ApprovalFacts, facts: OperationFacts) -> bool:
    return (
        approval.status == AuthorizationStatus.GRANTED
        and approval.covers_area
        and approval.aircraft_id in (None, facts.aircraft.aircraft_id)
        and approval.valid_from <= facts.start_at
        and facts.end_at <= approval.valid_until
        and _is_high_enough(approval, facts)
    )


def _is_high_enough(approval: ApprovalFacts, facts: OperationFacts) -> bool:
    if approval.max_height_agl_m is None:
        return True
    height = highest_m(facts)
    return height is not None and height <= approval.max_height_agl_m


def _names(approval: ApprovalFacts, place: str) -> bool:
    return not place or not approval.place or place.upper() in approval.place.upper()

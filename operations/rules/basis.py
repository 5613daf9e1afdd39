"""How rules about a trip are registered, and the words and bands that several of them share."""

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
from operations.facts.legs import LegFacts
from operations.facts.papers import OpsSpecFacts
from operations.facts.trip import MEDICAL_ROLES, TripFacts

Answer = Finding | list[Finding] | None
LegCheck = Callable[[TripFacts, LegFacts, RuleContext], Answer]


def trip_rule(
    code: str,
    *,
    title: str,
    citation: str,
    confidence: Confidence,
    inputs: tuple[str, ...],
    absolute: str = "",
    **more: Any,
) -> Callable[[Check], Check]:
    """
    Register a rule over TripFacts; `absolute` says why nobody may override it.

    It says nothing once the trip is over: what is judged then is its records.
    """

    def register(check: Check) -> Check:
        return rule(
            code,
            title=title,
            citation=citation,
            confidence=confidence,
            facts=TripFacts,
            inputs=inputs,
            is_absolute=bool(absolute),
            absolute_because=absolute,
            **more,
        )(_while_open(check))

    return register


def leg_rule(
    code: str,
    *,
    when: Callable[[TripFacts, LegFacts], bool] = lambda facts, leg: True,
    inputs: tuple[str, ...] = (),
    **words: Any,
) -> Callable[[LegCheck], LegCheck]:
    """
    Register a rule that is asked for every leg not flown yet to which it applies.

    Silent when it applies to none.
    """

    def register(check: LegCheck) -> LegCheck:
        @wraps(check)
        def ask(facts: TripFacts, context: RuleContext) -> Answer:
            found: list[Finding] = []
            for leg in facts.legs_ahead:
                if when(facts, leg):
                    found += as_list(check(facts, leg, context))
            return found or None

        trip_rule(code, inputs=("legs", *inputs), **words)(ask)
        return check

    return register


def aircraft_rule(code: str) -> None:
    """
    Ask a rule of the fleet for the aircraft of a trip, under the same code and parameters.

    Raises ValueError when the code is not a rule of the fleet or is here already.
    """
    if code not in rules or any(entry.code == code for entry in rules_by_facts[TripFacts]):
        raise ValueError(f"{code} is no rule of the fleet, or is registered twice")
    known = rules[code]

    @wraps(known.check)
    def ask(facts: TripFacts, context: RuleContext) -> Answer:
        return known.check(facts.aircraft, context)

    entry: Rule = replace(known, facts=TripFacts, inputs=("aircraft",), check=_while_open(ask))
    rules_by_facts[TripFacts].append(entry)


def also_of_trips(code: str, *, title: str, inputs: tuple[str, ...]) -> Callable[[Check], Check]:
    """
    Register a rule of another kind of record under its own code for trips too.

    Raises ValueError when the code is not a rule or is here already.
    """

    def register(check: Check) -> Check:
        if code not in rules or any(entry.code == code for entry in rules_by_facts[TripFacts]):
            raise ValueError(f"{code} is no rule, or is registered twice")
        entry: Rule = replace(
            rules[code],
            title=title,
            facts=TripFacts,
            inputs=inputs,
            check=_while_open(check),
            is_absolute=False,
            absolute_because="",
        )
        rules_by_facts[TripFacts].append(entry)
        return check

    return register


def as_list(answer: Answer) -> list[Finding]:
    """What a check said, however it said it."""
    if answer is None:
        return []
    return answer if isinstance(answer, list) else [answer]


def medical_team(facts: TripFacts, leg: LegFacts) -> list[str]:
    """The medical roles on one leg."""
    return [
        member.role
        for member in facts.crew
        if member.role in MEDICAL_ROLES and any(s.leg == leg.sequence for s in member.sectors)
    ]


def helicopter_ambulance(facts: TripFacts, leg: LegFacts) -> bool:
    """A helicopter with the patient or the medical team on board (14 CFR 135.601(b)(1))."""
    has_care = leg.is_commercial or bool(medical_team(facts, leg))
    return facts.is_helicopter and facts.is_ambulance and has_care


def helicopter(facts: TripFacts, leg: LegFacts) -> bool:
    return facts.is_helicopter


def aeroplane(facts: TripFacts, leg: LegFacts) -> bool:
    return not facts.is_helicopter


def commercial_ifr(facts: TripFacts, leg: LegFacts) -> bool:
    """Flown under part 135 by instruments."""
    return leg.is_commercial and leg.is_ifr


def positioning_ifr(facts: TripFacts, leg: LegFacts) -> bool:
    """Flown under part 91 by instruments: nobody is carried."""
    return not leg.is_commercial and leg.is_ifr


def vfr(facts: TripFacts, leg: LegFacts) -> bool:
    return not leg.is_ifr


def figure(value: float) -> str:
    """A number as people write it: no trailing zeros, at most six figures."""
    return f"{value:.6g}"


def evidence_or_missing(
    facts: TripFacts, leg: LegFacts | None, context: RuleContext, *, kind: str, what: str, fix: str
) -> Finding:
    """Green with the reference of what a named person recorded; without it, not known."""
    found = facts.evidence_of(kind, leg)
    if found is None:
        return context.missing(what, fix=fix)
    return context.green(f"{what}: {found.reference} ({found.recorded_by}).", value=found.reference)


def opsspec_in_force(facts: TripFacts, code: str) -> OpsSpecFacts | None:
    """The paragraph of the operations specifications that holds on every day of the trip."""
    for entry in facts.opsspecs:
        is_open = entry.expires_on is None or facts.end_date <= entry.expires_on
        if entry.code == code and entry.issued_on <= facts.rule_date and is_open:
            return entry
    return None


def _while_open(check: Check) -> Check:
    @wraps(check)
    def ask(facts: TripFacts, context: RuleContext) -> Answer:
        return None if context.stage == Stage.POST else check(facts, context)

    return ask

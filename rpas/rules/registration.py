"""How rules about an aircraft or an operator are written, so that others can ask them too."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from common.compliance.findings import Finding
from common.compliance.registry import Check, Confidence, Parameter, RuleContext, rule
from rpas.airworthiness import AircraftFacts, OperatorFacts

EXPIRY_NOTICE_DAYS = 30


@dataclass(frozen=True)
class FleetRule:
    """
    One rule about an aircraft or an operator, with its words.

    An app above that judges an operation can register the same check over the facts nested in its
    own, under its own code.
    """

    code: str
    title: str
    citation: str
    confidence: Confidence
    inputs: tuple[str, ...]
    check: Check
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    absolute: str = ""


AIRCRAFT_RULES: dict[str, FleetRule] = {}
OPERATOR_RULES: dict[str, FleetRule] = {}


def aircraft_rule(code: str, **words: Any) -> Callable[[Check], Check]:
    """Register a check over AircraftFacts; `absolute` says why nobody may override it."""
    return _register(code, AircraftFacts, AIRCRAFT_RULES, words)


def operator_rule(code: str, **words: Any) -> Callable[[Check], Check]:
    """Register a check over OperatorFacts; `absolute` says why nobody may override it."""
    return _register(code, OperatorFacts, OPERATOR_RULES, words)


def in_short(text: str, *, longest: int = 80) -> str:
    """What somebody wrote, to stand inside a sentence of ours: short, without a stop of its own."""
    return text[:longest].rstrip(" .")


def _register(
    code: str, facts: type, catalog: dict[str, FleetRule], words: dict[str, Any]
) -> Callable[[Check], Check]:
    def register(check: Check) -> Check:
        entry = FleetRule(code=code, check=check, **words)
        catalog[code] = entry
        return rule(
            code,
            title=entry.title,
            citation=entry.citation,
            confidence=entry.confidence,
            facts=facts,
            inputs=entry.inputs,
            parameters=entry.parameters,
            is_absolute=bool(entry.absolute),
            absolute_because=entry.absolute,
        )(check)

    return register


def check_expiry(
    context: RuleContext,
    what: str,
    expires_on: date | None,
    on: date,
    *,
    notice_days: float = EXPIRY_NOTICE_DAYS,
    fix: str = "",
) -> Finding:
    """
    A dated paper is valid through the end of its day; amber for its last 30 days (C-EXPIRY).

    Without a date it counts as not held.
    """
    if expires_on is None:
        return context.red(f"{what} is not on file.", fix=fix)
    remaining = (expires_on - on).days
    facts = {"value": expires_on.isoformat(), "limit": on.isoformat(), "fix": fix}
    if remaining < 0:
        return context.red(f"{what} expired on {expires_on}.", **facts)
    if remaining <= notice_days:
        return context.amber(f"{what} expires on {expires_on}, in {remaining} days.", **facts)
    return context.green(f"{what} is valid until {expires_on}.", value=expires_on.isoformat())

"""
Evaluate rules over facts: pure, replayable, the same code for one record and for a thousand.

The engine never touches the database. Collectors (common.compliance.subjects) gather the facts in
sets; services store what comes out.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from common.compliance.findings import Assessment, Color, Finding, Override, Stage
from common.compliance.registry import Rule, RuleContext, instruments, rules_by_facts

logger = logging.getLogger(__name__)

Parameters = Mapping[str, Mapping[str, float]]


def evaluate(
    facts: Any,
    *,
    stage: Stage,
    at: datetime,
    parameters: Parameters | None = None,
    overrides: Sequence[Override] = (),
) -> Assessment:
    """
    Apply every rule in force to one record's facts.

    `parameters` maps rule code to the operator's own values; `overrides` are live recorded
    decisions. A rule that raises counts as red: an engine that cannot tell must not let a flight
    go.
    """
    granted = {override.rule: override for override in overrides}
    own = parameters or {}
    findings: list[Finding] = []
    for entry in rules_by_facts[type(facts)]:
        context = RuleContext(entry, stage, at, own.get(entry.code, {}))
        findings.extend(evaluate_rule(entry, facts, context, granted.get(entry.code)))
    return Assessment(findings=tuple(findings))


def evaluate_rule(
    entry: Rule, facts: Any, context: RuleContext, override: Override | None = None
) -> list[Finding]:
    """What one rule says of one record's facts; nothing when it is not in force that day."""
    if not _in_force(entry, facts, context.at):
        return []
    return [_overridden(found, override) for found in _ask(entry, facts, context)]


def rule_versions(facts_type: type) -> dict[str, int]:
    """The version of every rule that reads this kind of facts, as stored with a verdict."""
    return {entry.code: entry.version for entry in rules_by_facts[facts_type]}


def _subject_date(facts: Any, at: datetime) -> Any:
    """The date the question is about: the flight's day when the facts name one, else today."""
    return getattr(facts, "rule_date", None) or at.date()


def _in_force(entry: Rule, facts: Any, at: datetime) -> bool:
    on = _subject_date(facts, at)
    if entry.effective_from and on < entry.effective_from:
        return False
    return not (entry.effective_to and on > entry.effective_to)


def _ask(entry: Rule, facts: Any, context: RuleContext) -> list[Finding]:
    try:
        answer = entry.check(facts, context)
    except Exception:
        logger.exception("Rule %s failed", entry.code)
        answer = context.red("The rule could not be evaluated.", fix="Report this to the operator.")
    if answer is None:
        return []
    found = answer if isinstance(answer, list) else [answer]
    lapsed = _lapsed(entry, facts, context)
    return [_named(finding, entry) for finding in [*found, *lapsed]]


def _lapsed(entry: Rule, facts: Any, context: RuleContext) -> list[Finding]:
    basis = instruments.get(entry.instrument)
    if basis is None or basis.effective_to is None:
        return []
    if _subject_date(facts, context.at) <= basis.effective_to:
        return []
    return [
        context.amber(
            f"The rule rests on {basis.name}, which lapsed on {basis.effective_to}.",
            fix="Confirm the instrument now in force.",
        )
    ]


def _named(finding: Finding, entry: Rule) -> Finding:
    return msgspec.structs.replace(
        finding,
        rule=entry.code,
        title=entry.title,
        citation=entry.citation,
        confidence=entry.confidence,
        is_absolute=entry.is_absolute,
    )


def _overridden(finding: Finding, override: Override | None) -> Finding:
    if override is None or finding.color != Color.RED or finding.is_absolute:
        return finding
    return msgspec.structs.replace(
        finding,
        color=Color.AMBER,
        overridden_reason=f"{override.granted_by}: {override.reason}",
    )

"""What of a judged record only some may read: each kind of record says which of its facts."""

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from datetime import datetime
from typing import Any

import msgspec

from common.compliance.findings import Finding
from common.compliance.registry import rules
from common.compliance.subjects import Guard, subjects
from common.models import Verdict

WITHHELD = "withheld"
Holds = Callable[[str], bool]
Look = Callable[..., None]

_looks: dict[str, list[Look]] = {}


def shown_facts(subject_type: str, facts: Mapping[str, Any], holds: Holds) -> dict[str, Any]:
    """Stored facts as a reader may see them; nothing of a kind that nobody registers any more."""
    known = subjects.get(subject_type)
    if known is None:
        return dict.fromkeys(facts, WITHHELD)
    shown: Any = dict(facts)
    for guard in _closed(subject_type, holds):
        for path in guard.paths:
            shown = _without(shown, path.split("."))
    return dict(shown)


def shown_findings(subject_type: str, findings: Iterable[Any], holds: Holds) -> list[Any]:
    """
    Findings, typed or as stored, as a reader may see them.

    A rule that reads what is withheld may repeat it: of what it says only its color and its source
    are left. What a rule read that is no more cannot be told.
    """
    closed = _closed(subject_type, holds)
    inputs = {each for guard in closed for each in guard.inputs}
    return [_unsaid(each) if _tells(_code(each), inputs) else each for each in findings]


def look_at(verdict: Verdict, *, holds: Holds, actor: Any, at: datetime) -> Verdict:
    """
    A stored verdict as a reader may see it; where every look at its facts is on record, this one.

    In the transaction that makes the answer.
    """
    for look in _looks.get(verdict.subject_type, ()):
        look(verdict.facts, holds=holds, actor=actor, at=at)
    seen = copy(verdict)
    seen.facts = shown_facts(verdict.subject_type, verdict.facts, holds)
    seen.findings = shown_findings(verdict.subject_type, verdict.findings, holds)
    return seen


def writes_looks(*labels: str) -> Callable[[Look], Look]:
    """Register who writes down that somebody looks at the facts of some kinds of record."""

    def register(look: Look) -> Look:
        for label in labels:
            _looks.setdefault(label, []).append(look)
        return look

    return register


def _closed(subject_type: str, holds: Holds) -> list[Guard]:
    known = subjects.get(subject_type)
    guards = known.guards if known is not None else ()
    return [guard for guard in guards if not holds(guard.permission)]


def _without(value: Any, path: list[str]) -> Any:
    if not path:
        return dict.fromkeys(value, WITHHELD) if isinstance(value, dict) else WITHHELD
    step, *rest = path
    if step == "*" and isinstance(value, (list, tuple)):
        return [_without(each, rest) for each in value]
    if isinstance(value, dict) and step in value:
        return {**value, step: _without(value[step], rest)}
    return value


def _tells(code: str, inputs: set[str]) -> bool:
    entry = rules.get(code)
    return bool(inputs) if entry is None else bool(inputs & set(entry.inputs))


def _code(finding: Any) -> str:
    return str(finding.rule if isinstance(finding, Finding) else finding["rule"])


def _unsaid(finding: Any) -> Any:
    unsaid = {"message": WITHHELD, "value": None, "limit": None, "fix": ""}
    if isinstance(finding, Finding):
        return msgspec.structs.replace(finding, **unsaid)
    return {**finding, **{name: said for name, said in unsaid.items() if name in finding}}

"""
Which trials the rules forbid, asked rule by rule.

A rule that does not read the pilot answers alike for every pilot. What a rule reads is watched
while it answers, so each is asked only for the combinations that can make a difference, and the
answer holds for all others: a check is a pure function of what it reads.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

from common.compliance.engine import evaluate_rule
from common.compliance.findings import Color, Finding, Override, Stage
from common.compliance.registry import Rule, RuleContext, rules_by_facts
from flight_operations.facts.operation import OperationFacts
from flight_operations.facts.what_if import Trial, WhatIf

# Which part of a trial each fact comes from; every other fact is the operation's own.
PARTS: Mapping[str, frozenset[str]] = {
    "aircraft": frozenset({"aircraft"}),
    "pilot": frozenset({"pilot", "category", "day"}),
    "operator": frozenset({"day"}),
    "risks": frozenset({"day"}),
    "rule_date": frozenset({"day"}),
    "start_at": frozenset({"start"}),
    "end_at": frozenset({"start"}),
    "end_date": frozenset({"day"}),
    "daylight": frozenset({"start"}),
    "weather": frozenset({"start"}),
    "authorizations": frozenset({"start"}),
    "volumes": frozenset({"start"}),
}


@dataclass(frozen=True)
class Scope:
    """What is asked: who and what might do one operation, and when."""

    operation_id: int
    starts: tuple[datetime, ...]
    aircraft: tuple[int, ...]
    pilots: tuple[int, ...]


@dataclass(frozen=True)
class Asking:
    """As whom, when and with which of the operator's own values the rules are asked."""

    at: datetime
    stage: Stage = Stage.PLANNING
    parameters: Mapping[str, Mapping[str, float]] | None = None
    overrides: Sequence[Override] = ()
    # Rules that the caller looks after in another way.
    leaving_out: Collection[str] = ()
    # What nobody can know before the day itself.
    may_be_missing: Collection[str] = ()


@dataclass(frozen=True)
class Objection:
    """One red answer and for whom it holds; None means for every one that was asked about."""

    rule: str
    message: str
    fix: str
    starts: frozenset[datetime] | None
    aircraft: frozenset[int] | None
    pilots: frozenset[int] | None


class _Watched:
    """Facts that note which of them were read."""

    def __init__(self, facts: OperationFacts) -> None:
        self._facts = facts
        self.read: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.read.add(name)
        return getattr(self._facts, name)


def forbids(finding: Finding, may_be_missing: Collection[str]) -> bool:
    """Whether a finding would stop a release, other than what the day itself will bring."""
    if finding.is_missing_input:
        return finding.rule not in may_be_missing
    return finding.color == Color.RED


def objections(what_if: WhatIf, scope: Scope, asking: Asking) -> list[Objection]:
    """
    Every red answer to the trials of one operation, each with whom and when it concerns.

    No answer for a trial means that no rule forbids it.
    """
    if not (scope.starts and scope.aircraft and scope.pilots):
        return []
    space = _Space(what_if, scope)
    own, granted = asking.parameters or {}, {o.rule: o for o in asking.overrides}
    found = []
    for entry in rules_by_facts[OperationFacts]:
        if entry.code in asking.leaving_out:
            continue
        context = RuleContext(entry, asking.stage, asking.at, own.get(entry.code, {}))
        found += _objections_of(entry, context, granted.get(entry.code), space, asking)
    return found


def _objections_of(
    entry: Rule, context: RuleContext, override: Override | None, space: "_Space", asking: Asking
) -> list[Objection]:
    parts: frozenset[str] = frozenset()
    while True:
        found, read = [], set(parts)
        for trial in space.trials(parts):
            watched = _Watched(space.what_if.facts(trial))
            answers = evaluate_rule(entry, watched, context, override)
            found += [
                space.objection(finding, trial, parts)
                for finding in answers
                if forbids(finding, asking.may_be_missing)
            ]
            read.update(*(PARTS.get(name, ()) for name in watched.read))
        if read == parts:
            return found
        # It looked at more than was varied: asked again for all of that.
        parts = frozenset(read)


class _Space:
    """The trials of one operation, and which of them stand for which others."""

    def __init__(self, what_if: WhatIf, scope: Scope) -> None:
        self.what_if = what_if
        self.scope = scope
        zone = ZoneInfo(what_if.rows[scope.operation_id].timezone)
        lasts = what_if.duration(scope.operation_id)

        def days(start: datetime) -> tuple[date, date]:
            """On which days it would begin and end there."""
            return start.astimezone(zone).date(), (start + lasts).astimezone(zone).date()

        self._days = _grouped(scope.starts, days)
        day, _ = next(iter(self._days))
        self._categories = _grouped(scope.aircraft, lambda pk: what_if.category(pk, day))

    def trials(self, parts: frozenset[str]) -> Iterator[Trial]:
        """One trial for each combination of the parts that matter."""
        for start, aircraft, pilot in product(
            _choices(self.scope.starts, self._days, "start" in parts, "day" in parts),
            _choices(
                self.scope.aircraft, self._categories, "aircraft" in parts, "category" in parts
            ),
            self.scope.pilots if "pilot" in parts else self.scope.pilots[:1],
        ):
            yield Trial(self.scope.operation_id, aircraft, pilot, start)

    def objection(self, finding: Finding, trial: Trial, parts: frozenset[str]) -> Objection:
        """The answer to one trial as the answer to all that it stands for."""
        return Objection(
            rule=finding.rule,
            message=finding.message,
            fix=finding.fix,
            starts=_meant(trial.start_at, self._days, "start" in parts, "day" in parts),
            aircraft=_meant(
                trial.aircraft_id, self._categories, "aircraft" in parts, "category" in parts
            ),
            pilots=frozenset({trial.pilot_id}) if "pilot" in parts else None,
        )


def _grouped(values: Iterable[Any], key: Callable[[Any], Any]) -> dict[Any, list[Any]]:
    groups: dict[Any, list[Any]] = {}
    for value in values:
        groups.setdefault(key(value), []).append(value)
    return groups


def _choices(
    every: Sequence[Any], groups: Mapping[Any, Sequence[Any]], by_one: bool, by_group: bool
) -> Sequence[Any]:
    if by_one:
        return every
    return [members[0] for members in groups.values()] if by_group else every[:1]


def _meant(
    value: Any, groups: Mapping[Any, Sequence[Any]], by_one: bool, by_group: bool
) -> frozenset[Any] | None:
    if by_one:
        return frozenset({value})
    if by_group:
        return next(frozenset(members) for members in groups.values() if value in members)
    return None

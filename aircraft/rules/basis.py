"""How rules about a crewed aircraft are written, so that apps above can ask them too."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from aircraft.airworthiness import (
    NEAR_DAYS,
    NEAR_PERCENT,
    CrewedAircraftFacts,
    DueItem,
    TaskFacts,
    due_items,
    lax_field,
)
from common.compliance.findings import Finding
from common.compliance.registry import Check, Confidence, Parameter, RuleContext, rule

EXPIRY_NOTICE_DAYS = 30
DO_IT = "Do the work and record it with a release to service."
NEAR = {
    "near_percent": Parameter(NEAR_PERCENT, "higher", "% of the interval", "Left that is near"),
    "near_days": Parameter(NEAR_DAYS, "higher", "days", "Left that is near"),
}
DUE_INPUTS = ("tasks", "on", "time_in_service_min", "cycles", "planned_min", "planned_cycles")
EXPIRY = {
    "notice_days": Parameter(
        EXPIRY_NOTICE_DAYS, "higher", "days", "Days before expiry that are amber"
    )
}


@dataclass(frozen=True)
class CrewedAircraftRule:
    """
    One rule about a crewed aircraft, with its words.

    An app above that judges a trip can register the same check over the facts nested in its own,
    under its own code; `absolute` says why nobody may override it.
    """

    code: str
    title: str
    citation: str
    confidence: Confidence
    inputs: tuple[str, ...]
    check: Check
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    absolute: str = ""


CREWED_AIRCRAFT_RULES: dict[str, CrewedAircraftRule] = {}


def crewed_rule(code: str, **words: Any) -> Callable[[Check], Check]:
    """Register a check over CrewedAircraftFacts; `absolute` says why nobody may override it."""

    def register(check: Check) -> Check:
        entry = CrewedAircraftRule(code=code, check=check, **words)
        CREWED_AIRCRAFT_RULES[code] = entry
        return rule(
            code,
            title=entry.title,
            citation=entry.citation,
            confidence=entry.confidence,
            facts=CrewedAircraftFacts,
            inputs=entry.inputs,
            parameters=entry.parameters,
            is_absolute=bool(entry.absolute),
        )(check)

    return register


def items_of(aircraft: CrewedAircraftFacts, context: RuleContext, *kinds: str) -> list[DueItem]:
    """Every limit of the tasks of some kinds, after the planned flying."""
    return due_items(
        [task for task in aircraft.tasks if task.kind in kinds],
        on=aircraft.on,
        time_min=aircraft.time_in_service_min + aircraft.planned_min,
        cycles=aircraft.cycles + aircraft.planned_cycles,
        near_percent=context["near_percent"],
        near_days=context["near_days"],
    )


def check_due(
    aircraft: CrewedAircraftFacts, context: RuleContext, what: str, *kinds: str
) -> list[Finding] | Finding:
    """Red for each limit passed, amber for each near one, green when all are far."""
    found = [judged(item, context) for item in items_of(aircraft, context, *kinds)]
    wanted = [finding for finding in found if finding is not None]
    return wanted or context.green(f"{what} of {aircraft.tail_number} is not near.")


def check_required(
    aircraft: CrewedAircraftFacts, context: RuleContext, what: str, kind: str, *, due: str = ""
) -> list[Finding] | Finding:
    """
    The same for work that must be on file at all; without it the answer is not known.

    With `due` (next_due_on, next_due_min) one task must be due by that, as often as the law asks.
    """
    own = [task for task in aircraft.tasks if task.kind == kind]
    if not own:
        return context.missing(
            f"When the {what[:1].lower()}{what[1:]} of {aircraft.tail_number} was done",
            fix="Put the task on file with its last date.",
        )
    found = check_due(aircraft, context, what, kind)
    if not due or any(is_lawful(task, due) for task in own):
        return found
    rest = found if isinstance(found, list) else []
    return [too_rare(aircraft, context, what), *rest]


def is_lawful(task: TaskFacts, due: str) -> bool:
    """Whether a task is due by what the law counts, and no more rarely than it allows."""
    return getattr(task, due) is not None and lax_field(task) is None


def too_rare(aircraft: CrewedAircraftFacts, context: RuleContext, what: str) -> Finding:
    """Red: the work is planned, and not as often as the law asks."""
    return context.red(
        f"{what} of {aircraft.tail_number} is planned more rarely than the law allows.",
        fix="Set its interval and tolerance to what the law allows.",
    )


def passed(item: DueItem, context: RuleContext) -> Finding:
    """Red: the limit is passed."""
    return context.red(
        f"{item.title} would be {-item.remaining} {item.unit} past due ({item.due}).",
        value=item.remaining,
        limit=0,
        fix=DO_IT,
    )


def near(item: DueItem, context: RuleContext) -> Finding:
    """Amber: the limit is near."""
    return context.amber(
        f"{item.title} is due in {item.remaining} {item.unit} ({item.due}).",
        value=item.remaining,
        limit=item.interval,
        fix=DO_IT,
    )


def judged(item: DueItem, context: RuleContext) -> Finding | None:
    """Red when passed, amber when near, nothing when far."""
    if item.is_exceeded:
        return passed(item, context)
    return near(item, context) if item.is_near else None


def check_paper(
    context: RuleContext, what: str, expires_on: date | None, on: date, *, fix: str
) -> Finding:
    """
    A dated paper is valid through the end of its day; amber for its last 30 days (C-EXPIRY).

    Without a date it counts as not held.
    """
    if expires_on is None:
        return context.red(f"{what} is not on file.", fix=fix)
    left = (expires_on - on).days
    shown = {"value": expires_on.isoformat(), "limit": on.isoformat(), "fix": fix}
    if left < 0:
        return context.red(f"{what} expired on {expires_on}.", **shown)
    if left <= context["notice_days"]:
        return context.amber(f"{what} expires on {expires_on}, in {left} days.", **shown)
    return context.green(f"{what} is valid until {expires_on}.", value=expires_on.isoformat())


def in_short(text: str, *, longest: int = 80) -> str:
    """What somebody wrote, to stand inside a sentence of ours: short, without a stop of its own."""
    return text[:longest].rstrip(" .")

"""
What will a record's verdict say on a later day, if nobody does anything until then? Values only.

The stored facts are judged again by the same rules, as of the later day: papers run out, work falls
due by date, deferrals end. What is done every day is taken as done on that day, too.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from common.compliance.engine import evaluate
from common.compliance.findings import SEVERITY, Color, Finding, Override, Stage
from common.compliance.service import findings_of
from common.compliance.subjects import subjects
from common.models import Verdict


class Turned(msgspec.Struct, frozen=True):
    """The worse color a record will have, and what brings it about."""

    color: Color
    findings: Sequence[Finding]


def has_days(subject_type: str) -> bool:
    """Whether a kind of record is judged by the day, so that a later day can be asked about."""
    entry = subjects.get(subject_type)
    return entry is not None and "on" in getattr(entry.facts, "__struct_fields__", ())


def turned(verdict: Verdict, *, now: datetime, days: int) -> Turned | None:
    """What a verdict turns to within some days; None where it gets no worse, or cannot be asked."""
    try:
        facts: Any = msgspec.convert(verdict.facts, subjects[verdict.subject_type].facts)
        overrides = msgspec.convert(verdict.overrides, tuple[Override, ...])
    except (KeyError, msgspec.ValidationError):
        return None
    later = evaluate(
        _on_a_later_day(facts, _days_since(verdict, now) + days),
        stage=Stage(verdict.stage),
        at=now + timedelta(days=days),
        parameters=verdict.parameters,
        overrides=overrides,
    )
    if SEVERITY[later.color] <= SEVERITY[Color(verdict.color)]:
        return None
    known = {(f.rule, f.color) for f in findings_of(verdict)}
    new = [f for f in later.findings if f.color != Color.GREEN and (f.rule, f.color) not in known]
    return Turned(later.color, new)


def _days_since(verdict: Verdict, now: datetime) -> int:
    """How many days of the record's own zone have begun since its verdict's day ended."""
    midnight = verdict.next_change_at
    return 0 if midnight is None or now < midnight else (now - midnight).days + 1


def _on_a_later_day(facts: Any, days: int) -> Any:
    on = facts.on + timedelta(days=days)
    defects = tuple(
        msgspec.structs.replace(each, last_checked_on=on)
        if getattr(each, "last_checked_on", None) == facts.on
        else each
        for each in getattr(facts, "defects", ())
    )
    changes: dict[str, Any] = {"on": on}
    if defects:
        changes["defects"] = defects
    return msgspec.structs.replace(facts, **changes)

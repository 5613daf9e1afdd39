"""Reading the cached verdict of a record for its page: one statement."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.urls import reverse

from common.compliance.findings import Color, Finding
from common.compliance.service import findings_of
from common.compliance.withheld import shown_findings
from common.desk.standing import Judgment, Problem, Stale, problem_of, worst_first
from common.desk.wording import age, clock
from common.models import ComplianceState

BY_TIME = "time alone: something it rests on was due to change"


def judgment_of(subject_type: str, subject_id: int, reader: Any, *, now: datetime) -> Judgment:
    """A record's last verdict, as a reader may see it, and since when it is too old; 1 query."""
    state = (
        ComplianceState.objects.filter(subject_type=subject_type, subject_id=subject_id)
        .select_related("verdict")
        .defer("dependencies", "verdict__facts", "verdict__parameters", "verdict__rule_versions")
        .defer("verdict__dependencies", "verdict__overrides")
        .first()
    )
    if state is None:
        return Judgment(color=None)
    since, because = None, ""
    if state.is_stale:
        since, because = state.stale_since or state.assessed_at, state.stale_because
    elif state.next_change_at is not None and state.next_change_at <= now:
        since, because = state.next_change_at, BY_TIME
    said = shown_findings(subject_type, findings_of(state.verdict), reader.has_perm)
    findings = tuple(f for f in said if f.color != Color.GREEN)
    return Judgment(
        color=Color(state.color),
        assessed_at=state.assessed_at,
        stale_since=since,
        stale_because=because,
        findings=findings,
        verdict_id=state.verdict_id,
    )


def stale_of(judgment: Judgment, *, zone: str, now: datetime) -> Stale | None:
    """Since when an answer is out of date, in words; None while it counts."""
    if judgment.stale_since is None:
        return None
    since = f"{clock(judgment.stale_since, zone)}, {age(judgment.stale_since, now)}"
    return Stale(since=since, because=judgment.stale_because or "an input changed")


def problems_of(
    judgment: Judgment, link: Callable[[Finding], str] = lambda finding: ""
) -> tuple[Problem, ...]:
    """The findings of a verdict, worst first, each with where to put it right."""
    return worst_first(problem_of(finding, link(finding)) for finding in judgment.findings)


def judged_at(judgment: Judgment, *, zone: str, now: datetime) -> str:
    """When the rules were asked last."""
    if judgment.assessed_at is None:
        return "The rules have not been asked yet."
    return f"Judged {clock(judgment.assessed_at, zone)}, {age(judgment.assessed_at, now)}."


def verdict_page(judgment: Judgment, user: object) -> str:
    """The page of the verdict with all its findings, where the reader may open it."""
    holds = getattr(user, "has_perm", None)
    if judgment.verdict_id is None or holds is None or not holds("common.view_verdict"):
        return ""
    return reverse("admin:common_verdict_change", args=[judgment.verdict_id])


def counted(judgment: Judgment) -> str:
    """`2 red, 1 amber`, or `nothing red or amber`."""
    parts = []
    for color in (Color.RED, Color.AMBER):
        number = sum(1 for each in judgment.findings if each.color == color)
        if number:
            parts.append(f"{number} {color}")
    return ", ".join(parts) or "nothing red or amber"


def before_flight(judgment: Judgment, *, status: str, is_released: bool, missing: str) -> str:
    """
    Whether work that is still to be flown can fly, in one line.

    `missing` is what it cannot fly before, where the rules do not stand in its way.
    """
    count = counted(judgment)
    if judgment.color is None:
        return f"{status}: cannot be said whether it can fly, nobody has judged it"
    if judgment.color == Color.RED:
        return f"{status}: cannot fly, {count}"
    if judgment.is_stale:
        return f"{status}: to be judged again before it can be said whether it can fly"
    if is_released:
        return f"Released: can fly, {count}"
    return f"{status}: cannot fly before it is {missing}, {count}"

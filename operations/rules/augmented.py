"""Crews of three and four pilots, some of whom rest on board (14 CFR 135.269)."""

from datetime import timedelta

from common.compliance.findings import Finding, Stage
from common.compliance.registry import Parameter, RuleContext
from operations.facts.clock import most_in_window
from operations.facts.people import CrewMemberFacts
from operations.facts.trip import TripFacts
from operations.rules.crew_basis import (
    OTHER,
    Answer,
    crew_rule,
    each,
    flown_spans,
    hours,
    other_spans,
    pilots,
)
from operations.rules.flight_time import LARGE_CREW, crew_size
from operations.rules.rest import rest_around

OVER = timedelta(minutes=60)


@crew_rule(
    "FAR-135.269",
    title="Three or four pilots",
    citation="14 CFR 135.269",
    confidence="found",
    parameters={
        "duty_3_h": Parameter(18, "lower", "h", "Duty with three pilots"),
        "duty_4_h": Parameter(20, "lower", "h", "Duty with four pilots"),
        "aloft_3_h": Parameter(12, "lower", "h", "Aloft in 24 hours with three pilots"),
        "aloft_4_h": Parameter(16, "lower", "h", "Aloft in 24 hours with four pilots"),
        "rest_before_h": Parameter(10, "higher", "h", "Rest before the duty"),
        "rest_after_h": Parameter(12, "higher", "h", "Rest after the duty"),
        "rest_after_over_h": Parameter(16, "higher", "h", "Rest after more than 60 minutes over"),
    },
)
def large_crew(facts: TripFacts, context: RuleContext) -> Answer:
    """
    With three pilots duty is at most 18 hours and 12 aloft in 24, with four 20 and 16.

    Rest is 10 hours before and 12 after, 16 when the time aloft was exceeded by more than 60
    minutes; it stands for that of 135.267(d). Amber at best: that nobody is at the controls for
    more than 8 hours in 24, and that there is a bunk, is acknowledged by whoever releases it. Once
    in the air an overrun is amber (135.263(d)).
    """

    def ask(member: CrewMemberFacts) -> Answer:
        size = crew_size(facts, context, member)
        if size < LARGE_CREW:
            return None
        return _of_crew(facts, context, member, size)

    return each(pilots(facts), ask)


def _of_crew(
    facts: TripFacts, context: RuleContext, member: CrewMemberFacts, size: int
) -> list[Finding]:
    number = "4" if size > LARGE_CREW else "3"
    aloft_min = most_in_window(flown_spans(facts, member), other_spans(member))
    most_h = context[f"aloft_{number}_h"]
    is_over = timedelta(minutes=aloft_min) - timedelta(hours=most_h) > OVER
    before, after = rest_around(facts, member)
    found = _beyond(
        context,
        member,
        ("duty", _h(member.end_at - member.report_at), context[f"duty_{number}_h"]),
        ("aloft in 24 hours", hours(aloft_min), most_h),
    )
    found += _short(
        context,
        member,
        ("rest before", _h(before), context["rest_before_h"]),
        ("rest after", _h(after), context["rest_after_over_h" if is_over else "rest_after_h"]),
    )
    if found:
        return found
    text = f"{member.name} flies in a crew of {size}."
    fix = "Acknowledge at most 8 h each at the controls in 24, and a bunk on board."
    return [context.amber(text, value=hours(aloft_min), limit=most_h, fix=fix)]


def _beyond(
    context: RuleContext, member: CrewMemberFacts, *asked: tuple[str, float, float]
) -> list[Finding]:
    paint = context.amber if context.stage == Stage.INFLIGHT else context.red
    return [
        paint(
            f"{member.name}: {what} {value:g} h; the limit is {limit:g} h.",
            value=value,
            limit=limit,
            fix=OTHER,
        )
        for what, value, limit in asked
        if value > limit
    ]


def _short(
    context: RuleContext, member: CrewMemberFacts, *asked: tuple[str, float, float]
) -> list[Finding]:
    return [
        context.red(
            f"{member.name}: {what} {value:g} h; at least {limit:g} h are needed.",
            value=value,
            limit=limit,
            fix=OTHER,
        )
        for what, value, limit in asked
        if value < limit
    ]


def _h(span: timedelta) -> float:
    return hours(span.total_seconds() / 60)

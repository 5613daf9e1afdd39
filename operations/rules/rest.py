"""
Rest of pilots and attendants (14 CFR 135.263-273): time without duty of any kind.

Duty is what is booked or declared: trips, drone operations, flights for others. Positioning that
the operator asks for is part of a duty. Windows are exact; quarters are by UTC.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from common.compliance.findings import Finding, Stage
from common.compliance.registry import Parameter, RuleContext
from operations.facts.clock import (
    DAY,
    Quarter,
    Span,
    busy,
    longest_rest,
    most_in_window,
)
from operations.facts.people import CrewMemberFacts, FlightFacts
from operations.facts.trip import TripFacts
from operations.rules.crew_basis import (
    NEAR_REST,
    OTHER,
    Answer,
    all_duties,
    clock,
    crew_rule,
    each,
    flown_spans,
    hours,
    is_under_271,
    other_spans,
    own_duties,
    people,
    pilots,
    sectors_of,
    undeclared,
    utc_day,
)
from operations.rules.flight_time import LARGE_CREW, crew_size

REST = {"min_rest_h": Parameter(10, "higher", "h", "Consecutive rest in the 24 hours")}
# Of 24 hours, by how many pilots flew (135.267(b), 135.269).
DAY_LIMITS_MIN = {0: 480, 1: 480, 2: 600, 3: 720}
LARGEST_MIN = 960
FLOWN = "flight time in 24 hours"


def rested(context: RuleContext, words: str, rest: timedelta, least_h: float) -> Finding:
    """Red when short, amber with under an hour to spare, else green (C-NEAR)."""
    least = timedelta(hours=least_h)
    minutes = rest.total_seconds() / 60
    text = f"{words} {clock(rest)}; at least {clock(least)} is needed."
    if rest < least:
        return context.red(text, value=hours(minutes), limit=least_h, fix=OTHER)
    if rest - least < NEAR_REST:
        fix = "Acknowledge; do not start earlier or end later."
        return context.amber(text, value=hours(minutes), limit=least_h, fix=fix)
    return context.green(text, value=hours(minutes), limit=least_h)


@crew_rule(
    "FAR-135.263-REST",
    title="Nothing is asked in required rest",
    citation="14 CFR 135.263(b)-(d)",
    confidence="found",
    inputs=("crew", "flying"),
    parameters=REST,
)
def rest_is_rest(facts: TripFacts, context: RuleContext) -> Answer:
    """
    No pilot has two duties at once, and no trip takes the rest another trip after it needs.

    What keeps a pilot elsewhere must be declared from a day before the duty, else it is not known.
    """

    def ask(member: CrewMemberFacts) -> Answer:
        both = [
            duty
            for duty in member.duties
            if duty.start_at < member.end_at and member.report_at < duty.end_at
        ]
        if both:
            text = f"{member.name} has another duty from {both[0].start_at:%Y-%m-%d %H:%M} UTC."
            return context.red(text, value=both[0].source, fix=OTHER)
        spoiled = _spoiled(facts, context, member)
        if spoiled is not None:
            return spoiled
        first = utc_day(member.report_at - DAY)
        gap = undeclared(context, member, first, utc_day(member.end_at))
        return gap or context.green(f"{member.name} has no duty in required rest.")

    return each(pilots(facts), ask)


def _spoiled(facts: TripFacts, context: RuleContext, member: CrewMemberFacts) -> Finding | None:
    """Red when a later trip keeps too little rest because of this one."""
    least = timedelta(hours=context["min_rest_h"])
    duties = all_duties(facts, member)
    for duty in member.duties:
        if duty.source != "trip" or duty.start_at < member.end_at:
            continue
        rest = longest_rest(duties, duty.end_at - DAY, duty.end_at)
        if rest < least:
            text = f"{member.name} keeps {clock(rest)} before the end of the next trip"
            return context.red(
                f"{text}; at least {clock(least)} is needed.",
                value=hours(rest.total_seconds() / 60),
                limit=context["min_rest_h"],
                fix=OTHER,
            )
    return None


@crew_rule(
    "FAR-135.267-10R",
    title="Rest in the 24 hours before the end",
    citation="14 CFR 135.267(d)",
    confidence="found",
    inputs=("crew", "flying"),
    parameters=REST,
)
def ten_hours(facts: TripFacts, context: RuleContext) -> Answer:
    """
    At least 10 consecutive hours of rest in the 24 hours before the planned end of the assignment.

    Amber with under an hour to spare. Once in the air a shortage is amber (135.263(d)). Crews of
    three and four have the rests of 135.269.
    """

    def ask(member: CrewMemberFacts) -> Answer:
        is_large = crew_size(facts, context, member) >= LARGE_CREW
        if is_large or is_under_271(facts, member):
            return None
        rest = longest_rest(all_duties(facts, member), member.end_at - DAY, member.end_at)
        words = f"{member.name} rests in the 24 hours before the end"
        finding = rested(context, words, rest, context["min_rest_h"])
        if finding.value < finding.limit and context.stage == Stage.INFLIGHT:
            shown = {"value": finding.value, "limit": finding.limit}
            return context.amber(finding.message, fix="Planned with enough rest.", **shown)
        return finding

    return each(pilots(facts), ask)


@crew_rule(
    "FAR-135.267-OVER",
    title="Rest after an overrun",
    citation="14 CFR 135.267(e)(1)-(3)",
    confidence="found",
    parameters={
        "after_30_h": Parameter(11, "higher", "h", "Rest after an overrun up to 30 minutes"),
        "after_60_h": Parameter(12, "higher", "h", "Rest after 30 to 60 minutes"),
        "after_more_h": Parameter(16, "higher", "h", "Rest after more than 60 minutes"),
    },
)
def overrun(facts: TripFacts, context: RuleContext) -> Answer:
    """
    Who exceeded the flight time of a day rests 11 hours before the next assignment.

    12 hours when it was by more than 30 minutes, 16 when by more than 60. Counted from the duty
    before this one, of this trip or not; the limit it had is 8 hours, 10 when two pilots flew every
    leg of it, 12 with three and 16 with four.
    """

    def ask(member: CrewMemberFacts) -> Finding:
        flown = _flown_before(facts, context, member)
        previous = busy(_duties_before(facts, member, flown))
        over = _over(flown, previous[-1]) if previous else 0.0
        if over <= 0:
            return context.green(f"{member.name} did not exceed the day before.", value=0)
        name = "after_30_h" if over <= 30 else "after_60_h" if over <= 60 else "after_more_h"
        rest = member.report_at - previous[-1].end_at
        words = f"{member.name} was {over:g} minutes over and rests"
        return rested(context, words, rest, context[name])

    return each(pilots(facts), ask)


def _flown_before(
    facts: TripFacts, context: RuleContext, member: CrewMemberFacts
) -> list[FlightFacts]:
    """What the person flew before a duty, and what this trip has them fly before it."""
    size = crew_size(facts, context, member)
    of_trip = [
        FlightFacts(start_at=s.start_at, end_at=s.end_at, minutes=s.minutes, pilots=size)
        for s in sectors_of(facts, member)
    ]
    flights = [*of_trip, *(f for f in member.flights if f.is_flown)]
    return [f for f in flights if f.end_at <= member.report_at]


def _duties_before(
    facts: TripFacts, member: CrewMemberFacts, flown: Sequence[FlightFacts]
) -> list[Span]:
    flights = [Span(f.start_at, f.end_at) for f in flown]
    return [s for s in all_duties(facts, member) + flights if s.end_at <= member.report_at]


def _over(flown: Sequence[FlightFacts], duty: Span) -> float:
    """Minutes by which the flights of a duty exceeded 24 hours' limit."""
    own = [f for f in flown if f.start_at < duty.end_at and duty.start_at < f.end_at]
    if not own:
        return 0.0
    limit = DAY_LIMITS_MIN.get(min(f.pilots for f in own), LARGEST_MIN)
    inside = [Span(f.start_at, f.end_at, f.minutes) for f in own]
    outside = [Span(f.start_at, f.end_at, f.minutes) for f in flown if f not in own]
    return most_in_window(inside, outside) - limit


@crew_rule(
    "FAR-135.267-13",
    title="Days off in a calendar quarter",
    citation="14 CFR 135.267(f)",
    confidence="found",
    parameters={"min_rests": Parameter(13, "higher", "rests", "Of 24 hours in a quarter")},
)
def days_off(facts: TripFacts, context: RuleContext) -> Answer:
    """
    At least 13 rests of 24 consecutive hours in a calendar quarter (UTC).

    What is not yet planned counts as free, and two free days in a row are two rests. Fewer are
    amber while the quarter has a day left after the duty, red at its end.
    """

    def ask(member: CrewMemberFacts) -> Answer:
        if not member.rests:
            return context.missing(f"How often {member.name} rests in the quarter")
        return [
            _counted(context, member, Quarter(rests.year, rests.quarter), rests.count)
            for rests in member.rests
        ]

    return each(people(pilots(facts)), ask)


def _counted(
    context: RuleContext, member: CrewMemberFacts, quarter: Quarter, count: int
) -> Finding:
    least = context["min_rests"]
    text = f"{member.name} has {count} days off in {quarter}; at least {least:g} are needed."
    shown = {"value": count, "limit": least}
    if count >= least:
        return context.green(text, **shown)
    is_over = max(context.at, member.end_at) > quarter.end_at - DAY
    paint = context.red if is_over else context.amber
    return paint(text, fix="Take duties off the roster.", **shown)


@crew_rule(
    "FAR-135.271-HEMES",
    title="Hospital-based helicopter assignment",
    citation="14 CFR 135.271",
    confidence="known-high",
    inputs=("crew", "flying"),
    parameters={
        "one_pilot_h": Parameter(8, "lower", "h", "Flight time in 24 hours, one pilot"),
        "two_pilots_h": Parameter(10, "lower", "h", "Flight time in 24 hours, two pilots"),
        "rest_before_h": Parameter(10, "higher", "h", "Rest before the assignment"),
        "rest_within_h": Parameter(8, "higher", "h", "Rest in every 24 hours of it"),
        "assignment_h": Parameter(72, "lower", "h", "Length of an assignment"),
        "rest_after_h": Parameter(12, "higher", "h", "Rest after up to 48 hours"),
        "rest_after_long_h": Parameter(16, "higher", "h", "Rest after more than 48 hours"),
    },
)
def hospital_based(facts: TripFacts, context: RuleContext) -> Answer:
    """
    A helicopter crew at a hospital: 10 hours of rest before, 8 in every 24, at most 72 hours.

    Flight time is at most 8 hours in 24 with one pilot, 10 with two; rest after it 12 hours, 16
    after more than 48. Rest inside the assignment is the time between flights. A place to rest and
    no other duties are the operator's word. Quarter and year are those of 135.267. More flight time
    is amber once in the air: an evacuation is finished.
    """
    return each(
        [m for m in pilots(facts) if is_under_271(facts, m)],
        lambda member: _hospital(facts, context, member),
    )


def _hospital(facts: TripFacts, context: RuleContext, member: CrewMemberFacts) -> list[Finding]:
    flights = flown_spans(facts, member)
    pair = {m.role for m in pilots(facts)} >= {"pic", "sic"}
    most_h = context["two_pilots_h" if pair else "one_pilot_h"]
    flown = most_in_window(flights, other_spans(member))
    length = member.end_at - member.report_at
    within = _least_rest(flights, member.report_at, member.end_at)
    after_h = context["rest_after_h" if length <= 2 * DAY else "rest_after_long_h"]
    before, after = rest_around(facts, member)
    asked = [
        (flown > most_h * 60, FLOWN, hours(flown), most_h),
        _beyond("assignment", length, context["assignment_h"]),
        _short("rest before", before, context["rest_before_h"]),
        _short("rest in 24 hours", within, context["rest_within_h"]),
        _short("rest after", after, after_h),
    ]
    broken = [
        (context.amber if context.stage == Stage.INFLIGHT and what == FLOWN else context.red)(
            f"{member.name} at the hospital: {what} {value:g} h; the limit is {limit:g} h.",
            value=value,
            limit=limit,
            fix=OTHER,
        )
        for is_broken, what, value, limit in asked
        if is_broken
    ]
    return broken or [context.green(f"{member.name} keeps the limits of the hospital assignment.")]


def _beyond(what: str, span: timedelta, most_h: float) -> tuple[bool, str, float, float]:
    return span > timedelta(hours=most_h), what, _h(span), most_h


def _short(what: str, span: timedelta, least_h: float) -> tuple[bool, str, float, float]:
    return span < timedelta(hours=least_h), what, _h(span), least_h


def _h(span: timedelta) -> float:
    return hours(span.total_seconds() / 60)


def rest_around(facts: TripFacts, member: CrewMemberFacts) -> tuple[timedelta, timedelta]:
    """Rest before and after a duty, as far as duties are known: a week before, three days after."""
    others = [Span(d.start_at, d.end_at) for d in member.duties]
    others += [s for s in own_duties(facts, member) if s.start_at != member.report_at]
    before = [member.report_at - s.end_at for s in others if s.end_at <= member.report_at]
    after = [s.start_at - member.end_at for s in others if s.start_at >= member.end_at]
    return min(before, default=7 * DAY), min(after, default=3 * DAY)


def _least_rest(flights: Sequence[Span], start: datetime, end: datetime) -> timedelta:
    """The shortest of the longest rests over every 24 hours inside an assignment."""
    if end - start <= DAY:
        return longest_rest(flights, start, end) if flights else end - start
    edges = {start, end - DAY}
    for span in flights:
        edges |= {span.start_at, span.end_at, span.start_at - DAY, span.end_at - DAY}
    windows = [edge for edge in edges if start <= edge <= end - DAY]
    return min(longest_rest(flights, edge, edge + DAY) for edge in windows)


@crew_rule(
    "FAR-135.273-FA",
    title="Duty of cabin attendants",
    citation="14 CFR 135.273",
    confidence="known-high",
    parameters={
        "max_duty_h": Parameter(14, "lower", "h", "Duty"),
        "min_rest_h": Parameter(9, "higher", "h", "Rest before it"),
    },
)
def attendants(facts: TripFacts, context: RuleContext) -> Answer:
    """
    An attendant's duty is at most 14 hours after a rest of 9, with 24 hours off in seven days.

    Amber when not. Medical crew are no attendants unless assigned as such.
    """

    def ask(member: CrewMemberFacts) -> Finding:
        before, _ = rest_around(facts, member)
        length = member.end_at - member.report_at
        free = longest_rest(all_duties(facts, member), member.end_at - 7 * DAY, member.end_at)
        faults = []
        if length > timedelta(hours=context["max_duty_h"]):
            faults.append(f"duty of {clock(length)}, at most {context['max_duty_h']:g} h")
        if before < timedelta(hours=context["min_rest_h"]):
            faults.append(f"rest of {clock(before)}, at least {context['min_rest_h']:g} h")
        if free < DAY:
            faults.append("no 24 hours off in seven days")
        shown = {"value": _h(length), "limit": context["max_duty_h"]}
        if faults:
            return context.amber(f"{member.name}: {'; '.join(faults)}.", fix=OTHER, **shown)
        return context.green(f"{member.name} keeps duty and rest of an attendant.", **shown)

    return each([m for m in facts.crew if m.role == "attendant"], ask)

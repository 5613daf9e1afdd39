"""
How much a pilot may fly (14 CFR 135.265-269). Quarters, years and windows of 24 hours are by UTC.

Flight time is from blocks to blocks (14 CFR 1.1) and counts all commercial flying, whoever it is
for: logged, declared, on other trips still to be flown, and the trip that is judged. A flight over
the edge of a period counts in proportion.
"""

from collections.abc import Iterator, Sequence

from common.compliance.findings import Finding, Stage
from common.compliance.registry import Parameter, RuleContext
from operations.facts.clock import DAY, Quarter, Span, most_in_window, quarters_between
from operations.facts.people import CrewMemberFacts
from operations.facts.trip import TripFacts
from operations.rules.crew_basis import (
    NEAR,
    OTHER,
    SEATS,
    Answer,
    crew_rule,
    each,
    flown_spans,
    hours,
    is_under_271,
    other_spans,
    people,
    pilots,
    pilots_on,
    sectors_of,
    undeclared,
    utc_day,
    wants_second,
)
from operations.rules.qualified import is_qualified_second

OVERRUN = "Within the limit when it left (135.263(d)): the longer rest of 135.267(e) follows."
LARGE_CREW = 3


def limit(value: float, what: str) -> dict[str, Parameter]:
    """The parameters of a limit in hours."""
    return {"max_h": Parameter(value, "lower", "h", what), **NEAR}


def against(context: RuleContext, words: str, minutes: float, limit_h: float) -> Finding:
    """Green to 90 % of a limit, amber up to and including it, red above (C-NEAR, C-BOUND)."""
    spent = hours(minutes)
    text = f"{words} {spent:.2f} h; the limit is {limit_h:g} h."
    if minutes > limit_h * 60:
        return context.red(text, value=spent, limit=limit_h, fix=OTHER)
    if minutes > limit_h * 60 * context["near_percent"] / 100:
        fix = "Acknowledge; keep an eye on the hours."
        return context.amber(text, value=spent, limit=limit_h, fix=fix)
    return context.green(text, value=spent, limit=limit_h)


def _touched(spans: Sequence[Span]) -> list[Quarter]:
    if not spans:
        return []
    found = quarters_between(
        min(span.start_at for span in spans), max(span.end_at for span in spans)
    )
    return [q for q in found if any(s.minutes_within(q.start_at, q.end_at) > 0 for s in spans)]


def _total(
    member: CrewMemberFacts, spans: Sequence[Span], period: Sequence[Quarter]
) -> float | None:
    """Minutes of a period with the trip; None when a quarter of it is not known."""
    known = {(q.year, q.quarter): q.minutes for q in member.quarters}
    if any((q.year, q.number) not in known for q in period):
        return None
    own = sum(span.minutes_within(q.start_at, q.end_at) for q in period for span in spans)
    return round(sum(known[q.year, q.number] for q in period) + own, 6)


def _judge(
    context: RuleContext,
    member: CrewMemberFacts,
    spans: Sequence[Span],
    name: str,
    period: Sequence[Quarter],
) -> Iterator[Finding]:
    """One period of one pilot: too much is red whatever else is not known."""
    total = _total(member, spans, period)
    if total is None:
        yield context.missing(f"What {member.name} flew in {name}")
        return
    words = f"Commercial flying of {member.name} in {name} with this trip:"
    finding = against(context, words, total, context["max_h"])
    yield finding
    if total <= context["max_h"] * 60:
        last = utc_day(max(span.end_at for span in spans))
        shown = {"value": finding.value, "limit": finding.limit}
        gap = undeclared(context, member, period[0].first_on, last, **shown)
        if gap is not None:
            yield gap


@crew_rule(
    "FAR-135.267-QTR",
    title="Flight time in a calendar quarter",
    citation="14 CFR 135.267(a)(1)",
    confidence="found",
    parameters=limit(500, "Commercial flying in a calendar quarter"),
)
def quarter(facts: TripFacts, context: RuleContext) -> Answer:
    """
    All commercial flying of a pilot with this trip is at most 500 hours in a calendar quarter.

    Quarters by UTC. Flying elsewhere must be declared from the first day of the quarter.
    """

    def ask(member: CrewMemberFacts) -> list[Finding]:
        spans = flown_spans(facts, member)
        return [f for q in _touched(spans) for f in _judge(context, member, spans, str(q), [q])]

    return each(people(pilots(facts)), ask)


@crew_rule(
    "FAR-135.267-2QTR",
    title="Flight time in two calendar quarters",
    citation="14 CFR 135.267(a)(2)",
    confidence="found",
    parameters=limit(800, "Commercial flying in two consecutive calendar quarters"),
)
def two_quarters(facts: TripFacts, context: RuleContext) -> Answer:
    """
    All commercial flying is at most 800 hours in any two consecutive calendar quarters.

    Quarters by UTC: each that the trip touches, with the one before and with the one after it.
    """

    def ask(member: CrewMemberFacts) -> list[Finding]:
        spans = flown_spans(facts, member)
        firsts = sorted({first for q in _touched(spans) for first in (q.later(-1), q)})
        pairs = [(first, first.later(1)) for first in firsts]
        return [
            finding
            for pair in pairs
            for finding in _judge(context, member, spans, f"{pair[0]} and {pair[1]}", pair)
        ]

    return each(people(pilots(facts)), ask)


@crew_rule(
    "FAR-135.267-YEAR",
    title="Flight time in a calendar year",
    citation="14 CFR 135.267(a)(3)",
    confidence="found",
    parameters=limit(1400, "Commercial flying in a calendar year"),
)
def year(facts: TripFacts, context: RuleContext) -> Answer:
    """All commercial flying is at most 1,400 hours in a calendar year (UTC)."""

    def ask(member: CrewMemberFacts) -> list[Finding]:
        spans = flown_spans(facts, member)
        return [
            finding
            for number in sorted({q.year for q in _touched(spans)})
            for finding in _judge(
                context, member, spans, str(number), [Quarter(number, n) for n in (1, 2, 3, 4)]
            )
        ]

    return each(people(pilots(facts)), ask)


def crew_size(facts: TripFacts, context: RuleContext, member: CrewMemberFacts) -> int:
    """
    How many pilots count on every leg this one flies: the fewest.

    A second in command who is not qualified under part 135 for it does not count. While crew is
    still being found, the other pilot of a flight that needs two counts as if found.
    """
    sectors = sectors_of(facts, member)
    is_awaited = context.stage == Stage.PLANNING and any(
        wants_second(facts, sector, SEATS["seats"].value) for sector in sectors
    )
    sizes = []
    for sector in sectors:
        crew = pilots_on(facts, sector.leg)
        counted = [p for p in crew if p.role == "pic" or is_qualified_second(facts, p)]
        sizes.append(2 if is_awaited and len(crew) == 1 else len(counted))
    return min(sizes, default=0)


def judge_day(
    facts: TripFacts, context: RuleContext, member: CrewMemberFacts, limit_h: float
) -> list[Finding]:
    """The most flying in any 24 hours that take in some of the trip, against a limit."""
    spans = flown_spans(facts, member)
    most = most_in_window(spans, other_spans(member))
    words = f"Flying of {member.name} in 24 hours with this trip:"
    finding = against(context, words, most, limit_h)
    if most > limit_h * 60 and context.stage == Stage.INFLIGHT:
        shown = {"value": finding.value, "limit": finding.limit}
        return [context.amber(finding.message, fix=OVERRUN, **shown)]
    if most > limit_h * 60:
        return [finding]
    first = utc_day(spans[0].start_at - DAY)
    gap = undeclared(context, member, first, utc_day(max(span.end_at for span in spans)))
    return [finding] if gap is None else [finding, gap]


def _day_rule(facts: TripFacts, context: RuleContext, sizes: tuple[int, ...]) -> Answer:
    def ask(member: CrewMemberFacts) -> Answer:
        if is_under_271(facts, member) or crew_size(facts, context, member) not in sizes:
            return None
        return judge_day(facts, context, member, context["max_h"])

    return each([m for m in people(pilots(facts)) if sectors_of(facts, m)], ask)


@crew_rule(
    "FAR-135.267-24H1",
    title="Flight time in 24 hours, one pilot",
    citation="14 CFR 135.267(b)(1)",
    confidence="found",
    inputs=("crew", "flying", "end_date"),
    parameters=limit(8, "Commercial flying in any 24 hours with one pilot"),
)
def one_pilot(facts: TripFacts, context: RuleContext) -> Answer:
    """
    Flown by one pilot, at most 8 hours in any 24 consecutive hours, other flying included.

    One pilot is also who flies beside a second in command not qualified for it under part 135.
    Once in the air an overrun is amber (135.263(d)).
    """
    return _day_rule(facts, context, (0, 1))


@crew_rule(
    "FAR-135.267-24H2",
    title="Flight time in 24 hours, two pilots",
    citation="14 CFR 135.267(b)(2)",
    confidence="found",
    inputs=("crew", "flying", "end_date"),
    parameters=limit(10, "Commercial flying in any 24 hours with two qualified pilots"),
)
def two_pilots(facts: TripFacts, context: RuleContext) -> Answer:
    """
    Flown by two pilots qualified for it on every leg, at most 10 hours in any 24.

    Qualified: commercial and instrument, 135.293 and recurrent training in date, a medical of the
    second class. Once in the air an overrun is amber (135.263(d)).
    """
    return _day_rule(facts, context, (2,))


@crew_rule(
    "FAR-135.267-REGDUTY",
    title="Regularly assigned duty period",
    citation="14 CFR 135.267(c)",
    confidence="found",
)
def regular_duty(facts: TripFacts, context: RuleContext) -> Answer:
    """
    Not used: rosters on demand do not begin and end at the same time each day.

    It would let (b) be exceeded inside a duty of 14 hours between rests of 10; leaving it out is
    the stricter side.
    """
    if not pilots(facts):
        return None
    return context.green("Regularly assigned duty periods are not used; (b) and (d) hold.")


@crew_rule(
    "FAR-135.265",
    title="Limits of scheduled flying",
    citation="14 CFR 135.265",
    confidence="found",
    inputs=("crew", "flying"),
)
def scheduled(facts: TripFacts, context: RuleContext) -> Answer:
    """Not applicable on demand. A scheduled flight is red: its limits are not kept here."""
    if not pilots(facts):
        return None
    if facts.flying.is_scheduled:
        text = "A scheduled flight: the limits of 135.265 are not kept here."
        return context.red(text, fix="Judge it by the operations manual.")
    return context.green("Not applicable: the flight is on demand, not scheduled.")

"""
Recent take-offs, landings and approaches of who is in command (14 CFR 135.247, 61.57).

Days are by UTC, as logs are kept. Only what was done as sole manipulator counts, on aircraft of the
same category and class, and of the same type where the type is named on the license. Judged on the
last day on which persons are carried, without what the trip itself will add.
"""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from common.compliance.findings import Color, Finding
from common.compliance.registry import Parameter, RuleContext
from operations.facts.people import CrewMemberFacts, FlyingDay, Sector
from operations.facts.trip import TripFacts
from operations.rules.checks_of import last_day, latest, through
from operations.rules.crew_basis import (
    OTHER,
    Answer,
    carrying,
    crew_rule,
    each,
    people,
    pilots,
    pilots_on,
    sectors_of,
    utc_day,
)

RECENT = timedelta(days=90)
THREE = 3
SOON = {"near_days": Parameter(14, "higher", "days", "Before it lapses that are amber")}
INPUTS = ("crew", "flying", "aircraft", "legs")
Count = Callable[[FlyingDay], int]


def day_or_night(day: FlyingDay) -> int:
    """The smaller of take-offs and landings of a day, by day or by night."""
    return min(day.day_takeoffs + day.night_takeoffs, day.day_landings + day.night_landings)


def by_night(day: FlyingDay) -> int:
    return min(day.night_takeoffs, day.night_landings)


def in_command(facts: TripFacts) -> list[CrewMemberFacts]:
    return people(pilots(facts, "pic"))


def with_persons(facts: TripFacts, member: CrewMemberFacts) -> list[Sector]:
    """The flights with persons on board that the member commands."""
    mine = {s.leg for m in pilots(facts, "pic") if m.user_id == member.user_id for s in m.sectors}
    return [s for s in carrying(sectors_of(facts, member)) if s.leg in mine]


def same_kind(facts: TripFacts, member: CrewMemberFacts) -> list[FlyingDay] | None:
    """Days on the same category, class and, where it matters, type; None when nobody can tell."""
    flying = facts.flying
    if flying.aircraft_class is None or flying.needs_type_rating is None:
        return None
    days = [d for d in member.days if d.aircraft_class == flying.aircraft_class]
    if not flying.needs_type_rating:
        return days
    return [d for d in days if d.aircraft_type == facts.aircraft.designator]


def lapses_on(days: Sequence[FlyingDay], on: date, count: Count) -> date | None:
    """The last day of three in 90 days; None when there were not three."""
    seen = 0
    for day in sorted((d for d in days if d.on <= on), key=lambda d: d.on, reverse=True):
        seen += count(day)
        if seen >= THREE:
            return day.on + RECENT
    return None


def _judge(
    facts: TripFacts,
    context: RuleContext,
    member: CrewMemberFacts,
    on: date,
    count: Count,
) -> Finding:
    days = same_kind(facts, member)
    if days is None:
        return context.missing(f"Category, class and type of {facts.aircraft.tail_number}")
    until = lapses_on(days, on, count)
    done = sum(count(day) for day in days if on - RECENT <= day.on <= on)
    shown = {"value": done, "limit": THREE}
    what = " by night" if count is by_night else ""
    words = f"{member.name} has {done} take-offs and landings{what} in 90 days"
    if until is None or until < on:
        return context.red(f"{words}; 3 are needed.", fix="Fly three, or assign another.", **shown)
    if (until - on).days <= context["near_days"]:
        return context.amber(f"{words}, recent until {until}.", fix="Fly three soon.", **shown)
    return context.green(f"{words}, recent until {until}.", **shown)


@crew_rule(
    "FAR-135.247-DAY",
    title="Recent take-offs and landings",
    citation="14 CFR 135.247(a)(1)",
    confidence="found",
    inputs=INPUTS,
    parameters=SOON,
)
def by_day(facts: TripFacts, context: RuleContext) -> Answer:
    """
    Who commands a flight with persons made 3 take-offs and 3 landings in the preceding 90 days.

    As sole manipulator, in the category and class, and the type if it has a type rating. Those by
    night count. Amber when it lapses within 14 days.
    """
    if not facts.flying.is_part_135:
        return None

    def ask(member: CrewMemberFacts) -> Answer:
        sectors = with_persons(facts, member)
        if not sectors:
            return None
        on = utc_day(sectors[-1].end_at)
        return _judge(facts, context, member, on, day_or_night)

    return each(in_command(facts), ask)


def _night_sectors(sectors: Sequence[Sector]) -> list[Sector] | None:
    """Those by night; None when a flight's light is not known and none is known to be dark."""
    dark = [s for s in sectors if s.is_night]
    if not dark and any(s.is_night is None for s in sectors):
        return None
    return dark


def _night(facts: TripFacts, context: RuleContext, member: CrewMemberFacts) -> Answer:
    sectors = with_persons(facts, member)
    dark = _night_sectors(sectors)
    if dark is None:
        return context.missing(
            f"Whether {facts.number} lands by night", fix="Give the airports their positions."
        )
    if not dark:
        return None
    finding = _judge(facts, context, member, utc_day(dark[-1].end_at), by_night)
    if finding.value is None or finding.color != Color.RED:
        return finding
    lacking = alternative(facts, member, utc_day(dark[-1].end_at))
    if lacking:
        return finding
    return context.green(
        f"{member.name} meets the alternative of 61.57(e)(4) for night.",
        value=finding.value,
        limit=finding.limit,
    )


@crew_rule(
    "FAR-135.247-NIGHT",
    title="Recent take-offs and landings by night",
    citation="14 CFR 135.247(a)(2), (a)(3)",
    confidence="found",
    inputs=INPUTS,
    parameters=SOON,
)
def night(facts: TripFacts, context: RuleContext) -> Answer:
    """
    With persons on board by night: 3 take-offs and 3 landings by night in the preceding 90 days.

    Night is from one hour after sunset to one hour before sunrise; a full stop is not needed. The
    alternative for turbine aircraft with two pilots, that of FAR-61.57E4, counts as well.
    """
    if not facts.flying.is_part_135:
        return None
    return each(in_command(facts), lambda member: _night(facts, context, member))


def _months_before(on: date, months: int) -> date:
    """The same day some months earlier, or the last of that month."""
    end = last_day(on.replace(day=1), -months)
    return min(end, end.replace(day=min(on.day, end.day)))


def alternative(facts: TripFacts, member: CrewMemberFacts, on: date) -> list[str]:
    """What is lacking of 61.57(e)(4) for night; empty when it is met."""
    in_type = [d for d in member.days if d.aircraft_type == facts.aircraft.designator]
    until = lapses_on(in_type, on, day_or_night)
    recent = [d for d in in_type if on - RECENT <= d.on <= on]
    half_year = [d for d in member.days if d.is_turbine and _months_before(on, 6) <= d.on <= on]
    course = latest(member.checks, ["61.57e4"], on)
    total = None if member.experience is None else member.experience.total_min
    crews = [len(pilots_on(facts, s.leg)) for s in with_persons(facts, member)]
    asked = [
        (bool(facts.flying.is_turbine), "a turbine aircraft"),
        (min(crews, default=0) >= 2, "two pilots"),
        (total is not None and total >= 1500 * 60, "1,500 hours"),
        (until is not None and on <= until, "recency by day"),
        (sum(d.minutes for d in recent) >= 15 * 60, "15 hours in the type in 90 days"),
        (
            sum(d.night_landings for d in half_year) >= THREE
            or (course is not None and on <= through(course)),
            "3 night landings in 6 months or the course",
        ),
    ]
    return [what for is_met, what in asked if not is_met]


@crew_rule(
    "FAR-61.57E4",
    title="Night alternative for turbine aircraft with two pilots",
    citation="14 CFR 61.57(e)(4)",
    confidence="found",
    inputs=INPUTS,
)
def turbine_alternative(facts: TripFacts, context: RuleContext) -> Answer:
    """
    For night: 1,500 hours, recent by day in the type, and 15 hours in the type in 90 days.

    And 3 night landings to a full stop in a turbine aircraft with two pilots in 6 months, or a
    simulator course with 6 of them in 12 months. Said only where it is met and needed; who lacks
    both is red by the night rule.
    """

    def ask(member: CrewMemberFacts) -> Answer:
        dark = _night_sectors(with_persons(facts, member))
        days = same_kind(facts, member)
        if not dark or days is None:
            return None
        on = utc_day(dark[-1].end_at)
        until = lapses_on(days, on, by_night)
        if (until is not None and on <= until) or alternative(facts, member, on):
            return None
        return context.green(f"{member.name} meets the night alternative.")

    return each(in_command(facts), ask)


@crew_rule(
    "FAR-61.57E3",
    title="Relief from part 61 recency",
    citation="14 CFR 61.57(e)(3)",
    confidence="found",
    inputs=("crew", "flying"),
)
def relief(facts: TripFacts, context: RuleContext) -> Answer:
    """
    61.57(a)-(d) does not apply to who commands for a part 135 operator under 135.243 and 135.247.

    That its pilots comply is the operator's word; without it both sets of rules are asked.
    """
    if not pilots(facts, "pic"):
        return None
    if has_relief(facts):
        return context.green("61.57 gives way to 135.243 and 135.247, on the operator's word.")
    return context.amber("61.57 is asked as well: no relief is claimed.", fix="Acknowledge.")


def has_relief(facts: TripFacts) -> bool:
    return facts.flying.is_part_135 and facts.flying.uses_relief


@crew_rule(
    "FAR-61.57A",
    title="Part 61 recency by day",
    citation="14 CFR 61.57(a)",
    confidence="found",
    inputs=INPUTS,
    parameters=SOON,
)
def part_61_day(facts: TripFacts, context: RuleContext) -> Answer:
    """
    Without the relief: 3 take-offs and 3 landings in 90 days to carry persons.

    As sole manipulator; every landing in our log is to a full stop, which a tailwheel asks for.
    """
    if has_relief(facts):
        return None

    def ask(member: CrewMemberFacts) -> Answer:
        sectors = with_persons(facts, member)
        if not sectors:
            return None
        on = utc_day(sectors[-1].end_at)
        return _judge(facts, context, member, on, day_or_night)

    return each(in_command(facts), ask)


@crew_rule(
    "FAR-61.57B",
    title="Part 61 recency by night",
    citation="14 CFR 61.57(b)",
    confidence="found",
    inputs=INPUTS,
    parameters=SOON,
)
def part_61_night(facts: TripFacts, context: RuleContext) -> Answer:
    """
    Without the relief: 3 take-offs and 3 landings to a full stop by night in 90 days.

    Night is from one hour after sunset to one hour before sunrise, narrower than civil twilight.
    """
    if has_relief(facts):
        return None
    return each(in_command(facts), lambda member: _night(facts, context, member))


def _is_instrument(facts: TripFacts, member: CrewMemberFacts) -> bool:
    return any(sector.is_ifr for sector in sectors_of(facts, member))


def _approaches(member: CrewMemberFacts, on: date, months: int) -> int:
    """Approaches since the first of some month before, as far as the day."""
    first = last_day(on.replace(day=1), -months - 1) + timedelta(days=1)
    return sum(day.approaches for day in member.days if first <= day.on <= on)


def _is_checked(member: CrewMemberFacts, on: date) -> bool:
    """An instrument proficiency check in the 6 calendar months before (61.57(d))."""
    check = latest(member.checks, ["61.57d", "135.297"], on)
    return check is not None and on <= last_day(check.done_on, 6)


@crew_rule(
    "FAR-61.57C",
    title="Instrument recency",
    citation="14 CFR 61.57(c)",
    confidence="found",
    inputs=("crew", "flying"),
)
def instrument(facts: TripFacts, context: RuleContext) -> Answer:
    """
    Without the relief, under IFR: 6 approaches in the 6 calendar months before the month.

    Visual ones do not count; a check in that time does instead. Holding and tracking are not in
    our log, so six approaches are amber until somebody acknowledges them.
    """
    if has_relief(facts):
        return None

    def ask(member: CrewMemberFacts) -> Answer:
        if not _is_instrument(facts, member):
            return None
        on = facts.end_date
        done = _approaches(member, on, 6)
        shown = {"value": done, "limit": 6}
        if _is_checked(member, on):
            return context.green(f"{member.name} passed an instrument check.", **shown)
        if done >= 6:
            text = f"{member.name} made {done} approaches in 6 months."
            return context.amber(text, fix="Acknowledge holding and tracking.", **shown)
        text = f"{member.name} made {done} approaches in 6 months; 6 are needed."
        return context.red(text, fix=OTHER, **shown)

    return each(in_command(facts), ask)


@crew_rule(
    "FAR-61.57D",
    title="Instrument proficiency check",
    citation="14 CFR 61.57(d)",
    confidence="found",
    inputs=("crew", "flying"),
)
def instrument_check(facts: TripFacts, context: RuleContext) -> Answer:
    """Without the relief: instrument recency that lapsed over 6 calendar months needs a check."""
    if has_relief(facts):
        return None

    def ask(member: CrewMemberFacts) -> Answer:
        if not _is_instrument(facts, member):
            return None
        on = facts.end_date
        if _is_checked(member, on) or _approaches(member, on, 12) >= 6:
            return context.green(f"{member.name} needs no instrument check.")
        text = f"Instrument recency of {member.name} lapsed more than 6 months ago."
        return context.red(text, fix="Pass an instrument proficiency check.")

    return each(in_command(facts), ask)

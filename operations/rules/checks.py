"""
Checks and recurrent training of crews (14 CFR 61.56, 135.293-301, 135.343, 135.621).

Windows are calendar months (C-MONTH), judged on the base's local day on which the trip ends.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from common.compliance.findings import Finding
from common.compliance.registry import RuleContext
from operations.facts.people import CheckFacts, CrewMemberFacts
from operations.facts.trip import TripFacts
from operations.rules.checks_of import failed, grace_through, latest, through
from operations.rules.crew_basis import (
    NOT_HELD,
    NOTICE,
    Answer,
    check_expiry,
    crew_rule,
    each,
    people,
    pilots,
    sectors_of,
)
from users.models import CheckKind
from users.queries.flying import WITH_GRACE, months_between

INPUTS = ("crew", "end_date")
RENEW = "Pass the check, or assign another."
AMBULANCE = ("physician", "flight_nurse", "paramedic", "respiratory")
CHECK: dict[str, Any] = {"parameters": NOTICE, "absolute": NOT_HELD}


def judge(
    context: RuleContext,
    member: CrewMemberFacts,
    kinds: Sequence[str],
    on: date,
    counts: Callable[[CheckFacts], bool] = lambda check: True,
) -> Finding:
    """
    Green to the last day of the due month, amber for its last 30 days and in the month of grace.

    Red after that, and from a failed check until it is passed (135.301(b)); one that is not on file
    is missing input.
    """
    name = CheckKind(kinds[0]).label
    lost = failed(member.checks, kinds, on)
    if lost is not None:
        text = f"{member.name} failed on {lost.done_on}: {name}."
        return context.red(text, value=lost.done_on.isoformat(), limit=on.isoformat(), fix=RENEW)
    check = latest(member.checks, kinds, on, counts)
    if check is None:
        return context.missing(f"{name} of {member.name}", fix="Put it on file.")
    until, grace = through(check), grace_through(check)
    if until < on <= grace:
        return context.amber(
            f"{name} of {member.name} was due by {until}: the month of grace ends on {grace}.",
            value=until.isoformat(),
            limit=on.isoformat(),
            fix=RENEW,
        )
    return check_expiry(context, f"{name} of {member.name}", until, on, fix=RENEW)


def _on_this(facts: TripFacts) -> Callable[[CheckFacts], bool] | None:
    """
    Which competency checks count: in the type, or in the class for a single-engine aeroplane.

    None when category and class are not known.
    """
    flying = facts.flying
    if flying.category is None or flying.is_multi_engine is None:
        return None
    if flying.category == "helicopter" or flying.is_multi_engine or flying.is_turbojet:
        return lambda check: check.aircraft_type == facts.aircraft.designator
    return lambda check: check.aircraft_class == flying.aircraft_class


@crew_rule(
    "FAR-135.293",
    title="Knowledge test and competency check",
    citation="14 CFR 135.293(a), (b)",
    confidence="known-high",
    inputs=("crew", "end_date", "flying", "aircraft"),
    **CHECK,
)
def knowledge_and_competency(facts: TripFacts, context: RuleContext) -> Answer:
    """
    Every pilot passed the test (a) and the check (b) since the start of the 12th month before.

    The check was in the type of a multi-engine aircraft, turbojet or helicopter, else in the class.
    """
    counts = _on_this(facts)

    def ask(member: CrewMemberFacts) -> list[Finding]:
        found = [judge(context, member, ["135.293a"], facts.end_date)]
        if counts is None:
            what = f"Category and class of {facts.aircraft.tail_number}"
            return [*found, context.missing(what)]
        return [*found, judge(context, member, ["135.293b"], facts.end_date, counts)]

    return each(people(pilots(facts)), ask)


@crew_rule(
    "FAR-135.297",
    title="Instrument proficiency check",
    citation="14 CFR 135.297",
    confidence="known-high",
    inputs=INPUTS,
    **CHECK,
)
def instrument_proficiency(facts: TripFacts, context: RuleContext) -> Answer:
    """Who commands under IFR passed it since the start of the 6th month; types take turns."""

    def ask(member: CrewMemberFacts) -> Answer:
        if not any(sector.is_ifr for sector in sectors_of(facts, member)):
            return None
        return judge(context, member, ["135.297"], facts.end_date)

    return each(people(pilots(facts, "pic")), ask)


@crew_rule(
    "FAR-135.299",
    title="Line check",
    citation="14 CFR 135.299",
    confidence="known-high",
    inputs=INPUTS,
    **CHECK,
)
def line_check(facts: TripFacts, context: RuleContext) -> Answer:
    """Who is in command passed a line check within 12 calendar months."""
    return each(
        people(pilots(facts, "pic")),
        lambda member: judge(context, member, ["135.299"], facts.end_date),
    )


@crew_rule(
    "FAR-135.343",
    title="Recurrent training",
    citation="14 CFR 135.343, 135.323(b)",
    confidence="found",
    inputs=INPUTS,
    **CHECK,
)
def recurrent(facts: TripFacts, context: RuleContext) -> Answer:
    """Pilots and attendants completed recurrent training within 12 calendar months."""
    crew = [m for m in facts.crew if m.is_pilot or m.role == "attendant"]
    return each(people(crew), lambda m: judge(context, m, ["135.343"], facts.end_date))


@crew_rule(
    "FAR-135.301-GRACE",
    title="The base month of checks",
    citation="14 CFR 135.301(a)",
    confidence="found",
)
def grace(facts: TripFacts, context: RuleContext) -> Answer:
    """
    A check counts for the month it was due when done then, the month before or the month after.

    A record that counts for a month further away is red. The grace is for 135.293, .297, .299 and
    .343, never for flight reviews, recency or medicals.
    """

    def ask(member: CrewMemberFacts) -> Answer:
        wrong = [
            check
            for check in member.checks
            if abs(months_between(check.done_on, check.base_month)) > (check.kind in WITH_GRACE)
        ]
        if wrong:
            text = f"{member.name}: {CheckKind(wrong[0].kind).label} of {wrong[0].done_on}"
            return context.red(
                f"{text} counts for {wrong[0].base_month:%B %Y}.", fix="Correct the record."
            )
        return context.green(f"The base months of {member.name} are in order.")

    return each(people(pilots(facts)), ask)


@crew_rule(
    "FAR-61.56-FR",
    title="Flight review",
    citation="14 CFR 61.56(c), (d)",
    confidence="found",
    inputs=INPUTS,
    **CHECK,
)
def flight_review(facts: TripFacts, context: RuleContext) -> Answer:
    """
    Who is in command had a flight review since the first of the 24th month before the month.

    A proficiency check of 135.293(b) or 135.297 passed in that time counts as one (61.56(d)). No
    month of grace.
    """

    def ask(member: CrewMemberFacts) -> Finding:
        as_reviews = [
            CheckFacts(kind="61.56", done_on=check.done_on, base_month=check.base_month)
            for check in member.checks
            if check.is_passed and check.kind in ("61.56", "135.293b", "135.297")
        ]
        check = latest(as_reviews, ["61.56"], facts.end_date)
        if check is None:
            return context.missing(f"Flight review of {member.name}", fix="Put it on file.")
        what = f"Flight review of {member.name}"
        return check_expiry(context, what, through(check), facts.end_date, fix=RENEW)

    return each(people(pilots(facts, "pic")), ask)


@crew_rule(
    "FAR-135.621-MEDBRIEF",
    title="Briefing or training of medical personnel",
    citation="14 CFR 135.621",
    confidence="found",
    inputs=INPUTS,
    parameters=NOTICE,
)
def medical_briefing(facts: TripFacts, context: RuleContext) -> Answer:
    """Medical personnel were trained within 24 calendar months; else amber: brief them."""

    def ask(member: CrewMemberFacts) -> Finding:
        check = latest(member.checks, ["135.621"], facts.end_date)
        brief = "Give the nine-item briefing before departure and note it."
        if check is None or through(check) < facts.end_date:
            text = f"{member.name} has no ambulance training within 24 months."
            shown = {"limit": facts.end_date.isoformat()}
            return context.amber(text, fix=brief, is_missing_input=check is None, **shown)
        what = f"Ambulance training of {member.name}"
        return check_expiry(context, what, through(check), facts.end_date, fix=brief)

    return each(people([m for m in facts.crew if m.role in AMBULANCE]), ask)

"""How rules about the crew of a trip are registered, and what they ask again and again."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from common.compliance.findings import Finding
from common.compliance.registry import Check, Parameter, RuleContext
from operations.facts.clock import Span
from operations.facts.people import CrewMemberFacts, Sector
from operations.facts.trip import TripFacts
from operations.rules.basis import Answer, opsspec_in_force, trip_rule

OTHER = "Assign somebody else, or move the trip."
NOT_HELD = "What a person does not hold cannot be overridden; another can be assigned."
AUTOPILOT = "A015"
NEAR_REST = timedelta(minutes=60)
NEAR = {"near_percent": Parameter(90, "lower", "% of the limit", "Above which it is near")}
SEATS = {"seats": Parameter(10, "lower", "seats", "Passenger seats from which it holds")}
NOTICE = {"notice_days": Parameter(30, "higher", "days", "Days before expiry that are amber")}


def crew_rule(
    code: str, *, inputs: tuple[str, ...] = ("crew",), **words: Any
) -> Callable[[Check], Check]:
    """Register a rule of a trip that asks for its crew."""
    return trip_rule(code, inputs=inputs, **words)


def each(
    members: Sequence[CrewMemberFacts], ask: Callable[[CrewMemberFacts], Answer]
) -> list[Finding] | None:
    """The answers about several people in one list; None when there is nothing to say."""
    found: list[Finding] = []
    for member in members:
        answer = ask(member)
        if answer is not None:
            found.extend(answer if isinstance(answer, list) else [answer])
    return found or None


def pilots(facts: TripFacts, *roles: str) -> list[CrewMemberFacts]:
    """The duties of pilots, in one of the roles when any is named."""
    return [m for m in facts.crew if m.is_pilot and (not roles or m.role in roles)]


def people(members: Sequence[CrewMemberFacts]) -> list[CrewMemberFacts]:
    """Each person once, by the first duty."""
    return list({m.user_id: m for m in reversed(members)}.values())[::-1]


def sectors_of(facts: TripFacts, member: CrewMemberFacts) -> list[Sector]:
    """Everything a person flies on the trip, over all duties, in order."""
    mine = [s for m in pilots(facts) if m.user_id == member.user_id for s in m.sectors]
    return sorted({s.leg: s for s in mine}.values(), key=lambda s: s.start_at)


def flown_spans(facts: TripFacts, member: CrewMemberFacts) -> list[Span]:
    """The person's flights on the trip, from blocks to blocks."""
    return [Span(s.start_at, s.end_at, s.minutes) for s in sectors_of(facts, member)]


def other_spans(member: CrewMemberFacts) -> list[Span]:
    """The person's other commercial flying near the trip."""
    return [Span(f.start_at, f.end_at, f.minutes) for f in member.flights]


def own_duties(facts: TripFacts, member: CrewMemberFacts) -> list[Span]:
    """The person's duties on the trip."""
    return [Span(m.report_at, m.end_at) for m in facts.crew if m.user_id == member.user_id]


def all_duties(facts: TripFacts, member: CrewMemberFacts) -> list[Span]:
    """The person's duties on the trip and near it."""
    return own_duties(facts, member) + [Span(d.start_at, d.end_at) for d in member.duties]


def pilots_on(facts: TripFacts, leg: int) -> list[CrewMemberFacts]:
    """Who flies one leg."""
    return people([m for m in pilots(facts) if any(s.leg == leg for s in m.sectors)])


def wants_second(facts: TripFacts, sector: Sector, seats: float) -> bool:
    """
    Whether a flight needs a second in command (14 CFR 135.99, 135.101, 135.105).

    With so many passenger seats always; with fewer under IFR with persons, where no autopilot
    approved by OpSpec A015 stands in.
    """
    if not facts.flying.is_part_135:
        return False
    is_ifr_with_persons = sector.is_ifr and sector.carries_persons
    return facts.aircraft.seats >= seats or (
        is_ifr_with_persons and opsspec_in_force(facts, AUTOPILOT) is None
    )


def is_under_271(facts: TripFacts, member: CrewMemberFacts) -> bool:
    """Whether the duty is a hospital-based helicopter assignment (14 CFR 135.271)."""
    return member.is_hospital_based and facts.flying.category == "helicopter"


def utc_day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def undeclared(
    context: RuleContext, member: CrewMemberFacts, first: date, last: date, **shown: Any
) -> Finding | None:
    """Missing input unless everything flown elsewhere from first to last day is declared."""
    if member.is_declared(first, last):
        return None
    finding = context.missing(
        f"What {member.name} flew elsewhere from {first} to {last}",
        fix="Have it declared, also when it is nothing.",
    )
    return msgspec.structs.replace(finding, **shown)


def hours(minutes: float) -> float:
    """Minutes as hours, to a fifth of a second."""
    return round(minutes / 60, 4)


def clock(span: timedelta) -> str:
    """A span as people write it: 9:30 h."""
    minutes = int(span.total_seconds() // 60)
    return f"{minutes // 60}:{minutes % 60:02} h"


def check_expiry(context: RuleContext, what: str, through: date, on: date, *, fix: str) -> Finding:
    """Valid through the end of its last day; amber for its last 30 days, red after (C-EXPIRY)."""
    left = (through - on).days
    shown = {"value": through.isoformat(), "limit": on.isoformat()}
    if left < 0:
        return context.red(f"{what} ended on {through}.", fix=fix, **shown)
    if left <= context["notice_days"]:
        return context.amber(f"{what} ends on {through}, {left} days on.", fix=fix, **shown)
    return context.green(f"{what} lasts until {through}.", **shown)


def carrying(sectors: Sequence[Sector]) -> Iterator[Sector]:
    """Flights with somebody on board who is no crew."""
    return (sector for sector in sectors if sector.carries_persons)

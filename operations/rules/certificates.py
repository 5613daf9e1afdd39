"""Who may sit where: certificates, experience and the make-up of the crew (14 CFR 135.99-245)."""

from common.compliance.findings import Finding, Stage
from common.compliance.registry import RuleContext
from operations.facts.legs import LegFacts
from operations.facts.people import CrewMemberFacts, ExperienceFacts, Sector
from operations.facts.trip import TripFacts
from operations.rules.crew_basis import (
    NOT_HELD,
    OTHER,
    SEATS,
    Answer,
    crew_rule,
    each,
    hours,
    people,
    pilots,
    pilots_on,
    sectors_of,
    wants_second,
)
from operations.rules.qualified import has_atp, has_commercial, has_instrument, has_type

# Hours by kind: VFR (500, of which 100 cross-country and 25 by night) and IFR (1,200, 500 and 100,
# with 75 on instruments of which 50 in flight).
VFR_H = {"total_min": 500, "cross_country_min": 100, "night_min": 25}
IFR_H = {
    "total_min": 1200,
    "cross_country_min": 500,
    "night_min": 100,
    "instrument_min": 75,
    "instrument_flight_min": 50,
}
KINDS = {
    "total_min": "hours in all",
    "cross_country_min": "hours cross-country",
    "night_min": "hours by night",
    "instrument_min": "hours on instruments",
    "instrument_flight_min": "hours on instruments in flight",
}


@crew_rule(
    "CREW-ACTIVE",
    title="The crew works here",
    citation="Operations manual; 14 CFR 135.95",
    confidence="design",
    absolute=NOT_HELD,
)
def works_here(facts: TripFacts, context: RuleContext) -> Answer:
    """Nobody is assigned whose account is closed."""

    def ask(member: CrewMemberFacts) -> Finding:
        if member.is_active:
            return context.green(f"{member.name} works here.")
        return context.red(f"{member.name} has left.", fix=OTHER)

    return each(people(facts.crew), ask)


@crew_rule(
    "FAR-135.109-PIC",
    title="A pilot in command on every leg",
    citation="14 CFR 135.109",
    confidence="known-high",
    inputs=("crew", "legs"),
)
def pilot_in_command(facts: TripFacts, context: RuleContext) -> Answer:
    """Every leg has exactly one pilot in command; none yet is missing input, two are red."""

    def ask(leg: LegFacts) -> Finding:
        named = _in_seat(facts, leg.sequence, "pic")
        if not named:
            return context.missing(f"Who commands leg {leg.sequence}", fix="Assign a pilot.")
        if len(named) > 1:
            text = f"Leg {leg.sequence} has {len(named)} pilots in command."
            return context.red(text, value=len(named), limit=1, fix="Leave one.")
        return context.green(f"{named[0].name} commands leg {leg.sequence}.")

    return [ask(leg) for leg in facts.legs] or None


def _in_seat(facts: TripFacts, leg: int, role: str) -> list[CrewMemberFacts]:
    seats = [m for m in pilots(facts, role) if any(s.leg == leg for s in m.sectors)]
    return people(seats)


def _lacking(experience: ExperienceFacts, needed: dict[str, int]) -> tuple[list[str], list[str]]:
    """What is short of the hours, and what of them nobody declared."""
    short, unknown = [], []
    for name, least_h in needed.items():
        minutes = getattr(experience, name)
        if minutes is None:
            unknown.append(KINDS[name])
        elif minutes < least_h * 60:
            short.append(f"{hours(minutes):g} of {least_h} {KINDS[name]}")
    return short, unknown


@crew_rule(
    "FAR-135.243-ATP",
    title="Certificate and experience in command",
    citation="14 CFR 135.243",
    confidence="known-high",
    inputs=("crew", "flying", "aircraft", "end_date"),
    parameters=SEATS,
    absolute=NOT_HELD,
)
def in_command(facts: TripFacts, context: RuleContext) -> Answer:
    """
    In command of a turbojet, or with 10 passenger seats: airline transport pilot and type rating.

    Else commercial with 500 hours (100 cross-country, 25 night); under IFR with an instrument
    rating and 1,200 hours (500, 100, and 75 on instruments of which 50 in flight).
    """
    if not facts.flying.is_part_135:
        return None

    def ask(member: CrewMemberFacts) -> Finding:
        flying = facts.flying
        if flying.is_turbojet is None or flying.needs_type_rating is None:
            return context.missing(f"What {facts.aircraft.designator} asks of who commands it")
        designator = facts.aircraft.designator
        if flying.needs_type_rating and not has_type(member, designator, facts.end_date):
            text = f"{member.name} holds no rating for the {designator}."
            return context.red(text, limit=designator, fix=OTHER)
        if has_atp(member, facts.end_date):
            return context.green(f"{member.name} is an airline transport pilot.")
        if flying.is_turbojet or facts.aircraft.seats >= context["seats"]:
            text = f"{member.name} is no airline transport pilot, which this aircraft needs."
            return context.red(text, limit="ATP", fix=OTHER)
        return _commercial(facts, context, member)

    return each(people(pilots(facts, "pic")), ask)


def _commercial(facts: TripFacts, context: RuleContext, member: CrewMemberFacts) -> Finding:
    is_ifr = any(sector.is_ifr for sector in sectors_of(facts, member))
    if not has_commercial(member, facts.end_date):
        return context.red(f"{member.name} is no commercial pilot.", limit="CPL", fix=OTHER)
    if is_ifr and not has_instrument(member, facts.end_date):
        return context.red(f"{member.name} has no instrument rating.", limit="IR", fix=OTHER)
    if member.experience is None:
        return context.missing(f"The hours of {member.name}", fix="Have them declared.")
    short, unknown = _lacking(member.experience, IFR_H if is_ifr else VFR_H)
    shown = {"value": hours(member.experience.total_min), "limit": 1200 if is_ifr else 500}
    if short:
        return context.red(f"{member.name} has {', '.join(short)}.", fix=OTHER, **shown)
    if unknown:
        what = f"Of {member.name}: {', '.join(unknown)}"
        return context.missing(what, fix="Have them declared.")
    return context.green(f"{member.name} has the hours to command.", **shown)


@crew_rule(
    "FAR-135.245-SIC",
    title="Certificate of the second in command",
    citation="14 CFR 135.245",
    confidence="known-high",
    inputs=("crew", "end_date"),
    absolute=NOT_HELD,
)
def second_in_command(facts: TripFacts, context: RuleContext) -> Answer:
    """A second in command, and who relieves a pilot, is commercial with an instrument rating."""

    def ask(member: CrewMemberFacts) -> Finding:
        on = facts.end_date
        if has_commercial(member, on) and has_instrument(member, on):
            return context.green(f"{member.name} may be second in command.")
        text = f"{member.name} is not commercial pilot with an instrument rating."
        return context.red(text, fix=OTHER)

    return each(people(pilots(facts, "sic", "relief")), ask)


@crew_rule(
    "FAR-135.99-SIC",
    title="A second in command where one is needed",
    citation="14 CFR 135.99, 135.101, 135.105",
    confidence="known-high",
    inputs=("crew", "flying", "aircraft", "opsspecs", "rule_date", "end_date"),
    parameters=SEATS,
)
def second_needed(facts: TripFacts, context: RuleContext) -> Answer:
    """
    With 10 passenger seats, and under IFR with persons, a second in command flies along.

    Below 10 seats an approved autopilot (OpSpec A015) can stand in under IFR: amber. While crew is
    still being found, nobody yet is a missing input.
    """
    if not facts.flying.is_part_135:
        return None
    found = [_second(facts, context, sector) for sector in _commanded(facts)]
    wanted = [finding for finding in found if finding is not None]
    return wanted or None


def _commanded(facts: TripFacts) -> list[Sector]:
    seen = {s.leg: s for m in pilots(facts, "pic") for s in m.sectors}
    return [seen[leg] for leg in sorted(seen)]


def _second(facts: TripFacts, context: RuleContext, sector: Sector) -> Finding | None:
    leg = f"Leg {sector.leg}"
    if any(p.role == "sic" for p in pilots_on(facts, sector.leg)):
        return context.green(f"{leg} has a second in command.")
    if wants_second(facts, sector, context["seats"]):
        if context.stage == Stage.PLANNING:
            return context.missing(f"The second in command of {leg.lower()}", fix="Assign one.")
        why = "" if facts.aircraft.seats < context["seats"] else f"{facts.aircraft.seats} seats, "
        text = f"{leg}, {why}{_manner(sector)}, has no second in command."
        return context.red(text, fix="Assign one.")
    if not (sector.is_ifr and sector.carries_persons):
        return None
    text = f"{leg} under IFR with an autopilot in place of a second in command."
    return context.amber(text, fix="Acknowledge the conditions of OpSpec A015.")


def _manner(sector: Sector) -> str:
    rules = "IFR" if sector.is_ifr else "VFR"
    return f"{rules} with persons" if sector.carries_persons else rules


@crew_rule(
    "FAR-135.63-REC",
    title="The record of each pilot",
    citation="14 CFR 135.63(a)(4)",
    confidence="found",
)
def pilot_record(facts: TripFacts, context: RuleContext) -> Answer:
    """
    Name, certificate with number, medical, experience and results of checks are on file; else
    amber.
    """

    def ask(member: CrewMemberFacts) -> Finding:
        lacking = _not_on_file(member)
        if lacking:
            text = f"The record of {member.name} lacks {', '.join(lacking)}."
            return context.amber(
                text, value=len(lacking), limit=0, fix="Complete it.", is_missing_input=True
            )
        return context.green(f"The record of {member.name} is complete.")

    return each(people(pilots(facts)), ask)


def _not_on_file(member: CrewMemberFacts) -> list[str]:
    licenses = [p for p in member.papers if p.kind == "license" and p.is_verified]
    asked = [
        (bool(member.name), "a name"),
        (any(p.number for p in licenses), "a verified certificate with its number"),
        (any(p.kind == "medical" and p.is_verified for p in member.papers), "a medical"),
        (member.experience is not None, "the hours flown"),
        (bool(member.checks), "the results of checks"),
    ]
    return [what for is_there, what in asked if not is_there]

"""Medical certificates of pilots (14 CFR 61.23) and registration of medical personnel."""

from datetime import date

from common.compliance.findings import Finding
from common.compliance.registry import RuleContext
from operations.facts.people import CrewMemberFacts, PaperFacts
from operations.facts.trip import TripFacts
from operations.rules.checks import AMBULANCE
from operations.rules.crew_basis import (
    NOT_HELD,
    NOTICE,
    Answer,
    check_expiry,
    crew_rule,
    each,
    people,
    pilots,
)
from operations.rules.qualified import medical_class, medical_through

ATP_SEATS = 10


def privilege(facts: TripFacts, member: CrewMemberFacts) -> str | None:
    """
    What the pilot exercises: `atp`, `commercial`, `private`; None when the type does not say.

    In command under part 135 of a turbojet, or with ten passenger seats or more, that is an airline
    transport pilot's (135.243(a)); else under part 135 a commercial pilot's.
    """
    if not facts.flying.is_part_135:
        return "private"
    if member.role != "pic":
        return "commercial"
    if facts.flying.is_turbojet is None:
        return None
    needs_atp = facts.flying.is_turbojet or facts.aircraft.seats >= ATP_SEATS
    return "atp" if needs_atp else "commercial"


@crew_rule(
    "FAR-61.23-MED",
    title="Medical certificate",
    citation="14 CFR 61.23(d)",
    confidence="found",
    inputs=("crew", "flying", "aircraft", "end_date"),
    parameters=NOTICE,
    absolute=NOT_HELD,
)
def medical(facts: TripFacts, context: RuleContext) -> Answer:
    """
    A verified medical lasts to the end of a month, by class, age at the exam and privilege.

    First class: 12 months in command as airline transport pilot, 6 from the age of 40. First or
    second: 12 as commercial pilot. Any: 60 months privately, 24 from 40. When the privilege is not
    known the paper's own date is shown, amber. A sooner date on the paper counts.
    """

    def ask(member: CrewMemberFacts) -> Finding:
        held = [p for p in member.papers if p.kind == "medical" and p.is_verified]
        held = [p for p in held if p.issued_on <= facts.end_date]
        if not held:
            return context.missing(f"The medical of {member.name}", fix="Have it verified.")
        return _judge(facts, context, member, held)

    return each(people(pilots(facts)), ask)


def _judge(
    facts: TripFacts, context: RuleContext, member: CrewMemberFacts, held: list[PaperFacts]
) -> Finding:
    asked = privilege(facts, member)
    if asked is None:
        return _as_printed(context, member, held, facts.end_date)
    untils = [medical_through(paper, asked, member.date_of_birth) for paper in held]
    known = [until for until in untils if until is not None]
    best = max(known, default=None)
    if best is not None and best >= facts.end_date:
        what = f"Medical of {member.name} as {asked} pilot"
        return check_expiry(context, what, best, facts.end_date, fix="Renew it.")
    if len(known) < len(untils):
        lacks_class = any(medical_class(paper) is None for paper in held)
        what = "The class of the medical" if lacks_class else "The date of birth"
        return context.missing(f"{what} of {member.name}")
    if best == date.min:
        text = f"The medical of {member.name} is not of the class a {asked} pilot needs."
        return context.red(text, value=held[-1].classification, limit=asked, fix="Assign another.")
    what = f"Medical of {member.name} as {asked} pilot"
    return check_expiry(context, what, best or date.min, facts.end_date, fix="Renew it.")


def _as_printed(
    context: RuleContext, member: CrewMemberFacts, held: list[PaperFacts], on: date
) -> Finding:
    dates = [paper.expires_on for paper in held if paper.expires_on is not None]
    if not dates:
        return context.missing(f"What medical {member.name} needs, and until when it lasts")
    until = max(dates)
    text = f"Medical of {member.name}: the paper says {until}; the privilege is not known."
    shown = {"value": until.isoformat(), "limit": on.isoformat()}
    if until < on:
        return context.red(text, fix="Renew it.", **shown)
    return context.amber(text, fix="Confirm that it is enough for this flight.", **shown)


@crew_rule(
    "CREW-MED-REG",
    title="Registration of medical personnel",
    citation="Operations manual; law of the State of registration",
    confidence="design",
    inputs=("crew", "end_date"),
    parameters=NOTICE,
    absolute=NOT_HELD,
)
def registration(facts: TripFacts, context: RuleContext) -> Answer:
    """Everybody who cares for the patient holds a verified registration on the trip's last day."""

    def ask(member: CrewMemberFacts) -> Finding:
        held = [p for p in member.papers if p.kind == "medical_registration" and p.is_verified]
        held = [p for p in held if p.issued_on <= facts.end_date]
        what = f"Registration of {member.name}"
        if not held:
            return context.missing(what, fix="Put the registration on file and verify it.")
        if any(paper.expires_on is None for paper in held):
            return context.green(f"{what} has no end.")
        until = max(paper.expires_on or date.min for paper in held)
        return check_expiry(context, what, until, facts.end_date, fix="Renew it.")

    return each(people([m for m in facts.crew if m.role in AMBULANCE]), ask)

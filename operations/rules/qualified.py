"""What a pilot holds: licenses, ratings, medicals; when a second in command counts as one."""

import re
from datetime import date

from operations.facts.people import CrewMemberFacts, PaperFacts
from operations.facts.trip import TripFacts
from operations.rules.checks_of import is_current, last_day

_CLASSES = {"1": 1, "FIRST": 1, "2": 2, "SECOND": 2, "3": 3, "THIRD": 3}
_WORD = re.compile(r"[A-Z]+|[0-9]+")
FORTY = 40


def _words(paper: PaperFacts) -> list[str]:
    """The words and numbers of a classification: ATP(A) is ATP and A, 1ST CLASS is 1, ST, CLASS."""
    return _WORD.findall(paper.classification.upper())


def has_atp(member: CrewMemberFacts, on: date) -> bool:
    """Holds an airline transport pilot certificate in force."""
    return any({"ATP", "ATPL"} & set(_words(p)) for p in member.of_kind("license", on))


def has_commercial(member: CrewMemberFacts, on: date) -> bool:
    """Holds a commercial pilot certificate in force, or more."""
    words = {"CPL", "COMMERCIAL"}
    held = member.of_kind("license", on)
    return has_atp(member, on) or any(words & set(_words(p)) for p in held)


def has_instrument(member: CrewMemberFacts, on: date) -> bool:
    """Holds an instrument rating; an airline transport pilot certificate includes it."""
    words = {"INSTRUMENT", "IR", "IFR"}
    held = member.of_kind("rating", on)
    return has_atp(member, on) or any(words & set(_words(p)) for p in held)


def has_type(member: CrewMemberFacts, designator: str, on: date) -> bool:
    """Holds a rating for the type."""
    return any(p.aircraft_type.upper() == designator for p in member.of_kind("rating", on))


def medical_class(paper: PaperFacts) -> int | None:
    """1, 2 or 3; None when the classification does not say."""
    found = [_CLASSES[word] for word in _words(paper) if word in _CLASSES]
    return found[0] if len(found) == 1 else None


def age_on(born_on: date, day: date) -> int:
    """Full years of age on a day."""
    before = (day.month, day.day) < (born_on.month, born_on.day)
    return day.year - born_on.year - before


def medical_months(class_: int, privilege: str, age: int | None) -> int | None:
    """
    Calendar months a medical lasts for a privilege (14 CFR 61.23(d)); 0 when it is not enough.

    None when that depends on an age nobody knows. `privilege` is `atp`, `commercial` or `private`.
    """
    if privilege == "commercial":
        return 12 if class_ <= 2 else 0
    if privilege == "atp" and class_ > 1:
        return 0
    if age is None:
        return None
    if privilege == "atp":
        return 12 if age < FORTY else 6
    return 60 if age < FORTY else 24


def medical_through(paper: PaperFacts, privilege: str, born_on: date | None) -> date | None:
    """
    The last day a medical counts for a privilege; before its exam when it never does.

    None when it cannot be told. A day of its own that the paper names, and that comes sooner, is a
    limit somebody set.
    """
    class_ = medical_class(paper)
    if class_ is None:
        return None
    age = None if born_on is None else age_on(born_on, paper.issued_on)
    months = medical_months(class_, privilege, age)
    if months is None:
        return None
    if months == 0:
        return date.min
    until = last_day(paper.issued_on, months)
    return until if paper.expires_on is None else min(until, paper.expires_on)


def is_qualified_second(facts: TripFacts, member: CrewMemberFacts) -> bool:
    """
    Whether a pilot counts as one of two under part 135 (14 CFR 135.267(b)(2)).

    Commercial and instrument, the tests of 135.293 and recurrent training in date, a medical of the
    second class at least.
    """
    on = facts.end_date
    medicals = [
        medical_through(paper, "commercial", member.date_of_birth)
        for paper in member.of_kind("medical", on)
    ]
    return (
        member.is_active
        and has_commercial(member, on)
        and has_instrument(member, on)
        and all(is_current(member, kind, on) for kind in ("135.293a", "135.293b", "135.343"))
        and any(until is not None and on <= until for until in medicals)
    )

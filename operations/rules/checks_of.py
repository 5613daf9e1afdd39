"""How long a check, a recurrent training or a medical lasts. Pure; months as in C-MONTH."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from operations.facts.people import CheckFacts, CrewMemberFacts
from users.queries.flying import VALID_MONTHS, WITH_GRACE, later_month


def last_day(month: date, by: int) -> date:
    """The last day of the calendar month so many months after one."""
    return later_month(month, by + 1) - timedelta(days=1)


def through(check: CheckFacts) -> date:
    """The last day a check counts: counted from its base month where 135.301(a) moves it."""
    month = check.base_month if check.kind in WITH_GRACE else check.done_on
    return last_day(month, VALID_MONTHS[check.kind])


def grace_through(check: CheckFacts) -> date:
    """The last day of the month of grace after the due month; the due day where there is none."""
    if check.kind not in WITH_GRACE:
        return through(check)
    return last_day(check.base_month, VALID_MONTHS[check.kind] + 1)


def latest(
    checks: Sequence[CheckFacts],
    kinds: Sequence[str],
    on: date,
    counts: Callable[[CheckFacts], bool] = lambda check: True,
) -> CheckFacts | None:
    """The check of some kinds, passed by a day, that lasts longest."""
    found = [c for c in checks if c.is_passed and c.kind in kinds and c.done_on <= on and counts(c)]
    return max(found, key=through, default=None)


def failed(checks: Sequence[CheckFacts], kinds: Sequence[str], on: date) -> CheckFacts | None:
    """
    The last check of some kinds failed by a day and not passed since, in the same type of aircraft.

    Until then the pilot may not serve (14 CFR 135.301(b)).
    """
    known = [c for c in checks if c.kind in kinds and c.done_on <= on]
    passed = [c for c in known if c.is_passed]
    lost = [
        c
        for c in known
        if not c.is_passed
        and not any(
            (p.kind, p.aircraft_type) == (c.kind, c.aircraft_type) and p.done_on >= c.done_on
            for p in passed
        )
    ]
    return max(lost, key=lambda c: c.done_on, default=None)


def is_current(member: CrewMemberFacts, kind: str, on: date) -> bool:
    """Whether a check of a kind counts on a day, the month of grace included, and none failed."""
    check = latest(member.checks, [kind], on)
    is_lost = failed(member.checks, [kind], on) is not None
    return check is not None and on <= grace_through(check) and not is_lost

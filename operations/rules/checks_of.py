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
    """The check of some kinds, done by a day, that lasts longest."""
    found = [c for c in checks if c.kind in kinds and c.done_on <= on and counts(c)]
    return max(found, key=through, default=None)


def is_current(member: CrewMemberFacts, kind: str, on: date) -> bool:
    """Whether a check of a kind counts on a day, the month of grace included."""
    check = latest(member.checks, [kind], on)
    return check is not None and on <= grace_through(check)

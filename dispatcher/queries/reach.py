"""Which days can be asked about at all."""

from datetime import date, datetime, timedelta

from common.exceptions import InvalidInput

FURTHEST = timedelta(days=366)


def require_within_reach(day: date, *, at: datetime) -> None:
    """Refuse a day more than a year from now: a slip. Raises InvalidInput."""
    # A day more, as it may be another date there.
    if abs(day - at.date()) > FURTHEST + timedelta(days=1):
        raise InvalidInput("/day", "At most a year from now.")

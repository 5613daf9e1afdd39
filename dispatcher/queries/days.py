"""Which days can be planned at all."""

from datetime import date, datetime, timedelta

from common.exceptions import InvalidInput

FURTHEST = timedelta(days=366)
# Wherever the center is, its day is one of these beside the day in UTC.
_ANYWHERE = timedelta(days=1)


def require_near(day: date, now: datetime) -> None:
    """Raise InvalidInput for a day so far off that its hours need not be looked at."""
    today = now.date()
    if day - today > FURTHEST + _ANYWHERE:
        raise InvalidInput("/day", "At most a year from now.")
    if today - day > FURTHEST:
        raise InvalidInput("/day", "The hours of that day have passed.")

"""The operator's day: what the books, due dates and reports count in."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings


def operator_zone() -> ZoneInfo:
    """The zone the books are kept in."""
    return ZoneInfo(settings.OPERATOR_TIMEZONE)


def local_day(at: datetime) -> date:
    """The day of the books that a moment falls in."""
    return at.astimezone(operator_zone()).date()

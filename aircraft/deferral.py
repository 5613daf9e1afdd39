"""
How long a deferred defect may wait under the minimum equipment list. Values only.

14 CFR 91.213, 135.179 and MEL policy: category A as the list states, B 3, C 10, D 120 consecutive
calendar days, the day of recording left out. Days are local days of the aircraft's base.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from common.time import day_bounds

INTERVAL_DAYS = {"B": 3, "C": 10, "D": 120}
# A and D may not be extended; B and C once, by as long again at most.
EXTENDABLE = ("B", "C")
LONGEST_STATED_DAYS = 366


def last_day(category: str, recorded_on: date, *, stated_days: int | None = None) -> date:
    """
    The last local day on which a defect may stay deferred.

    Category A takes the days that the list states. Raises ValueError for days missing there or
    given for another category.
    """
    if category == "A":
        if stated_days is None or not 0 < stated_days <= LONGEST_STATED_DAYS:
            raise ValueError("Category A needs the days that the list states.")
        return recorded_on + timedelta(days=stated_days)
    if stated_days is not None:
        raise ValueError(f"Category {category} has days of its own.")
    return recorded_on + timedelta(days=INTERVAL_DAYS[category])


def longest_extension(category: str, limit_on: date) -> date:
    """The latest day to which a deferral may be extended. Raises ValueError for A and D."""
    if category not in EXTENDABLE:
        raise ValueError(f"Category {category} cannot be extended.")
    return limit_on + timedelta(days=INTERVAL_DAYS[category])


def ends_at(limit_on: date, zone: ZoneInfo) -> datetime:
    """The moment at which the last day is over at the base."""
    return day_bounds(limit_on, zone)[1]


def days_left(limit_on: date, today: date) -> int:
    """Days left after today; 0 on the last day, negative once over."""
    return (limit_on - today).days

"""
What 49 CFR part 830 asks after an accident, a listed serious incident, or for an overdue aircraft.

Pure. Notice is given immediately (830.5), so its clock runs from the moment the operator knew. The
report, form 6120.1 (830.15(a)), is due "within 10 days after an accident, or after 7 days if an
overdue aircraft is still missing". Those are calendar days, weekends and holidays too: the rule
names no business days. The local day of the event at its place is not counted and the last day is
counted whole, so the report is late from midnight, local time there, after the tenth (seventh) day.
A report on a serious incident is filed only when the Board asks for it, by the day that it names.
What is not known is read the strict way.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from common.time import day_bounds

ACCIDENT = "accident"
SERIOUS_INCIDENT = "serious_incident"
OVERDUE = "overdue"
SEVERE_INJURIES = frozenset({"serious", "fatal"})
SEVERE_DAMAGE = frozenset({"substantial", "destroyed"})
AFTER_ACCIDENT = timedelta(days=10)
WHEN_MISSING = timedelta(days=7)

# Company practice: "immediately" is amber at once and late after an hour.
NOTICE_RED = timedelta(hours=1)
REPORT_AMBER = timedelta(days=3)


def event_of(*, kind: str, injuries: str, damage: str) -> str:
    """
    Tell an accident, a serious incident and an overdue aircraft apart.

    Death, serious injury or substantial damage makes an accident of whatever was listed
    (49 CFR 830.2); an aircraft that is missing is not known to have had one.
    """
    is_harm = injuries in SEVERE_INJURIES or damage in SEVERE_DAMAGE
    if is_harm or kind == ACCIDENT:
        return ACCIDENT
    return OVERDUE if kind == OVERDUE else SERIOUS_INCIDENT


def is_notifiable(*, event: str, is_found: bool) -> bool:
    """Say whether notice is due; an overdue aircraft that turned up safe needs none (830.5(b))."""
    return not (event == OVERDUE and is_found)


def report_due_at(
    *,
    event: str,
    occurred_at: datetime,
    zone: ZoneInfo,
    is_found: bool = False,
    asked_for_on: date | None = None,
) -> datetime | None:
    """
    Say when the report is late: the first moment after its last day; None when none is due.

    `asked_for_on` is the last day that the Board named in asking for a report on an incident.
    """
    day = occurred_at.astimezone(zone).date()
    if event == ACCIDENT:
        return day_bounds(day + AFTER_ACCIDENT, zone)[1]
    if event == OVERDUE and not is_found:
        return day_bounds(day + WHEN_MISSING, zone)[1]
    return day_bounds(asked_for_on, zone)[1] if asked_for_on is not None else None

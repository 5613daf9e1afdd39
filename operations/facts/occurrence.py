"""Facts of accidents, serious incidents and overdue aircraft. Values only."""

from datetime import date, datetime

from msgspec import Struct


class OccurrenceFacts(Struct, frozen=True, kw_only=True):
    """
    An occurrence as far as the clocks of the NTSB need it.

    `report_due_at` is the first moment after the last day of the report, None when none is asked.
    """

    rule_date: date | None = None
    number: str
    event: str
    status: str
    aware_at: datetime
    is_notifiable: bool = True
    notified_at: datetime | None = None
    report_due_at: datetime | None = None
    filed_at: datetime | None = None


class OpenOccurrence(Struct, frozen=True, kw_only=True):
    """One that is not closed yet, of the aircraft of a trip or of somebody in its crew."""

    number: str
    event: str
    is_of_aircraft: bool = False

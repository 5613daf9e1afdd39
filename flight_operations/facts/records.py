"""Facts about the papers of an operation: checklist, log, release. Values only."""

from datetime import datetime

from msgspec import Struct


class ChecklistItemFacts(Struct, frozen=True, kw_only=True):
    """One line of the pre-flight checklist; `answer` is empty until somebody answers."""

    code: str
    title: str
    is_required: bool
    answer: str = ""
    answered_at: datetime | None = None
    valid_until: datetime | None = None


class ChecklistFacts(Struct, frozen=True, kw_only=True):
    """The pre-flight checklist, line by line."""

    items: tuple[ChecklistItemFacts, ...] = ()

    def item(self, code: str) -> ChecklistItemFacts | None:
        return next((item for item in self.items if item.code == code), None)


class AlertFacts(Struct, frozen=True, kw_only=True):
    """
    The alerts of one kind that a flight raised: how many, how many of them nobody has acknowledged,
    and how many have no note.
    """

    kind: str
    count: int
    unacknowledged: int
    without_note: int


class LogFacts(Struct, frozen=True, kw_only=True):
    """
    What was recorded after the flight; None until it was (MOS 10.05, 10.06).

    `is_as_released` is None while the operational log is open.
    """

    ended_at: datetime
    log_completed_at: datetime | None = None
    is_as_released: bool | None = None
    alerts: tuple[AlertFacts, ...] = ()
    has_incident: bool = False
    became_unserviceable: bool = False
    pilots_logged: tuple[int, ...] = ()


class ReleaseFacts(Struct, frozen=True, kw_only=True):
    """The live operational release: who let the operation go, and on which plan."""

    released_by: str
    released_at: datetime
    is_of_this_plan: bool

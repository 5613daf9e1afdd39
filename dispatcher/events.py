from dataclasses import dataclass
from typing import ClassVar

from common.events import Event


@dataclass(frozen=True, kw_only=True)
class DispatchEventRaised(Event):
    """Something happened that a desk has to look at."""

    name: ClassVar[str] = "dispatcher.dispatch_event_raised"
    event_id: int


@dataclass(frozen=True, kw_only=True)
class DispatchEventOverdue(Event):
    """Nobody acknowledged or resolved something in time."""

    name: ClassVar[str] = "dispatcher.dispatch_event_overdue"
    event_id: int


@dataclass(frozen=True, kw_only=True)
class NoticeIssued(Event):
    """A pilot or a dispatcher was told something."""

    name: ClassVar[str] = "dispatcher.notice_issued"
    notice_id: int

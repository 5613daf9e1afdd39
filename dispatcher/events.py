from dataclasses import dataclass
from typing import ClassVar

from common.events import Event


@dataclass(frozen=True, kw_only=True)
class SchedulePublished(Event):
    """
    The plan of a day is in force; `assignment_ids` are those that are new or changed.

    `stood_down` counts the operations that gave their time back. What was stored before the last
    three were told names nobody.
    """

    name: ClassVar[str] = "dispatcher.schedule_published"
    schedule_id: int
    revision: int
    assignment_ids: tuple[int, ...]
    withdrawn_ids: tuple[int, ...]
    stood_down: int = 0
    published_by_id: int = 0
    is_by_hand: bool = False


@dataclass(frozen=True, kw_only=True)
class ScheduleClosed(Event):
    """The plan of a day is a record from now on."""

    name: ClassVar[str] = "dispatcher.schedule_closed"
    schedule_id: int


@dataclass(frozen=True, kw_only=True)
class AssignmentsProposed(Event):
    """A proposal was made or changed; nothing of it is in force yet."""

    name: ClassVar[str] = "dispatcher.assignments_proposed"
    schedule_id: int


@dataclass(frozen=True, kw_only=True)
class AssignmentChanged(Event):
    """One assignment in force was followed to what its operation became."""

    name: ClassVar[str] = "dispatcher.assignment_changed"
    schedule_id: int
    assignment_id: int


@dataclass(frozen=True, kw_only=True)
class OptimizationProgressed(Event):
    """A run began, ended or was stopped."""

    name: ClassVar[str] = "dispatcher.optimization_progressed"
    run_id: int
    status: str


@dataclass(frozen=True, kw_only=True)
class DispatchEventRaised(Event):
    """Something happened that a desk has to look at."""

    name: ClassVar[str] = "dispatcher.dispatch_event_raised"
    event_id: int


@dataclass(frozen=True, kw_only=True)
class DispatchEventWorsened(Event):
    """Something that a desk knew of already became critical."""

    name: ClassVar[str] = "dispatcher.dispatch_event_worsened"
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

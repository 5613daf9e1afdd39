"""What other systems may hear of the desk's events and plans."""

from typing import Any

from common.webhooks.offers import Holds, Record, offer
from dispatcher import events
from dispatcher.models import DispatchEvent, DispatchSchedule
from dispatcher.models.scoping import TRIPS


def _events(user: Any, holds: Holds) -> Any:
    rows = DispatchEvent.objects.visible_to(user)
    return rows if holds(TRIPS) else rows.without_crewed()


EVENT = Record(
    kind="dispatch_event",
    model=DispatchEvent,
    number="number",
    path="/api/dispatcher/events/{number}/",
    permission="dispatcher.view_dispatchevent",
    scope_prefix="rpas_operator:",
    scope="center__operator_id",
    visible=_events,
)
SCHEDULE = Record(
    kind="schedule",
    model=DispatchSchedule,
    number="center__code",
    path="/api/dispatcher/schedules/{id}/",
    permission="dispatcher.view_dispatchschedule",
    scope_prefix="rpas_operator:",
    scope="center__operator_id",
)

offer(
    EVENT,
    "event_id",
    [
        ("raised", events.DispatchEventRaised, "Something happened that a desk looks at."),
        ("worsened", events.DispatchEventWorsened, "A known event became critical."),
        ("overdue", events.DispatchEventOverdue, "Nobody answered in time."),
    ],
)
offer(
    SCHEDULE,
    "schedule_id",
    [
        ("published", events.SchedulePublished, "The plan of a day is in force."),
        ("closed", events.ScheduleClosed, "The plan of a day is a record from now on."),
    ],
)

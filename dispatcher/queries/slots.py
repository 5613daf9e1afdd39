"""Where one more operation fits into a day as it is planned now."""

from datetime import date, datetime, timedelta
from typing import Any

from dispatcher import engine
from dispatcher.keys import pk_of
from dispatcher.models import DispatchCenter, DispatchSchedule
from dispatcher.planning.model import Reason
from dispatcher.planning.slot import Slot
from dispatcher.queries.answers import reason_entry
from dispatcher.queries.day_problem import DayProblem, day_problem, on_the_road
from dispatcher.queries.in_force import plan_in_force
from dispatcher.queries.reach import require_within_reach
from dispatcher.queries.screened import red_trials
from flight_operations.facts.what_if import Trial
from flight_operations.models import FlightOperation


def recommend_slots(
    center: DispatchCenter, operation: FlightOperation, day: date, *, now: datetime
) -> dict[str, Any]:
    """
    Up to five times with a pair each, best first, of which the rules refuse none; or why not.

    The day need not be open yet. Everybody keeps what they have; nothing is written. Raises
    InvalidInput for a day too far away.
    """
    require_within_reach(day, at=now)
    schedule = DispatchSchedule.objects.filter(center=center, day=day).first()
    if schedule is None:
        opens, closes = center.opening(day)
        schedule = DispatchSchedule(center=center, day=day, opens_at=opens, closes_at=closes)
    gathered = on_the_road(day_problem(schedule, now=now, only=operation))
    task = next((each for each in gathered.problem.tasks if each.key == operation.number), None)
    if task is None:
        message = f"{operation.number} is not one that this center plans on {day}."
        return {"slots": [], "reasons": [reason_entry(Reason("not_of_this_day", message))]}
    found = engine.slots(
        gathered.problem,
        plan_in_force(gathered, with_proposed=True),
        task,
        permits=lambda slot: _is_permitted(slot, operation, center, now),
    )
    duration = operation.planned_end_at - operation.planned_start_at
    return {
        "slots": [_shown(slot, gathered, duration) for slot in found.slots],
        "reasons": [reason_entry(each) for each in found.reasons],
    }


def _is_permitted(
    slot: Slot, operation: FlightOperation, center: DispatchCenter, now: datetime
) -> bool:
    trial = Trial(operation.pk, pk_of(slot.aircraft), pk_of(slot.pilot), slot.period.start)
    return not red_trials([trial], scope=center.scope, now=now)


def _shown(slot: Slot, day: DayProblem, duration: timedelta) -> dict[str, Any]:
    names = day.names
    return {
        "aircraft": names[slot.aircraft],
        "pilot": pk_of(slot.pilot),
        "pilot_name": names[slot.pilot],
        "start_at": slot.period.start,
        "end_at": slot.period.start + duration,
        "travel_min": round(slot.extra_travel.total_seconds() / 60, 1),
        "cost": slot.cost,
    }

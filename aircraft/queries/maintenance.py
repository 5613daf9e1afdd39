"""What is due, and when it will be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from aircraft.airworthiness import DueItem, due_items
from aircraft.forecast import PlannedFlight, Reached, first_reached, forecast
from aircraft.models import Aircraft, AircraftStatus, MaintenanceTask
from aircraft.queries.airworthiness import task_facts, tasks_of
from aircraft.queries.availability import live_bookings, planned_flights


@dataclass(frozen=True)
class TaskForecast:
    """One task: each of its limits, and the first that the booked schedule reaches."""

    task_id: int
    title: str
    kind: str
    limits: Sequence[Reached]
    first: Reached | None


@dataclass(frozen=True)
class Forecast:
    """One aircraft's tasks, soonest first, over what is booked until a moment."""

    aircraft: Aircraft
    now: datetime
    until: datetime
    booked_min: int
    booked_cycles: int
    flights: Sequence[PlannedFlight]
    tasks: Sequence[TaskForecast]


@dataclass(frozen=True)
class TailDue:
    """One limit of one aircraft that is near, passed or within the horizon."""

    tail_number: str
    item: DueItem


def forecast_of(aircraft: Aircraft, *, now: datetime, days: int) -> Forecast:
    """
    When each limit of each task will be reached, given the flying booked in the days to come.

    A flight under way counts whole. A bounded number of statements.
    """
    until = now + timedelta(days=days)
    booked = live_bookings([aircraft.pk], start=now, end=until)
    flights = planned_flights(booked).get(aircraft.pk, [])
    tasks = []
    for task in tasks_of([aircraft.pk]).get(aircraft.pk, ()):
        limits = forecast(
            task,
            flights,
            now=now,
            zone=aircraft.zone,
            time_min=aircraft.time_in_service_min,
            cycles=aircraft.cycles,
        )
        first = first_reached(limits)
        tasks.append(TaskForecast(task.task_id, task.title, task.kind, limits, first))
    return Forecast(
        aircraft=aircraft,
        now=now,
        until=until,
        booked_min=sum(flight.minutes for flight in flights),
        booked_cycles=sum(flight.cycles for flight in flights),
        flights=flights,
        tasks=sorted(tasks, key=_soonest),
    )


def maintenance_due(rows: QuerySet[Aircraft], *, now: datetime, within_days: int) -> list[TailDue]:
    """
    What of a fleet is passed, near, or due by date within some days, most urgent first.

    Each aircraft on its base's own day. Two statements.
    """
    fleet = {
        row.pk: row
        for row in rows.exclude(status=AircraftStatus.RETIRED).select_related("base").order_by("pk")
    }
    active = MaintenanceTask.objects.active().filter(aircraft__in=list(fleet))
    found = []
    for pk, tasks in task_facts(active).items():
        row = fleet[pk]
        items = due_items(
            tasks,
            on=now.astimezone(row.zone).date(),
            time_min=row.time_in_service_min,
            cycles=row.cycles,
        )
        found += [TailDue(row.tail_number, item) for item in items if _is_shown(item, within_days)]
    return sorted(found, key=lambda due: _urgency(due.item, due.tail_number))


def due_now(aircraft: Aircraft, *, now: datetime) -> list[DueItem]:
    """Every limit of an aircraft with what remains today."""
    return due_items(
        tasks_of([aircraft.pk]).get(aircraft.pk, ()),
        on=now.astimezone(aircraft.zone).date(),
        time_min=aircraft.time_in_service_min,
        cycles=aircraft.cycles,
    )


def _soonest(task: TaskForecast) -> tuple[int, float, int]:
    if task.first is None or task.first.at is None:
        return 1, 0.0, task.task_id
    return 0, task.first.at.timestamp(), task.task_id


def _is_shown(item: DueItem, within_days: int) -> bool:
    is_soon = item.unit == "days" and item.remaining <= within_days
    return item.is_exceeded or item.is_near or is_soon


def _urgency(item: DueItem, tail: str) -> tuple[bool, bool, float, str]:
    share = item.remaining / (item.interval or 1)
    return not item.is_exceeded, not item.is_near, share, tail

"""Maintenance tasks, the work done on them, and other work with a release to service."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from aircraft.airworthiness import add_months, lax_field
from aircraft.events import AircraftChanged, MaintenanceCompleted
from aircraft.exceptions import TaskInactive
from aircraft.models import Aircraft, MaintenanceLog, MaintenanceTask, MaintenanceVisit
from aircraft.queries.hours import TOTALS, totals_on
from aircraft.services.records import aircraft_changed, local_day, lock_aircraft, signed
from common.exceptions import InvalidInput
from common.lifecycle import locked

INTERVALS = ("interval_months", "interval_days", "interval_min", "interval_cycles")
COUNTED = {"min": "time_in_service_min", "cycles": "cycles"}


@transaction.atomic
def add_task(aircraft: Aircraft, *, actor: Any, at: datetime, **values: Any) -> MaintenanceTask:
    """
    Put a maintenance task on file; last done today unless given, at what was flown by that day.

    Raises InvalidInput without an interval, with both months and days, with one laxer than the law
    for its kind, or when the last time is to come.
    """
    aircraft = lock_aircraft(aircraft)
    task = MaintenanceTask(aircraft=aircraft, **values)
    if "last_done_on" not in values:
        task.last_done_on = local_day(aircraft, at)
    totals = _totals(aircraft, task.last_done_on, at)
    for unit, total in COUNTED.items():
        if f"last_done_{unit}" not in values:
            setattr(task, f"last_done_{unit}", totals[total])
    _check(task)
    _check_last_time(task, aircraft, at)
    plan_next_due(task)
    task.save()
    _announce(aircraft, "task_added", task, actor=actor, at=at)
    return task


@transaction.atomic
def update_task(
    task: MaintenanceTask,
    *,
    changes: Mapping[str, Any],
    version: int | None,
    actor: Any,
    at: datetime,
) -> MaintenanceTask:
    """Change a task; when it is next due follows. Raises StaleVersion, InvalidInput."""
    aircraft = lock_aircraft(task.aircraft)
    task = locked(task, version=version)
    for name, value in changes.items():
        setattr(task, name, value)
    _check(task)
    plan_next_due(task)
    task.save()
    _announce(aircraft, "task_changed", task, actor=actor, at=at, fields=sorted(changes))
    return task


@transaction.atomic
def complete_task(
    task: MaintenanceTask,
    *,
    work_done: str,
    license_number: str,
    name: str = "",
    parts: str = "",
    completed_on: date | None = None,
    visit: MaintenanceVisit | None = None,
    actor: Any,
    at: datetime,
) -> MaintenanceLog:
    """
    Record that a task was done, released to service by a person with a license; plan the next.

    Work done late but within the tolerance starts the next interval at the point it was due, so
    the overrun is taken off (14 CFR 91.409(b)). Raises InvalidInput, TaskInactive.
    """
    aircraft = lock_aircraft(task.aircraft)
    task = locked(task)
    if not task.is_active:
        raise TaskInactive(title=task.title)
    done_on = completed_on or local_day(aircraft, at)
    if not task.last_done_on <= done_on <= local_day(aircraft, at):
        raise InvalidInput("/completed_on", "Before the last time, or still to come.")
    work: dict[str, Any] = {"work_done": work_done, "parts": parts, "completed_on": done_on}
    log = _log(aircraft, work, name, license_number, task=task, visit=visit, actor=actor, at=at)
    _restart(task, log)
    plan_next_due(task)
    task.save()
    _maintained(aircraft, log, actor=actor, at=at, task=task.title)
    return log


@transaction.atomic
def record_work(
    aircraft: Aircraft,
    *,
    work_done: str,
    license_number: str,
    name: str = "",
    parts: str = "",
    completed_on: date | None = None,
    visit: MaintenanceVisit | None = None,
    actor: Any,
    at: datetime,
) -> MaintenanceLog:
    """Record work that belongs to no task, with its release to service. Raises InvalidInput."""
    aircraft = lock_aircraft(aircraft)
    today = local_day(aircraft, at)
    done_on = completed_on or today
    if done_on > today:
        raise InvalidInput("/completed_on", "That is still to come.")
    work: dict[str, Any] = {"work_done": work_done, "parts": parts, "completed_on": done_on}
    log = _log(aircraft, work, name, license_number, visit=visit, actor=actor, at=at)
    _maintained(aircraft, log, actor=actor, at=at)
    return log


def plan_next_due(task: MaintenanceTask) -> None:
    """Set when a task is next due, from when it was last done and each interval it has."""
    task.next_due_on = None
    if task.interval_months:
        task.next_due_on = add_months(task.last_done_on, task.interval_months)
    elif task.interval_days:
        task.next_due_on = task.last_done_on + timedelta(days=task.interval_days)
    for unit in COUNTED:
        interval = getattr(task, f"interval_{unit}")
        last = getattr(task, f"last_done_{unit}")
        setattr(task, f"next_due_{unit}", last + interval if interval else None)


def _restart(task: MaintenanceTask, log: MaintenanceLog) -> None:
    days = timedelta(task.tolerance_days)
    task.last_done_on = _started_from(task.next_due_on, log.completed_on, days)
    for unit, total in COUNTED.items():
        due, tolerance = getattr(task, f"next_due_{unit}"), getattr(task, f"tolerance_{unit}")
        setattr(task, f"last_done_{unit}", _started_from(due, getattr(log, total), tolerance))


def lower_last_times(aircraft: Aircraft, *, since: date, deltas: Mapping[str, int]) -> None:
    """
    Make tasks done since a day due earlier by what a correction takes off the totals of that day.

    They were signed for at totals that were too high. What a correction adds changes nothing: work
    is then due too early rather than too late. Part of a service that holds the aircraft's lock.
    """
    lost = {unit: max(0, -deltas[total]) for unit, total in COUNTED.items()}
    if not any(lost.values()):
        return
    done = MaintenanceTask.objects.on_aircraft(aircraft.pk).filter(last_done_on__gte=since)
    for task in done.select_for_update(of=("self",), no_key=True).order_by("pk"):
        for unit, amount in lost.items():
            name = f"last_done_{unit}"
            setattr(task, name, max(0, getattr(task, name) - amount))
        plan_next_due(task)
        task.save()


def _started_from(due: Any, done: Any, tolerance: Any) -> Any:
    """The point from which the next interval counts: done, or due when late within tolerance."""
    if due is not None and tolerance and due < done <= due + tolerance:
        return due
    return done


def _log(
    aircraft: Aircraft,
    work: Mapping[str, Any],
    name: str,
    license_number: str,
    *,
    task: MaintenanceTask | None = None,
    visit: MaintenanceVisit | None = None,
    actor: Any,
    at: datetime,
) -> MaintenanceLog:
    if visit is not None and visit.aircraft_id != aircraft.pk:
        raise InvalidInput("/visit", "That visit is of another aircraft.")
    hand = signed(actor, name=name, license_number=license_number)
    return MaintenanceLog.objects.create(
        aircraft=aircraft,
        task=task,
        visit=visit,
        released_name=hand.name,
        released_license=hand.license_number,
        recorded_by=actor,
        recorded_at=at,
        **_totals(aircraft, work["completed_on"], at),
        **work,
    )


def _totals(aircraft: Aircraft, day: date, at: datetime) -> dict[str, int]:
    """What the aircraft had flown when work was done: today what it has now."""
    if day < local_day(aircraft, at):
        return totals_on(aircraft, day)
    return {name: getattr(aircraft, name) for name in TOTALS}


def _check(task: MaintenanceTask) -> None:
    if not any(getattr(task, name) for name in INTERVALS):
        raise InvalidInput("/interval_days", "Give at least one interval.")
    if task.interval_months and task.interval_days:
        raise InvalidInput("/interval_days", "Months or days, not both.")
    lax = lax_field(task)
    if lax is not None:
        raise InvalidInput(f"/{lax[0]}", f"The law allows this kind of task {lax[1]} at most.")


def _check_last_time(task: MaintenanceTask, aircraft: Aircraft, at: datetime) -> None:
    if task.last_done_on > local_day(aircraft, at):
        raise InvalidInput("/last_done_on", "That is still to come.")
    for unit, total in COUNTED.items():
        if getattr(task, f"last_done_{unit}") > getattr(aircraft, total):
            raise InvalidInput(f"/last_done_{unit}", "More than the aircraft has flown.")


def _announce(
    aircraft: Aircraft, deed: str, task: MaintenanceTask, *, actor: Any, at: datetime, **done: Any
) -> None:
    event = AircraftChanged(aircraft_id=aircraft.pk)
    aircraft_changed(aircraft, deed, event, actor=actor, at=at, title=task.title, **done)


def _maintained(
    aircraft: Aircraft, log: MaintenanceLog, *, actor: Any, at: datetime, **done: Any
) -> None:
    event = MaintenanceCompleted(aircraft_id=aircraft.pk, log_id=log.pk)
    aircraft_changed(aircraft, "maintained", event, actor=actor, at=at, log=log.pk, **done)

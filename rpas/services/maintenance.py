from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import Coalesce

from common.exceptions import InvalidInput
from common.lifecycle import locked
from rpas.events import AircraftChanged, MaintenanceCompleted, MaintenanceDue
from rpas.exceptions import MaintenanceInactive, NotConditional
from rpas.models import (
    F2FlightHoursEntry,
    F2MaintenanceSchedule,
    MaintenanceRecord,
    RPASAircraft,
    TriggerKind,
)
from rpas.models.maintenance import INTERVAL_OF
from rpas.queries.people import local_day
from rpas.services.records import aircraft_changed, lock_aircraft, stated_or_own

COUNTED = ("min", "cycles", "flights")
TOTALS = dict(zip(COUNTED, ("time_in_service_min", "cycles", "flights"), strict=True))


@transaction.atomic
def add_schedule(
    aircraft: RPASAircraft, *, actor: Any, at: datetime, **values: Any
) -> F2MaintenanceSchedule:
    """
    Add a maintenance item, last done today unless given, at the totals of that day unless given.

    Raises InvalidInput when the interval of its kind is missing or the last time is to come.
    """
    aircraft = lock_aircraft(aircraft)
    today = local_day(aircraft.operator, at)
    schedule = F2MaintenanceSchedule(aircraft=aircraft, **values)
    if "last_done_on" not in values:
        schedule.last_done_on = today
    done_at = _totals(aircraft, schedule.last_done_on, today)
    for unit in COUNTED:
        if f"last_done_{unit}" not in values:
            setattr(schedule, f"last_done_{unit}", done_at[unit])
    _check(schedule, aircraft, today)
    plan_next_due(schedule)
    schedule.save()
    aircraft_changed(
        aircraft,
        "maintenance_added",
        AircraftChanged(aircraft_id=aircraft.pk),
        actor=actor,
        at=at,
        title=schedule.title,
    )
    return schedule


@transaction.atomic
def update_schedule(
    schedule: F2MaintenanceSchedule,
    *,
    changes: Mapping[str, Any],
    version: int | None,
    actor: Any,
    at: datetime,
) -> F2MaintenanceSchedule:
    """Change a maintenance item; when it is next due follows. Raises StaleVersion, InvalidInput."""
    aircraft = lock_aircraft(schedule.aircraft)
    schedule = locked(schedule, version=version)
    for name, value in changes.items():
        setattr(schedule, name, value)
    _check(schedule, aircraft, local_day(aircraft.operator, at))
    plan_next_due(schedule)
    schedule.save()
    aircraft_changed(
        aircraft,
        "maintenance_changed",
        AircraftChanged(aircraft_id=aircraft.pk),
        actor=actor,
        at=at,
        title=schedule.title,
        fields=sorted(changes),
    )
    return schedule


@transaction.atomic
def complete_maintenance(
    schedule: F2MaintenanceSchedule,
    *,
    work_done: str,
    parts: str = "",
    completed_on: date | None = None,
    name: str = "",
    arn: str = "",
    actor: Any,
    at: datetime,
) -> MaintenanceRecord:
    """
    Record maintenance that was done, and when the item is next due.

    Date, name and ARN together, or none: then the actor did it today. Raises InvalidInput,
    NoReferenceNumber, MaintenanceInactive.
    """
    _check_signature(completed_on, name, arn)
    aircraft = lock_aircraft(schedule.aircraft)
    schedule = locked(schedule)
    today = local_day(aircraft.operator, at)
    done_on = _completion_day(schedule, completed_on, today)
    done_at = _totals_since(schedule, _totals(aircraft, done_on, today))
    signed = stated_or_own(actor, name=name, arn=arn)
    record = MaintenanceRecord.objects.create(
        schedule=schedule,
        aircraft=aircraft,
        completed_on=done_on,
        name=signed.name,
        arn=signed.number,
        work_done=work_done,
        parts=parts,
        recorded_by=actor,
        recorded_at=at,
        **{TOTALS[unit]: total for unit, total in done_at.items()},
    )
    _restart(schedule, done_at, done_on)
    event = MaintenanceCompleted(aircraft_id=aircraft.pk, record_id=record.pk)
    aircraft_changed(aircraft, "maintained", event, actor=actor, at=at, record=record.pk)
    return record


@transaction.atomic
def trigger_conditional(
    schedule: F2MaintenanceSchedule, *, reason: str, actor: Any, at: datetime
) -> F2MaintenanceSchedule:
    """
    Report that the condition of a conditional item has come true, such as a hard landing.

    The item is due until it is completed. Raises NotConditional, MaintenanceInactive.
    """
    aircraft = lock_aircraft(schedule.aircraft)
    schedule = locked(schedule)
    if schedule.kind != TriggerKind.CONDITIONAL:
        raise NotConditional(title=schedule.title)
    if not schedule.is_active:
        raise MaintenanceInactive(title=schedule.title)
    schedule.is_triggered = True
    schedule.triggered_on = local_day(aircraft.operator, at)
    schedule.save(update_fields=["is_triggered", "triggered_on", "updated_at"])
    aircraft_changed(
        aircraft,
        "maintenance_triggered",
        MaintenanceDue(aircraft_id=aircraft.pk, schedule_ids=[schedule.pk]),
        actor=actor,
        at=at,
        reason=reason,
        title=schedule.title,
    )
    return schedule


def plan_next_due(schedule: F2MaintenanceSchedule) -> None:
    """Set when an item is next due, from when it was last done and each interval it has."""
    days = schedule.interval_days
    schedule.next_due_on = schedule.last_done_on + timedelta(days=days) if days else None
    for unit in COUNTED:
        interval = getattr(schedule, f"interval_{unit}")
        last = getattr(schedule, f"last_done_{unit}")
        setattr(schedule, f"next_due_{unit}", last + interval if interval else None)


def _check_signature(completed_on: date | None, name: str, arn: str) -> None:
    given = (completed_on is not None, bool(name), bool(arn))
    if any(given) and not all(given):
        raise InvalidInput("/completed_on", "Give date, name and ARN together, or none of them.")


def _completion_day(
    schedule: F2MaintenanceSchedule, completed_on: date | None, today: date
) -> date:
    if not schedule.is_active:
        raise MaintenanceInactive(title=schedule.title)
    done_on = completed_on or today
    if not schedule.last_done_on <= done_on <= today:
        raise InvalidInput("/completed_on", "Before the last time, or still to come.")
    if schedule.triggered_on is not None and done_on < schedule.triggered_on:
        raise InvalidInput("/completed_on", "Before the day on which the condition was reported.")
    return done_on


def _totals_since(schedule: F2MaintenanceSchedule, totals: Mapping[str, int]) -> dict[str, int]:
    """Never less than at the last time: both may be on one day."""
    return {unit: max(n, getattr(schedule, f"last_done_{unit}")) for unit, n in totals.items()}


def _restart(schedule: F2MaintenanceSchedule, done_at: Mapping[str, int], done_on: date) -> None:
    schedule.last_done_on = done_on
    for unit, total in done_at.items():
        setattr(schedule, f"last_done_{unit}", total)
    schedule.is_triggered, schedule.triggered_on = False, None
    plan_next_due(schedule)
    schedule.save()


def _totals(aircraft: RPASAircraft, done_on: date, today: date) -> dict[str, int]:
    """
    The totals at which work of a day was done: those of now for today, else those before that day.

    What was flown on an earlier day itself counts as flown after the work: that makes the next time
    due sooner, never later.
    """
    if done_on >= today:
        return {unit: getattr(aircraft, name) for unit, name in TOTALS.items()}
    entries = F2FlightHoursEntry.objects.on_aircraft(aircraft.pk)
    # A correction belongs to the day of what it corrects.
    flown = entries.annotate(flown_on=Coalesce("corrects__entry_on", "entry_on")).filter(
        flown_on__lt=done_on
    )
    sums = flown.aggregate(**{unit: Sum(name) for unit, name in TOTALS.items()})
    return {
        unit: max(0, getattr(aircraft, f"brought_forward_{unit}") + (sums[unit] or 0))
        for unit in TOTALS
    }


def _check(schedule: F2MaintenanceSchedule, aircraft: RPASAircraft, today: date) -> None:
    if schedule.kind == TriggerKind.CONDITIONAL:
        if not schedule.condition:
            raise InvalidInput("/condition", "Say which condition makes it due.")
    else:
        field = INTERVAL_OF[TriggerKind(schedule.kind)]
        if not getattr(schedule, field):
            raise InvalidInput(f"/{field}", "Needed for this kind of maintenance.")
    if schedule.last_done_on > today:
        raise InvalidInput("/last_done_on", "That is still to come.")
    for unit in COUNTED:
        if getattr(schedule, f"last_done_{unit}") > getattr(aircraft, TOTALS[unit]):
            raise InvalidInput(f"/last_done_{unit}", "More than the aircraft has.")

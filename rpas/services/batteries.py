from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from common import audit
from common.compliance.service import touch
from common.lifecycle import locked, move
from common.outbox import announce
from rpas.events import AircraftChanged
from rpas.exceptions import BatteryNotInService, OtherOperator
from rpas.models import Battery, BatteryStatus, RPASAircraft, RPASOperator
from rpas.models.operator import normalized
from rpas.services.records import lock_aircraft


@transaction.atomic
def register_battery(
    *,
    operator: RPASOperator,
    serial_number: str,
    aircraft: RPASAircraft | None = None,
    actor: Any,
    at: datetime,
    **values: Any,
) -> Battery:
    """Add a battery, fitted to an aircraft of the same operator or on the shelf."""
    if aircraft is not None:
        aircraft = _own(lock_aircraft(aircraft), operator)
    battery = Battery.objects.create(
        operator=operator, aircraft=aircraft, serial_number=normalized(serial_number), **values
    )
    _changed(battery, "registered", aircraft, actor=actor, at=at)
    return battery


@transaction.atomic
def update_battery(
    battery: Battery,
    *,
    changes: Mapping[str, Any],
    version: int | None,
    actor: Any,
    at: datetime,
) -> Battery:
    """Change what was measured or written of a battery. Raises StaleVersion."""
    _lock_fitted(battery)
    battery = locked(battery, version=version)
    for name, value in changes.items():
        setattr(battery, name, value)
    battery.save(update_fields=[*changes, "updated_at"])
    _changed(battery, "updated", battery.aircraft, actor=actor, at=at, fields=sorted(changes))
    return battery


@transaction.atomic
def assign_battery(
    battery: Battery, *, aircraft: RPASAircraft | None, actor: Any, at: datetime
) -> Battery:
    """
    Fit a battery to an aircraft, or take it off (None).

    Raises BatteryNotInService, OtherOperator, AircraftRetired.
    """
    # Both aircraft in one order, so that two swaps cannot wait for each other.
    for row in sorted(filter(None, {battery.aircraft, aircraft}), key=lambda row: row.pk):
        lock_aircraft(row)
    battery = locked(battery)
    former = battery.aircraft
    if aircraft is not None:
        _own(aircraft, battery.operator)
        if battery.status != BatteryStatus.IN_SERVICE:
            raise BatteryNotInService(battery=battery.serial_number, status=battery.status)
    battery.aircraft = aircraft
    battery.save(update_fields=["aircraft", "updated_at"])
    fitted = aircraft.registration if aircraft else ""
    _changed(battery, "assigned", former, aircraft, actor=actor, at=at, aircraft=fitted)
    return battery


@transaction.atomic
def quarantine_battery(battery: Battery, *, reason: str, actor: Any, at: datetime) -> Battery:
    """Take a battery out of use until somebody returns it; it stays where it is."""
    return _move(battery, BatteryStatus.QUARANTINED, reason=reason, actor=actor, at=at)


@transaction.atomic
def return_battery(battery: Battery, *, reason: str = "", actor: Any, at: datetime) -> Battery:
    """Bring a quarantined battery back into use."""
    return _move(battery, BatteryStatus.IN_SERVICE, reason=reason, actor=actor, at=at)


@transaction.atomic
def retire_battery(battery: Battery, *, reason: str, actor: Any, at: datetime) -> Battery:
    """Take a battery out of use for good, and off its aircraft."""
    return _move(battery, BatteryStatus.RETIRED, reason=reason, actor=actor, at=at)


def _move(battery: Battery, to: BatteryStatus, *, reason: str, actor: Any, at: datetime) -> Battery:
    _lock_fitted(battery)
    battery = locked(battery)
    aircraft = battery.aircraft
    if to == BatteryStatus.RETIRED:
        battery.aircraft = None
    move(battery, to, actor=actor, at=at, reason=reason)
    _changed(battery, str(to.value), aircraft, actor=actor, at=at, reason=reason)
    return battery


def _lock_fitted(battery: Battery) -> None:
    if battery.aircraft is not None:
        lock_aircraft(battery.aircraft, even_retired=True)


def _own(aircraft: RPASAircraft, operator: RPASOperator) -> RPASAircraft:
    if aircraft.operator_id != operator.pk:
        raise OtherOperator(record=aircraft.registration)
    return aircraft


def _changed(
    battery: Battery,
    deed: str,
    *aircraft: RPASAircraft | None,
    actor: Any,
    at: datetime,
    reason: str = "",
    **details: Any,
) -> None:
    scope = f"rpas_operator:{battery.operator_id}"
    audit.record(
        f"battery.{deed}", battery, actor=actor, at=at, reason=reason, scope=scope, **details
    )
    for pk in sorted({row.pk for row in aircraft if row is not None}):
        touch(f"rpas_aircraft:{pk}", because=f"battery {battery.serial_number[:40]}: {deed}")
        announce(AircraftChanged(aircraft_id=pk))

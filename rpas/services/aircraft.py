from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from common.compliance.first import first_verdict
from common.compliance.service import settle
from common.events import Event
from common.exceptions import InvalidInput
from common.lifecycle import move
from rpas.events import (
    AircraftChanged,
    AircraftGrounded,
    AircraftReleased,
    TechnicalLogFaultFound,
)
from rpas.exceptions import AircraftNotServiceable
from rpas.models import (
    AircraftStatus,
    Battery,
    Component,
    ConfigurationChange,
    F2DefectEntry,
    GroundStation,
    RPASAircraft,
    RPASOperator,
)
from rpas.models.operator import normalized
from rpas.queries.technical_log import verify_technical_log
from rpas.services.records import aircraft_changed, lock_aircraft


@transaction.atomic
def register_aircraft(
    *,
    operator: RPASOperator,
    registration: str,
    serial_number: str,
    actor: Any,
    at: datetime,
    **values: Any,
) -> RPASAircraft:
    """
    Put an aircraft on an operator's fleet, with the totals it brings along.

    Registration and serial number are stored in upper case without blanks. The aircraft cannot fly
    until its Part A is issued and it is inspected.
    """
    _check(values)
    aircraft = RPASAircraft.objects.create(
        operator=operator,
        registration=normalized(registration),
        serial_number=normalized(serial_number),
        **values,
    )
    aircraft.refresh_from_db()
    aircraft_changed(
        aircraft, "registered", AircraftChanged(aircraft_id=aircraft.pk), actor=actor, at=at
    )
    first_verdict("rpas.rpasaircraft", aircraft.pk, at=at)
    return aircraft


@transaction.atomic
def update_aircraft(
    aircraft: RPASAircraft,
    *,
    changes: Mapping[str, Any],
    version: int | None,
    actor: Any,
    at: datetime,
) -> RPASAircraft:
    """
    Change what is written of an aircraft; totals, status and firmware have services of their own.

    Raises StaleVersion, InvalidInput, AircraftRetired.
    """
    aircraft = lock_aircraft(aircraft, version=version)
    for name, value in changes.items():
        is_code = name in ("registration", "serial_number")
        setattr(aircraft, name, normalized(value) if is_code else value)
    _check({name: getattr(aircraft, name) for name in _CHECKED})
    aircraft.save(update_fields=[*changes, "updated_at"])
    aircraft_changed(
        aircraft,
        "updated",
        AircraftChanged(aircraft_id=aircraft.pk),
        actor=actor,
        at=at,
        fields=sorted(changes),
    )
    return aircraft


@transaction.atomic
def quarantine(aircraft: RPASAircraft, *, reason: str, actor: Any, at: datetime) -> RPASAircraft:
    """Take an aircraft out of use until somebody returns it."""
    return _set_aside(aircraft, AircraftStatus.QUARANTINED, reason=reason, actor=actor, at=at)


@transaction.atomic
def send_to_maintenance(
    aircraft: RPASAircraft, *, reason: str, actor: Any, at: datetime
) -> RPASAircraft:
    """Hand an aircraft to maintenance."""
    return _set_aside(aircraft, AircraftStatus.IN_MAINTENANCE, reason=reason, actor=actor, at=at)


@transaction.atomic
def return_to_service(
    aircraft: RPASAircraft, *, reason: str = "", actor: Any, at: datetime
) -> RPASAircraft:
    """
    Bring an aircraft back into use.

    Raises AircraftNotServiceable while a major defect is open, TransitionNotAllowed.
    """
    aircraft = lock_aircraft(aircraft)
    count = F2DefectEntry.objects.grounding().on_aircraft(aircraft.pk).count()
    if count:
        raise AircraftNotServiceable(aircraft=aircraft.registration, count=count)
    event = AircraftReleased(aircraft_id=aircraft.pk)
    _move(aircraft, AircraftStatus.IN_SERVICE, event, reason=reason, actor=actor, at=at)
    return aircraft


@transaction.atomic
def retire(aircraft: RPASAircraft, *, reason: str, actor: Any, at: datetime) -> RPASAircraft:
    """Take an aircraft off the fleet for good; its log stays, its batteries become free."""
    aircraft = lock_aircraft(aircraft)
    for battery in Battery.objects.on_aircraft(aircraft.pk).select_for_update().order_by("pk"):
        battery.aircraft = None
        battery.save(update_fields=["aircraft", "updated_at"])
    for station in GroundStation.objects.filter(aircraft=aircraft).order_by("pk"):
        station.aircraft = None
        station.save(update_fields=["aircraft", "updated_at"])
    event = AircraftGrounded(aircraft_id=aircraft.pk)
    _move(aircraft, AircraftStatus.RETIRED, event, reason=reason, actor=actor, at=at)
    settle("rpas.rpasaircraft", aircraft.pk)
    return aircraft


@transaction.atomic
def record_configuration_change(
    aircraft: RPASAircraft,
    *,
    component: str,
    to_value: str,
    reason: str = "",
    actor: Any,
    at: datetime,
) -> ConfigurationChange:
    """
    Write down what was fitted or loaded (MOS 10.01); new firmware also becomes the aircraft's own.

    The former value is the last one recorded.
    """
    aircraft = lock_aircraft(aircraft)
    former = _former_value(aircraft, component)
    if former == to_value:
        raise InvalidInput("/to_value", "That is what is already recorded.")
    change = ConfigurationChange.objects.create(
        aircraft=aircraft,
        component=component,
        from_value=former,
        to_value=to_value,
        reason=reason,
        changed_by=actor,
        changed_at=at,
        time_in_service_min=aircraft.time_in_service_min,
    )
    if component == Component.FIRMWARE:
        aircraft.firmware_version = to_value[:60]
        aircraft.save(update_fields=["firmware_version", "updated_at"])
    event = AircraftChanged(aircraft_id=aircraft.pk)
    done: dict[str, Any] = {"reason": reason, **change.as_details()}
    aircraft_changed(aircraft, "configured", event, actor=actor, at=at, **done)
    return change


@transaction.atomic
def check_technical_log(aircraft: RPASAircraft, *, at: datetime) -> str:
    """
    Read the aircraft's whole log against its hash chain and keep the outcome.

    Returns the fault in words, empty when the log is whole. A fault makes the aircraft red.
    """
    aircraft = lock_aircraft(aircraft, even_retired=True)
    faults = verify_technical_log(aircraft).faults
    fault = str(faults[0])[:200] if faults else ""
    if fault != aircraft.log_fault:
        aircraft.log_fault = fault
        aircraft.save(update_fields=["log_fault", "updated_at"])
        events = [TechnicalLogFaultFound(aircraft_id=aircraft.pk)] if fault else []
        deed = "log_fault_found" if fault else "log_fault_cleared"
        aircraft_changed(aircraft, deed, *events, actor=None, at=at, fault=fault)
    return fault


_CHECKED = ("empty_mass_kg", "mtow_kg", "min_temperature_c", "max_temperature_c")


def _check(values: Mapping[str, Any]) -> None:
    if values["empty_mass_kg"] > values["mtow_kg"]:
        raise InvalidInput("/empty_mass_kg", "More than the maximum take-off mass.")
    low, high = values.get("min_temperature_c"), values.get("max_temperature_c")
    if low is not None and high is not None and low > high:
        raise InvalidInput("/min_temperature_c", "Above the maximum temperature.")


def _former_value(aircraft: RPASAircraft, component: str) -> str:
    if component == Component.FIRMWARE:
        return aircraft.firmware_version
    last = ConfigurationChange.objects.on_aircraft(aircraft.pk).filter(component=component)
    return last.order_by("-pk").values_list("to_value", flat=True).first() or ""


def _set_aside(
    aircraft: RPASAircraft, to: AircraftStatus, *, reason: str, actor: Any, at: datetime
) -> RPASAircraft:
    aircraft = lock_aircraft(aircraft)
    event = AircraftGrounded(aircraft_id=aircraft.pk)
    _move(aircraft, to, event, reason=reason, actor=actor, at=at)
    return aircraft


def _move(
    aircraft: RPASAircraft,
    to: AircraftStatus,
    event: Event,
    *,
    reason: str,
    actor: Any,
    at: datetime,
) -> None:
    move(aircraft, to, actor=actor, at=at, reason=reason)
    aircraft_changed(aircraft, str(to.value), event, actor=actor, at=at, reason=reason)

"""Register aircraft and types, change them, ground them and bring them back."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from aircraft.events import AircraftChanged, AircraftGrounded, AircraftReleased
from aircraft.exceptions import AircraftBooked, AircraftNotAirworthy
from aircraft.models import (
    FLEET_SCOPE,
    HELICOPTERS,
    Aircraft,
    AircraftStatus,
    AircraftType,
    AltitudeBand,
    Defect,
    DefectStatus,
    PayloadRange,
)
from aircraft.performance import RangePoint, is_falling
from aircraft.queries.availability import KIND
from aircraft.services.records import aircraft_changed, first_verdict, local_day, lock_aircraft
from common import audit
from common.compliance.service import settle, touch
from common.exceptions import InvalidInput
from common.lifecycle import locked, move
from common.models import ResourceBooking

_WEIGHTS = ("empty_weight_kg", "basic_weight_kg", "max_payload_kg", "mtow_kg")


@transaction.atomic
def add_type(*, actor: Any, at: datetime, **values: Any) -> AircraftType:
    """Put a type on file under its ICAO designator (Doc 8643)."""
    added = AircraftType.objects.create(**values)
    audit.record("aircraft_type.added", added, actor=actor, at=at, scope=FLEET_SCOPE)
    return added


@transaction.atomic
def update_type(
    row: AircraftType,
    *,
    changes: Mapping[str, Any],
    version: int | None,
    actor: Any,
    at: datetime,
) -> AircraftType:
    """Change what is written of a type; verdicts of its aircraft follow. Raises StaleVersion."""
    row = locked(row, version=version)
    was = is_helicopter(row)
    for name, value in changes.items():
        setattr(row, name, value)
    row.save(update_fields=[*changes, "updated_at"])
    audit.record(
        "aircraft_type.updated",
        row,
        actor=actor,
        at=at,
        scope=FLEET_SCOPE,
        fields=sorted(changes),
    )
    touched = Aircraft.objects.filter(aircraft_type=row).values_list("pk", flat=True)
    keys = [f"aircraft:{pk}" for pk in touched]
    counted = [HELICOPTERS] if was != is_helicopter(row) else []
    touch(*keys, *counted, because=f"{row.designator} changed")
    return row


@transaction.atomic
def register_aircraft(
    *, tail_number: str, serial_number: str, actor: Any, at: datetime, **values: Any
) -> Aircraft:
    """
    Put an aircraft on the fleet, with the totals it brings along.

    Tail and serial number are stored in upper case. Its performance is set by `set_performance`.
    Raises InvalidInput when its weights contradict each other or a weighing is to come.
    """
    _check_weights(values)
    aircraft = Aircraft.objects.create(
        tail_number=tail_number.strip().upper(),
        serial_number=serial_number.strip().upper(),
        **values,
    )
    aircraft.refresh_from_db()
    _check_weighing(aircraft, at)
    event = AircraftChanged(aircraft_id=aircraft.pk)
    is_one = is_helicopter(aircraft.aircraft_type)
    aircraft_changed(aircraft, "registered", event, actor=actor, at=at, is_of_count=is_one)
    first_verdict(aircraft, at=at)
    return aircraft


@transaction.atomic
def amend_aircraft(
    aircraft: Aircraft,
    *,
    changes: Mapping[str, Any],
    version: int | None,
    actor: Any,
    at: datetime,
) -> Aircraft:
    """
    Change what is written of an aircraft; totals, status and performance have their own services.

    Raises StaleVersion, InvalidInput, AircraftRetired.
    """
    aircraft = lock_aircraft(aircraft, version=version)
    was = is_helicopter(aircraft.aircraft_type)
    for name, value in changes.items():
        is_code = name in ("tail_number", "serial_number")
        setattr(aircraft, name, value.strip().upper() if is_code else value)
    _check_weights({name: getattr(aircraft, name) for name in _WEIGHTS})
    _check_weighing(aircraft, at)
    aircraft.save(update_fields=[*changes, "updated_at"])
    event = AircraftChanged(aircraft_id=aircraft.pk)
    done: dict[str, Any] = {"fields": sorted(changes)}
    done["is_of_count"] = was != is_helicopter(aircraft.aircraft_type)
    aircraft_changed(aircraft, "amended", event, actor=actor, at=at, **done)
    return aircraft


@transaction.atomic
def set_performance(
    aircraft: Aircraft,
    *,
    bands: Sequence[Mapping[str, Any]],
    ranges: Sequence[Mapping[str, Any]],
    version: int | None = None,
    actor: Any,
    at: datetime,
) -> Aircraft:
    """
    Replace an aircraft's altitude bands and payload-range diagram as a whole.

    Raises InvalidInput when bands overlap or more payload would go farther, StaleVersion.
    """
    aircraft = lock_aircraft(aircraft, version=version)
    _check_bands(bands)
    points = [RangePoint(row["payload_kg"], row["range_nm"]) for row in ranges]
    if len({point.payload_kg for point in points}) < len(points) or not is_falling(points):
        raise InvalidInput("/ranges", "More payload must not go farther, each payload once.")
    if points and max(point.payload_kg for point in points) > aircraft.max_payload_kg:
        raise InvalidInput("/ranges", "A payload above the maximum payload of the aircraft.")
    AltitudeBand.objects.on_aircraft(aircraft.pk).delete()
    PayloadRange.objects.on_aircraft(aircraft.pk).delete()
    AltitudeBand.objects.bulk_create(AltitudeBand(aircraft=aircraft, **row) for row in bands)
    PayloadRange.objects.bulk_create(PayloadRange(aircraft=aircraft, **row) for row in ranges)
    aircraft.save(update_fields=["updated_at"])
    event = AircraftChanged(aircraft_id=aircraft.pk)
    done: dict[str, Any] = {"bands": len(bands), "ranges": len(ranges)}
    aircraft_changed(aircraft, "performance_set", event, actor=actor, at=at, **done)
    return aircraft


@transaction.atomic
def ground(aircraft: Aircraft, *, reason: str, actor: Any, at: datetime) -> Aircraft:
    """Take an aircraft out of service until somebody returns it."""
    aircraft = lock_aircraft(aircraft)
    move(aircraft, AircraftStatus.GROUNDED, actor=actor, at=at, reason=reason)
    event = AircraftGrounded(aircraft_id=aircraft.pk)
    aircraft_changed(aircraft, "grounded", event, actor=actor, at=at, reason=reason)
    return aircraft


@transaction.atomic
def return_to_service(
    aircraft: Aircraft, *, reason: str = "", actor: Any, at: datetime
) -> Aircraft:
    """
    Bring an aircraft back into service.

    Raises AircraftNotAirworthy while a defect is open, uncertified or deferred past its last day,
    TransitionNotAllowed.
    """
    aircraft = lock_aircraft(aircraft)
    today = local_day(aircraft, at)
    reasons = [
        f"{row.number} is {row.status}"
        for row in Defect.objects.unreleased().on_aircraft(aircraft.pk).order_by("pk")
        if not (row.status == DefectStatus.DEFERRED and row.limit_on and row.limit_on >= today)
    ]
    if reasons:
        raise AircraftNotAirworthy(aircraft=aircraft.tail_number, reasons=", ".join(reasons))
    move(aircraft, AircraftStatus.IN_SERVICE, actor=actor, at=at, reason=reason)
    event = AircraftReleased(aircraft_id=aircraft.pk)
    aircraft_changed(aircraft, "returned", event, actor=actor, at=at, reason=reason)
    return aircraft


@transaction.atomic
def retire(aircraft: Aircraft, *, reason: str, actor: Any, at: datetime) -> Aircraft:
    """
    Take an aircraft off the fleet for good; its records stay.

    Raises AircraftBooked while something to come is booked on it, TransitionNotAllowed.
    """
    aircraft = lock_aircraft(aircraft)
    booked = ResourceBooking.objects.filter(
        resource_kind=KIND, resource_id=aircraft.pk, is_live=True, period__endswith__gt=at
    ).count()
    if booked:
        raise AircraftBooked(aircraft=aircraft.tail_number, count=booked)
    move(aircraft, AircraftStatus.RETIRED, actor=actor, at=at, reason=reason)
    event = AircraftGrounded(aircraft_id=aircraft.pk)
    done: dict[str, Any] = {"is_of_count": is_helicopter(aircraft.aircraft_type)}
    aircraft_changed(aircraft, "retired", event, actor=actor, at=at, reason=reason, **done)
    settle("aircraft.aircraft", aircraft.pk)
    return aircraft


def is_helicopter(kind: AircraftType) -> bool:
    """By the class of its type in ICAO Doc 8643."""
    return kind.category == "H"


def _check_weights(values: Mapping[str, Any]) -> None:
    if values["empty_weight_kg"] > values["basic_weight_kg"]:
        raise InvalidInput("/basic_weight_kg", "Less than the empty weight.")
    if values["basic_weight_kg"] + values["max_payload_kg"] > values["mtow_kg"]:
        raise InvalidInput(
            "/max_payload_kg", "Basic weight and payload exceed the maximum take-off weight."
        )


def _check_weighing(aircraft: Aircraft, at: datetime) -> None:
    if aircraft.weighed_on is not None and aircraft.weighed_on > local_day(aircraft, at):
        raise InvalidInput("/weighed_on", "That is still to come.")


def _check_bands(bands: Sequence[Mapping[str, Any]]) -> None:
    ordered = sorted(bands, key=lambda band: band["floor_ft"])
    for number, band in enumerate(ordered):
        if band["ceiling_ft"] <= band["floor_ft"]:
            raise InvalidInput("/bands", "A band needs its ceiling above its floor.")
        if number and band["floor_ft"] < ordered[number - 1]["ceiling_ft"]:
            raise InvalidInput("/bands", f"Bands overlap at {band['floor_ft']} ft.")

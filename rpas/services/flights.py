"""Part B of the F2 technical log: daily inspections, flights, corrections."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Sum

from common.exceptions import InvalidInput
from common.outbox import announce
from rpas.airworthiness import DueItem
from rpas.events import AircraftChanged, FlightRecorded, MaintenanceDue
from rpas.exceptions import CorrectionRefused, DefectsNotChecked, FlightAlreadyRecorded
from rpas.models import (
    Battery,
    EntryKind,
    F2DefectEntry,
    F2FlightHoursEntry,
    F2TechnicalLogPartA,
    RPASAircraft,
)
from rpas.queries.maintenance import due_after
from rpas.queries.people import Signature, license_of, local_day, signature_of
from rpas.services.records import aircraft_changed, certifier, lock_aircraft

NO_NUMBER = "none on file"
COUNTED = ("time_in_service_min", "cycles", "flights")


@transaction.atomic
def record_daily_inspection(
    aircraft: RPASAircraft,
    *,
    is_satisfactory: bool,
    findings: str = "",
    defects_checked: Sequence[int] = (),
    actor: Any,
    at: datetime,
) -> F2FlightHoursEntry:
    """
    Certify the daily inspection of an aircraft for the operator's local day.

    Every open minor defect must be listed as looked at. Raises DefectsNotChecked,
    NoReferenceNumber (neither ARN nor license), InvalidInput, AircraftRetired.
    """
    aircraft = lock_aircraft(aircraft)
    on = local_day(aircraft.operator, at)
    if not is_satisfactory and not findings.strip():
        raise InvalidInput("/findings", "Say what was found.")
    _check_minor_defects(aircraft, defects_checked, on)
    entry = _append(
        aircraft,
        kind=EntryKind.DAILY_INSPECTION,
        entry_on=on,
        inspection_satisfactory=is_satisfactory,
        findings=findings,
        defects_checked=sorted(set(defects_checked)),
        signed=_pilot_signature(actor, on),
        actor=actor,
        at=at,
    )
    event = AircraftChanged(aircraft_id=aircraft.pk)
    done: dict[str, Any] = {"entry": entry.sequence, "is_satisfactory": is_satisfactory}
    aircraft_changed(aircraft, "inspected", event, actor=actor, at=at, **done)
    return entry


@transaction.atomic
def record_flight(
    aircraft: RPASAircraft,
    *,
    operation_number: str,
    minutes: int,
    cycles: int = 1,
    flights: int = 1,
    on: date,
    pilot: Any,
    at: datetime,
) -> F2FlightHoursEntry:
    """
    Write the time of a flight into Part B; totals, fitted batteries and due points follow.

    A flight that happened is always written: a pilot without a number is recorded as such. Raises
    FlightAlreadyRecorded when the operation is in the log, InvalidInput for negative figures.
    """
    # Even a retired aircraft's last flight belongs in its log.
    aircraft = lock_aircraft(aircraft, even_retired=True)
    _check_flight(operation_number, minutes, cycles, flights)
    before = due_after(aircraft, on=on)
    entry = _append(
        aircraft,
        kind=EntryKind.FLIGHT,
        entry_on=on,
        time_in_service_min=minutes,
        cycles=cycles,
        flights=flights,
        operation_number=operation_number,
        signed=_pilot_signature(pilot, on, is_required=False),
        actor=pilot,
        at=at,
    )
    _wear_batteries(aircraft, cycles, at)
    event = FlightRecorded(aircraft_id=aircraft.pk, entry_id=entry.pk)
    done: dict[str, Any] = {"operation": operation_number, "minutes": minutes}
    aircraft_changed(aircraft, "flown", event, actor=pilot, at=at, **done)
    announce_due(aircraft, before, on=on)
    return entry


@transaction.atomic
def correct_entry(
    entry: F2FlightHoursEntry,
    *,
    minutes_delta: int = 0,
    cycles_delta: int = 0,
    flights_delta: int = 0,
    reason: str,
    actor: Any,
    at: datetime,
) -> F2FlightHoursEntry:
    """
    Correct an entry of Part B by a new one with the signed difference; the old one stays.

    Raises CorrectionRefused when nothing would change, when an inspection would gain time, or when
    the entry or a total would fall below zero. Raises NoReferenceNumber.
    """
    aircraft = lock_aircraft(entry.aircraft, even_retired=True)
    deltas = dict(zip(COUNTED, (minutes_delta, cycles_delta, flights_delta), strict=True))
    _check_correction(entry, aircraft, deltas)
    on = local_day(aircraft.operator, at)
    before = due_after(aircraft, on=on)
    correction = _append(
        aircraft,
        kind=EntryKind.CORRECTION,
        entry_on=on,
        corrects=entry,
        reason=reason,
        signed=certifier(actor),
        actor=actor,
        at=at,
        **deltas,
    )
    event = AircraftChanged(aircraft_id=aircraft.pk)
    done: dict[str, Any] = {"reason": reason, "corrects": entry.sequence, **deltas}
    aircraft_changed(aircraft, "log_corrected", event, actor=actor, at=at, **done)
    announce_due(aircraft, before, on=on)
    return correction


def announce_due(aircraft: RPASAircraft, before: Sequence[DueItem], *, on: date) -> None:
    """Announce the maintenance items that came near or were exceeded by what just happened."""
    known = {(item.schedule_id, item.unit): item for item in before}
    turned = set()
    for item in due_after(aircraft, on=on):
        was = known.get((item.schedule_id, item.unit))
        is_new = was is None or (item.is_near, item.is_exceeded) != (was.is_near, was.is_exceeded)
        if is_new and (item.is_near or item.is_exceeded):
            turned.add(item.schedule_id)
    if turned:
        announce(MaintenanceDue(aircraft_id=aircraft.pk, schedule_ids=sorted(turned)))


def _append(
    aircraft: RPASAircraft, *, signed: Signature, actor: Any, at: datetime, **values: Any
) -> F2FlightHoursEntry:
    # Triggers set the place in the chain, the progressive totals and the aircraft's own totals.
    issued = F2TechnicalLogPartA.objects.issued().on_aircraft(aircraft.pk)
    entry = F2FlightHoursEntry.objects.create(
        aircraft=aircraft,
        part_a=issued.first(),
        sequence=aircraft.part_b_sequence + 1,
        certified_by=actor,
        certified_name=signed.name,
        certified_arn=signed.number or NO_NUMBER,
        recorded_at=at,
        **values,
    )
    entry.refresh_from_db()
    aircraft.refresh_from_db()
    return entry


def _wear_batteries(aircraft: RPASAircraft, cycles: int, at: datetime) -> None:
    fitted = Battery.objects.in_service().on_aircraft(aircraft.pk)
    fitted.update(cycles=F("cycles") + cycles, updated_at=at)


def _check_flight(operation_number: str, minutes: int, cycles: int, flights: int) -> None:
    if min(minutes, cycles, flights) < 0:
        raise InvalidInput("/minutes", "A flight adds time; use a correction to take some away.")
    flown = F2FlightHoursEntry.objects.of_flights().of_operation(operation_number)
    if operation_number and flown.exists():
        raise FlightAlreadyRecorded(operation=operation_number)


def _pilot_signature(user: Any, on: date, *, is_required: bool = True) -> Signature:
    """Name with ARN, or with the license number where there is no ARN."""
    signed = signature_of(user)
    number = signed.number or license_of(user, on)
    if number or not is_required:
        return Signature(signed.name, number)
    return certifier(user)


def _check_minor_defects(aircraft: RPASAircraft, checked: Sequence[int], on: date) -> None:
    minor = F2DefectEntry.objects.open().minor().on_aircraft(aircraft.pk)
    known = set(minor.values_list("pk", flat=True))
    if unknown := sorted(set(checked) - known):
        raise InvalidInput(
            "/defects_checked", f"Not open minor defects of this aircraft: {unknown}."
        )
    if missing := sorted(known - set(checked)):
        raise DefectsNotChecked(missing=missing)
    for defect in minor.select_for_update().order_by("pk"):
        defect.last_checked_on = on
        defect.save(update_fields=["last_checked_on", "updated_at"])


def _check_correction(
    entry: F2FlightHoursEntry, aircraft: RPASAircraft, deltas: dict[str, int]
) -> None:
    if entry.kind == EntryKind.CORRECTION:
        raise CorrectionRefused(
            sequence=entry.sequence, reason="correct the entry that it corrects"
        )
    if entry.kind == EntryKind.DAILY_INSPECTION:
        if any(deltas.values()):
            raise CorrectionRefused(sequence=entry.sequence, reason="an inspection has no time")
        return
    if not any(deltas.values()):
        raise CorrectionRefused(sequence=entry.sequence, reason="nothing would change")
    earlier = entry.corrections.aggregate(**{name: Sum(name) for name in deltas})
    for name, delta in deltas.items():
        left = getattr(entry, name) + (earlier[name] or 0) + delta
        if left < 0 or getattr(aircraft, name) + delta < 0:
            raise CorrectionRefused(sequence=entry.sequence, reason=f"{name} would fall below zero")

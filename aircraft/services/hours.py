"""Time in service, cycles and landings: from closed legs and from pages of the paper log."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Sum

from aircraft.airworthiness import DueItem
from aircraft.events import HoursRecorded, MaintenanceDue
from aircraft.exceptions import CorrectionRefused, HoursAlreadyRecorded
from aircraft.models import Aircraft, FlightHours, HoursKind
from aircraft.queries.hours import TOTALS
from aircraft.queries.maintenance import due_now
from aircraft.services.maintenance import lower_last_times
from aircraft.services.records import aircraft_changed, local_day, lock_aircraft
from common.exceptions import InvalidInput
from common.outbox import announce


@transaction.atomic
def record_hours(
    aircraft: Aircraft,
    *,
    source: str,
    flown_on: date,
    minutes: int,
    cycles: int = 1,
    landings: int = 1,
    actor: Any,
    at: datetime,
) -> FlightHours:
    """
    Record what a flight added: minutes from wheels off to wheels on, cycles and landings.

    `source` names the record it comes from, such as `operations.tripleg:17`. Recording the same
    again answers with the entry that is there. Raises HoursAlreadyRecorded when it is there with
    other figures or for another aircraft, InvalidInput.
    """
    # Even a retired aircraft's last flight belongs in its hours.
    aircraft = lock_aircraft(aircraft, even_retired=True)
    figures = dict(zip(TOTALS, (minutes, cycles, landings), strict=True))
    _check_flight(aircraft, figures, flown_on, at)
    known = FlightHours.objects.filter(kind=HoursKind.FLIGHT, source=source).first()
    if known is not None:
        is_same = (known.aircraft_id, known.flown_on) == (aircraft.pk, flown_on)
        if is_same and all(getattr(known, name) == value for name, value in figures.items()):
            return known
        raise HoursAlreadyRecorded(source=source, sequence=known.sequence)
    before = due_now(aircraft, now=at)
    entry = FlightHours.objects.create(
        aircraft=aircraft,
        source=source,
        flown_on=flown_on,
        recorded_by=actor,
        recorded_at=at,
        **figures,
    )
    _recorded(aircraft, entry, "flown", before, actor=actor, at=at, source=source, **figures)
    return entry


@transaction.atomic
def correct_hours(
    entry: FlightHours,
    *,
    minutes_delta: int = 0,
    cycles_delta: int = 0,
    landings_delta: int = 0,
    reason: str,
    actor: Any,
    at: datetime,
) -> FlightHours:
    """
    Put an entry right by a new one with the signed difference; the old one stays.

    Work signed for since at a total that was too high is due earlier by what is taken away.
    Raises CorrectionRefused when nothing would change, or when the entry or a total would fall
    below zero.
    """
    aircraft = lock_aircraft(entry.aircraft, even_retired=True)
    deltas = dict(zip(TOTALS, (minutes_delta, cycles_delta, landings_delta), strict=True))
    _check_correction(entry, aircraft, deltas)
    before = due_now(aircraft, now=at)
    correction = FlightHours.objects.create(
        aircraft=aircraft,
        kind=HoursKind.CORRECTION,
        flown_on=entry.flown_on,
        corrects=entry,
        reason=reason,
        recorded_by=actor,
        recorded_at=at,
        **deltas,
    )
    lower_last_times(aircraft, since=entry.flown_on, deltas=deltas)
    done: dict[str, Any] = {"reason": reason, "corrects": entry.sequence, **deltas}
    _recorded(aircraft, correction, "hours_corrected", before, actor=actor, at=at, **done)
    return correction


def _recorded(
    aircraft: Aircraft,
    entry: FlightHours,
    deed: str,
    before: Sequence[DueItem],
    *,
    actor: Any,
    at: datetime,
    **done: Any,
) -> None:
    # Triggers have numbered the entry and carried the totals over.
    entry.refresh_from_db()
    aircraft.refresh_from_db()
    event = HoursRecorded(aircraft_id=aircraft.pk, entry_id=entry.pk)
    aircraft_changed(aircraft, deed, event, actor=actor, at=at, **done)
    known = {(item.task_id, item.unit): (item.is_near, item.is_exceeded) for item in before}
    turned = {
        item.task_id
        for item in due_now(aircraft, now=at)
        if (item.is_near or item.is_exceeded)
        and known.get((item.task_id, item.unit)) != (item.is_near, item.is_exceeded)
    }
    if turned:
        announce(MaintenanceDue(aircraft_id=aircraft.pk, task_ids=sorted(turned)))


def _check_flight(
    aircraft: Aircraft, figures: dict[str, int], flown_on: date, at: datetime
) -> None:
    if min(figures.values()) < 0:
        raise InvalidInput("/minutes", "A flight adds time; use a correction to take some away.")
    # West of the base it may still be, and east of it already, another day.
    if flown_on > local_day(aircraft, at) + timedelta(days=1):
        raise InvalidInput("/flown_on", "That is still to come.")


def _check_correction(entry: FlightHours, aircraft: Aircraft, deltas: dict[str, int]) -> None:
    def refuse(reason: str) -> CorrectionRefused:
        return CorrectionRefused(sequence=entry.sequence, reason=reason)

    if entry.kind == HoursKind.CORRECTION:
        raise refuse("correct the entry that it corrects")
    if not any(deltas.values()):
        raise refuse("nothing would change")
    earlier = entry.corrections.aggregate(**{name: Sum(name) for name in deltas})
    for name, delta in deltas.items():
        left = getattr(entry, name) + (earlier[name] or 0) + delta
        if left < 0 or getattr(aircraft, name) + delta < 0:
            raise refuse(f"{name} would fall below zero")

"""A defect from found to certified, with its deferral under the minimum equipment list."""

from datetime import date, datetime
from typing import Any

from django.db import transaction

from aircraft.deferral import last_day, longest_extension
from aircraft.events import DefectChanged, DefectRaised
from aircraft.exceptions import DeferralTooLate, NotExtendable
from aircraft.models import Aircraft, Defect, DefectStatus, MaintenanceLog
from aircraft.services.records import aircraft_changed, local_day, lock_aircraft, signed
from common.exceptions import InvalidInput
from common.lifecycle import locked, move, require_move
from common.numbering import next_number


@transaction.atomic
def raise_defect(
    aircraft: Aircraft,
    *,
    description: str,
    ata_chapter: str = "",
    found_at: datetime | None = None,
    actor: Any,
    at: datetime,
) -> Defect:
    """
    Write down a defect; until it is deferred or put right the aircraft may not fly.

    Raises InvalidInput for a time to come, AircraftRetired.
    """
    aircraft = lock_aircraft(aircraft)
    found = found_at or at
    if found > at:
        raise InvalidInput("/found_at", "That is still to come.")
    defect = Defect.objects.create(
        aircraft=aircraft,
        description=description,
        ata_chapter=ata_chapter,
        found_at=found,
        found_on=local_day(aircraft, found),
        found_by=actor,
        number=next_number("DF", year=at.year),
    )
    event = DefectRaised(aircraft_id=aircraft.pk, defect_id=defect.pk)
    aircraft_changed(aircraft, "defect_raised", event, actor=actor, at=at, defect=defect.number)
    return defect


@transaction.atomic
def defer_defect(
    defect: Defect,
    *,
    mel_item: str,
    category: str,
    stated_days: int | None = None,
    conditions: str = "",
    actor: Any,
    at: datetime,
) -> Defect:
    """
    Let a defect wait under the minimum equipment list.

    The repair interval is counted in the base's calendar days, the day the defect was recorded left
    out: A as the list states (`stated_days`), B 3, C 10, D 120. Raises InvalidInput,
    DeferralTooLate when that is over already, TransitionNotAllowed.
    """
    aircraft, defect = _locked(defect)
    require_move(defect, DefectStatus.DEFERRED)
    try:
        limit_on = last_day(category, defect.found_on, stated_days=stated_days)
    except ValueError as fault:
        raise InvalidInput("/stated_days", str(fault)) from fault
    if limit_on < local_day(aircraft, at):
        raise DeferralTooLate(defect=defect.number, found_on=defect.found_on, limit_on=limit_on)
    defect.mel_item, defect.category, defect.conditions = mel_item, category, conditions
    defect.limit_on, defect.deferred_at, defect.deferred_by = limit_on, at, actor
    move(defect, DefectStatus.DEFERRED, actor=actor, at=at, reason=f"MEL {mel_item}")
    done: dict[str, Any] = {"category": category, "limit_on": limit_on.isoformat()}
    return _changed(aircraft, defect, "defect_deferred", actor=actor, at=at, **done)


@transaction.atomic
def extend_deferral(
    defect: Defect, *, limit_on: date, reason: str, actor: Any, at: datetime
) -> Defect:
    """
    Give a deferred defect more time, once, before its last day is over.

    Only categories B and C, by as long again at most. Raises NotExtendable, InvalidInput.
    """
    aircraft, defect = _locked(defect)
    _check_extension(aircraft, defect, limit_on, at)
    defect.first_limit_on, defect.limit_on = defect.limit_on, limit_on
    defect.extended_at, defect.extended_by, defect.extension_reason = at, actor, reason
    defect.save()
    done: dict[str, Any] = {"reason": reason, "limit_on": limit_on.isoformat()}
    return _changed(aircraft, defect, "deferral_extended", actor=actor, at=at, **done)


@transaction.atomic
def rectify_defect(
    defect: Defect,
    *,
    action: str,
    license_number: str,
    name: str = "",
    actor: Any,
    at: datetime,
) -> Defect:
    """Record how a defect was put right, and by whom. Raises TransitionNotAllowed."""
    aircraft, defect = _locked(defect)
    hand = signed(actor, name=name, license_number=license_number)
    defect.rectified_at, defect.rectified_by = at, actor
    defect.rectified_name, defect.rectified_license = hand.name, hand.license_number
    defect.rectified_action = action
    move(defect, DefectStatus.RECTIFIED, actor=actor, at=at)
    return _changed(aircraft, defect, "defect_rectified", actor=actor, at=at)


@transaction.atomic
def certify_defect(
    defect: Defect, *, license_number: str, name: str = "", actor: Any, at: datetime
) -> Defect:
    """
    Release the aircraft to service after a rectification, once, with a license number.

    The work goes into the maintenance log. Raises TransitionNotAllowed.
    """
    aircraft, defect = _locked(defect)
    hand = signed(actor, name=name, license_number=license_number)
    defect.certified_at, defect.certified_by = at, actor
    defect.certified_name, defect.certified_license = hand.name, hand.license_number
    move(defect, DefectStatus.CERTIFIED, actor=actor, at=at)
    MaintenanceLog.objects.create(
        aircraft=aircraft,
        defect=defect,
        completed_on=local_day(aircraft, at),
        time_in_service_min=aircraft.time_in_service_min,
        cycles=aircraft.cycles,
        landings=aircraft.landings,
        work_done=defect.rectified_action,
        released_name=hand.name,
        released_license=hand.license_number,
        recorded_by=actor,
        recorded_at=at,
    )
    return _changed(aircraft, defect, "defect_certified", actor=actor, at=at)


def _locked(defect: Defect) -> tuple[Aircraft, Defect]:
    aircraft = lock_aircraft(defect.aircraft)
    return aircraft, locked(defect)


def _check_extension(aircraft: Aircraft, defect: Defect, limit_on: date, at: datetime) -> None:
    def refuse(reason: str) -> NotExtendable:
        return NotExtendable(defect=defect.number, reason=reason)

    if defect.status != DefectStatus.DEFERRED or defect.limit_on is None:
        raise refuse(f"it is {defect.status}")
    if defect.extended_at is not None:
        raise refuse("it was extended before")
    if defect.limit_on < local_day(aircraft, at):
        raise refuse("its last day is over")
    try:
        latest = longest_extension(defect.category, defect.limit_on)
    except ValueError as fault:
        raise refuse("only categories B and C can be") from fault
    if not defect.limit_on < limit_on <= latest:
        text = f"After {defect.limit_on} and no later than {latest}."
        raise InvalidInput("/limit_on", text)


def _changed(
    aircraft: Aircraft, defect: Defect, deed: str, *, actor: Any, at: datetime, **done: Any
) -> Defect:
    event = DefectChanged(aircraft_id=aircraft.pk, defect_id=defect.pk)
    aircraft_changed(aircraft, deed, event, actor=actor, at=at, defect=defect.number, **done)
    return defect

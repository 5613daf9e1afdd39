from datetime import datetime
from typing import Any

from django.db import transaction

from common.events import Event
from common.exceptions import InvalidInput
from common.lifecycle import locked, move
from rpas.events import (
    AircraftChanged,
    AircraftGrounded,
    AircraftReleased,
    DefectRaised,
    DefectRectified,
)
from rpas.exceptions import MajorDefectNotDeferrable
from rpas.models import (
    DefectSeverity,
    DefectStatus,
    F2DefectEntry,
    F2TechnicalLogPartA,
    RPASAircraft,
)
from rpas.queries.people import signature_of
from rpas.services.records import aircraft_changed, certifier, lock_aircraft, stated_or_own


@transaction.atomic
def raise_defect(
    aircraft: RPASAircraft,
    *,
    severity: str,
    description: str,
    actor: Any,
    at: datetime,
    found_at: datetime | None = None,
) -> F2DefectEntry:
    """
    Write a defect into the technical log; a major one grounds the aircraft at once.

    Anybody may find a defect, so no ARN is asked for. Raises InvalidInput for a time to come,
    AircraftRetired.
    """
    aircraft = lock_aircraft(aircraft)
    found = found_at or at
    if found > at:
        raise InvalidInput("/found_at", "That is still to come.")
    signed = signature_of(actor)
    defect = F2DefectEntry.objects.create(
        aircraft=aircraft,
        part_a=F2TechnicalLogPartA.objects.issued().on_aircraft(aircraft.pk).first(),
        severity=severity,
        description=description,
        found_at=found,
        found_by=actor,
        found_name=signed.name,
        found_arn=signed.number,
    )
    events: list[Event] = [DefectRaised(aircraft_id=aircraft.pk, defect_id=defect.pk)]
    if severity == DefectSeverity.MAJOR:
        events.append(AircraftGrounded(aircraft_id=aircraft.pk))
    aircraft_changed(
        aircraft, "defect_raised", *events, actor=actor, at=at, defect=defect.pk, severity=severity
    )
    return defect


@transaction.atomic
def defer_defect(defect: F2DefectEntry, *, reason: str, actor: Any, at: datetime) -> F2DefectEntry:
    """
    Leave a minor defect for later; it is still looked at every day.

    Raises MajorDefectNotDeferrable, TransitionNotAllowed.
    """
    aircraft = lock_aircraft(defect.aircraft)
    defect = locked(defect)
    if defect.severity == DefectSeverity.MAJOR:
        raise MajorDefectNotDeferrable
    defect.deferred_reason = reason
    move(defect, DefectStatus.DEFERRED, actor=actor, at=at, reason=reason)
    aircraft_changed(
        aircraft,
        "defect_deferred",
        AircraftChanged(aircraft_id=aircraft.pk),
        actor=actor,
        at=at,
        reason=reason,
        defect=defect.pk,
    )
    return defect


@transaction.atomic
def rectify_defect(
    defect: F2DefectEntry,
    *,
    action: str,
    name: str = "",
    arn: str = "",
    actor: Any,
    at: datetime,
) -> F2DefectEntry:
    """
    Record how a defect was put right, by the actor or by a named person with an ARN.

    Raises NoReferenceNumber, InvalidInput when only one of name and ARN is given,
    TransitionNotAllowed.
    """
    if bool(name) != bool(arn):
        raise InvalidInput("/arn" if name else "/name", "Give name and ARN together, or neither.")
    aircraft = lock_aircraft(defect.aircraft)
    defect = locked(defect)
    signed = stated_or_own(actor, name=name, arn=arn)
    defect.rectified_at = at
    defect.rectified_by = actor
    defect.rectified_name, defect.rectified_arn = signed.name, signed.number
    defect.rectified_action = action
    move(defect, DefectStatus.RECTIFIED, actor=actor, at=at)
    is_released = (
        defect.severity == DefectSeverity.MAJOR
        and not F2DefectEntry.objects.grounding().on_aircraft(aircraft.pk).exists()
    )
    aircraft_changed(
        aircraft,
        "defect_rectified",
        DefectRectified(aircraft_id=aircraft.pk, defect_id=defect.pk),
        *([AircraftReleased(aircraft_id=aircraft.pk)] if is_released else []),
        actor=actor,
        at=at,
        defect=defect.pk,
    )
    return defect


@transaction.atomic
def certify_defect(defect: F2DefectEntry, *, actor: Any, at: datetime) -> F2DefectEntry:
    """
    Certify a rectification, once, by a person with an ARN.

    Raises NoReferenceNumber, TransitionNotAllowed.
    """
    aircraft = lock_aircraft(defect.aircraft)
    defect = locked(defect)
    signed = certifier(actor)
    defect.certified_at = at
    defect.certified_by = actor
    defect.certified_name, defect.certified_arn = signed.name, signed.number
    move(defect, DefectStatus.CERTIFIED, actor=actor, at=at)
    aircraft_changed(
        aircraft,
        "defect_certified",
        AircraftChanged(aircraft_id=aircraft.pk),
        actor=actor,
        at=at,
        defect=defect.pk,
    )
    return defect

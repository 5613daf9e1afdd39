"""Part A of the F2 technical log: draft, issue, supersede."""

from datetime import datetime
from typing import Any

from django.db import transaction

from common.lifecycle import locked, move
from common.numbering import next_number
from rpas.events import TechnicalLogIssued
from rpas.exceptions import (
    DraftExists,
    NotAuthorizedToCertify,
    TechnicalLogNotIssuable,
)
from rpas.models import F2DefectEntry, F2TechnicalLogPartA, PartAStatus, RPASAircraft
from rpas.queries.maintenance import due_after
from rpas.queries.people import Signature, is_maintenance_controller, local_day
from rpas.services.records import aircraft_changed, certifier, lock_aircraft

STATEMENT = (
    "The RPAS identified above is serviceable, and all maintenance due at the time of issue has"
    " been done."
)
ISSUE = "rpas.issue_f2technicallogparta"


@transaction.atomic
def draft_part_a(
    aircraft: RPASAircraft,
    *,
    schedule_reference: str,
    actor: Any,
    at: datetime,
) -> F2TechnicalLogPartA:
    """
    Begin a new Part A for an aircraft, numbered by registration, year and sequence.

    Raises DraftExists, AircraftRetired.
    """
    aircraft = lock_aircraft(aircraft)
    drafts = F2TechnicalLogPartA.objects.on_aircraft(aircraft.pk).filter(status=PartAStatus.DRAFT)
    if existing := drafts.first():
        raise DraftExists(aircraft=aircraft.registration, number=existing.number)
    part_a = F2TechnicalLogPartA(
        aircraft=aircraft,
        schedule_reference=schedule_reference,
        number=next_number(
            aircraft.registration, year=local_day(aircraft.operator, at).year, width=3
        ),
    )
    _copy_header(part_a, aircraft)
    part_a.save()
    aircraft_changed(aircraft, "log_drafted", actor=actor, at=at, number=part_a.number)
    return part_a


@transaction.atomic
def issue_part_a(
    part_a: F2TechnicalLogPartA,
    *,
    statement: str = STATEMENT,
    actor: Any,
    at: datetime,
) -> F2TechnicalLogPartA:
    """
    Certify that the aircraft is serviceable: freeze the header and supersede the Part A in force.

    Only a person with an ARN who is the operator's maintenance controller, or who has leave to.
    Raises NoReferenceNumber, NotAuthorizedToCertify, TechnicalLogNotIssuable (a major defect is
    open or maintenance is due), TransitionNotAllowed, AircraftRetired.
    """
    aircraft = lock_aircraft(part_a.aircraft)
    part_a = locked(part_a)
    signed = _certifier(aircraft, actor, at)
    _check_serviceable(aircraft, at)
    current = F2TechnicalLogPartA.objects.issued().on_aircraft(aircraft.pk).first()
    if current is not None and part_a.status == PartAStatus.DRAFT:
        move(locked(current), PartAStatus.SUPERSEDED, actor=actor, at=at, reason=part_a.number)
    _copy_header(part_a, aircraft)
    part_a.statement = statement
    part_a.issued_at = at
    part_a.issued_by = actor
    part_a.issued_name, part_a.issued_arn = signed.name, signed.number
    move(part_a, PartAStatus.ISSUED, actor=actor, at=at)
    part_a.refresh_from_db()
    aircraft_changed(
        aircraft,
        "log_issued",
        TechnicalLogIssued(aircraft_id=aircraft.pk, part_a_id=part_a.pk),
        actor=actor,
        at=at,
        number=part_a.number,
        content_hash=part_a.content_hash,
    )
    return part_a


def _certifier(aircraft: RPASAircraft, actor: Any, at: datetime) -> Signature:
    operator = aircraft.operator
    is_controller = is_maintenance_controller(actor, operator, local_day(operator, at))
    if not (is_controller or actor.has_perm(ISSUE)):
        raise NotAuthorizedToCertify(person=actor.full_name, operator=operator.name)
    return certifier(actor)


def _check_serviceable(aircraft: RPASAircraft, at: datetime) -> None:
    reasons = []
    grounding = F2DefectEntry.objects.grounding().on_aircraft(aircraft.pk).count()
    if grounding:
        reasons.append(f"{grounding} open major defects")
    # What is due today is due: only what has something left is not.
    items = due_after(aircraft, on=local_day(aircraft.operator, at))
    due = sorted({item.title for item in items if item.remaining <= 0})
    reasons += [f"{title} is due" for title in due]
    if reasons:
        raise TechnicalLogNotIssuable(aircraft=aircraft.registration, reasons="; ".join(reasons))


def _copy_header(part_a: F2TechnicalLogPartA, aircraft: RPASAircraft) -> None:
    part_a.identification = aircraft.registration
    part_a.category = aircraft.category.value
    part_a.model = aircraft.model_name
    part_a.min_gross_mass_kg = aircraft.empty_mass_kg
    part_a.max_gross_mass_kg = aircraft.mtow_kg
    part_a.registration_expires_on = aircraft.registration_expires_on

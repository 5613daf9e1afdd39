"""The flight risk worksheet of a trip: filled in, signed by its pilot, approved by a manager."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from aircraft.models import FLEET_SCOPE
from common import audit
from common.exceptions import InvalidInput
from common.lifecycle import locked
from common.outbox import announce
from operations.events import TripChanged
from operations.exceptions import (
    AlreadyApproved,
    ApprovalNotNeeded,
    NotPilotInCommand,
    OwnSignature,
    TripNotAmendable,
    WorksheetExists,
    WorksheetIncomplete,
    WorksheetNotSigned,
)
from operations.facts.journeys import trip_journeys
from operations.facts.paperwork import refusals_nearby
from operations.facts.places import airports_of
from operations.models import (
    CrewLine,
    CrewRole,
    FlightRelease,
    LegStatus,
    RiskWorksheet,
    Trip,
    TripLeg,
    TripStatus,
)
from operations.models.trip import BEFORE_FLIGHT
from operations.plan_hash import plan_hash
from operations.risk_template import (
    CURRENT,
    REFUSAL_FACTOR,
    REFUSED,
    faults_in,
    is_complete,
    score_of,
)
from operations.services.access import refuse_patient_of
from operations.services.assessment import mark_trip


@transaction.atomic
def fill_in(
    *, trip: Trip, answers: Mapping[str, str], mitigation: str = "", actor: Any, at: datetime
) -> RiskWorksheet:
    """
    Begin the worksheet of a trip on the current template.

    Raises WorksheetExists, TripNotAmendable, InvalidInput for answers that do not exist.
    """
    trip = locked(trip)
    _require_open(trip)
    if RiskWorksheet.objects.filter(trip=trip).exists():
        raise WorksheetExists(trip=trip.number)
    _check(answers)
    refuse_patient_of(trip.requirement, mitigation=mitigation)
    sheet = RiskWorksheet.objects.create(
        trip=trip,
        answers=dict(answers),
        mitigation=mitigation,
        score=score_of(answers),
        threshold=CURRENT.threshold,
        template_version=CURRENT.version,
    )
    _changed(sheet, trip, "filled_in", actor=actor, at=at)
    return sheet


@transaction.atomic
def amend(
    sheet: RiskWorksheet,
    *,
    changes: Mapping[str, Any],
    version: int | None,
    actor: Any,
    at: datetime,
) -> RiskWorksheet:
    """
    Change answers or mitigation, on the current template; signature and approval fall.

    `answers` replaces all answers. Raises StaleVersion, TripNotAmendable, InvalidInput.
    """
    trip = locked(sheet.trip)
    sheet = locked(sheet, version=version)
    _require_open(trip)
    answers = changes.get("answers", sheet.answers)
    _check(answers)
    refuse_patient_of(trip.requirement, mitigation=changes.get("mitigation"))
    sheet.answers = dict(answers)
    sheet.mitigation = changes.get("mitigation", sheet.mitigation)
    sheet.score = score_of(answers)
    sheet.threshold, sheet.template_version = CURRENT.threshold, CURRENT.version
    sheet.signed_by = sheet.signed_at = sheet.approved_by = sheet.approved_at = None
    sheet.plan_hash = ""
    sheet.save()
    _changed(sheet, trip, "amended", actor=actor, at=at)
    return sheet


@transaction.atomic
def sign(sheet: RiskWorksheet, *, actor: Any, at: datetime) -> RiskWorksheet:
    """
    Sign for the plan as it stands; another plan later makes the signature void.

    Raises NotPilotInCommand, WorksheetIncomplete, TripNotAmendable; InvalidInput when it says that
    nobody refused the flight and a refusal is on record.
    """
    trip = locked(sheet.trip)
    sheet = locked(sheet)
    _require_open(trip)
    _require_first_pilot(trip, actor)
    if not is_complete(sheet.answers, sheet.template_version):
        open_ones = [f.code for f in CURRENT.factors if f.code not in sheet.answers]
        raise WorksheetIncomplete(trip=trip.number, factors=", ".join(open_ones))
    _require_refusals_told(trip, sheet, at=at)
    sheet.signed_by, sheet.signed_at = actor, at
    sheet.approved_by = sheet.approved_at = None
    sheet.plan_hash = plan_hash(trip)
    sheet.save()
    _changed(sheet, trip, "signed", actor=actor, at=at)
    return sheet


@transaction.atomic
def approve(sheet: RiskWorksheet, *, actor: Any, at: datetime) -> RiskWorksheet:
    """
    Accept a score above the threshold, as a manager who did not sign it.

    Raises WorksheetNotSigned, ApprovalNotNeeded, AlreadyApproved, OwnSignature.
    """
    trip = locked(sheet.trip)
    sheet = locked(sheet)
    _require_open(trip)
    if sheet.signed_at is None or sheet.plan_hash != plan_hash(trip):
        raise WorksheetNotSigned(trip=trip.number)
    if sheet.score <= sheet.threshold:
        raise ApprovalNotNeeded(score=sheet.score, threshold=sheet.threshold)
    if sheet.approved_at is not None:
        raise AlreadyApproved(trip=trip.number)
    if sheet.signed_by_id == actor.pk:
        raise OwnSignature(trip=trip.number)
    sheet.approved_by, sheet.approved_at = actor, at
    sheet.save()
    _changed(sheet, trip, "approved", actor=actor, at=at)
    return sheet


def _check(answers: Mapping[str, str]) -> None:
    for factor, fault in faults_in(answers).items():
        raise InvalidInput(f"/answers/{factor[:40]}", fault)


def _require_open(trip: Trip) -> None:
    if trip.status in BEFORE_FLIGHT:
        return
    # Under way, flights that were planned anew are weighed anew before they are released again.
    is_released = FlightRelease.objects.live().filter(trip=trip).exists()
    is_waiting = trip.legs.filter(status=LegStatus.SCHEDULED).exists()
    if trip.status != TripStatus.ACTIVE or is_released or not is_waiting:
        raise TripNotAmendable(status=trip.status)


def _require_first_pilot(trip: Trip, actor: Any) -> None:
    first = TripLeg.objects.flying().filter(trip=trip).order_by("sequence").first()
    lines = CrewLine.objects.assigned().filter(leg=first, role=CrewRole.PIC, person=actor)
    if first is None or not lines.exists():
        raise NotPilotInCommand(trip=trip.number)


def _require_refusals_told(trip: Trip, sheet: RiskWorksheet, *, at: datetime) -> None:
    if sheet.answers[REFUSAL_FACTOR] in REFUSED:
        return
    journeys = trip_journeys([trip.pk])
    places = airports_of({draft.origin_id for journey in journeys for draft in journey.legs})
    if refusals_nearby(journeys, places, now=at).get(trip.pk):
        raise InvalidInput(
            f"/answers/{REFUSAL_FACTOR}", "Another operator's refusal of this flight is on record."
        )


def _changed(sheet: RiskWorksheet, trip: Trip, deed: str, *, actor: Any, at: datetime) -> None:
    audit.record(
        f"risk_worksheet.{deed}",
        sheet,
        actor=actor,
        at=at,
        scope=FLEET_SCOPE,
        trip=trip.number,
        score=sheet.score,
    )
    mark_trip(trip, f"risk worksheet {deed.replace('_', ' ')}")
    announce(TripChanged(trip_id=trip.pk))

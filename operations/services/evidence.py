"""What people record so that rules can know it: evidence of a trip, dispatch data, authority."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from aircraft.models import FLEET_SCOPE
from common import audit
from common.compliance.service import touch
from common.exceptions import InvalidInput
from common.lifecycle import locked
from common.outbox import announce
from operations.events import TripChanged
from operations.exceptions import (
    AlreadyWithdrawnEvidence,
    EvidenceExists,
    TripNotAmendable,
)
from operations.facts.collector import OPSSPECS
from operations.models import LegStatus, OpsSpec, Trip, TripEvidence, TripLeg, TripStatus
from operations.models.trip import BEFORE_FLIGHT
from operations.services.access import refuse_patient_of
from operations.services.assessment import mark_trip
from operations.services.ledger import lock_leg
from operations.services.trip_changes import trip_changed

OPEN = (*BEFORE_FLIGHT, TripStatus.ACTIVE)
AMENDABLE_LEG = (LegStatus.SCHEDULED, LegStatus.RELEASED)


@transaction.atomic
def record_evidence(
    *,
    trip: Trip,
    kind: str,
    reference: str,
    leg: TripLeg | None = None,
    details: Mapping[str, Any] | None = None,
    actor: Any,
    at: datetime,
) -> TripEvidence:
    """
    Put on record, under the actor's name, that something a rule asks for is there.

    Raises EvidenceExists, TripNotAmendable, InvalidInput for a leg of another trip.
    """
    trip = locked(trip)
    if trip.status not in OPEN:
        raise TripNotAmendable(status=trip.status)
    if leg is not None and leg.trip_id != trip.pk:
        raise InvalidInput("/leg", "The trip has no such leg.")
    refuse_patient_of(trip.requirement, reference=reference)
    if TripEvidence.objects.live().filter(trip=trip, leg=leg, kind=kind).exists():
        raise EvidenceExists(trip=trip.number)
    row = TripEvidence.objects.create(
        trip=trip,
        leg=leg,
        kind=kind,
        reference=reference,
        details=dict(details or {}),
        recorded_by=actor,
        recorded_at=at,
    )
    _changed(row, trip, "recorded", actor=actor, at=at)
    return row


@transaction.atomic
def withdraw_evidence(row: TripEvidence, *, reason: str, actor: Any, at: datetime) -> TripEvidence:
    """Take evidence back, with the reason. Raises AlreadyWithdrawnEvidence."""
    trip = locked(row.trip)
    row = locked(row)
    if row.withdrawn_at is not None:
        raise AlreadyWithdrawnEvidence
    refuse_patient_of(trip.requirement, reason=reason)
    row.withdrawn_at, row.withdrawn_because = at, reason
    row.save(update_fields=["withdrawn_at", "withdrawn_because", "updated_at"])
    _changed(row, trip, "withdrawn", actor=actor, at=at, reason=reason)
    return row


@transaction.atomic
def brief_leg(
    leg: TripLeg, *, changes: Mapping[str, Any], version: int | None, actor: Any, at: datetime
) -> TripLeg:
    """
    Enter what dispatch needs for one leg: minima, alternates, runway, landing distance, fuel.

    A live release of the trip falls with it. Raises StaleVersion, TripNotAmendable, TripMoved,
    InvalidInput for a runway of another aerodrome and an alternate that is where the leg goes.
    """
    trip, leg = lock_leg(leg, version=version)
    if trip.status not in OPEN or leg.status not in AMENDABLE_LEG:
        raise TripNotAmendable(status=trip.status)
    _require_elsewhere(leg, changes)
    for name, value in changes.items():
        setattr(leg, name, value)
    leg.save(update_fields=[*changes, "updated_at"])
    audit.record(
        "trip_leg.briefed",
        leg,
        actor=actor,
        at=at,
        scope=FLEET_SCOPE,
        fields=sorted(changes),
    )
    trip_changed(trip, f"leg {leg.sequence} briefed", actor=actor, at=at)
    leg.refresh_from_db()
    return leg


def _require_elsewhere(leg: TripLeg, changes: Mapping[str, Any]) -> None:
    """The runway is where the leg ends, its alternates are not where it ends or begins."""
    runway, alternate = changes.get("runway"), changes.get("alternate")
    if runway is not None and runway.airport_id != leg.destination_id:
        raise InvalidInput("/runway", "The runway is not at the destination.")
    if alternate is not None and alternate.pk == leg.destination_id:
        raise InvalidInput("/alternate", "That is the destination.")
    takeoff = changes.get("takeoff_alternate")
    if takeoff is not None and takeoff.pk == leg.origin_id:
        raise InvalidInput("/takeoff_alternate", "That is the departure.")


@transaction.atomic
def record_opsspec(
    *,
    code: str,
    title: str,
    issued_on: date,
    expires_on: date | None = None,
    reference: str = "",
    actor: Any,
    at: datetime,
) -> OpsSpec:
    """
    Put a paragraph of the operations specifications on file; verdicts of all trips follow.

    Raises InvalidInput for one on file already and for days in the wrong order.
    """
    if expires_on is not None and expires_on < issued_on:
        raise InvalidInput("/expires_on", "It ends before it begins.")
    if OpsSpec.objects.filter(code=code, issued_on=issued_on).exists():
        raise InvalidInput("/code", "It is on file with that date already.")
    row = OpsSpec.objects.create(
        code=code, title=title, reference=reference, issued_on=issued_on, expires_on=expires_on
    )
    audit.record("opsspec.recorded", row, actor=actor, at=at, scope=FLEET_SCOPE, code=code)
    touch(OPSSPECS, because=f"OpSpec {code} recorded")
    return row


@transaction.atomic
def end_opsspec(
    row: OpsSpec,
    *,
    changes: Mapping[str, Any],
    version: int | None,
    actor: Any,
    at: datetime,
) -> OpsSpec:
    """Set the last valid day of a paragraph. Raises StaleVersion, InvalidInput."""
    row = locked(row, version=version)
    expires_on = changes["expires_on"]
    if expires_on is not None and expires_on < row.issued_on:
        raise InvalidInput("/expires_on", "It ends before it begins.")
    row.expires_on = expires_on
    row.save(update_fields=["expires_on", "updated_at"])
    audit.record(
        "opsspec.ended",
        row,
        actor=actor,
        at=at,
        scope=FLEET_SCOPE,
        expires_on=str(expires_on),
    )
    touch(OPSSPECS, because=f"OpSpec {row.code} ends")
    return row


def _changed(
    row: TripEvidence, trip: Trip, deed: str, *, actor: Any, at: datetime, reason: str = ""
) -> None:
    audit.record(
        f"trip_evidence.{deed}",
        row,
        actor=actor,
        at=at,
        reason=reason,
        scope=FLEET_SCOPE,
        trip=trip.number,
        kind=row.kind,
    )
    mark_trip(trip, f"{row.kind} {deed}")
    announce(TripChanged(trip_id=trip.pk))

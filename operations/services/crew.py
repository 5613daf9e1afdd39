"""Places on the legs of a trip: offered to a person, answered by that person, taken back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from common import audit
from common.compliance.decisions import override
from common.exceptions import InvalidInput
from common.lifecycle import locked, move
from common.outbox import announce
from operations.events import CrewAnswered, CrewOffered
from operations.exceptions import (
    LegNotCrewable,
    NotYourPlace,
    OnDuty,
    PlaceTaken,
    TripNotAmendable,
)
from operations.models import (
    PLACES,
    CrewLine,
    CrewRole,
    CrewStatus,
    DutyPeriod,
    DutyStatus,
    LegStatus,
    Trip,
    TripLeg,
    TripStatus,
)
from operations.services.access import refuse_patient_of
from operations.services.assessment import TRIP
from operations.services.duties import arrange, settle_duties, standing_lines, stretch_of
from operations.services.gates import Moment, ask
from operations.services.ledger import lock_trip, take_turns
from operations.services.trip_changes import trip_changed
from users.models import User

CREWABLE = (LegStatus.SCHEDULED, LegStatus.RELEASED)
OPEN = (TripStatus.CONFIRMED, TripStatus.PLANNING, TripStatus.RELEASED, TripStatus.ACTIVE)


@transaction.atomic
def offer_places(
    trip: Trip,
    *,
    person: User,
    role: str,
    legs: Sequence[int] = (),
    positioning_min: int = 0,
    remarks: str = "",
    overrides: Sequence[dict[str, str]] = (),
    actor: Any,
    at: datetime,
) -> list[CrewLine]:
    """
    Offer a person a role on some legs, all of them unless said; the person is held at once.

    `overrides` (rule, reason) let the trip pass what the place makes red; the caller has checked
    that the actor may. Raises NotLegal, RuleIsNotRed, RuleIsAbsolute, DoubleBooked when the person
    is wanted elsewhere, PlaceTaken, LegNotCrewable, TripNotAmendable, InvalidInput.
    """
    trip = lock_trip(trip)
    wanted = _open_legs(trip, legs)
    _check_places(wanted, person, role)
    duties = _duties(trip, person, role, wanted, positioning_min, actor=actor, at=at)
    offer = {"person": person, "role": role, "offered_by": actor, "offered_at": at}
    lines = [
        CrewLine.objects.create(leg=leg, duty=duties[leg.pk], remarks=remarks, **offer)
        for leg in wanted
    ]
    if trip.status == TripStatus.CONFIRMED:
        move(trip, TripStatus.PLANNING, actor=actor, at=at)
    _changed(trip, "offered", person.pk, actor=actor, at=at, role=role)
    announce(CrewOffered(trip_id=trip.pk, person_id=person.pk))
    for granted in overrides:
        override(subject_type=TRIP, subject_id=trip.pk, **granted, actor=actor, at=at)
    ask(Moment.CREW, trip, actor=actor, at=at)
    return lines


@transaction.atomic
def accept_place(line: CrewLine, *, actor: Any, at: datetime) -> CrewLine:
    """Take a place that one was offered. Raises NotYourPlace, TransitionNotAllowed."""
    trip, line = _locked(line)
    _require_own(line, actor)
    line.answered_at = at
    move(line, CrewStatus.ACCEPTED, actor=actor, at=at)
    audit.record("crew.accepted", trip, actor=actor, at=at, leg=line.leg.sequence, role=line.role)
    announce(CrewAnswered(trip_id=trip.pk, person_id=line.person_id))
    return line


@transaction.atomic
def decline_place(line: CrewLine, *, reason: str = "", actor: Any, at: datetime) -> CrewLine:
    """Turn down a place that one was offered, and be free again. Raises NotYourPlace."""
    trip, line = _locked(line)
    _require_own(line, actor)
    refuse_patient_of(trip.requirement, reason=reason)
    line.answered_at = at
    move(line, CrewStatus.DECLINED, actor=actor, at=at, reason=reason)
    _give_back(trip, line, "declined", actor=actor, at=at, reason=reason)
    return line


@transaction.atomic
def release_place(line: CrewLine, *, reason: str, actor: Any, at: datetime) -> CrewLine:
    """
    Take a person off a leg that has not begun; without flights left they are free.

    Raises LegNotCrewable, OnDuty when the last of a reported duty's flights would go,
    TransitionNotAllowed.
    """
    trip, line = _locked(line)
    if line.leg.status not in CREWABLE:
        raise LegNotCrewable(leg=str(line.leg), status=str(line.leg.status))
    is_on_duty = line.duty.status in (DutyStatus.REPORTED, DutyStatus.EXTENDED)
    if is_on_duty and not line.duty.lines.assigned().exclude(pk=line.pk).exists():
        raise OnDuty(person=line.person.full_name)
    refuse_patient_of(trip.requirement, reason=reason)
    move(line, CrewStatus.RELEASED, actor=actor, at=at, reason=reason)
    _give_back(trip, line, "released", actor=actor, at=at, reason=reason)
    return line


def release_crew(
    trip: Trip, legs: Sequence[TripLeg], *, because: str, actor: Any, at: datetime
) -> set[int]:
    """Take everybody off legs of a locked trip that are not flown; whom it concerns."""
    people = set()
    lines = CrewLine.objects.assigned().filter(leg__in=legs).order_by("pk")
    for line in lines:
        move(line, CrewStatus.RELEASED, actor=actor, at=at, reason=because)
        people.add(line.person_id)
    return people


def _locked(line: CrewLine) -> tuple[Trip, CrewLine]:
    trip = lock_trip(Trip.objects.select_related("aircraft").get(legs=line.leg_id))
    row = locked(line)
    row.leg.trip = trip
    return trip, row


def _require_own(line: CrewLine, actor: Any) -> None:
    if actor.pk != line.person_id:
        raise NotYourPlace


def _open_legs(trip: Trip, sequences: Sequence[int]) -> list[TripLeg]:
    if trip.status not in OPEN:
        raise TripNotAmendable(status=str(trip.status))
    rows = trip.legs.exclude(status=LegStatus.CANCELLED).order_by("sequence")
    found = list(
        (rows.filter(sequence__in=sequences) if sequences else rows).prefetch_related("ground_legs")
    )
    if not found or (sequences and len(found) != len(set(sequences))):
        raise InvalidInput("/legs", "The trip has no such leg.")
    for leg in found:
        leg.trip = trip
        if leg.status not in CREWABLE:
            raise LegNotCrewable(leg=str(leg), status=str(leg.status))
    return found


def _duties(
    trip: Trip,
    person: User,
    role: str,
    wanted: Sequence[TripLeg],
    positioning_min: int,
    *,
    actor: Any,
    at: datetime,
) -> dict[int, DutyPeriod]:
    """Hold the person for what they fly on the trip already and for more; duties by leg."""
    take_turns(trip, person.pk)
    before = standing_lines(trip, person.pk)
    stretches = [stretch_of(line.leg, line.role) for line in before]
    duties, _ = arrange(
        trip,
        person.pk,
        [*stretches, *(stretch_of(leg, role) for leg in wanted)],
        {line.leg_id: line.duty for line in before},
        positioning_min=positioning_min or None,
        is_fact=False,
        actor=actor,
        at=at,
    )
    for line in before:
        line.duty = duties[line.leg_id]
        line.save(update_fields=["duty", "updated_at"])
    return duties


def _check_places(legs: Sequence[TripLeg], person: User, role: str) -> None:
    if not person.is_active or not person.is_staff:
        raise InvalidInput("/person", "Not somebody employed here.")
    for leg in legs:
        taken = CrewLine.objects.assigned().filter(leg=leg)
        if taken.filter(person=person).exists():
            raise PlaceTaken(role=f"A place for {person.full_name}", leg=str(leg))
        if role in PLACES and taken.filter(role=role).count() >= PLACES[CrewRole(role)]:
            raise PlaceTaken(role=str(role), leg=str(leg))


def _give_back(
    trip: Trip, line: CrewLine, deed: str, *, actor: Any, at: datetime, reason: str
) -> None:
    take_turns(trip)
    settle_duties(trip, is_fact=False, actor=actor, at=at)
    _changed(trip, deed, line.person_id, actor=actor, at=at, reason=reason, role=line.role)
    announce(CrewAnswered(trip_id=trip.pk, person_id=line.person_id))


def _changed(
    trip: Trip, deed: str, person_id: int, *, actor: Any, at: datetime, reason: str = "", role: str
) -> None:
    audit.record(
        f"crew.{deed}", trip, actor=actor, at=at, reason=reason, person=person_id, role=role
    )
    trip_changed(trip, f"crew {deed}", people=[person_id], actor=actor, at=at)

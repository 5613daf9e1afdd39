"""Duty periods: made from the flights of a person, moved with them, reported, extended, ended."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from common import audit, booking
from common.compliance.service import touch
from common.exceptions import InvalidInput
from common.lifecycle import locked, move
from common.outbox import announce
from operations.duty_days import DutyDay, Stretch, duty_days
from operations.events import DutyChanged
from operations.exceptions import NotYourPlace
from operations.models import (
    MEDICAL,
    UNDER_WAY,
    CrewLine,
    DutyPeriod,
    DutyStatus,
    LegStatus,
    Trip,
    TripLeg,
)
from operations.services.access import refuse_patient_of
from operations.services.ledger import OPEN_DUTY, hold_person_of, lock_trip, take_turns

TOLERANCE = timedelta(minutes=5)
LONGEST_EXTENSION = timedelta(hours=12)
EARLIEST_REPORT = timedelta(hours=12)
WAITING = (LegStatus.SCHEDULED, LegStatus.RELEASED)


def stretch_of(leg: TripLeg, role: str) -> Stretch:
    """The time of one leg that is a person's work; who cares for the patient rides by road too."""
    start, end = leg.estimated_out_at, leg.estimated_in_at
    if role in MEDICAL:
        for ground in leg.ground_legs.all():
            start = min(start, ground.expected_start_at)
            end = max(end, ground.expected_end_at)
    return Stretch(leg=leg.pk, start_at=start, end_at=end)


def standing_lines(trip: Trip, person_id: int) -> list[CrewLine]:
    """A person's places on the legs of a trip that are not yet behind an ended duty."""
    rows = CrewLine.objects.assigned().filter(leg__trip=trip, person=person_id)
    rows = rows.exclude(Q(leg__status=LegStatus.CANCELLED) | Q(duty__status=DutyStatus.ENDED))
    return list(rows.select_related("leg", "duty").prefetch_related("leg__ground_legs"))


def settle_duties(trip: Trip, *, is_fact: bool, actor: Any, at: datetime) -> bool:
    """
    Make the duty periods of a trip fit its flights as now expected; whether all could be held.

    Call with the trip locked and the turns taken. A duty without flights is cancelled and frees
    its person.
    """
    fits = True
    people = DutyPeriod.objects.filter(trip=trip, status__in=OPEN_DUTY)
    for person_id in sorted(set(people.values_list("person_id", flat=True))):
        lines = standing_lines(trip, person_id)
        fits = _settle(trip, person_id, lines, is_fact=is_fact, actor=actor, at=at) and fits
    return fits


def arrange(
    trip: Trip,
    person_id: int,
    stretches: Sequence[Stretch],
    current: Mapping[int, DutyPeriod],
    *,
    positioning_min: int | None = None,
    is_fact: bool,
    actor: Any,
    at: datetime,
) -> tuple[dict[int, DutyPeriod], bool]:
    """
    Split a person's flights into duties and hold the person for each; duties by leg.

    A duty that was reported keeps when it began. Raises DoubleBooked unless it is a fact.
    """
    rows = DutyPeriod.objects.filter(trip=trip, person=person_id, status__in=OPEN_DUTY)
    spare = list(rows.order_by("report_at", "pk"))
    days = duty_days(stretches)
    paired = [(day, _take(day, spare, current)) for day in days]
    for duty in spare:
        _drop(duty, actor=actor, at=at)
    # Later ones first when they move back, so that none runs into the next one's old time.
    moves_later = any(duty is not None and day.end_at > duty.end_at for day, duty in paired)
    found: dict[int, DutyPeriod] = {}
    fits = True
    for day, known in reversed(paired) if moves_later else paired:
        row = known or DutyPeriod(trip=trip, person_id=person_id)
        if positioning_min is not None and day is days[0] and row.status == DutyStatus.PLANNED:
            row.positioning_min = positioning_min
        _fit(row, day)
        row.trip = trip
        fits = hold_person_of(row, is_fact=is_fact) and fits
        found.update(dict.fromkeys(day.legs, row))
    return found, fits


@transaction.atomic
def report_for_duty(
    duty: DutyPeriod, *, reported_at: datetime | None = None, actor: Any, at: datetime
) -> DutyPeriod:
    """Record that a person reported. Raises NotYourPlace, InvalidInput, TransitionNotAllowed."""
    duty = _locked(duty)
    _require_own(duty, actor)
    began = reported_at or at
    if began > at + TOLERANCE:
        raise InvalidInput("/reported_at", "That is still to come.")
    if abs(began - duty.report_at) > EARLIEST_REPORT:
        raise InvalidInput("/reported_at", "More than twelve hours from the planned report.")
    duty.report_at = began
    duty.end_at = max(duty.end_at, began + timedelta(minutes=1))
    move(duty, DutyStatus.REPORTED, actor=actor, at=at)
    hold_person_of(duty, is_fact=True)
    _changed(duty, "reported", actor=actor, at=at)
    return duty


@transaction.atomic
def extend_duty(
    duty: DutyPeriod, *, end_at: datetime, reason: str, actor: Any, at: datetime
) -> DutyPeriod:
    """
    Extend a duty under way, saying why.

    Raises DoubleBooked where the person is wanted elsewhere, NotYourPlace, InvalidInput,
    TransitionNotAllowed.
    """
    duty = _locked(duty)
    _require_own(duty, actor)
    refuse_patient_of(duty.trip.requirement, reason=reason)
    if end_at <= duty.end_at:
        raise InvalidInput("/end_at", "Not after the present end.")
    if end_at > duty.end_at + LONGEST_EXTENSION:
        raise InvalidInput("/end_at", "More than twelve hours more.")
    duty.end_at, duty.extension_reason = end_at, reason
    move(duty, DutyStatus.EXTENDED, actor=actor, at=at, reason=reason)
    hold_person_of(duty, is_fact=False)
    _changed(duty, "extended", actor=actor, at=at, reason=reason)
    return duty


@transaction.atomic
def end_duty(
    duty: DutyPeriod, *, ended_at: datetime | None = None, actor: Any, at: datetime
) -> DutyPeriod:
    """
    End a duty; the rest of its time is the person's own. Raises as `report_for_duty`.

    Flights of it that are still to come get a duty of their own, so that the rest before them is
    judged.
    """
    duty = _locked(duty)
    _require_own(duty, actor)
    ended = ended_at or at
    if ended > at + TOLERANCE:
        raise InvalidInput("/ended_at", "That is still to come.")
    if ended <= duty.report_at:
        raise InvalidInput("/ended_at", "Not after the report.")
    lines = duty.lines.assigned()
    if lines.filter(leg__status__in=UNDER_WAY).exists():
        raise InvalidInput("/ended_at", "A flight of this duty is under way.")
    if lines.filter(leg__actual_in_at__gt=ended).exists():
        raise InvalidInput("/ended_at", "A flight of this duty was on blocks later.")
    finish(duty, ended, actor=actor, at=at)
    left = lines.filter(leg__status__in=WAITING).select_related("leg", "duty")
    if rows := list(left.prefetch_related("leg__ground_legs")):
        rows += standing_lines(duty.trip, duty.person_id)
        _settle(duty.trip, duty.person_id, rows, is_fact=True, actor=actor, at=at)
    _changed(duty, "ended", actor=actor, at=at)
    return duty


def ended_with(leg: TripLeg) -> list[DutyPeriod]:
    """The duties that ended after this leg, which was their last, by key."""
    lines = CrewLine.objects.assigned().filter(leg=leg, duty__status=DutyStatus.ENDED)
    later = CrewLine.objects.assigned().filter(
        duty=OuterRef("pk"), leg__sequence__gt=leg.sequence, leg__actual_in_at__isnull=False
    )
    rows = DutyPeriod.objects.filter(pk__in=lines.values("duty")).exclude(Exists(later))
    return list(rows.select_related("trip").order_by("pk"))


def correct_ends(
    ended: Sequence[DutyPeriod], late: timedelta, *, actor: Any, at: datetime, reason: str
) -> None:
    """
    Put the ends of duties right whose last flight was on blocks later or sooner than was written.

    What came after it took as long as was recorded, so the end moves with the flight; but never to
    before the person's last flight or, of who cares for the patient, journey by road was over: rest
    does not begin before that, and where it would, the trail says that the end is in doubt. Call
    with the trip locked and the turns of the people taken; the caller touches them.
    """
    for one in ended:
        duty = locked(one)
        duty.trip = one.trip
        was = duty.end_at
        duty.end_at = max(was + late, min(was, _work_over_at(duty)))
        if duty.end_at != was:
            duty.save(update_fields=["end_at", "updated_at"])
            hold_person_of(duty, is_fact=True)
        deed = "duty.end_corrected" if duty.end_at == was + late else "duty.end_in_doubt"
        audit.record(deed, duty, actor=actor, at=at, reason=reason, was=was.isoformat())
        announce(DutyChanged(duty_id=duty.pk))


def finish(duty: DutyPeriod, ended: datetime, *, actor: Any, at: datetime) -> None:
    """End a locked duty at a moment, in the ledger too."""
    duty.end_at = ended
    move(duty, DutyStatus.ENDED, actor=actor, at=at)
    hold_person_of(duty, is_fact=True)


def _work_over_at(duty: DutyPeriod) -> datetime:
    """When the last flight or journey of a duty was over; a minute after the report at least."""
    lines = duty.lines.assigned().exclude(leg__status=LegStatus.CANCELLED)
    rows = lines.select_related("leg").prefetch_related("leg__ground_legs")
    ends = [stretch_of(line.leg, line.role).end_at for line in rows]
    return max([*ends, duty.report_at + timedelta(minutes=1)])


def _settle(
    trip: Trip,
    person_id: int,
    lines: Sequence[CrewLine],
    *,
    is_fact: bool,
    actor: Any,
    at: datetime,
) -> bool:
    """Arrange the duties of one person for some places; whether all could be held."""
    stretches = [stretch_of(line.leg, line.role) for line in lines]
    current = {line.leg_id: line.duty for line in lines}
    duties, is_held = arrange(
        trip, person_id, stretches, current, is_fact=is_fact, actor=actor, at=at
    )
    for line in lines:
        if line.duty_id != duties[line.leg_id].pk:
            line.duty = duties[line.leg_id]
            line.save(update_fields=["duty", "updated_at"])
    return is_held


def _locked(duty: DutyPeriod) -> DutyPeriod:
    trip = lock_trip(Trip.objects.select_related("aircraft").get(pk=duty.trip_id))
    row = locked(duty)
    row.trip = trip
    take_turns(trip)
    return row


def _take(
    day: DutyDay, spare: list[DutyPeriod], current: Mapping[int, DutyPeriod]
) -> DutyPeriod | None:
    """The duty that a day's flights are already part of, else one that lost its own."""
    mine = {current[leg].pk for leg in day.legs if leg in current}
    kept = {duty.pk for leg, duty in current.items() if leg not in day.legs} - mine
    for duty in spare:
        if duty.pk in mine or (not mine and duty.pk not in kept):
            spare.remove(duty)
            return duty
    return None


def _fit(duty: DutyPeriod, day: DutyDay) -> None:
    is_new = duty.pk is None
    if is_new or duty.status == DutyStatus.PLANNED:
        duty.report_at = day.report_at - timedelta(minutes=duty.positioning_min)
    is_extended = duty.status == DutyStatus.EXTENDED
    duty.end_at = max(day.end_at, duty.end_at) if is_extended else day.end_at
    if is_new:
        duty.planned_report_at, duty.planned_end_at = duty.report_at, duty.end_at
    duty.end_at = max(duty.end_at, duty.report_at + timedelta(minutes=1))
    duty.save()


def _drop(duty: DutyPeriod, *, actor: Any, at: datetime) -> None:
    """A duty without flights: who has not reported is free, who has ends it themselves."""
    if duty.status == DutyStatus.PLANNED:
        move(duty, DutyStatus.CANCELLED, actor=actor, at=at, reason="No flights are left.")
        booking.release(duty)


def _require_own(duty: DutyPeriod, actor: Any) -> None:
    if actor.pk != duty.person_id and not actor.has_perm("operations.plan_trip"):
        raise NotYourPlace


def _changed(duty: DutyPeriod, deed: str, *, actor: Any, at: datetime, reason: str = "") -> None:
    audit.record(f"duty.{deed}", duty, actor=actor, at=at, reason=reason)
    touch(f"user:{duty.person_id}", f"trip:{duty.trip_id}", because=f"duty {deed}")
    announce(DutyChanged(duty_id=duty.pk))

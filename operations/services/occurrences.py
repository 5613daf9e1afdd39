"""Report an occurrence in crewed flying, tell the NTSB, file the report, investigate, close."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.db import transaction

from aircraft.models import Aircraft
from common import audit
from common.compliance.findings import Stage
from common.compliance.service import assess, record, touch
from common.exceptions import InvalidInput
from common.lifecycle import locked, move, require_move
from common.numbering import next_number
from common.outbox import announce
from operations.events import OccurrenceChanged, OccurrenceReported
from operations.exceptions import (
    BoardAlreadyTold,
    NoticeNotDue,
    OccurrenceNotAmendable,
    OccurrenceNotClosable,
)
from operations.models import Occurrence, OccurrenceStatus, Trip, TripLeg
from operations.occurrences import event_of, is_notifiable, report_due_at
from operations.queries.occurrences import outstanding, people_of, with_people
from operations.services.access import refuse_patient_of

OCCURRENCE = "operations.occurrence"
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
TEXTS = ("place", "narrative", "weather", "evidence")
AMENDABLE = frozenset(
    {
        "kind",
        "occurred_at",
        "time_zone",
        "injuries",
        "damage",
        "found_at",
        "asked_for_on",
        *TEXTS,
    }
)


@transaction.atomic
def report_occurrence(
    *,
    aircraft: Aircraft | None = None,
    trip: Trip | None = None,
    leg: TripLeg | None = None,
    aware_at: datetime | None = None,
    actor: Any,
    at: datetime,
    **particulars: Any,
) -> Occurrence:
    """
    Report an occurrence; the clock of the notice runs from `aware_at` (now when not given).

    Trip and aircraft are those of the leg unless given. From now on the next trips of the aircraft
    and of its crew show it. Raises InvalidInput.
    """
    occurrence = Occurrence(
        trip=trip or (leg.trip if leg else None),
        leg=leg,
        aware_at=aware_at or at,
        reported_by=actor,
    )
    _name_aircraft(occurrence, aircraft)
    for name in sorted(AMENDABLE & set(particulars)):
        setattr(occurrence, name, particulars[name])
    occurrence.time_zone = occurrence.time_zone or _zone_of(occurrence)
    _judge(occurrence, at)
    year = at.astimezone(occurrence.aircraft.zone).year
    occurrence.number = next_number("OC", year=year)
    occurrence.save()
    _note(occurrence, "reported", actor=actor, at=at)
    judged = assess(OCCURRENCE, occurrence.pk, stage=Stage.POST, at=at)
    record([judged])
    announce(OccurrenceReported(occurrence_id=occurrence.pk))
    return occurrence


@transaction.atomic
def amend_occurrence(
    occurrence: Occurrence,
    *,
    changes: Mapping[str, Any],
    actor: Any,
    at: datetime,
    version: int | None = None,
) -> Occurrence:
    """
    Correct or complete the particulars; what the Board must be told is judged again.

    Raises OccurrenceNotAmendable, StaleVersion, InvalidInput.
    """
    occurrence = locked(occurrence, version=version)
    if occurrence.status == OccurrenceStatus.CLOSED:
        raise OccurrenceNotAmendable(status=occurrence.status)
    for name in sorted(AMENDABLE & set(changes)):
        setattr(occurrence, name, changes[name])
    occurrence.time_zone = occurrence.time_zone or _zone_of(occurrence)
    _judge(occurrence, at)
    occurrence.save()
    _note(occurrence, "amended", actor=actor, at=at, fields=sorted(AMENDABLE & set(changes)))
    announce(OccurrenceChanged(occurrence_id=occurrence.pk))
    return occurrence


@transaction.atomic
def record_notice(
    occurrence: Occurrence, *, notified_at: datetime, reference: str, actor: Any, at: datetime
) -> Occurrence:
    """
    Record that the NTSB was told, when and under which reference; that clock stops (830.5).

    Raises NoticeNotDue, BoardAlreadyTold, InvalidInput.
    """
    occurrence = locked(occurrence)
    if not occurrence.is_notifiable:
        raise NoticeNotDue(occurrence=occurrence.number)
    if occurrence.notified_at is not None:
        raise BoardAlreadyTold(what="notice", occurrence=occurrence.number)
    _require_told(occurrence, notified_at, "/notified_at", at)
    if not reference:
        raise InvalidInput("/reference", "Say who took it, or its number.")
    occurrence.notified_at, occurrence.notice_reference = notified_at, reference
    return _told(occurrence, "notified", reference, actor=actor, at=at)


@transaction.atomic
def record_report(
    occurrence: Occurrence, *, filed_at: datetime, reference: str = "", actor: Any, at: datetime
) -> Occurrence:
    """
    Record that the report, form 6120.1, was filed; that clock stops (830.15).

    Raises NoticeNotDue, BoardAlreadyTold, InvalidInput.
    """
    occurrence = locked(occurrence)
    if occurrence.report_due_at is None:
        raise NoticeNotDue(occurrence=occurrence.number)
    if occurrence.filed_at is not None:
        raise BoardAlreadyTold(what="report", occurrence=occurrence.number)
    _require_told(occurrence, filed_at, "/filed_at", at)
    occurrence.filed_at, occurrence.report_reference = filed_at, reference
    return _told(occurrence, "filed", reference, actor=actor, at=at)


@transaction.atomic
def investigate_occurrence(
    occurrence: Occurrence, *, reason: str = "", actor: Any, at: datetime
) -> Occurrence:
    """Open the investigation, or open it again. Raises TransitionNotAllowed, InvalidInput."""
    occurrence = locked(occurrence)
    to = OccurrenceStatus.UNDER_INVESTIGATION
    return _step(occurrence, to, reason=reason, actor=actor, at=at)


@transaction.atomic
def close_occurrence(
    occurrence: Occurrence, *, reason: str, actor: Any, at: datetime
) -> Occurrence:
    """
    Close an occurrence that is dealt with; the next trips no longer show it.

    Raises OccurrenceNotClosable while the notice or the report is missing, TransitionNotAllowed,
    InvalidInput.
    """
    occurrence = locked(occurrence)
    require_move(occurrence, OccurrenceStatus.CLOSED)
    missing = list(outstanding(occurrence))
    if missing:
        raise OccurrenceNotClosable(occurrence=occurrence.number, open=", ".join(missing))
    return _step(occurrence, OccurrenceStatus.CLOSED, reason=reason, actor=actor, at=at)


def _step(occurrence: Occurrence, to: str, *, reason: str, actor: Any, at: datetime) -> Occurrence:
    if occurrence.trip is not None:
        refuse_patient_of(occurrence.trip.requirement, reason=reason)
    move(occurrence, to, actor=actor, at=at, reason=reason)
    _note(occurrence, to, actor=actor, at=at, reason=reason)
    announce(OccurrenceChanged(occurrence_id=occurrence.pk))
    return occurrence


def _told(
    occurrence: Occurrence, deed: str, reference: str, *, actor: Any, at: datetime
) -> Occurrence:
    occurrence.save()
    _note(occurrence, deed, actor=actor, at=at, reference=reference)
    announce(OccurrenceChanged(occurrence_id=occurrence.pk))
    return occurrence


def _require_told(occurrence: Occurrence, told_at: datetime, pointer: str, at: datetime) -> None:
    if not occurrence.aware_at <= told_at <= at:
        raise InvalidInput(pointer, "Not between the moment of awareness and now.")


def _name_aircraft(occurrence: Occurrence, aircraft: Aircraft | None) -> None:
    trip, leg = occurrence.trip, occurrence.leg
    flown = trip.aircraft if trip is not None else aircraft
    if flown is None:
        raise InvalidInput("/aircraft", "Name the aircraft, the trip or the leg.")
    if leg is not None and trip is not None and leg.trip_id != trip.pk:
        raise InvalidInput("/leg", "The leg belongs to another trip.")
    if aircraft is not None and flown.pk != aircraft.pk:
        raise InvalidInput("/aircraft", "The trip is flown with another aircraft.")
    occurrence.aircraft = flown


def _zone_of(occurrence: Occurrence) -> str:
    """Where nobody says: the zone of the place the leg left, else of the aircraft's base."""
    leg = occurrence.leg
    return (leg.origin.timezone if leg is not None else "") or occurrence.aircraft.timezone


def _judge(occurrence: Occurrence, at: datetime) -> None:
    _require_sense(occurrence, at)
    occurrence.event = event_of(
        kind=occurrence.kind, injuries=occurrence.injuries, damage=occurrence.damage
    )
    is_found = occurrence.found_at is not None
    occurrence.is_notifiable = is_notifiable(event=occurrence.event, is_found=is_found)
    occurrence.report_due_at = report_due_at(
        event=occurrence.event,
        occurred_at=occurrence.occurred_at,
        zone=ZoneInfo(occurrence.time_zone),
        is_found=is_found,
        asked_for_on=occurrence.asked_for_on,
    )


def _require_sense(occurrence: Occurrence, at: datetime) -> None:
    if occurrence.time_zone not in available_timezones():
        raise InvalidInput("/time_zone", "Not a time zone of the IANA database.")
    if occurrence.aware_at > at:
        raise InvalidInput("/aware_at", "The moment of awareness lies in the future.")
    if not EARLIEST <= occurrence.occurred_at <= occurrence.aware_at:
        raise InvalidInput("/occurred_at", "It cannot be known before it happened, nor be so old.")
    found = occurrence.found_at
    if found is not None and not occurrence.occurred_at <= found <= at:
        raise InvalidInput("/found_at", "Not between the event and now.")
    if occurrence.trip is not None:
        texts = {name: getattr(occurrence, name) for name in TEXTS}
        refuse_patient_of(occurrence.trip.requirement, **texts)


def _note(
    occurrence: Occurrence,
    deed: str,
    *,
    actor: Any,
    at: datetime,
    reason: str = "",
    **details: Any,
) -> None:
    audit.record(
        f"occurrence.{deed}",
        occurrence,
        actor=actor,
        at=at,
        reason=reason,
        scope=occurrence.scope,
        **details,
    )
    row = with_people(Occurrence.objects.filter(pk=occurrence.pk)).get()
    people = (f"user:{pk}" for pk in sorted(people_of(row)))
    keys = (f"occurrence:{occurrence.pk}", f"aircraft:{occurrence.aircraft_id}", *people)
    touch(*keys, because=occurrence.number)

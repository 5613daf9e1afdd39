"""The end of a trip: hours to the aircraft, logs to the pilots, everybody's time given back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from aircraft.services.hours import record_hours
from common import audit, booking
from common.exceptions import InvalidInput
from common.lifecycle import locked, move, require_move
from common.outbox import announce
from operations.events import TripClosed
from operations.exceptions import AlreadyCorrected, ClosingIncomplete, LegsOpen
from operations.models import (
    PILOTS,
    CrewLine,
    CrewLogEntry,
    CrewRole,
    CrewStatus,
    DutyPeriod,
    DutyStatus,
    LegStatus,
    Trip,
    TripLeg,
    TripStatus,
)
from operations.queries.night import is_night, night_minutes
from operations.schedule import DEBRIEF
from operations.services.duties import finish, stretch_of
from operations.services.ledger import OPEN_DUTY, lock_trip, take_turns

CORRECTABLE = (
    "off_at",
    "on_at",
    "flight_min",
    "block_min",
    "night_min",
    "is_sole_manipulator",
    "day_takeoffs",
    "day_landings",
    "night_takeoffs",
    "night_landings",
    "approaches",
)
# By the first character of the type in ICAO Doc 8643; all others are aeroplanes.
CATEGORIES = {"H": "helicopter", "G": "gyroplane", "T": "powered_lift"}


@dataclass(frozen=True, kw_only=True)
class Flown:
    """What the crew reports of one leg beside its times; the pilot in command flew it."""

    landings: int = 1
    cycles: int = 1
    approaches: int = 0
    manipulator: str = CrewRole.PIC


@transaction.atomic
def close_trip(
    trip: Trip, *, flown: Mapping[int, Flown] | None = None, actor: Any, at: datetime
) -> Trip:
    """
    Close a trip whose flights are over, once and for good; new entries put right what was wrong.

    Each flown leg adds to the aircraft's hours and to the log of each of its pilots; duties end and
    the ledger is cut to what was used. `flown` is by leg. Raises LegsOpen, ClosingIncomplete,
    TransitionNotAllowed, HoursAlreadyRecorded.
    """
    trip = lock_trip(trip)
    require_move(trip, TripStatus.CLOSED)
    legs = _flown_legs(trip)
    reports = _reports(legs, flown or {})
    take_turns(trip)
    for leg in legs:
        _write_hours(trip, leg, reports[leg.sequence], actor=actor, at=at)
        _write_logs(trip, leg, reports[leg.sequence], actor=actor, at=at)
    _end_duties(trip, legs, actor=actor, at=at)
    if legs:
        booking.shorten(trip, end=max(_known(leg.actual_in_at) for leg in legs))
    trip.closed_at = at
    move(trip, TripStatus.CLOSED, actor=actor, at=at)
    audit.record("trip.closed", trip, actor=actor, at=at, legs=len(legs))
    announce(TripClosed(trip_id=trip.pk))
    return trip


@transaction.atomic
def correct_log(
    entry: CrewLogEntry, *, reason: str, actor: Any, at: datetime, **changes: Any
) -> CrewLogEntry:
    """
    Put a pilot's log right by a whole new entry; the old one stays and counts no more.

    Raises AlreadyCorrected, InvalidInput.
    """
    locked(entry.person)
    if CrewLogEntry.objects.filter(corrects=entry).exists():
        raise AlreadyCorrected
    fields = {name: changes.get(name, getattr(entry, name)) for name in CORRECTABLE}
    if not any(fields[name] != getattr(entry, name) for name in CORRECTABLE):
        raise InvalidInput("", "Nothing would change.")
    if fields["on_at"] <= fields["off_at"]:
        raise InvalidInput("/on_at", "Not after the take-off.")
    if fields["on_at"] > at:
        raise InvalidInput("/on_at", "That is still to come.")
    if max(fields["night_min"], fields["flight_min"]) > fields["block_min"]:
        raise InvalidInput("/block_min", "Less than the flight or the night in it.")
    same = ("person_id", "leg_id", "role", "aircraft_type", "tail_number", "category")
    corrected = CrewLogEntry.objects.create(
        **{name: getattr(entry, name) for name in same},
        **fields,
        corrects=entry,
        correction_reason=reason,
        recorded_by=actor,
        recorded_at=at,
    )
    audit.record("crew_log.corrected", corrected, actor=actor, at=at, reason=reason)
    announce(TripClosed(trip_id=entry.leg.trip_id))
    return corrected


def _flown_legs(trip: Trip) -> list[TripLeg]:
    legs = list(
        trip.legs.exclude(status=LegStatus.CANCELLED)
        .select_related("origin", "destination", "diverted_to")
        .order_by("sequence")
    )
    still_open = [str(leg.sequence) for leg in legs if leg.status != LegStatus.IN]
    if still_open:
        raise LegsOpen(trip=trip.number, legs=", ".join(still_open))
    return legs


def _reports(legs: list[TripLeg], given: Mapping[int, Flown]) -> dict[int, Flown]:
    known = {leg.sequence for leg in legs}
    if set(given) - known:
        raise InvalidInput("/legs", "Not a flown leg of this trip.")
    return {sequence: given.get(sequence, Flown()) for sequence in known}


def _write_hours(trip: Trip, leg: TripLeg, report: Flown, *, actor: Any, at: datetime) -> None:
    off, on = _known(leg.actual_off_at), _known(leg.actual_on_at)
    record_hours(
        trip.aircraft,
        source=f"operations.tripleg:{leg.pk}",
        flown_on=off.astimezone(trip.aircraft.zone).date(),
        minutes=_minutes(off, on),
        cycles=report.cycles,
        landings=report.landings,
        actor=actor,
        at=at,
    )


def _write_logs(trip: Trip, leg: TripLeg, report: Flown, *, actor: Any, at: datetime) -> None:
    """One entry for each pilot; take-offs and landings count for who had the controls."""
    lines = CrewLine.objects.filter(leg=leg, role__in=PILOTS, status=CrewStatus.ACCEPTED)
    pilots = list(lines.order_by("role"))
    if report.manipulator not in {line.role for line in pilots}:
        reason = f"nobody accepted to fly leg {leg.sequence} as {report.manipulator}"
        raise ClosingIncomplete(trip=trip.number, reason=reason)
    off, on = _known(leg.actual_off_at), _known(leg.actual_on_at)
    end = leg.diverted_to or leg.destination
    night = night_minutes(leg.origin, end, off=off, on=on)
    is_dark_off = is_night(lat=leg.origin.point.y, lon=leg.origin.point.x, at=off)
    is_dark_on = is_night(lat=end.point.y, lon=end.point.x, at=on)
    block = max(_minutes(_known(leg.actual_out_at), _known(leg.actual_in_at)), _minutes(off, on), 1)
    for line in pilots:
        had_controls = line.role == report.manipulator
        landings = report.landings if had_controls else 0
        CrewLogEntry.objects.create(
            person_id=line.person_id,
            leg=leg,
            role=line.role,
            aircraft_type=trip.aircraft.aircraft_type.designator,
            tail_number=trip.aircraft.tail_number,
            category=CATEGORIES.get(trip.aircraft.aircraft_type.category, "aeroplane"),
            off_at=off,
            on_at=on,
            flight_min=_minutes(off, on),
            block_min=block,
            night_min=min(night, block),
            is_sole_manipulator=had_controls,
            day_takeoffs=int(had_controls and not is_dark_off),
            night_takeoffs=int(had_controls and is_dark_off),
            day_landings=0 if is_dark_on else landings,
            night_landings=landings if is_dark_on else 0,
            approaches=report.approaches if had_controls else 0,
            recorded_by=actor,
            recorded_at=at,
        )


def _end_duties(trip: Trip, legs: list[TripLeg], *, actor: Any, at: datetime) -> None:
    """Who flew and did not say when they were free was so half an hour after the last flight."""
    duties = DutyPeriod.objects.filter(trip=trip, status__in=OPEN_DUTY).order_by("person_id", "pk")
    for duty in duties.select_related("trip"):
        lines = duty.lines.assigned().filter(leg__in=legs).select_related("leg")
        # Who cares for the patient rides along by road.
        ends = [
            max(_known(line.leg.actual_in_at), stretch_of(line.leg, line.role).end_at)
            for line in lines.prefetch_related("leg__ground_legs")
        ]
        if not ends and duty.status == DutyStatus.PLANNED:
            booking.release(duty)
            move(duty, DutyStatus.CANCELLED, actor=actor, at=at, reason="It was not worked.")
            continue
        if duty.status == DutyStatus.PLANNED:
            move(duty, DutyStatus.REPORTED, actor=actor, at=at, reason="Taken as planned.")
        ended = max(ends) + DEBRIEF if ends else min(duty.end_at, at)
        finish(duty, max(ended, duty.report_at + timedelta(minutes=1)), actor=actor, at=at)


def _minutes(start: datetime, end: datetime) -> int:
    return round((end - start).total_seconds() / 60)


def _known(moment: datetime | None) -> datetime:
    if moment is None:
        raise ValueError("a flown leg has all of its times")
    return moment

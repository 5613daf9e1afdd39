"""Stays in maintenance, booked in the one time ledger beside trips."""

from datetime import datetime
from typing import Any

from django.db import transaction

from aircraft.events import MaintenanceBooked
from aircraft.exceptions import PeriodOver, VisitNotBegun, VisitOver
from aircraft.models import Aircraft, MaintenanceVisit, VisitStatus
from aircraft.queries.availability import resource_of
from aircraft.services.records import aircraft_changed, lock_aircraft
from common import booking
from common.exceptions import InvalidInput
from common.lifecycle import locked, move
from common.numbering import next_number


@transaction.atomic
def book_maintenance(
    aircraft: Aircraft,
    *,
    start_at: datetime,
    end_at: datetime,
    purpose: str,
    provider: str = "",
    actor: Any,
    at: datetime,
) -> MaintenanceVisit:
    """
    Take an aircraft out for maintenance over a half-open period.

    Raises DoubleBooked when it is taken, InvalidInput, PeriodOver, AircraftRetired.
    """
    aircraft = lock_aircraft(aircraft)
    _check_period(start_at, end_at, at)
    visit = MaintenanceVisit.objects.create(
        aircraft=aircraft,
        start_at=start_at,
        end_at=end_at,
        purpose=purpose,
        provider=provider,
        number=next_number("MV", year=at.year),
    )
    _hold(aircraft, visit)
    _announce(aircraft, visit, "maintenance_booked", actor=actor, at=at)
    return visit


@transaction.atomic
def rebook_maintenance(
    visit: MaintenanceVisit,
    *,
    start_at: datetime,
    end_at: datetime,
    version: int | None = None,
    actor: Any,
    at: datetime,
) -> MaintenanceVisit:
    """Move a booked stay. Raises DoubleBooked, VisitOver, InvalidInput, PeriodOver."""
    aircraft = lock_aircraft(visit.aircraft)
    visit = locked(visit, version=version)
    if visit.status != VisitStatus.BOOKED:
        raise VisitOver(visit=visit.number, status=visit.status)
    _check_period(start_at, end_at, at)
    visit.start_at, visit.end_at = start_at, end_at
    visit.save(update_fields=["start_at", "end_at", "updated_at"])
    _hold(aircraft, visit)
    _announce(aircraft, visit, "maintenance_moved", actor=actor, at=at)
    return visit


@transaction.atomic
def complete_visit(visit: MaintenanceVisit, *, actor: Any, at: datetime) -> MaintenanceVisit:
    """
    End a stay; one that ends early gives the rest of its time back.

    Raises VisitNotBegun, TransitionNotAllowed.
    """
    aircraft = lock_aircraft(visit.aircraft)
    visit = locked(visit)
    if at <= visit.start_at and visit.status == VisitStatus.BOOKED:
        raise VisitNotBegun(visit=visit.number, start=visit.start_at)
    booking.shorten(visit, end=at)
    visit.end_at = min(visit.end_at, at)
    move(visit, VisitStatus.COMPLETED, actor=actor, at=at)
    _announce(aircraft, visit, "maintenance_ended", actor=actor, at=at)
    return visit


@transaction.atomic
def cancel_visit(
    visit: MaintenanceVisit, *, reason: str, actor: Any, at: datetime
) -> MaintenanceVisit:
    """Cancel a booked stay and give its time back. Raises TransitionNotAllowed."""
    aircraft = lock_aircraft(visit.aircraft)
    visit = locked(visit)
    move(visit, VisitStatus.CANCELLED, actor=actor, at=at, reason=reason)
    booking.release(visit)
    _announce(aircraft, visit, "maintenance_cancelled", actor=actor, at=at, reason=reason)
    return visit


def _hold(aircraft: Aircraft, visit: MaintenanceVisit) -> None:
    booking.book(
        [resource_of(aircraft)],
        start=visit.start_at,
        end=visit.end_at,
        source=visit,
        purpose=f"{visit.number} {visit.purpose}"[:200],
    )


def _check_period(start_at: datetime, end_at: datetime, at: datetime) -> None:
    if end_at <= start_at:
        raise InvalidInput("/end_at", "Not after the start.")
    if end_at <= at:
        raise PeriodOver


def _announce(
    aircraft: Aircraft,
    visit: MaintenanceVisit,
    deed: str,
    *,
    actor: Any,
    at: datetime,
    **done: Any,
) -> None:
    event = MaintenanceBooked(aircraft_id=aircraft.pk, visit_id=visit.pk)
    aircraft_changed(aircraft, deed, event, actor=actor, at=at, visit=visit.number, **done)

"""The one place that hears of every change of a trip, and what a release of it may rest on."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from aircraft.models import FLEET_SCOPE
from common import audit
from common.compliance.service import touch
from common.lifecycle import move
from common.outbox import announce
from operations.events import TripChanged, TripReleaseRevoked
from operations.models import FlightRelease, LegStatus, ServiceItem, ServiceStatus, Trip, TripStatus
from operations.plan_hash import plan_hash

ARRANGED = (ServiceStatus.REQUESTED, ServiceStatus.ON_HOLD, ServiceStatus.CONFIRMED)


def trip_changed(
    trip: Trip, because: str, *, people: Iterable[int] = (), actor: Any, at: datetime
) -> None:
    """
    Whatever a release binds has changed: seal the plan anew and take a live release back.

    Call once in the transaction of the change, with the trip locked: verdicts are locked by one
    statement. `people` are those whose duty and rest this changes.
    """
    sealed = plan_hash(trip)
    if sealed != trip.plan_hash:
        trip.plan_hash = sealed
        trip.save(update_fields=["plan_hash", "updated_at"])
        take_release_back(trip, because=because, actor=actor, at=at)
    crew = {f"user:{pk}" for pk in people}
    touch(f"trip:{trip.pk}", *crew, because=f"{trip.number}: {because}")
    announce(TripChanged(trip_id=trip.pk))


def take_release_back(trip: Trip, *, because: str, actor: Any, at: datetime) -> None:
    """
    Revoke the live release of a locked trip; its flights wait for another one.

    A trip that has not begun goes back to planning, one under way goes on without a release.
    """
    for release in FlightRelease.objects.live().filter(trip=trip):
        release.revoked_at, release.revoked_because = at, because
        release.save(update_fields=["revoked_at", "revoked_because", "updated_at"])
        audit.record(
            "trip.release_revoked", trip, actor=actor, at=at, reason=because, scope=FLEET_SCOPE
        )
        announce(TripReleaseRevoked(trip_id=trip.pk, release_id=release.pk))
    for leg in trip.legs.filter(status=LegStatus.RELEASED).order_by("sequence"):
        move(leg, LegStatus.SCHEDULED, actor=actor, at=at, reason=because)
    if trip.status == TripStatus.RELEASED:
        move(trip, TripStatus.PLANNING, actor=actor, at=at, reason=because)


def have_services_rechecked(
    trip: Trip, because: str, *, from_leg: int = 1, to_leg: int | None = None
) -> int:
    """
    Mark what was arranged for some legs, and for the whole trip, as to be looked at again.

    Returns how many were marked.
    """
    rows = ServiceItem.objects.filter(trip=trip, status__in=ARRANGED)
    rows = rows.exclude(leg__sequence__lt=from_leg)
    if to_leg is not None:
        rows = rows.exclude(leg__sequence__gt=to_leg)
    return rows.update(needs_recheck=True, recheck_because=because[:300])

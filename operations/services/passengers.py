"""Who travels beside crew and patient. Locks the trip, then the passenger."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from common import audit
from common.compliance.service import touch
from common.exceptions import InvalidInput
from common.lifecycle import locked
from common.outbox import announce
from operations.events import PassengersChanged
from operations.exceptions import FieldWithheld, TripOver
from operations.models import Passenger, Trip, TripStatus
from operations.privacy import PASSENGER_FIELDS, Holds

OVER = (TripStatus.COMPLETED, TripStatus.CLOSED, TripStatus.CANCELLED, TripStatus.ABORTED)
MANIFEST = frozenset(PASSENGER_FIELDS["manifest"].fields)


@transaction.atomic
def add_passenger(
    trip: Trip, *, legs: Iterable[int] = (), actor: Any, at: datetime, **values: Any
) -> Passenger:
    """Put somebody on legs of a trip, named by their sequence. Raises TripOver, InvalidInput."""
    trip = _open_trip(trip)
    passenger = Passenger(trip=trip, **values)
    _check(passenger, at)
    passenger.save()
    passenger.legs.set(_legs(trip, legs))
    _changed(passenger, "passenger.added", actor=actor, at=at, fields=sorted({*values, "legs"}))
    return passenger


@transaction.atomic
def change_passenger(
    passenger: Passenger,
    *,
    changes: Mapping[str, Any],
    holds: Holds,
    version: int | None,
    actor: Any,
    at: datetime,
) -> Passenger:
    """
    Change what is known of a passenger, or which legs they are on (none: left behind).

    Raises StaleVersion, TripOver, InvalidInput, and FieldWithheld for fields out of sight.
    """
    hidden = sorted(MANIFEST & set(changes))
    if hidden and not holds(PASSENGER_FIELDS["manifest"].permission):
        raise FieldWithheld(fields=", ".join(hidden))
    trip = _open_trip(passenger.trip)
    passenger = locked(passenger, version=version)
    for name, value in changes.items():
        if name != "legs":
            setattr(passenger, name, value)
    _check(passenger, at)
    # Also where only legs change: the row's version is what an edit names.
    passenger.save()
    if "legs" in changes:
        passenger.legs.set(_legs(trip, changes["legs"]))
    _changed(passenger, "passenger.changed", actor=actor, at=at, fields=sorted(changes))
    return passenger


def _open_trip(trip: Trip) -> Trip:
    trip = locked(trip)
    if trip.status in OVER:
        raise TripOver(trip=trip.number, status=trip.status)
    return trip


def _legs(trip: Trip, sequences: Iterable[int]) -> list[Any]:
    wanted = set(sequences)
    found = list(trip.legs.flying().filter(sequence__in=wanted))
    if missing := sorted(wanted - {leg.sequence for leg in found}):
        numbers = ", ".join(map(str, missing))
        raise InvalidInput("/legs", f"{trip.number} has no leg {numbers} that is flown.")
    return found


def _check(passenger: Passenger, at: datetime) -> None:
    born = passenger.date_of_birth
    if born is not None and (born - at.date()).days > 1:
        raise InvalidInput("/date_of_birth", "That day is still to come.")


def _changed(passenger: Passenger, deed: str, *, actor: Any, at: datetime, **details: Any) -> None:
    trip = passenger.trip
    legs = sorted(passenger.legs.values_list("sequence", flat=True))
    audit.record(deed, passenger, actor=actor, at=at, legs=legs, **details)
    touch(f"trip:{trip.pk}", because=f"{trip.number}: passengers")
    announce(PassengersChanged(trip_id=trip.pk))

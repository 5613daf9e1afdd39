"""A release without its gate, for tests of what comes after it."""

from datetime import datetime
from typing import Any

from common.lifecycle import move
from operations.models import LegStatus, Trip, TripStatus


def release_flights(trip: Trip, *, actor: Any, at: datetime) -> None:
    """Let the flights of a trip go, as if its release were written."""
    if trip.status != TripStatus.ACTIVE:
        move(trip, TripStatus.RELEASED, actor=actor, at=at)
    for leg in trip.legs.filter(status=LegStatus.SCHEDULED).order_by("sequence"):
        move(leg, LegStatus.RELEASED, actor=actor, at=at)

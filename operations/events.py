from dataclasses import dataclass
from typing import ClassVar

from common.events import Event


@dataclass(frozen=True, kw_only=True)
class TripChanged(Event):
    """Legs, times, crew, services or evidence of a trip changed."""

    name: ClassVar[str] = "operations.trip_changed"
    trip_id: int


@dataclass(frozen=True, kw_only=True)
class TripReleased(Event):
    """A trip may go, as planned and as judged."""

    name: ClassVar[str] = "operations.trip_released"
    trip_id: int
    release_id: int


@dataclass(frozen=True, kw_only=True)
class TripReleaseRevoked(Event):
    """A release was taken back; the trip is being planned again."""

    name: ClassVar[str] = "operations.trip_release_revoked"
    trip_id: int
    release_id: int

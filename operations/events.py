from dataclasses import dataclass
from typing import ClassVar

from common.events import Event


@dataclass(frozen=True, kw_only=True)
class MedicalRequirementChanged(Event):
    """What a patient needs was set, changed or reviewed."""

    name: ClassVar[str] = "operations.medical_requirement_changed"
    requirement_id: int


@dataclass(frozen=True, kw_only=True)
class GlassBroken(Event):
    """Somebody opened a patient's whole record in an emergency, and must be asked about it."""

    name: ClassVar[str] = "operations.glass_broken"
    glass_id: int


@dataclass(frozen=True, kw_only=True)
class PassengersChanged(Event):
    """Who travels on a trip, or what they weigh, changed."""

    name: ClassVar[str] = "operations.passengers_changed"
    trip_id: int

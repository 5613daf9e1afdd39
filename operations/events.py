from dataclasses import dataclass
from typing import ClassVar

from common.events import Event


@dataclass(frozen=True, kw_only=True)
class MedicalRequirementChanged(Event):
    """What a patient needs was set, changed or reviewed."""

    name: ClassVar[str] = "operations.medical_requirement_changed"
    requirement_id: int


@dataclass(frozen=True, kw_only=True)
class PatientChanged(Event):
    """A patient's record was changed; what in it, nobody is told."""

    name: ClassVar[str] = "operations.patient_changed"
    patient_id: int


@dataclass(frozen=True, kw_only=True)
class PatientMatched(Event):
    """A new patient looks like one on file; a coordinator finds out whether it is one person."""

    name: ClassVar[str] = "operations.patient_matched"
    match_id: int


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


@dataclass(frozen=True, kw_only=True)
class TripHeld(Event):
    """An aircraft is kept for an offer until it is accepted or the hold ends."""

    name: ClassVar[str] = "operations.trip_held"
    trip_id: int


@dataclass(frozen=True, kw_only=True)
class TripBooked(Event):
    name: ClassVar[str] = "operations.trip_booked"
    trip_id: int


@dataclass(frozen=True, kw_only=True)
class TripChanged(Event):
    """Something that a release of the trip binds was changed."""

    name: ClassVar[str] = "operations.trip_changed"
    trip_id: int


@dataclass(frozen=True, kw_only=True)
class TripDelayed(Event):
    name: ClassVar[str] = "operations.trip_delayed"
    trip_id: int
    leg_id: int


@dataclass(frozen=True, kw_only=True)
class LegMoved(Event):
    """A leg went off blocks, took off, landed, came on blocks or was diverted."""

    name: ClassVar[str] = "operations.leg_moved"
    trip_id: int
    leg_id: int


@dataclass(frozen=True, kw_only=True)
class DepartedUnpermitted(Event):
    """A flight had left though the rules or the lack of a release would have refused it."""

    name: ClassVar[str] = "operations.departed_unpermitted"
    trip_id: int
    leg_id: int
    departure_id: int


@dataclass(frozen=True, kw_only=True)
class TripOverruns(Event):
    """A trip lasts longer than its aircraft or crew are free; others come first in the ledger."""

    name: ClassVar[str] = "operations.trip_overruns"
    trip_id: int


@dataclass(frozen=True, kw_only=True)
class TripEnded(Event):
    """A trip was completed, cancelled or aborted."""

    name: ClassVar[str] = "operations.trip_ended"
    trip_id: int


@dataclass(frozen=True, kw_only=True)
class TripClosed(Event):
    name: ClassVar[str] = "operations.trip_closed"
    trip_id: int


@dataclass(frozen=True, kw_only=True)
class CrewOffered(Event):
    name: ClassVar[str] = "operations.crew_offered"
    trip_id: int
    person_id: int


@dataclass(frozen=True, kw_only=True)
class CrewAnswered(Event):
    """A person accepted or declined places on a trip, or was taken off."""

    name: ClassVar[str] = "operations.crew_answered"
    trip_id: int
    person_id: int


@dataclass(frozen=True, kw_only=True)
class DutyChanged(Event):
    name: ClassVar[str] = "operations.duty_changed"
    duty_id: int


@dataclass(frozen=True, kw_only=True)
class ControlDutyChanged(Event):
    """The roster of operations control was changed."""

    name: ClassVar[str] = "operations.control_duty_changed"
    control_duty_id: int


@dataclass(frozen=True, kw_only=True)
class ServiceChanged(Event):
    name: ClassVar[str] = "operations.service_changed"
    service_id: int


@dataclass(frozen=True, kw_only=True)
class QuoteRequested(Event):
    """A customer asked for a flight."""

    name: ClassVar[str] = "operations.quote_requested"
    quote_id: int


@dataclass(frozen=True, kw_only=True)
class QuotePriced(Event):
    """A version of an offer was priced, or a line of it was given another amount."""

    name: ClassVar[str] = "operations.quote_priced"
    quote_id: int
    version_id: int


@dataclass(frozen=True, kw_only=True)
class QuoteSent(Event):
    """An offer went to the customer; its link is made by `operations.links`."""

    name: ClassVar[str] = "operations.quote_sent"
    quote_id: int
    version_id: int


@dataclass(frozen=True, kw_only=True)
class QuoteViewed(Event):
    """The customer opened an offer for the first time."""

    name: ClassVar[str] = "operations.quote_viewed"
    quote_id: int
    version_id: int


@dataclass(frozen=True, kw_only=True)
class QuoteAccepted(Event):
    """A customer accepted one version of an offer."""

    name: ClassVar[str] = "operations.quote_accepted"
    quote_id: int
    version_id: int


@dataclass(frozen=True, kw_only=True)
class QuoteClosed(Event):
    """A quote was declined, withdrawn, superseded by another, or ran out."""

    name: ClassVar[str] = "operations.quote_closed"
    quote_id: int


@dataclass(frozen=True, kw_only=True)
class DeclineRecorded(Event):
    """A request was refused by us, the customer or another operator."""

    name: ClassVar[str] = "operations.decline_recorded"
    decline_id: int


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


@dataclass(frozen=True, kw_only=True)
class OccurrenceReported(Event):
    """An accident, a serious incident or an overdue aircraft: the NTSB is told immediately."""

    name: ClassVar[str] = "operations.occurrence_reported"
    occurrence_id: int


@dataclass(frozen=True, kw_only=True)
class OccurrenceChanged(Event):
    name: ClassVar[str] = "operations.occurrence_changed"
    occurrence_id: int


@dataclass(frozen=True, kw_only=True)
class OccurrenceReminded(Event):
    """A notice or a report to the NTSB is due or late; `reminder_id` says which."""

    name: ClassVar[str] = "operations.occurrence_reminded"
    occurrence_id: int
    reminder_id: int


@dataclass(frozen=True, kw_only=True)
class BreachReported(Event):
    """A breach was reported, or is presumed again: its persons are to be told."""

    name: ClassVar[str] = "operations.breach_reported"
    breach_id: int


@dataclass(frozen=True, kw_only=True)
class BreachReminded(Event):
    """The notice to the persons of a breach is due (amber) or late (red)."""

    name: ClassVar[str] = "operations.breach_reminded"
    breach_id: int
    color: str

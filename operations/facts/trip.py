"""What the rules may know of one trip, offered or booked. Values only; None means nobody knows."""

from datetime import date, datetime

from msgspec import Struct

from aircraft.airworthiness import CrewedAircraftFacts
from operations.facts.control import ControlFacts
from operations.facts.legs import LegFacts
from operations.facts.occurrence import OpenOccurrence
from operations.facts.papers import (
    CabinFacts,
    EvidenceFacts,
    GroundFacts,
    MedicalFacts,
    OpsSpecFacts,
    PassengerFacts,
    ServiceFacts,
    TaxFacts,
    WorksheetFacts,
)
from operations.facts.people import CrewMemberFacts, FlyingFacts

MEDICAL_ROLES = ("physician", "flight_nurse", "paramedic", "respiratory")


class TripFacts(Struct, frozen=True, kw_only=True):
    """
    One trip and everything around it, as it was when the question was asked.

    The same facts are gathered for an offer (a quote version with the crew proposed for it) and for
    a booked trip, so that one set of rules is the gate at quote, booking, crew assignment and
    release. `rule_date` and `end_date` are the local days of its start and end at the base;
    `papers_due` are titles of documents that were made and no longer say what is so.
    """

    number: str
    kind: str
    status: str
    rule_date: date
    end_date: date
    timezone: str
    start_at: datetime
    end_at: datetime
    aircraft: CrewedAircraftFacts
    flying: FlyingFacts = FlyingFacts()
    legs: tuple[LegFacts, ...] = ()
    crew: tuple[CrewMemberFacts, ...] = ()
    is_offer: bool = False
    cabin: CabinFacts | None = None
    medical: MedicalFacts | None = None
    ground: tuple[GroundFacts, ...] = ()
    worksheet: WorksheetFacts | None = None
    services: tuple[ServiceFacts, ...] = ()
    passengers: tuple[PassengerFacts, ...] = ()
    evidence: tuple[EvidenceFacts, ...] = ()
    opsspecs: tuple[OpsSpecFacts, ...] = ()
    taxes: tuple[TaxFacts, ...] = ()
    plan_hash: str = ""
    refusals_nearby: int = 0
    control: ControlFacts | None = None
    occurrences: tuple[OpenOccurrence, ...] = ()
    papers_due: tuple[str, ...] = ()

    @property
    def is_helicopter(self) -> bool:
        return self.cabin is not None and self.cabin.is_helicopter

    @property
    def is_ambulance(self) -> bool:
        """An air ambulance flight: sold as one, or with a patient on board."""
        return self.kind == "air_ambulance" or any(leg.has_patient for leg in self.legs)

    @property
    def legs_ahead(self) -> tuple[LegFacts, ...]:
        return tuple(leg for leg in self.legs if leg.is_ahead)

    def evidence_of(self, kind: str, leg: LegFacts | None = None) -> EvidenceFacts | None:
        """What is on record of a kind: for this leg, or for the whole trip."""
        for entry in self.evidence:
            is_of_leg = leg is not None and entry.leg == leg.sequence
            if entry.kind == kind and (entry.leg is None or is_of_leg):
                return entry
        return None

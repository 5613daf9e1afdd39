"""What the rules may know of one trip, offered or booked. Values only; None means nobody knows."""

from datetime import date, datetime

from msgspec import Struct

from aircraft.airworthiness import CrewedAircraftFacts
from operations.facts.legs import LegFacts
from operations.facts.people import CrewMemberFacts, FlyingFacts


class TripFacts(Struct, frozen=True, kw_only=True):
    """
    One trip and everything around it, as it was when the question was asked.

    The same facts are gathered for an offer (a quote version with the crew proposed for it) and for
    a booked trip, so that one set of rules is the gate at quote, booking, crew assignment and
    release. `rule_date` and `end_date` are the local days of its start and end at the base.
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

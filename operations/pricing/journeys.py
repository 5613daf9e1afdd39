"""Journeys of the persons carried: what taxes count, told apart from flights of the aircraft."""

from msgspec import Struct

from operations.itinerary import Itinerary, Place, PlannedLeg
from operations.pricing.facts import PriceFacts

UNITED_STATES, AUSTRALIA = "US", "AU"
# Transportation between these and the rest of the country leaves its airspace: 4261(c)(3).
APART = ("US-AK", "US-HI")


class Journey(Struct, frozen=True):
    """Live legs flown without getting off, joined by technical stops only."""

    legs: tuple[PlannedLeg, ...]

    @property
    def origin(self) -> Place:
        return self.legs[0].origin

    @property
    def destination(self) -> Place:
        return self.legs[-1].destination

    @property
    def persons(self) -> int:
        """Passengers and the patient; crew and medical team travel as crew."""
        return max(carried(leg) for leg in self.legs)

    def is_within(self, country: str) -> bool:
        """Whether it begins and ends in a country."""
        return self.origin.country == country == self.destination.country

    def touches(self, country: str) -> bool:
        """Whether it begins or ends in a country."""
        return country in (self.origin.country, self.destination.country)


def journeys(itinerary: Itinerary) -> list[Journey]:
    """The journeys of an itinerary in the order in which they are flown."""
    found: list[Journey] = []
    open_legs: list[PlannedLeg] = []
    for leg in itinerary.legs:
        if leg.kind == "live":
            open_legs.append(leg)
        if open_legs and not (leg.kind == "live" and leg.is_technical_stop):
            found.append(Journey(tuple(open_legs)))
            open_legs = []
    if open_legs:
        found.append(Journey(tuple(open_legs)))
    return found


def carried(leg: PlannedLeg) -> int:
    """How many persons fly for whom the flight is made."""
    return leg.passengers + int(leg.has_patient)


def is_us_domestic(journey: Journey, facts: PriceFacts) -> bool:
    """
    Whether it begins and ends in the United States or the 225-mile zone (26 USC 4262(a)(1)).

    Between two places of the zone it does not touch the United States, and is left out.
    """
    ends = (journey.origin, journey.destination)
    taxed = [p.country == UNITED_STATES or p.airport_id in facts.zone_airports for p in ends]
    return all(taxed) and journey.touches(UNITED_STATES)


def departs_apart(leg: PlannedLeg) -> bool:
    """Whether a domestic segment joins Alaska or Hawaii with another part of the country."""
    ends = {leg.origin.region, leg.destination.region}
    return len(ends) == 2 and any(region in APART for region in ends)

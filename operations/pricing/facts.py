"""What a price rests on beside the itinerary and the prices."""

from msgspec import Struct


class AmbulanceEvidence(Struct, frozen=True, kw_only=True):
    """
    What is on record about one leg flown as an air ambulance (26 USC 4261(g)).

    None is "nobody has said"; `reference` names where it is written down.
    """

    leg: int
    is_equipped: bool | None = None
    is_exclusive: bool | None = None
    reference: str = ""


class PriceFacts(Struct, frozen=True, kw_only=True):
    """
    Facts of the aircraft and the places that prices and taxes turn on.

    `zone_airports` lie in Canada or Mexico within 225 statute miles of the continental United
    States (26 USC 4262(c)(2)). `is_jet` None is not known. `permits` None: one for each leg that
    crosses a border.
    """

    mtow_kg: int
    is_jet: bool | None
    is_helicopter: bool = False
    is_established_line: bool = False
    is_cargo: bool = False
    evidence: tuple[AmbulanceEvidence, ...] = ()
    rural_airports: frozenset[int] = frozenset()
    zone_airports: frozenset[int] = frozenset()
    permits: int | None = None
    free_waiting_min: int = 60

    def evidence_of(self, leg: int) -> AmbulanceEvidence:
        """What is on record about a leg; nothing, when nothing is."""
        found = (row for row in self.evidence if row.leg == leg)
        return next(found, AmbulanceEvidence(leg=leg))

"""Whether a leg is free of United States excise tax as an air ambulance: 26 USC 4261(g)."""

from typing import Literal

from msgspec import Struct

from operations.itinerary import PlannedLeg
from operations.pricing.facts import PriceFacts

CITATION = "26 USC 4261(g)"
EVIDENCE_CODE = "FET-AMB-EVIDENCE"


class Exemption(Struct, frozen=True):
    """Decided for one leg; `unclear` is taxed and told, never silently exempt."""

    decision: Literal["exempt", "taxed", "unclear"]
    reason: str


def decide(leg: PlannedLeg, facts: PriceFacts) -> Exemption:
    """
    Exempt only what is on record: by helicopter the purpose, by fixed wing also that the aircraft
    is equipped for and on that flight exclusively dedicated to acute care.
    """
    if not leg.is_acute_care:
        return Exemption("taxed", "not emergency medical services")
    known = facts.evidence_of(leg.sequence)
    if not known.reference:
        return Exemption("unclear", "no record of the emergency medical purpose is named")
    if facts.is_helicopter:
        return Exemption("exempt", f"emergency medical services by helicopter: {known.reference}")
    if known.is_equipped is False or known.is_exclusive is False:
        return Exemption("taxed", "not equipped for or not exclusively dedicated to acute care")
    if known.is_equipped is None or known.is_exclusive is None:
        return Exemption("unclear", "equipment or exclusive dedication is not on record")
    return Exemption("exempt", f"equipped and exclusively dedicated: {known.reference}")

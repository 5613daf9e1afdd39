"""
What the transport safety investigation rules ask of an uncrewed aircraft's occurrence.

Source: TSI Act 2003 ss 18-19 and TSI Regulations 2021 as summarized in the rules TSI-TYPE1,
TSI-TYPE2, TSI-NONE, TSI-IMM-1, TSI-IMM-2 and TSI-ROUT. What is not known is read the strict way.
"""

from datetime import timedelta

TYPE1_ABOVE_KG = 25.0
MICRO_UP_TO_KG = 0.25
EXCLUDED = frozenset({"micro", "sub2", "land25", "land150"})
SEVERE_INJURIES = frozenset({"serious", "fatal"})
SEVERE_DAMAGE = frozenset({"substantial", "destroyed"})
ROUTINE = frozenset(
    {
        "flyaway",
        "loss_of_control",
        "collision",
        "near_collision",
        "injury",
        "property_damage",
        "airspace_breach",
    }
)
# After these the aircraft stays on the ground until somebody has looked at it and let it go.
QUARANTINING = frozenset({"flyaway", "loss_of_control", "collision", "injury", "property_damage"})

PHONE_AMBER = timedelta(hours=1)
PHONE_RED = timedelta(hours=4)
WRITTEN_AMBER = timedelta(hours=48)
WRITTEN_DUE = timedelta(hours=72)


def atsb_category(*, mass_kg: float | None, category: str, is_type_certified: bool = False) -> str:
    """
    Name the ATSB category: `type1`, `type2` or `none` (voluntary reports only).

    `category` is the operating category; empty means not known and counts as under a ReOC.
    """
    if is_type_certified or (mass_kg is not None and mass_kg > TYPE1_ABOVE_KG):
        return "type1"
    is_micro = mass_kg is not None and mass_kg <= MICRO_UP_TO_KG
    return "none" if is_micro or category in EXCLUDED else "type2"


def is_immediately_reportable(
    *, atsb: str, injuries: str, classification: str, damage: str, third_party_damage: str
) -> bool:
    """Say whether the occurrence is reported by phone as soon as reasonably practicable."""
    if atsb == "none":
        return False
    if injuries in SEVERE_INJURIES:
        return True
    is_severe = damage in SEVERE_DAMAGE or third_party_damage == "serious"
    return atsb == "type1" and (is_severe or classification in {"collision", "near_collision"})


def is_reportable(
    *, atsb: str, injuries: str, classification: str, damage: str, third_party_damage: str
) -> bool:
    """Say whether a written report is due within 72 hours of awareness."""
    if atsb == "none":
        return False
    is_harm = injuries != "none" or damage in SEVERE_DAMAGE or third_party_damage == "serious"
    return is_harm or classification in ROUTINE


def needs_quarantine(
    *, injuries: str, classification: str, damage: str, third_party_damage: str
) -> bool:
    """Say whether the aircraft may not fly again before it is released."""
    is_harm = injuries != "none" or damage != "none" or third_party_damage != "none"
    return is_harm or classification in QUARANTINING

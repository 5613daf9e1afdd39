"""What the type of an aircraft asks of its crew, from its code in ICAO Doc 8643. Pure."""

from operations.facts.people import FlyingFacts

# 12,500 lb, above which an aeroplane is large and its type is named on the license (14 CFR 1.1,
# 61.31(a)).
LARGE_KG = 5670
_CATEGORIES = {"L": "aeroplane", "S": "aeroplane", "A": "aeroplane", "H": "helicopter"}
_SURFACES = {"L": "land", "S": "sea", "A": "sea"}


def class_of(code: str | None) -> str:
    """Category and class of a type code: L2T is `aeroplane multi land`; empty when unknown."""
    category = _CATEGORIES.get(code[0]) if code else None
    if not code or category is None:
        return ""
    if category == "helicopter":
        return category
    engines = "single" if code[1] == "1" else "multi"
    return f"{category} {engines} {_SURFACES[code[0]]}"


def is_turbine(code: str | None) -> bool | None:
    """Whether a type has turbines; None for one nobody described."""
    return code[-1] in "JT" if code else None


def flying_facts(code: str | None, *, mtow_kg: int | None, is_part_135: bool = True) -> FlyingFacts:
    """What a type of this code and take-off weight asks of its crew."""
    if not code or not class_of(code):
        return FlyingFacts(is_part_135=is_part_135)
    is_jet = code[-1] == "J"
    is_large = mtow_kg is not None and mtow_kg > LARGE_KG
    return FlyingFacts(
        category=_CATEGORIES[code[0]],
        aircraft_class=class_of(code),
        is_turbojet=is_jet,
        is_turbine=is_turbine(code),
        is_multi_engine=code[1] != "1",
        needs_type_rating=is_jet or is_large if mtow_kg is not None or is_jet else None,
        is_part_135=is_part_135,
    )

"""Flight category: the FAA/AWC convention (WX-FLTCAT)."""

# Below these a category starts; 3,000 ft and 5 SM themselves are still MVFR.
LIFR_CEILING_FT, IFR_CEILING_FT, MVFR_CEILING_FT = 500, 1000, 3000
LIFR_VISIBILITY_SM, IFR_VISIBILITY_SM, MVFR_VISIBILITY_SM = 1.0, 3.0, 5.0
CATEGORIES = ("LIFR", "IFR", "MVFR", "VFR")


def flight_category(*, ceiling_ft: int | None, visibility_sm: float) -> str:
    """Name the worse of ceiling and visibility; no ceiling counts as unlimited."""
    by_visibility = _band(visibility_sm, LIFR_VISIBILITY_SM, IFR_VISIBILITY_SM, MVFR_VISIBILITY_SM)
    if ceiling_ft is None:
        return CATEGORIES[by_visibility]
    by_ceiling = _band(ceiling_ft, LIFR_CEILING_FT, IFR_CEILING_FT, MVFR_CEILING_FT)
    return CATEGORIES[min(by_visibility, by_ceiling)]


def _band(value: float, lifr: float, ifr: float, mvfr: float) -> int:
    if value < lifr:
        return 0
    if value < ifr:
        return 1
    return 2 if value <= mvfr else 3

"""What a runway is made of, in the groups that performance data tell apart."""

import re

_GROUPS = (
    ("paved", r"asp|con|bit|pem|tarmac|paved|mac|com(?!pact)|hard|tar\b"),
    ("ice", r"ice|snow"),
    ("water", r"wat"),
    ("grass", r"gr(a?s|e\b|ass)|turf|sod"),
    ("gravel", r"gvl|gravel|grvl|cop|cor|coral|lat|san|clay|dirt|earth|soil|sand|unpaved"),
)


def surface_group(text: str) -> str | None:
    """
    The group of a surface as airport data name it (ASPH, CON, GRS, Gravel); None when unknown.

    Mixed surfaces such as ASPH-GRVL count as what is not paved.
    """
    words = text.casefold()
    found = [group for group, pattern in _GROUPS if re.search(pattern, words)]
    softer = [group for group in found if group != "paved"]
    return next(iter(softer or found), None)

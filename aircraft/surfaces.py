"""What a runway is made of, in the groups that performance data tell apart."""

import re

_GROUPS = (
    ("paved", r"asp|con|bit|pem|tarmac|paved|mac|com(?!pact)|hard|tar\b"),
    ("ice", r"ice|sno"),
    ("water", r"wat"),
    ("grass", r"gr(a?s|e\b|ass)|turf|sod"),
    # GRVD is a grooved pavement.
    ("gravel", r"gvl|gravel|grv(?!d)|cop|cor|lat|cla|dirt|earth|soil|loam|san|unpaved|unsealed"),
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

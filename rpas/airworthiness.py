"""
What airworthiness is judged by: weight categories, due points, and the facts of one aircraft and
one operator. Values only; nothing here reads a database or a clock.
"""

from enum import StrEnum


class Category(StrEnum):
    """Weight category of a remotely piloted aircraft (CASR 101.022)."""

    MICRO = "micro"
    VERY_SMALL = "very_small"
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


# REGULATION 1.1: gross mass up to and including, in kilograms.
CATEGORY_LIMITS_KG = (
    (Category.MICRO, 0.250),
    (Category.VERY_SMALL, 2.0),
    (Category.SMALL, 25.0),
    (Category.MEDIUM, 150.0),
)


def category_of(mass_kg: float) -> Category:
    """Weight category by gross mass including battery and payload."""
    for category, limit in CATEGORY_LIMITS_KG:
        if mass_kg <= limit:
            return category
    return Category.LARGE


def is_rain_tolerant(ip_rating: str) -> bool:
    """Whether an IP code (IEC 60529) covers spraying water: second digit 3 or more."""
    water = ip_rating[3:4]
    return water.isdigit() and int(water) >= 3

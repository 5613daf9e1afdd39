import pytest

from flight_operations.occurrences import (
    atsb_category,
    is_immediately_reportable,
    is_reportable,
    needs_quarantine,
)

HARMLESS = {
    "injuries": "none",
    "classification": "other",
    "damage": "none",
    "third_party_damage": "none",
}


@pytest.mark.parametrize(
    ("mass_kg", "category", "is_type_certified", "expected"),
    [
        (0.25, "reoc", False, "none"),
        (0.251, "reoc", False, "type2"),
        (0.251, "micro", False, "none"),
        (1.9, "sub2", False, "none"),
        (20.0, "land25", False, "none"),
        (25.0, "reoc", False, "type2"),
        (25.01, "reoc", False, "type1"),
        (60.0, "land150", False, "type1"),
        (7.0, "reoc", True, "type1"),
        (None, "", False, "type2"),
        (None, "reoc", False, "type2"),
        (7.0, "", False, "type2"),
    ],
)
def test_the_atsb_category_follows_mass_and_operating_category(
    mass_kg, category, is_type_certified, expected
):
    assert (
        atsb_category(mass_kg=mass_kg, category=category, is_type_certified=is_type_certified)
        == expected
    )


@pytest.mark.parametrize(
    ("atsb", "harm", "expected"),
    [
        ("type2", {"injuries": "serious"}, True),
        ("type2", {"injuries": "fatal"}, True),
        ("type2", {"injuries": "minor"}, False),
        ("type2", {"damage": "destroyed", "classification": "collision"}, False),
        ("type1", {"damage": "substantial"}, True),
        ("type1", {"third_party_damage": "serious"}, True),
        ("type1", {"classification": "near_collision"}, True),
        ("type1", {"classification": "flyaway", "damage": "minor"}, False),
        ("none", {"injuries": "fatal"}, False),
    ],
)
def test_what_is_reported_by_phone(atsb, harm, expected):
    assert is_immediately_reportable(atsb=atsb, **{**HARMLESS, **harm}) is expected


@pytest.mark.parametrize(
    ("atsb", "harm", "expected"),
    [
        ("type2", {"classification": "flyaway"}, True),
        ("type2", {"classification": "airspace_breach"}, True),
        ("type2", {"injuries": "minor"}, True),
        ("type2", {"damage": "minor"}, False),
        ("type1", {"damage": "substantial"}, True),
        ("type2", {}, False),
        ("none", {"classification": "collision", "injuries": "fatal"}, False),
    ],
)
def test_what_is_reported_in_writing(atsb, harm, expected):
    assert is_reportable(atsb=atsb, **{**HARMLESS, **harm}) is expected


@pytest.mark.parametrize(
    ("harm", "expected"),
    [
        ({}, False),
        ({"classification": "airspace_breach"}, False),
        ({"classification": "near_collision"}, False),
        ({"classification": "loss_of_control"}, True),
        ({"damage": "minor"}, True),
        ({"third_party_damage": "minor"}, True),
        ({"injuries": "minor"}, True),
    ],
)
def test_after_which_occurrence_the_aircraft_stays_on_the_ground(harm, expected):
    assert needs_quarantine(**{**HARMLESS, **harm}) is expected

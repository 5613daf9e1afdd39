"""REGULATION 1.1 and 1.5: masses, categories of operating, the ReOC."""

from datetime import date

from tests.flight_operations.rules.case import AMBER, GREEN, RED, SILENT, Case, unknown
from tests.flight_operations.rules.green import (
    ACCREDITATION,
    AIRCRAFT,
    DARK,
    OPERATOR,
    REPL,
    TYPE_TRAINING,
    CrewFacts,
    approval,
    changed,
    operation,
    paper,
)

MASSES = [
    ("MICRO", GREEN, 0.250),
    ("MICRO", SILENT, 0.251),
    ("VSMALL", SILENT, 0.250),
    ("VSMALL", GREEN, 0.251),
    ("VSMALL", GREEN, 2.0),
    ("VSMALL", SILENT, 2.001),
    ("SMALL", GREEN, 2.001),
    ("SMALL", GREEN, 25.0),
    ("SMALL", SILENT, 25.001),
    ("MEDIUM", GREEN, 25.001),
    ("MEDIUM", GREEN, 150.0),
    ("MEDIUM", SILENT, 150.001),
    ("LARGE", SILENT, 150.0),
    ("LARGE", RED, 150.001),
]


def sub2(**changes):
    return operation(**({"category": "sub2", "take_off_mass_kg": 1.9} | changes))


def own_land(category, mass_kg, **changes):
    usual = {"is_paid": False, "is_over_own_land": True}
    return operation(category=category, take_off_mass_kg=mass_kg, **(usual | changes))


def flown_by(*papers, **changes):
    return operation(pilot__qualifications=papers, **changes)


MEDIUM = changed(AIRCRAFT, model="Big 100", mtow_kg=120.0, empty_mass_kg=60.0)
SECOND = CrewFacts(user_id=11, name="Sam Second", role="second_pilot")

CASES = [
    *(
        Case(f"CASR-101.022-{band}", seen, operation(take_off_mass_kg=kg))
        for band, seen, kg in MASSES
    ),
    Case(
        "CASR-101.022-LARGE",
        AMBER,
        operation(take_off_mass_kg=150.001, authorizations=(approval("large"),)),
    ),
    *unknown("CASR-101.022-LARGE", operation(take_off_mass_kg=None)),
    Case("CASR-101.237-MICRO", GREEN, operation(category="micro", take_off_mass_kg=0.25)),
    Case("CASR-101.237-MICRO", RED, operation(category="micro", take_off_mass_kg=0.26)),
    *unknown("CASR-101.237-MICRO", operation(category="micro", take_off_mass_kg=None)),
    Case("CASR-101.237-MICRO", SILENT, operation()),
    Case("CASR-101.237-SUB2", GREEN, sub2(take_off_mass_kg=2.0)),
    Case("CASR-101.237-SUB2", RED, sub2(take_off_mass_kg=2.001)),
    Case("CASR-101.237-SUB2", RED, sub2(height_m=121.93, authorizations=(approval("height"),))),
    Case("CASR-101.237-SUB2", RED, sub2(min_distance_people_m=29.9)),
    Case("CASR-101.237-SUB2", RED, sub2(is_over_populous_area=True)),
    Case("CASR-101.237-SUB2", RED, sub2(daylight=DARK)),
    Case("CASR-101.237-SUB2", RED, sub2(sight_mode="evlos")),
    Case("CASR-101.237-SUB2", RED, sub2(aircraft_per_pilot=2)),
    *unknown("CASR-101.237-SUB2", sub2(min_distance_people_m=None)),
    Case("CASR-101.237-LAND25", GREEN, own_land("land25", 25.0)),
    Case("CASR-101.237-LAND25", RED, own_land("land25", 25.1)),
    Case("CASR-101.237-LAND25", RED, own_land("land25", 20.0, is_paid=True)),
    Case("CASR-101.237-LAND25", RED, own_land("land25", 20.0, is_over_own_land=False)),
    *unknown("CASR-101.237-LAND25", own_land("land25", 20.0, aircraft_per_pilot=None)),
    Case("CASR-101.237-LAND150", GREEN, own_land("land150", 150.0)),
    Case("CASR-101.237-LAND150", RED, own_land("land150", 150.1)),
    Case("CASR-101.237-LAND150", RED, own_land("land150", 100.0, height_m=122.0)),
    *unknown("CASR-101.237-LAND150", own_land("land150", None)),
    Case("CASR-101.270-REOC", GREEN, operation()),
    Case("CASR-101.270-REOC", GREEN, operation(operator__reoc_expires_on=date(2026, 4, 15))),
    Case("CASR-101.270-REOC", AMBER, operation(operator__reoc_expires_on=date(2026, 4, 14))),
    Case("CASR-101.270-REOC", AMBER, operation(operator__reoc_expires_on=date(2026, 3, 15))),
    Case("CASR-101.270-REOC", RED, operation(operator__reoc_expires_on=date(2026, 3, 14))),
    Case("CASR-101.270-REOC", RED, operation(operator__reoc_issued_on=date(2026, 3, 16))),
    Case("CASR-101.270-REOC", RED, operation(operator__reoc_number=None)),
    Case(
        "CASR-101.270-REOC",
        RED,
        operation(operator__reoc_expires_on=date(2026, 3, 15), end_date=date(2026, 3, 16)),
    ),
    Case(
        "CASR-101.270-REOC",
        RED,
        operation(operator__reoc_issued_on=date(2026, 3, 16), end_date=date(2026, 3, 16)),
    ),
    Case(
        "REOC-VALID",
        RED,
        operation(operator__reoc_expires_on=date(2026, 3, 15), end_date=date(2026, 3, 16)),
    ),
    Case("CASR-101.270-REOC", RED, operation(operator__scope_types=("fixed_wing",))),
    Case("CASR-101.270-REOC", RED, operation(operator__scope_max_mass_kg=7.0)),
    Case("CASR-101.270-REOC", SILENT, sub2(operator__reoc_number=None)),
    Case("REOC-VALID", AMBER, operation(operator__reoc_expires_on=date(2026, 3, 20))),
    Case("REOC-VALID", GREEN, operation()),
    Case("REOC-KEYSTAFF", GREEN, operation()),
    Case("REOC-KEYSTAFF", RED, operation(operator__posts=OPERATOR.posts[1:])),
    Case("REOC-CHANGE", GREEN, operation()),
    Case("CASR-101.252-REPL", GREEN, operation()),
    Case("CASR-101.252-REPL", RED, flown_by()),
    Case("CASR-101.252-REPL", RED, flown_by(paper("repl", weight_band="up_to_7kg"))),
    Case(
        "CASR-101.252-REPL",
        GREEN,
        flown_by(paper("repl", weight_band="up_to_7kg"), take_off_mass_kg=7.0),
    ),
    Case("CASR-101.252-REPL", RED, flown_by(changed(REPL, is_verified=False))),
    Case("CASR-101.252-REPL", RED, flown_by(changed(REPL, classification="fixed wing"))),
    Case("CASR-101.252-REPL", RED, operation(pilot__membership=None)),
    Case("CASR-101.252-REPL", RED, operation(pilot__membership__authorized_models=())),
    Case("CASR-101.252-REPL", RED, operation(pilot__membership__authorized_on=date(2026, 3, 16))),
    Case("CASR-101.252-REPL", RED, operation(crew=(SECOND,))),
    Case("CASR-101.252-REPL", GREEN, operation(crew=(changed(SECOND, qualifications=(REPL,)),))),
    Case("CASR-101.252-REPL", RED, flown_by(REPL, aircraft=MEDIUM, take_off_mass_kg=100.0)),
    Case(
        "CASR-101.252-REPL",
        GREEN,
        flown_by(
            paper("repl", weight_band="up_to_150kg", aircraft_type="Big 100"),
            category="land150",
            aircraft=MEDIUM,
            take_off_mass_kg=100.0,
        ),
    ),
    *unknown("CASR-101.252-REPL", operation(take_off_mass_kg=None)),
    Case("CASR-101.252-REPL", SILENT, sub2()),
    Case("ACCRED", GREEN, sub2(pilot__qualifications=(ACCREDITATION,))),
    Case("ACCRED", GREEN, sub2()),
    Case("ACCRED", RED, sub2(pilot__qualifications=())),
    Case(
        "ACCRED",
        AMBER,
        sub2(pilot__qualifications=(changed(ACCREDITATION, expires_on=date(2026, 4, 14)),)),
    ),
    Case(
        "ACCRED",
        RED,
        sub2(pilot__qualifications=(changed(ACCREDITATION, expires_on=date(2026, 3, 14)),)),
    ),
    *unknown("ACCRED", sub2(pilot__qualifications=(changed(ACCREDITATION, expires_on=None),))),
    Case("ACCRED", SILENT, operation()),
    Case("PILOT-ACTIVE", GREEN, operation()),
    Case("PILOT-ACTIVE", RED, operation(pilot__is_active=False)),
    Case("MOS-10.03-TRAIN", GREEN, operation()),
    Case("MOS-10.03-TRAIN", RED, flown_by(REPL)),
    Case(
        "MOS-10.03-TRAIN",
        RED,
        flown_by(REPL, changed(TYPE_TRAINING, expires_on=date(2026, 3, 14))),
    ),
    Case("MOS-10.03-TRAIN", SILENT, sub2()),
]

from datetime import date, timedelta

import msgspec

from operations.facts.people import ExperienceFacts
from tests.operations.rules.crew_case import AMBER, GREEN, RED, SILENT, cases, unknown
from tests.operations.rules.green_crew import (
    CHECKS,
    DAY,
    EXPERIENCE,
    MULTI,
    SECTORS,
    SIC,
    alone,
    changed_flying,
    check,
    day,
    pic,
    sector,
    trip,
)

PART_61 = msgspec.structs.replace(MULTI, uses_relief=False)
DARK = (sector(1, SECTORS[0].off_at, is_night=True),)
UNLIT = (sector(1, SECTORS[0].off_at, is_night=None),)
EMPTY = (sector(1, SECTORS[0].off_at, carries_persons=False, is_night=True),)
VISUAL = (sector(1, SECTORS[0].off_at, is_ifr=False),)


def ago(days: int, **more):
    """A day of flying so many days before the trip; three take-offs and landings by day."""
    return day(DAY - timedelta(days=days), **({"day_takeoffs": 3, "day_landings": 3} | more))


def night(days: int, **more):
    known = {"day_takeoffs": 0, "day_landings": 0, "night_takeoffs": 3, "night_landings": 3}
    return ago(days, **(known | more))


def flown(*days, **more):
    return trip(pic(days=days, **more))


def by_day(code: str, **facts):
    """What both the part 135 and the part 61 rule say of take-offs and landings."""

    def of(*days, **more):
        return msgspec.structs.replace(flown(*days, **more), **facts)

    return cases(
        code,
        (GREEN, of(ago(75)), "lapses in 15 days"),
        (AMBER, of(ago(76)), "lapses in 14 days"),
        (AMBER, of(ago(90)), "90 days ago"),
        (RED, of(ago(91)), "91 days ago"),
        (RED, of(ago(10, day_landings=2)), "two landings"),
        (RED, of(ago(10, day_takeoffs=2)), "two take-offs"),
        (GREEN, of(ago(10, day_landings=2), ago(20, day_landings=1)), "on two days"),
        (GREEN, of(night(10)), "those by night count"),
        (RED, of(ago(10, aircraft_type="BE20")), "another type"),
        (RED, of(ago(10, aircraft_class="aeroplane single land")), "another class"),
        (RED, of(), "none"),
        (SILENT, of(sectors=EMPTY), "nobody carried"),
    )


def by_night(code: str, **facts):
    def of(*days, sectors=DARK, **more):
        return msgspec.structs.replace(flown(*days, sectors=sectors, **more), **facts)

    return cases(
        code,
        (SILENT, of(sectors=SECTORS), "by day"),
        (GREEN, of(night(75)), "lapses in 15 days"),
        (AMBER, of(night(76)), "lapses in 14 days"),
        (AMBER, of(night(90)), "90 days ago"),
        (RED, of(night(91)), "91 days ago"),
        (RED, of(ago(10)), "by day only"),
        (RED, of(night(10, night_landings=2)), "two landings"),
        (SILENT, of(sectors=EMPTY), "nobody carried"),
        unknown(code, of(night(10), sectors=UNLIT), "the light"),
    )


VAGUE = msgspec.structs.replace(MULTI, aircraft_class=None)
RECENT = [
    *by_day("FAR-135.247-DAY"),
    *by_day("FAR-61.57A", flying=PART_61),
    *by_night("FAR-135.247-NIGHT"),
    *by_night("FAR-61.57B", flying=PART_61),
    *cases(
        "FAR-135.247-DAY",
        (SILENT, changed_flying(MULTI, is_part_135=False), "part 91"),
        unknown("FAR-135.247-DAY", changed_flying(VAGUE), "the class"),
        (
            GREEN,
            msgspec.structs.replace(
                flown(ago(10, aircraft_type="BE58")),
                flying=msgspec.structs.replace(MULTI, needs_type_rating=False),
            ),
            "another type of the class where none is rated",
        ),
    ),
    *cases(
        "FAR-135.247-NIGHT",
        unknown(
            "FAR-135.247-NIGHT",
            msgspec.structs.replace(flown(night(10), sectors=DARK), flying=VAGUE),
            "the class",
        ),
    ),
    *cases(
        "FAR-61.57A",
        (SILENT, trip(), "relief"),
        unknown("FAR-61.57A", changed_flying(PART_61, aircraft_class=None), "the class"),
    ),
    *cases("FAR-61.57B", (SILENT, flown(sectors=DARK), "relief")),
    *cases(
        "FAR-61.57E3",
        (GREEN, trip(), "the operator's word"),
        (AMBER, changed_flying(PART_61), "no word"),
        (SILENT, trip(SIC, SIC), "nobody commands"),
    ),
]
# By day recent in the type, 15 hours in 90 days, three night landings 140 days ago.
TURBINE = (ago(10, minutes=900), night(140))
LITTLE = msgspec.structs.replace(EXPERIENCE, total_min=1500 * 60 - 1)
ENOUGH: ExperienceFacts = msgspec.structs.replace(EXPERIENCE, total_min=1500 * 60)
COURSE = (*CHECKS, check("61.57e4", date(2025, 3, 20)))


def dark(*days, **more):
    return flown(*days, sectors=DARK, **more)


def seconds_dark(facts):
    """The second pilot flies the same leg."""
    crew = (facts.crew[0], msgspec.structs.replace(SIC, sectors=DARK))
    return msgspec.structs.replace(facts, crew=crew)


def alternative(color, facts, what):
    """The alternative makes the night rule green; without it that is red and this one silent."""
    facts = seconds_dark(facts)
    night_color = GREEN if color == GREEN else RED
    return [
        *cases("FAR-61.57E4", (color, facts, what)),
        *cases("FAR-135.247-NIGHT", (night_color, facts, what)),
    ]


ALTERNATIVE = [
    *alternative(GREEN, dark(*TURBINE, experience=ENOUGH), "alternative: exactly enough"),
    *alternative(SILENT, dark(*TURBINE, experience=LITTLE), "alternative: hours short"),
    *alternative(SILENT, dark(*TURBINE, experience=None), "alternative: hours not known"),
    *alternative(
        SILENT, dark(ago(10, minutes=899), night(140, minutes=0)), "alternative: in type short"
    ),
    *alternative(SILENT, dark(TURBINE[0], night(190)), "alternative: landings too long ago"),
    *alternative(SILENT, dark(ago(91, minutes=900), night(140)), "alternative: not recent by day"),
    *alternative(GREEN, dark(TURBINE[0], checks=COURSE), "alternative: the course"),
    *alternative(
        SILENT,
        dark(TURBINE[0], checks=(*CHECKS, check("61.57e4", date(2025, 2, 20)))),
        "alternative: the course too long ago",
    ),
    *alternative(
        SILENT,
        msgspec.structs.replace(
            dark(*TURBINE), flying=msgspec.structs.replace(MULTI, is_turbine=False)
        ),
        "alternative: no turbine",
    ),
    *alternative(
        SILENT,
        msgspec.structs.replace(
            dark(
                ago(10, minutes=900, day_takeoffs=0, day_landings=0),
                ago(9, aircraft_type="BE20"),
                night(140),
            ),
            flying=msgspec.structs.replace(MULTI, needs_type_rating=False),
        ),
        "alternative: recent in the class only",
    ),
    *cases(
        "FAR-61.57E4",
        (SILENT, alone(pic(days=TURBINE, sectors=DARK)), "one pilot"),
        (SILENT, dark(night(10)), "not needed"),
        (SILENT, trip(), "by day"),
    ),
]


def approaches(count: int, on: date, **more):
    days = (day(on, approaches=count),)
    return msgspec.structs.replace(flown(*days, checks=(), **more), flying=PART_61)


INSTRUMENT = [
    *cases(
        "FAR-61.57C",
        (SILENT, trip(), "relief"),
        (SILENT, approaches(0, DAY, sectors=VISUAL), "VFR"),
        (AMBER, approaches(6, date(2025, 9, 1)), "six since the first of the 6th month"),
        (RED, approaches(6, date(2025, 8, 31)), "a day before it"),
        (RED, approaches(5, date(2026, 3, 1)), "five"),
        (
            GREEN,
            msgspec.structs.replace(
                flown(checks=(check("61.57d", date(2025, 9, 20)),)), flying=PART_61
            ),
            "a check instead",
        ),
    ),
    *cases(
        "FAR-61.57D",
        (SILENT, trip(), "relief"),
        (SILENT, approaches(0, DAY, sectors=VISUAL), "VFR"),
        (GREEN, approaches(6, date(2025, 3, 1)), "lapsed for 6 months"),
        (RED, approaches(6, date(2025, 2, 28)), "lapsed for more"),
        (
            GREEN,
            msgspec.structs.replace(
                flown(checks=(check("135.297", date(2025, 9, 20)),)), flying=PART_61
            ),
            "a check",
        ),
    ),
]
CASES = [*RECENT, *ALTERNATIVE, *INSTRUMENT]

from datetime import UTC, date, datetime, timedelta

from common.compliance.findings import Stage
from operations.facts.people import DeclaredPeriod, QuarterRests
from tests.operations.rules.crew_case import AMBER, GREEN, RED, SILENT, CrewCase, cases, unknown
from tests.operations.rules.green_crew import (
    HELICOPTER,
    MULTI,
    NURSE,
    PIC,
    RELEASE,
    REPORT,
    SIC,
    START,
    alone,
    changed_flying,
    duty,
    flight,
    member,
    pic,
    quarters,
    sector,
    trip,
)

HOUR = timedelta(hours=1)
NOT_SINCE_JANUARY = (DeclaredPeriod(from_on=date(2026, 1, 2), until_on=date(2026, 12, 31)),)
UP_TO_THE_DAY_BEFORE = (DeclaredPeriod(from_on=date(2025, 1, 1), until_on=date(2026, 3, 14)),)
SIX_TWO = (sector(1, START, 372),)


def in_quarter(hours: float, name: str = "2026-1"):
    """The trip takes three hours of its own."""
    return trip(pic(quarters=quarters({name: hours})))


def around(*flights, **more):
    return trip(pic(flights=flights, **more))


QUARTER = [
    *cases(
        "FAR-135.267-QTR",
        (GREEN, in_quarter(447.0), "90 % of the limit"),
        (AMBER, in_quarter(447.01), "above 90 %"),
        (AMBER, in_quarter(497.0), "the limit itself"),
        (RED, in_quarter(497.001), "just above the limit"),
        (RED, trip(pic(quarters=quarters({"2026-1": 495.0}), sectors=SIX_TWO)), "495 and 6.2 h"),
        (SILENT, trip(NURSE, NURSE), "nobody flies"),
        (RED, trip(pic(quarters=quarters({"2026-1": 498.0}), declared=())), "too much anyway"),
        unknown("FAR-135.267-QTR", trip(pic(declared=())), "nothing declared"),
        unknown("FAR-135.267-QTR", trip(pic(declared=NOT_SINCE_JANUARY)), "a day not declared"),
        unknown("FAR-135.267-QTR", trip(pic(declared=UP_TO_THE_DAY_BEFORE)), "not to the day"),
        unknown("FAR-135.267-QTR", trip(pic(quarters=())), "no totals"),
    ),
    *cases(
        "FAR-135.267-2QTR",
        (GREEN, in_quarter(617.0, "2025-4"), "90 % with the quarter before"),
        (AMBER, in_quarter(697.0, "2025-4"), "the limit itself"),
        (RED, in_quarter(697.001, "2025-4"), "above with the quarter before"),
        (RED, in_quarter(697.001, "2026-2"), "above with the quarter after"),
        (GREEN, in_quarter(697.001, "2026-3"), "a quarter not beside it"),
        unknown("FAR-135.267-2QTR", trip(pic(declared=NOT_SINCE_JANUARY)), "not declared"),
        unknown("FAR-135.267-2QTR", trip(pic(quarters=quarters()[1:])), "the quarter before"),
    ),
    *cases(
        "FAR-135.267-YEAR",
        (GREEN, in_quarter(957.0, "2026-4"), "90 %"),
        (AMBER, in_quarter(957.01, "2026-4"), "above 90 %"),
        (AMBER, in_quarter(1097.0, "2026-4"), "the limit itself"),
        (RED, in_quarter(1097.001, "2026-4"), "above"),
        (GREEN, in_quarter(1097.001, "2027-1"), "another year"),
        unknown("FAR-135.267-YEAR", trip(pic(declared=NOT_SINCE_JANUARY)), "a day not declared"),
        unknown("FAR-135.267-YEAR", trip(pic(quarters=quarters()[:3])), "half a year known"),
    ),
]
AHEAD = Stage.PLANNING
BY_SIGHT = alone(
    pic(declared=UP_TO_THE_DAY_BEFORE, sectors=(sector(1, START, is_ifr=False),)),
)
UNQUALIFIED = member(8, "Sam Second", "sic")
DAY = [
    *cases(
        "FAR-135.267-24H1",
        (GREEN, alone(), "three hours"),
        (AMBER, alone(pic(sectors=(sector(1, START, 480),))), "the limit itself"),
        (GREEN, alone(pic(sectors=(sector(1, START, 432),))), "90 %"),
        (AMBER, alone(pic(sectors=(sector(1, START, 433),))), "above 90 %"),
        (RED, alone(pic(sectors=(sector(1, START, 481),))), "a minute too much"),
        (RED, alone(pic(flights=(flight(START - 12 * HOUR, 301),))), "with the day before"),
        (AMBER, alone(pic(flights=(flight(START - 12 * HOUR, 300),))), "with 5 h: the limit"),
        (GREEN, alone(pic(flights=(flight(START - 30 * HOUR, 330),))), "more than a day before"),
        (RED, alone(pic(flights=(flight(START + 18 * HOUR, 400),))), "with the day after"),
        (SILENT, trip(), "two pilots"),
        (RED, trip(pic(sectors=(sector(1, START, 500),)), UNQUALIFIED), "a second not qualified"),
        CrewCase(
            "FAR-135.267-24H1",
            AMBER,
            alone(pic(sectors=(sector(1, START, 500),))),
            "delayed in the air",
            Stage.INFLIGHT,
        ),
        unknown("FAR-135.267-24H1", BY_SIGHT, "not declared"),
        *(
            CrewCase(code, expected, alone(pic(sectors=(sector(1, START, minutes),))), what, AHEAD)
            for code, expected, minutes, what in (
                ("FAR-135.267-24H1", SILENT, 540, "the second still to be found"),
                ("FAR-135.267-24H2", GREEN, 540, "the second still to be found"),
                ("FAR-135.267-24H2", RED, 601, "too much, even with a second"),
            )
        ),
    ),
    *cases(
        "FAR-135.267-24H2",
        (GREEN, trip(), "three hours"),
        (GREEN, around(flight(START - 12 * HOUR, 360)), "90 %"),
        (AMBER, around(flight(START - 12 * HOUR, 361)), "above 90 %"),
        (AMBER, around(flight(START - 12 * HOUR, 420)), "the limit itself"),
        (RED, around(flight(START - 12 * HOUR, 421)), "a minute too much"),
        (SILENT, alone(), "one pilot"),
        (SILENT, trip(PIC, UNQUALIFIED), "a second not qualified"),
        unknown("FAR-135.267-24H2", trip(pic(declared=UP_TO_THE_DAY_BEFORE)), "not declared"),
    ),
    *cases(
        "FAR-135.267-REGDUTY", (GREEN, trip(), "not used"), (SILENT, trip(NURSE, NURSE), "none")
    ),
    *cases(
        "FAR-135.265",
        (GREEN, trip(), "on demand"),
        (RED, changed_flying(MULTI, is_scheduled=True), "scheduled"),
        (SILENT, trip(NURSE, NURSE), "nobody flies"),
    ),
]


def crew_of(size: int, hours: float = 10.0, minutes: float = 90, **more):
    """A long duty of a crew with so many pilots."""
    times = {"end_at": REPORT + hours * HOUR, "sectors": (sector(1, START, minutes),)}
    seconds = [
        member(7 + n, f"Second {n}", role, papers=SIC.papers, checks=SIC.checks, **times)
        for n, role in zip(range(1, size), ("sic", "relief", "relief"), strict=False)
    ]
    return trip(pic(**times, **more), *seconds)


LARGE = cases(
    "FAR-135.269",
    (SILENT, trip(), "two pilots"),
    (AMBER, crew_of(3, 18), "three pilots, 18 h"),
    (RED, crew_of(3, 18.01), "three pilots, more"),
    (AMBER, crew_of(4, 20), "four pilots, 20 h"),
    (RED, crew_of(4, 20.01), "four pilots, more"),
    (AMBER, crew_of(3, 16, 720), "three pilots, 12 h aloft"),
    (RED, crew_of(3, 16, 721), "three pilots, more aloft"),
    (AMBER, crew_of(4, 18, 960), "four pilots, 16 h aloft"),
    (RED, crew_of(4, 18, 961), "four pilots, more aloft"),
    CrewCase("FAR-135.269", AMBER, crew_of(3, 19, 721), "overtaken in the air", Stage.INFLIGHT),
    (AMBER, crew_of(3, 18, duties=(duty(REPORT - 20 * HOUR, 10),)), "10 h before"),
    (RED, crew_of(3, 18, duties=(duty(REPORT - 20 * HOUR, 10.1),)), "less before"),
    (AMBER, crew_of(3, 18, duties=(duty(REPORT + 30 * HOUR, 5),)), "12 h after"),
    (RED, crew_of(3, 18, duties=(duty(REPORT + 29.9 * HOUR, 5),)), "less after"),
)
REST = [
    *cases(
        "FAR-135.263-REST",
        (GREEN, trip(), "nothing else"),
        (GREEN, trip(pic(duties=(duty(RELEASE, 3, "x"),))), "another duty from its end on"),
        (RED, trip(pic(duties=(duty(RELEASE - HOUR, 3, "drone"),))), "two duties at once"),
        (GREEN, trip(pic(duties=(duty(RELEASE + 10 * HOUR, 5),))), "10 h before the next"),
        (RED, trip(pic(duties=(duty(RELEASE + 9 * HOUR, 5),))), "9 h, the night before taken"),
        (GREEN, trip(pic(duties=(duty(RELEASE + 9 * HOUR, 5, "drone"),))), "no part 135 duty"),
        unknown("FAR-135.263-REST", trip(pic(declared=UP_TO_THE_DAY_BEFORE)), "not declared"),
    ),
    *cases(
        "FAR-135.267-10R",
        (GREEN, trip(), "a night's rest"),
        (AMBER, trip(pic(report_at=RELEASE - 14 * HOUR)), "14 h of duty: 10 h"),
        (SILENT, crew_of(3, 18), "a crew of three rests by 135.269"),
        (RED, trip(pic(report_at=RELEASE - 14 * HOUR - timedelta(minutes=1))), "a minute short"),
        (GREEN, trip(pic(report_at=RELEASE - 13 * HOUR)), "an hour to spare"),
        (AMBER, trip(pic(report_at=RELEASE - 13.01 * HOUR)), "under an hour to spare"),
        (RED, trip(pic(duties=(duty(RELEASE - 15 * HOUR, 2, "drone"),))), "a drone in between"),
        (
            GREEN,
            trip(pic(duties=(duty(RELEASE - 24 * HOUR, 3, "drone"),))),
            "a drone the day before",
        ),
        CrewCase(
            "FAR-135.267-10R",
            AMBER,
            trip(pic(report_at=RELEASE - 15 * HOUR)),
            "delayed in the air",
            Stage.INFLIGHT,
        ),
        (SILENT, trip(NURSE, NURSE), "nobody flies"),
    ),
]


def after_overrun(over_min: float, rest_h: float, pilots: int = 1):
    """A flight over its day's limit that ended its duty so many hours before this one."""
    minutes = (480 if pilots == 1 else 600) + over_min
    end = REPORT - rest_h * HOUR
    flown = flight(end - timedelta(minutes=minutes), minutes, pilots)
    before = duty(end - timedelta(minutes=minutes + 60), minutes / 60 + 1)
    return trip(pic(flights=(flown,), duties=(before,)))


def two_days(over_min: float, rest_h: float):
    """A first duty of this trip over the limit of one pilot, and so much rest before the second."""
    minutes = 480 + over_min
    begins = REPORT + HOUR
    ends = begins + timedelta(minutes=minutes)
    long, short = sector(1, begins, minutes), sector(2, ends + (rest_h + 1) * HOUR, 60)
    return alone(
        pic(sectors=(long,), end_at=ends),
        crew=(
            pic(sectors=(long,), end_at=ends),
            pic(sectors=(short,), report_at=ends + rest_h * HOUR, end_at=short.on_at),
        ),
    )


OVERRUN = cases(
    "FAR-135.267-OVER",
    (GREEN, two_days(0, 10), "two duties of a trip, the limit itself"),
    (RED, two_days(1, 10.9), "the first of two duties a minute over"),
    (AMBER, two_days(1, 11), "the first of two duties a minute over, 11 h"),
    (GREEN, trip(), "no flight before"),
    (GREEN, after_overrun(0, 9), "the limit itself"),
    (RED, after_overrun(1, 10.9), "a minute over, 11 h needed"),
    (AMBER, after_overrun(30, 11), "30 minutes over, 11 h"),
    (GREEN, after_overrun(30, 12), "30 minutes over, an hour to spare"),
    (RED, after_overrun(31, 11.9), "31 minutes over, 12 h needed"),
    (AMBER, after_overrun(60, 12), "60 minutes over, 12 h"),
    (RED, after_overrun(61, 15.9), "61 minutes over, 16 h needed"),
    (AMBER, after_overrun(61, 16), "61 minutes over, 16 h"),
    (GREEN, after_overrun(0, 9, pilots=2), "two pilots may fly ten hours"),
    (RED, after_overrun(1, 10, pilots=2), "two pilots, a minute over"),
)
LAST_DAY = datetime(2026, 3, 31, 20, tzinfo=UTC)


def rests(count: int, **more):
    return trip(pic(rests=(QuarterRests(year=2026, quarter=1, count=count),), **more))


DAYS_OFF = cases(
    "FAR-135.267-13",
    (GREEN, rests(13), "13 rests"),
    (AMBER, rests(12), "12 rests, days left"),
    (RED, rests(12, report_at=LAST_DAY - HOUR, end_at=LAST_DAY), "12 rests, no day left"),
    (GREEN, rests(13, report_at=LAST_DAY - HOUR, end_at=LAST_DAY), "13 at the end"),
    CrewCase("FAR-135.267-13", RED, rests(12), "12 rests, the quarter over", at=LAST_DAY),
    unknown("FAR-135.267-13", trip(pic(rests=())), "rests not counted"),
)


def at_hospital(hours: float = 24, sectors=(), duties=(), **more):
    """One pilot at the hospital from the report on."""
    known = {
        "is_hospital_based": True,
        "end_at": REPORT + hours * HOUR,
        "sectors": tuple(sectors) or (sector(1, START, 60),),
        "duties": tuple(duties),
    }
    return alone(pic(**(known | more)), flying=HELICOPTER)


EVERY_SIX_HOURS = [sector(n, REPORT + 6 * n * HOUR, 60) for n in range(8)]
EVERY_TEN_HOURS = [sector(n, REPORT + 10 * n * HOUR, 60) for n in range(8)]
HOSPITAL = cases(
    "FAR-135.271-HEMES",
    (SILENT, trip(), "an aeroplane"),
    (SILENT, alone(flying=HELICOPTER), "not at a hospital"),
    (GREEN, at_hospital(), "a day"),
    (GREEN, at_hospital(sectors=(sector(1, START, 480),)), "8 h of flying"),
    (RED, at_hospital(sectors=(sector(1, START, 481),)), "more than 8 h of flying"),
    CrewCase(
        "FAR-135.271-HEMES",
        AMBER,
        at_hospital(sectors=(sector(1, START, 481),)),
        "more than 8 h, in the air",
        Stage.INFLIGHT,
    ),
    (GREEN, at_hospital(duties=[duty(REPORT - 20 * HOUR, 10)]), "10 h before"),
    (RED, at_hospital(duties=[duty(REPORT - 20 * HOUR, 10.1)]), "less before"),
    (GREEN, at_hospital(72, EVERY_TEN_HOURS), "72 h"),
    (RED, at_hospital(72.1, EVERY_TEN_HOURS), "more than 72 h"),
    (RED, at_hospital(48, EVERY_SIX_HOURS), "never 8 h of rest"),
    (GREEN, at_hospital(24, duties=[duty(REPORT + 36 * HOUR, 5)]), "12 h after"),
    (RED, at_hospital(24, duties=[duty(REPORT + 35.9 * HOUR, 5)]), "less after"),
    (RED, at_hospital(60, EVERY_TEN_HOURS[:5], [duty(REPORT + 75 * HOUR, 5)]), "15 h after 60"),
    (GREEN, at_hospital(60, EVERY_TEN_HOURS[:5], [duty(REPORT + 76 * HOUR, 5)]), "16 h after 60"),
)


def attendant(**more):
    return trip(PIC, SIC, member(5, "Ali Attendant", "attendant", **more))


ATTENDANT = cases(
    "FAR-135.273-FA",
    (SILENT, trip(), "medical crew are none"),
    (GREEN, attendant(), "a short duty"),
    (GREEN, attendant(report_at=RELEASE - 14 * HOUR), "14 h"),
    (AMBER, attendant(report_at=RELEASE - 14.1 * HOUR), "more than 14 h"),
    (GREEN, attendant(duties=(duty(REPORT - 14 * HOUR, 5),)), "9 h before"),
    (AMBER, attendant(duties=(duty(REPORT - 14 * HOUR, 5.1),)), "less before"),
    (
        AMBER,
        attendant(duties=tuple(duty(REPORT - (23 * n + 12) * HOUR, 2) for n in range(8))),
        "no day off in seven",
    ),
)
CASES = [*QUARTER, *DAY, *LARGE, *REST, *OVERRUN, *DAYS_OFF, *HOSPITAL, *ATTENDANT]

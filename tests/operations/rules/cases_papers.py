from datetime import date

import msgspec

from operations.facts.papers import OpsSpecFacts
from operations.facts.people import CheckFacts, ExperienceFacts
from tests.operations.rules.crew_case import AMBER, GREEN, RED, SILENT, cases, unknown
from tests.operations.rules.green_crew import (
    AIRCRAFT,
    CHECKS,
    JET,
    MULTI,
    NURSE,
    PAPERS,
    PIC,
    SECTORS,
    SIC,
    SINGLE,
    alone,
    changed_flying,
    check,
    member,
    paper,
    pic,
    sector,
    trip,
)

A015 = OpsSpecFacts(code="A015", issued_on=date(2025, 1, 1))
BIG = msgspec.structs.replace(AIRCRAFT, seats=10)


def with_check(kind: str, done_on: date | None, **more):
    """The usual checks with another one of a kind, or none."""
    others = tuple(check(c.kind, date(2025, 12, 5)) for c in CHECKS if c.kind != kind)
    return alone(pic(checks=others if done_on is None else (*others, check(kind, done_on, **more))))


def on(day: date, facts):
    return msgspec.structs.replace(facts, end_date=day)


def grace(code: str, kind: str, months: int):
    """Cases of a check of January 2025: due so many months later, then a month of grace."""
    due = {6: date(2025, 7, 31), 12: date(2026, 1, 31)}[months]
    later = {6: date(2025, 8, 31), 12: date(2026, 2, 28)}[months]
    facts = with_check(kind, date(2025, 1, 15))
    return cases(
        code,
        (GREEN, on(date.fromordinal(due.toordinal() - 31), facts), "31 days left"),
        (AMBER, on(date.fromordinal(due.toordinal() - 30), facts), "30 days left"),
        (AMBER, on(due, facts), "the last day"),
        (AMBER, on(date.fromordinal(due.toordinal() + 1), facts), "the month of grace begins"),
        (AMBER, on(later, facts), "the month of grace ends"),
        (RED, on(date.fromordinal(later.toordinal() + 1), facts), "after the month of grace"),
        unknown(code, with_check(kind, None), "not on file"),
    )


def failing(code: str, kind: str):
    """Cases of a check failed after the one that still counts."""
    passed, lost = check(kind, date(2026, 1, 20)), check(kind, date(2026, 3, 2), is_passed=False)
    others = tuple(c for c in CHECKS if c.kind != kind)
    again, elsewhere = check(kind, date(2026, 3, 2)), check(kind, date(2026, 3, 3))
    elsewhere = msgspec.structs.replace(elsewhere, aircraft_type="C172")
    return cases(
        code,
        (RED, alone(pic(checks=(*others, passed, lost))), "failed since"),
        (RED, alone(pic(checks=(*others, lost))), "only failed"),
        (RED, alone(pic(checks=(*others, passed, lost, elsewhere))), "passed in another type"),
        (GREEN, alone(pic(checks=(*others, passed, lost, again))), "passed again"),
        (
            GREEN,
            on(date(2026, 3, 1), alone(pic(checks=(*others, passed, lost)))),
            "failed after the trip",
        ),
    )


EARLY = check("135.299", date(2024, 12, 31), base_month=date(2025, 1, 1))
CHECK_CASES = [
    *grace("FAR-135.293", "135.293a", 12),
    *failing("FAR-135.293", "135.293b"),
    *failing("FAR-135.297", "135.297"),
    *failing("FAR-135.299", "135.299"),
    *failing("FAR-135.343", "135.343"),
    *grace("FAR-135.293", "135.293b", 12),
    *grace("FAR-135.297", "135.297", 6),
    *grace("FAR-135.299", "135.299", 12),
    *grace("FAR-135.343", "135.343", 12),
    *cases(
        "FAR-135.293",
        unknown(
            "FAR-135.293",
            with_check("135.293b", date(2026, 1, 20), aircraft_type="PC12"),
            "another type",
        ),
        unknown("FAR-135.293", changed_flying(is_multi_engine=None), "the type not described"),
        (
            GREEN,
            msgspec.structs.replace(
                with_check(
                    "135.293b",
                    date(2026, 1, 20),
                    aircraft_type="C208",
                    aircraft_class="aeroplane single land",
                ),
                flying=SINGLE,
                crew=(
                    pic(
                        checks=(
                            *(c for c in CHECKS if c.kind != "135.293b"),
                            check(
                                "135.293b",
                                date(2026, 1, 20),
                                aircraft_type="C208",
                                aircraft_class="aeroplane single land",
                            ),
                        )
                    ),
                ),
            ),
            "in the class of a single-engine aeroplane",
        ),
    ),
    *cases(
        "FAR-135.297",
        (
            SILENT,
            trip(pic(checks=(), sectors=(sector(1, SECTORS[0].off_at, is_ifr=False),))),
            "VFR",
        ),
    ),
    *cases(
        "FAR-135.343",
        unknown("FAR-135.343", trip(PIC, SIC, member(5, "Ali", "attendant")), "an attendant"),
        (GREEN, trip(PIC, SIC, NURSE), "a nurse needs none"),
    ),
    *cases(
        "FAR-135.301-GRACE",
        (GREEN, trip(), "their own months"),
        (GREEN, trip(pic(checks=(EARLY,))), "a month early"),
        (
            GREEN,
            trip(pic(checks=(check("135.299", date(2025, 2, 1), base_month=date(2025, 1, 1)),))),
            "a month late",
        ),
        (
            RED,
            trip(pic(checks=(check("135.299", date(2025, 3, 1), base_month=date(2025, 1, 1)),))),
            "two months late",
        ),
        (
            RED,
            trip(pic(checks=(check("61.56", date(2025, 2, 1), base_month=date(2025, 1, 1)),))),
            "no grace for a flight review",
        ),
    ),
    *cases(
        "FAR-135.299",
        (
            AMBER,
            on(date(2026, 2, 28), trip(pic(checks=(EARLY,)))),
            "early, counted as in the month",
        ),
        (RED, on(date(2026, 3, 1), trip(pic(checks=(EARLY,)))), "early, base month kept"),
    ),
]


def review(done_on: date | None, *others: CheckFacts):
    own = () if done_on is None else (check("61.56", done_on),)
    return trip(pic(checks=(*own, *others)))


REVIEWS = cases(
    "FAR-61.56-FR",
    (GREEN, on(date(2026, 3, 1), review(date(2024, 4, 1))), "31 days and more left"),
    (AMBER, on(date(2026, 3, 31), review(date(2024, 3, 9))), "the last day"),
    (RED, on(date(2026, 4, 1), review(date(2024, 3, 9))), "the day after: no grace"),
    (GREEN, review(None, check("135.297", date(2025, 5, 1))), "a proficiency check counts as one"),
    unknown("FAR-61.56-FR", review(None), "not on file"),
)


def medical(classification: str, issued_on: date, born: date | None, **more):
    flying = more.pop("flying", JET)
    held = paper("medical", classification, issued_on=issued_on, **more)
    facts = trip(pic(papers=(*PAPERS[:2], held), date_of_birth=born))
    return msgspec.structs.replace(facts, flying=flying)


YOUNG, OLD = date(1990, 6, 1), date(1970, 6, 1)
PRIVATE = msgspec.structs.replace(MULTI, is_part_135=False)
VAGUE = msgspec.structs.replace(MULTI, is_turbojet=None)
MEDICALS = cases(
    "FAR-61.23-MED",
    (GREEN, medical("Class 1", date(2025, 5, 2), YOUNG), "first, under 40, ATP: 12 months"),
    (RED, medical("Class 1", date(2025, 2, 28), YOUNG), "first, under 40, ATP: over"),
    (AMBER, medical("Class 1", date(2025, 3, 1), YOUNG), "first, under 40, ATP: last month"),
    (GREEN, medical("Class 1", date(2025, 12, 2), OLD), "first, over 40, ATP: 6 months"),
    (AMBER, medical("Class 1", date(2025, 9, 30), OLD), "first, over 40, ATP: last month"),
    (RED, medical("Class 1", date(2025, 8, 31), OLD), "first, over 40, ATP: over"),
    (GREEN, medical("Class 1", date(2025, 8, 31), OLD, flying=MULTI), "lapsed to commercial"),
    (RED, medical("Class 2", date(2026, 1, 1), YOUNG), "second is not enough for ATP"),
    (GREEN, medical("Class 2", date(2025, 5, 2), OLD, flying=MULTI), "second, commercial: 12"),
    (RED, medical("Class 2", date(2025, 2, 28), YOUNG, flying=MULTI), "second, commercial: over"),
    (RED, medical("Class 3", date(2026, 1, 1), YOUNG, flying=MULTI), "third, commercial"),
    (GREEN, medical("Class 3", date(2021, 5, 2), YOUNG, flying=PRIVATE), "third, private, 60"),
    (RED, medical("Class 3", date(2021, 2, 28), YOUNG, flying=PRIVATE), "third, private, over"),
    (GREEN, medical("Class 3", date(2024, 5, 2), OLD, flying=PRIVATE), "third, over 40, 24"),
    (RED, medical("Class 3", date(2024, 2, 28), OLD, flying=PRIVATE), "third, over 40, over"),
    (
        RED,
        medical("1st", date(2026, 1, 1), YOUNG, expires_on=date(2026, 3, 14)),
        "limited on paper",
    ),
    (
        AMBER,
        medical("1st", date(2026, 1, 1), YOUNG, flying=VAGUE, expires_on=date(2026, 12, 31)),
        "privilege not known: the paper's own day, amber",
    ),
    (
        RED,
        medical("1st", date(2026, 1, 1), YOUNG, flying=VAGUE, expires_on=date(2026, 3, 1)),
        "privilege not known, run out",
    ),
    unknown(
        "FAR-61.23-MED", medical("1st", date(2026, 1, 1), YOUNG, flying=VAGUE), "no day at all"
    ),
    unknown("FAR-61.23-MED", medical("1st", date(2026, 1, 1), None), "date of birth"),
    (GREEN, medical("1st", date(2026, 1, 1), None, flying=MULTI), "commercial asks for no age"),
    unknown("FAR-61.23-MED", medical("Medical", date(2026, 1, 1), YOUNG), "the class"),
    unknown(
        "FAR-61.23-MED", medical("1st", date(2026, 1, 1), YOUNG, is_verified=False), "not verified"
    ),
    unknown("FAR-61.23-MED", trip(pic(papers=PAPERS[:2])), "not on file"),
)


def nurse(**more):
    return trip(PIC, SIC, msgspec.structs.replace(NURSE, **more))


def registered(until: date | None, **more):
    return nurse(papers=(paper("medical_registration", "RN", expires_on=until, **more),))


def trained(done_on: date):
    return nurse(checks=(check("135.621", done_on),))


CARERS = [
    *cases(
        "CREW-MED-REG",
        (SILENT, trip(PIC, SIC), "nobody cares for a patient"),
        (GREEN, registered(date(2026, 4, 15)), "31 days left"),
        (AMBER, registered(date(2026, 4, 14)), "30 days left"),
        (AMBER, registered(date(2026, 3, 15)), "the last day"),
        (RED, registered(date(2026, 3, 14)), "run out"),
        (GREEN, registered(None), "without an end"),
        unknown("CREW-MED-REG", registered(None, is_verified=False), "not verified"),
        unknown("CREW-MED-REG", nurse(papers=()), "not on file"),
    ),
    *cases(
        "FAR-135.621-MEDBRIEF",
        (SILENT, trip(PIC, SIC), "nobody cares for a patient"),
        (GREEN, trained(date(2024, 4, 30)), "24 calendar months"),
        (AMBER, trained(date(2024, 3, 1)), "the last month"),
        (AMBER, trained(date(2024, 2, 29)), "over: brief them"),
        (AMBER, nurse(checks=()), "never trained: brief them"),
    ),
]
COMMERCIAL = (
    paper("license", "CPL(A)", number="1"),
    paper("rating", "IR"),
    paper("rating", "Type", aircraft_type="B350"),
)


def commercial(papers=COMMERCIAL, facts=None, **hours):
    """A commercial pilot with the least hours for IFR and changes of them."""
    least = {
        "total_min": 1200 * 60,
        "night_min": 100 * 60,
        "cross_country_min": 500 * 60,
        "instrument_min": 75 * 60,
        "instrument_flight_min": 50 * 60,
    }
    experience = ExperienceFacts(**(least | hours))
    return trip(pic(papers=papers, experience=experience), **(facts or {}))


def by_sight(**hours):
    least = {"total_min": 500 * 60, "night_min": 25 * 60, "cross_country_min": 100 * 60}
    experience = ExperienceFacts(**(least | hours))
    sectors = (sector(1, SECTORS[0].off_at, is_ifr=False),)
    return trip(pic(papers=COMMERCIAL[::2], experience=experience, sectors=sectors))


CERTIFICATES = [
    *cases(
        "FAR-135.243-ATP",
        (GREEN, changed_flying(JET), "an airline transport pilot on a jet"),
        (RED, commercial(facts={"flying": JET}), "a commercial pilot on a jet"),
        (RED, commercial(facts={"aircraft": BIG}), "a commercial pilot with 10 seats"),
        (GREEN, commercial(), "the hours for IFR exactly"),
        (RED, commercial(total_min=1200 * 60 - 1), "a minute short"),
        (RED, commercial(cross_country_min=500 * 60 - 1), "cross-country short"),
        (RED, commercial(night_min=100 * 60 - 1), "night short"),
        (RED, commercial(instrument_min=75 * 60 - 1), "instruments short"),
        (RED, commercial(instrument_flight_min=50 * 60 - 1), "instruments in flight short"),
        (RED, commercial(COMMERCIAL[::2]), "no instrument rating"),
        (RED, commercial(COMMERCIAL[1:]), "no license"),
        (RED, commercial(COMMERCIAL[:2]), "no type rating"),
        (GREEN, by_sight(), "the hours for VFR exactly"),
        (RED, by_sight(total_min=500 * 60 - 1), "VFR, a minute short"),
        (SILENT, changed_flying(MULTI, is_part_135=False), "part 91"),
        unknown("FAR-135.243-ATP", commercial(cross_country_min=None), "cross-country"),
        unknown("FAR-135.243-ATP", trip(pic(papers=COMMERCIAL, experience=None)), "hours"),
        unknown("FAR-135.243-ATP", changed_flying(MULTI, is_turbojet=None), "what the type is"),
    ),
    *cases(
        "FAR-135.245-SIC",
        (GREEN, trip(), "commercial and instrument"),
        (RED, trip(PIC, msgspec.structs.replace(SIC, papers=SIC.papers[:1])), "no instrument"),
        (RED, trip(PIC, msgspec.structs.replace(SIC, papers=())), "nothing on file"),
        (SILENT, alone(), "no second"),
    ),
    *cases(
        "FAR-135.99-SIC",
        (GREEN, trip(), "there is one"),
        unknown("FAR-135.99-SIC", alone(), "IFR with persons, nobody yet"),
        unknown("FAR-135.99-SIC", alone(aircraft=BIG), "ten seats, nobody yet"),
        (
            AMBER,
            alone(opsspecs=(A015,)),
            "an approved autopilot",
        ),
        (
            RED,
            alone(aircraft=BIG, opsspecs=(A015,)),
            "ten seats whatever the autopilot",
        ),
        (
            SILENT,
            alone(pic(sectors=(sector(1, SECTORS[0].off_at, carries_persons=False),))),
            "nobody carried",
        ),
        (SILENT, alone(pic(sectors=(sector(1, SECTORS[0].off_at, is_ifr=False),))), "VFR"),
    ),
    *cases(
        "FAR-135.109-PIC",
        (GREEN, trip(), "one on each leg"),
        (RED, trip(PIC, msgspec.structs.replace(SIC, role="pic")), "two"),
        unknown("FAR-135.109-PIC", trip(pic(sectors=SECTORS[:1])), "none on the second leg"),
        (SILENT, trip(legs=()), "no legs"),
    ),
    *cases(
        "FAR-135.63-REC",
        (GREEN, trip(), "complete"),
        (AMBER, trip(pic(experience=None)), "no hours"),
        (AMBER, trip(pic(papers=PAPERS[1:])), "no certificate"),
        (AMBER, trip(pic(papers=PAPERS[:2])), "no medical"),
        (AMBER, trip(pic(checks=())), "no checks"),
    ),
    *cases(
        "CREW-ACTIVE",
        (GREEN, trip(), "everybody is here"),
        (RED, nurse(is_active=False), "a nurse has left"),
    ),
]
CASES = [*CHECK_CASES, *REVIEWS, *MEDICALS, *CARERS, *CERTIFICATES]

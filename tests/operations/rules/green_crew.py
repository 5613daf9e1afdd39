"""A trip whose crew breaks no rule, as facts, and how to ask one rule about a change of it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from aircraft.airworthiness import CrewedAircraftFacts
from common.compliance.engine import evaluate
from common.compliance.findings import SEVERITY, Color, Finding, Override, Stage
from operations.facts.legs import LegFacts
from operations.facts.people import (
    CheckFacts,
    CrewMemberFacts,
    DeclaredPeriod,
    DutyFacts,
    ExperienceFacts,
    FlightFacts,
    FlyingDay,
    FlyingFacts,
    PaperFacts,
    QuarterMinutes,
    QuarterRests,
    Sector,
)
from operations.facts.trip import TripFacts

# A Sunday's trip in March: two legs of 1:30 h, reported for an hour before.
START = datetime(2026, 3, 15, 10, 0, tzinfo=UTC)
END = START + timedelta(hours=4)
REPORT = START - timedelta(hours=1)
RELEASE = END + timedelta(minutes=30)
DAY = date(2026, 3, 15)
NOW = START - timedelta(hours=6)
CLASS = "aeroplane multi land"
MULTI = FlyingFacts(
    category="aeroplane",
    aircraft_class=CLASS,
    is_turbojet=False,
    is_turbine=True,
    is_multi_engine=True,
    needs_type_rating=True,
)
JET = msgspec.structs.replace(MULTI, is_turbojet=True)
SINGLE = msgspec.structs.replace(
    MULTI,
    aircraft_class="aeroplane single land",
    is_turbine=False,
    is_multi_engine=False,
    needs_type_rating=False,
)
HELICOPTER = msgspec.structs.replace(
    MULTI, category="helicopter", aircraft_class="helicopter", needs_type_rating=False
)


def sector(leg: int, off_at: datetime, minutes: float = 90, **more: Any) -> Sector:
    """A flight of some minutes from blocks to blocks, by day, with persons, under IFR."""
    on_at = off_at + timedelta(minutes=minutes)
    known = {
        "leg": leg,
        "off_at": off_at,
        "on_at": on_at,
        "flight_min": minutes,
        "carries_persons": True,
        "is_night": False,
    }
    return Sector(**(known | more))


def flight(start_at: datetime, minutes: float, pilots: int = 2, **more: Any) -> FlightFacts:
    return FlightFacts(
        start_at=start_at,
        end_at=start_at + timedelta(minutes=minutes),
        minutes=minutes,
        pilots=pilots,
        **more,
    )


def duty(start_at: datetime, hours: float, source: str = "trip") -> DutyFacts:
    return DutyFacts(start_at=start_at, end_at=start_at + timedelta(hours=hours), source=source)


def paper(kind: str, classification: str = "", **more: Any) -> PaperFacts:
    known = {"kind": kind, "classification": classification, "issued_on": date(2026, 1, 10)}
    return PaperFacts(**(known | more))


def check(kind: str, done_on: date, **more: Any) -> CheckFacts:
    known = {
        "kind": kind,
        "aircraft_type": "B350",
        "aircraft_class": CLASS,
        "done_on": done_on,
        "base_month": done_on.replace(day=1),
    }
    return CheckFacts(**(known | more))


def day(on: date, **more: Any) -> FlyingDay:
    known = {
        "on": on,
        "aircraft_type": "B350",
        "aircraft_class": CLASS,
        "is_turbine": True,
        "minutes": 180,
        "day_takeoffs": 2,
        "day_landings": 2,
    }
    return FlyingDay(**(known | more))


def quarters(hours_by_quarter: dict[str, float] | None = None) -> tuple[QuarterMinutes, ...]:
    """The quarters from the last of 2025 to the first of 2027, `2026-1` in hours; 100 each else."""
    given = hours_by_quarter or {}
    names = ["2025-4", "2026-1", "2026-2", "2026-3", "2026-4", "2027-1"]
    return tuple(
        QuarterMinutes(
            year=int(name[:4]), quarter=int(name[5:]), minutes=given.get(name, 100.0) * 60
        )
        for name in names
    )


SECTORS = (sector(1, START), sector(2, START + timedelta(hours=2, minutes=30)))
CHECKS = tuple(
    check(kind, date(2026, 1, 20))
    for kind in ("135.293a", "135.293b", "135.297", "135.299", "135.343", "61.56")
)
RECENT = (
    day(date(2026, 3, 10), night_takeoffs=1, night_landings=1, approaches=2),
    day(date(2026, 3, 8), night_takeoffs=2, night_landings=2, approaches=4),
)
EXPERIENCE = ExperienceFacts(
    total_min=3000 * 60,
    night_min=400 * 60,
    cross_country_min=2000 * 60,
    instrument_min=300 * 60,
    instrument_flight_min=200 * 60,
)


def member(user_id: int, name: str, role: str, **more: Any) -> CrewMemberFacts:
    """Somebody on duty for the whole trip with everything declared and enough rest."""
    known: dict[str, Any] = {
        "user_id": user_id,
        "name": name,
        "role": role,
        "report_at": REPORT,
        "end_at": RELEASE,
        "sectors": SECTORS,
        "quarters": quarters(),
        "rests": (QuarterRests(year=2026, quarter=1, count=40),),
        "declared": (DeclaredPeriod(from_on=date(2025, 1, 1), until_on=date(2026, 12, 31)),),
    }
    return CrewMemberFacts(**(known | more))


PAPERS = (
    paper("license", "ATP(A)", number="4412345"),
    paper("rating", "Multi-engine type", aircraft_type="B350"),
    paper("medical", "Class 1", number="M-1"),
)
PIC = member(
    7,
    "Pat Pilot",
    "pic",
    date_of_birth=date(1990, 6, 1),
    papers=PAPERS,
    checks=CHECKS,
    days=RECENT,
    experience=EXPERIENCE,
)
SIC = msgspec.structs.replace(
    PIC,
    user_id=8,
    name="Sam Second",
    role="sic",
    papers=(
        paper("license", "CPL(A)", number="4412346"),
        paper("rating", "Instrument rating (IR)"),
        paper("medical", "2nd class", number="M-2"),
    ),
)
NURSE = member(
    9,
    "Nia Nurse",
    "flight_nurse",
    papers=(paper("medical_registration", "RN", expires_on=date(2027, 1, 1)),),
    checks=(check("135.621", date(2025, 6, 1), aircraft_type="", aircraft_class=""),),
)
AIRCRAFT = CrewedAircraftFacts(
    aircraft_id=1,
    tail_number="N350AA",
    designator="B350",
    on=DAY,
    status="in_service",
    seats=8,
    engine_count=2,
    maintenance_program="selected",
)
LEGS = tuple(
    LegFacts(
        sequence=s.leg,
        kind="live",
        origin="KAAA",
        destination="KBBB",
        out_at=s.off_at,
        off_at=s.off_at,
        on_at=s.on_at,
        in_at=s.on_at,
        distance_nm=300.0,
    )
    for s in SECTORS
)
GREEN = TripFacts(
    number="TR-2026-0001",
    kind="air_ambulance",
    status="planning",
    rule_date=DAY,
    end_date=DAY,
    timezone="America/Chicago",
    start_at=START,
    end_at=END,
    aircraft=AIRCRAFT,
    flying=MULTI,
    legs=LEGS,
    crew=(PIC, SIC, NURSE),
)


def pic(**changes: Any) -> CrewMemberFacts:
    return msgspec.structs.replace(PIC, **changes)


def trip(pilot: CrewMemberFacts = PIC, *others: CrewMemberFacts, **changes: Any) -> TripFacts:
    """The green trip with this pilot in command; beside them the others, else the usual crew."""
    crew = (pilot, *(others or (SIC, NURSE)))
    return msgspec.structs.replace(GREEN, **({"crew": crew} | changes))


def alone(pilot: CrewMemberFacts = PIC, **changes: Any) -> TripFacts:
    """The trip with one pilot and nobody else."""
    return msgspec.structs.replace(GREEN, **({"crew": (pilot,)} | changes))


def findings(
    facts: TripFacts,
    *,
    stage: Stage = Stage.RELEASE,
    at: datetime = NOW,
    parameters: dict[str, dict[str, float]] | None = None,
    overrides: tuple[Override, ...] = (),
) -> dict[str, list[Finding]]:
    """What every rule says, by code."""
    found: dict[str, list[Finding]] = {}
    answer = evaluate(facts, stage=stage, at=at, parameters=parameters, overrides=overrides)
    for finding in answer.findings:
        found.setdefault(finding.rule, []).append(finding)
    return found


def worst(found: list[Finding]) -> Color | None:
    """The worst color of a rule's findings; None when it does not apply."""
    return max((f.color for f in found), key=SEVERITY.__getitem__, default=None)


def color(code: str, facts: TripFacts, **question: Any) -> Color | None:
    """What one rule says."""
    return worst(findings(facts, **question).get(code, []))


def changed_flying(flying: FlyingFacts = MULTI, **changes: Any) -> TripFacts:
    """The green trip with another kind of flying."""
    return msgspec.structs.replace(GREEN, flying=msgspec.structs.replace(flying, **changes))

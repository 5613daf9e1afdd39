"""A trip that may go: patient from Boise to Spokane and the empty way back, in March daylight."""

from datetime import datetime, timedelta
from typing import Any

from operations.models import LegStatus, RiskWorksheet, Trip, TripEvidence
from operations.plan_hash import plan_hash as current_plan_hash
from operations.risk_template import CURRENT
from tests.airports.factories import report
from tests.operations import legal_world
from tests.operations.factories import (
    DEPARTURE,
    CrewLineFactory,
    DutyFactory,
    LegFactory,
    RequirementFactory,
    TripFactory,
)

SUBJECT = "operations.trip"
# Ninety minutes before off blocks.
AT = DEPARTURE - timedelta(minutes=90)
BOISE, SPOKANE = (43.5644, -116.2228), (47.6199, -117.5338)
GOOD = "27008KT 9999 SCT050 15/02 A3010"
BRIEF = {
    "min_ceiling_ft": 250,
    "min_visibility_m": 1200,
    "landing_distance_m": 900,
    "fuel_on_board_kg": 1100,
    "payload_kg": 300,
}
LEG_EVIDENCE = ("consent", "oxygen", "briefing")
LOAD = {
    "passengers": 0,
    "take_off_weight_kg": 6100.0,
    "max_take_off_weight_kg": 6804.0,
    "cg": 5.1,
    "cg_forward": 4.6,
    "cg_aft": 5.5,
}


def answers(**other: str) -> dict[str, str]:
    """The worksheet with the first, best answer to every question."""
    return {factor.code: factor.answers[0].code for factor in CURRENT.factors} | other


def fields() -> tuple[Any, Any]:
    """Boise and Spokane, each with one long runway."""
    boise = legal_world.airport("KBOI", *BOISE, icao="KBOI")
    return boise, legal_world.airport("KGEG", *SPOKANE, icao="KGEG")


def weather(
    station: str,
    at: tuple[float, float],
    *,
    metar: str = GOOD,
    taf: str = "27008KT 9999 SCT050",
    now: datetime = AT,
) -> None:
    """A fresh report and a forecast for the day."""
    lat, lon = at
    issued = now - timedelta(minutes=10)
    report(f"METAR {station} {issued:%d%H%M}Z {metar}", at=now, lat=lat, lon=lon)
    begins = now.replace(minute=0) - timedelta(hours=1)
    ends = begins + timedelta(hours=24)
    report(
        f"TAF {station} {issued:%d%H%M}Z {begins:%d%H}/{ends:%d%H} {taf}", at=now, lat=lat, lon=lon
    )


def make_trip(boise: Any, spokane: Any, **more: Any) -> Trip:
    """A trip in planning with two legs, crew, minima and fuel; nothing on paper yet."""
    trip = TripFactory(
        aircraft=legal_world.aircraft(AT, base=boise),
        requirement=RequirementFactory(is_acute_care=True),
        status="planning",
        **more,
    )
    LegFactory(trip=trip, sequence=1, origin=boise, destination=spokane, **BRIEF)
    LegFactory(
        trip=trip,
        sequence=2,
        kind="positioning",
        has_patient=False,
        origin=spokane,
        destination=boise,
        planned_out_at=trip.start_at + timedelta(minutes=90),
        **BRIEF,
    )
    for role in ("pic", "sic", "flight_nurse"):
        crew(trip, role)
    return trip


def crew(trip: Trip, role: str, person: Any = None) -> Any:
    """One person in one role on every leg."""
    person = person or legal_world.crew_member(AT)
    duty = DutyFactory(person=person, trip=trip)
    for leg in trip.legs.order_by("sequence"):
        CrewLineFactory(leg=leg, person=person, role=role, duty=duty, offered_by=person)
    return person


def put_on_file(trip: Trip, kind: str, leg: Any = None, **fields: Any) -> TripEvidence:
    """Evidence of a kind, under the name of whoever decided on the patient."""
    given = {"reference": f"{kind} 12", "recorded_by": trip.requirement.decided_by}
    return TripEvidence.objects.create(
        trip=trip, leg=leg, kind=kind, recorded_at=AT, **given | fields
    )


def first_pilot(trip: Trip) -> Any:
    """The pilot in command of the first leg."""
    return trip.legs.get(sequence=1).crew.get(role="pic").person


def sign_worksheet(trip: Trip, **other: Any) -> RiskWorksheet:
    """A worksheet signed by the pilot in command for the plan as it stands."""
    pilot = first_pilot(trip)
    return RiskWorksheet.objects.create(
        trip=trip,
        **{
            "answers": answers(),
            "score": 0,
            "threshold": CURRENT.threshold,
            "signed_by": pilot,
            "signed_at": AT,
            "plan_hash": current_plan_hash(trip),
            **other,
        },
    )


def complete(trip: Trip) -> Trip:
    """Everything on paper and signed."""
    live = trip.legs.get(sequence=1)
    for kind in LEG_EVIDENCE:
        put_on_file(trip, kind, live)
    put_on_file(trip, "load_manifest", live, details=LOAD)
    put_on_file(trip, "airport_hours")
    sign_worksheet(trip)
    return trip


def ready_trip(**more: Any) -> Trip:
    """A trip of which no rule has anything to say but green."""
    boise, spokane = fields()
    legal_world.weather(AT, boise, spokane)
    return complete(make_trip(boise, spokane, **more))


def statuses(trip: Trip) -> tuple[str, list[str]]:
    trip.refresh_from_db()
    legs = trip.legs.order_by("sequence").values_list("status", flat=True)
    return trip.status, [str(LegStatus(status)) for status in legs]

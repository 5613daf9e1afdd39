"""Load the demo: an operator near Canberra with people, aircraft, papers and a ground station."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from airports.models import Airport
from airports.services.aerodromes import set_tower
from airports.services.weather import enter_reports
from common.time import day_bounds
from flight_operations.demo import cast, site
from flight_operations.demo.flown import LONG_BEFORE_START, fly_earlier, plan_at
from flight_operations.models import AuthorizationKind
from flight_operations.services.authorizations import Terms, create_granted
from flight_operations.services.operations import plan_operation, submit_operation
from rpas.models import KeyPost, RPASAircraft, RPASOperator
from rpas.services import defects, maintenance, operators, technical_logs
from rpas.services.aircraft import register_aircraft
from users.demo_people import Person
from users.models import User
from users.services.demo_accounts import make_accounts
from users.services.qualifications import record_qualification, verify_qualification
from users.services.seeding import seed_roles

OPERATOR = "Brindabella Survey"
ZONE = "Australia/Sydney"
AERODROME = "YSCB"
GOOD_AIRCRAFT = "BSV-001"
DEFECT_AIRCRAFT = "BSV-002"
DUE_AIRCRAFT = "BSV-003"
MODEL = {"make": "DJI", "model": "Matrice 350 RTK"}
# The trainee's RePL ends at 7 kg; the aircraft weighs more.
BANDS = {
    cast.CHIEF: "up_to_25kg",
    cast.PILOT: "up_to_25kg",
    cast.RELIEF: "up_to_25kg",
    cast.TRAINEE: "up_to_7kg",
}
INTERVAL_MIN = 50 * 60
# What is left before the demo's flights, in minutes: enough for both, little enough that the second
# begun minute of flight takes the rest to a tenth of the interval, where maintenance turns amber.
LEFT_MIN = 302
LEFT_ON_DUE_MIN = 10

# The operator's papers are older than its first flight. That flight is long enough ago for its
# pilot to have rested since, whatever the hour; a flight of the same day would make a long duty.
BEFORE = timedelta(hours=28)
FLOWN_AGO = timedelta(hours=26)

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Stage:
    """What every step of the load needs: who does it, when, and the operator once it exists."""

    people: dict[str, User]
    at: datetime

    @property
    def admin(self) -> User:
        return self.people[cast.ADMIN.key]

    @property
    def today(self) -> date:
        return self.at.astimezone(ZoneInfo(ZONE)).date()


@transaction.atomic
def load_demo(*, password: str, at: datetime, progress: Progress) -> bool:
    """
    Load the demo once; again, only the demo accounts' sign-in is put back.

    Returns whether anything but sign-ins was loaded.
    """
    progress("roles and people")
    seed_roles()
    stage = Stage(make_accounts(cast.PEOPLE, password, zone=ZONE, at=at), at - BEFORE)
    known = RPASOperator.objects.filter(name=OPERATOR).first()
    if known is not None:
        _take_on_who_is_new(stage, known)
        return False
    progress("aerodrome")
    _aerodrome(stage)
    progress("operator and papers")
    operator = _operator(stage)
    for person in cast.PEOPLE:
        _papers_of(stage, person)
    _approvals(stage, operator)
    progress("aircraft and technical logs")
    _fleet(stage, operator)
    progress("a flight that is over, and one that may not be flown as planned")
    aircraft = RPASAircraft.objects.get(registration=GOOD_AIRCRAFT)
    fly_earlier(aircraft, stage.people, start=flown_at(at))
    _weather_of_the_hour(stage, at=at)
    _plan_too_close(stage, operator, at=at)
    return True


def flown_at(at: datetime) -> datetime:
    """When the flight that is over took off: on the same day of the place as its inspection."""
    zone = ZoneInfo(ZONE)
    start = at - FLOWN_AGO
    midnight, _ = day_bounds(start.astimezone(zone).date(), zone)
    # In UTC, as reports of the weather are written.
    return max(start, midnight + LONG_BEFORE_START).astimezone(UTC)


def _weather_of_the_hour(stage: Stage, *, at: datetime) -> None:
    minute = at.replace(second=0, microsecond=0)
    for report in (site.metar(minute, wind="27006KT"), site.taf(minute)):
        enter_reports(report, actor=stage.people[cast.DISPATCHER.key], at=at)


def _plan_too_close(stage: Stage, operator: RPASOperator, *, at: datetime) -> None:
    # Not the pilot of the demo flight, whose duty of tomorrow it would count in.
    pilot = stage.people[cast.CHIEF.key]
    operation = plan_operation(
        operator=operator,
        aircraft=RPASAircraft.objects.get(registration=DEFECT_AIRCRAFT),
        pilot_in_command=pilot,
        title="Roof survey",
        purpose="Photograph a warehouse roof.",
        category="reoc",
        planned_start_at=at + timedelta(days=1),
        planned_end_at=at + timedelta(days=1, minutes=30),
        actor=pilot,
        at=at,
        **plan_at(*site.TOO_CLOSE),
    )
    submit_operation(operation, actor=pilot, at=at)


def _aerodrome(stage: Stage) -> None:
    set_tower(
        Airport.objects.get(icao=AERODROME),
        is_controlled=True,
        tower_hours=None,
        reason="Canberra has a tower (118.7 MHz); the embedded aerodrome list does not say so.",
        actor=stage.admin,
        at=stage.at,
    )


def _operator(stage: Stage) -> RPASOperator:
    operator = operators.create_operator(
        name=OPERATOR,
        legal_name="Brindabella Survey Pty Ltd (demo)",
        arn="0800001",
        reoc_number="DEMO.REOC.0001",
        reoc_issued_on=stage.today - timedelta(days=200),
        reoc_expires_on=stage.today + timedelta(days=800),
        scope_max_mass_kg=25.0,
        scope_types=["multirotor"],
        timezone=ZONE,
        insurance_expires_on=stage.today + timedelta(days=300),
        operations_manual_ref="OM 3.2",
        job_safety_assessment_ref="JSA 14",
        actor=stage.admin,
        at=stage.at,
    )
    for person in cast.PEOPLE[1:]:
        _take_on(stage, operator, person)
    _appoint(stage, operator)
    return operator


def _take_on_who_is_new(stage: Stage, operator: RPASOperator) -> None:
    """Whoever joined the demo after it was loaded."""
    members = set(operator.members.values_list("user__email", flat=True))
    for person in cast.PEOPLE[1:]:
        if person.email not in members:
            _take_on(stage, operator, person)
            _papers_of(stage, person)


def _take_on(stage: Stage, operator: RPASOperator, person: Person) -> None:
    member = operators.add_member(
        operator,
        user=stage.people[person.key],
        position=person.position,
        valid_from=stage.today - timedelta(days=400),
        actor=stage.admin,
        at=stage.at,
    )
    if person.role in ("remote_pilot", "chief_remote_pilot"):
        models = [f"{MODEL['make']} {MODEL['model']}"]
        operators.authorize_pilot(
            member, models=models, is_night_authorized=True, actor=stage.admin, at=stage.at
        )


def _appoint(stage: Stage, operator: RPASOperator) -> None:
    posts = (
        (KeyPost.CEO, cast.DISPATCHER),
        (KeyPost.CHIEF_REMOTE_PILOT, cast.CHIEF),
        (KeyPost.MAINTENANCE_CONTROLLER, cast.CONTROLLER),
    )
    for post, person in posts:
        operators.appoint(
            operator,
            user=stage.people[person.key],
            post=post,
            valid_from=stage.today - timedelta(days=200),
            arn=person.arn,
            approved_on=stage.today - timedelta(days=200),
            actor=stage.admin,
            at=stage.at,
        )


def _papers_of(stage: Stage, person: Person) -> None:
    """License, radio certificate and trainings of a pilot, a year old."""
    band = BANDS.get(person)
    if band is None:
        return
    papers: tuple[tuple[str, dict[str, str]], ...] = (
        ("repl", {"weight_band": band}),
        ("aroc", {}),
        ("night_training", {}),
        ("type_training", {"aircraft_type": f"{MODEL['make']} {MODEL['model']}"}),
    )
    for kind, more in papers:
        paper = record_qualification(
            stage.people[person.key],
            kind=kind,
            authority="CASA",
            number=f"DEMO-{person.arn}-{kind}",
            issued_on=stage.today - timedelta(days=365),
            actor=stage.admin,
            at=stage.at,
            **more,
        )
        verify_qualification(paper, actor=stage.admin, at=stage.at)


def _approvals(stage: Stage, operator: RPASOperator) -> None:
    # So that the demo can be flown at any hour of the day.
    terms = Terms(
        kind=AuthorizationKind.NIGHT,
        number="DEMO.NIGHT.0001",
        authority="CASA",
        valid_from=stage.at - timedelta(days=30),
        valid_until=stage.at + timedelta(days=700),
        conditions="Launch area and aircraft lit.",
        applied_on=stage.today - timedelta(days=120),
    )
    create_granted(operator=operator, terms=terms, actor=stage.admin, at=stage.at)


def _fleet(stage: Stage, operator: RPASOperator) -> None:
    left = {GOOD_AIRCRAFT: LEFT_MIN, DEFECT_AIRCRAFT: 900, DUE_AIRCRAFT: LEFT_ON_DUE_MIN}
    for number, (registration, left_min) in enumerate(left.items(), start=1):
        aircraft = _aircraft(stage, operator, registration, number)
        maintenance.add_schedule(
            aircraft,
            title="50-hour inspection",
            kind="flight_hours",
            interval_min=INTERVAL_MIN,
            last_done_on=stage.today - timedelta(days=90),
            last_done_min=aircraft.time_in_service_min - (INTERVAL_MIN - left_min),
            last_done_cycles=0,
            last_done_flights=0,
            reference="Maker's maintenance manual",
            actor=stage.admin,
            at=stage.at,
        )
        part_a = technical_logs.draft_part_a(
            aircraft,
            schedule_reference="Maker's maintenance manual",
            actor=stage.people[cast.CONTROLLER.key],
            at=stage.at,
        )
        controller = stage.people[cast.CONTROLLER.key]
        technical_logs.issue_part_a(part_a, actor=controller, at=stage.at)
    defects.raise_defect(
        RPASAircraft.objects.get(registration=DEFECT_AIRCRAFT),
        severity="major",
        description="Hairline crack in the front left arm.",
        actor=stage.people[cast.CONTROLLER.key],
        at=stage.at,
    )


def _aircraft(stage: Stage, operator: RPASOperator, registration: str, number: int) -> RPASAircraft:
    return register_aircraft(
        operator=operator,
        registration=registration,
        serial_number=f"DEMO-M350-{number:03d}",
        **MODEL,
        kind="multirotor",
        empty_mass_kg=6.47,
        mtow_kg=9.2,
        registration_expires_on=stage.today + timedelta(days=200),
        max_wind_ms=12.0,
        min_temperature_c=-20.0,
        max_temperature_c=50.0,
        ip_rating="IP55",
        firmware_version="10.01",
        endurance=timedelta(minutes=45),
        max_speed_ms=23.0,
        control_link_range_m=8000.0,
        has_position_lights=True,
        time_in_service_min=12_040,
        cycles=610,
        flights=590,
        actor=stage.admin,
        at=stage.at,
    )

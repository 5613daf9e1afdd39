"""Planned operations all over the synthetic country, with people, papers and technical logs."""

import random
from datetime import date, datetime, timedelta

from django.contrib.gis.geos import Polygon

from benchmarks.skies import EAST, NORTH, SOUTH, WEST
from common.geo import point
from flight_operations.models import (
    FlightOperation,
    FlightPlan,
    OperationalAuthorization,
    PlanVolume,
)
from rpas.models import (
    F2FlightHoursEntry,
    KeyPersonnel,
    OperatorMember,
    RPASAircraft,
    RPASOperator,
)
from users.models import Qualification, User

OPERATORS, LOG_LINES = 20, 60
MODEL = "DJI Matrice 350 RTK"


def make_operations(count: int, *, at: datetime) -> list[int]:
    """Keys of `count` planned operations, made where they are missing."""
    known = list(
        FlightOperation.objects.filter(number__startswith="BC-")
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    chance = random.Random(3)  # noqa: S311 - reproducible, no secret
    crews = [_operator(number, at) for number in range(OPERATORS)] if not known else []
    missing = range(len(known), count)
    known += [_operation(number, crews[number % OPERATORS], chance, at) for number in missing]
    return known[:count]


def _operator(number: int, at: datetime) -> tuple[RPASOperator, RPASAircraft, User]:
    operator = RPASOperator.objects.create(
        name=f"Benchmark {number}", legal_name="Benchmark", arn=f"B{number:06}",
        reoc_number=f"B{number}", reoc_expires_on=date(2030, 1, 1), scope_max_mass_kg=25,
        scope_types=["multirotor"], job_safety_assessment_ref="JSA",
    )  # fmt: skip
    aircraft = RPASAircraft.objects.create(
        operator=operator, registration=f"BC-{number}", serial_number=f"BC{number}", make="DJI",
        model="Matrice 350 RTK", empty_mass_kg=6, mtow_kg=9, max_wind_ms=12,
        min_temperature_c=-20, max_temperature_c=50, registration_expires_on=date(2030, 1, 1),
        endurance=timedelta(minutes=45),
    )  # fmt: skip
    pilot = User.objects.create(email=f"pilot{number}@compliance.example", first_name="Pat")
    OperatorMember.objects.create(
        operator=operator, user=pilot, valid_from=date(2020, 1, 1), is_remote_pilot=True,
        pilot_authorized_on=date(2024, 1, 1), pilot_authorized_by=pilot, authorized_models=[MODEL],
    )  # fmt: skip
    for post in ("ceo", "chief_remote_pilot", "maintenance_controller"):
        KeyPersonnel.objects.create(
            operator=operator, user=pilot, post=post, arn="123456", valid_from=date(2020, 1, 1)
        )
    Qualification.objects.create(
        user=pilot, kind="repl", authority="CASA", number=f"R{number}", weight_band="up_to_25kg",
        issued_on=date(2024, 1, 1), status="verified", verified_by=pilot, verified_at=at,
    )  # fmt: skip
    _papers(operator, aircraft, pilot, at)
    return operator, aircraft, pilot


def _papers(operator: RPASOperator, aircraft: RPASAircraft, pilot: User, at: datetime) -> None:
    for line in range(LOG_LINES):
        F2FlightHoursEntry.objects.create(
            aircraft=aircraft, sequence=0, kind="flight", entry_on=at.date() - timedelta(days=line),
            time_in_service_min=20, cycles=1, flights=1, certified_by=pilot,
            certified_name="Pat", certified_arn="123456", recorded_at=at,
        )  # fmt: skip
    for number in range(10):
        OperationalAuthorization.objects.create(
            operator=operator, kind="height", number=f"A{number}", status="granted",
            area=None, valid_from=at - timedelta(days=30), valid_until=at + timedelta(days=300),
            recorded_by=pilot,
        )  # fmt: skip


def _operation(
    number: int,
    crew: tuple[RPASOperator, RPASAircraft, User],
    chance: random.Random,
    at: datetime,
) -> int:
    operator, aircraft, pilot = crew
    lon, lat = chance.uniform(WEST, EAST), chance.uniform(SOUTH, NORTH)
    start = at + timedelta(hours=1 + number % 200)
    operation = FlightOperation.objects.create(
        number=f"BC-{number}", operator=operator, aircraft=aircraft, pilot_in_command=pilot,
        title="Survey", purpose="Survey", category="reoc", status="planned",
        planned_start_at=start, planned_end_at=start + timedelta(minutes=30),
    )  # fmt: skip
    place = point(lat=lat, lon=lon)
    plan = FlightPlan.objects.create(
        operation=operation, content_hash="0" * 64, launch_site=place, recovery_site=place,
        control_station="Field", max_height_agl_m=110, take_off_mass_kg=7.5,
        take_off_elevation_m=300, terrain_lowest_m=295, terrain_highest_m=310,
        min_distance_people_m=100, is_over_populous_area=False,
    )  # fmt: skip
    ring = place.buffer(0.005, quadsegs=8)
    PlanVolume.objects.create(
        plan=plan, sequence=1, area=Polygon(ring.coords[0]), ceiling_m=110,
        starts_at=operation.planned_start_at, ends_at=operation.planned_end_at,
    )  # fmt: skip
    return operation.pk

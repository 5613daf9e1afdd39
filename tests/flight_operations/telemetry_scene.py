"""An active flight over a square, with the ground station that speaks for it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count

import numpy as np
from django.contrib.gis.geos import Polygon

from common.geo import point
from flight_operations.models import FlightOperation, FlightPlan, PlanFence, PlanVolume
from flight_operations.telemetry.samples import Samples, to_microseconds
from rpas.models import GroundStation, OperatorMember, RPASAircraft, RPASOperator
from users.models import User

LAT, LON = -33.9, 151.2
NOW = datetime(2026, 3, 14, 22, 30, tzinfo=UTC)
_number = count(1)


def square(west: float = 151.19, south: float = -33.91, size: float = 0.02) -> Polygon:
    return Polygon.from_bbox((west, south, west + size, south + size))


@dataclass
class Scene:
    """One operator with one aircraft in the air since `NOW`, planned up to 100 m over a square."""

    operator: RPASOperator
    aircraft: RPASAircraft
    pilot: User
    operation: FlightOperation
    plan: FlightPlan
    station: GroundStation


def scene(*, ceiling_m: float = 110.0, start: datetime = NOW, with_fence: bool = False) -> Scene:
    n = next(_number)
    operator = RPASOperator.objects.create(
        name=f"Operator {n}", legal_name=f"Operator {n} Pty Ltd", arn=f"77{n:05}"
    )
    aircraft = RPASAircraft.objects.create(
        operator=operator, registration=f"RPA-T{n:04}", serial_number=f"SN{n}", make="Maker",
        model="Four", empty_mass_kg=1, mtow_kg=2, max_speed_ms=20,
    )  # fmt: skip
    pilot = User.objects.create(email=f"telemetry{n}@example.com", first_name="Ann")
    OperatorMember.objects.create(operator=operator, user=pilot, valid_from=date(2020, 1, 1))
    operation = FlightOperation.objects.create(
        number=f"FO-2026-{9000 + n}", operator=operator, aircraft=aircraft, pilot_in_command=pilot,
        title="Survey", purpose="Survey", category="reoc", status="active",
        planned_start_at=start, planned_end_at=start + timedelta(hours=1), actual_start_at=start,
    )  # fmt: skip
    plan = FlightPlan.objects.create(
        operation=operation, content_hash="0" * 64, launch_site=point(lat=LAT, lon=LON),
        recovery_site=point(lat=LAT, lon=LON), control_station="Field", max_height_agl_m=ceiling_m,
        take_off_mass_kg=1.5, take_off_elevation_m=20,
    )  # fmt: skip
    PlanVolume.objects.create(
        plan=plan, sequence=1, area=square(), ceiling_m=ceiling_m,
        starts_at=operation.planned_start_at, ends_at=operation.planned_end_at,
    )  # fmt: skip
    if with_fence:
        PlanFence.objects.create(plan=plan, name="School", kind="keep_out",
                                 area=square(151.205, -33.905, 0.005))  # fmt: skip
    station = GroundStation.objects.create(
        operator=operator, aircraft=aircraft, name="Van", device_id=f"GS-{n}"
    )
    return Scene(operator, aircraft, pilot, operation, plan, station)


def positions(
    *heights: float, start: datetime = NOW, first: int = 0, after_s: float = 0, **columns
) -> Samples:
    """One position a second at these heights above ground, in the middle of the square."""
    size = len(heights)
    times = to_microseconds(start) + ((after_s + np.arange(size)) * 1e6).astype(np.int64)
    values = {
        "sequence": np.arange(first, first + size),
        "recorded_us": times,
        "lat": np.full(size, LAT),
        "lon": np.full(size, LON),
        "height_ground_m": np.array(heights, dtype=float),
    }
    return Samples.of(**(values | columns))

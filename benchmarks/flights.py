"""Flights to send positions of, and the positions, as requests and as rows for COPY."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import msgspec
import numpy as np
from django.contrib.auth.models import Permission
from django.contrib.gis.geos import Polygon

from common.geo import point
from flight_operations.models import (
    FlightOperation,
    FlightPlan,
    PlanFence,
    PlanVolume,
    TelemetrySource,
)
from rpas.models import GroundStation, OperatorMember, RPASAircraft, RPASOperator
from users.models import Role, RoleAssignment, RoleGrant, User
from users.services.api_tokens import issue_token

WEST, SOUTH, SIZE = 151.19, -33.91, 0.02
POSTGRES_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass
class Flight:
    """An active flight, its station's key and how many positions it has sent."""

    operation: FlightOperation
    device: str
    key: str
    source_id: int
    started_at: datetime
    sent: int = 0


def make_flight(tag: str, *, at: datetime, operator: RPASOperator | None = None) -> Flight:
    """Make an active flight over a 33-cornered area and a fence, of an operator of its own."""
    if operator is None:
        operator = RPASOperator.objects.create(name=tag, legal_name=tag, arn=tag[-16:])
    aircraft = RPASAircraft.objects.create(
        operator=operator, registration=f"BM-{tag[-10:]}".upper(), serial_number=tag.upper(),
        make="Maker", model="Four", empty_mass_kg=1, mtow_kg=2, max_speed_ms=400,
    )  # fmt: skip
    pilot = User.objects.create(email=f"{tag}@benchmark.example", first_name="Ann")
    OperatorMember.objects.create(operator=operator, user=pilot, valid_from=date(2020, 1, 1))
    operation = FlightOperation.objects.create(
        number=f"FO-2026-{int(tag[-9:])}", operator=operator, aircraft=aircraft,
        pilot_in_command=pilot, title=tag, purpose=tag, category="reoc", status="active",
        planned_start_at=at - timedelta(hours=12), planned_end_at=at + timedelta(hours=12),
        actual_start_at=at - timedelta(hours=12),
    )  # fmt: skip
    _plan(operation)
    station = GroundStation.objects.create(
        operator=operator, aircraft=aircraft, name=tag, device_id=tag
    )
    key = _key(pilot, station, at)
    source = TelemetrySource.objects.create(station=station)
    return Flight(operation, tag, key, source.pk, operation.actual_start_at)


def _plan(operation: FlightOperation) -> None:
    plan = FlightPlan.objects.create(
        operation=operation, content_hash="0" * 64, launch_site=point(lat=-33.9, lon=151.2),
        recovery_site=point(lat=-33.9, lon=151.2), control_station="Field", max_height_agl_m=110,
        take_off_mass_kg=1.5, take_off_elevation_m=20,
    )  # fmt: skip
    angle = np.linspace(0, 2 * np.pi, 33)[:-1]
    ring = [(151.2 + 0.01 * np.cos(a), -33.9 + 0.01 * np.sin(a)) for a in angle]
    PlanVolume.objects.create(
        plan=plan, sequence=1, area=Polygon([*ring, ring[0]]), ceiling_m=110,
        starts_at=operation.planned_start_at, ends_at=operation.planned_end_at,
    )  # fmt: skip
    fence = Polygon.from_bbox((151.208, -33.895, 151.212, -33.89))
    PlanFence.objects.create(plan=plan, name="School", kind="keep_out", area=fence)


def _key(pilot: User, station: GroundStation, at: datetime) -> str:
    permission = Permission.objects.get(codename="ingest_flightoperation")
    role = Role.objects.create(code=station.device_id, name=station.device_id)
    RoleGrant.objects.create(role=role, permission=permission)
    RoleAssignment.objects.create(user=pilot, role=role, valid_from=at - timedelta(days=1))
    token, key = issue_token(
        pilot, name="benchmark", scopes=["flight_operations.ingest_flightoperation"],
        actor=pilot, at=at, expires_at=at + timedelta(days=2),
    )  # fmt: skip
    station.api_token = token
    station.save()
    return key


@dataclass(frozen=True)
class Batch:
    """The next positions of a flight: a slow circle that stays within its limits."""

    sequence: Any
    times: list[datetime]
    lat: Any
    lon: Any
    height_m: Any

    def points(self) -> list[dict[str, Any]]:
        """The positions as a client writes them."""
        return [
            {
                "sequence": int(number), "recorded_at": moment, "lat": round(float(lat), 7),
                "lon": round(float(lon), 7), "altitude_m": round(float(height) + 20, 2),
                "datum": "AMSL", "ground_elevation_m": 20.0, "speed_ms": 8.5,
                "heading_deg": 271.5, "battery_percent": 84,
            }
            for number, moment, lat, lon, height in zip(
                self.sequence, self.times, self.lat, self.lon, self.height_m, strict=True
            )
        ]  # fmt: skip


def next_batch(flight: Flight, size: int, *, radius: float = 0.007) -> Batch:
    """Take the next positions, ten a second."""
    sequence = np.arange(flight.sent, flight.sent + size)
    flight.sent += size
    angle = sequence / 1500
    return Batch(
        sequence,
        [flight.started_at + timedelta(milliseconds=100 * int(n)) for n in sequence],
        -33.9 + radius * np.sin(angle),
        151.2 + radius * np.cos(angle),
        60 + 20 * np.sin(angle * 7),
    )


def product_body(flight: Flight, batch: Batch) -> bytes:
    """The request our endpoint takes."""
    return msgspec.json.encode({"device": flight.device, "points": batch.points()})


def baseline_body(flight: Flight, batch: Batch, *, with_operation: bool) -> bytes:
    """The request the baseline takes: the same values."""
    rows = [
        {k: v for k, v in row.items() if k not in ("datum", "ground_elevation_m")}
        | ({"operation": flight.operation.pk} if with_operation else {})
        for row in batch.points()
    ]
    return msgspec.json.encode(rows)


COPY_KINDS = {
    "operation_id": ">i8", "recorded_at": ">i8", "received_at": ">i8", "lat": ">f8", "lon": ">f8",
    "source_id": ">i4", "sequence": ">i4", "altitude_m": ">f4", "ground_elevation_m": ">f4",
    "height_m": ">f4", "speed_ms": ">f4", "heading_deg": ">f4", "battery_percent": ">f4",
    "flags": ">i2", "breaches": ">i2", "datum": ">i2", "height_basis": ">i2", "conformant": "u1",
}  # fmt: skip
COPY_COLUMNS = ", ".join(COPY_KINDS)


def copy_columns(flight: Flight, batch: Batch) -> dict[str, Any]:
    """The same positions as the numbers the product stores, a column each."""
    moments = _moments(batch.times)
    return {
        "operation_id": flight.operation.pk, "recorded_at": moments, "received_at": moments[-1],
        "lat": batch.lat, "lon": batch.lon, "source_id": flight.source_id,
        "sequence": batch.sequence, "altitude_m": batch.height_m + 20, "ground_elevation_m": 20,
        "height_m": batch.height_m, "speed_ms": 8.5, "heading_deg": 271.5, "battery_percent": 84,
        "flags": 0, "breaches": 0, "datum": 1, "height_basis": 1, "conformant": 1,
    }  # fmt: skip


def copy_rows(columns: dict[str, Any]) -> bytes:
    """Columns as rows of binary COPY into the product's table."""
    rows = np.full(len(columns["sequence"]), _blank_row())
    for name, values in columns.items():
        rows[name] = values
    return b"PGCOPY\n\xff\r\n\0" + bytes(8) + rows.tobytes() + b"\xff\xff"


@cache
def _blank_row() -> Any:
    layout: list[tuple[str, str]] = [("count", ">i2")]
    for name, kind in COPY_KINDS.items():
        layout += [(f"{name}_size", ">i4"), (name, kind)]
    row = np.zeros((), dtype=layout)
    row["count"] = len(COPY_KINDS)
    for name, kind in COPY_KINDS.items():
        row[f"{name}_size"] = np.dtype(kind).itemsize
    return row


def _moments(times: list[datetime]) -> Any:
    return np.array([(t - POSTGRES_EPOCH) // timedelta(microseconds=1) for t in times])

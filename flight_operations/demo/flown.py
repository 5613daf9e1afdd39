"""A flight of the demo operator that is already over, for lists and logs that are not empty."""

import json
from datetime import datetime, timedelta
from typing import Any

from django.contrib.gis.geos import GEOSGeometry

from airports.services.weather import enter_reports
from flight_operations.demo import cast, site
from flight_operations.demo.track import DURATION_S, RATE_HZ, track
from flight_operations.exceptions import AcknowledgementMissing
from flight_operations.models import FlightOperation
from flight_operations.services import flights, operations, releases, risk_assessments
from flight_operations.services.checklists import answer_item, open_checklist
from flight_operations.services.log_imports import ensure_partition
from flight_operations.services.telemetry import ingest
from flight_operations.telemetry import wire
from rpas.models import RPASAircraft
from rpas.services.flights import record_daily_inspection
from rpas.services.ground_stations import register_ground_station
from users.models import User

DEVICE = "demo-station"
LONG_BEFORE_START = timedelta(minutes=40)


def fly_earlier(aircraft: RPASAircraft, people: dict[str, User], *, start: datetime) -> None:
    """
    Plan, release, fly and close a flight that took off at `start`, by the services of any flight.

    It climbs above its ceiling and leaves its fence, as the demo flight does.
    """
    pilot, chief = people[cast.PILOT.key], people[cast.CHIEF.key]
    before = start - LONG_BEFORE_START
    _prepare(aircraft, people, at=before)
    operation = operations.plan_operation(
        operator=aircraft.operator,
        aircraft=aircraft,
        pilot_in_command=pilot,
        title="Dam wall inspection",
        purpose="Photograph a dam wall for its owner.",
        category="reoc",
        planned_start_at=start,
        planned_end_at=start + timedelta(minutes=20),
        actor=pilot,
        at=before,
        **plan_at(*site.ALLOWED),
    )
    _assess_risk(operation, chief, at=before)
    operations.submit_operation(operation, actor=pilot, at=before)
    operations.authorise_operation(operation, actor=chief, at=before)
    _check_off(operation, pilot, at=start - timedelta(minutes=20))
    _release(operation, chief, at=start - timedelta(minutes=10))
    operation.refresh_from_db()
    flights.start_operation(operation, actor=pilot, at=start)
    _send_track(operation, pilot, start=start)
    _land_and_close(operation, pilot, chief, at=start + timedelta(seconds=DURATION_S + 1))


def plan_at(lat: float, lon: float) -> dict[str, Any]:
    """The plan, volumes and fences of the demo at a place, as the services take them."""
    parts = site.place_of_plan(lat, lon)
    plan = parts["plan"] | site.conditions_of_plan()
    for name in ("launch_site", "recovery_site"):
        plan[name] = _geometry(plan[name])
    for part in (*parts["volumes"], *parts["fences"]):
        part["area"] = _geometry(part["area"])
    return {"plan": plan, "volumes": parts["volumes"], "fences": parts["fences"]}


def _geometry(geojson: dict[str, Any]) -> GEOSGeometry:
    return GEOSGeometry(json.dumps(geojson), srid=4326)


def _prepare(aircraft: RPASAircraft, people: dict[str, User], *, at: datetime) -> None:
    minute = at.replace(second=0, microsecond=0)
    for report in (
        site.metar(minute, wind="28005KT"),
        site.metar(minute + timedelta(minutes=30), wind="27006KT"),
        site.taf(minute),
    ):
        enter_reports(report, actor=people[cast.DISPATCHER.key], at=at + timedelta(minutes=30))
    record_daily_inspection(aircraft, is_satisfactory=True, actor=people[cast.PILOT.key], at=at)
    register_ground_station(
        operator=aircraft.operator,
        aircraft=aircraft,
        name="Demo ground station",
        device_id=DEVICE,
        actor=people[cast.CHIEF.key],
        at=at,
    )


def _assess_risk(operation: FlightOperation, chief: User, *, at: datetime) -> None:
    line = risk_assessments.RiskLine(
        hazard="Loss of control link",
        cause="Interference",
        consequence="Aircraft lands outside the area",
        likelihood="D",
        severity=3,
        controls="Fail-safe set to return home",
        residual_likelihood="E",
        residual_severity=3,
    )
    for kind in ("normal", "night"):
        assessment = risk_assessments.create_assessment(
            operator=operation.operator,
            operation=operation,
            kind=kind,
            title=f"{operation.title}, {kind}",
            context="Open farm land, one pilot.",
            lines=[line],
            actor=chief,
            at=at,
        )
        risk_assessments.submit_assessment(assessment, actor=chief, at=at)


def _check_off(operation: FlightOperation, pilot: User, *, at: datetime) -> None:
    checklist = open_checklist(operation, actor=pilot, at=at)
    for item in checklist.items.filter(answer="").order_by("sequence"):
        answer_item(item, answer="done", evidence="Looked at, in order.", actor=pilot, at=at)


def _release(operation: FlightOperation, chief: User, *, at: datetime) -> None:
    try:
        releases.release_operation(operation, acknowledgements=[], actor=chief, at=at)
    except AcknowledgementMissing as refusal:
        ambers: Any = refusal.details["findings"]
        notes = [{"rule": f["rule"], "note": "Known and accepted."} for f in ambers]
        releases.release_operation(operation, acknowledgements=notes, actor=chief, at=at)


def _send_track(operation: FlightOperation, pilot: User, *, start: datetime) -> None:
    lat, lon = site.ALLOWED
    points = list(track(lat=lat, lon=lon, ground_m=site.GROUND_M, start=start))
    ensure_partition(start.date())
    batch = RATE_HZ * 2
    for first in range(0, len(points), batch):
        part = points[first : first + batch]
        device, samples = wire.decode(json.dumps({"device": DEVICE, "points": part}).encode())
        received = start + timedelta(seconds=(first + len(part)) / RATE_HZ)
        ingest(operation.number, device, samples, user=pilot, token=None, at=received)


def _land_and_close(operation: FlightOperation, pilot: User, chief: User, *, at: datetime) -> None:
    operation = flights.land_operation(operation, actor=pilot, at=at)
    flights.complete_log(
        operation,
        is_as_released=False,
        changes="Climbed above 120 m and left the fence.",
        actor=pilot,
        at=at + timedelta(minutes=5),
    )
    flights.finalise_operation(operation, actor=chief, at=at + timedelta(minutes=15))

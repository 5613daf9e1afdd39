"""A day at a center as a dispatcher would know it: places, names, colors, events around Sydney."""

import http.client
import json
import math
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Event
from threading import Thread
from typing import Any

from django.contrib.gis.geos import MultiPolygon, Polygon

from airports.models import AirspaceRestriction
from benchmarks.board_world import World, make_world
from common.geo import point
from common.models import ComplianceState
from dispatcher.models import Assignment, DispatchCenter
from dispatcher.services.events import acknowledge_event, raise_event
from flight_operations.models import FlightOperation, FlightPlan, PlanFence, PlanVolume
from rpas.models import RPASAircraft
from tests.airports.factories import AirportFactory, RunwayFactory
from tests.rpas.factories import DefectFactory, MemberFactory
from tests.users.factories import UserFactory
from users.models import User

TITLES = [
    "Bridge inspection", "Roof survey", "Power line span 14", "Shark patrol", "Crop mapping",
    "Quarry volume", "Façade and cooling tower thermography of the northern hospital precinct",
    "Search support", "Wind turbine blades", "Coastal erosion",
]  # fmt: skip
PILOTS = [
    ("Mia", "Nguyen"), ("Jack", "O'Brien"), ("Priya", "Raghunathan-Venkatasubramanian"),
    ("Tom", "Walsh"), ("Ella", "Kowalski"), ("Sam", "Tran"),
]  # fmt: skip
STATUSES = ["planned", "authorised", "ready", "planned", "draft", "in_review"]
COLORS = ["green", "green", "green", "amber", "green", "red", "amber", "green"]
EVENTS = [
    ("critical", "conformance", "RPA left its area to the east, 120 m beyond the fence", 2),
    ("critical", "weather", "Wind 28 kt forecast at Botany, limit 23 kt", 9),
    ("warning", "delay", "Leg 2 to Lord Howe Island is late by 35 minutes: fuel truck", 12),
    ("warning", "defect", "Motor 3 vibrates: open minor defect", 25),
    ("warning", "people", "Medical certificate ends before the flight", 48),
    ("info", "plan", "The client asked for an hour later", 70),
]
WEST, SOUTH = 150.72, -34.08


@dataclass(frozen=True)
class Circler:
    """One aircraft in the air that flies circles."""

    path: str
    key: str
    device: str
    lon: float
    lat: float
    phase: float


def make_scene(*, at: datetime, legs: int, operations: int, flights: int) -> tuple[World, list]:
    """The benchmark's world of one day, made to look like one; the world and who flies in it."""
    world = make_world(at=at, legs=legs, operations=operations, flights=flights, days=1)
    operator = world.center.operator
    DispatchCenter.objects.filter(pk=world.center.pk).update(
        code="SYD-N", name="Sydney North", point=point(lat=-33.88, lon=151.0)
    )
    world.center.refresh_from_db()
    pilots = [_pilot(operator, *name) for name in PILOTS]
    rows = list(FlightOperation.objects.filter(operator=operator).order_by("pk"))
    for n, operation in enumerate(rows):
        _place(operation, n)
        _dress(operation, n, pilots[n % len(pilots)], at)
    _name_machines(operator)
    _crew()
    _surroundings()
    _events(world, rows, at)
    return world, [_circler(sender, rows) for sender in world.senders]


def _pilot(operator: Any, first: str, last: str) -> User:
    user = UserFactory(first_name=first, last_name=last)
    return MemberFactory(operator=operator, pilot=True, user=user).user


def _spot(n: int) -> tuple[float, float]:
    return WEST + (n * 37 % 61) * 0.0095, SOUTH + (n * 23 % 53) * 0.0085


def _place(operation: FlightOperation, n: int) -> None:
    lon, lat = _spot(n)
    where = {"launch_site": point(lat=lat, lon=lon), "recovery_site": point(lat=lat, lon=lon)}
    plan, _ = FlightPlan.objects.update_or_create(
        operation=operation,
        defaults=where,
        create_defaults={
            **where, "content_hash": "0" * 64, "control_station": "Field", "max_height_agl_m": 110,
            "take_off_mass_kg": 1.5,
        },
    )  # fmt: skip
    turn, corners = n % 5, 5 + n % 4
    ring = [
        (lon + 0.008 * math.cos(a), lat + 0.006 * math.sin(a))
        for a in (turn + 2 * math.pi * k / corners for k in range(corners))
    ]
    PlanVolume.objects.filter(plan=plan).delete()
    PlanVolume.objects.create(
        plan=plan, sequence=1, area=Polygon([*ring, ring[0]]), ceiling_m=110,
        starts_at=operation.planned_start_at, ends_at=operation.planned_end_at,
    )  # fmt: skip
    PlanFence.objects.filter(plan=plan).delete()
    if n % 6 == 0:
        school = Polygon.from_bbox((lon + 0.009, lat, lon + 0.013, lat + 0.003))
        PlanFence.objects.create(plan=plan, name="School", kind="keep_out", area=school)


def _dress(operation: FlightOperation, n: int, pilot: User, at: datetime) -> None:
    changes: dict[str, Any] = {"title": TITLES[n % len(TITLES)], "pilot_in_command": pilot}
    if operation.status == "active":
        changes |= {
            "planned_start_at": at - timedelta(minutes=10 + n % 40),
            "planned_end_at": at + timedelta(minutes=30 + n % 60),
            "actual_start_at": at - timedelta(minutes=8 + n % 40),
        }
    else:
        start = at + timedelta(minutes=90 * (n % 7) - 60 + n % 11 * 5)
        changes |= {
            "status": STATUSES[n % len(STATUSES)],
            "planned_start_at": start,
            "planned_end_at": start + timedelta(minutes=25 + n % 6 * 15),
        }
    FlightOperation.objects.filter(pk=operation.pk).update(**changes)
    start, end = changes["planned_start_at"], changes["planned_end_at"]
    Assignment.objects.filter(operation=operation).update(
        pilot=pilot, start_at=start, end_at=end,
        occupied_from=start - timedelta(minutes=20), occupied_until=end + timedelta(minutes=15),
    )  # fmt: skip
    state = ComplianceState.objects.filter(
        subject_type="flight_operations.flightoperation", subject_id=operation.pk
    )
    state.update(color=COLORS[n % len(COLORS)], is_stale=n % 9 == 4)


def _name_machines(operator: Any) -> None:
    rows = RPASAircraft.objects.filter(operator=operator).order_by("pk")
    for n, machine in enumerate(rows):
        machine.registration = f"RPA-{1001 + n}"
        machine.make, machine.model = ("DJI", "Matrice 350 RTK") if n % 3 else ("Wingtra", "Gen II")
        machine.save(update_fields=["registration", "make", "model"])
        if n % 13 == 5:
            DefectFactory(aircraft=machine)


def _crew() -> None:
    names = ["Ann Marsh", "Bill Ito", "Carla Diaz", "Dev Patel", "Eve Stone", "Finn Doyle"]
    people = User.objects.filter(email__startswith="crew").order_by("pk")
    for n, person in enumerate(people):
        first, last = names[n % len(names)].split()
        User.objects.filter(pk=person.pk).update(first_name=first, last_name=last)
    states = ComplianceState.objects.filter(subject_type="operations.trip").order_by("pk")
    for n, state in enumerate(states):
        color = COLORS[(n + 3) % len(COLORS)]
        ComplianceState.objects.filter(pk=state.pk).update(color=color, is_stale=n % 11 == 7)


def _surroundings() -> None:
    sydney = AirportFactory(
        ident="YSSY", icao="YSSY", name="Sydney", point=point(lat=-33.946, lon=151.177),
        is_controlled=True, kind="large_airport",
    )  # fmt: skip
    RunwayFactory(airport=sydney, ends=((-33.929, 151.171), (-33.964, 151.181)))
    bankstown = AirportFactory(
        ident="YSBK", icao="YSBK", name="Bankstown", point=point(lat=-33.924, lon=150.988),
        is_controlled=True,
    )  # fmt: skip
    RunwayFactory(airport=bankstown, ends=((-33.922, 150.980), (-33.926, 150.996)))
    AirportFactory(
        ident="YHOX", icao="YHOX", name="Hoxton Park", point=point(lat=-33.91, lon=150.85),
        is_controlled=None,
    )  # fmt: skip
    for name, kind, west, south, size in (
        ("R405A Holsworthy", "R", 150.93, -34.03, 0.07), ("Sydney CTR", "CTR", 151.08, -34.0, 0.2),
    ):  # fmt: skip
        AirspaceRestriction.objects.create(
            name=name, kind=kind, source="benchmark", content_hash=name, floor_text="SFC",
            floor_datum="SFC", ceiling_text="2500 FT", ceiling_datum="AMSL", ceiling_m=762,
            area=MultiPolygon(
                Polygon.from_bbox((west, south, west + size, south + size)), srid=4326
            ),
        )  # fmt: skip


def _events(world: World, rows: list[FlightOperation], at: datetime) -> None:
    for n, (severity, kind, title, minutes) in enumerate(EVENTS):
        moment = at - timedelta(minutes=minutes)
        event = raise_event(
            world.center, kind=kind, severity=severity, title=title, occurred_at=moment,
            operation=rows[n] if n % 2 == 0 else None, actor=world.dispatcher, at=moment,
        )  # fmt: skip
        if n == 3:
            acknowledge_event(event, actor=world.dispatcher, at=at)


def _circler(sender: Any, rows: list[FlightOperation]) -> Circler:
    number = sender.path.rstrip("/").split("/")[-2]
    n = next(n for n, row in enumerate(rows) if row.number == number)
    return Circler(sender.path, sender.key, sender.device, *_spot(n), phase=float(n))


def fly(port: int, circlers: list[Circler], rate_hz: float, stop: Event, offset: int) -> None:
    """Send positions of every aircraft so many times a second, until told to stop."""
    threads = [Thread(target=_send, args=(port, each, rate_hz, stop, offset)) for each in circlers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _send(port: int, each: Circler, rate_hz: float, stop: Event, offset: int) -> None:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Content-Type": "application/json", "X-Api-Token": each.key}
    sequence = offset
    while not stop.is_set():
        time.sleep(1 / rate_hz)
        try:
            client.request("POST", each.path, _body(each, sequence), headers)
            client.getresponse().read()
        except (OSError, http.client.HTTPException):
            client.close()
        sequence += 1


def _body(each: Circler, sequence: int) -> bytes:
    angle = each.phase + sequence * 0.01
    spot: dict[str, Any] = {
        "sequence": sequence,
        "recorded_at": datetime.now(UTC).isoformat(),  # noqa: TID251 - the station's own clock
        "lat": each.lat + 0.0035 * math.sin(angle), "lon": each.lon + 0.005 * math.cos(angle),
        "altitude_m": 80.0, "datum": "AMSL", "ground_elevation_m": 20.0, "speed_ms": 8.5,
        "heading_deg": (-math.degrees(angle)) % 360, "battery_percent": 84,
    }  # fmt: skip
    return json.dumps({"device": each.device, "points": [spot]}).encode()

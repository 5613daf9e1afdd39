"""A full day at one center: drones in the air and planned, crewed legs, colors, assignments."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from benchmarks.board_clients import Sender
from benchmarks.flights import Flight, make_flight
from dispatcher.models import Assignment, DispatchCenter
from flight_operations.models import FlightOperation
from operations.models import CrewLine, DutyPeriod, TripLeg
from tests.aircraft.factories import AircraftFactory
from tests.airports.factories import AirportFactory
from tests.dispatcher.live_scene import (
    Desk,
    judged,
    make_desk,
    make_drone,
    make_operation,
    make_schedule,
    publish,
)
from tests.operations.factories import LegFactory, TripFactory
from tests.rpas.factories import ScheduleFactory
from users.models import User

TAILS, LEGS_OF_TRIP = 10, 4


@dataclass
class World:
    """What the benchmark needs to know of what it made."""

    center: DispatchCenter
    dispatcher: User
    senders: list[Sender]
    counts: dict[str, int]


def make_world(*, at: datetime, legs: int, operations: int, flights: int, days: int) -> World:
    """
    The day of `at` with so many legs and operations, some of them in the air, and on each of the
    days after it a tenth as many.
    """
    _make_partitions()
    desk = make_desk()
    drones = [make_drone(desk.operator, max_speed_ms=400) for _ in range(20)]
    for drone in drones:
        ScheduleFactory(aircraft=drone)
    tails = [AircraftFactory() for _ in range(TAILS)]
    route = [AirportFactory() for _ in range(LEGS_OF_TRIP + 1)]
    aloft = [
        make_flight(f"b{int(time.time()) % 1_000_000:06}{n:03}", at=at, operator=desk.operator)
        for n in range(flights)
    ]
    for later in range(days):
        moment, part = at + timedelta(days=later), 10 if later else 1
        count = operations // part - (0 if later else flights)
        planned = [_planned(desk, moment, drones, n) for n in range(count)]
        flown = [] if later else [flight.operation for flight in aloft]
        _publish(desk, moment, [*flown, *planned])
        for n in range(legs // part // LEGS_OF_TRIP):
            _trip(tails[n % TAILS], route, moment + timedelta(minutes=10 * n), moment)
    _forget_statistics()
    counts = {
        "operations": FlightOperation.objects.count(),
        "legs": TripLeg.objects.count(),
        "assignments": Assignment.objects.count(),
    }
    return World(desk.center, desk.dispatcher, [_sender(f, n) for n, f in enumerate(aloft)], counts)


def _sender(flight: Flight, number: int) -> Sender:
    path = f"/api/flight-operations/operations/{flight.operation.number}/telemetry/"
    return Sender(path, flight.key, flight.device, number)


def _planned(desk: Desk, at: datetime, drones: list[Any], n: int) -> FlightOperation:
    start = at + timedelta(minutes=20 * (n // len(drones)) + n % len(drones))
    return make_operation(desk, start, 15, aircraft=drones[n % len(drones)])


def _publish(desk: Desk, at: datetime, operations: list[FlightOperation]) -> None:
    schedule = make_schedule(desk, at.astimezone(ZoneInfo(desk.center.timezone)).date())
    for operation in operations:
        publish(schedule, operation)
        judged(operation, *_findings(operation.pk), at=at)


def _trip(tail: Any, route: list[Any], start: datetime, at: datetime) -> None:
    trip = TripFactory(
        legs=0, aircraft=tail, start_at=start, end_at=start + timedelta(hours=8),
        requirement=None,
    )  # fmt: skip
    person = User.objects.create(email=f"crew{trip.pk}@benchmark.example", first_name="Ann")
    report_at = start - timedelta(hours=1)
    duty = DutyPeriod.objects.create(
        trip=trip, person=person, planned_report_at=report_at, planned_end_at=trip.end_at,
        report_at=report_at, end_at=trip.end_at,
    )  # fmt: skip
    for n in range(LEGS_OF_TRIP):
        leg = LegFactory(
            trip=trip, sequence=n + 1, origin=route[n], destination=route[n + 1],
            planned_out_at=start + timedelta(minutes=90 * n),
        )  # fmt: skip
        CrewLine.objects.create(
            leg=leg, person=person, role="pic", duty=duty, offered_at=at, offered_by=person
        )
    judged(trip, *_findings(trip.pk), at=at)


def _findings(pk: int) -> list[tuple[str, str, str]]:
    """As many findings as a verdict has; every third record is near a limit."""
    filler = [(f"RULE-{n}", "green", "Fine, and said in a sentence of its own.") for n in range(60)]
    limit = ("AU-RPAS-FATIGUE-DUTY", "amber", "Duty of Ann 11:00 h; the limit is 12:00 h.")
    return [*filler, limit] if pk % 3 == 0 else filler


def _make_partitions() -> None:
    with connection.cursor() as cursor:
        for offset in (-1, 0, 1):
            cursor.execute("SELECT telemetry_ensure_partition(current_date + %s)", [offset])


def _forget_statistics() -> None:
    """As an installation that runs for a while: the planner knows the tables."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")

"""The demo's data for the pictures of the screens, and somebody who may open each of them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.test import Client
from django.utils import timezone

from aircraft.models import Aircraft
from benchmarks import demo_world
from client_management.demo.load import load_client_demo
from client_management.models import ClientOrganization
from common.compliance import service
from common.compliance.findings import Color, Stage
from common.geo import point
from common.models import ComplianceState
from dispatcher.models import (
    DispatchCenter,
    DispatchSchedule,
    OperationalMetrics,
    ScheduleStatus,
)
from dispatcher.services import optimization, runs
from flight_operations.models import FlightOperation
from operations.models import Trip
from rpas.models import EntryKind, RPASAircraft, RPASOperator
from tests.aircraft.factories import DefectFactory, HoursFactory, TaskFactory, VisitFactory
from tests.browser import enter
from tests.dispatcher.morning_scene import make_morning
from tests.dispatcher.proposal_hands import address
from tests.rpas.factories import EntryFactory
from users.demo_people import ADMIN
from users.models import User

RULE = "F2-MAINT"
CENTER = "SYD-N"


@dataclass(frozen=True)
class ScreensWorld:
    """Whose session the pictures are taken with, and what the addresses name."""

    session: str
    names: dict[str, str]


def make_world(say: Callable[[str], None]) -> ScreensWorld:
    """Load the demos, or take what a former run has left."""
    if not Trip.objects.exists():
        demo_world.make_world(say)
        _proposal()
        load_client_demo(password=demo_world.PASSWORD, at=timezone.now(), progress=say)
        _center()
        _season(timezone.now().date())
        _workshop(timezone.now())
        _judge()
    trip = Trip.objects.order_by("pk").first()
    inspected = RPASAircraft.objects.filter(flight_hours__kind=EntryKind.DAILY_INSPECTION)
    drone = inspected.order_by("pk").first()
    if trip is None or drone is None:
        raise RuntimeError("The demo left no trip or no drone.")
    schedule = DispatchSchedule.objects.get(status=ScheduleStatus.PROPOSED)
    client = ClientOrganization.objects.order_by("pk")[0]
    names = {
        "trip": str(trip.pk), "drone": drone.registration, "rule": RULE,
        "proposal": address(schedule), "operation": str(_stopped().pk),
        "tail": str(trip.aircraft_id), "rpas": str(drone.pk), "client": str(client.pk),
    }  # fmt: skip
    return ScreensWorld(_session(), names)


def _proposal() -> None:
    """A day of another desk that was planned anew since a defect stopped one of its flights."""
    morning = make_morning()
    at = timezone.now()
    run = runs.request_run(morning.schedule, seed=1, actor=morning.user, at=at)
    optimization.perform_run(run.pk, clock=timezone.now)


def _stopped() -> FlightOperation:
    red = ComplianceState.objects.filter(
        subject_type="flight_operations.flightoperation", color=Color.RED
    )
    return FlightOperation.objects.filter(pk__in=red.values("subject_id")).order_by("pk")[0]


def _center() -> None:
    """A desk for the demo's drones, which the demo itself does without."""
    operator = RPASOperator.objects.order_by("pk")[0]
    DispatchCenter.objects.create(
        operator=operator,
        code=CENTER,
        name="Sydney North",
        point=point(lat=-33.88, lon=151.0),
        timezone=operator.timezone,
        opens_at=time(0),
        closes_at=time(0),
    )


def _season(today: date) -> None:
    """Twelve weeks of flying by both fleets, and how much of it left on time."""
    tails = list(Aircraft.objects.order_by("pk")[:3])
    drones = list(RPASAircraft.objects.filter(part_b_sequence=0).order_by("pk"))
    center = DispatchCenter.objects.get(code=CENTER)
    for week in range(12, 0, -1):
        day = today - timedelta(days=7 * week)
        start = datetime.combine(day, time(13), tzinfo=UTC)
        for n, tail in enumerate(tails):
            minutes = 240 + 90 * ((week + n) % 4) - 60 * n
            HoursFactory(
                aircraft=tail, flown_on=day, time_in_service_min=minutes, recorded_at=start
            )
        for n, drone in enumerate(drones):
            EntryFactory(
                aircraft=drone, sequence=drone.part_b_sequence + 1, kind=EntryKind.FLIGHT,
                entry_on=day, time_in_service_min=35 + 12 * ((week + n) % 3), cycles=2, flights=2,
                recorded_at=start,
            )  # fmt: skip
        OperationalMetrics.objects.create(
            center=center, span="day", starts_at=start, ends_at=start + timedelta(days=1),
            departures=9 + week % 3, on_time_departures=6 + (week * 5) % 4, computed_at=start,
        )  # fmt: skip


def _workshop(at: datetime) -> None:
    """Work that is near or late, a stay in maintenance and a deferred defect."""
    first, second, *_ = Aircraft.objects.order_by("pk")
    today = at.date()
    TaskFactory(aircraft=first, title="100-hour inspection", interval_min=900)
    TaskFactory(
        aircraft=second, title="Oxygen bottle", last_done_on=today, interval_days=5, notice_days=7
    )
    VisitFactory(aircraft=second, start_at=at + timedelta(days=2), end_at=at + timedelta(days=4))
    DefectFactory(
        aircraft=first, found_at=at, found_on=today, status="deferred", mel_item="34-40-01",
        category="C", limit_on=today + timedelta(days=10), deferred_at=at,
        deferred_by=User.objects.get(email=ADMIN.email),
    )  # fmt: skip


def _judge() -> None:
    """Verdicts on both fleets, as the night's work makes them."""
    at = timezone.now()
    for kind, rows in (("rpas.rpasaircraft", RPASAircraft), ("aircraft.aircraft", Aircraft)):
        keys = list(rows.objects.values_list("pk", flat=True))
        service.record(service.judge(kind, keys, stage=Stage.PLANNING, at=at).values())


def _session() -> str:
    """A browser session of the demo's administrator, who sees all in this database alone."""
    User.objects.filter(email=ADMIN.email).update(is_superuser=True)
    client = Client(headers={"Host": "127.0.0.1"})
    enter(client, User.objects.get(email=ADMIN.email))
    return client.cookies["sessionid"].value

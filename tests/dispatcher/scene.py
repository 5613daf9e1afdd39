"""A desk in the desert: a center, two crews, and water lines to fly over."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec

from airports.models import WeatherData, WeatherStation
from airports.reports import decode_taf
from common.geo import point
from dispatcher.models import DispatchCenter, DispatchSchedule, OptimizationRun
from dispatcher.services import demands, optimization, runs, schedules
from flight_operations.models import FlightOperation
from flight_operations.services.operations import plan_operation
from rpas.models import RPASAircraft, RPASOperator
from tests.flight_operations.factories import LAT, LON, box
from tests.flight_operations.operations.scene import MODEL, point_of_view
from tests.rpas.factories import (
    AircraftFactory,
    BatteryFactory,
    MemberFactory,
    OperatorFactory,
)
from tests.users.factories import QualificationFactory, UserFactory, grant
from users.models import QualificationKind, User

DAY = date(2026, 3, 15)
# Perth's day: from 06:00 to 18:00 there.
OPENS = datetime(2026, 3, 14, 22, 0, tzinfo=UTC)
CLOSES = datetime(2026, 3, 15, 10, 0, tzinfo=UTC)


@dataclass
class Desk:
    """An operator's center with whoever and whatever works there."""

    operator: RPASOperator
    center: DispatchCenter
    dispatcher: User
    aircraft: list[RPASAircraft] = field(default_factory=list)
    pilots: list[User] = field(default_factory=list)

    def draft(self, at: datetime, *, km_east: float = 0, **changes: Any) -> FlightOperation:
        """A water line nobody has yet, so far east of the center, at any time of the day."""
        start = changes.pop("start", at + timedelta(hours=2))
        minutes = changes.pop("minutes", 30)
        lon = LON + km_east / 101.2
        site = point(lat=LAT, lon=lon)
        sites = {"launch_site": site, "recovery_site": site}
        plan = point_of_view() | sites | changes.pop("plan", {})
        values: dict[str, Any] = {
            "operator": self.operator,
            "aircraft": self.aircraft[0],
            "pilot_in_command": self.pilots[0],
            "title": "Water line",
            "purpose": "Photographs of a water line.",
            "category": "reoc",
            "planned_start_at": start,
            "planned_end_at": start + timedelta(minutes=minutes),
            "volumes": [{"area": box(lon=lon), "ceiling_m": 100.0}],
            "is_draft": True,
        } | changes
        return plan_operation(plan=plan, actor=self.dispatcher, at=at, **values)

    def wanted(self, at: datetime, *, km_east: float = 0, **demand: Any) -> FlightOperation:
        """A draft with what it asks for: by default any time of the day."""
        minutes = demand.pop("minutes", 30)
        operation = self.draft(at, km_east=km_east, minutes=minutes)
        asked = {"earliest_at": OPENS, "deadline_at": CLOSES} | demand
        demands.set_demand(operation, **asked, actor=self.dispatcher, at=at)
        return operation

    def open(self, at: datetime, day: date = DAY) -> DispatchSchedule:
        return schedules.open_schedule(self.center, day, actor=self.dispatcher, at=at)

    def optimised(self, at: datetime, *, day: date = DAY, **how: Any) -> OptimizationRun:
        """Plan the day here and now."""
        run = runs.optimise_daily_schedule(
            day, self.center, **({"seed": 1} | how), actor=self.dispatcher, at=at
        )
        done = optimization.perform_run(run.pk, clock=lambda: at)
        assert done is not None
        return done


def make_desk(*, crews: int = 2) -> Desk:
    operator = OperatorFactory(key_staff=True)
    center = DispatchCenter.objects.create(
        operator=operator,
        code=f"GIB-{operator.pk}",
        name="Gibson Desert",
        point=point(lat=LAT, lon=LON),
        timezone="Australia/Perth",
        opens_at=time(6),
        closes_at=time(18),
    )
    desk = Desk(operator, center, MemberFactory(operator=operator).user)
    for _ in range(crews):
        add_crew(desk)
    return desk


def add_crew(desk: Desk, **aircraft: Any) -> None:
    """One more aircraft with two batteries, and one more pilot who may fly it."""
    machine = AircraftFactory(operator=desk.operator, **aircraft)
    for _ in range(2):
        BatteryFactory(operator=desk.operator, aircraft=machine)
    pilot = MemberFactory(operator=desk.operator, pilot=True).user
    QualificationFactory(user=pilot, kind=QualificationKind.REPL)
    QualificationFactory(user=pilot, kind=QualificationKind.TYPE_TRAINING, aircraft_type=MODEL)
    desk.aircraft.append(machine)
    desk.pilots.append(pilot)


def forecast(at: datetime, changes: str) -> WeatherData:
    """A TAF of a station beside the center: calm, and then what the changes say."""
    raw = f"TAF YGIB {at:%d%H%M}Z {at:%d%H}/{at + timedelta(hours=24):%d%H} 18008KT CAVOK {changes}"
    taf = decode_taf(raw, reference=at)
    row = WeatherData.objects.create(
        station="YGIB",
        kind="TAF",
        raw=raw,
        raw_hash=hashlib.sha256(raw.encode()).hexdigest(),
        issued_at=at,
        received_at=at,
        valid_from=taf.valid_from,
        valid_until=taf.valid_until,
        groups=json.loads(msgspec.json.encode(taf.groups)),
        source="test",
    )
    WeatherStation.objects.create(
        station="YGIB",
        point=point(lat=LAT + 0.05, lon=LON),
        elevation_ft=1400,
        forecast=row,
        forecast_at=at,
    )
    return row


def at_the_desk(desk: Desk, *permissions: str) -> User:
    """Somebody at work for the operator, with permissions such as `view_dispatchschedule`."""
    user = MemberFactory(operator=desk.operator).user
    if permissions:
        grant(user, *(f"dispatcher.{name}" for name in permissions))
    return user


def elsewhere(*permissions: str) -> User:
    """Somebody with the permissions, who works for another operator."""
    user = MemberFactory().user
    grant(user, *(f"dispatcher.{name}" for name in permissions))
    return user


def nobody() -> User:
    return UserFactory()

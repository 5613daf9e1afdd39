"""An operation that may be flown, with everything it needs, and what can go wrong with it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from common.geo import point
from flight_operations.exceptions import AcknowledgementMissing
from flight_operations.models import FlightOperation, OperationalRelease, OperationStatus
from flight_operations.services import observations, releases
from flight_operations.services.checklists import answer_item, open_checklist
from flight_operations.services.operations import authorise_operation, plan_operation
from rpas.models import RPASAircraft, RPASOperator
from tests.flight_operations.factories import LAT, LON, OperationFactory, box
from tests.rpas.factories import (
    AircraftFactory,
    KeyPersonnelFactory,
    MemberFactory,
    OperatorFactory,
)
from tests.users.factories import QualificationFactory
from users.models import QualificationKind, User

MODEL = "DJI Matrice 350 RTK"
FLOWN = ("active", "landed", "logged", "finalised", "aborted")


@dataclass
class Scene:
    """An operator with a chief, a licensed pilot and an airworthy aircraft."""

    operator: RPASOperator
    aircraft: RPASAircraft
    pilot: User
    chief: User

    def plan(self, at: datetime, **changes: Any) -> FlightOperation:
        """Plan 30 minutes an hour from now over the desert."""
        start = changes.pop("start", at + timedelta(hours=1))
        plan = point_of_view() | changes.pop("plan", {})
        values: dict[str, Any] = {
            "operator": self.operator,
            "aircraft": self.aircraft,
            "pilot_in_command": self.pilot,
            "title": "Water line",
            "purpose": "Photographs of a water line.",
            "category": "reoc",
            "planned_start_at": start,
            "planned_end_at": start + timedelta(minutes=30),
            "volumes": [{"area": box(), "ceiling_m": 100.0}],
        } | changes
        return plan_operation(plan=plan, actor=self.chief, at=at, **values)

    def authorised(self, at: datetime, **changes: Any) -> FlightOperation:
        """Plan, observe, tick everything off and authorise."""
        operation = self.plan(at, **changes)
        observe(operation, self.pilot, at)
        tick_all(operation, self.pilot, at)
        return authorise_operation(operation, actor=self.chief, at=at)

    def released(self, at: datetime, **changes: Any) -> FlightOperation:
        """Authorise and release with every amber finding acknowledged."""
        operation = self.authorised(at, **changes)
        release_with_notes(operation, self.chief, at)
        operation.refresh_from_db()
        assert operation.status == OperationStatus.READY
        return operation


def make_scene() -> Scene:
    operator = OperatorFactory(key_staff=True)
    pilot = MemberFactory(operator=operator, pilot=True).user
    QualificationFactory(user=pilot, kind=QualificationKind.REPL)
    QualificationFactory(user=pilot, kind=QualificationKind.TYPE_TRAINING, aircraft_type=MODEL)
    chief = MemberFactory(operator=operator).user
    KeyPersonnelFactory(operator=operator, user=chief, post="chief_instructor")
    return Scene(operator, AircraftFactory(operator=operator), pilot, chief)


def point_of_view() -> dict[str, Any]:
    return {
        "launch_site": point(lat=LAT, lon=LON),
        "recovery_site": point(lat=LAT, lon=LON),
        "control_station": "Beside the launch site",
        "take_off_elevation_m": 430.0,
        "terrain_lowest_m": 428.0,
        "terrain_highest_m": 432.0,
        "max_height_agl_m": 90.0,
        "take_off_mass_kg": 7.5,
        "max_distance_pilot_m": 250.0,
        "min_distance_people_m": 100.0,
        "is_over_populous_area": False,
        "is_near_emergency_operation": False,
        "is_crewed_traffic_known": False,
        "is_behind_obstacles": False,
    }


def observe(operation: FlightOperation, actor: User, at: datetime, **changes: Any) -> None:
    """A calm clear day, unless said otherwise."""
    seen = {
        "observed_at": at,
        "wind_speed_ms": 3.0,
        "wind_gust_ms": 4.0,
        "visibility_m": 10_000.0,
        "is_sky_clear": True,
        "precipitation": "none",
        "has_thunderstorm": False,
        "temperature_c": 20.0,
        "dewpoint_c": 5.0,
    } | changes
    observations.enter_observation(operation, observation=seen, actor=actor, at=at)


def tick_all(operation: FlightOperation, actor: User, at: datetime) -> None:
    """Answer every open item of the pre-flight checklist."""
    checklist = open_checklist(operation, actor=actor, at=at)
    for item in checklist.items.filter(answer="").order_by("sequence"):
        answer_item(item, answer="done", evidence="Looked at.", actor=actor, at=at)


def release_with_notes(operation: FlightOperation, actor: User, at: datetime) -> OperationalRelease:
    """Release, acknowledging every amber finding."""
    try:
        return releases.release_operation(operation, acknowledgements=[], actor=actor, at=at)
    except AcknowledgementMissing as refusal:
        notes = [{"rule": f["rule"], "note": "Known."} for f in refusal.details["findings"]]
        return releases.release_operation(operation, acknowledgements=notes, actor=actor, at=at)


def put_in(status: str, desk: Scene, now: datetime, **changes: Any) -> FlightOperation:
    """An operation in a status, with nothing around it."""
    start = now + timedelta(hours=1)
    times: dict[str, Any] = {"actual_start_at": start} if status in FLOWN else {}
    if status in FLOWN and status != OperationStatus.ACTIVE:
        times["actual_end_at"] = start + timedelta(minutes=5)
    made: FlightOperation = OperationFactory(
        operator=desk.operator,
        aircraft=desk.aircraft,
        pilot_in_command=desk.pilot,
        status=status,
        planned_start_at=start,
        **times,
        **changes,
    )
    return made

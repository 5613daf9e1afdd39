"""A dispatcher's morning: what the night left on the desk, and what others do meanwhile."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.test import Client
from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from common.compliance.findings import Stage
from common.models import Delivery
from common.tasks import deliver
from dispatcher.models import DispatchSchedule
from dispatcher.services import assignments, demands, optimization, publishing, schedules
from flight_operations.models import FlightOperation
from flight_operations.services.assessment import refresh_verdict
from flight_operations.services.flights import land_operation
from rpas.models import GroundStation
from rpas.services.defects import raise_defect
from tests.dispatcher.scene import Desk, add_crew, at_the_desk, make_desk
from tests.flight_operations.factories import LON
from tests.users.factories import grant
from users.models import ApiToken, User
from users.services.api_tokens import issue_token

GRANTS = [
    "overview_dispatchschedule",
    "view_dispatchschedule",
    "optimise_dispatchschedule",
    "publish_dispatchschedule",
    "cancel_optimizationrun",
    "view_assignment",
    "add_assignment",
    "change_assignment",
    "pin_assignment",
    "view_dispatchevent",
    "acknowledge_dispatchevent",
    "note_dispatchevent",
    "resolve_dispatchevent",
]
INGEST = "flight_operations.ingest_flightoperation"
# By the sun where the flights are, so that there is light whenever this is run.
LOCAL_HOUR = 9
KM_PER_DEGREE = 101.2


@dataclass
class Morning:
    """Who is at the desk, the red flight, the one that nobody has yet, and the one in the air."""

    desk: Desk
    user: User
    device: TOTPDevice
    schedule: DispatchSchedule
    red: FlightOperation
    open: FlightOperation
    flying: FlightOperation
    station: GroundStation
    key: str

    @property
    def code(self) -> str:
        """What the authenticator shows now."""
        return f"{totp(self.device.bin_key, self.device.step, self.device.t0):06}"


def make_morning() -> Morning:
    """One flight whose aircraft got a defect since, one that nobody has yet, one in the air."""
    at = timezone.now().replace(second=0, microsecond=0)
    desk = make_desk(crews=2)
    add_crew(desk)
    away = _where_it_is_morning(at)
    type(desk.center).objects.update(
        point=_moved(desk.center.point, away / KM_PER_DEGREE),
        timezone=_zone(at),
        opens_at="06:00",
        closes_at="18:00",
    )
    desk.center.refresh_from_db()
    user = at_the_desk(desk, *GRANTS)
    grant(user, "flight_operations.view_flightoperation")
    device = TOTPDevice.objects.create(user=user, name="phone", confirmed=True)
    day = at.astimezone(ZoneInfo(desk.center.timezone)).date()
    schedule = schedules.open_schedule(desk.center, day, actor=user, at=at)
    flying, station, key = _in_the_air(desk, at, away)
    red = desk.draft(at, km_east=away + 4, start=at + timedelta(hours=3))
    wish = assignments.Wish(red, desk.aircraft[0], desk.pilots[0], at + timedelta(hours=3))
    assignments.assign(schedule, wish, accepted_because="Calm.", actor=user, at=at)
    publishing.publish_schedule(schedule, actor=user, at=at)
    waiting = desk.draft(at, km_east=away + 8, start=at + timedelta(hours=4))
    hours = {"earliest_at": at + timedelta(hours=2), "deadline_at": at + timedelta(hours=8)}
    demands.set_demand(waiting, **hours, actor=user, at=at)
    raise_defect(desk.aircraft[0], severity="major", description="Cracked arm", actor=user, at=at)
    for operation in (red, waiting, flying):
        refresh_verdict(operation, stage=Stage.PLANNING, at=at)
    hand_over()
    return Morning(desk, user, device, schedule, red, waiting, flying, station, key)


def plan_in_the_background(morning: Morning) -> None:
    """What a worker does with the run that was asked for."""
    run = morning.schedule.runs.live().get()
    optimization.perform_run(run.pk, clock=timezone.now)
    hand_over()


def climb_too_high(morning: Morning) -> int:
    """What the ground station of the flight sends: three positions above its volume."""
    start = timezone.now() - timedelta(seconds=4)
    site = morning.flying.plan.launch_site
    points = [
        {
            "sequence": n,
            "recorded_at": (start + timedelta(seconds=n)).isoformat(),
            "lat": site.y,
            "lon": site.x,
            "height_above_ground_m": 150.0,
        }
        for n in range(3)
    ]
    answer = Client(headers={"X-Api-Token": morning.key}).post(
        f"/api/flight-operations/operations/{morning.flying.number}/telemetry/",
        {"device": morning.station.device_id, "points": points},
        content_type="application/json",
    )
    hand_over()
    return answer.status_code


def land(morning: Morning) -> None:
    """What the pilot records when the rotors stand."""
    pilot = morning.flying.pilot_in_command
    land_operation(morning.flying, actor=pilot, at=timezone.now())
    hand_over()


def hand_over() -> None:
    """What the worker of the outbox does."""
    for _ in range(5):
        waiting = list(
            Delivery.objects.filter(delivered_at=None, attempts=0).values_list("pk", flat=True)
        )
        for pk in waiting:
            deliver(delivery_id=pk)


def _where_it_is_morning(at: datetime) -> float:
    """How many kilometers east of the desert the sun stands as it does in the morning."""
    return (_offset_h(at) * 15 - LON) * KM_PER_DEGREE


def _offset_h(at: datetime) -> int:
    offset = LOCAL_HOUR - at.hour
    return offset + 24 if offset < -12 else offset


def _zone(at: datetime) -> str:
    # The signs of these names are the wrong way round.
    return f"Etc/GMT{-_offset_h(at):+d}"


def _moved(place: Any, degrees: float) -> Any:
    moved = place.clone()
    moved.x = place.x + degrees
    return moved


def _in_the_air(desk: Desk, at: datetime, away: float) -> tuple[FlightOperation, Any, str]:
    """A flight that took off two minutes ago, with the station that speaks for it."""
    start = at - timedelta(minutes=2)
    aircraft, pilot = desk.aircraft[2], desk.pilots[2]
    operation = desk.draft(
        at, km_east=away, start=at + timedelta(minutes=20), aircraft=aircraft,
        pilot_in_command=pilot, is_draft=False, title="Pump station",
    )  # fmt: skip
    # As after a release and a take-off, whose own tests are elsewhere.
    FlightOperation.objects.filter(pk=operation.pk).update(
        status="active", planned_start_at=start, actual_start_at=start
    )
    operation.plan.volumes.update(starts_at=start)
    grant(pilot, INGEST, "flight_operations.view_flightoperation")
    station = GroundStation.objects.create(
        operator=desk.operator, aircraft=aircraft, name="Van", device_id="GS-MORNING"
    )
    token, key = issue_token(
        pilot, name="Van", scopes=[INGEST], actor=pilot, at=at, expires_at=at + timedelta(days=1)
    )
    station.api_token = ApiToken.objects.get(pk=token.pk)
    station.save()
    operation.refresh_from_db()
    return operation, station, key

"""Gaps flown again in one call: from a flight's telemetry over its coverage to the next flights."""

import json
from datetime import timedelta

import numpy as np
import pytest
import shapely

from client_management.events import JobHandedOver, JobOperationsPlanned
from client_management.local_plane import LocalPlane
from client_management.models import CoverageReport, JobOrder
from client_management.queries.progress import progress_of
from client_management.queries.tracks import track_of
from client_management.services import job_steps
from common.models import Delivery, OutboxEvent
from dispatcher.handlers.clients import take_a_job_over, take_more_of_a_job
from dispatcher.models import OperationDemand
from flight_operations.models import FlightExecutionLog, FlightOperation
from flight_operations.services.telemetry import ingest
from flight_operations.telemetry.flags import Flag
from flight_operations.telemetry.samples import Samples, to_microseconds
from rpas.models import GroundStation
from tests.client_management import scene
from tests.rpas.factories import MemberFactory
from tests.users.factories import UserFactory, hold
from users.models import Role
from users.services.seeding import seed_roles

pytestmark = pytest.mark.django_db
REPORTS = "/api/client-management/coverage-reports/"
CAMERA = {"sensor_width_mm": 13.2, "sensor_height_mm": 8.8, "focal_mm": 8.8, "every_m": 20}
HEIGHT = 80.0
SPEED = 10.0
# The one position that cannot be believed.
ASTRAY = 20


@pytest.fixture(autouse=True)
def clock(monkeypatch, now):
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)


@pytest.fixture
def coordinator(team):
    """Somebody of the operator's who plans flights."""
    seed_roles()
    member = MemberFactory(operator=team.operator).user
    hold(member, Role.objects.get(code="flight_coordinator"))
    return member


@pytest.fixture
def job(client_org, actor, now, team):
    """A job of 16 hectares in one part, handed over, flown but for a strip in its middle."""
    made = scene.job(client_org, actor, now, area=scene.square(200))
    (link,) = scene.planned(made, team, actor, now)
    job_steps.hand_over_job(JobOrder.objects.get(pk=made.pk), actor=actor, at=now)
    take_a_job_over(JobHandedOver(job_id=made.pk, organization_id=made.organization_id))
    fly_around_the_middle(link.operation, made.request.area, team, now - timedelta(hours=2))
    return JobOrder.objects.get(pk=made.pk)


def fly_around_the_middle(operation, area, team, start):
    """Positions of a whole flight, sent as a ground station does, then landed."""
    station = GroundStation.objects.create(
        operator=team.operator, aircraft=team.aircraft, name="Van", device_id="GS-1"
    )
    samples = survey(area, start)
    end = start + timedelta(seconds=len(samples.lat))
    rows = FlightOperation.objects.filter(pk=operation.pk)
    rows.update(status="active", planned_start_at=start, planned_end_at=end, actual_start_at=start)
    taken = ingest(
        operation.number, station.device_id, samples, user=team.pilot, token=None, at=end
    )
    assert taken.flagged == [(ASTRAY, Flag.TELEPORT)]
    assert taken.rejected == []
    link = operation.job_operation
    link.operation.refresh_from_db()
    scene.fly(link, start, len(samples.lat) / 60)


def survey(area, start):
    """A position a second along lines to the north and back, with none in the middle."""
    shape = shapely.from_wkb(bytes(area.wkb))
    plane = LocalPlane.around(shape)
    west, south, east, north = shapely.bounds(plane.flatten(shape))
    places = [(west, south)]
    for n, x in enumerate(x for x in np.arange(west, east + 1, 50) if abs(x) > 90):
        ends = (south, north) if n % 2 == 0 else (north, south)
        for target in ((x, ends[0]), (x, ends[1])):
            here = np.array(places[-1])
            steps = max(1, int(np.ceil(np.hypot(*(np.array(target) - here)) / SPEED)))
            places += [
                tuple(here + (np.array(target) - here) * k / steps) for k in range(1, steps + 1)
            ]
    lonlat = plane.to_earth(np.array(places))
    size = len(lonlat)
    lonlat[ASTRAY, 1] += 0.5
    return Samples.of(
        sequence=np.arange(size),
        recorded_us=to_microseconds(start) + np.arange(size) * 1_000_000,
        lat=lonlat[:, 1],
        lon=lonlat[:, 0],
        height_ground_m=np.full(size, HEIGHT),
    )


def measured(client, job):
    answer = client.post(REPORTS, {"job": job.number, "camera": CAMERA}, format="json")
    assert answer.status_code == 201, answer.json()
    return answer.json()


def test_the_track_of_an_executed_flight_is_its_telemetry(job):
    (operation,) = FlightOperation.objects.filter(job_operation__job=job)
    track = track_of(operation)

    assert len(track.lonlat) == len(track.height_m) == len(track.at_s) > 100
    assert set(track.height_m) == {HEIGHT}
    assert track.at_s[:3] == [0.0, 1.0, 2.0]
    assert track.at_s[ASTRAY] == ASTRAY + 1
    wanted = survey(job.request.area, operation.actual_start_at)
    assert track.lonlat[5] == pytest.approx((wanted.lon[5], wanted.lat[5]), abs=1e-6)
    assert track.lonlat[-1] == pytest.approx((wanted.lon[-1], wanted.lat[-1]), abs=1e-6)


def test_doubtful_positions_are_no_part_of_a_track(job):
    (operation,) = FlightOperation.objects.filter(job_operation__job=job)
    sent = FlightExecutionLog.objects.filter(operation=operation)
    track = track_of(operation)

    assert sent.filter(flags=Flag.TELEPORT).count() == 1
    assert len(track.lonlat) == sent.count() - 1
    assert max(lat for _, lat in track.lonlat) < job.request.area.extent[3] + 0.01


def test_one_call_plans_flights_over_every_gap(job, coordinator, client_for, team):
    client = client_for(coordinator)
    report = measured(client, job)
    gaps = shapely.from_geojson(json.dumps(report["missing"]))
    # 180 m between the lines beside the middle, of which half a picture of 120 m is seen each way.
    assert (report["gap_count"], len(report["operations"])) == (1, 1)
    assert 80 < report["covered_percent"] < 95
    before = progress_of([job])[job.pk]
    assert before.percent == 100.0
    OutboxEvent.objects.all().delete()

    answer = client.post(f"{REPORTS}{report['number']}/refly/")
    numbers = answer.json()["operations"]

    assert answer.status_code == 200
    assert len(numbers) >= 1
    links = list(job.operations.filter(operation__number__in=numbers).select_related("operation"))
    assert {(link.purpose, link.operation.status) for link in links} == {("reflight", "draft")}
    assert {link.operation.operator_id for link in links} == {team.operator.pk}
    planned = shapely.union_all([shapely.from_wkb(bytes(link.part.wkb)) for link in links])
    assert shapely.difference(gaps, planned).area < 1e-3 * gaps.area
    after = progress_of([job])[job.pk]
    assert (after.operations, after.flown, after.upcoming) == (1 + len(links), 1, len(links))
    again_m2 = sum(link.part_m2 for link in links)
    expected = 100 * job.request.area_m2 / (job.request.area_m2 + again_m2)
    assert after.percent == pytest.approx(expected, abs=0.2)
    shown = client.get(f"{REPORTS}{report['number']}/").json()
    assert shown["refly_operations"] == numbers
    assert shown["refly_ordered_at"]


def test_what_is_flown_again_comes_to_dispatch_by_itself(job, coordinator, client_for):
    client = client_for(coordinator)
    report = measured(client, job)
    OutboxEvent.objects.all().delete()
    numbers = client.post(f"{REPORTS}{report['number']}/refly/").json()["operations"]

    (event,) = OutboxEvent.objects.filter(name=JobOperationsPlanned.name)
    handler = "dispatcher.handlers.clients.take_more_of_a_job"
    assert Delivery.objects.filter(event=event, handler=handler).exists()
    take_more_of_a_job(JobOperationsPlanned(**event.payload))
    asked = OperationDemand.objects.filter(operation__number__in=numbers)
    assert {each.operation.number for each in asked} == set(numbers)


def test_a_gap_is_ordered_once_however_often_it_is_asked_for(job, coordinator, client_for):
    client = client_for(coordinator)
    old, new = (measured(client, job)["number"] for _ in range(2))
    superseded = client.post(f"{REPORTS}{old}/refly/")
    assert (superseded.status_code, superseded.json()["code"]) == (409, "coverage_superseded")
    once = {"HTTP_IDEMPOTENCY_KEY": "refly-1"}
    first = client.post(f"{REPORTS}{new}/refly/", **once)
    replay = client.post(f"{REPORTS}{new}/refly/", **once)
    again = client.post(f"{REPORTS}{new}/refly/")
    later = client.post(f"{REPORTS}{measured(client, job)['number']}/refly/")

    assert (first.status_code, replay.json()) == (200, first.json())
    assert (again.status_code, again.json()["code"]) == (409, "refly_ordered")
    assert (later.status_code, later.json()["code"]) == (409, "refly_under_way")
    assert job.operations.filter(purpose="reflight").count() == len(first.json()["operations"])


def test_nothing_missing_a_closed_job_and_an_unknown_report_are_refused(
    job, coordinator, client_for, actor, now
):
    client = client_for(coordinator)
    number = measured(client, job)["number"]
    address = f"{REPORTS}{number}/refly/"
    job_steps.cancel_job(job, reason="Client went bankrupt", actor=actor, at=now)
    closed = client.post(address)
    assert (closed.status_code, closed.json()["code"]) == (409, "job_not_plannable")
    JobOrder.objects.filter(pk=job.pk).update(status="scheduled")
    CoverageReport.objects.filter(number=number).update(missing=None)
    whole = client.post(address)

    assert (whole.status_code, whole.json()["code"]) == (409, "nothing_missing")
    assert client.post(f"{REPORTS}CR-2026-9999/refly/").status_code == 404
    assert not job.operations.filter(purpose="reflight").exists()
    assert CoverageReport.objects.get(number=number).refly_ordered_at is None


def test_only_the_operators_own_people_plan_its_flights(job, coordinator, client_for, api):
    number = measured(client_for(coordinator), job)["number"]
    address = f"{REPORTS}{number}/refly/"
    elsewhere, plain = UserFactory(), UserFactory()
    hold(elsewhere, Role.objects.get(code="flight_coordinator"))
    theirs = client_for(elsewhere).post(address)

    assert (theirs.status_code, theirs.json()["code"]) == (403, "not_of_their_operator")
    assert client_for(plain).post(address).status_code == 403
    assert api.post(address).status_code == 401
    assert not job.operations.filter(purpose="reflight").exists()

"""Papers of drone flights and of the technical log, made of the demo's real track and log."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from documents.exceptions import NothingToShow, SubjectNotFound
from documents.queries.layouts import known_kind
from documents.services.generation import gather, generate
from flight_operations.demo import load
from flight_operations.documents.track_map import METERS_PER_DEGREE
from flight_operations.models import ConformanceAlert, FlightOperation
from flight_operations.queries.profile import profile_of
from rpas.models import F2FlightHoursEntry, RPASAircraft
from rpas.queries.technical_log import LogCheck, LogFault
from tests.airports.factories import AirportFactory
from tests.documents.reading import data_of, text_of, unprinted
from tests.users.factories import UserFactory, grant
from users.models import User

GRANTS = (
    "flight_operations.view_operationalrelease",
    "flight_operations.view_flightoperation",
    "rpas.view_f2technicallogparta",
    "rpas.view_f2flighthoursentry",
)


@pytest.fixture(scope="module")
def flown(django_db_setup: None, django_db_blocker: Any) -> Iterator[FlightOperation]:
    """The demo's flight that is over, as long as the module's tests last."""
    with django_db_blocker.unblock(), transaction.atomic():
        AirportFactory(ident="YSCB", icao="YSCB", name="Canberra")
        load.load_demo(password="a-demo-password-1", at=timezone.now(), progress=lambda _: None)
        yield FlightOperation.objects.get(status="finalised")
        transaction.set_rollback(True)


@pytest.fixture
def operation(flown: FlightOperation, db: None) -> FlightOperation:
    connection.run_on_commit = []
    return FlightOperation.objects.get(pk=flown.pk)


@pytest.fixture
def chief(operation: FlightOperation) -> User:
    return User.objects.get(email="chief@demo.windsock.example")


def subject_of(kind: str, operation: FlightOperation) -> int:
    if kind.startswith("f2"):
        return int(operation.aircraft.technical_logs.get(status="issued").pk)
    return int(operation.pk)


def gathered(kind: str, operation: FlightOperation, reader: User) -> Any:
    subject = subject_of(kind, operation)
    return gather(known_kind(kind), subject, actor=reader, at=timezone.now())


@pytest.mark.parametrize("kind", ["drone_release", "mission_report", "f2_part_a", "f2_part_b"])
def test_all_that_was_gathered_is_printed(kind, operation, chief):
    document = generate(kind, subject_of(kind, operation), actor=chief, at=timezone.now())

    text = text_of(document)
    assert unprinted(data_of(document), text) == []
    if kind == "mission_report":
        # Drawn as letters, so that they can be read and found.
        for word in ("Launchandlanding", "paddock", "Volume1:0-120mabove", "Limit120mabove",
                     "Planned110m", "50m"):  # fmt: skip
            assert word in text


@pytest.mark.parametrize("kind", ["drone_release", "mission_report", "f2_part_a", "f2_part_b"])
def test_people_of_another_operator_have_none(kind, operation):
    stranger = UserFactory()
    grant(stranger, *GRANTS)

    with pytest.raises(SubjectNotFound):
        gathered(kind, operation, stranger)


def test_a_flight_that_is_not_over_has_no_report(operation, chief):
    planned = FlightOperation.objects.exclude(pk=operation.pk).get()

    with pytest.raises(NothingToShow, match="it is not over"):
        gathered("mission_report", planned, chief)
    with pytest.raises(NothingToShow, match="it was not released"):
        gathered("drone_release", planned, chief)


def test_the_release_has_the_fields_of_mos_10_04(operation, chief):
    data = gathered("drone_release", operation, chief).data

    assert data["purpose"] == "Photograph a dam wall for its owner."
    assert data["aircraft"] == {
        "registration": "BSV-001",
        "model": "DJI Matrice 350 RTK",
        "serial": operation.aircraft.serial_number,
    }
    assert data["pilots"] == [{"name": "Robin Vale", "arn": "0900002", "role": "Remote pilot"}]
    assert data["launch_site"] == "35.15500° S 149.23500° E"
    assert data["max_height"] == "110.0 m above ground"
    assert data["released_by"]["arn"] == "0900001"
    assert {row["acknowledged"] for row in data["findings"]} == {"Known and accepted."}
    assert data["plan_hash"] == operation.plan.content_hash


def test_thinning_keeps_the_highest_point(operation):
    whole, thin = profile_of(operation, points=10_000), profile_of(operation, points=20)

    assert len(whole.points) == whole.positions == 400
    assert len(thin.points) <= 23
    highest = max(point.height_m or 0 for point in thin.points)
    assert highest == whole.max_height_m == thin.max_height_m
    assert 127 < highest < 129


def test_the_map_is_drawn_to_scale_with_its_track_broken_at_the_fence(operation, chief):
    picture = gathered("mission_report", operation, chief).pictures["map"].decode()

    lines = re.findall(r'<polyline points="([^"]+)" fill="none" stroke="([^"]+)"', picture)
    assert {color for _, color in lines} == {"#1d5fa8", "#c62828"}
    places = [tuple(map(float, at.split(","))) for text, _ in lines for at in text.split()]
    wide = max(x for x, _ in places) - min(x for x, _ in places)
    bar = [float(x) for x in re.findall(r'<rect x="[^"]+" y="286.00" width="([^"]+)"', picture)]
    points = [point.lon for point in profile_of(operation, points=1500).points]
    meters = (max(points) - min(points)) * METERS_PER_DEGREE * 0.8176
    assert wide / sum(bar) * 50 == pytest.approx(meters, rel=0.01)
    assert len(ConformanceAlert.objects.filter(operation=operation)) >= 2
    assert all(f">{number}</text>" in picture for number in (1, 2))


def test_the_plot_shows_the_heights_at_their_place_between_zero_and_the_limit(operation, chief):
    picture = gathered("mission_report", operation, chief).pictures["altitude"].decode()

    (limit,) = re.findall(r'y1="([^"]+)" x2="505.00" y2="[^"]+" stroke="#c62828"', picture)
    (ground,) = re.findall(r'y1="([^"]+)" x2="505.00" y2="[^"]+" stroke="#1f2933"', picture)
    curve = re.search(r'points="([^"]+)" fill="none" stroke="#1d5fa8"', picture)
    top = min(float(at.split(",")[1]) for at in curve[1].split())
    per_meter = (float(ground) - float(limit)) / 120
    assert (float(ground) - top) / per_meter == pytest.approx(128.2, abs=0.3)


def test_part_b_prints_every_line_with_its_link_of_the_chain(operation, chief):
    rows = list(F2FlightHoursEntry.objects.filter(aircraft=operation.aircraft).order_by("sequence"))

    data = gathered("f2_part_b", operation, chief).data

    assert [(row["sequence"], row["previous_hash"], row["hash"]) for row in data["entries"]] == [
        (str(row.sequence), row.previous_hash, row.hash) for row in rows
    ]
    assert data["entries"][1]["previous_hash"] == data["entries"][0]["hash"]
    assert (data["brought_forward"], data["total"], data["total_minutes"]) == (
        "200 h 40 min",
        "200 h 41 min",
        "12,041 min",
    )
    assert data["is_whole"]


def test_part_b_says_when_the_chain_is_broken(operation, chief, monkeypatch):
    fault = LogFault(operation.aircraft_id, "BSV-001", "Part B entry 2", "the entry was altered")
    monkeypatch.setattr(
        "rpas.documents.technical_log.verify_technical_log", lambda _: LogCheck(1, 2, (fault,))
    )

    data = gathered("f2_part_b", operation, chief).data

    assert not data["is_whole"]
    assert data["check"] == "Part B entry 2: the entry was altered"


def test_part_a_has_the_header_as_it_was_issued_and_tells_defects_by_severity(operation, chief):
    log = operation.aircraft.technical_logs.get(status="issued")
    RPASAircraft.objects.filter(pk=operation.aircraft_id).update(serial_number="CHANGED-1")

    data = gathered("f2_part_a", operation, chief).data

    assert (data["number"], data["identification"], data["category"], data["model"]) == (
        log.number,
        "BSV-001",
        "small",
        "DJI Matrice 350 RTK",
    )
    assert (data["min_mass"], data["max_mass"]) == ("6.47 kg", "9.20 kg")
    (certified,) = data["certification"]
    assert (certified["name"], certified["arn"], certified["seal"]) == (
        log.issued_name,
        log.issued_arn,
        log.content_hash,
    )
    assert data["has_maintenance"]
    broken = RPASAircraft.objects.get(registration=load.DEFECT_AIRCRAFT)
    other = gathered("f2_part_a", replace_aircraft(operation, broken), chief).data
    assert (other["has_major"], other["has_minor"]) == (True, False)
    assert other["major_defects"][0]["found_name"] != ""


def replace_aircraft(operation: FlightOperation, aircraft: RPASAircraft) -> FlightOperation:
    """The same flight as if another aircraft had flown it; nothing is saved."""
    operation.aircraft = aircraft
    return operation

import gzip
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.files import File
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from rest_framework.test import APIClient

from flight_operations.models import ConformanceAlert, FlightExecutionLog, LogImport
from flight_operations.services.log_imports import queue_import, run_import
from tests.flight_operations import log_files
from tests.flight_operations.telemetry_scene import LAT, LON, Scene, scene
from tests.shared_data import shared
from users.models import ApiToken, Role, RoleAssignment, RoleGrant
from users.services.api_tokens import issue_token

INGEST = "flight_operations.ingest_flightoperation"
VIEW = "flight_operations.view_flightoperation"


def grant(user, *names: str) -> None:
    """Give a user a role with these permissions."""
    role = Role.objects.create(code=f"role-{user.pk}", name=f"Role {user.pk}")
    for name in names:
        app, _, code = name.partition(".")
        permission = Permission.objects.get(content_type__app_label=app, codename=code)
        RoleGrant.objects.create(role=role, permission=permission)
    RoleAssignment.objects.create(
        user=user, role=role, valid_from=timezone.now() - timedelta(days=1)
    )


@pytest.fixture
def flight(db) -> Scene:
    made = scene(start=timezone.now() - timedelta(minutes=2))
    grant(
        made.pilot, INGEST, VIEW, "flight_operations.view_conformancealert",
        "flight_operations.acknowledge_conformancealert", "flight_operations.view_logimport",
    )  # fmt: skip
    return made


def station_client(flight: Scene) -> APIClient:
    token, key = issue_token(
        flight.pilot, name="Van", scopes=[INGEST], actor=flight.pilot, at=timezone.now(),
        expires_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    flight.station.api_token = ApiToken.objects.get(pk=token.pk)
    flight.station.save()
    return APIClient(headers={"X-Api-Token": key})


def address(flight: Scene, rest: str = "telemetry/") -> str:
    return f"/api/flight-operations/operations/{flight.operation.number}/{rest}"


def body(flight: Scene, *heights: float, first: int = 0, **more) -> dict:
    start = flight.operation.actual_start_at
    return {
        "device": flight.station.device_id,
        "points": [
            {
                "sequence": first + n,
                "recorded_at": (start + timedelta(seconds=first + n)).isoformat(),
                "lat": LAT, "lon": LON, "height_above_ground_m": height,
            } | more
            for n, height in enumerate(heights)
        ],
    }  # fmt: skip


def test_a_ground_station_sends_positions_with_its_own_token(flight):
    client = station_client(flight)

    first = client.post(address(flight), body(flight, 50, 60, 130), format="json")
    again = client.post(address(flight), body(flight, 50, 60, 130), format="json")

    alert = ConformanceAlert.objects.get(kind="height")
    assert first.status_code == 200, first.content
    assert first.json() == {
        "received": 3, "accepted": 3, "duplicates": [], "flagged": [], "rejected": [],
        "nonconforming": 1, "alerts": sorted(a.pk for a in ConformanceAlert.objects.all()),
    }  # fmt: skip
    assert alert.pk in first.json()["alerts"]
    assert again.json()["duplicates"] == [0, 1, 2]
    assert FlightExecutionLog.objects.filter(operation=flight.operation).count() == 3


def test_another_stations_token_is_refused_and_nothing_is_stored(flight):
    client = station_client(flight)
    flight.station.api_token = None
    flight.station.save()

    answer = client.post(address(flight), body(flight, 50), format="json")

    assert (answer.status_code, answer.json()["code"]) == (403, "device_not_for_operation")
    assert not FlightExecutionLog.objects.filter(operation=flight.operation).exists()


def test_telemetry_needs_a_grant_and_membership(flight, client_for, api):
    stranger = scene().pilot
    grant(stranger, INGEST)
    nobody = scene().pilot
    payload = body(flight, 50)

    assert api.post(address(flight), payload, format="json").status_code == 401
    assert client_for(nobody).post(address(flight), payload, format="json").status_code == 403
    assert client_for(stranger).post(address(flight), payload, format="json").status_code == 404
    assert client_for(flight.pilot).post(address(flight), payload, format="json").status_code == 200


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        (lambda b: b | {"points": []}, 400, "invalid"),
        (lambda b: b | {"color": 1}, 400, "invalid"),
        (lambda b: b | {"points": b["points"] * 1001}, 413, "too_many_points"),
        (lambda b: b | {"points": [b["points"][0] | {"lat": 91}]}, 400, "invalid"),
        (lambda b: [b], 400, "invalid"),
    ],
)
def test_wrong_batches_are_refused_whole(flight, client_for, change, status, code):
    payload = change(body(flight, 50))

    answer = client_for(flight.pilot).post(address(flight), payload, format="json")

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer["Content-Type"] == "application/problem+json"
    assert not FlightExecutionLog.objects.filter(operation=flight.operation).exists()


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b"[" * 50_000, b'{"device": NaN}'])
def test_what_is_not_json_is_a_400(flight, client_for, raw):
    answer = client_for(flight.pilot).post(address(flight), raw, content_type="application/json")

    assert answer.status_code == 400


def test_telemetry_of_an_operation_that_is_not_active_is_a_409(flight, client_for):
    flight.operation.status = "landed"
    flight.operation.actual_end_at = timezone.now() - timedelta(hours=1)
    flight.operation.actual_start_at = timezone.now() - timedelta(hours=2)
    flight.operation.save()

    answer = client_for(flight.pilot).post(address(flight), body(flight, 50), format="json")

    assert (answer.status_code, answer.json()["code"]) == (409, "telemetry_not_accepted")


def test_positions_are_read_page_by_page(flight, client_for):
    client = client_for(flight.pilot)
    client.post(address(flight), body(flight, *[50] * 7), format="json")

    first = client.get(address(flight) + "?page_size=4").json()
    second = client.get(first["next"]).json()

    assert [p["sequence"] for p in first["results"] + second["results"]] == list(range(7))
    assert second["next"] is None
    assert first["results"][0]["height_basis"] == "ground"
    assert client.get(address(flight) + "?cursor=x").status_code == 400
    assert client.get(address(flight) + "?page_size=900").status_code == 400
    assert client.get(address(flight) + "?color=1").status_code == 400


def test_the_track_is_thinned_and_keeps_the_last_position(flight, client_for):
    client = client_for(flight.pilot)
    client.post(address(flight), body(flight, *range(1, 102)), format="json")

    feature = client.get(address(flight, "telemetry/track/?points=10")).json()

    heights = feature["properties"]["height_m"]
    assert feature["geometry"]["type"] == "LineString"
    assert len(heights) == len(feature["geometry"]["coordinates"]) == 11
    assert (heights[0], heights[-1]) == (1, 101)
    assert feature["properties"]["positions"] == 101


def test_the_last_position_is_missing_until_there_is_one(flight, client_for):
    client = client_for(flight.pilot)

    assert client.get(address(flight, "telemetry/last/")).status_code == 404
    client.post(address(flight), body(flight, 50), format="json")
    last = client.get(address(flight, "telemetry/last/")).json()

    assert last["position"]["coordinates"] == [LON, LAT]
    assert last["height_m"] == 50


def test_alerts_are_listed_and_acknowledged_once(flight, client_for):
    client = client_for(flight.pilot)
    client.post(address(flight), body(flight, 130), format="json")
    base = "/api/flight-operations/conformance-alerts/"

    listed = client.get(f"{base}?operation__number={flight.operation.number}").json()["results"]
    alert = next(a for a in listed if a["kind"] == "height")
    done = client.post(f"{base}{alert['id']}/acknowledge/", {"note": "Gust"}, format="json")
    again = client.post(f"{base}{alert['id']}/acknowledge/", {}, format="json")

    assert (alert["worst_value"], alert["limit_value"], alert["severity"]) == (130, 120, "red")
    assert done.json()["acknowledged_by"] == flight.pilot.email
    assert again.status_code == 409
    assert client_for(scene().pilot).get(f"{base}{alert['id']}/").status_code in (403, 404)


def test_the_stream_needs_the_same_rights_as_reading(flight, client_for, api):
    stranger = scene().pilot
    grant(stranger, VIEW)

    assert api.get(address(flight, "stream/")).status_code == 401
    assert client_for(stranger).get(address(flight, "stream/")).status_code == 404
    answer = client_for(flight.pilot).get(address(flight, "stream/"))
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/event-stream")
    assert answer["X-Accel-Buffering"] == "no"


def upload(client, flight, data: bytes, name: str = "flight.csv"):
    return client.post(
        address(flight, "log-imports/"), {"file": SimpleUploadedFile(name, data)},
        format="multipart",
    )  # fmt: skip


def log_of(flight: Scene, rows: int = 40) -> bytes:
    """An AirData log that climbs through 120 m, at the time of the flight."""
    start = flight.operation.actual_start_at.replace(microsecond=0)
    lines = [
        f"{n * 1000},{start + timedelta(seconds=n):%Y-%m-%d %H:%M:%S},{LAT},{LON},0,{n * 15},10,"
        f"{n * 15 + 10},5,0,90,"
        for n in range(rows)
    ]
    return log_files.airdata(lines=["0,2026-01-01 00:00:00,0,0,0,0,0,0,0,0,0,", *lines])


def test_a_log_file_takes_the_same_path_as_live_positions(flight, client_for, run_tasks):
    client = client_for(flight.pilot)

    packed = gzip.compress(log_of(flight), mtime=0)
    made = upload(client, flight, packed)
    assert made.status_code == 202, made.content
    assert made.json()["state"] == "queued"
    run_tasks()

    done = client.get(f"/api/flight-operations/log-imports/{made.json()['id']}/").json()
    assert (done["state"], done["format"], done["progress_percent"]) == ("done", "airdata_csv", 100)
    assert (done["accepted_count"], done["rejected_count"]) == (40, 1)
    assert done["rejected_rows"] == [
        {"where": 2, "reason": "no_position_fix", "detail": "0.0, 0.0"}
    ]
    alert = ConformanceAlert.objects.get(operation=flight.operation, kind="height")
    assert alert.worst_value == pytest.approx(39 * 15 * 0.3048, abs=0.01)
    assert upload(client, flight, packed).json()["id"] == done["id"]


def test_a_log_that_cannot_be_read_is_refused_with_its_reason(flight, client_for, run_tasks):
    made = upload(client_for(flight.pilot), flight, log_files.kml_line(), "../../flight.kml")
    run_tasks()

    kept = LogImport.objects.get(pk=made.json()["id"])
    assert (kept.state, kept.refusal_code) == ("refused", "log_without_times")
    assert kept.name == "flight.kml"
    assert ".." not in kept.file.name


def test_a_log_of_an_operation_that_has_not_flown_is_refused(flight, client_for):
    flight.operation.status, flight.operation.actual_start_at = "ready", None
    flight.operation.save()

    answer = upload(client_for(flight.pilot), flight, b"x")

    assert (answer.status_code, answer.json()["code"]) == (400, "log_not_importable")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "start", "expected"),
    [
        ("dji/air-2s_airdata.csv.gz", "2021-09-06T02:47:00+00:00", (11_498, 116, {"height"})),
        ("dji/air-2s_airdata.gpx.gz", "2021-09-06T02:47:00+00:00", (10_817, 0, set())),
        ("ardupilot/vtol.tlog", "2018-08-08T14:05:00+00:00", (807, 0, set())),
        ("ardupilot/pymavlink_test.BIN", "2017-10-29T01:47:00+00:00", (23, 1, set())),
        ("px4_ulog/sample_px4_events.ulg", "2024-03-18T14:49:00+00:00", (109, 0, set())),
    ],
)
def test_real_logs_raise_the_alerts_they_should(path, start, expected):
    flight = scene(ceiling_m=400, start=datetime.fromisoformat(start))
    flight.plan.volumes.all().delete()
    flight.aircraft.max_speed_ms = 30
    flight.aircraft.save()
    file = shared(f"flights/{path}")
    with file.open("rb") as opened:
        made = queue_import(
            flight.operation, File(opened, name=file.name), actor=flight.pilot, at=timezone.now()
        )

    made = run_import(made, clock=timezone.now)

    alerts = ConformanceAlert.objects.filter(operation=flight.operation)
    stored, rejected, kinds = expected
    assert (made.state, made.accepted_count, made.rejected_count) == ("done", stored, rejected)
    assert {alert.kind for alert in alerts} - {"silence"} == kinds

"""The life of an operation over HTTP: what each status allows, refuses and answers."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from common.models import IdempotencyKey
from flight_operations.models import OperationStatus
from flight_operations.services import flights
from flight_operations.views.operations import FlightOperationViewSet
from rpas.services.defects import raise_defect
from tests.flight_operations.operations.api_routes import (
    BASE,
    PATCH,
    READS,
    VERBS,
    everything,
    pointers,
    read,
    verb,
)
from tests.flight_operations.operations.scene import observe, put_in, tick_all
from tests.flight_operations.people import member
from tests.rpas.factories import AircraftFactory

ALL = tuple(OperationStatus)
WRONG = [
    (route, status) for route in (*VERBS, PATCH) for status in ALL if status not in route.good_from
]


@pytest.mark.parametrize(
    ("route", "status"), WRONG, ids=[f"{route.path[20:]}{status}" for route, status in WRONG]
)
def test_a_verb_out_of_turn_is_a_conflict_and_changes_nothing(client_for, desk, now, route, status):
    operation = put_in(status, desk, now)
    client, before = client_for(member(desk.operator, route.permission)), everything()

    answer = route.send(client, operation, HTTP_IDEMPOTENCY_KEY="k")

    assert answer.status_code == 409, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] in ("transition_not_allowed", "not_amendable", "release_missing")
    assert everything() == before
    assert IdempotencyKey.objects.count() == 0


@dataclass
class Caller:
    """Calls the verbs of one operation and insists on the answer."""

    client: Any
    number: str

    def act(self, name, body=None, status=200):
        answer = self.client.post(f"{BASE}/operations/{self.number}/{name}/", body)
        assert answer.status_code == status, answer.content
        return answer.json()

    def release(self):
        """Release, with a note on each amber finding that the refusal lists."""
        ambers = self.act("release", {}, 409)
        assert ambers["code"] == "acknowledgement_missing"
        assert {f["color"] for f in ambers["details"]["findings"]} == {"amber"}
        notes = [{"rule": f["rule"], "note": "Known."} for f in ambers["details"]["findings"]]
        return self.act("release", {"acknowledgements": notes}, 201)


def test_the_whole_story_over_http(crew, desk, now):
    operation = desk.plan(now, start=now + timedelta(minutes=10))
    observe(operation, desk.pilot, now)
    tick_all(operation, desk.pilot, now)
    caller = Caller(crew, operation.number)

    assert caller.act("submit")["status"] == "in_review"
    assert caller.act("authorise")["status"] == "authorised"
    release = caller.release()
    assert (release["operation"], release["revoked_at"]) == (operation.number, None)
    assert caller.act("start")["actual_start_at"] == "2026-03-14T22:30:00Z"
    landed = caller.act("land", {"landed_at": now.isoformat(), "cycles": 2})
    assert (landed["status"], landed["actual_end_at"]) == ("landed", "2026-03-14T22:30:00Z")
    log = caller.act("complete-log", {"is_as_released": False, "changes": "Shorter."}, 201)
    assert (log["is_as_released"], log["changes"]) == (False, "Shorter.")
    assert caller.act("finalise")["status"] == "finalised"
    steps = crew.get(f"{BASE}/operations/{operation.number}/history/").json()
    words = "planned in_review authorised ready active landed logged finalised"
    assert [step["to_status"] for step in steps] == words.split()


def test_a_landing_over_http_writes_the_records(crew, desk, now):
    operation = desk.released(now, start=now + timedelta(minutes=5))
    caller = Caller(crew, operation.number)

    caller.act("start")
    landed = caller.act("land")

    assert landed["compliance"] == "green"
    desk.aircraft.refresh_from_db()
    assert desk.aircraft.flights == 1
    entries = crew.get(f"{BASE}/pilot-logs/?pilot__email={desk.pilot.email}").json()
    assert [entry["operation"] for entry in entries["results"]] == [operation.number]
    judged = crew.get(f"{BASE}/operations/{operation.number}/assessment/").json()
    assert judged["stage"] == "post"
    assert {f["rule"] for f in judged["findings"]} == {"MOS-10.05-LOG", "MOS-10.06-PILOT"}


@pytest.mark.parametrize("name", ["submit", "authorise", "cancel"])
def test_a_verb_sent_again_under_its_key_is_done_once(crew, desk, now, name):
    operation = desk.plan(now)
    address = f"{BASE}/operations/{operation.number}/{name}/"
    body = {"reason": "Rain."} if name == "cancel" else None
    key = {"HTTP_IDEMPOTENCY_KEY": "k-1"}

    first = crew.post(address, body, **key)
    before = everything()
    again = crew.post(address, body, **key)

    assert (first.status_code, again.status_code) == (200, 200)
    assert (again.json(), again["Idempotent-Replay"]) == (first.json(), "true")
    assert everything() == before
    other = crew.post(f"{BASE}/operations/{operation.number}/plan/", **key)
    assert other.status_code == 422
    assert crew.post(address, body).status_code == 409


def test_one_persons_key_is_not_anothers(client_for, crew, desk, now):
    operation = desk.plan(now)
    key = {"HTTP_IDEMPOTENCY_KEY": "k-1"}
    submit = verb("submit", "submit")
    assert submit.send(crew, operation, **key).status_code == 200

    other = submit.send(client_for(member(desk.operator, submit.permission)), operation, **key)

    assert other.status_code == 409


def test_a_red_plan_is_not_authorised_and_says_why(crew, desk, now):
    operation = desk.plan(now)
    raise_defect(desk.aircraft, severity="major", description="Crack", actor=desk.pilot, at=now)
    before = everything()

    answer = crew.post(f"{BASE}/operations/{operation.number}/authorise/")

    assert (answer.status_code, answer.json()["code"]) == (409, "operation_not_authorisable")
    found = answer.json()["details"]["findings"]
    assert [(f["rule"], f["color"]) for f in found] == [("F2-MAJOR", "red")]
    assert {"citation", "message", "fix", "value", "limit"} <= set(found[0])
    assert everything() == before


def test_a_start_refused_names_what_stands_in_the_way(crew, desk, now):
    operation = desk.released(now, start=now + timedelta(minutes=5))
    raise_defect(desk.aircraft, severity="major", description="Crack", actor=desk.pilot, at=now)
    before = everything()

    answer = crew.post(f"{BASE}/operations/{operation.number}/start/")

    assert (answer.status_code, answer.json()["code"]) == (409, "operation_not_startable")
    assert "F2-MAJOR" in {f["rule"] for f in answer.json()["details"]["findings"]}
    assert everything() == before


def test_a_revoked_release_is_listed_with_its_reason(crew, desk, now):
    operation = desk.released(now)
    address = f"{BASE}/operations/{operation.number}/"

    revoked = crew.post(f"{address}revoke/", {"reason": "Smoke."})
    before = everything()
    again = crew.post(f"{address}revoke/", {"reason": "Smoke."})

    assert (revoked.status_code, revoked.json()["status"]) == (200, "authorised")
    assert (again.status_code, again.json()["code"]) == (409, "release_missing")
    assert everything() == before
    (row,) = crew.get(f"{address}releases/").json()
    assert row["revoked_because"] == "Smoke."


def test_a_released_plan_is_not_planned_again_behind_its_release(crew, desk, now):
    operation, before = desk.released(now), everything()

    answer = crew.post(f"{BASE}/operations/{operation.number}/plan/")

    assert (answer.status_code, answer.json()["code"]) == (409, "transition_not_allowed")
    assert {**everything(), "AuditEvent": 0} == {**before, "AuditEvent": 0}


def test_a_draft_whose_time_has_passed_is_not_planned(crew, desk, now):
    draft = put_in(OperationStatus.DRAFT, desk, now - timedelta(days=2))

    answer = crew.post(f"{BASE}/operations/{draft.number}/plan/")

    assert (answer.status_code, pointers(answer)) == (400, ["/planned_end_at"])


def test_a_draft_whose_pilot_is_taken_is_a_conflict(crew, desk, now):
    desk.plan(now, aircraft=AircraftFactory(operator=desk.operator))
    draft = desk.plan(now, is_draft=True)
    before = everything()

    answer = crew.post(f"{BASE}/operations/{draft.number}/plan/")

    assert (answer.status_code, answer.json()["code"]) == (409, "resource_double_booked")
    assert answer.json()["details"] == {"resource": "A member of the crew", "kind": "person"}
    assert everything() == before


@pytest.mark.parametrize(
    "seen",
    [
        {},
        {"observed_at": "2026-03-14T22:31:00Z"},
        {"observed_at": "2026-03-14T20:29:00Z"},
        {"observed_at": "2026-03-15T09:29:00"},
        {"observed_at": "0001-01-01T00:00:00+14:00"},
        {"observed_at": "9999-12-31T23:59:59-14:00"},
        {"observed_at": "2026-03-14T22:29:00Z", "wind_speed_ms": 101},
        {"observed_at": "2026-03-14T22:29:00Z", "wind_speed_ms": "NaN"},
        {"observed_at": "2026-03-14T22:29:00Z", "wind_gust_ms": -1},
        {"observed_at": "2026-03-14T22:29:00Z", "visibility_m": 1e6},
        {"observed_at": "2026-03-14T22:29:00Z", "temperature_c": 71},
        {"observed_at": "2026-03-14T22:29:00Z", "precipitation": "frogs"},
        {"observed_at": "2026-03-14T22:29:00Z", "is_sky_clear": "mostly"},
    ],
)
def test_a_look_at_the_weather_that_makes_no_sense_is_refused(client_for, desk, now, seen):
    operation = desk.plan(now)
    client, before = client_for(member(desk.operator, "tick_preflightchecklist")), everything()

    answer = client.post(f"{BASE}/operations/{operation.number}/observe/", seen)

    assert answer.status_code == 400, answer.content
    assert pointers(answer)
    assert everything() == before


@pytest.fixture
def flying(desk, now):
    operation = desk.released(now, start=now + timedelta(minutes=5))
    return flights.start_operation(operation, actor=desk.pilot, at=now - timedelta(minutes=1))


@pytest.mark.parametrize("name", ["land", "abort"])
def test_a_landing_that_makes_no_sense_is_refused(crew, flying, name):
    before = everything()
    for given in (
        {"landed_at": "2026-03-14T22:28:00Z"},
        {"landed_at": "2026-03-14T22:31:00Z"},
        {"landed_at": "0001-01-01T00:00:00Z"},
        {"landed_at": "9999-12-31T23:59:59Z"},
        {"landed_at": "2026-03-14T22:29:30"},
        {"cycles": -1},
        {"cycles": 1_001},
        {"cycles": 1.5},
        {"cycles": True},
        {"reason": "x" * 2_001},
    ):
        body = {"reason": "Bird.", **given} if name == "abort" else given

        answer = crew.post(f"{BASE}/operations/{flying.number}/{name}/", body)

        assert answer.status_code == 400, given
    assert everything() == before


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({}, "/is_as_released"),
        ({"is_as_released": False}, "/changes"),
        ({"is_as_released": False, "changes": "  "}, "/changes"),
        ({"is_as_released": True, "highest_agl_m": 20_001}, "/highest_agl_m"),
        ({"is_as_released": True, "highest_agl_m": "NaN"}, "/highest_agl_m"),
        ({"is_as_released": True, "remarks": "x" * 4_001}, "/remarks"),
        ({"is_as_released": None}, "/is_as_released"),
    ],
)
def test_a_log_that_makes_no_sense_is_refused(crew, desk, now, given, pointer):
    operation = put_in(OperationStatus.LANDED, desk, now)
    before = everything()

    answer = crew.post(f"{BASE}/operations/{operation.number}/complete-log/", given)

    assert answer.status_code == 400, answer.content
    assert pointer in pointers(answer)
    assert everything() == before


def test_acknowledgements_that_make_no_sense_are_refused(crew, desk, now):
    operation = desk.authorised(now)
    before = everything()
    for notes in (
        "yes",
        [None],
        ["F2-MAINT"],
        [{"rule": "F2-MAINT"}],
        [{"rule": "F2-MAINT", "note": ""}],
        [{"rule": "x" * 41, "note": "n"}],
        [{"rule": "F2-MAINT", "note": "n", "signed": True}],
        [{"rule": "F2-MAINT", "note": "n"}] * 201,
    ):
        answer = crew.post(
            f"{BASE}/operations/{operation.number}/release/", {"acknowledgements": notes}
        )

        assert answer.status_code == 400, str(notes)[:30]
        assert pointers(answer)[0].startswith("/acknowledgements"), str(notes)[:30]
    assert everything() == before


def test_the_log_is_there_once_it_is_written(crew, desk, now):
    operation = put_in(OperationStatus.LANDED, desk, now)
    address = f"{BASE}/operations/{operation.number}/"
    assert crew.get(f"{address}log/").status_code == 404

    crew.post(f"{address}complete-log/", {"is_as_released": True})

    assert crew.get(f"{address}log/").json()["is_as_released"] is True


def test_an_assessment_is_fresh_or_the_stored_one(crew, desk, now):
    operation = desk.plan(now)
    address = f"{BASE}/operations/{operation.number}/assessment/"

    fresh, stored = crew.get(address).json(), crew.get(f"{address}?cached=true").json()

    assert (fresh["verdict"], fresh["stage"]) == (None, "planning")
    assert stored["verdict"] is not None
    assert stored["findings"] == fresh["findings"]
    assert crew.get(f"{address}?stage=release").json()["color"] == "red"
    unjudged = put_in(OperationStatus.CANCELLED, desk, now)
    cached = crew.get(f"{BASE}/operations/{unjudged.number}/assessment/?cached=true")
    assert cached.status_code == 404


@pytest.mark.parametrize("query", ["stage=post-flight", "stage=", "cached=perhaps", "when=now"])
def test_an_assessment_asked_for_in_another_way_is_refused(crew, desk, now, query):
    operation = desk.plan(now)

    answer = crew.get(f"{BASE}/operations/{operation.number}/assessment/?{query}")

    assert answer.status_code == 400


def test_a_pilots_log_entry_is_read_by_its_number(crew, desk, flying, now):
    flights.land_operation(flying, actor=desk.pilot, at=now)
    (entry,) = crew.get(f"{BASE}/pilot-logs/").json()["results"]

    assert crew.get(f"{BASE}/pilot-logs/{entry['id']}/").json() == entry
    for missing in (entry["id"] + 1, 10**17, "x"):
        assert crew.get(f"{BASE}/pilot-logs/{missing}/").status_code == 404
    assert crew.delete(f"{BASE}/pilot-logs/{entry['id']}/").status_code == 405


def test_every_address_of_the_api_is_in_these_tests():
    known = {route.path for route in (*VERBS, *READS, read("log/"))}

    for extra in FlightOperationViewSet.get_extra_actions():
        assert f"operations/{{number}}/{extra.url_path}/" in known

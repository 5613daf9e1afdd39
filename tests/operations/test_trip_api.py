"""The trip side of the desk over HTTP: shapes, refusals, keys, tags, query counts."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from operations.models import CrewLine, DutyPeriod, ServiceItem, Trip
from tests.contacts.factories import ContactFactory
from tests.operations.factories import NOW
from tests.operations.trip_world import (
    HOUR,
    START,
    accepted_quote,
    crewed,
    employed,
    field,
    hand_trip,
)
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
BASE = "/api/operations/"


@pytest.fixture(autouse=True)
def at_now():
    """The clock stands where the factories' stories happen."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def desk(client_for):
    return client_for(UserFactory(is_superuser=True))


def post(client, path, body=None, **headers):
    return client.post(BASE + path, body or {}, format="json", headers=headers)


def by_hand(tail, **more):
    out_at = timezone.now() + timedelta(days=2)
    body = {
        "aircraft": tail.tail_number,
        "customer": ContactFactory().pk,
        "title": "Ferry",
        "legs": [
            {
                "origin": field("KBSE").ident,
                "destination": field("KPCK", 42.48, -114.48).ident,
                "out_at": out_at.isoformat(),
                "block_min": 70,
            }
        ],
    }
    return {**body, **more}


def test_a_trip_by_hand_is_measured_and_held(desk, tail):
    answer = post(desk, "trips/", by_hand(tail))

    assert answer.status_code == 201, answer.json()
    (leg,) = answer.json()["legs"]
    assert float(leg["distance_nm"]) == pytest.approx(101.2, abs=1.5)
    assert (leg["block_min"], leg["flight_min"]) == (70, 60)
    assert leg["departs_local"].endswith(("-06:00", "-07:00"))
    assert answer["ETag"] == f'"{answer.json()["version"]}"'
    assert post(desk, "trips/", by_hand(tail)).status_code == 409


def test_the_same_key_makes_one_trip(desk, tail):
    body = by_hand(tail)

    first = post(desk, "trips/", body, **{"idempotency-key": "k1"})
    again = post(desk, "trips/", body, **{"idempotency-key": "k1"})
    other = post(desk, "trips/", {**body, "title": "X"}, **{"idempotency-key": "k1"})

    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert first.json()["number"] == again.json()["number"]
    assert Trip.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"legs": []},
        {"legs": "x"},
        {"aircraft": "N0NONE"},
        {"customer": 10**9},
        {"customer": "abc"},
        {"title": "x" * 201},
        {"title": ""},
        {"kind": "cruise"},
        {"surprise": 1},
        {"requirement": 10**9},
    ],
)
def test_malformed_trips_are_refused_and_nothing_is_written(desk, tail, wrong):
    answer = post(desk, "trips/", {**by_hand(tail), **wrong})

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert not Trip.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"block_min": 0},
        {"block_min": 5},
        {"block_min": 2881},
        {"out_at": "2026-03-15T20:00:00"},
        {"out_at": "2020-03-15T20:00:00Z"},
        {"out_at": "9999-12-31T23:30:00Z"},
        {"origin": "ZZZZ9"},
        {"has_patient": True, "kind": "positioning"},
        {"passengers": -1},
        {"sequence": 4},
    ],
)
def test_malformed_legs_are_refused(desk, tail, wrong):
    body = by_hand(tail)
    body["legs"][0].update(wrong)

    assert post(desk, "trips/", body).status_code == 400
    assert not Trip.objects.exists()


def test_a_departure_beyond_the_calendar_is_refused(desk, tail):
    trip = hand_trip(tail)
    path = f"{BASE}trips/{trip.number}/"
    never = {"legs": [{"sequence": 3, "planned_out_at": "9999-12-31T23:30:00Z"}]}

    answer = desk.patch(path, never, format="json", headers={"if-match": desk.get(path)["etag"]})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/legs/0/planned_out_at"


def test_booking_and_holding_over_http(desk):
    booked = post(desk, "trips/book/", {"quote": accepted_quote().number})
    version = accepted_quote(status="sent").versions.get()
    held = post(desk, "trips/hold/", {"version": version.pk})

    assert booked.status_code == 201, booked.json()
    assert (booked.json()["status"], held.json()["status"]) == ("confirmed", "tentative")
    assert booked.json()["patient"].startswith("PT-")
    assert set(booked.json()["requirement"]) == {
        "id",
        "patient",
        "acuity",
        "is_stretcher",
        "team",
        "equipment",
        "decision",
    }
    confirm = post(desk, f"trips/{held.json()['number']}/confirm/")
    assert (confirm.status_code, confirm.json()["code"]) == (409, "quote_not_bookable")


def test_an_edit_needs_the_tag_that_was_read(desk):
    trip = hand_trip()
    address = f"{BASE}trips/{trip.number}/"
    tag = desk.get(address)["ETag"]

    def edit(**headers):
        return desk.patch(address, {"title": "New"}, format="json", headers=headers).status_code

    assert edit() == 428
    assert edit(**{"if-match": '"9999"'}) == 412
    assert edit(**{"if-match": tag}) == 200
    assert edit(**{"if-match": tag}) == 412
    assert Trip.objects.get().title == "New"


def test_a_delay_is_previewed_then_made(desk):
    trip = hand_trip()
    body = {"leg": 1, "minutes": 45}

    preview = post(desk, f"trips/{trip.number}/delay-preview/", body)
    assert preview.status_code == 200, preview.json()
    assert preview.json()["newly_broken"] == []
    assert {row["what"] for row in preview.json()["shifts"]} == {
        "leg",
        "ground_leg",
        "service",
        "trip",
    }
    assert {row["runway"] for row in desk.get(f"{BASE}trips/{trip.number}/").json()["legs"]} == {
        None
    }

    made = post(desk, f"trips/{trip.number}/delay/", {**body, "code": "weather"})
    assert made.status_code == 200
    assert made.json()["legs"][0]["delay_min"] == made.json()["legs"][0]["late_min"] == 45
    assert (
        post(desk, f"trips/{trip.number}/delay/", {**body, "leg": 9, "code": "crew"}).status_code
        == 404
    )
    assert post(desk, f"trips/{trip.number}/delay/", {**body, "code": "x"}).status_code == 400


def test_crew_answer_for_themselves_over_http(desk, client_for):
    trip = hand_trip()
    person = employed(is_superuser=True)
    offered = post(desk, "crew/", {"trip": trip.number, "person": person.email, "role": "pic"})
    assert offered.status_code == 201, offered.json()
    pk = offered.json()[0]["id"]

    assert post(desk, f"crew/{pk}/accept/").json()["code"] == "not_your_place"
    assert post(client_for(person), f"crew/{pk}/accept/").json()["status"] == "accepted"

    mine = client_for(person).get(f"{BASE}crew/?mine=true").json()
    assert mine["count"] == 3
    assert desk.get(f"{BASE}crew/?mine=true").json()["count"] == 0
    assert desk.get(f"{BASE}crew/?mine=maybe").status_code == 400


def test_services_move_over_http(desk):
    trip = hand_trip()
    item = ServiceItem.objects.filter(trip=trip, kind="handling").first()
    path = f"services/{item.pk}/"

    assert post(desk, f"{path}request/").json()["status"] == "requested"
    assert post(desk, f"{path}confirm/").status_code == 400
    assert post(desk, f"{path}confirm/", {"reference": "JB-1"}).json()["status"] == "confirmed"
    assert post(desk, f"{path}recheck/").json()["code"] == "nothing_to_recheck"
    post(desk, f"trips/{trip.number}/delay/", {"leg": 1, "minutes": 5, "code": "crew"})
    assert desk.get(BASE + path).json()["needs_recheck"] is True
    assert post(desk, f"{path}recheck/").json()["needs_recheck"] is False
    assert post(desk, f"{path}not-needed/", {"reason": "Own stairs"}).json()["status"] == "na"
    steps = desk.get(f"{BASE}{path}history/").json()
    assert [step["to_status"] for step in steps] == ["requested", "confirmed", "na"]
    more = post(desk, "services/", {"trip": trip.number, "kind": "catering", "leg": 1})
    assert more.status_code == 201


def test_duty_is_reported_and_ended_over_http(desk):
    trip = hand_trip()
    crewed(trip)
    duty = DutyPeriod.objects.get()

    early = post(desk, f"duty-periods/{duty.pk}/report/")
    assert early.status_code == 400
    assert "hours" in early.json()["errors"][0]["message"]
    assert post(desk, f"duty-periods/{duty.pk}/end/").status_code in (400, 409)
    assert DutyPeriod.objects.get().status == "planned"


@pytest.mark.parametrize(
    "path",
    ["trips/TR-2026-9999/", "legs/999999/", "crew/999999/", "services/999999/", "crew-log/999999/"],
)
def test_what_is_not_there_is_a_404(desk, path):
    assert desk.get(BASE + path).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "trips/",
        "legs/",
        "crew/",
        "services/",
        "duty-periods/",
        "ground-legs/",
        "crew-log/",
        "calendars/",
    ],
)
def test_anonymous_and_ungranted_callers_are_refused(api, client_for, path):
    assert api.get(BASE + path).status_code == 401
    assert client_for(UserFactory()).get(BASE + path).status_code == 403


@pytest.mark.parametrize("path", ["trips/", "legs/", "crew/", "services/", "duty-periods/"])
def test_a_list_takes_the_same_statements_for_one_trip_and_for_three(desk, path):
    crewed(hand_trip())
    desk.get(BASE + path)
    with CaptureQueriesContext(
        connection,
    ) as one:
        assert desk.get(BASE + path).json()["count"] >= 1
    for _ in range(2):
        crewed(hand_trip())
    with CaptureQueriesContext(connection) as three:
        assert desk.get(BASE + path).json()["count"] >= 3

    assert len(three) == len(one) <= 14


def test_a_trip_page_takes_a_number_of_statements_that_stays(desk):
    small = hand_trip()
    big = hand_trip()
    crewed(big)
    crewed(big, role="sic")
    desk.get(f"{BASE}trips/{small.number}/")

    def count(trip):
        with CaptureQueriesContext(connection) as seen:
            assert desk.get(f"{BASE}trips/{trip.number}/").status_code == 200
        return len(seen)

    assert count(big) == count(small) <= 18


def test_the_desk_works_in_the_admin():
    trip = hand_trip()
    crewed(trip)
    browser = Client()
    names = ("trip", "tripleg", "groundleg", "dutyperiod", "serviceitem")
    coordinator = UserFactory()
    grant(coordinator, "operations.cancel_trip", *(f"operations.view_{name}" for name in names))
    browser.force_login(coordinator, backend="users.backends.RoleBackend")

    page = browser.get(reverse("admin:operations_trip_change", args=[trip.pk]))
    assert page.status_code == 200
    for text in (trip.number, "KBSE", "handling", "duty"):
        assert text.lower() in page.content.decode().lower()

    answer = browser.post(
        reverse("admin:operations_trip_changelist"),
        {"action": "cancel", "sure": "1", "_selected_action": [trip.pk], "reason": "Not wanted"},
        follow=True,
    )
    assert "cancelled" in answer.content.decode()
    trip.refresh_from_db()
    assert trip.status == "cancelled"
    assert set(CrewLine.objects.values_list("status", flat=True)) == {"released"}
    assert START - NOW > HOUR


def test_the_page_of_a_leg_costs_the_same_for_a_larger_crew():
    trip = hand_trip()
    crewed(trip)
    address = reverse("admin:operations_tripleg_change", args=[trip.legs.get(sequence=1).pk])
    browser, reader = Client(), UserFactory()
    grant(reader, "operations.view_tripleg", "operations.view_crewline")
    browser.force_login(reader, backend="users.backends.RoleBackend")

    def count():
        with CaptureQueriesContext(connection) as seen:
            assert browser.get(address).status_code == 200
        return len(seen)

    count()
    alone = count()
    for role in ("sic", "flight_nurse", "paramedic"):
        crewed(trip, role=role)

    assert count() == alone

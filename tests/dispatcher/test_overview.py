"""The board of a center: what it shows, to whom, and what that costs."""

import gzip
import json
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.geo import point
from dispatcher.views import board as board_views
from flight_operations.models import LastPosition
from tests.dispatcher.live_scene import (
    NOW,
    happened,
    judged,
    make_desk,
    make_drone,
    make_operation,
    make_schedule,
    publish,
)
from tests.operations.factories import CrewLineFactory, TripFactory
from tests.rpas.factories import DefectFactory, ScheduleFactory

pytestmark = pytest.mark.django_db
OVERVIEW = "/api/dispatcher/overview/"
MIDNIGHT = "2026-03-14T13:00:00Z"
NEXT = "2026-03-15T13:00:00Z"
LAST_FIELDS = {"recorded_at": NOW, "received_at": NOW, "altitude_m": 80.0, "speed_ms": 9.0}


@pytest.fixture(autouse=True)
def _clock(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture(scope="module")
def desk(kept_rows):
    return make_desk()


@pytest.fixture
def client(client_for, desk):
    return client_for(desk.dispatcher)


def ask(client, desk, **more):
    return client.get(OVERVIEW, {"center": desk.center.code, **more})


def trip_today(legs: int = 1):
    trip = TripFactory(legs=legs)
    for n, leg in enumerate(trip.legs.order_by("sequence")):
        start = NOW + timedelta(hours=3 * n)
        type(leg).objects.filter(pk=leg.pk).update(
            estimated_out_at=start, estimated_in_at=start + timedelta(hours=2)
        )
    type(trip).objects.filter(pk=trip.pk).update(
        start_at=NOW - timedelta(hours=1), end_at=NOW + timedelta(hours=20), status="confirmed"
    )
    return trip


@pytest.fixture
def full(desk):
    """A flight under way by a machine with a defect and little time left, as published."""
    drone = make_drone(desk.operator, time_in_service_min=2990, brought_forward_min=2990)
    ScheduleFactory(aircraft=drone)
    DefectFactory(aircraft=drone, found_at=NOW)
    operation = make_operation(
        desk, NOW, aircraft=drone, status="active", actual_start_at=NOW, number="FO-2026-0001"
    )
    LastPosition.objects.create(
        operation=operation, position=point(lat=-33.9, lon=151.2), **LAST_FIELDS
    )
    judged(operation, ("WXD-WIND", "amber", "Near."))
    schedule = make_schedule(desk, date(2026, 3, 15), status="draft")
    return publish(schedule, operation, before=20)


def test_the_days_plan_and_its_flights_are_on_the_board(client, desk, full):
    answer = ask(client, desk)

    assert answer.status_code == 200, answer.content
    board = answer.json()
    assert (board["since"], board["until"]) == (MIDNIGHT, NEXT)
    assert (board["now"], board["is_cut_off"]) == ("2026-03-14T22:30:00Z", False)
    assert board["center"]["code"] == desk.center.code
    assert [(s["day"], s["status"]) for s in board["schedules"]] == [("2026-03-15", "draft")]
    (assignment,) = board["assignments"]
    assert (assignment["id"], assignment["schedule_id"], assignment["occupied_from"]) == (
        full.pk, full.schedule_id, "2026-03-14T22:10:00Z",
    )  # fmt: skip
    (shown,) = board["operations"]
    assert (shown["number"], shown["status"], shown["is_of_center"]) == (
        "FO-2026-0001", "active", True,
    )  # fmt: skip
    assert (shown["compliance"], shown["is_stale"]) == ("amber", False)
    assert shown["forecast"]["color"] == "red"
    assert [each["number"] for each in board["forecast"]] == ["FO-2026-0001"]


def test_machines_people_positions_and_events_are_on_the_board(client, desk, full):
    event = happened(desk, operation=full.operation)

    board = ask(client, desk).json()

    position = board["operations"][0]["position"]
    assert (position["lat"], position["lon"], position["altitude_m"]) == (-33.9, 151.2, 80.0)
    assert position["recorded_at"] == "2026-03-14T22:30:00Z"
    (machine,) = board["aircraft"]
    assert (machine["registration"], machine["is_grounded"]) == (full.aircraft.registration, True)
    assert {pilot["id"] for pilot in board["pilots"]} == {desk.pilot.pk, desk.second.pk}
    assert [each["number"] for each in board["events"]] == [event.number]


def test_crewed_legs_are_on_the_same_timeline_and_name_no_patient(client, desk):
    trip = trip_today()
    line = CrewLineFactory(leg=trip.legs.get())
    judged(trip, ("WX-ICE", "red", "Ice."), is_stale=True)

    answer = ask(client, desk)

    (leg,) = answer.json()["legs"]
    assert (leg["trip_number"], leg["sequence"]) == (trip.number, 1)
    assert (leg["compliance"], leg["is_stale"]) == ("red", True)
    assert [(each["person_id"], each["name"]) for each in leg["crew_lines"]] == [
        (line.person_id, line.person.full_name)
    ]
    assert trip.aircraft.tail_number in {t["tail_number"] for t in answer.json()["crewed_aircraft"]}
    words = answer.content.decode().lower()
    assert all(word not in words for word in ("patient", "passenger", "diagnos", "customer"))


def test_a_color_whose_time_is_up_is_stale_and_none_is_stale(client, desk):
    overdue = make_operation(desk, number="FO-2026-0001")
    judged(overdue, ("X", "green", "Fine."), next_change_at=NOW - timedelta(seconds=1))
    make_operation(desk, number="FO-2026-0002")

    shown = {o["number"]: o for o in ask(client, desk).json()["operations"]}

    assert (shown["FO-2026-0001"]["compliance"], shown["FO-2026-0001"]["is_stale"]) == (
        "green", True,
    )  # fmt: skip
    assert (shown["FO-2026-0002"]["compliance"], shown["FO-2026-0002"]["is_stale"]) == (None, True)


def test_a_range_shows_what_overlaps_it_and_what_is_in_the_air(client, desk):
    numbers = {
        "before": make_operation(desk, NOW - timedelta(days=3)).number,
        "across": make_operation(desk, NOW - timedelta(minutes=30)).number,
        "after": make_operation(desk, NOW + timedelta(hours=2)).number,
        "aloft": make_operation(
            desk, NOW - timedelta(days=2), status="active", actual_start_at=NOW - timedelta(days=2)
        ).number,
    }

    answer = ask(client, desk, since="2026-03-14T22:30:00Z", until="2026-03-15T00:30:00Z")

    shown = {o["number"] for o in answer.json()["operations"]}
    assert shown == {numbers["across"], numbers["aloft"]}


def test_another_operators_records_are_not_on_it(client, desk):
    other = make_desk()
    make_operation(other)
    happened(other)
    publish(make_schedule(other, date(2026, 3, 15)), make_operation(other))

    board = ask(client, desk).json()

    assert (board["operations"], board["events"], board["assignments"]) == ([], [], [])
    assert board["aircraft"] == []


def test_who_may_not_see_trips_gets_none(client_for, desk):
    trip_today()

    board = ask(client_for(desk.pilot), desk).json()

    assert (board["legs"], board["crewed_aircraft"]) == ([], [])


def test_a_board_costs_at_most_twelve_statements_however_full(client, desk):
    def fill(count: int) -> None:
        schedule = make_schedule(desk, date(2026, 3, 15) + timedelta(days=count))
        for _ in range(count):
            operation = make_operation(desk)
            judged(operation, ("AU-RPAS-FATIGUE-DUTY", "amber", "Near."))
            publish(schedule, operation)
            happened(desk)
            CrewLineFactory(leg=trip_today().legs.get())

    fill(1)
    week = {"since": MIDNIGHT, "until": "2026-03-21T13:00:00Z"}
    with CaptureQueriesContext(connection) as few:
        one = ask(client, desk, **week).json()
    fill(4)
    with CaptureQueriesContext(connection) as many:
        five = ask(client, desk, **week).json()

    assert (len(one["operations"]), len(five["operations"])) == (1, 5)
    assert (len(one["legs"]), len(five["legs"])) == (1, 5)
    assert len(many) == len(few) <= 12


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"since": MIDNIGHT}, 400),
        ({"since": NEXT, "until": MIDNIGHT}, 400),
        ({"since": MIDNIGHT, "until": "2026-05-16T13:00:01Z"}, 400),
        ({"since": "2026-03-14T13:00:00", "until": NEXT}, 400),
        ({"since": "yesterday", "until": NEXT}, 400),
        ({"center": "NOWHERE"}, 404),
        ({"center": "X" * 99}, 400),
        ({"centre": "X"}, 400),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(client, desk, query, code):
    answer = client.get(OVERVIEW, {"center": desk.center.code} | query)

    assert answer.status_code == code
    assert answer["Content-Type"].startswith("application/problem+json")


def test_the_board_of_another_operator_is_not_there(client, desk):
    foreign = make_desk()

    for address in ("overview", "forecast", "stream"):
        answer = client.get(f"/api/dispatcher/{address}/", {"center": foreign.center.code})
        assert answer.status_code == 404, address


def test_the_forecast_names_the_soonest_limits_and_no_more_than_it_says(client, desk, monkeypatch):
    for hours in (5, 2, 3):
        operation = make_operation(desk, NOW + timedelta(hours=hours))
        judged(operation, ("AU-RPAS-FATIGUE-DUTY", "red", f"In {hours} h."))

    def told():
        answer = client.get("/api/dispatcher/forecast/", {"center": desk.center.code})
        return [each["text"] for each in answer.json()]

    assert told() == ["In 2 h.", "In 3 h.", "In 5 h."]
    monkeypatch.setattr(board_views, "MOST_LIMITS", 2)
    assert told() == ["In 2 h.", "In 3 h."]


def test_the_answer_has_the_shape_that_is_documented(client, desk):
    from dispatcher.serializers.board import BoardOverviewSerializer  # noqa: PLC0415

    operation = make_operation(desk)
    LastPosition.objects.create(
        operation=operation, position=point(lat=-33.9, lon=151.2), **LAST_FIELDS
    )
    publish(make_schedule(desk, date(2026, 3, 15)), operation)
    happened(desk)
    trip_today()
    board = json.loads(ask(client, desk).content)

    for name, field in BoardOverviewSerializer().fields.items():
        child = getattr(field, "child", field)
        rows = board[name] if isinstance(board[name], list) else [board[name]]
        if not hasattr(child, "fields"):
            continue
        assert name == "forecast" or rows, name
        for row in rows:
            assert set(row) == set(child.fields), name
    assert set(board) == set(BoardOverviewSerializer().fields)


def test_the_answer_is_short_on_the_line_for_who_takes_it_so(client, desk, full):
    plain = ask(client, desk)
    packed = client.get(OVERVIEW, {"center": desk.center.code}, headers={"Accept-Encoding": "gzip"})

    assert "Content-Encoding" not in plain
    assert packed["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed["Vary"]
    assert len(packed.content) < len(plain.content)
    assert json.loads(gzip.decompress(packed.content))["center"] == plain.json()["center"]

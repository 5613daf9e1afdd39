"""The live board: who hears what, and how it goes on after a break."""

import asyncio
import os
from datetime import timedelta

import pytest
from django.test import override_settings

from common.compliance.service import touch
from common.lifecycle import locked, move
from common.live.board import tell_board
from common.live.publish import now_at
from common.models import OutboxEvent
from dispatcher.handlers import drones
from dispatcher.services import events, notices
from dispatcher.services.board import tell_of_assignments
from flight_operations.events import PlanAmended
from flight_operations.services.telemetry_alerts import AlertChanges
from flight_operations.services.telemetry_live import publish_batch
from rpas.events import OperatorChanged
from rpas.models import OperatorMember
from rpas.services.operators import update_member
from tests.common.test_live import data, heard
from tests.common.test_live import events as kinds_of
from tests.dispatcher.live_scene import (
    NOW,
    happened,
    hear,
    judged,
    make_desk,
    make_operation,
    make_schedule,
    publish,
)
from tests.flight_operations.factories import PlanFactory
from tests.operations.factories import TripFactory
from users.events import ApiTokenRevoked, RolesChanged
from users.models import ApiToken
from users.services.api_tokens import revoke_token

URL = os.environ.get("REDIS_URL", "")
STREAM = "/api/dispatcher/stream/"
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not URL, reason="REDIS_URL is not set"),
]


@pytest.fixture(autouse=True)
def live():
    with override_settings(REDIS_URL=URL):
        yield


@pytest.fixture(scope="module")
def desk(kept_rows):
    return make_desk()


@pytest.fixture
def told(monkeypatch):
    """What was said on which channels since the test began, as a commit would say it."""
    said = []

    def note(channel, event, data, *also):
        said.append((channel, event, data))
        said.extend((route.channel, event, data) for route in also)

    monkeypatch.setattr("common.live.publish.publish", note)
    return said


@pytest.fixture
def on_commit(django_capture_on_commit_callbacks):
    return lambda: django_capture_on_commit_callbacks(execute=True)


def test_what_happens_to_a_desks_records_is_said_on_its_board(desk, told, on_commit):
    board = f"board:{desk.operator.scope}"
    operation = make_operation(desk, number="FO-2026-0001")
    judged(operation, ("X", "green", "Fine."))
    with on_commit():
        event = happened(desk, severity="critical")
        events.acknowledge_event(event, actor=desk.dispatcher, at=NOW)
        move(locked(operation), "in_review", actor=desk.pilot, at=NOW)
        schedule = make_schedule(desk, NOW.date())
        move(locked(schedule), "proposed", actor=desk.dispatcher, at=NOW)
        given = publish(schedule, operation)
        tell_of_assignments(desk.operator.scope, [given])

    said = [(event, data) for channel, event, data in told if channel == board]
    assert [name for name, _ in said] == ["event", "event", "status", "schedule", "assignments"]
    assert (said[0][1]["number"], said[1][1]["status"]) == (event.number, "acknowledged")
    assert (said[2][1]["number"], said[2][1]["status"]) == ("FO-2026-0001", "in_review")
    assert (said[3][1]["status"], said[4][1][0]["operation_id"]) == ("proposed", operation.pk)


def test_a_color_that_turns_stale_is_said_with_the_change(desk, told, on_commit):
    operation = make_operation(desk)
    judged(operation, ("X", "green", "Fine."), dependencies=["user:1"])

    with on_commit():
        touch("user:1", because="paper revoked")

    (said,) = [data for channel, event, data in told if event == "colors"]
    assert said == [
        {"type": "flight_operations.flightoperation", "id": operation.pk, "color": "green",
         "is_stale": True}
    ]  # fmt: skip


def test_an_amended_plan_is_said_with_its_times(desk, told, on_commit):
    operation = make_operation(desk, NOW + timedelta(days=1))
    PlanFactory(operation=operation)

    with on_commit():
        drones.tell_of_an_amended_plan(PlanAmended(operation_id=operation.pk))

    (said,) = [data for _, event, data in told if event == "times"]
    assert [row["id"] for row in said["rows"]] == [operation.pk]
    assert said["rows"][0]["start_at"] == operation.planned_start_at


def test_a_notice_is_said_to_whom_it_is_addressed_alone(desk, told, on_commit):
    operation = make_operation(desk)
    change = notices.Change(
        kind="changed", operation=operation, cause="c", text="Moved", starts_at=NOW
    )
    with on_commit():
        notices.tell_pilot(desk.pilot, desk.center, change, at=NOW)

    assert {channel for channel, event, _ in told if event == "notice"} == {
        f"person:{desk.pilot.pk}"
    }


def test_trips_are_said_to_who_sees_trips(desk, told, on_commit):
    trip = TripFactory(legs=1)
    with on_commit():
        tell_board(trip)
        tell_board(trip.legs.get())

    assert {(channel, event) for channel, event, _ in told} == {("board:crewed_fleet", "status")}
    words = str(told).lower()
    assert "title" not in words
    assert "patient" not in words


@pytest.fixture
def opened(monkeypatch):
    """The channels and the number to resume after of each stream that was opened."""
    found = []

    async def frames(*channels, resume="", pick=None, rights=None):
        found.append((set(channels), resume))
        yield b""

    monkeypatch.setattr("common.live.events.frames", frames)

    def read(response) -> tuple[set[str], str]:
        async def all_of() -> None:
            async for _ in response.streaming_content:
                pass

        asyncio.run(all_of())
        return found.pop()

    return read


def test_each_follows_ones_own_operators_and_oneself(client_for, desk, opened):
    other = make_desk()
    board, person = f"board:{desk.operator.scope}", f"person:{desk.dispatcher.pk}"

    own, _ = opened(client_for(desk.dispatcher).get(STREAM))
    pilots, _ = opened(client_for(desk.pilot).get(STREAM))
    theirs, _ = opened(client_for(other.dispatcher).get(STREAM))

    assert own == {board, f"{board}/crewed", person, "board:crewed_fleet"}
    # A remote pilot sees no crewed trips.
    assert pilots == {board, f"person:{desk.pilot.pk}"}
    assert board not in theirs


def test_a_stream_goes_on_after_what_was_seen_or_where_the_board_was_read(client_for, desk, opened):
    client = client_for(desk.dispatcher)
    cursor = client.get("/api/dispatcher/overview/", {"center": desk.center.code}).json()["cursor"]

    _, from_board = opened(client.get(STREAM, {"after": cursor}))
    _, after_seen = opened(client.get(STREAM, {"after": cursor}, headers={"Last-Event-ID": "7-1"}))
    _, from_nonsense = opened(client.get(STREAM, headers={"Last-Event-ID": "a; DROP"}))
    one_center, _ = opened(client.get(STREAM, {"center": desk.center.code}))

    assert (from_board, after_seen, from_nonsense) == (cursor, "7-1", "0-0")
    assert f"board:{desk.operator.scope}" in one_center


def test_the_stream_keeps_no_database_connection(client_for, desk, monkeypatch):
    closed = []

    class Elsewhere:
        in_atomic_block = False

        def close(self) -> None:
            closed.append(True)

    monkeypatch.setattr("common.live.events.connection", Elsewhere())

    answer = client_for(desk.dispatcher).get(STREAM)

    assert answer["Content-Type"].startswith("text/event-stream")
    assert (answer["Cache-Control"], answer["X-Accel-Buffering"]) == ("no-store", "no")
    assert closed == [True]


def test_a_position_reaches_the_board_of_its_operator(desk, on_commit):
    """The way of telemetry: what a flight's own channel hears, its board does too."""
    from common.live.events import frames  # noqa: PLC0415
    from flight_operations.queries.telemetry_target import TelemetryTarget  # noqa: PLC0415

    operation = make_operation(desk, status="active", actual_start_at=NOW)
    target = TelemetryTarget(
        operation_id=operation.pk, number=operation.number, status="active", version=1,
        plan_version=1, started_at=NOW, ended_at=None, aircraft_id=operation.aircraft_id,
        operator_id=operation.operator_id,
    )  # fmt: skip

    class Place:
        def newest(self) -> dict:
            return {"lat": -33.9, "lon": 151.2, "datum": 1, "height_basis": 1}

    with on_commit() as waiting:
        publish_batch(target, Place(), AlertChanges())  # type: ignore[arg-type]
    publish_now = waiting[0]

    found = asyncio.run(heard(frames(f"board:{desk.operator.scope}"), 1, publish_now))

    assert kinds_of(found) == [b"position"]
    assert data(found)[0]["operation"] == operation.number


def test_whose_rights_changed_is_asked_again(desk, on_commit):
    from common.live.events import frames  # noqa: PLC0415

    with on_commit() as waiting:
        hear(RolesChanged(user_id=desk.pilot.pk))

    async def story() -> list[bytes]:
        async with asyncio.timeout(5):
            return [part async for part in frames(f"person:{desk.pilot.pk}", resume=before)]

    before = now_at()
    for say in waiting:
        say()
    *_, last = asyncio.run(story())
    assert b"event: end" in last


def ends(channel, resume, waiting) -> bool:
    """Whether a stream of a channel ends of what was waiting for a commit."""
    from common.live.events import frames  # noqa: PLC0415

    async def story() -> list[bytes]:
        async with asyncio.timeout(5):
            return [part async for part in frames(channel, resume=resume)]

    for say in waiting:
        say()
    *_, last = asyncio.run(story())
    return b"event: end" in last


def test_whoever_follows_an_operators_board_is_asked_again_when_its_members_change(desk, on_commit):
    member = OperatorMember.objects.get(operator=desk.operator, user=desk.second)
    before = now_at()

    with on_commit() as waiting:
        update_member(
            member, changes={"valid_until": NOW.date()}, version=None, actor=desk.pilot, at=NOW
        )
        hear(OperatorChanged(**OutboxEvent.objects.get(name=OperatorChanged.name).payload))

    assert ends(f"board:{desk.operator.scope}", before, waiting[-1:])


def test_other_operators_boards_go_on_when_members_change(desk, told, on_commit):
    make_desk()
    with on_commit():
        hear(OperatorChanged(operator_id=desk.operator.pk))

    assert {(channel, event) for channel, event, _ in told} == {
        (f"board:{desk.operator.scope}", "end")
    }


def test_a_machine_whose_key_was_revoked_follows_nothing_any_longer(desk, on_commit):
    token = ApiToken.objects.create(
        owner=desk.pilot, name="Map", prefix="abcdefgh", key_hash="0" * 64, scopes=["x.y"],
        expires_at=NOW + timedelta(days=30), issued_by=desk.pilot, issued_at=NOW,
    )  # fmt: skip
    before = now_at()

    with on_commit() as waiting:
        revoke_token(token, reason="Lost", actor=desk.pilot, at=NOW)
        hear(ApiTokenRevoked(**OutboxEvent.objects.get(name=ApiTokenRevoked.name).payload))

    assert ends(f"person:{desk.pilot.pk}", before, waiting[-1:])


def test_events_of_crewed_flying_are_said_to_who_sees_trips(desk, told, on_commit):
    trip = TripFactory(legs=1)
    with on_commit():
        event = happened(desk, subject=trip)
        events.acknowledge_event(event, actor=desk.dispatcher, at=NOW)

    channels = {channel for channel, name, _ in told if name == "event"}
    assert channels == {f"board:{desk.operator.scope}/crewed"}


def test_what_nobody_described_is_said_to_nobody(desk, told, on_commit):
    with on_commit():
        tell_board(desk.center)

    assert told == []

from datetime import timedelta
from uuid import uuid4

import pytest

from dispatcher.models import Assignment, DispatchSchedule, OperationDemand
from dispatcher.services import optimization
from rpas.services.defects import raise_defect
from tests.dispatcher.scene import CLOSES, DAY, OPENS, at_the_desk, elsewhere

BASE = "/api/dispatcher"
NINE = OPENS + timedelta(hours=3)
VERBS = (
    *(f"{verb}_dispatchcenter" for verb in ("add", "change", "view", "deactivate", "reactivate")),
    "recommend_dispatchcenter",
    *(f"{verb}_dispatchschedule" for verb in ("add", "view", "optimise", "publish", "close")),
    *(f"{verb}_assignment" for verb in ("add", "change", "view", "withdraw", "pin")),
    *(f"{verb}_resourceprofile" for verb in ("add", "change", "view")),
    *(f"{verb}_operationdemand" for verb in ("add", "change", "view")),
    "cancel_optimizationrun",
)


@pytest.fixture
def desk_client(client_for, desk):
    return client_for(at_the_desk(desk, *VERBS))


@pytest.fixture
def stranger(client_for, desk):
    return client_for(elsewhere(*VERBS))


def center_body(desk, **more):
    return {
        "operator": desk.operator.name,
        "code": "SYD-N",
        "name": "Sydney north",
        "point": {"type": "Point", "coordinates": [151.2, -33.8]},
        "timezone": "Australia/Sydney",
        "opens_at": "22:00",
        "closes_at": "06:00",
    } | more


def test_a_center_is_set_up_changed_and_closed_down(desk_client, stranger, desk):
    made = desk_client.post(f"{BASE}/centers/", center_body(desk), format="json")
    twice = desk_client.post(f"{BASE}/centers/", center_body(desk), format="json")
    blind = desk_client.patch(f"{BASE}/centers/SYD-N/", {"name": "North"}, format="json")
    changed = desk_client.patch(
        f"{BASE}/centers/SYD-N/", {"name": "North"}, format="json", HTTP_IF_MATCH=made["ETag"]
    )
    stale = desk_client.patch(
        f"{BASE}/centers/SYD-N/", {"name": "South"}, format="json", HTTP_IF_MATCH=made["ETag"]
    )
    closed = desk_client.post(f"{BASE}/centers/SYD-N/deactivate/")

    assert (made.status_code, made.json()["closes_at"]) == (201, "06:00:00")
    assert [each.status_code for each in (twice, blind, changed, stale)] == [409, 428, 200, 412]
    assert (changed.json()["name"], closed.json()["is_active"]) == ("North", False)
    assert desk_client.post(f"{BASE}/centers/SYD-N/deactivate/").status_code == 409
    assert stranger.get(f"{BASE}/centers/SYD-N/").status_code == 404


@pytest.mark.parametrize(
    ("bad", "pointer"),
    [
        ({"timezone": "Mars/Olympus"}, "/timezone"),
        ({"weights": {"joy": 1}}, "/weights"),
        ({"weights": {"prize": "NaN"}}, "/weights/prize"),
        ({"code": "a b"}, "/code"),
        ({"max_concurrent_operations": 0}, "/max_concurrent_operations"),
        ({"colour": "red"}, "/colour"),
    ],
)
def test_a_center_that_cannot_be_is_refused_with_the_field(desk_client, desk, bad, pointer):
    answer = desk_client.post(f"{BASE}/centers/", center_body(desk, **bad), format="json")

    assert answer.status_code == 400
    assert pointer in str(answer.json())


def test_a_day_is_opened_planned_read_and_published(desk_client, stranger, desk, now):
    operation = desk.wanted(now, km_east=5)
    key = {"HTTP_IDEMPOTENCY_KEY": str(uuid4())}
    body = {"center": desk.center.code, "day": DAY.isoformat()}

    opened = desk_client.post(f"{BASE}/schedules/", body, format="json", **key)
    again = desk_client.post(f"{BASE}/schedules/", body, format="json", **key)
    twice = desk_client.post(f"{BASE}/schedules/", body, format="json")
    address = f"{BASE}/schedules/{opened.json()['id']}"
    run = desk_client.post(f"{address}/optimise/", {"seed": 3}, format="json")
    busy = desk_client.post(f"{address}/optimise/", {}, format="json")
    optimization.perform_run(DispatchSchedule.objects.get().runs.get().pk, clock=lambda: now)
    read(desk_client, address, operation)
    hidden = stranger.post(f"{address}/publish/", {"revision": 0}, format="json")
    published = desk_client.post(f"{address}/publish/", {"revision": 0}, format="json")
    late = desk_client.post(f"{address}/publish/", {"revision": 0}, format="json")

    assert (opened.status_code, again.status_code, twice.status_code) == (201, 201, 409)
    assert (again["Idempotent-Replay"], again.json()["id"]) == ("true", opened.json()["id"])
    assert (run.status_code, run.json()["status"], run.json()["seed"]) == (202, "queued", 3)
    assert (busy.status_code, busy.json()["code"]) == (409, "optimization_in_progress")
    assert (hidden.status_code, published.status_code) == (404, 200)
    assert published.json()["schedule"]["revision"] == 1
    assert [each["status"] for each in published.json()["assignments"]] == ["published"]
    assert (late.status_code, late.json()["code"]) == (409, "plan_changed_since")
    steps = [each["to_status"] for each in desk_client.get(f"{address}/history/").json()]
    assert steps == ["optimising", "proposed", "published"]


def read(client, address, operation):
    """The proposal and its difference, as they stand before anything is published."""
    proposal = client.get(f"{address}/proposal/").json()
    diff = client.get(f"{address}/diff/").json()

    assert proposal["run"]["status"] == "succeeded"
    assert [each["operation"] for each in proposal["assignments"]] == [operation.number]
    assert proposal["unassigned"] == []
    assert [each["operation"] for each in diff["added"]] == [operation.number]
    assert diff["changes"] == []


def test_a_plan_can_be_stopped_dropped_and_closed(desk_client, desk, now):
    desk.wanted(now)
    schedule = desk.open(now)
    address = f"{BASE}/schedules/{schedule.pk}"

    nothing = desk_client.post(f"{address}/cancel/")
    desk_client.post(f"{address}/optimise/", {}, format="json")
    stopped = desk_client.post(f"{address}/cancel/")
    desk.optimised(now)
    dropped = desk_client.post(f"{address}/drop/")
    closed = desk_client.post(f"{address}/close/")

    assert nothing.status_code == 409
    assert stopped.json()["status"] == "cancelled"
    assert (dropped.json()["status"], closed.json()["status"]) == ("draft", "closed")
    assert [each["status"] for each in desk_client.get(f"{address}/runs/").json()] == [
        "succeeded",
        "cancelled",
    ]


def test_by_hand_findings_and_bookings_are_shown_before_anything_is_saved(desk_client, desk, now):
    operation = desk.draft(now)
    schedule = desk.open(now)
    raise_defect(
        desk.aircraft[0], severity="major", description="Crack", actor=desk.dispatcher, at=now
    )
    body = {
        "schedule": schedule.pk,
        "operation": operation.number,
        "aircraft": desk.aircraft[0].registration,
        "pilot": desk.pilots[0].pk,
        "start_at": NINE.isoformat(),
    }

    looked = desk_client.post(f"{BASE}/assignments/check/", body, format="json")
    refused = desk_client.post(f"{BASE}/assignments/", body, format="json")
    local = desk_client.post(
        f"{BASE}/assignments/", body | {"start_at": "2026-03-15T09:00:00"}, format="json"
    )

    assert looked.status_code == 200
    assert looked.json()["is_permitted"] is False
    assert "F2-MAJOR" in {each["rule"] for each in looked.json()["findings"]}
    assert (refused.status_code, refused.json()["code"]) == (409, "assignment_not_permitted")
    assert local.status_code == 400
    assert Assignment.objects.count() == 0


def test_what_somebody_assigned_meanwhile_is_not_replaced_unseen(desk_client, desk, now):
    body = {
        "operation": desk.draft(now).number,
        "schedule": desk.open(now).pk,
        "aircraft": desk.aircraft[1].registration,
        "pilot": desk.pilots[0].pk,
        "start_at": NINE.isoformat(),
    }
    later = body | {"start_at": (NINE + timedelta(hours=2)).isoformat()}
    unseen = {"format": "json", "headers": {"If-None-Match": "*"}}

    first = desk_client.post(f"{BASE}/assignments/", body, **unseen)
    second = desk_client.post(f"{BASE}/assignments/", later, **unseen)

    assert first.status_code == 201
    assert (second.status_code, second.json()["code"]) == (412, "already_assigned")
    assert Assignment.objects.live().get().start_at == NINE
    seen = desk_client.post(f"{BASE}/assignments/", later, format="json")
    assert seen.status_code == 201
    assert Assignment.objects.live().get().start_at == NINE + timedelta(hours=2)


def test_an_assignment_is_made_pinned_let_go_moved_and_withdrawn(desk_client, desk, now):
    body = {
        "operation": desk.draft(now).number,
        "schedule": desk.open(now).pk,
        "aircraft": desk.aircraft[1].registration,
        "pilot": desk.pilots[0].pk,
        "start_at": NINE.isoformat(),
    }
    made = desk_client.post(f"{BASE}/assignments/", body, format="json")
    address = f"{BASE}/assignments/{made.json()['id']}"
    pinned = desk_client.post(f"{address}/pin/", {"reason": "Promised"}, format="json")
    again = desk_client.post(f"{address}/pin/", {"reason": "Promised"}, format="json")
    looked = desk_client.post(f"{BASE}/assignments/check/", body, format="json").json()
    let_go = desk_client.post(f"{address}/unpin/")
    move = {name: body[name] for name in ("aircraft", "pilot")}
    move["start_at"] = (NINE + timedelta(hours=1)).isoformat()
    blind = desk_client.post(f"{address}/move/", move, format="json")
    moved = desk_client.post(f"{address}/move/", move, format="json", HTTP_IF_MATCH=let_go["ETag"])

    assert (made.status_code, made.json()["status"]) == (201, "proposed")
    assert (pinned.json()["is_pinned"], again.status_code) == (True, 409)
    assert [each["code"] for each in looked["refusals"]] == ["assignment_pinned"]
    assert "Promised" in looked["refusals"][0]["message"]
    assert (blind.status_code, moved.status_code) == (428, 200)
    assert Assignment.objects.live().get().start_at == NINE + timedelta(hours=1)
    address = f"{BASE}/assignments/{moved.json()['id']}"
    gone = desk_client.post(f"{address}/withdraw/", {"reason": "No"}, format="json")
    assert gone.json()["status"] == "withdrawn"


def test_lists_ask_a_fixed_number_of_questions(
    desk_client, stranger, desk, now, django_assert_max_num_queries
):
    for km in range(3):
        desk.wanted(now, km_east=km)
    desk.optimised(now)

    with django_assert_max_num_queries(12):
        answer = desk_client.get(f"{BASE}/assignments/", {"day": DAY.isoformat()})

    assert answer.json()["count"] == 3
    assert stranger.get(f"{BASE}/assignments/").json()["count"] == 0
    assert desk_client.get(f"{BASE}/assignments/", {"dai": "x"}).status_code == 400


def test_what_an_operation_asks_for_is_written_down(desk_client, stranger, desk, now):
    operation = desk.draft(now)
    window = [OPENS.isoformat(), CLOSES.isoformat()]
    body = {"operation": operation.number, "priority": 5, "windows": [window]}

    made = desk_client.post(f"{BASE}/demands/", body, format="json")
    hidden = stranger.post(f"{BASE}/demands/", body, format="json")
    odd = [
        desk_client.post(f"{BASE}/demands/", body | more, format="json").status_code
        for more in (
            {"windows": [window[::-1]]},
            {"windows": [["2026-03-15T06:00:00", window[1]]]},
            {"priority": 6},
            {"deadline_at": window[0], "earliest_at": window[1]},
        )
    ]

    assert (made.status_code, made.json()["priority"]) == (200, 5)
    assert made.json()["windows"] == [["2026-03-14T22:00:00Z", "2026-03-15T10:00:00Z"]]
    assert (hidden.status_code, odd) == (400, [400] * 4)
    assert OperationDemand.objects.get().windows[0].upper == CLOSES


def test_a_slot_is_recommended_beside_the_plan(desk_client, desk, now):
    first, second = desk.wanted(now, km_east=5), desk.wanted(now, km_east=6)
    second.dispatch_demand.delete()
    desk.optimised(now)

    answer = desk_client.post(
        f"{BASE}/centers/{desk.center.code}/recommend-slot/",
        {"operation": second.number, "day": DAY.isoformat()},
        format="json",
    )

    assert answer.status_code == 200, answer.json()
    slots = answer.json()["slots"]
    assert slots
    assert {each["aircraft"] for each in slots} <= {a.registration for a in desk.aircraft}
    assert Assignment.objects.filter(operation=second).count() <= 1
    assert first.number != second.number


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2024-01-01", "2028-01-01"])
def test_a_day_that_is_no_day_to_plan_is_refused(desk_client, desk, now, day):
    operation, center = desk.wanted(now, km_east=5), desk.center.code
    slots = f"{BASE}/centers/{center}/recommend-slot/"

    opened = desk_client.post(f"{BASE}/schedules/", {"center": center, "day": day}, format="json")
    asked = desk_client.post(slots, {"operation": operation.number, "day": day}, format="json")

    for answer in (opened, asked):
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/day")
    assert not DispatchSchedule.objects.exists()


def test_how_somebody_works_for_a_center_is_set_and_changed(desk_client, desk):
    body = {
        "center": desk.center.code,
        "person": desk.pilots[0].pk,
        "starts_at": "07:00",
        "ends_at": "15:00",
        "weekdays": [0, 6],
    }

    made = desk_client.post(f"{BASE}/resources/", body, format="json")
    half = desk_client.post(f"{BASE}/resources/", body | {"ends_at": None}, format="json")
    both = desk_client.post(
        f"{BASE}/resources/", body | {"aircraft": desk.aircraft[0].registration}, format="json"
    )
    changed = desk_client.patch(
        f"{BASE}/resources/{made.json()['id']}/",
        {"max_duty_min": 300},
        format="json",
        HTTP_IF_MATCH=made["ETag"],
    )

    assert (made.status_code, half.status_code, both.status_code) == (200, 400, 400)
    assert changed.json()["max_duty_min"] == 300

"""Milestones, holding, calling off and costs of a job over HTTP: done, refused, repeated."""

from datetime import timedelta

import pytest

from client_management.models import JobCost, JobOrder
from flight_operations.models import FlightOperation
from tests.client_management import scene
from tests.client_management.portal.people import key
from tests.users.factories import UserFactory, grant

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("that_day")]
BASE = "/api/client-management/jobs/"
TRAVEL = {
    "kind": "travel",
    "description": "Ferry",
    "amount": "180.00",
    "incurred_on": "2026-03-13",
}
# Every deed with a body that is taken, on a job in the right state.
DEEDS = {
    "milestones": {"milestones": [{"title": "Flown", "amount": "1.00"}]},
    "reach-milestone": {"sequence": 1},
    "hold": {"reason": "Site closed"},
    "resume": {},
    "cancel": {"reason": "Project stopped"},
    "enter-cost": TRAVEL,
    "void-cost": {"cost": 1, "reason": "Entered twice"},
}
LONG = "x" * 2001


@pytest.fixture
def draft(actor, now):
    """A job that is not confirmed, billed by its milestones."""
    client = scene.client(actor, now)
    scene.contract(actor, now, client, billing_trigger="milestones")
    return scene.job(client, actor, now, is_confirmed=False)


@pytest.fixture
def planned(made, team, actor, now):
    """The operations of our job, none of which has flown."""
    return scene.planned(made, team, actor, now)


def send(person, job, deed, body=None, **more):
    return person.post(f"{BASE}{job.number}/{deed}/", body or {}, format="json", **more)


def code_of(answer):
    return answer.status_code, answer.json()["code"]


def parts(job):
    half = job.agreed_amount / 2
    return [
        {"title": "Flown", "amount": str(half)},
        {"title": "Delivered", "amount": str(half), "due_on": "2026-04-20"},
    ]


def test_milestones_are_set_replaced_and_reached_once(boss, draft, now):
    first = send(boss, draft, "milestones", {"milestones": [{"title": "All", "amount": "1.00"}]})
    answer = send(boss, draft, "milestones", {"milestones": parts(draft)})
    assert (first.status_code, answer.status_code) == (200, 200), answer.json()
    assert [each["title"] for each in answer.json()["milestones"]] == ["Flown", "Delivered"]
    assert send(boss, draft, "confirm").status_code == 200

    reached = send(boss, draft, "reach-milestone", {"sequence": 1, "evidence": "Coverage 100 %"})
    again = send(boss, draft, "reach-milestone", {"sequence": 1})

    assert reached.status_code == 200, reached.json()
    assert code_of(again) == (409, "milestone_reached")
    row = draft.milestones.get(sequence=1)
    assert (row.reached_at, row.evidence) == (now, "Coverage 100 %")
    assert draft.milestones.get(sequence=2).reached_at is None


def test_milestones_that_do_not_come_to_what_is_agreed_stop_the_confirmation(boss, draft):
    body = {"milestones": [{"title": "Flown", "amount": "1.00"}]}
    assert send(boss, draft, "milestones", body).status_code == 200

    assert code_of(send(boss, draft, "confirm")) == (409, "milestones_do_not_add_up")
    assert JobOrder.objects.get(pk=draft.pk).status == "draft"


def test_milestones_of_a_confirmed_job_stand(boss, made):
    before = list(made.milestones.values_list("title", flat=True))

    answer = send(boss, made, "milestones", {"milestones": parts(made)})

    assert answer.status_code == 409
    assert list(made.milestones.values_list("title", flat=True)) == before


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"milestones": "x"},
        {"milestones": [{"amount": "1.00"}]},
        {"milestones": [{"title": "", "amount": "1.00"}]},
        {"milestones": [{"title": "x" * 201, "amount": "1.00"}]},
        {"milestones": [{"title": "a", "amount": "-1.00"}]},
        {"milestones": [{"title": "a", "amount": "1.001"}]},
        {"milestones": [{"title": "a", "amount": "1.00", "due_on": "soon"}]},
        {"milestones": [{"title": "a", "amount": "1.00", "paid": True}]},
        {"milestones": [{"title": "a", "amount": "0.01"}] * 500},
    ],
)
def test_milestones_that_cannot_be_are_refused(boss, draft, body):
    answer = send(boss, draft, "milestones", body)

    assert code_of(answer)[0] == 400
    assert not draft.milestones.exists()


@pytest.mark.parametrize(
    ("sequence", "status"), [(9, 404), (0, 400), (-1, 400), ("x", 400), (None, 400), (10**9, 400)]
)
def test_a_milestone_that_is_not_there_is_not_reached(boss, made, sequence, status):
    assert send(boss, made, "reach-milestone", {"sequence": sequence}).status_code == status


def test_a_held_job_frees_what_has_not_flown_and_is_resumed(boss, made, planned):
    held = send(boss, made, "hold", {"reason": "Site closed"})
    again = send(boss, made, "hold", {"reason": "Site closed"})

    assert (held.status_code, held.json()["status"]) == (200, "on_hold")
    assert code_of(again) == (409, "transition_not_allowed")
    rows = FlightOperation.objects.filter(pk__in=[each.operation_id for each in planned])
    assert set(rows.values_list("status", flat=True)) == {"cancelled"}
    resumed = send(boss, made, "resume")
    assert (resumed.status_code, resumed.json()["status"]) == (200, "confirmed")
    assert code_of(send(boss, made, "resume")) == (409, "transition_not_allowed")
    steps = boss.get(f"{BASE}{made.number}/history/").json()[-2:]
    assert [(each["to_status"], each["reason"]) for each in steps] == [
        ("on_hold", "Site closed"),
        ("confirmed", ""),
    ]


@pytest.mark.parametrize("deed", ["hold", "cancel"])
def test_a_job_in_the_air_is_waited_for(boss, made, planned, now, deed):
    link = planned[0]
    FlightOperation.objects.filter(pk=link.operation_id).update(
        status="active", actual_start_at=now
    )

    answer = send(boss, made, deed, {"reason": "Stop"})

    assert code_of(answer) == (409, "flight_in_progress")
    assert JobOrder.objects.get(pk=made.pk).status == "confirmed"
    others = made.operations.exclude(pk=link.pk).values_list("operation__status", flat=True)
    assert set(others) == {"draft"}


def test_a_job_that_is_called_off_is_over(boss, made, planned):
    answer = send(boss, made, "cancel", {"reason": "Project stopped"})

    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert set(made.operations.values_list("operation__status", flat=True)) == {"cancelled"}
    for deed in ("cancel", "hold", "resume"):
        assert code_of(send(boss, made, deed, DEEDS[deed])) == (409, "transition_not_allowed")


@pytest.mark.parametrize("deed", ["hold", "cancel"])
@pytest.mark.parametrize(
    "body", [{}, {"reason": ""}, {"reason": LONG}, {"reason": ["x"]}, {"reason": "x", "by": 1}]
)
def test_without_a_reason_nothing_is_stopped(boss, made, deed, body):
    answer = send(boss, made, deed, body)

    assert answer.status_code == 400
    assert JobOrder.objects.get(pk=made.pk).status == "confirmed"


def test_costs_are_entered_counted_and_taken_back_once(boss, made):
    entered = send(boss, made, "enter-cost", TRAVEL)
    assert entered.status_code == 201, entered.json()
    number = entered.json()["id"]
    assert boss.get(f"{BASE}{made.number}/margin/").json()["cost"] == "180.00"
    assert [each["id"] for each in boss.get(f"{BASE}{made.number}/costs/").json()] == [number]

    body = {"cost": number, "reason": "Entered twice"}
    voided, again = (send(boss, made, "void-cost", body) for _ in range(2))

    assert voided.status_code == 200
    assert code_of(again) == (409, "cost_voided")
    assert boss.get(f"{BASE}{made.number}/margin/").json()["cost"] == "0.00"
    row = JobCost.objects.get()
    assert (row.voided_because, row.amount) == ("Entered twice", 180)
    assert len(boss.get(f"{BASE}{made.number}/costs/").json()) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "bribes"},
        {"kind": "flight"},
        {"amount": "-1.00"},
        {"amount": "1.001"},
        {"amount": "1e30"},
        {"amount": None},
        {"incurred_on": "2026-03-16"},
        {"incurred_on": "yesterday"},
        {"description": ""},
        {"description": "x" * 201},
        {"currency": "USD"},
        {"document": 10**12},
    ],
    ids=str,
)
def test_a_cost_that_cannot_be_is_refused(boss, made, changes):
    answer = send(boss, made, "enter-cost", TRAVEL | changes)

    assert answer.status_code == 400, answer.json()
    assert not JobCost.objects.exists()


def test_a_cost_of_another_job_is_not_taken_back(boss, made, client_org, actor, now):
    other = scene.job(client_org, actor, now)
    number = send(boss, other, "enter-cost", TRAVEL).json()["id"]

    answer = send(boss, made, "void-cost", {"cost": number, "reason": "Not ours"})

    assert answer.status_code == 404
    assert JobCost.objects.get().voided_at is None


def test_the_same_key_does_a_deed_once(boss, made):
    once = {"HTTP_IDEMPOTENCY_KEY": "the-same"}
    first, again = (send(boss, made, "enter-cost", TRAVEL, **once) for _ in range(2))
    other = send(boss, made, "enter-cost", TRAVEL | {"amount": "1.00"}, **once)

    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert first.json()["id"] == again.json()["id"]
    assert JobCost.objects.count() == 1
    held = [
        send(boss, made, "hold", {"reason": "Rain"}, HTTP_IDEMPOTENCY_KEY="held") for _ in range(2)
    ]
    assert [each.status_code for each in held] == [200, 200]


@pytest.fixture
def outsiders(client_org, actor, now, client_for):
    """Who works here without a grant to jobs, the client's own owner, and another client's."""
    worker = UserFactory()
    grant(worker, "client_management.view_clientorganization")
    owners = [key(client, actor, now).user for client in (client_org, scene.client(actor, now))]
    return [client_for(each) for each in (worker, *owners)]


@pytest.mark.parametrize("deed", sorted(DEEDS))
def test_nobody_without_the_grant_does_it_and_no_client(api, outsiders, made, deed):
    before = JobOrder.objects.values().get(pk=made.pk)

    assert send(api, made, deed, DEEDS[deed]).status_code == 401
    for person in outsiders:
        assert send(person, made, deed, DEEDS[deed]).status_code == 403

    assert JobOrder.objects.values().get(pk=made.pk) == before
    assert not JobCost.objects.exists()


@pytest.mark.parametrize("deed", sorted(DEEDS))
def test_who_may_only_look_at_jobs_changes_none(client_for, made, deed):
    looker = UserFactory()
    grant(looker, "client_management.view_joborder")

    assert send(client_for(looker), made, deed, DEEDS[deed]).status_code == 403


@pytest.mark.parametrize("end", ["costs", "margin", "operations", "history"])
def test_nobody_without_the_grant_reads_it_and_no_client(api, outsiders, made, end):
    where = f"{BASE}{made.number}/{end}/"

    assert api.get(where).status_code == 401
    assert [each.get(where).status_code for each in outsiders] == [403] * 3


@pytest.mark.parametrize("deed", sorted(DEEDS))
def test_a_job_that_is_not_there_is_404(boss, deed):
    answer = boss.post(f"{BASE}JOB-1999-0001/{deed}/", DEEDS[deed], format="json")

    assert answer.status_code == 404


def test_a_cost_of_tomorrow_is_taken_tomorrow(boss, made, now, monkeypatch):
    body = TRAVEL | {"incurred_on": "2026-03-16"}
    monkeypatch.setattr("django.utils.timezone.now", lambda: now + timedelta(days=2))

    assert send(boss, made, "enter-cost", body).status_code == 201

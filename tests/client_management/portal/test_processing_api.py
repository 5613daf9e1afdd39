"""Processing over HTTP: asked for, listed, called off, and refused."""

import pytest

from client_management.models import ProcessingRun
from client_management.services import deliverables
from tests.client_management import scene
from tests.client_management.portal.people import CONTENT, handed_in, key
from tests.client_management.portal.test_processing import archive
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
BASE = "/api/client-management/processing-runs/"
# Nobody listens there: what these tests ask for is handed to the background and not carried out.
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def that_day(monkeypatch, now, settings):
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    settings.PROCESSING_URL = NOWHERE


@pytest.fixture
def job(client_org, actor, now):
    return scene.job(client_org, actor, now)


@pytest.fixture
def photos(job, actor, now):
    return handed_in(job, actor, now, content=archive(), kind="photos", title="Photos")


@pytest.fixture
def body(job, photos):
    return {
        "job": job.number,
        "deliverables": [photos.number],
        "wanted": ["orthophoto.tif", "dsm.tif"],
        "options": {"dsm": "true"},
    }


@pytest.fixture
def run(boss, body):
    answer = boss.post(BASE, body, format="json")
    assert answer.status_code == 201, answer.json()
    return ProcessingRun.objects.get(number=answer.json()["number"])


def code_of(answer):
    return answer.status_code, answer.json()["code"]


def test_pictures_are_handed_over_in_the_background(
    boss, body, photos, scheduled, django_capture_on_commit_callbacks
):
    job = photos.job
    with django_capture_on_commit_callbacks(execute=True):
        answer = boss.post(BASE, body, format="json")

    found = answer.json()
    assert answer.status_code == 201, found
    told = {name: found[name] for name in ("job", "organization", "status", "wanted", "options")}
    assert told == {
        "job": job.number,
        "organization": job.organization.number,
        "status": "waiting",
        "wanted": ["orthophoto.tif", "dsm.tif"],
        "options": {"dsm": "true"},
    }
    assert (found["input_count"], found["uploaded_count"], found["fetched"]) == (1, 0, [])
    row = ProcessingRun.objects.get()
    assert row.inputs.get() == photos.issues.get()
    task = ("client_management.portal_tasks.advance_processing", {"run_id": row.pk})
    assert scheduled == [task]


def test_the_newest_issue_of_each_is_what_is_handed_over(boss, body, photos, actor, now):
    handed_in(photos.job, actor, now, content=archive(4), deliverable=photos)
    twice = body | {"deliverables": [photos.number] * 2}

    answer = boss.post(BASE, twice, format="json")

    assert (answer.status_code, answer.json()["input_count"]) == (201, 1)
    assert ProcessingRun.objects.get().inputs.get().issue == 2


def test_runs_are_listed_read_and_followed(boss, run, body):
    other = boss.post(BASE, body, format="json").json()["number"]

    listed = boss.get(BASE).json()["results"]
    assert [each["number"] for each in listed] == [other, run.number]
    where = f"{BASE}{run.number}/"
    assert boss.get(where).json()["number"] == run.number
    assert boss.post(f"{where}cancel/").status_code == 200
    waiting = boss.get(BASE, {"status": "waiting"}).json()["results"]
    assert [each["number"] for each in waiting] == [other]
    assert boss.get(BASE, {"job__number": "JOB-1999-0001"}).json()["results"] == []
    assert boss.get(BASE, {"status": "lost"}).status_code == 400
    (step,) = boss.get(f"{where}history/").json()
    assert (step["from_status"], step["to_status"]) == ("waiting", "canceled")


def test_a_list_takes_as_many_statements_however_long(
    boss, run, body, django_assert_max_num_queries
):
    for _ in range(3):
        assert boss.post(BASE, body, format="json").status_code == 201

    with django_assert_max_num_queries(12) as counted:
        assert len(boss.get(BASE).json()["results"]) == 4
    four = len(counted)
    ProcessingRun.objects.exclude(pk=run.pk).update(status="failed")
    with django_assert_max_num_queries(four):
        assert len(boss.get(BASE, {"status": "waiting"}).json()["results"]) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"job": None},
        {"job": ["JOB"]},
        {"job": "JOB-1999-0001"},
        {"job": 10**30},
        {"deliverables": []},
        {"deliverables": "x"},
        {"deliverables": ["DV-1999-0001"]},
        {"deliverables": ["x" * 17]},
        {"deliverables": ["\0"]},
        {"deliverables": [{"number": 1}]},
        {"deliverables": ["DV-1999-0001"] * 201},
        {"wanted": []},
        {"wanted": ["passwords.txt"]},
        {"wanted": ["../orthophoto.tif"]},
        {"wanted": ["orthophoto.tif"] * 11},
        {"options": ["dsm"]},
        {"options": {"dsm": "x" * 201}},
        {"options": {"dsm": {"deep": 1}}},
        {"options": {"dsm": "\0"}},
        {"options": {"\0": "true"}},
        {"options": {"x" * 101: "true"}},
        {"options": {f"option-{n}": "1" for n in range(101)}},
        {"task_key": "uuid-1"},
    ],
    ids=lambda given: str(given)[:40],
)
def test_what_cannot_be_is_refused_and_begins_nothing(boss, body, changes, scheduled):
    answer = boss.post(BASE, body | changes, format="json")

    assert answer.status_code == 400, answer.json()
    assert not ProcessingRun.objects.exists()
    assert not scheduled


@pytest.mark.parametrize("raw", ["", "[]", "null", '"x"', "{", '{"job": '])
def test_a_body_that_is_no_object_is_refused(boss, raw):
    answer = boss.post(BASE, raw, content_type="application/json")

    assert answer.status_code == 400
    assert not ProcessingRun.objects.exists()


def test_pictures_of_another_job_or_client_are_not_handed_over(boss, body, client_org, actor, now):
    stranger = scene.client(actor, now)
    scene.contract(actor, now, stranger)
    for client in (client_org, stranger):
        job = scene.job(client, actor, now)
        other = handed_in(job, actor, now, content=archive(), kind="photos", title="Photos")
        mixed = body | {"deliverables": [*body["deliverables"], other.number]}
        answer = boss.post(BASE, mixed, format="json")
        assert answer.status_code == 400
        assert other.number in str(answer.json())
    assert not ProcessingRun.objects.exists()


def test_what_no_model_is_made_of_is_not_handed_over(boss, body, job, actor, now):
    lone = handed_in(job, actor, now, content=CONTENT)

    answer = boss.post(BASE, body | {"deliverables": [lone.number]}, format="json")

    assert code_of(answer) == (409, "nothing_to_process")
    assert not ProcessingRun.objects.exists()


def test_dropped_files_are_not_handed_over(boss, body, photos, actor, now):
    later = now.replace(year=now.year + 3)
    deliverables.drop_files(photos, reason="Time is over", actor=actor, at=later)

    assert code_of(boss.post(BASE, body, format="json")) == (409, "nothing_to_process")


def test_without_a_service_nothing_is_begun(boss, body, settings, scheduled):
    settings.PROCESSING_URL = ""

    answer = boss.post(BASE, body, format="json")

    assert code_of(answer) == (503, "processing_off")
    assert not ProcessingRun.objects.exists()
    assert not scheduled


def test_the_same_key_begins_one_run(boss, body):
    key = {"HTTP_IDEMPOTENCY_KEY": "one-run"}

    first, again = (boss.post(BASE, body, format="json", **key) for _ in range(2))
    other = boss.post(BASE, body | {"wanted": ["dtm.tif"]}, format="json", **key)

    assert (first.status_code, again.json()) == (201, first.json())
    assert other.status_code == 422
    assert ProcessingRun.objects.count() == 1


def test_a_run_is_called_off_once(boss, run):
    where = f"{BASE}{run.number}/cancel/"

    answer, again = boss.post(where), boss.post(where)

    assert (answer.status_code, answer.json()["status"]) == (200, "canceled")
    assert code_of(again) == (409, "transition_not_allowed")


@pytest.mark.parametrize("status", ["fetched", "failed", "canceled"])
def test_a_run_that_is_over_is_not_called_off(boss, run, status):
    ProcessingRun.objects.filter(pk=run.pk).update(status=status)

    answer = boss.post(f"{BASE}{run.number}/cancel/")

    assert code_of(answer) == (409, "transition_not_allowed")
    assert ProcessingRun.objects.get().status == status


@pytest.mark.parametrize("task_key", ["", "uuid-1"])
def test_only_a_run_that_is_there_is_called_off_at_the_service(
    boss, run, scheduled, django_capture_on_commit_callbacks, task_key
):
    ProcessingRun.objects.filter(pk=run.pk).update(project_key="1", task_key=task_key)

    with django_capture_on_commit_callbacks(execute=True):
        assert boss.post(f"{BASE}{run.number}/cancel/").status_code == 200

    task = ("client_management.portal_tasks.cancel_at_service", {"run_id": run.pk})
    assert scheduled == ([task] if task_key else [])


@pytest.mark.parametrize("number", ["PR-1999-0001", "x", "x" * 300])
def test_a_run_that_is_not_there_is_404(boss, number):
    assert boss.get(f"{BASE}{number}/").status_code == 404
    assert boss.get(f"{BASE}{number}/history/").status_code == 404
    assert boss.post(f"{BASE}{number}/cancel/").status_code == 404


@pytest.fixture
def outsiders(client_org, actor, now, client_for):
    """Who works here without the grant, the client's own owner, and another client's."""
    worker = UserFactory()
    grant(worker, "client_management.view_joborder", "client_management.view_deliverable")
    owners = [key(client, actor, now).user for client in (client_org, scene.client(actor, now))]
    return [client_for(each) for each in (worker, *owners)]


def test_nobody_without_the_grant_and_no_client(api, outsiders, run, body):
    where = f"{BASE}{run.number}/"
    for end in (BASE, where, f"{where}history/"):
        assert api.get(end).status_code == 401
        assert [each.get(end).status_code for each in outsiders] == [403] * 3
    for end, sent in ((BASE, body), (f"{where}cancel/", {})):
        assert api.post(end, sent, format="json").status_code == 401
        answers = [each.post(end, sent, format="json").status_code for each in outsiders]
        assert answers == [403] * 3
    assert ProcessingRun.objects.get().status == "waiting"


def test_who_may_look_begins_and_ends_none(client_for, run, body):
    looker = UserFactory()
    grant(looker, "client_management.view_processingrun")
    person = client_for(looker)

    assert person.get(f"{BASE}{run.number}/").status_code == 200
    assert person.post(BASE, body, format="json").status_code == 403
    assert person.post(f"{BASE}{run.number}/cancel/").status_code == 403

"""Events, notices and metrics over HTTP and in the admin."""

import csv
import io
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dispatcher.models import DispatchEvent, DispatchEventNote
from dispatcher.services.metrics import count_day
from dispatcher.services.notices import Change, tell_pilot
from dispatcher.views.events import as_the_token_says
from tests.browser import enter
from tests.dispatcher.live_scene import NOW, happened, make_desk, make_operation
from tests.operations.factories import TripFactory

pytestmark = pytest.mark.django_db
EVENTS = "/api/dispatcher/events/"
NOTICES = "/api/dispatcher/notices/"
METRICS = "/api/dispatcher/metrics/"


@pytest.fixture(autouse=True)
def _clock(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture(scope="module")
def desk(kept_rows):
    return make_desk()


@pytest.fixture
def client(client_for, desk):
    return client_for(desk.dispatcher)


def post(client, address, body=None, key="k1", **headers):
    return client.post(address, body or {}, headers={"Idempotency-Key": key, **headers})


def body(desk, **more):
    return {
        "center": desk.center.code,
        "kind": "other",
        "severity": "critical",
        "title": "The van broke down",
        **more,
    }


def test_an_event_is_raised_worked_on_and_resolved(client, desk):
    raised = post(client, EVENTS, body(desk))
    address = f"{EVENTS}{raised.json()['number']}/"
    taken = post(client, f"{address}acknowledge/", key="k2")
    given = post(client, f"{address}assign/", {"assignee": desk.dispatcher.email}, key="k3")
    noted = post(client, f"{address}note/", {"text": "Tow truck called."}, key="k4")
    done = post(client, f"{address}resolve/", {"resolution": "Towed."}, key="k5")

    answers = [raised, taken, given, noted, done]
    assert [answer.status_code for answer in answers] == [201, 200, 200, 200, 200]
    assert raised.json()["acknowledge_by_at"] == "2026-03-14T22:35:00Z"
    assert taken.json()["assignee"] == desk.dispatcher.email
    assert [note["text"] for note in noted.json()["notes"]] == ["Tow truck called."]
    assert (done.json()["status"], done.json()["resolution"]) == ("resolved", "Towed.")
    steps = client.get(f"{address}history/").json()
    assert [step["to_status"] for step in steps] == ["acknowledged", "resolved"]


def test_the_same_key_is_one_event_and_another_body_under_it_is_refused(client, desk):
    first = post(client, EVENTS, body(desk))
    again = post(client, EVENTS, body(desk))
    other = post(client, EVENTS, body(desk, title="Another"))

    assert first.json() == again.json()
    assert again["Idempotent-Replay"] == "true"
    assert other.status_code == 422
    assert DispatchEvent.objects.count() == 1
    assert post(client, EVENTS, body(desk), key="").status_code in (400, 428)


@pytest.mark.parametrize(
    "wrong",
    [
        {"center": "NOWHERE"},
        {"kind": "storm"},
        {"severity": "terrible"},
        {"title": ""},
        {"title": "x" * 201},
        {"occurred_at": "2026-03-14T22:30:00"},
        {"occurred_at": "2026-03-14T22:31:00Z"},
        {"operation": "FO-1999-0001"},
        {"status": "resolved"},
    ],
)
def test_an_event_that_makes_no_sense_is_refused_and_nothing_is_written(client, desk, wrong):
    answer = post(client, EVENTS, body(desk, **wrong))

    assert answer.status_code == 400
    assert answer["Content-Type"].startswith("application/problem+json")
    assert not DispatchEvent.objects.exists()


def test_a_change_of_severity_needs_the_version_that_was_read(client, desk):
    event = happened(desk)
    address = f"{EVENTS}{event.number}/"
    tag = client.get(address)["ETag"]

    missing = client.patch(address, {"severity": "info"})
    done = client.patch(address, {"severity": "critical"}, headers={"If-Match": tag})
    stale = client.patch(address, {"severity": "info"}, headers={"If-Match": tag})

    assert (missing.status_code, done.status_code, stale.status_code) == (428, 200, 412)
    assert done.json()["severity"] == "critical"


def test_a_deed_on_a_resolved_event_is_a_conflict(client, desk):
    event = happened(desk)
    address = f"{EVENTS}{event.number}/"
    post(client, f"{address}resolve/", {"resolution": "Towed."})

    again = post(client, f"{address}resolve/", {"resolution": "Again."}, key="k2")
    taken = post(client, f"{address}acknowledge/", key="k3")

    assert (again.status_code, taken.status_code) == (409, 409)
    assert again.json()["code"] == "transition_not_allowed"


def test_events_are_filtered_paged_and_cost_the_same_however_many(client, desk):
    other = make_desk()
    happened(other)
    critical = happened(desk, severity="critical", operation=make_operation(desk))
    with CaptureQueriesContext(connection) as few:
        client.get(EVENTS)
    for _ in range(4):
        happened(desk, operation=make_operation(desk))
    with CaptureQueriesContext(connection) as many:
        rows = client.get(EVENTS).json()["results"]

    assert (len(rows), len(many)) == (5, len(few))
    assert rows[-1]["number"] == critical.number
    found = client.get(EVENTS, {"severity": "critical", "status__in": "open,acknowledged"})
    assert [row["number"] for row in found.json()["results"]] == [critical.number]
    assert client.get(EVENTS, {"colour": "red"}).status_code == 400


def test_a_machine_reads_of_crewed_flying_only_what_its_token_says(desk):
    crewed = happened(desk, subject=TripFactory(legs=1))
    drones = happened(desk)
    rows = DispatchEvent.objects.visible_to(desk.dispatcher)

    def read(scopes):
        request = SimpleNamespace(auth=SimpleNamespace(scopes=scopes))
        return set(as_the_token_says(request, rows))

    assert read(["dispatcher.view_dispatchevent"]) == {drones}
    assert read(["dispatcher.view_dispatchevent", "operations.view_trip"]) == {crewed, drones}
    assert set(as_the_token_says(SimpleNamespace(auth=None), rows)) == {crewed, drones}


def told(desk):
    operation = make_operation(desk, NOW + timedelta(minutes=60))
    change = Change(
        kind="changed", operation=operation, cause="c", text="Moved",
        starts_at=operation.planned_start_at,
    )  # fmt: skip
    return tell_pilot(desk.pilot, desk.center, change, at=NOW)


def test_a_notice_is_acknowledged_by_whom_it_is_addressed_to(client, client_for, desk):
    notice = told(desk)
    address = f"{NOTICES}{notice.pk}/acknowledge/"

    refused = post(client, address)
    done = post(client_for(desk.pilot), address)
    again = post(client_for(desk.pilot), address, key="k2")

    assert (refused.status_code, refused.json()["code"]) == (403, "notice_not_yours")
    assert (done.status_code, done.json()["acknowledged_at"]) == (200, "2026-03-14T22:30:00Z")
    assert (again.status_code, again.json()["code"]) == (409, "notice_already_acknowledged")


def test_a_notice_of_another_operator_is_not_there(client_for, desk):
    notice = told(desk)
    stranger = client_for(make_desk().dispatcher)

    assert stranger.get(f"{NOTICES}{notice.pk}/").status_code == 404
    assert stranger.get(NOTICES).json()["results"] == []


def test_metrics_are_read_as_json_and_as_csv(client, desk):
    day = {"span": "day", "since": "2026-03-14T00:00:00Z", "until": "2026-03-16T00:00:00Z"}
    count_day(desk.center, NOW.date().replace(day=15), at=NOW)

    rows = client.get(METRICS, {"center": desk.center.code, **day}).json()
    answer = client.get(METRICS, {"center": desk.center.code, **day, "format": "csv"})
    buckets = client.get(METRICS, {"center": desk.center.code, **day, "span": "bucket"}).json()

    assert [row["starts_at"] for row in rows] == ["2026-03-14T13:00:00Z"]
    assert (rows[0]["cost"], rows[0]["on_time_percent"]) == ("0.00", None)
    # 00:00 to 09:30 in Sydney.
    assert len(buckets) == 114
    table = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert table[0][:3] == ["Starts at", "Ends at", "Active operations"]
    assert len(table) == 2
    assert answer["Content-Disposition"] == (
        f'attachment; filename="metrics-{desk.center.code}-day.csv"'
    )


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, 400),
        ({"since": "2026-03-14T00:00:00Z", "until": "2026-03-13T00:00:00Z"}, 400),
        ({"since": "2026-03-14T00:00:00Z", "until": "2026-05-14T00:00:00Z"}, 400),
        ({"since": "2026-03-14T00:00:00Z", "until": "2026-03-15T00:00:00Z", "span": "week"}, 400),
        ({"since": "2026-03-14T00:00:00Z", "until": "2026-03-15T00:00:00Z", "center": "X"}, 404),
    ],
)
def test_metrics_of_no_range_or_no_center_are_refused(client, desk, query, code):
    assert client.get(METRICS, {"center": desk.center.code} | query).status_code == code


def test_the_page_that_a_mail_leads_to_has_the_button_to_answer(desk):
    notice = told(desk)
    page = f"/admin/dispatcher/dispatchnotice/{notice.pk}/change/"
    answer = f'name="_selected_action" value="{notice.pk}"'
    pilot, dispatcher = Client(), Client()
    enter(pilot, desk.pilot)
    enter(dispatcher, desk.dispatcher)

    assert answer not in dispatcher.get(page).content.decode()
    assert answer in pilot.get(page).content.decode()
    pilot.post(
        "/admin/dispatcher/dispatchnotice/",
        {"action": "acknowledge", "sure": "1", "_selected_action": [notice.pk]},
    )

    notice.refresh_from_db()
    assert notice.acknowledged_at == NOW
    assert answer not in pilot.get(page).content.decode()


def test_events_are_worked_on_in_the_admin(desk):
    event = happened(desk)
    page = "/admin/dispatcher/dispatchevent/"
    browser = Client()
    enter(browser, desk.dispatcher)

    listed = browser.get(page)
    for action, reason in (("acknowledge", ""), ("note", "Called"), ("resolve", "Towed")):
        browser.post(
            page, {"action": action, "sure": "1", "_selected_action": [event.pk], "reason": reason}
        )

    event.refresh_from_db()
    assert listed.status_code == 200
    assert event.number in listed.content.decode()
    assert (event.status, event.resolution) == ("resolved", "Towed")
    assert DispatchEventNote.objects.get(event=event).text == "Called"
    assert browser.get(f"{page}{event.pk}/change/").status_code == 200
    for name in ("dispatchnotice", "operationalmetrics"):
        assert browser.get(f"/admin/dispatcher/{name}/").status_code == 200

"""Occurrences over HTTP and in the admin: who reports, who tells the NTSB, who closes."""

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from operations.models import Occurrence
from tests.aircraft.factories import AircraftFactory
from tests.operations.factories import OccurrenceFactory, TripFactory
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
URL = "/api/operations/occurrences/"


def body(**more):
    return {
        "kind": "fire",
        "occurred_at": "2026-03-01T06:10:00Z",
        "place": "20 NM east",
        "narrative": "Smoke, then fire.",
        **more,
    }


def test_a_pilot_reports_and_the_answer_says_what_the_board_waits_for(client_for, person_in):
    pilot = client_for(person_in("pilot"))
    leg = TripFactory(legs=1).legs.get()
    sent = body(leg=leg.pk, damage="substantial", time_zone="UTC")

    made = pilot.post(URL, sent, format="json", HTTP_IDEMPOTENCY_KEY="one")
    again = pilot.post(URL, sent, format="json", HTTP_IDEMPOTENCY_KEY="one")

    assert (made.status_code, again.data, Occurrence.objects.count()) == (201, made.data, 1)
    assert (made.data["event"], made.data["trip"]) == ("accident", leg.trip.number)
    clocks = {clock["kind"]: clock for clock in made.data["clocks"]}
    assert set(clocks) == {"notice", "report"}
    assert clocks["report"]["due_at"] == "2026-03-12T00:00:00Z"
    assert made["ETag"]


def test_bodies_that_make_no_sense_are_refused(client_for, person_in):
    pilot = client_for(person_in("pilot"))
    tail = AircraftFactory().tail_number
    wrong = [
        body(),
        body(aircraft="N0NE"),
        body(aircraft=tail, kind="surprise"),
        body(aircraft=tail, event="accident"),
        body(aircraft=tail, occurred_at="2026-03-01T06:10:00"),
        body(aircraft=tail, occurred_at="1890-03-01T06:10:00Z"),
        body(aircraft=tail, narrative="x" * 20_001),
        body(aircraft=tail, time_zone="Nowhere"),
    ]

    answers = [pilot.post(URL, sent, format="json").status_code for sent in wrong]

    assert answers == [400] * len(wrong)
    assert not Occurrence.objects.exists()


def test_the_chief_pilot_carries_it_to_its_end(client_for, person_in, now):
    chief = client_for(person_in("chief_pilot"))
    row = OccurrenceFactory()
    url = f"{URL}{row.number}/"
    told = {"notified_at": (row.aware_at + timedelta(minutes=5)).isoformat(), "reference": "ROC"}

    unread = chief.patch(url, {"weather": "Fog"}, format="json")
    stale = chief.patch(url, {"weather": "Fog"}, format="json", HTTP_IF_MATCH='"9"')
    read = chief.get(url)
    changed = chief.patch(url, {"weather": "Fog"}, format="json", HTTP_IF_MATCH=read["ETag"])
    nothing = chief.patch(url, {}, format="json", HTTP_IF_MATCH=changed["ETag"])
    steps = [
        chief.post(f"{url}close/", {"reason": "Done"}, format="json"),
        chief.post(f"{url}notify/", {"reference": "ROC"}, format="json"),
        chief.post(f"{url}notify/", told, format="json"),
        chief.post(f"{url}notify/", told, format="json"),
        chief.post(f"{url}file/", {"filed_at": told["notified_at"]}, format="json"),
        chief.post(f"{url}investigate/", {"reason": "Look"}, format="json"),
        chief.post(f"{url}close/", {"reason": "Done"}, format="json"),
    ]

    assert [unread.status_code, stale.status_code, changed.status_code] == [428, 412, 200]
    assert nothing.status_code == 400
    assert [step.status_code for step in steps] == [409, 400, 200, 409, 409, 200, 200]
    history = chief.get(f"{url}history/").data
    assert [step["to_status"] for step in history] == ["under_investigation", "closed"]
    assert chief.get(f"{URL}OC-2020-0001/").status_code == 404


def test_the_desk_tells_the_board_and_leaves_the_rest(client_for, person_in):
    row = OccurrenceFactory()
    told = {"notified_at": (row.aware_at + timedelta(minutes=5)).isoformat(), "reference": "ROC"}
    dispatcher, pilot = client_for(person_in("dispatcher")), client_for(person_in("pilot"))

    assert pilot.post(f"{URL}{row.number}/notify/", told, format="json").status_code == 403
    assert dispatcher.post(f"{URL}{row.number}/notify/", told, format="json").status_code == 200
    reason = {"reason": "Done"}
    assert dispatcher.post(f"{URL}{row.number}/close/", reason, format="json").status_code == 403
    assert client_for(person_in("client")).get(URL).status_code == 403
    assert client_for(person_in("accountant")).get(URL).status_code == 403


def test_the_list_is_filtered_and_takes_as_many_statements_for_many(client_for, person_in):
    dispatcher = client_for(person_in("dispatcher"))
    counts = []
    for more in (1, 4):
        for _ in range(more):
            OccurrenceFactory(trip=TripFactory())
        with CaptureQueriesContext(connection) as queries:
            page = dispatcher.get(URL)
        counts.append(len(queries))
    closed = OccurrenceFactory(status="closed", is_notifiable=False)

    assert len(page.data["results"]) == 5
    assert counts[0] == counts[1]
    found = dispatcher.get(f"{URL}?status=closed&clock=green&aircraft={closed.aircraft}")
    assert [row["number"] for row in found.data["results"]] == [closed.number]
    assert len(dispatcher.get(f"{URL}?clock=red").data["results"]) == 5
    assert dispatcher.get(f"{URL}?clock=blue").status_code == 400


def test_the_admin_shows_the_clocks_and_its_verbs_ask_for_grants(client):
    row = OccurrenceFactory()
    viewer = UserFactory()
    grant(viewer, "operations.view_occurrence")
    client.force_login(viewer, backend="users.backends.RoleBackend")
    url = reverse("admin:operations_occurrence_changelist")

    def do(action, reason="ROC 4711"):
        sent = {"action": action, "sure": "1", "_selected_action": [row.pk], "reason": reason}
        answer = client.post(url, sent)
        row.refresh_from_db()
        return " ".join(str(message) for message in get_messages(answer.wsgi_request))

    assert b"notice: red" in client.get(url).content
    detail = reverse("admin:operations_occurrence_change", args=[row.pk])
    assert b"notice: red" in client.get(detail).content
    for verb in ("notify", "file", "investigate", "close"):
        do(verb)
    assert (row.notified_at, row.status) == (None, "reported")

    for verb in ("notify", "file", "investigate", "close"):
        grant(viewer, f"operations.{verb}_occurrence")
    assert "Say who took it" in do("notify", reason="")
    assert "recorded" in do("notify")
    assert row.notice_reference == "ROC 4711"
    assert "no such notice" in do("file")
    assert "under investigation" in do("investigate")
    assert "closed" in do("close")
    assert row.status == "closed"

"""What a client follows live: positions of its own flights, and nothing else of them."""

import json
from datetime import timedelta

import pytest
from django.test import Client as Browser

from client_management import portal_handlers
from client_management.events import AccessChanged
from client_management.live import client_channel, flights_of_job, position_only
from client_management.services import accesses
from client_management.views.portal.home import heard_with
from common.live.events import END, event_stream
from common.live.hub import Message
from common.models import OutboxEvent
from tests.client_management import scene
from tests.client_management.portal.people import flown_for, key
from tests.flight_operations.factories import OperationFactory

POSITION = {
    "operation": "FO-2026-0001", "recorded_at": "2026-03-15T00:00:00Z", "lat": -24.6, "lon": 124.4,
    "height_m": 80.0, "speed_ms": 9.0, "heading_deg": 10.0, "battery_percent": 41.0,
    "conformant": False, "altitude_m": 510.0,
}  # fmt: skip


def test_a_position_loses_what_is_ours_and_alerts_are_not_passed_on():
    shown = position_only(Message("1-0", "position", json.dumps(POSITION)))

    assert shown.identity == "1-0"
    assert json.loads(shown.data) == {
        name: POSITION[name]
        for name in (
            "operation", "recorded_at", "lat", "lon", "height_m", "speed_ms", "heading_deg"
        )
    }  # fmt: skip
    assert position_only(Message("2-0", "alert_raised", "{}")) is None
    assert position_only(Message("3-0", "alert_ended", "{}")) is None


@pytest.mark.django_db
def test_only_who_may_track_follows_and_only_what_is_in_the_air(
    client_org, actor, now, monkeypatch, client_for
):
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    job = scene.job(client_org, actor, now)
    where = (
        f"/api/client-management/portal/organizations/{client_org.number}/jobs/{job.number}/stream/"
    )
    person = key(client_org, actor, now).user
    owner = client_for(person)
    viewer = client_for(key(client_org, actor, now, level="viewer").user)
    assert owner.get(where).status_code == 404
    operation = OperationFactory(active=True)
    job.operations.create(
        operation=operation,
        sequence=1,
        part=operation.plan.volumes.get().area,
        part_m2=1,
        planned_min=1,
        height_agl_m=80,
        planned_by=actor,
    )

    follows = []
    monkeypatch.setattr(
        "client_management.views.portal.jobs.event_stream",
        lambda *channels, **how: follows.extend(channels) or event_stream(*channels, **how),
    )
    answer = owner.get(where)

    assert follows == [
        f"operation:{operation.pk}",
        client_channel(client_org.pk),
        f"person:{person.pk}",
    ]
    assert (answer.status_code, answer["Content-Type"]) == (
        200, "text/event-stream; charset=utf-8"
    )  # fmt: skip
    assert viewer.get(where).json()["code"] == "portal_not_permitted"
    assert Browser().get(where).status_code == 401


@pytest.mark.django_db
def test_every_flight_of_the_job_is_followed_and_no_other(
    client_org, actor, now, monkeypatch, client_for
):
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    job, other = (scene.job(client_org, actor, now) for _ in range(2))
    stranger = scene.client(actor, now)
    scene.contract(actor, now, stranger)
    theirs = scene.job(stranger, actor, now)
    ours = [flown_for(job, actor, now) for _ in range(3)]
    for elsewhere in (other, theirs):
        flown_for(elsewhere, actor, now)
    landed = flown_for(job, actor, now)
    end = now + timedelta(hours=3)
    type(landed).objects.filter(pk=landed.pk).update(status="landed", actual_end_at=end)
    follows = []
    monkeypatch.setattr(
        "client_management.views.portal.jobs.event_stream",
        lambda *channels, **how: follows.extend(channels) or event_stream(*channels, **how),
    )
    base = f"/api/client-management/portal/organizations/{client_org.number}/jobs/{job.number}/"
    client = client_for(key(client_org, actor, now).user)
    answer = client.get(f"{base}stream/")

    assert answer.status_code == 200
    channels = {each for each in follows if each.startswith("operation:")}
    assert channels == {f"operation:{each.pk}" for each in ours}
    shown = client.get(f"{base}positions/").json()
    assert {each["operation"] for each in shown} == {each.number for each in ours}


def test_who_follows_a_job_hears_of_its_flights_and_of_no_other_job():
    pick = flights_of_job("JOB-2026-0001")
    positions = [
        pick(Message(f"{n}-0", "position", json.dumps(POSITION | {"operation": f"FO-{n}"})))
        for n in (1, 2)
    ]
    own, other = (
        Message("3-0", "job", json.dumps({"number": number, "status": "in_progress"}))
        for number in ("JOB-2026-0001", "JOB-2026-0002")
    )

    assert [json.loads(each.data)["operation"] for each in positions] == ["FO-1", "FO-2"]
    assert "battery_percent" not in positions[0].data
    assert (json.loads(pick(own).data), pick(other)) == ({"number": "JOB-2026-0001"}, None)
    assert pick(Message("4-0", "invoice", json.dumps({"number": "JOB-2026-0001"}))) is None


@pytest.mark.django_db
def test_a_client_stream_tells_what_the_key_opens(client_org, actor, now):
    bill, job, letter = (Message("1-0", name, "{}") for name in ("invoice", "job", "message"))
    owner = heard_with(key(client_org, actor, now))
    viewer = heard_with(key(client_org, actor, now, level="viewer", can_view_invoices=False))

    assert [owner(each) for each in (bill, job, letter)] == [bill, job, letter]
    assert [viewer(each) for each in (bill, job, letter)] == [None, job, letter]


@pytest.mark.django_db
def test_a_key_that_was_changed_or_taken_away_ends_what_its_holder_follows(
    client_org, actor, now, monkeypatch
):
    told = []
    monkeypatch.setattr(portal_handlers, "publish", lambda *said: told.append(said))
    access = key(client_org, actor, now)
    accesses.revoke_access(access, reason="Left", actor=actor, at=now)

    for event in OutboxEvent.objects.filter(name=AccessChanged.name):
        portal_handlers.end_the_streams_of_a_changed_key(AccessChanged(**event.payload))

    assert told == [(f"person:{access.user_id}", END, {})] * 2

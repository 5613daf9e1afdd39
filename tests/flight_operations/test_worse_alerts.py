"""An alert that grows from amber to red is said once, to handlers and to live viewers."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.models import OutboxEvent
from flight_operations.events import TelemetryAlertWorsened
from flight_operations.models import ConformanceAlert
from flight_operations.services.telemetry import ingest
from tests.flight_operations.telemetry_scene import NOW, positions, scene

pytestmark = pytest.mark.django_db
SOON = NOW + timedelta(minutes=5)


def send(flight, *heights: float, first: int):
    samples = positions(*heights, first=first, after_s=first)
    number, device = flight.operation.number, flight.station.device_id
    return ingest(number, device, samples, user=flight.pilot, token=None, at=SOON)


def worsened() -> list[dict]:
    rows = OutboxEvent.objects.filter(name=TelemetryAlertWorsened.name).order_by("pk")
    return [row.payload for row in rows]


def test_an_alert_that_turns_red_is_said_once(monkeypatch):
    said = []
    monkeypatch.setattr(
        "flight_operations.services.telemetry_live.publish_on_commit",
        lambda channel, event, data, *more: said.append((event, data.get("severity"))),
    )
    flight = scene(ceiling_m=300)

    send(flight, 121, first=0)
    assert worsened() == []
    send(flight, 200, first=1)
    send(flight, 250, first=2)

    alert = ConformanceAlert.objects.get()
    assert (alert.severity, alert.worst_value) == ("red", 250)
    assert worsened() == [{"alert_id": alert.pk, "operation_id": flight.operation.pk}]
    alerts = [each for each in said if each[0] != "position"]
    assert alerts == [("alert_raised", "amber"), ("alert_worsened", "red")]


def test_one_that_is_red_from_the_start_only_begins():
    send(scene(ceiling_m=300), 200, first=0)

    assert worsened() == []


def test_a_batch_in_which_an_alert_only_goes_on_costs_no_announcement():
    flight = scene(ceiling_m=300)
    send(flight, 200, first=0)

    with CaptureQueriesContext(connection) as asked:
        send(flight, 210, first=1)

    assert not [each for each in asked if "outbox" in each["sql"].lower()]

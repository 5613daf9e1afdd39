"""A flight whose height nobody can judge does not look as if it kept to its limits."""

from datetime import timedelta

import numpy as np
import pytest

from common.models import OutboxEvent
from flight_operations.models import ConformanceAlert, FlightOperation
from flight_operations.services.telemetry import ingest
from flight_operations.services.telemetry_alerts import settle_conformance
from flight_operations.telemetry.samples import Datum
from tests.flight_operations.telemetry_scene import NOW, Scene, positions, scene

pytestmark = pytest.mark.django_db
SOON = NOW + timedelta(minutes=5)


def send(flight: Scene, seconds: int, *, after: int = 0, height: float = np.nan, **columns) -> None:
    samples = positions(*[height] * seconds, first=after, after_s=after, **columns)
    ingest(
        flight.operation.number, flight.station.device_id, samples,
        user=flight.pilot, token=None, at=SOON,
    )  # fmt: skip


def alerts(flight: Scene) -> list[ConformanceAlert]:
    return list(ConformanceAlert.objects.filter(operation=flight.operation).order_by("pk"))


@pytest.mark.parametrize("batch", [1, 7, 40])
def test_heights_unknown_for_longer_than_15_s_raise_one_amber_alert(batch):
    flight = scene()

    for after in range(0, 40, batch):
        size = min(batch, 40 - after)
        send(flight, size, after=after, altitude_m=400.0, datum=Datum.WGS84)

    (alert,) = alerts(flight)
    assert (alert.kind, alert.severity, alert.ended_at) == ("height_unknown", "amber", None)
    assert alert.started_at == NOW + timedelta(seconds=16)
    assert (alert.worst_value, alert.limit_value) == (39.0, 15.0)
    assert OutboxEvent.objects.filter(name="flight_operations.telemetry_alert_raised").count() == 1
    settle_conformance(flight.operation.pk, at=SOON)
    assert FlightOperation.objects.get().conformance == "nonconforming"


def test_it_ends_when_heights_come_back():
    flight = scene()
    send(flight, 20)

    send(flight, 10, after=20, height=50.0)

    (alert,) = alerts(flight)
    assert alert.ended_at == NOW + timedelta(seconds=20)


def test_a_short_gap_in_the_heights_is_none():
    flight = scene()

    send(flight, 15)
    send(flight, 1, after=15, height=50.0)
    send(flight, 15, after=16)

    assert alerts(flight) == []

"""Liveness, readiness with each dependency failing in turn, and the figures for Prometheus."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django.utils import timezone

from airports.models import WeatherData
from common.models import Delivery, Heartbeat, Mail, OutboxEvent
from common.tasks import MAX_ATTEMPTS

ROOT = Path(__file__).resolve().parent.parent.parent
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_worker_needed(settings):
    settings.SCHEDULER_BACKEND = "threads"


def ready(client) -> tuple[int, dict]:
    response = client.get("/readyz")
    return response.status_code, response.json()["checks"]


def test_alive_says_nothing_of_what_it_depends_on(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_ready_names_every_dependency(client):
    status, checks = ready(client)

    assert status == 200
    assert set(checks) == {"database", "migrations", "redis", "worker", "weather", "events", "mail"}


def test_a_database_that_is_down_is_not_ready(client, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise OperationalError("connection refused at 10.0.0.1")

    monkeypatch.setattr(connection, "cursor", refuse)
    status, checks = ready(client)

    assert status == 503
    assert checks["database"] == {"ok": False, "detail": "OperationalError"}


def test_a_cache_that_is_down_is_not_ready(client, settings, monkeypatch):
    settings.REDIS_URL = "redis://nowhere"

    def refuse(*_args, **_kwargs):
        raise ConnectionError

    monkeypatch.setattr(cache, "set", refuse)
    status, checks = ready(client)

    assert (status, checks["redis"]["ok"]) == (503, False)


@pytest.mark.parametrize(("age_s", "status"), [(5, 200), (300, 503), (None, 503)])
def test_ready_only_with_a_worker_that_beats(client, settings, age_s, status):
    settings.SCHEDULER_BACKEND = "celery"
    if age_s is not None:
        beat_at = timezone.now() - timedelta(seconds=age_s)
        Heartbeat.objects.create(name="worker", beat_at=beat_at)

    found, checks = ready(client)

    assert found == status
    assert checks["worker"]["ok"] is (status == 200)


def test_events_given_up_are_told_and_do_not_stop_the_service(client):
    event = OutboxEvent.objects.create(name="tests.ping", payload={})
    Delivery.objects.create(event=event, handler="a", attempts=MAX_ATTEMPTS - 1)
    assert ready(client)[1]["events"]["ok"] is True
    Delivery.objects.create(event=event, handler="b", attempts=MAX_ATTEMPTS)

    status, checks = ready(client)

    assert status == 200
    assert checks["events"] == {"ok": False, "required": False, "detail": "1 given up"}


def test_old_weather_is_told_and_does_not_stop_the_service(client):
    received = timezone.now() - timedelta(hours=5)
    WeatherData.objects.create(
        station="YSCB",
        kind="METAR",
        raw="METAR YSCB 142200Z 27006KT 9999",
        raw_hash="0" * 64,
        issued_at=received,
        received_at=received,
        source="test",
    )
    status, checks = ready(client)

    assert status == 200
    assert checks["weather"]["ok"] is False


def test_metrics_are_closed_without_a_token(client, settings):
    settings.METRICS_TOKEN, settings.DEBUG = "", False
    assert client.get("/metrics").status_code == 401


@pytest.mark.parametrize("given", ["", "Bearer wrong", "Bearer sch\u00f6n", "s3cret"])
def test_metrics_need_the_token(client, settings, given):
    settings.METRICS_TOKEN = "s3cret"
    assert client.get("/metrics", headers={"authorization": given}).status_code == 401


def test_metrics_count_requests(client, settings):
    settings.METRICS_TOKEN = "s3cret"
    client.get("/healthz")

    response = client.get("/metrics", headers={"authorization": "Bearer s3cret"})

    assert response.status_code == 200
    assert b"django_http_requests_total_by_view_transport_method_total" in response.content


SHARED = """
import django
from django.test import Client
django.setup()
client = Client(headers={"host": "localhost"})
client.get("/healthz")
text = client.get("/metrics").content.decode()
name = 'django_http_requests_total_by_method_total{method="GET"}'
print(next(line.split()[1] for line in text.splitlines() if line.startswith(name)))
"""


@pytest.mark.slow
def test_metrics_are_those_of_all_processes(tmp_path):
    environment = os.environ | {
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DEBUG": "1",
        "METRICS_TOKEN": "",
    }
    counts = [
        subprocess.run(  # noqa: S603 - our own interpreter and text
            [sys.executable, "-c", SHARED],
            env=environment,
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split()[-1]
        for _ in range(2)
    ]

    # Two requests of the first process; the second adds its own two.
    assert counts == ["2.0", "4.0"]


@pytest.mark.django_db
def test_mail_that_stays_is_told_and_does_not_stop_the_service(client):
    at = timezone.now()
    waiting = {"kind": "any", "recipient": "a@b.example", "context": "{}", "not_after": at}
    Mail.objects.create(**waiting, message_id="<1@x>", dedupe="1", queued_at=at, next_attempt_at=at)
    assert ready(client)[1]["mail"]["ok"] is True

    Mail.objects.update(queued_at=at - timedelta(hours=1))

    _, checks = ready(client)
    assert checks["mail"] == {"ok": False, "required": False, "detail": "1 waiting"}

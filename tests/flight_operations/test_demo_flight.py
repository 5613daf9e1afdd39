"""The demo flight, walked over HTTP against a live server and a worker: the product's own story."""

import json
from collections.abc import Iterator
from datetime import datetime
from io import StringIO
from typing import Any

import msgspec
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from common.scheduler import ThreadBackend
from flight_operations.demo import load
from flight_operations.demo.scene import Walk
from flight_operations.demo.walk import let_the_day_begin
from flight_operations.facts import gathered_site
from flight_operations.models import ConformanceAlert, FlightOperation, OperationalRelease
from rpas.models import F2FlightHoursEntry
from tests.airports.factories import AirportFactory
from users.demo_people import VARIABLE

pytestmark = pytest.mark.slow
WORKERS = 2


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch, scheduled: Any) -> Iterator[None]:
    """What the server hands to the background is done in threads of this process, as it comes."""
    backend = ThreadBackend(WORKERS)
    monkeypatch.setattr("common.scheduler.backend", lambda: backend)
    yield
    # Before the database is emptied: nobody may still be writing into it.
    backend.close()


@pytest.fixture
def demo(transactional_db: None, worker: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo beside the one aerodrome that its flight is planned near."""
    monkeypatch.setenv(VARIABLE, "a-demo-password-1")
    AirportFactory(ident=load.AERODROME, icao=load.AERODROME, name="Canberra")
    call_command("load_demo", quiet=True, stdout=StringIO())


@pytest.fixture
def light(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Day or darkness over the site, whatever the hour at which the tests run."""
    ask = gathered_site.daylight_facts

    def facts(*args: Any, **kwargs: Any) -> Any:
        found = ask(*args, **kwargs)
        return msgspec.structs.replace(found, is_within_civil_twilight=request.param == "day")

    monkeypatch.setattr(gathered_site, "daylight_facts", facts)


def fly_demo(base_url: str, *, slack: float = 5) -> dict[str, Any]:
    """Walk the flight by its command; the track is sent at once, and other tests run beside it."""
    out = StringIO()
    call_command("check_demo_flight", base_url=base_url, json=True, pace=0, slack=slack, stdout=out)
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


@pytest.mark.parametrize("light", ["night"], indirect=True)
def test_the_demo_flight_holds_from_plan_to_technical_log(demo, light, live_server):
    told = fly_demo(live_server.url)

    assert told["ok"] is True
    operation = FlightOperation.objects.get(number=told["operation"])
    assert operation.status == "finalised"
    alerts = ConformanceAlert.objects.filter(operation=operation)
    assert sorted(alerts.values_list("kind", flat=True)) == ["height", "keep_in"]
    assert not alerts.filter(ended_at=None).exists()
    first, second = OperationalRelease.objects.filter(operation=operation).order_by("pk")
    assert "WXD-WIND" in first.revoked_because
    assert second.revoked_at is None
    assert F2FlightHoursEntry.objects.filter(operation_number=operation.number).count() == 1


@pytest.mark.parametrize("light", ["day"], indirect=True)
def test_the_check_fails_when_a_step_does_not_hold(demo, light, live_server, monkeypatch):
    """The control: nobody holds the new verdict against the release, and the check says so."""
    monkeypatch.setattr("flight_operations.handlers.recheck_release", lambda *args, **kwargs: False)

    with pytest.raises(CommandError, match="release revoked: not within 5 s"):
        fly_demo(live_server.url, slack=0.5)

    left = FlightOperation.objects.order_by("-pk").first()
    assert left is not None
    assert left.status == "ready"


@pytest.mark.parametrize(
    ("clock", "waits_s"),
    [("12:56:59", None), ("12:57:30", 151.0), ("12:59:59", 2.0), ("13:00:01", None)],
)
def test_the_walk_lets_the_day_begin_minutes_before_midnight(monkeypatch, clock, waits_s):
    """13:00 in UTC is midnight in Sydney in November."""
    slept: list[float] = []
    monkeypatch.setattr("flight_operations.demo.scene.time.sleep", slept.append)
    now = datetime.fromisoformat(f"2026-11-22T{clock}+00:00")

    let_the_day_begin(Walk("http://nowhere.example", "", lambda text: None, lambda: now))

    assert slept == ([] if waits_s is None else [waits_s])

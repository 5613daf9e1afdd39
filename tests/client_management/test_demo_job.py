"""The demo job, walked over HTTP against a live server, a worker and a payment stand-in."""

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from client_management.demo import place
from client_management.demo.hands import ReadPage
from client_management.demo.track import survey_track
from client_management.models import ClientOrganization, JobOrder
from common.scheduler import ThreadBackend
from finance.services.payment_accounts import open_payment_account
from flight_operations.demo import load
from tests.airports.factories import AirportFactory
from tests.finance.providers.accounts import SECRETS
from tests.finance.providers.paypal import PayPalStandIn
from tests.finance.providers.server import Subscription
from users.demo_people import VARIABLE

SCALE = math.cos(math.radians(place.LAT))
START = datetime(2026, 11, 22, 23, tzinfo=UTC)


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch, scheduled: Any) -> Iterator[None]:
    """What the server hands to the background is done in threads of this process, as it comes."""
    backend = ThreadBackend(2)
    monkeypatch.setattr("common.scheduler.backend", lambda: backend)
    yield
    # Before the database is emptied: nobody may still be writing into it.
    backend.close()


@pytest.fixture
def demo(
    transactional_db: None, worker: None, monkeypatch: Any, settings: Any, tmp_path: Path
) -> None:
    """The demo with its mails in files, beside the aerodrome that the flight is planned near."""
    monkeypatch.setenv(VARIABLE, "a-demo-password-1")
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    AirportFactory(ident=load.AERODROME, icao=load.AERODROME, name="Canberra")
    for command in ("seed_taxes", "seed_accounts"):
        call_command(command, stdout=StringIO())
    for command in ("load_demo", "load_demo_clients"):
        call_command(command, quiet=True, stdout=StringIO())


@contextmanager
def paypal(base_url: str, settings: Any) -> Iterator[None]:
    """A stand-in that tells the server of payments, and an account with it."""
    account = open_payment_account(
        code="stand-in-paypal", name="Main", provider="paypal", actor=None, at=timezone.now(),
        **SECRETS["paypal"],
    )  # fmt: skip
    with PayPalStandIn(delivers=True) as stand_in:
        hook = f"{base_url}/api/finance/webhooks/paypal/"
        stand_in.kept.subscriptions.append(Subscription(hook, webhook_id=account.webhook_id))
        settings.PAYMENT_API_URLS = {**settings.PAYMENT_API_URLS, "paypal": stand_in.url}
        yield


def test_the_demo_job_holds_from_the_first_login_to_the_paid_bill(demo, live_server, settings):
    settings.PUBLIC_URL = live_server.url
    out = StringIO()

    with paypal(live_server.url, settings):
        call_command("check_demo_job", base_url=live_server.url, json=True, slack=5, stdout=out)

    told = json.loads(out.getvalue())
    assert told["ok"] is True
    job = JobOrder.objects.get(number=told["job"])
    assert (job.status, job.operations.count()) == ("completed", 1)
    again = StringIO()
    call_command("load_demo_clients", stdout=again, quiet=True)
    assert ClientOrganization.objects.count() == 1
    assert again.getvalue().startswith("admin@demo.windsock.example")


def test_the_surveys_track_covers_the_pad_within_its_volume():
    points = list(survey_track(ceiling_m=73.0, lines=3, run_m=14.6, start=START))

    high = [each for each in points if each["height_above_takeoff_m"] > 70]
    east = [(each["lon"] - place.LON) * place.METRES_PER_DEGREE * SCALE for each in high]
    north = [(each["lat"] - place.LAT) * place.METRES_PER_DEGREE for each in high]
    assert max(east) == pytest.approx(60 + 14.6, abs=1)
    assert min(east) == pytest.approx(-60 - 14.6, abs=1)
    assert (round(max(north)), round(min(north))) == (30, -30)
    assert max(each["altitude_m"] for each in points) - place.GROUND_M < 73.0
    assert 50 < len(points) / 5 < 75


def test_forms_links_and_words_of_a_page_are_read_as_a_browser_would_send_them():
    page = ReadPage(
        '<form action="/a/"><input type="hidden" name="token" value="x">'
        '<input type="checkbox" name="no" value="1">'
        '<input type="checkbox" name="yes" value="1" checked>'
        '<select name="kind"><option value="a">A</option>'
        '<option value="b" selected>B</option></select>'
        '<textarea name="note">so</textarea>'
        '<button name="step" value="go"><b>Go</b> on</button></form>'
        '<a href="/there/"><strong>This</strong> way</a>'
    )

    (form,) = page.forms
    assert form.action == "/a/"
    assert form.fields == {"token": "x", "yes": "1", "kind": "b", "note": "so"}
    assert [(each.name, each.value, each.words) for each in form.buttons] == [
        ("step", "go", "Go on")
    ]
    assert page.links == [["/there/", "This way"]]

"""What the walk of the demo job is made of; `script/server --check` walks it."""

import math
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from client_management.demo import place
from client_management.demo.hands import ReadPage
from client_management.demo.track import survey_track
from client_management.models import ClientOrganization
from flight_operations.demo import load
from tests.airports.factories import AirportFactory
from users.demo_people import VARIABLE

SCALE = math.cos(math.radians(place.LAT))
START = datetime(2026, 11, 22, 23, tzinfo=UTC)


@pytest.mark.django_db
def test_the_client_of_the_demo_is_loaded_once(monkeypatch: Any) -> None:
    """Its job is walked by `script/server --check`, as a client walks it."""
    monkeypatch.setenv(VARIABLE, "a-demo-password-1")
    AirportFactory(ident=load.AERODROME, icao=load.AERODROME, name="Canberra")
    for command in ("seed_taxes", "seed_accounts"):
        call_command(command, stdout=StringIO())
    again = StringIO()
    for command in ("load_demo", "load_demo_clients"):
        call_command(command, quiet=True, stdout=StringIO())

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

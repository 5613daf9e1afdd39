"""What the walk of the demo job is made of; `script/server --check` walks it."""

import math
import statistics
from datetime import UTC, datetime, timedelta
from io import StringIO
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
import shapely
from django.core.management import call_command

from client_management.demo import place
from client_management.demo.flying import InTheAir
from client_management.demo.hands import ReadPage
from client_management.demo.survey import hold_the_estimate_against_it
from client_management.demo.track import RATE_HZ, survey_track
from client_management.models import ClientOrganization
from client_management.specifications import specification_of
from client_management.survey.estimate import estimate
from common.demo_client import Answer, CheckFailed
from flight_operations.demo import load
from flight_operations.demo.scene import Walk
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


def survey(**changed: float) -> list[dict[str, Any]]:
    wanted: Any = {"ceiling_m": 73.0, "lines": 2, "run_m": 14.6, "speed_ms": 7.3, **changed}
    return list(survey_track(**wanted, start=START))


def test_the_surveys_track_covers_the_pad_within_its_volume():
    points = survey()

    high = [each for each in points if each["height_above_takeoff_m"] > 70]
    east = [(each["lon"] - place.LON) * place.METRES_PER_DEGREE * SCALE for each in high]
    north = [(each["lat"] - place.LAT) * place.METRES_PER_DEGREE for each in high]
    assert max(east) == pytest.approx(45 + 14.6, abs=1)
    assert min(east) == pytest.approx(-45 - 14.6, abs=1)
    assert (round(max(north)), round(min(north))) == (15, -15)
    assert max(each["altitude_m"] for each in points) - place.GROUND_M < 73.0


def test_the_survey_is_flown_as_its_machine_can():
    points = survey()

    steps = [
        math.dist(before, after) * RATE_HZ
        for before, after in pairwise([_meters(each) for each in points])
    ]
    climbs = [
        (after["height_above_takeoff_m"] - before["height_above_takeoff_m"]) * RATE_HZ
        for before, after in pairwise(points)
    ]
    smooth = [sum(steps[n : n + 25]) / 25 for n in range(len(steps) - 25)]
    assert max(smooth) < 10 + 2
    assert (max(climbs), min(climbs)) == (pytest.approx(4, abs=0.1), pytest.approx(-3, abs=0.1))
    on_lines = [each["speed_ms"] for each in points if each["heading_deg"] in (90.0, 270.0)]
    assert statistics.mode(on_lines) == 7.3
    assert points[-1]["height_above_takeoff_m"] == 0


def test_the_survey_takes_longer_when_it_is_flown_slower_higher_or_on_more_lines():
    usual = len(survey())

    assert len(survey(speed_ms=3.0)) > usual + 40 * RATE_HZ
    assert len(survey(ceiling_m=110.0)) > usual + 15 * RATE_HZ
    assert len(survey(lines=4)) > usual + 30 * RATE_HZ


def test_the_estimate_of_the_pad_is_near_what_its_flight_takes():
    pad = shapely.Polygon([(lon, lat) for lat, lon in place.corners()])
    found = estimate(pad, specification_of("mapping", {"gsd_cm": 2.0}), max_height_m=120)
    how = found.how
    assert how is not None
    flown = survey(
        ceiling_m=how.height_m, lines=found.lines, run_m=how.base_m, speed_ms=how.speed_ms
    )

    assert found.lines == 2
    assert found.flight_min == pytest.approx(len(flown) / RATE_HZ / 60, rel=0.1)


def test_an_estimate_that_is_far_from_the_flight_fails_the_walk():
    started = datetime(2026, 11, 22, 23, tzinfo=UTC)

    def walk(seconds: float) -> Any:
        ended = {
            "actual_start_at": started.isoformat(),
            "actual_end_at": (started + timedelta(seconds=seconds)).isoformat(),
        }
        said: list[str] = []
        flight = SimpleNamespace(operation=lambda: SimpleNamespace(body=ended))
        return SimpleNamespace(
            flight=flight, assessment={"flight_min": 2.4}, say=said.append, said=said
        )

    held = walk(150)
    hold_the_estimate_against_it(held)
    assert held.said == ["estimated 2.40 min, flown 2.50 min: -4.0%, within 15%"]
    for seconds in (60, 240):
        with pytest.raises(CheckFailed, match="not within 15%"):
            hold_the_estimate_against_it(walk(seconds))


def test_what_fails_in_the_air_fails_the_walk():
    class Station:
        def post(self, path: str, body: Any) -> Any:
            return Answer(200, {"flagged": [[0, 1]]}, {})

    flight = Walk("http://127.0.0.1:1", "", print, lambda: START + timedelta(hours=1))
    flight.station = Station()  # type: ignore[assignment] # only its post is asked for

    with (
        pytest.raises(CheckFailed, match="in the air: positions in doubt"),
        InTheAir(flight, survey()),
    ):
        pass


def _meters(point: dict[str, Any]) -> tuple[float, float, float]:
    return (
        (point["lon"] - place.LON) * place.METRES_PER_DEGREE * SCALE,
        (point["lat"] - place.LAT) * place.METRES_PER_DEGREE,
        point["height_above_takeoff_m"],
    )


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

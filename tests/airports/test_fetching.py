import gzip
import json
from datetime import timedelta

import pytest

from airports.exceptions import SourceRefused, SourceUnavailable
from airports.models import Airport, SourceState, WeatherData
from airports.services import scraping
from airports.services.fetching import checked_address, unzipped
from airports.tasks import fetch_airports, fetch_metars, fetch_tafs
from tests.airports.test_airport_import import CANBERRA, FREQUENCIES, HEADER, RUNWAYS

pytestmark = pytest.mark.django_db
CACHE = (
    b"raw_text,station_id,observation_time,latitude,longitude,flight_category,metar_type\n"
    b"METAR YSCB 142200Z 29015KT CAVOK 18/12 Q1006,YSCB,2026-03-14T22:00:00Z,-35.3,149.2,VFR,"
    b"METAR\n"
)


def test_bulk_file_is_fetched_stored_and_not_asked_for_again(source, now):
    source.answers["/cache"] = (200, {"ETag": '"v1"'}, gzip.compress(CACHE))

    assert scraping.fetch_metars(at=now).stored == 1
    source.answers["/cache"] = (304, {}, b"")
    assert scraping.fetch_metars(at=now + timedelta(minutes=5)).received == 0

    assert source.requests[1][1]["If-None-Match"] == '"v1"'
    state = SourceState.objects.get(name="metar-cache")
    assert (state.failures, state.succeeded_at) == (0, now + timedelta(minutes=5))
    assert state.changed_at == now


def test_named_stations_are_asked_in_batches(source, now):
    raw = "METAR YSCB 142200Z 29015KT CAVOK 18/12 Q1006"
    source.answers["/metar"] = (200, {}, json.dumps([{"icaoId": "YSCB", "rawOb": raw}]).encode())

    report = scraping.fetch_metars(at=now, stations=[f"Y{n:03d}" for n in range(250)])

    assert len(source.requests) == 2
    assert (report.received, report.stored, WeatherData.objects.count()) == (2, 1, 1)


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (500, {}, b"oops"),
        (302, {"Location": "http://localhost/elsewhere"}, b""),
        (200, {}, b"<html>"),
        (200, {}, gzip.compress(CACHE)[:-20]),
    ],
)
def test_bad_answer_leaves_what_is_stored_and_backs_off(source, now, status, headers, body):
    source.answers["/cache"] = (200, {}, CACHE)
    scraping.fetch_metars(at=now)
    source.answers["/cache"] = (status, headers, body)

    with pytest.raises(SourceUnavailable):
        scraping.fetch_metars(at=now)
    with pytest.raises(SourceUnavailable, match="not asked again before"):
        scraping.fetch_metars(at=now + timedelta(seconds=10))

    assert WeatherData.objects.count() == 1
    assert len(source.requests) == 2
    state = SourceState.objects.get(name="metar-cache")
    assert (state.failures, state.retry_at) == (1, now + timedelta(seconds=30))


def test_waiting_grows_and_a_success_closes_the_circuit(source, now):
    waits = []
    for _ in range(9):
        with pytest.raises(SourceUnavailable):
            scraping.fetch_metars(at=now)
        state = SourceState.objects.get()
        waits.append((state.retry_at - now).total_seconds())
        now = state.retry_at
    source.answers["/cache"] = (200, {}, CACHE)
    scraping.fetch_metars(at=now)

    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert SourceState.objects.get().failures == 0


def test_giant_body_is_cut_short(source, settings, now):
    settings.SOURCE_MAX_BYTES = 1000
    source.answers["/cache"] = (200, {}, b"x" * 5000)

    with pytest.raises(SourceUnavailable, match="more than 1000 bytes"):
        scraping.fetch_metars(at=now)


def test_zip_bomb_is_not_unpacked():
    with pytest.raises(Exception, match="when unpacked"):
        unzipped(gzip.compress(b"0" * 10_000_000), 1000)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/metar",
        "file:///etc/passwd",
        "gopher://localhost/",
        "http://user:secret@localhost/metar",
        "http://localhost.evil.example/metar",
        "http://169.254.169.254/latest",
    ],
)
def test_other_addresses_are_refused(source, url):
    with pytest.raises(SourceRefused):
        checked_address(url)


def test_configured_host_inside_the_network_is_refused_unless_trusted(source, settings):
    settings.TRUSTED_PRIVATE_HOSTS = []

    with pytest.raises(SourceRefused, match="public internet"):
        checked_address(settings.METAR_SOURCE_URL)


def test_aerodromes_are_fetched_and_imported_once(source, now):
    files = {
        "/airports.csv": f"{HEADER}\n{CANBERRA}\n",
        "/runways.csv": RUNWAYS,
        "/frequencies.csv": FREQUENCIES,
    }
    for path, text in files.items():
        source.answers[path] = (200, {"ETag": "v1"}, text.encode())

    report = scraping.fetch_airports(at=now)
    for path in files:
        source.answers[path] = (304, {}, b"")

    assert report.airports.added == 1
    assert scraping.fetch_airports(at=now) is None
    assert Airport.objects.get().is_controlled is True


def test_aerodrome_file_that_is_another_page_changes_nothing(source, now):
    for path in ("/airports.csv", "/runways.csv", "/frequencies.csv"):
        source.answers[path] = (200, {}, b"<html>maintenance</html>")

    with pytest.raises(SourceUnavailable):
        scraping.fetch_airports(at=now)
    assert not Airport.objects.exists()
    assert SourceState.objects.get(name="airports").failures == 1


def test_tasks_survive_a_source_that_is_down(source, settings):
    settings.FETCH_WEATHER = True

    fetch_metars()
    fetch_tafs()
    fetch_airports()

    assert SourceState.objects.get(name="metar-cache").failures == 1


def test_tasks_ask_nobody_when_fetching_is_off(source, settings):
    settings.FETCH_WEATHER = False

    fetch_metars()
    fetch_tafs()
    fetch_airports()

    assert source.requests == []

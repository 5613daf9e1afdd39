"""The demo trip, walked over HTTP against a live server: from the request to the closed log."""

import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from common.geo import point
from common.scheduler import ThreadBackend
from operations.models import GroundLeg, PatientAccess, Trip
from tests.airports.factories import AirportFactory
from users.demo_people import VARIABLE

WORKERS = 2
# Ident, latitude, longitude, elevation in feet, country, zone.
AIRPORTS = (
    ("KNEW", 30.0424, -90.0283, 7, "US", "America/Chicago"),
    ("MMUN", 21.0365, -86.8771, 22, "MX", "America/Cancun"),
    ("KMEM", 35.0424, -89.9767, 341, "US", "America/Chicago"),
    ("KSTL", 38.7487, -90.3700, 618, "US", "America/Chicago"),
)


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
    monkeypatch.setenv(VARIABLE, "a-demo-password-1")
    for ident, lat, lon, elevation_ft, country, zone in AIRPORTS:
        AirportFactory(
            ident=ident,
            icao=ident,
            name=ident,
            point=point(lat=lat, lon=lon),
            elevation_ft=elevation_ft,
            country=country,
            timezone=zone,
        )
    call_command("seed_taxes", stdout=StringIO())
    call_command("load_demo_trips", quiet=True, stdout=StringIO())


def test_the_demo_trip_holds_from_the_request_to_the_closed_log(
    demo: None, live_server: Any
) -> None:
    out = StringIO()
    call_command("check_demo_trip", base_url=live_server.url, json=True, stdout=out)

    told = json.loads(out.getvalue())
    assert told["ok"] is True
    trip = Trip.objects.get(number=told["trip"])
    assert trip.status == "closed"
    roads = GroundLeg.objects.filter(trip=trip)
    assert roads.count() == 2
    assert not roads.filter(bedside_at=None).exists()
    assert not roads.filter(arrived_at=None).exists()
    assert set(PatientAccess.objects.values_list("kind", flat=True)) == {"read"}

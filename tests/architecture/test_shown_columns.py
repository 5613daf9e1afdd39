"""Every screen of the admin for somebody who wants everything shown otherwise."""

import re
from datetime import UTC, datetime

import pytest
from django.contrib import admin
from django.urls import reverse

from airports.models import Airport
from flight_operations.models import FlightOperation
from tests.architecture.permission_world import full_world
from tests.architecture.test_admin_pages import faults_of, pages_of
from tests.browser import enter
from tests.users.factories import UserFactory
from users.services.preferences import change_preferences

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
WANTED = {
    "timezone": "America/Bogota",
    "date_format": "iso",
    "clock": "12",
    "height": "m",
    "distance": "km",
    "speed": "kmh",
    "mass": "lb",
    "temperature": "f",
    "pressure": "inhg",
}


@pytest.fixture
def reader(client):
    user = UserFactory(is_superuser=True)
    change_preferences(user, version=None, changes=WANTED, at=datetime(2026, 1, 1, tzinfo=UTC))
    enter(client, user)
    return client


def test_every_screen_is_answered_in_few_statements_all_the_same(reader):
    with full_world():
        pages = [path for model in admin.site._registry for path in pages_of(model)]  # noqa: SLF001 - the list of what is there

        faults = [fault for path in pages for fault in faults_of(reader, path)]

    assert faults == []
    assert len(pages) > 100


def test_a_record_is_shown_in_the_readers_units_and_zone_and_lists_can_be_sorted(reader):
    with full_world():
        airport = Airport.objects.exclude(elevation_ft=None).order_by("pk").first()
        page = reader.get(reverse("admin:airports_airport_change", args=[airport.pk]))
        path = reverse("admin:flight_operations_flightoperation_changelist")
        listed = reader.get(path)
        sorted_by = [reader.get(f"{path}?o={column}").status_code for column in (1, -2, 3)]
        operation = FlightOperation.objects.order_by("pk").first()

    text = page.content.decode()
    assert f"{round(airport.elevation_ft * 0.3048)}\u00a0m" in text.replace("&nbsp;", "\u00a0")
    assert re.search(r"\d{4}-\d\d-\d\d \d?\d:\d\d [AP]M UTC-05", listed.content.decode())
    assert operation.number in listed.content.decode()
    assert sorted_by == [200, 200, 200]

"""For which hours of a request the weather is looked at."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.gis.geos import MultiPolygon

from airports.services.weather import enter_reports
from client_management.models import ServiceRequest
from client_management.queries.assessments import outlook
from tests.airports.factories import AirportFactory
from tests.client_management import scene
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db
PERTH = ZoneInfo("Australia/Perth")
# 06:00 in Perth; in the desert east of it the sun rises after 05:00 and sets before 18:00.
NOW = datetime(2026, 3, 14, 22, tzinfo=UTC)


def wanted(first: date, days: int, *, is_at_night: bool = False) -> ServiceRequest:
    return ServiceRequest(
        area=MultiPolygon(scene.square(300)),
        wanted_from=first,
        wanted_until=first + timedelta(days=days),
        is_at_night=is_at_night,
    )


def weather(request: ServiceRequest, at: datetime = NOW):
    return outlook(request, PERTH, at=at)["weather"]


def hours(told) -> list[str]:
    moments = [datetime.fromisoformat(told[name]) for name in ("starts_at", "ends_at")]
    return [f"{moment.astimezone(PERTH):%d %H}" for moment in moments]


@pytest.mark.parametrize(
    ("first", "days", "is_at_night", "at", "expected"),
    [
        (date(2026, 3, 16), 3, False, NOW, ["16 05", "16 17"]),
        (date(2026, 3, 10), 9, False, NOW, ["15 06", "15 17"]),
        # In the afternoon what is left of the day, after sunset the next morning.
        (date(2026, 3, 15), 3, False, NOW + timedelta(hours=8), ["15 14", "15 17"]),
        (date(2026, 3, 15), 3, False, NOW + timedelta(hours=14), ["16 05", "16 17"]),
        (date(2026, 3, 15), 3, True, NOW, ["15 17", "16 05"]),
        # The night that began the evening before.
        (date(2026, 3, 14), 3, True, NOW - timedelta(hours=4), ["15 02", "15 05"]),
    ],
)
def test_it_is_looked_at_for_the_first_hours_to_fly_in(first, days, is_at_night, at, expected):
    assert hours(weather(wanted(first, days, is_at_night=is_at_night), at)) == expected


def test_days_that_are_over_have_no_hours_left():
    told = weather(wanted(date(2026, 3, 15), 1), NOW + timedelta(hours=14))

    assert told == {"is_forecast": False, "why": "No hour of the days wanted is left to fly in."}


def test_the_forecast_of_the_hours_is_told_and_whether_it_covers_them():
    middle = scene.square(300).centroid
    AirportFactory(icao="YPPH", ident="YPPH", point=f"POINT({middle.x + 0.05} {middle.y})")
    taf = "TAF YPPH 142100Z 1421/1524 27008KT 9999 FEW040"
    enter_reports(taf, actor=UserFactory(), at=NOW)

    today = weather(wanted(date(2026, 3, 15), 3))
    tomorrow = weather(wanted(date(2026, 3, 16), 3))

    assert (today["station"], today["forecast"], today["covers_hours"]) == ("YPPH", taf, True)
    assert (tomorrow["is_forecast"], tomorrow["covers_hours"]) == (True, False)

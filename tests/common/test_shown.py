"""What a reader sees of a quantity or a moment, and that a limit never looks safer than it is."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.template import Context, Template
from django.utils import translation

from common import shown
from common.preferences import Preferences, reading
from common.shown import LEAST, MOST
from common.shown_columns import kind_of, limit_of

SUMMER = datetime(2026, 1, 5, 3, 5, tzinfo=UTC)


@pytest.fixture
def reader():
    """Show things as a reader with these preferences sees them."""
    opened = []

    def enter(**chosen):
        block = reading(lambda: Preferences(**chosen))
        block.__enter__()
        opened.append(block)

    yield enter
    for block in reversed(opened):
        block.__exit__(None, None, None)


def said(text):
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    "case",
    [
        ({}, "height", 120, "m", "", "120 m"),
        ({}, "height", 121.5, "m", MOST, "121.5 m"),
        ({"height": "ft"}, "height", 120, "m", "", "394 ft"),
        ({"height": "ft"}, "height", 120, "m", MOST, "393 ft"),
        ({"height": "ft"}, "height", 120, "m", LEAST, "394 ft"),
        ({"height": "ft"}, "height", 121.92, "m", MOST, "400 ft"),
        ({"height": "ft"}, "height", 121.92, "m", LEAST, "400 ft"),
        ({"height": "m"}, "height", 400, "ft", MOST, "121 m"),
        ({"height": "m"}, "height", 400, "ft", LEAST, "122 m"),
        ({"height": "m"}, "height", 12500, "ft", "", "3810 m"),
        ({"height": "m"}, "height", -13, "ft", MOST, "-4 m"),
        ({"distance": "km"}, "distance", 250, "nm", "", "463.0 km"),
        ({"distance": "km"}, "distance", 250.3, "nm", MOST, "463.5 km"),
        ({"distance": "mi"}, "distance", 100, "km", "", "62.1 mi"),
        ({"distance": "nm"}, "distance", 800, "m", "", "0.43 NM"),
        ({"speed": "kmh"}, "speed", 100, "kt", "", "185 km/h"),
        ({"speed": "kt"}, "speed", 12, "ms", MOST, "23 kt"),
        ({"speed": "ms"}, "speed", 25, "kt", MOST, "12.8 m/s"),
        ({"mass": "lb"}, "mass", Decimal("24.9"), "kg", MOST, "54 lb"),
        ({"mass": "lb"}, "mass", Decimal("0.249"), "kg", MOST, "0.54 lb"),
        ({"mass": "lb"}, "mass", Decimal("0.249"), "kg", LEAST, "0.55 lb"),
        ({"mass": "lb"}, "mass", 1.4, "kg", MOST, "3.08 lb"),
        ({"mass": "lb"}, "mass", 0, "kg", "", "0 lb"),
        ({"temperature": "f"}, "temperature", -40, "c", "", "-40 °F"),
        ({"temperature": "f"}, "temperature", 37, "c", MOST, "98 °F"),
        ({"temperature": "c"}, "temperature", 98.6, "f", "", "37 °C"),
        ({"pressure": "inhg"}, "pressure", 1013.25, "hpa", "", "29.92 inHg"),
        ({"pressure": "hpa"}, "pressure", 29.93, "inhg", "", "1013 hPa"),
    ],
)
def test_a_quantity_is_shown_in_the_readers_unit(reader, case):
    chosen, show, value, unit, limit, text = case
    reader(**chosen)
    more = {"limit": limit} if limit else {}

    assert said(getattr(shown, show)(value, unit, **more)) == text


@pytest.mark.parametrize("wanted", ["ft", "m"])
def test_no_limit_looks_safer_than_it_is(reader, wanted):
    """Read back in its own unit, what is shown keeps the limit, whichever it is."""
    reader(height=wanted)
    own, scale = ("m", 0.3048) if wanted == "ft" else ("ft", 1 / 0.3048)
    for tenth in range(0, 60_000, 7):
        value = tenth / 10
        most = int(said(shown.height(value, own, limit=MOST)).split()[0])
        least = int(said(shown.height(value, own, limit=LEAST)).split()[0])
        assert most * scale <= value + 1e-4
        assert least * scale >= value - 1e-4


@pytest.mark.parametrize(
    ("chosen", "place", "text"),
    [
        ({}, "UTC", "5 Jan 2026 03:05Z"),
        ({}, "Australia/Sydney", "5 Jan 2026 14:05 AEDT"),
        ({"timezone": "UTC"}, "Australia/Sydney", "5 Jan 2026 03:05Z"),
        ({"timezone": "America/Bogota", "date_format": "iso"}, "UTC", "2026-01-04 22:05 UTC-05"),
        ({"timezone": "Asia/Kathmandu"}, "UTC", "5 Jan 2026 08:50 UTC+05:45"),
        ({"clock": "12", "date_format": "us"}, "Australia/Sydney", "01/05/2026 2:05 PM AEDT"),
        ({"timezone": "Europe/London"}, "UTC", "5 Jan 2026 03:05Z"),
        ({"clock": "12"}, "UTC", "5 Jan 2026 3:05 AM UTC"),
    ],
)
def test_a_moment_says_in_which_zone_it_is(reader, chosen, place, text):
    reader(**chosen)

    assert shown.moment(SUMMER, place) == text


def test_midnight_and_noon_are_twelve(reader):
    reader(clock="12")

    clocks = [shown.clock(datetime(2026, 1, 5, hour, 0, tzinfo=UTC)) for hour in (0, 11, 12, 23)]
    assert clocks == ["12:00 AM", "11:00 AM", "12:00 PM", "11:00 PM"]


def test_numbers_and_long_dates_are_written_as_the_language_does(reader):
    reader(distance="km")
    with translation.override("es"):
        assert said(shown.distance(1.25, "nm")) == "2,3 km"
        assert shown.day(date(2026, 11, 22)) == "22 de noviembre de 2026"


def test_an_amount_has_its_currencys_places_and_its_languages_marks():
    with translation.override("de"):
        assert shown.amount(Decimal("12345"), "JPY") == "12.345"
        assert shown.amount(Decimal("12345.6"), "EUR") == "12.345,60"
    assert shown.amount(Decimal("12345.6"), "USD") == "12,345.60"


def test_the_filters_show_the_same(reader):
    reader(height="ft", date_format="iso")
    page = Template(
        "{% load shown %}{{ top|height:'m most' }}|{{ none|height:'m' }}|{{ qnh|pressure:'hpa' }}"
        "|{{ at|moment_at:'UTC' }}|{{ at|day }}"
    )

    text = page.render(Context({"top": 120, "none": None, "qnh": 1013, "at": SUMMER}))
    assert said(text) == "393 ft||1013 hPa|2026-01-05 03:05Z|2026-01-05"


def test_a_columns_name_tells_what_it_holds():
    assert kind_of("max_height_agl_m") == ("height", "m")
    assert kind_of("elevation_ft") == ("height", "ft")
    assert kind_of("wind_speed_kt") == ("speed", "kt")
    # No heights, no speeds.
    assert [kind_of(name) for name in ("length_ft", "visibility_m", "duration_ms", "desc")] == [
        None, None, None, None
    ]  # fmt: skip
    assert [limit_of(n) for n in ("max_height_agl_m", "min_ceiling_ft", "height_m")] == [
        MOST, LEAST, ""
    ]  # fmt: skip
    # Of what an aircraft carries or reaches no more is shown, of its own weight no less.
    names = ("payload_kg", "range_nm", "scope_max_mass_kg", "empty_weight_kg", "terrain_highest_m",
             "cabin_altitude_ft", "taxi_fuel_kg", "baggage_kg")  # fmt: skip
    assert [limit_of(n) for n in names] == [MOST, MOST, MOST, LEAST, LEAST, LEAST, LEAST, ""]
    # Of what is kept out of, what is shown is never smaller than it is.
    assert limit_of("ceiling_m", keeps_out=True) == LEAST
    assert limit_of("floor_m", keeps_out=True) == MOST

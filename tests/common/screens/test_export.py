"""Lists as files."""

import csv
import io
import json
import zipfile
from datetime import UTC, datetime

import pytest
from django.contrib import admin
from django.contrib.gis.geos import MultiPolygon, Point, Polygon
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import format_html

from common.models import AuditEvent
from common.screens import export
from common.screens.export import cell, geojson
from rpas.models import RPASAircraft
from tests.airports.factories import AirportFactory
from tests.browser import enter
from tests.flight_operations.factories import OperationFactory
from tests.operations.factories import PatientFactory
from tests.rpas.factories import AircraftFactory, MemberFactory
from tests.users.factories import UserFactory, grant
from users.services.preferences import change_preferences

pytestmark = pytest.mark.django_db
SCREENS = admin.site._registry  # noqa: SLF001 - the list of what is there
FLEET = "/admin/rpas/rpasaircraft/"
PEOPLE = "/admin/users/user/"
AIRPORTS = "/admin/airports/airport/"
FLIGHTS = "/admin/flight_operations/flightoperation/"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def signed_in(user):
    client = Client()
    enter(client, user)
    return client


@pytest.fixture
def root():
    return signed_in(UserFactory(is_superuser=True))


def exported(client, address, suffix, *rows, **more):
    form = {"action": f"export_{suffix}", "_selected_action": [row.pk for row in rows], **more}
    return client.post(address, form)


def body(answer):
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def lines(answer):
    return list(csv.reader(io.StringIO(body(answer).decode("utf-8-sig"))))


def test_a_list_becomes_csv_that_no_spreadsheet_takes_for_formulas(root):
    row = AircraftFactory(make="=HYPERLINK(1)", max_wind_ms=12.5)

    headings, values = lines(exported(root, FLEET, "csv", row))

    told = dict(zip(headings, values, strict=True))
    assert told["Registration"] == row.registration
    assert told["Make"] == "'=HYPERLINK(1)"
    assert "12.5" in values


def test_a_list_becomes_a_workbook_without_formulas(root):
    row = AircraftFactory(make="=HYPERLINK(1)")

    answer = exported(root, FLEET, "xlsx", row)

    with zipfile.ZipFile(io.BytesIO(body(answer))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        texts = "".join(book.read(n).decode() for n in book.namelist() if n.endswith(".xml"))
    assert "<f>" not in sheet
    assert row.registration in texts


def test_places_become_features(root):
    row = AirportFactory(ident="YSSY", icao="YSSY", point=Point(151.2, -33.9, srid=4326))

    found = json.loads(body(exported(root, "/admin/airports/airport/", "geojson", row)))

    (feature,) = found["features"]
    assert found["type"] == "FeatureCollection"
    assert feature["geometry"] == {"type": "Point", "coordinates": [151.2, -33.9]}
    assert feature["properties"]["Ident"] == "YSSY"
    assert exported(root, FLEET, "geojson", AircraftFactory()).status_code == 302


def test_rings_run_as_rfc_7946_has_them():
    clockwise = [(0, 0), (0, 4), (4, 4), (4, 0), (0, 0)]
    hole = [(1, 1), (2, 1), (2, 2), (1, 2), (1, 1)]
    area = Polygon(clockwise, hole)

    outer, inner = geojson(area)["coordinates"]

    assert outer == list(reversed(clockwise))
    assert inner == list(reversed(hole))
    assert geojson(MultiPolygon(area))["coordinates"] == [[outer, inner]]


def test_moments_are_utc_and_numbers_stay_numbers():
    assert cell(datetime(2026, 3, 1, 12, tzinfo=UTC)) == "2026-03-01T12:00:00Z"
    assert str(cell(-12.5)) == "-12.5"
    assert cell(float("nan")) == "nan"
    assert cell(10**18) == str(10**18)


def test_what_a_list_says_with_markup_is_text():
    said = format_html("<b>{}</b> {}", "Cole & Sons", "<1 h")

    assert cell(said) == "Cole & Sons <1 h"
    assert cell("Cole &amp; Sons") == "Cole &amp; Sons"


def test_what_is_longer_than_a_cell_says_that_it_was_cut():
    assert cell("x" * 32_000) == "x" * 32_000
    assert cell("x" * 32_001) == "x" * 32_000 + "…"
    assert cell(["x" * 40_000]).endswith("…")


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "geojson"])
def test_files_say_moments_in_utc_whatever_the_reader_prefers(suffix):
    user = UserFactory(is_superuser=True)
    wanted = {"timezone": "America/Bogota", "clock": "12", "height": "m"}
    change_preferences(user, version=None, changes=wanted, at=datetime(2026, 1, 1, tzinfo=UTC))
    airport = AirportFactory(elevation_ft=1000)
    flight = OperationFactory(planned_start_at=NOON)
    row, address = (airport, AIRPORTS) if suffix == "geojson" else (flight, FLIGHTS)

    data = body(exported(signed_in(user), address, suffix, row))
    if suffix == "xlsx":
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            data = b"".join(book.read(name) for name in book.namelist())

    plain, theirs = b"2026-03-01T12:00:00Z", b"AM UTC"
    if suffix == "geojson":
        plain, theirs = b'"Elevation ft": 1000', b'"305'
    assert plain in data
    assert theirs not in data


def test_who_took_what_is_on_record(root):
    row = AircraftFactory()

    exported(root, FLEET, "csv", row)

    deed = AuditEvent.objects.get(action="records.exported")
    assert deed.details["kind"] == "rpas.rpasaircraft"
    assert (deed.details["rows"], deed.details["format"]) == (1, "csv")


def test_another_operators_rows_are_in_no_file():
    mine, foreign = AircraftFactory(), AircraftFactory()
    user = UserFactory()
    MemberFactory(operator=mine.operator, user=user)
    grant(user, "rpas.view_rpasaircraft")

    answer = exported(signed_in(user), FLEET, "csv", mine, foreign)

    assert [row[0] for row in lines(answer)[1:]] == [mine.registration]


def test_without_the_grant_nothing_is_handed_out():
    user = UserFactory()
    grant(user)

    assert exported(signed_in(user), FLEET, "csv", AircraftFactory()).status_code == 403
    assert not AuditEvent.objects.filter(action="records.exported").exists()


def test_neither_passwords_nor_what_the_page_hides_are_handed_out(root):
    person = UserFactory(date_of_birth="1990-05-01")
    viewer = UserFactory()
    grant(viewer, "users.view_user")

    every = body(exported(root, "/admin/users/user/", "csv", person)).decode()
    some = body(exported(signed_in(viewer), "/admin/users/user/", "csv", person)).decode()

    assert "assword" not in every
    assert "1990-05-01" in every
    assert "1990-05-01" not in some


@pytest.mark.parametrize("model", ["patient", "passenger", "patientmatch", "medicalrequirement"])
def test_lists_of_patients_do_not_leave(root, model):
    patient = PatientFactory(known=True)

    answer = exported(root, f"/admin/operations/{model}/", "csv", patient)

    assert answer.headers.get("Content-Disposition") is None
    assert not AuditEvent.objects.filter(action="records.exported").exists()
    screen = next(s for m, s in SCREENS.items() if m._meta.model_name == model)
    assert len(screen.export_refused) > 40


def test_more_than_one_file_holds_is_refused_with_the_number(root, monkeypatch):
    monkeypatch.setattr(export, "MOST_ROWS", 2)
    rows = [AircraftFactory() for _ in range(3)]

    answer = root.post(
        FLEET,
        {"action": "export_csv", "_selected_action": [r.pk for r in rows]},
        follow=True,
    )

    assert "More than 2 rows" in answer.content.decode()
    assert len(lines(exported(root, FLEET, "csv", *rows[:2]))) == 3


def test_all_that_a_filter_leaves_are_handed_out_in_few_statements(root):
    rows = [AircraftFactory() for _ in range(12)]
    form = {"action": "export_csv", "_selected_action": [rows[0].pk], "select_across": "1"}

    with CaptureQueriesContext(connection) as asked:
        answer = root.post(f"{FLEET}?q={rows[0].make}", form)
        told = lines(answer)

    assert len(told) == 1 + RPASAircraft.objects.filter(make=rows[0].make).count()
    assert len(asked) <= 20


def test_files_hold_what_is_kept_whatever_their_reader_wants_to_see(now):
    person = UserFactory(is_superuser=True)
    aircraft, airport = AircraftFactory(max_wind_ms=12.5), AirportFactory(elevation_ft=400)
    asked = [(FLEET, aircraft), ("/admin/airports/airport/", airport), (PEOPLE, person)]

    def files():
        client = signed_in(person)
        return [body(exported(client, where, suffix, row)) for where, row in asked
                for suffix in ("csv", "geojson") if where != PEOPLE or suffix == "csv"]  # fmt: skip

    before = files()
    wanted = {"timezone": "America/Bogota", "date_format": "us", "clock": "12", "speed": "kt"}
    change_preferences(person, version=None, changes={**wanted, "height": "m"}, at=now)

    assert files() == before

import json
from io import StringIO

import pytest
from django.apps import apps
from django.contrib.admin.sites import site
from django.core.management import CommandError, call_command

from airports.models import Airport, AirspaceRestriction
from common.console import Misuse
from tests.airports.factories import AirportFactory
from tests.airports.test_airport_import import CANBERRA, HEADER
from tests.airports.test_airspace_files import HEAD, TRIANGLE
from tests.browser import enter
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db


def run(*arguments):
    out = StringIO()
    call_command(*arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def told(*arguments):
    """The result, and what was told of the progress beside it."""
    out, err = StringIO(), StringIO()
    call_command(*arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue().splitlines()


def test_reference_data_are_loaded_once():
    first, second = (json.loads(run("load_reference_data", "--json")) for _ in range(2))

    assert first["airports"]["added"] > 28_000
    assert second == {"loaded": False}


@pytest.mark.parametrize("rows", [[], ["broken"]], ids=["a header alone", "no sound row"])
def test_a_file_of_which_no_aerodrome_is_taken_ends_with_one(tmp_path, rows):
    path = tmp_path / "airports.csv"
    path.write_text("\n".join([HEADER, *rows, ""]))

    with pytest.raises(CommandError) as failed:
        run("import_airports", "--airports", str(path))

    assert failed.value.returncode == 1


def test_a_file_of_which_no_airspace_is_taken_ends_with_one_and_says_why(tmp_path):
    path, out = tmp_path / "zones.geojson", StringIO()
    path.write_text('{"type": "FeatureCollection", "features": ["none"]}')

    with pytest.raises(CommandError, match="Nothing of this file was taken") as failed:
        call_command(
            *("import_airspace", str(path), "--format", "geojson", "--source", "AU-AIP", "--json"),
            stdout=out,
        )

    assert failed.value.returncode == 1
    assert json.loads(out.getvalue())["rejected"][0]["reason"] == "not a feature with properties"


@pytest.mark.parametrize("source", ["", " ", "manual", "x" * 61])
def test_a_publisher_without_a_name_of_its_own_is_refused(tmp_path, source):
    path = tmp_path / "one.txt"
    path.write_text(f"{HEAD}{TRIANGLE}")

    with pytest.raises(Misuse, match="--source"):
        run("import_airspace", str(path), "--format", "openair", "--source", source)

    assert not AirspaceRestriction.objects.exists()


@pytest.mark.parametrize("station", ["not a station", "YSSY,YSCB", "YS", "YSSY&x=1"])
def test_weather_is_not_asked_for_at_what_is_no_station(station):
    with pytest.raises(Misuse, match="no station"):
        run("fetch_weather", "YSCB", station)


def test_aerodromes_are_imported_from_a_file(tmp_path):
    path = tmp_path / "airports.csv"
    path.write_text(f"{HEADER}\n{CANBERRA}\nbroken\n")

    report = json.loads(run("import_airports", "--airports", str(path), "--json"))

    assert (report["airports"]["added"], len(report["airports"]["rejected"])) == (1, 1)
    assert "1 unchanged" in run("import_airports", "--airports", str(path))


def test_airspace_is_imported_replaced_and_retired(tmp_path):
    path = tmp_path / "au.txt"
    path.write_text(HEAD + TRIANGLE)
    arguments = ("import_airspace", str(path), "--format", "openair", "--source", "AU")
    assert "1 added" in run(*arguments)
    assert "1 unchanged" in run(*arguments)

    path.write_text((HEAD + TRIANGLE).replace("3000", "4000"))
    report = json.loads(run(*arguments, "--json"))

    assert (report["added"], report["retired"]) == (1, 1)
    assert AirspaceRestriction.objects.filter(is_active=True).get().ceiling_text == "4000 FT"


def test_an_edition_of_nothing_retires_nothing_unless_it_may(tmp_path):
    path = tmp_path / "au.txt"
    path.write_text(HEAD + TRIANGLE)
    arguments = ("import_airspace", str(path), "--format", "openair", "--source", "AU")
    run(*arguments)
    path = tmp_path / "none.geojson"
    path.write_text('{"type": "FeatureCollection", "features": []}')
    arguments = ("import_airspace", str(path), "--format", "geojson", "--source", "AU")

    with pytest.raises(CommandError, match="would drop 1 of 1"):
        run(*arguments)
    assert AirspaceRestriction.objects.get().is_active

    assert "1 retired" in run(*arguments, "--may-shrink")


@pytest.mark.parametrize(
    "arguments",
    [
        ("import_airports", "--airports", "/nowhere/airports.csv"),
        ("import_airports", "--runways", "/nowhere/runways.csv"),
        ("import_airspace", "/nowhere/x", "--format", "openair", "--source", "x"),
        ("import_airspace", "/dev/null", "--format", "ed269", "--source", "x"),
        ("import_airspace", "/dev/null", "--format", "pdf", "--source", "x"),
    ],
)
def test_failure_is_an_exit_code(arguments):
    with pytest.raises(CommandError):
        run(*arguments)
    assert not Airport.objects.exists()


def test_weather_is_fetched_by_command(source):
    raw = "METAR YSCB 142200Z 29015KT CAVOK 18/12 Q1006"
    source.answers["/metar"] = (200, {}, json.dumps([{"icaoId": "YSCB", "rawOb": raw}]).encode())

    assert "1 stored" in run("fetch_weather", "YSCB", "--only", "metar")
    with pytest.raises(CommandError):
        run("fetch_weather", "YSCB", "--only", "taf")


def test_asking_for_weather_tells_how_many_stations_were_asked(source):
    raw = "METAR YSCB 142200Z 29015KT CAVOK 18/12 Q1006"
    source.answers["/metar"] = (200, {}, json.dumps([{"icaoId": "YSCB", "rawOb": raw}]).encode())
    stations = [f"Y{number:03}" for number in range(201)]
    arguments = ("fetch_weather", *stations, "--only", "metar", "--json")

    out, err = told(*arguments)

    assert json.loads(out)["metar"]["received"] == 2
    assert err[-1].startswith("Stations asked for a METAR: 100 %  201 of 201")
    assert told(*arguments, "--quiet")[1] == []


def test_an_import_of_airspace_tells_how_much_is_stored(tmp_path):
    path = tmp_path / "airspace.txt"
    path.write_text("".join(f"{HEAD}{TRIANGLE}".replace("R123", f"R{n}") for n in range(3)))
    arguments = (
        "import_airspace", str(path), "--format", "openair", "--source", "AU", "--json",
    )  # fmt: skip

    out, err = told(*arguments)

    assert json.loads(out)["added"] == 3
    assert err[-1].startswith("New pieces stored: 100 %  3 of 3")
    AirspaceRestriction.objects.all().delete()
    assert told(*arguments, "--quiet")[1] == []


def test_forecasts_are_asked_for_although_observations_are_refused(source):
    raw = "TAF YSCB 142200Z 1500/1524 29015KT CAVOK"
    source.answers["/taf"] = (200, {}, json.dumps([{"icaoId": "YSCB", "rawTAF": raw}]).encode())
    out = StringIO()

    with pytest.raises(CommandError, match="metar gave no usable answer") as failed:
        call_command("fetch_weather", "YSCB", "--json", stdout=out, stderr=StringIO())

    assert failed.value.returncode == 1
    assert [(kind, told["received"]) for kind, told in json.loads(out.getvalue()).items()] == [
        ("taf", 1)
    ]


MODELS = list(filter(site.is_registered, apps.get_app_config("airports").get_models()))


@pytest.fixture
def admin_client(client):
    enter(client, UserFactory(is_superuser=True))
    return client


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_admin_lists_and_adds_nothing(admin_client, model):
    AirportFactory()
    path = f"/admin/airports/{model._meta.model_name}/"

    assert admin_client.get(path).status_code == 200
    assert admin_client.get(f"{path}?q=canb").status_code == 200
    assert admin_client.get(f"{path}add/").status_code == 403


def test_admin_marks_a_tower_by_the_service(admin_client):
    airport = AirportFactory()

    admin_client.post(
        "/admin/airports/airport/",
        {"action": "mark_controlled", "_selected_action": [airport.pk]},
    )

    airport.refresh_from_db()
    assert (airport.is_controlled, airport.control_source) == (True, "manual")

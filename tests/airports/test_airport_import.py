import gzip

import pytest
from django.db import transaction

from airports.exceptions import SourceIncomplete, UnreadableFile
from airports.models import Airport, ControlSource, Frequency, Runway
from airports.services.aerodromes import set_tower
from airports.services.airport_import import import_embedded, import_ourairports
from airports.services.staging import prepare_for_many, run
from common.models import OutboxEvent
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db

HEADER = (
    "id,ident,type,name,latitude_deg,longitude_deg,elevation_ft,continent,iso_country,iso_region,"
    "municipality,scheduled_service,gps_code,iata_code,local_code,home_link,wikipedia_link,keywords"
)
CANBERRA = (
    "1,YSCB,medium_airport,Canberra,-35.3069,149.195,1886,OC,AU,AU-ACT,Canberra,yes,YSCB,CBR,,,,"
)
FARM = "2,YXYZ,small_airport,Farm Strip,-35.0,149.0,2000,OC,AU,AU-NSW,,no,,,,,,"
PAD = "3,AU-0001,heliport,Hospital Pad,-35.34,149.1,,OC,AU,AU-ACT,,no,,0,,,,"
RUNWAYS = (
    "id,airport_ref,airport_ident,length_ft,width_ft,surface,lighted,closed,le_ident,"
    "le_latitude_deg,le_longitude_deg,le_elevation_ft,le_heading_degT,le_displaced_threshold_ft,"
    "he_ident,he_latitude_deg,he_longitude_deg,he_elevation_ft,he_heading_degT,"
    "he_displaced_threshold_ft\n"
    "10,1,YSCB,10771,148,ASP,1,0,17,-35.29,149.193,1886,179,,35,-35.32,149.194,1880,359,\n"
    "11,1,YSCB,5509,148,ASP,1,0,12,,,,,,30,,,,,\n"
    "12,1,NOPE,100,10,GRS,0,0,01,,,,,,19,,,,,\n"
)
FREQUENCIES = (
    "id,airport_ref,airport_ident,type,description,frequency_mhz\n"
    "20,1,YSCB,TWR,Canberra Tower,118.7\n"
    "21,2,YXYZ,CTAF,,126.7\n"
    "22,2,YXYZ,CTAF,,many\n"
)


def write(folder, name, text):
    path = folder / name
    path.write_text(text)
    return path


def airports(folder, *rows):
    return write(folder, "airports.csv", "\n".join([HEADER, *rows]) + "\n")


@pytest.fixture
def files(tmp_path):
    return {
        "airports": airports(tmp_path, CANBERRA, FARM, PAD),
        "runways": write(tmp_path, "runways.csv", RUNWAYS),
        "frequencies": write(tmp_path, "frequencies.csv", FREQUENCIES),
    }


def test_first_import_adds_aerodromes_with_runways_and_frequencies(files, now):
    report = import_ourairports(**files, cycle="2026-03", at=now)

    canberra = Airport.objects.get(ident="YSCB")
    assert (canberra.icao, canberra.iata, canberra.timezone) == ("YSCB", "CBR", "Australia/Sydney")
    assert (round(canberra.point.x, 3), round(canberra.point.y, 4)) == (149.195, -35.3069)
    assert report.airports.added == 3
    assert (report.runways.added, Runway.objects.filter(centerline=None).count()) == (2, 1)
    assert [(row.key, row.reason) for row in report.runways.rejected] == [
        ("NOPE 12", "no such aerodrome")
    ]
    assert [(row.row_number, row.reason) for row in report.frequencies.rejected] == [
        (4, "the frequency is not a number")
    ]


def test_tower_frequency_makes_an_aerodrome_controlled(files, now):
    import_ourairports(**files, cycle="2026-03", at=now)

    control = dict(Airport.objects.values_list("ident", "is_controlled"))
    assert control == {"YSCB": True, "YXYZ": False, "AU-0001": False}
    assert Airport.objects.get(ident="YSCB").control_source == ControlSource.FREQUENCY


def test_same_files_again_change_nothing(files, now):
    import_ourairports(**files, cycle="2026-03", at=now)
    events = OutboxEvent.objects.count()

    report = import_ourairports(**files, cycle="2026-04", at=now)

    assert (report.airports.unchanged, report.airports.changed) == (3, 0)
    assert (report.runways.unchanged, report.frequencies.unchanged) == (2, 2)
    assert Airport.objects.get(ident="YSCB").version == 1
    assert OutboxEvent.objects.count() == events


def test_changed_row_is_updated_and_keeps_its_history(files, tmp_path, now):
    import_ourairports(**files, cycle="2026-03", at=now)
    files["airports"] = airports(tmp_path, CANBERRA.replace("Canberra,-", "Ngambri,-"), FARM, PAD)

    report = import_ourairports(**files, cycle="2026-04", at=now)

    airport = Airport.objects.get(ident="YSCB")
    assert (report.airports.changed, airport.name, airport.version) == (1, "Ngambri", 2)
    assert airport.events.count() == 2


def test_dropped_row_is_set_inactive_and_a_partial_file_drops_none(files, tmp_path, now):
    import_ourairports(**files, cycle="2026-03", at=now)
    short = airports(tmp_path, CANBERRA, PAD)

    import_ourairports(airports=short, cycle="2026-04", at=now, is_partial=True)
    assert Airport.objects.get(ident="YXYZ").is_active
    report = import_ourairports(airports=short, cycle="2026-04", at=now)

    assert report.airports.removed == 1
    assert not Airport.objects.get(ident="YXYZ").is_active


def test_partial_files_drop_no_runway_and_no_tower(files, tmp_path, now):
    import_ourairports(**files, cycle="2026-03", at=now)
    files["runways"] = write(tmp_path, "r.csv", RUNWAYS.splitlines()[0] + "\n")
    files["frequencies"] = write(
        tmp_path, "f.csv", FREQUENCIES.splitlines()[0] + "\n30,1,YSCB,ATIS,,127.45\n"
    )

    import_ourairports(**files, cycle="2026-04", at=now, is_partial=True)

    assert (Runway.objects.count(), Frequency.objects.count()) == (2, 3)
    assert Airport.objects.get(ident="YSCB").is_controlled is True


def test_row_that_cannot_be_read_leaves_what_was_held(files, tmp_path, now):
    import_ourairports(**files, cycle="2026-03", at=now)
    files["airports"] = airports(tmp_path, CANBERRA, FARM.replace(",2000,", ",90000,"), PAD)
    files["runways"] = write(tmp_path, "r.csv", RUNWAYS.replace("YSCB,5509", "YSCB,long"))

    report = import_ourairports(**files, cycle="2026-04", at=now)

    assert (report.airports.removed, report.runways.removed) == (0, 0)
    assert Airport.objects.get(ident="YXYZ").is_active
    assert Runway.objects.count() == 2


def test_cut_off_runways_are_refused_with_all_the_rest(files, tmp_path, now):
    lines = [f"{n},1,YSCB,{n},148,ASP,1,0,17,,,,,,35,,,,,\n" for n in range(1, 1102)]
    head = RUNWAYS.splitlines()[0] + "\n"
    files["runways"] = write(tmp_path, "r.csv", head + "".join(lines))
    import_ourairports(**files, cycle="1", at=now)
    files["runways"] = write(tmp_path, "r.csv", head + "".join(lines[:500]))
    files["airports"] = airports(tmp_path, CANBERRA, FARM, PAD.replace("Hospital", "Clinic"))

    with pytest.raises(SourceIncomplete, match="runways would drop 601 of 1101"):
        import_ourairports(**files, cycle="2", at=now)
    assert Runway.objects.count() == 1101
    assert Airport.objects.get(ident="AU-0001").name == "Hospital Pad"


def test_tower_set_by_hand_is_left_alone(files, now):
    import_ourairports(**files, cycle="2026-03", at=now)
    strip = Airport.objects.get(ident="YXYZ")
    set_tower(
        strip, is_controlled=True, tower_hours=None, reason="Air show", actor=UserFactory(), at=now
    )

    import_ourairports(**files, cycle="2026-04", at=now)

    strip.refresh_from_db()
    assert (strip.is_controlled, strip.control_source) == (True, ControlSource.MANUAL)


def test_airports_alone_leave_control_as_it_was(files, now):
    import_ourairports(**files, cycle="2026-03", at=now)

    import_ourairports(airports=files["airports"], cycle="2026-04", at=now)

    assert Airport.objects.get(ident="YSCB").is_controlled is True


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (FARM.replace("-35.0,149.0", ",149.0"), "the position is missing or not a number"),
        (FARM.replace("-35.0,", "-135.0,"), "the position -135.0 is not on Earth"),
        (FARM.replace("small_airport", "spaceport"), "unknown type 'spaceport'"),
        (FARM.replace(",2000,", ",90000,"), "the elevation 90000 ft is not on Earth"),
        (FARM.replace("Farm Strip", ""), "the name is empty or longer than 200 characters"),
        (FARM.replace("YXYZ", "YSCB"), "the ident occurred before"),
        (FARM.replace("Farm Strip", "Farm\x00Strip"), "the row holds a NUL character"),
    ],
)
def test_bad_row_is_rejected_with_its_number_and_the_reason(tmp_path, now, row, reason):
    report = import_ourairports(airports=airports(tmp_path, CANBERRA, row), cycle="c", at=now)

    assert [(r.row_number, r.reason) for r in report.airports.rejected] == [(3, reason)]
    assert Airport.objects.count() == 1


def test_newer_form_names_the_icao_code(tmp_path, now):
    header = HEADER.replace("gps_code,", "icao_code,gps_code,")
    row = PAD.replace(",no,,0,,,,", ",no,YHPD,,,,,,")

    import_ourairports(airports=write(tmp_path, "a.csv", f"{header}\n{row}\n"), cycle="c", at=now)

    assert Airport.objects.get(ident="AU-0001").icao == "YHPD"


def test_icao_code_goes_to_the_open_aerodrome_and_moves_with_it(tmp_path, now):
    closed = "9,ZZ-1,closed,Old,-35.0,149.0,,OC,AU,AU-NSW,,no,YMOV,,,,,"
    other = "8,YMOV,small_airport,New,-35.1,149.1,,OC,AU,AU-NSW,,no,YMOV,,,,,"
    import_ourairports(airports=airports(tmp_path, closed, other), cycle="1", at=now)
    assert Airport.objects.get(icao="YMOV").ident == "YMOV"

    moved = other.replace("8,YMOV,", "8,AU-77,")
    import_ourairports(airports=airports(tmp_path, moved), cycle="2", at=now, may_shrink=True)

    assert Airport.objects.get(icao="YMOV").ident == "AU-77"


def test_gzipped_file_is_read(tmp_path, now):
    path = tmp_path / "airports.csv.gz"
    path.write_bytes(gzip.compress(f"{HEADER}\n{CANBERRA}\n".encode()))

    assert import_ourairports(airports=path, cycle="c", at=now).airports.added == 1


ZIPPED = gzip.compress(f"{HEADER}\n{CANBERRA}\n".encode() * 2000)
BODIES = {
    "empty": b"",
    "another table": b"a,b\n1,2\n",
    "no gzip": b"\x1f\x8bnot gzip",
    "cut gzip": ZIPPED[:120],
    "damaged gzip": ZIPPED[:30] + b"\xff\xff\xff" + ZIPPED[33:],
    "UTF-16": b"\xff\xfe\x00",
    "an endless field": f"{HEADER}\n1,YSCB,medium_airport,{'x' * 140_000}\n".encode(),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_another_file_is_refused_and_nothing_is_written(tmp_path, now, body):
    path = tmp_path / "airports.csv"
    path.write_bytes(body)

    with pytest.raises(UnreadableFile):
        import_ourairports(airports=path, cycle="c", at=now)
    assert not Airport.objects.exists()


def test_file_that_was_cut_off_is_refused(tmp_path, now):
    rows = [FARM.replace("YXYZ", f"Y{n:04d}") for n in range(1100)]
    import_ourairports(airports=airports(tmp_path, *rows), cycle="1", at=now)

    with pytest.raises(SourceIncomplete):
        import_ourairports(airports=airports(tmp_path, *rows[:500]), cycle="2", at=now)
    assert Airport.objects.filter(is_active=True).count() == 1100


def test_embedded_aerodromes_never_overwrite_a_better_source(files, now):
    import_ourairports(**files, cycle="2026-03", at=now)
    Airport.objects.filter(ident="YSCB").update(timezone="", elevation_ft=None)

    report = import_embedded(at=now)

    canberra = Airport.objects.get(ident="YSCB")
    assert (canberra.source, canberra.timezone) == ("ourairports", "Australia/Sydney")
    assert canberra.elevation_ft is not None
    assert report.airports.added > 28_000
    assert Frequency.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_an_import_joins_by_hashing_and_a_request_does_not():
    with transaction.atomic():
        prepare_for_many(7)
        inside = (run("SHOW enable_nestloop"), run("SHOW statement_timeout"))

    assert inside == ([("off",)], [("7s",)])
    assert run("SHOW enable_nestloop") == [("on",)]

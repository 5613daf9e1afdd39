"""The shared collections of real reports and files: a sample in every run, all with `-m corpus`."""

import csv
import gzip
import json
from collections import Counter
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest
from metar_taf_parser.parser.parser import TAFParser

from airports.models import AirspaceRestriction, WeatherData
from airports.reports import decode_metar, decode_taf, split_bulletin
from airports.services.airport_import import import_ourairports
from airports.services.airspace import import_airspace
from airports.services.weather import store_reports
from airports.source_rows import SourceReport, metars_from_cache_csv, metars_from_json
from tests.shared_data import shared

pytestmark = pytest.mark.slow
CACHES = (
    "awc_metars_2014-12-18",
    "awc_metars_2022-10-22T03Z",
    "awc_metars_2022-10-23T01Z",
)
SAMPLE = 25


def every(step, rows):
    return [row for number, row in enumerate(rows) if number % step == 0]


def cache_rows(name):
    path = shared(f"weather/awc_cache_csv/{name}.csv.gz")
    with gzip.open(path, "rt") as lines:
        return list(metars_from_cache_csv(lines))


def xml_rows():
    root = ET.fromstring(  # noqa: S314 - a file of our own data
        gzip.decompress(shared("weather/awc_cache_xml/awc_metars_2023-03-05.xml.gz").read_bytes())
    )
    return [
        SourceReport(
            kind="METAR",
            station=row.findtext("station_id") or "",
            raw=row.findtext("raw_text") or "",
            issued_at=datetime.fromisoformat(
                (row.findtext("observation_time") or "").replace("Z", "+00:00")
            ),
            category=row.findtext("flight_category") or "",
        )
        for row in root.iter("METAR")
    ]


def json_rows():
    folder = shared("weather/awc_api_json")
    with gzip.open(folder / "metars_us_history.jsonl.gz") as lines:
        rows = [json.loads(line) for line in lines]
    for path in sorted(folder.glob("response_*.json.gz")):
        rows += json.loads(gzip.decompress(path.read_bytes()))
    return list(metars_from_json(json.dumps(rows).encode()))


def disagreements(rows):
    """Reports whose category differs from the service's own, by why."""
    found = Counter()
    for row in rows:
        if not row.category:
            continue
        report = decode_metar(row.raw, reference=row.issued_at)
        if report.conditions.flight_category == row.category:
            found["agrees"] += 1
        elif " VV" in row.raw and row.category == "LIFR":
            # Until 2023 the service took every obscured sky for a ceiling at 0 ft.
            found["obscured sky"] += 1
        elif "NDV" in row.raw:
            # It took a runway visual range for the visibility beside it.
            found["runway range"] += 1
        elif "80000" in row.raw:
            # A visibility with a digit too many, which it read as 0.
            found["80000"] += 1
        else:
            found[row.raw] += 1
    return found


def test_sample_of_the_current_service_agrees_throughout():
    assert set(disagreements(every(SAMPLE, json_rows()))) == {"agrees"}


@pytest.mark.corpus
def test_current_service_agrees_throughout():
    assert disagreements(json_rows()) == {"agrees": 24_908}


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (lambda: cache_rows(CACHES[0]), {"agrees": 3894, "obscured sky": 5}),
        (lambda: cache_rows(CACHES[1]), {"agrees": 4164}),
        (
            lambda: cache_rows(CACHES[2]),
            {"agrees": 4228, "obscured sky": 3, "runway range": 1, "80000": 1},
        ),
        (xml_rows, {"agrees": 4471, "obscured sky": 4}),
    ],
    ids=[*CACHES, "2023"],
)
def test_old_service_agrees_but_for_its_known_faults(rows, expected):
    assert disagreements(rows()) == expected


@pytest.mark.django_db
def test_sample_of_all_collections_is_stored_to_the_last_report():
    rows = [row for name in CACHES for row in every(SAMPLE, cache_rows(name))]
    rows += every(SAMPLE, xml_rows()) + every(SAMPLE * 4, json_rows())

    result = store_reports(rows, source="corpus", at=datetime(2026, 5, 1, tzinfo=UTC))

    assert (result.received, result.refused) == (len(rows), 0)
    assert result.stored + result.known == len(rows)


@pytest.mark.django_db
@pytest.mark.corpus
def test_all_collections_are_stored_to_the_last_report():
    for name in CACHES:
        rows = cache_rows(name)
        result = store_reports(rows, source=name, at=datetime(2026, 5, 1, tzinfo=UTC))
        assert result.refused == 0
        assert result.stored + result.known == len(rows)
    assert WeatherData.objects.count() >= 13_900


def australian():
    with shared("weather/au/au_metars_raw.tsv").open() as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


def test_australian_reports_are_read_whole():
    for row in australian():
        moment = datetime.fromisoformat(row["observation_time"].replace("Z", "+00:00"))
        report = decode_metar(row["raw"], reference=moment)
        assert report.issued_at == moment
        # Distant lightning has no column of its own; it stays visible as undecoded.
        assert all(group.startswith("DL-") for group in report.undecoded)


def tafs():
    with gzip.open(shared("weather/taf/tafs_apac_uswest.tsv.gz"), "rt") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


def check_against_another_parser(rows):
    """Groups, their periods and probabilities as metar-taf-parser-mivek has them."""
    other = TAFParser()
    compared = 0
    for row in rows:
        moment = datetime.fromisoformat(row["issued"].replace("Z", "+00:00"))
        ours = decode_taf(row["raw"], reference=moment)
        try:
            theirs = other.parse(row["raw"])
        except (IndexError, ValueError, AttributeError):
            continue
        if ours.is_cancelled or theirs is None:
            continue
        expected = [
            (t.type.value, t.probability, t.validity.start_day, t.validity.start_hour)
            for t in theirs.trends
            if t.validity is not None
        ]
        found = [(g.kind, g.probability, *start_of(g)) for g in ours.groups if g.kind != "INITIAL"]
        assert found == expected, row["raw"]
        compared += 1
    return compared


def start_of(group):
    """Day and hour as coded; midnight may be coded as hour 24 of the day before."""
    text = group.raw.removeprefix("PROB30 ").removeprefix("PROB40 ").removeprefix("TEMPO ")
    for word in ("BECMG ", "INTER ", "FM"):
        text = text.removeprefix(word)
    return int(text[:2]), int(text[2:4])


def test_sample_of_forecasts_has_the_groups_another_parser_finds():
    rows = every(SAMPLE, tafs())

    assert check_against_another_parser(rows) > len(rows) * 0.95


@pytest.mark.corpus
def test_forecasts_have_the_groups_another_parser_finds():
    rows = tafs()

    assert check_against_another_parser(rows) > len(rows) * 0.95


def test_forecasts_are_read_whole():
    rows = every(SAMPLE, tafs())
    undecoded = [
        decode_taf(
            row["raw"], reference=datetime.fromisoformat(row["issued"].replace("Z", "+00:00"))
        ).undecoded
        for row in rows
    ]

    assert sum(1 for groups in undecoded if groups) <= len(rows) * 0.01


@pytest.mark.parametrize("folder", ["METAR", "TAF"])
def test_bulletins_broken_ones_too_are_cut_up(folder):
    for path in sorted(shared(f"weather/wmo_products_pyiem/{folder}").glob("*.txt")):
        reports = list(split_bulletin(path.read_text(errors="replace")))
        assert reports, path.name


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "file_format", "counts"),
    [
        ("us/openair_ksgu_class_e.txt", "openair", (3, 3, 0)),
        ("openair_small/xcsoar_openair.txt", "openair", (26, 26, 0)),
        ("uas_geozones/ed269_che_sample.json", "ed269", (1, 1, 0)),
        ("uas_geozones/geo_awareness_che_1.json", "ed269", (10, 10, 0)),
        ("us/faa_class_airspace_part.geojson.gz", "geojson", (305, 304, 1)),
        ("au/openair_au_south_of_29S_2008.txt", "openair", (345, 345, 0)),
    ],
)
def test_airspace_files_are_imported(path, file_format, counts, now):
    report = import_airspace(
        shared(f"airspace/{path}"), file_format=file_format, source="s", cycle="c", at=now
    )

    assert (report.read, report.added, len(report.rejected)) == counts
    assert AirspaceRestriction.objects.count() == report.added


@pytest.mark.django_db
@pytest.mark.corpus
def test_all_aerodromes_are_imported(now):
    folder = shared("airports/ourairports_2022-10-11")

    report = import_ourairports(
        airports=folder / "airports.csv.gz",
        runways=folder / "runways.csv.gz",
        frequencies=folder / "frequencies.csv.gz",
        cycle="2022-10-11",
        at=now,
    )

    assert (report.airports.added, len(report.airports.rejected)) == (73_623, 0)
    assert (report.runways.added, len(report.runways.rejected)) == (43_949, 2)
    assert (report.frequencies.added, len(report.frequencies.rejected)) == (29_100, 7)

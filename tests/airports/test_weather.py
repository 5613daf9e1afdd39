import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from django.db import IntegrityError, connections, transaction

from airports.exceptions import UnreadableReport
from airports.models import WeatherData, WeatherStation
from airports.queries.reports import reports_at
from airports.services.weather import enter_reports, store_reports
from airports.source_rows import (
    SourceReport,
    UnexpectedAnswer,
    metars_from_cache_csv,
    metars_from_json,
    tafs_from_json,
)
from common.models import AuditEvent, OutboxEvent
from tests.airports.factories import AirportFactory, report
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db
METAR = "METAR YSCB 142200Z 29015G25KT 9000 -SHRA BKN035 18/12 Q1006"
TAF = "TAF YSCB 142200Z 1500/1524 29015KT 9999 SCT040"


def test_report_is_stored_with_its_columns_and_aerodrome(now):
    airport = AirportFactory(ident="YSCB", icao="YSCB")

    row = report(METAR, at=now)

    assert (row.airport, row.kind, row.raw) == (airport, "METAR", METAR)
    assert (row.wind_gust_kt, row.visibility_m, row.ceiling_ft) == (25.0, 9000, 3500)
    assert (row.flight_category, row.weather, row.undecoded) == ("VFR", ["-SHRA"], [])


def test_same_report_again_is_known(now):
    report(METAR, at=now)

    again = store_reports(
        [SourceReport(kind="METAR", station="YSCB", raw=METAR)] * 2, source="x", at=now
    )

    assert (again.stored, again.known, WeatherData.objects.count()) == (0, 2, 1)


@pytest.mark.parametrize("raw", ["METAR YSCB junk", "%%%", "METAR YSCB 992299Z 00000KT", ""])
def test_report_that_cannot_be_decoded_is_stored_and_flagged(now, raw):
    result = store_reports(
        [SourceReport(kind="METAR", station="YSCB", raw=raw)], source="x", at=now
    )

    row = WeatherData.objects.get()
    assert result.stored == 1
    assert row.undecoded
    assert row.issued_at == now
    assert row.flight_category == ""


def test_time_from_the_future_is_not_believed(now):
    row = report("METAR YSCB 150600Z 29015KT CAVOK 18/12 Q1006", at=now)

    assert (row.issued_at, row.undecoded) == (now, ["time"])


def test_newest_report_stays_the_latest_when_an_older_one_comes_in_late(now):
    newest = report(METAR, at=now)
    report("METAR YSCB 142130Z 29005KT CAVOK 18/12 Q1006", at=now)

    assert WeatherStation.objects.get().observation == newest


def test_void_report_does_not_replace_the_latest(now):
    newest = report(METAR, at=now)
    report("METAR YSCB 142225Z NIL", at=now)

    assert WeatherStation.objects.get().observation == newest


def test_report_without_a_known_time_does_not_become_the_latest(now):
    newest = report(METAR, at=now)
    forecast = report(TAF, at=now)
    undated = report("METAR YSCB 29005KT CAVOK 18/12 Q1006", at=now)
    report("TAF YSCB 29005KT CAVOK", at=now)

    station = WeatherStation.objects.get()
    assert undated.undecoded == ["time"]
    assert (station.observation, station.forecast) == (newest, forecast)


def test_time_that_the_source_knows_is_no_fault_of_the_report(now):
    at = now - timedelta(minutes=5)
    row = report("METAR YSCB 29005KT CAVOK 18/12 Q1006", at=now, issued_at=at)

    assert (row.issued_at, row.undecoded) == (at, [])
    assert WeatherStation.objects.get().observation == row


def test_cancelled_forecast_takes_the_one_before_it_back(now):
    report(TAF, at=now)
    cancelled = report("TAF AMD YSCB 142220Z 1500/1524 CNL", at=now)

    known = reports_at(["YSCB"], moment=now, user=UserFactory(is_superuser=True))

    assert WeatherStation.objects.get().forecast == cancelled
    assert list(known) == [cancelled]


@pytest.mark.django_db(transaction=True)
def test_older_report_stored_at_the_same_time_does_not_displace_the_newer(now):
    report("METAR YSCB 142100Z 29005KT CAVOK 18/12 Q1006", at=now)
    is_stored = Event()

    def newer():
        try:
            with transaction.atomic():
                row = report(METAR, at=now)
                is_stored.set()
                _wait_until_somebody_waits()
                return row
        finally:
            connections.close_all()

    def older():
        try:
            is_stored.wait(timeout=10)
            report("METAR YSCB 142130Z 29005KT CAVOK 18/12 Q1006", at=now)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        newest, _ = pool.submit(newer), pool.submit(older)

    assert WeatherStation.objects.get().observation == newest.result()


def _wait_until_somebody_waits():
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
            if cursor.fetchone():
                return
        time.sleep(0.05)
    raise AssertionError("nobody waited")


def test_storing_tells_the_rest_of_the_system(now):
    row = report(METAR, at=now)

    event = OutboxEvent.objects.get(name="airports.weather_reported")
    assert event.payload == {"report_ids": [row.pk], "stations": ["YSCB"]}


def test_reports_cannot_be_changed_or_removed(now):
    row = report(METAR, at=now)

    with pytest.raises(IntegrityError), transaction.atomic():
        WeatherData.objects.filter(pk=row.pk).update(raw="x")
    with pytest.raises(IntegrityError), transaction.atomic():
        row.delete()


def test_person_enters_a_bulletin(now):
    rows = enter_reports(f"{METAR}=\n{TAF}=", actor=UserFactory(), at=now)

    assert sorted(row.kind for row in rows) == ["METAR", "TAF"]
    assert AuditEvent.objects.filter(action="weather.entered").count() == 2


def test_entering_a_known_report_again_writes_nothing(now):
    enter_reports(METAR, actor=UserFactory(), at=now)

    rows = enter_reports(METAR, actor=UserFactory(), at=now)

    assert (len(rows), WeatherData.objects.count(), AuditEvent.objects.count()) == (1, 1, 1)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no report in the text"),
        ("METAR 12", "No station"),
        ("METAR YSCB 29015KT CAVOK", "No time"),
        ("METAR YSCB 150600Z 29015KT CAVOK", "in the future"),
        ("METAR YSCB 102200Z 29015KT CAVOK", "more than two days ago"),
        ("TAF YSCB 142200Z 29015KT CAVOK", "No period"),
        (f"{METAR}=\nSPECI YSCB CAVOK=", "Line 2"),
    ],
)
def test_entry_is_refused_precisely_and_nothing_is_written(now, text, reason):
    with pytest.raises(UnreadableReport, match=reason):
        enter_reports(text, actor=UserFactory(), at=now)
    assert not WeatherData.objects.exists()


def test_service_json_with_missing_keys_and_mixed_types_is_read(now):
    body = (
        b'[{"icaoId":"KJFK","obsTime":1773526800,"metarType":"SPECI","visib":"10+","wdir":"VRB",'
        b'"rawOb":"SPECI KJFK 142220Z VRB03KT 10SM CLR 24/19 A2954","fltCat":"VFR"},'
        b'{"icaoId":"KLGA","rawOb":"METAR KLGA 142151Z 10SM","lat":"x","elev":9999}]'
    )

    first, second = metars_from_json(body)

    assert (first.kind, first.station, first.category, first.lat) == ("SPECI", "KJFK", "VFR", None)
    assert first.issued_at.isoformat() == "2026-03-14T22:20:00+00:00"
    assert (second.issued_at, second.elevation_ft) == (None, None)
    assert store_reports([first, second], source="x", at=now).stored == 2


def test_answer_without_content_is_no_report():
    assert list(tafs_from_json(b"")) == []


@pytest.mark.parametrize("body", [b"<html>", b'{"error": 1}', b"[1, 2]", b"[" * 100_000])
def test_unexpected_answer_is_refused(body):
    with pytest.raises(UnexpectedAnswer):
        list(metars_from_json(body))


def test_bulk_file_is_read_below_its_preamble():
    lines = [
        "No errors\n",
        "raw_text,station_id,observation_time,latitude,longitude,flight_category,metar_type\n",
        f"{METAR},YSCB,2026-03-14T22:00:00Z,-35.3,149.2,VFR,METAR\n",
    ]

    (row,) = metars_from_cache_csv(lines)

    assert (row.station, row.category, row.lat) == ("YSCB", "VFR", -35.3)


def test_bulk_file_without_header_is_refused():
    with pytest.raises(UnexpectedAnswer):
        list(metars_from_cache_csv(["<html>\n"]))


def test_correction_of_the_same_time_becomes_the_latest(now):
    report(METAR, at=now)
    corrected = report(METAR.replace("METAR", "METAR COR").replace("9000", "4000"), at=now)

    assert corrected.is_corrected
    assert WeatherStation.objects.get().observation == corrected


def test_many_reports_take_a_bounded_number_of_queries(now, django_assert_max_num_queries):
    reports = [
        SourceReport(kind="METAR", station=f"K{n:03d}", raw=f"METAR K{n:03d} 142200Z 10SM CLR")
        for n in range(500)
    ]

    with django_assert_max_num_queries(30):
        store_reports(reports, source="x", at=now + timedelta(minutes=1))

import gzip
import io
import os
import struct
import subprocess
import sys
import textwrap
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from flight_operations.logs import LogFormat, LogReading, LogRefused, read_log
from flight_operations.telemetry.samples import Datum, Samples, joined, to_datetime
from tests.flight_operations import log_files
from tests.flight_operations.log_files import LAT, LON, START
from tests.shared_data import ROOT, shared

WRITERS = {
    LogFormat.AIRDATA: log_files.airdata,
    LogFormat.GPX: log_files.gpx,
    LogFormat.KML: log_files.kml_track,
    LogFormat.ULOG: log_files.ulog,
    LogFormat.DATAFLASH: log_files.dataflash,
    LogFormat.TLOG: log_files.tlog,
}


def read(data: bytes, **options: int) -> tuple[LogReading, Samples]:
    reading = read_log(io.BytesIO(data), name="flight", **options)
    return reading, joined(list(reading.chunks()))


def refusal(data: bytes) -> LogRefused:
    with pytest.raises(LogRefused) as refused:
        read(data)
    return refused.value


@pytest.mark.parametrize("kind", WRITERS)
def test_content_decides_the_kind_and_a_compressed_log_reads_the_same(kind):
    data = WRITERS[kind]()

    reading, plain = read(data)
    _, packed = read(gzip.compress(data))

    assert reading.format is kind
    assert np.array_equal(plain.recorded_us, packed.recorded_us)
    assert reading.accepted_count == len(plain)
    assert reading.progress == 1.0


def test_airdata_units_come_from_the_header():
    _, feet = read(log_files.airdata(3))
    header = (
        "datetime(utc), latitude ,longitude,height_above_takeoff(meters),speed(m/s),"
        "altitude_above_seaLevel(meters)"
    )
    _, metric = read(
        log_files.airdata(header=header, lines=["2026-03-14 01:00:00,-33.9,151.2,12,5,40"])
    )

    assert feet.height_takeoff_m.tolist() == pytest.approx([0.0, 3.048, 6.096])
    assert feet.height_ground_m.tolist() == pytest.approx([6.096, 9.144, 12.192])
    assert feet.speed_ms[0] == pytest.approx(4.4704)
    assert (metric.height_takeoff_m[0], metric.speed_ms[0], metric.altitude_m[0]) == (12, 5, 40)
    assert np.isnan(metric.height_ground_m[0])


def test_airdata_places_its_counter_within_the_second():
    _, samples = read(log_files.airdata(25))

    spacing = np.diff(samples.recorded_us)
    assert to_datetime(samples.recorded_us[0]) == START
    assert set(spacing.tolist()) == {100_000}


def test_airdata_counter_that_starts_inside_a_second_stays_within_each_rows_second():
    lines = [
        f"{row * 100},{START + timedelta(seconds=(row * 100 + 550) // 1000):%Y-%m-%d %H:%M:%S},"
        f"{LAT},{LON},0,0,0,0,0,0,90,"
        for row in range(40)
    ]
    _, samples = read(log_files.airdata(lines=lines))

    seconds = (samples.recorded_us - samples.recorded_us[0] // 1_000_000 * 1_000_000) // 1_000_000
    assert seconds.tolist() == [(row * 100 + 550) // 1000 for row in range(40)]
    assert (np.diff(samples.recorded_us) >= 0).all()


def test_rows_before_the_position_is_known_are_rejected_with_their_line():
    lines = [
        "0,2026-03-14 01:00:00,0,0,0,,,0,0,0,96,",
        "100,2026-03-14 01:00:00,-33.9,151.2,0,,,0,0,0,96,",
    ]
    reading, samples = read(log_files.airdata(lines=lines))

    assert [(row.where, row.reason) for row in reading.rejected] == [(2, "no_position_fix")]
    assert samples.sequence.tolist() == [1]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("0,not a time,-33.9,151.2,0,0,0,0,0,0,9,", "no_time"),
        ("0,1970-01-01 00:00:00,-33.9,151.2,0,0,0,0,0,0,9,", "time_implausible"),
        ("0,2026-03-14 01:00:00,-93.9,151.2,0,0,0,0,0,0,9,", "position_out_of_range"),
        ("0,2026-03-14 01:00:00,nan,151.2,0,0,0,0,0,0,9,", "position_not_a_number"),
        ("0,2026-03-14 01:00:00,-33.9,151.2,0,0,0,900000,0,0,9,", "altitude_out_of_range"),
        ("0,2026", "row_too_short"),
    ],
)
def test_unusable_rows_say_why(line, reason):
    good = "0,2026-03-14 01:00:00,-33.9,151.2,0,0,0,0,0,0,9,"
    reading, samples = read(log_files.airdata(lines=[good, line, good]))

    assert reading.rejected_by_reason == {reason: 1}
    assert reading.rejected[0].where == 3
    assert len(samples) == 2


def test_ardupilot_positions_carry_ground_elevation_and_utc():
    _, samples = read(log_files.dataflash(3))

    # The first fix precedes the first estimated position, which then takes over.
    assert samples.recorded_us[0] == START.timestamp() * 1e6
    assert samples.recorded_us[1:].tolist() == [
        int(START.timestamp() * 1e6) + row * 1_000_000 + 1000 for row in range(3)
    ]
    assert samples.ground_elevation_m[1:].tolist() == [20.0, 20.0, 20.0]
    assert samples.height_takeoff_m[1:].tolist() == [0.0, 1.0, 2.0]
    assert samples.speed_ms[1:].tolist() == [7.0, 7.0, 7.0]
    assert set(samples.datum.tolist()) == {Datum.AMSL}


def test_mavlink_times_are_the_vehicles_even_before_it_told_its_clock():
    reading, samples = read(log_files.tlog(4))

    assert [to_datetime(t) for t in samples.recorded_us] == [
        START + timedelta(seconds=row) for row in range(4)
    ]
    assert samples.ground_elevation_m.tolist() == [20.0] * 4
    assert reading.notes == []


def test_mavlink_without_vehicle_clock_takes_the_ground_stations_and_says_so():
    reading, samples = read(log_files.tlog(3, clock=False))

    assert to_datetime(samples.recorded_us[0]) == START + timedelta(seconds=2)
    assert reading.notes == ["The vehicle's clock was not set; times are the ground station's."]


def test_px4_terrain_counts_only_where_it_is_valid():
    _, samples = read(log_files.ulog(3))

    assert to_datetime(samples.recorded_us[2]) == START + timedelta(seconds=2)
    assert np.isnan(samples.ground_elevation_m[0])
    assert samples.ground_elevation_m[1:].tolist() == [12.0, 12.0]


def test_px4_without_estimator_uses_the_satellite_receiver():
    reading, samples = read(log_files.ulog(3, position=False))

    assert samples.lat.tolist() == pytest.approx([LAT] * 3)
    assert samples.altitude_m.tolist() == [40.0] * 3
    assert reading.notes == [
        "The log holds no vehicle_global_position; vehicle_gps_position was used."
    ]


def test_kml_altitude_mode_decides_the_datum():
    _, absolute = read(log_files.kml_track())
    _, relative = read(log_files.kml_track(mode="relativeToGround"))
    _, clamped = read(log_files.kml_track(mode="clampToGround"))
    _, placemarks = read(log_files.kml_placemarks())

    assert set(absolute.datum.tolist()) == {Datum.AMSL}
    assert set(relative.datum.tolist()) == {Datum.AGL}
    assert set(clamped.datum.tolist()) == {Datum.UNKNOWN}
    assert placemarks.altitude_m.tolist() == [0.0, 10.0, 20.0]
    assert placemarks.recorded_us.tolist() == absolute.recorded_us.tolist()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "log_empty"),
        (b"hello", "log_format_unknown"),
        (b'{"latitude": 1, "longitude": 2}', "log_format_unknown"),
        (b"<html></html>", "log_format_unknown"),
        (b"<gpx", "log_damaged"),
        (log_files.kml_line(), "log_without_times"),
        (log_files.gpx(times=False), "log_without_times"),
        (log_files.gpx(prefix='<!DOCTYPE x [<!ENTITY a "b">]>'), "log_xml_refused"),
        (log_files.gpx(prefix='<!DOCTYPE x SYSTEM "file:///etc/passwd">'), "log_xml_refused"),
        (b"<gpx>" + b"<a>" * 70, "log_xml_refused"),
        (b"latitude,longitude\n1,2\n", "log_columns_missing"),
        (b"datetime(local),latitude,longitude\n,1,2\n", "log_without_utc_time"),
        (b"datetime(utc),latitude,longitude,speed(furlongs)\n,1,2,3\n", "log_unit_unknown"),
        (log_files.ulog(position=False, satellite=False), "log_without_position_topic"),
        (log_files.ulog(satellite=False), "log_without_utc_time"),
        (log_files.dataflash(fix=1), "log_without_utc_time"),
        (b"PK\x03\x04" + bytes(100), "log_archive"),
        (gzip.compress(gzip.compress(log_files.gpx(), mtime=0), mtime=0), "log_archive"),
        (gzip.compress(log_files.gpx(), mtime=0)[:60], "log_damaged"),
        ((900).to_bytes(8, "little") + b"\x00\x02\x0c" + bytes(200), "log_dji_record"),
        ((900).to_bytes(8, "little") + b"\x00\x02\x0d" + bytes(200), "log_encrypted"),
    ],
)
def test_unusable_files_are_refused_with_a_code(data, code):
    assert refusal(data).code == code


def test_a_file_that_unpacks_to_too_much_is_refused():
    bomb = gzip.compress(b"0" * 3_000_000)

    with pytest.raises(LogRefused) as refused:
        read(bomb, max_bytes=1_000_000)

    assert refused.value.code in {"log_too_large", "log_format_unknown"}
    track = gzip.compress(log_files.airdata(40_000))
    with pytest.raises(LogRefused) as refused:
        read(track, max_bytes=1_000_000)
    assert refused.value.code == "log_too_large"


@pytest.mark.parametrize("kind", WRITERS)
def test_a_log_cut_off_in_flight_is_read_up_to_the_cut(kind):
    data = WRITERS[kind](50)

    _, whole = read(data)
    reading, samples = read(data[: len(data) * 3 // 4])

    assert 20 < len(samples) < 51
    assert np.array_equal(samples.recorded_us, whole.recorded_us[: len(samples)])
    assert reading.rejected_count >= (0 if kind is LogFormat.AIRDATA else 1)


@pytest.mark.parametrize("writer", [log_files.dataflash, log_files.tlog])
def test_noise_between_records_costs_no_position(writer):
    clean = read(writer(20))[1]
    reading, noisy = read(writer(20, noise=b"\x07junk"))

    assert np.array_equal(clean.recorded_us, noisy.recorded_us)
    assert reading.rejected_by_reason["damaged_bytes"] >= 19


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(sorted(WRITERS)),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=12),
    st.floats(0, 1),
)
def test_damaged_logs_are_read_or_refused_but_never_crash(kind, spots, cut):
    data = bytearray(WRITERS[kind](8))
    for place, value in spots:
        data[int(place * (len(data) - 1))] = value
    try:
        reading, samples = read(bytes(data[: max(1, int(cut * len(data)))]))
    except LogRefused:
        return
    assert reading.accepted_count == len(samples)
    assert (np.abs(samples.lat) <= 90).all()


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([b"", b"ULog\x01\x12\x35", b"\xa3\x95\x80", b"<gpx>", b"<kml>", b"\x1f\x8b",
                     b"datetime(utc),latitude,longitude\n"]),
    st.binary(max_size=400),
)  # fmt: skip
@example(b"", b"\xff\xfe<\x00g\x00")
def test_junk_is_refused_and_never_crashes(start, junk):
    try:
        read(start + junk)
    except LogRefused:
        return


def test_air_2s_flight_is_higher_above_ground_than_above_take_off():
    path = shared("flights/dji/air-2s_airdata.csv.gz")
    reading = read_log(path, name=path.name)
    samples = joined(list(reading.chunks()))

    assert len(samples) == 11_498
    assert reading.rejected_by_reason == {"no_position_fix": 116}
    assert np.nanmax(samples.height_takeoff_m) / 0.3048 == pytest.approx(392.4, abs=0.05)
    assert np.nanmax(samples.height_ground_m) / 0.3048 == pytest.approx(409.7, abs=0.05)
    assert (np.diff(samples.recorded_us) >= 0).all()


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("flights/dji/air-2s_airdata.kml.gz", "log_without_times"),
        ("flights/dji/V132_DJIFlightRecord_2020-06-18_encrypted.txt", "log_encrypted"),
        ("flights/px4_ulog/sample.ulg", "log_without_position_topic"),
        ("flights/remote_id/zurich.kml", "log_without_times"),
    ],
)
def test_shared_files_that_are_no_timed_track_are_refused(path, code):
    assert refusal(shared(path).read_bytes()).code == code


def test_dataflash_agrees_with_pymavlink():
    mavutil = pytest.importorskip("pymavlink.mavutil")
    path = shared("flights/ardupilot/pymavlink_test.BIN")
    log = mavutil.mavlink_connection(str(path))
    expected = []
    while (message := log.recv_match(type="POS")) is not None:
        expected.append(
            (
                round(message._timestamp * 1e6),  # noqa: SLF001
                message.Lat,
                message.Lng,
                message.Alt,
            )
        )

    _, samples = read(path.read_bytes())

    got = list(zip(samples.recorded_us, samples.lat, samples.lon, samples.altitude_m, strict=True))
    assert len(got) == len(expected) == 23
    assert np.array(got) == pytest.approx(np.array(expected), rel=1e-15, abs=2)
    assert samples.lat.tolist() == pytest.approx([row[1] for row in expected], abs=1e-9)


def test_tlog_agrees_with_pymavlink():
    mavutil = pytest.importorskip("pymavlink.mavutil")
    path = shared("flights/ardupilot/vtol.tlog")
    log = mavutil.mavlink_connection(str(path))
    expected = []
    while (message := log.recv_match(type="GLOBAL_POSITION_INT")) is not None:
        expected.append((message.lat / 1e7, message.lon / 1e7, message.alt / 1e3))

    _, samples = read(path.read_bytes())

    assert list(zip(samples.lat, samples.lon, samples.altitude_m, strict=True)) == expected
    assert len(expected) == 807


def test_ulog_agrees_with_pyulog():
    pyulog = pytest.importorskip("pyulog")
    path = shared("flights/px4_ulog/sample_px4_events.ulg")
    data = pyulog.ULog(str(path), ["vehicle_global_position"]).data_list[0].data

    _, samples = read(path.read_bytes())

    assert np.array_equal(samples.lat, data["lat"])
    assert np.array_equal(samples.lon, data["lon"])
    assert np.array_equal(samples.altitude_m, data["alt"].astype(float))
    assert np.array_equal(samples.recorded_us, data["timestamp"].astype(np.int64))


MEASURE = """
import resource, sys
from pathlib import Path
from flight_operations.logs import read_log
path = Path(sys.argv[1])
with path.open("rb") as file:
    count = sum(len(chunk) for chunk in read_log(file, name=path.name).chunks())
print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("writer", "rows"), [(log_files.ulog, 300_000), (log_files.airdata, 300_000)]
)
def test_memory_does_not_grow_with_the_length_of_the_log(tmp_path: Path, writer, rows):
    def peak(count: int) -> int:
        path = tmp_path / f"{count}.log"
        path.write_bytes(writer(count))
        out = subprocess.run(  # noqa: S603
            [sys.executable, "-c", textwrap.dedent(MEASURE), str(path)],
            check=True, capture_output=True, text=True, cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        read_count, kilobytes = map(int, out.stdout.split())
        assert read_count == count
        return kilobytes

    assert peak(rows) - peak(30_000) < 8_000


def test_a_row_that_ends_before_its_counter_has_the_second_alone():
    header = "latitude,longitude,datetime(utc),time(millisecond)"
    lines = [f"{LAT},{LON},2026-03-14 22:30:00,100", f"{LAT},{LON},2026-03-14 22:30:01"]

    _, samples = read(log_files.airdata(header=header, lines=lines))

    assert [moment % 1_000_000 for moment in samples.recorded_us.tolist()] == [0, 0]


def test_a_time_that_is_no_number_ends_the_reading_and_not_the_worker():
    def record(kind: int, body: bytes) -> bytes:
        return b"\xa3\x95" + bytes((kind,)) + body

    name, packing, columns = b"GPS".ljust(4, b"\0"), b"dddd", b"TimeUS,Status,GWk,GMS"
    layout = struct.pack("<BB4s16s64s", 1, 3 + 32, name, packing, columns)
    fix = struct.pack("<dddd", float("nan"), 3, 2400, 1000)

    refused = refusal(record(128, layout) + record(1, fix))

    assert refused.code == "log_damaged"


def test_formats_that_nest_without_end_cost_no_time():
    out = io.BytesIO()
    out.write(b"ULog\x01\x12\x35\x01" + bytes(8))
    many = "".join(f"deep f{n};" for n in range(1000))
    for text in (f"vehicle_global_position:uint64_t timestamp;{many}", f"deep:{many}"):
        out.write(struct.pack("<HB", len(text), ord("F")) + text.encode())
    subscription = b"\0\1\0vehicle_global_position"
    out.write(struct.pack("<HB", len(subscription), ord("A")) + subscription)

    assert refusal(out.getvalue()).code == "log_without_position_topic"

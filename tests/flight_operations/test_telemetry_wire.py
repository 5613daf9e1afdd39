import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flight_operations.telemetry import wire
from flight_operations.telemetry.flags import REANCHOR_AFTER, Fix, Flag, flag
from flight_operations.telemetry.samples import Datum, to_datetime
from tests.flight_operations.sky import BASE_US, LAT, LON, SECOND, track

POINT = {"sequence": 1, "recorded_at": "2026-03-14T01:02:03.123456Z", "lat": -33.9, "lon": 151.2}


def body(*points: dict, device: str = "GS-1", **more) -> bytes:
    return json.dumps({"device": device, "points": list(points), **more}).encode()


def test_a_full_point_keeps_every_value_and_the_microsecond():
    point = POINT | {
        "recorded_at": "2026-03-14T11:02:03.123456+10:00", "altitude_m": 80.5, "datum": "AMSL",
        "ground_elevation_m": 12.0, "height_above_takeoff_m": 60.0, "height_above_ground_m": 68.5,
        "speed_ms": 4.0, "heading_deg": 359.0, "battery_percent": 77,
    }  # fmt: skip
    device, samples = wire.decode(body(point))

    assert device == "GS-1"
    assert to_datetime(samples.recorded_us[0]).isoformat() == "2026-03-14T01:02:03.123456+00:00"
    assert (samples.altitude_m[0], samples.datum[0], samples.battery_percent[0]) == (
        80.5,
        Datum.AMSL,
        77,
    )
    assert samples.height_ground_m[0] == 68.5


def test_missing_and_null_values_are_unknown():
    _, samples = wire.decode(
        body(POINT, POINT | {"sequence": 2, "altitude_m": None, "datum": None})
    )

    assert np.isnan(samples.altitude_m).all()
    assert samples.datum.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"lat": 90.1}, "/points/0/lat"),
        ({"lon": "151"}, "/points/0/lon"),
        ({"sequence": -1}, "/points/0/sequence"),
        ({"sequence": 2**31}, "/points/0/sequence"),
        ({"sequence": 1.5}, "/points/0/sequence"),
        ({"recorded_at": "2026-03-14T01:02:03"}, "/points/0/recorded_at"),
        ({"recorded_at": "yesterday"}, "/points/0/recorded_at"),
        ({"recorded_at": "0001-01-01T00:00:00+10:00"}, "/points/0/recorded_at"),
        ({"recorded_at": "9999-12-31T23:59:59-10:00"}, "/points/0/recorded_at"),
        ({"recorded_at": "1999-12-31T23:59:59Z"}, "/points/0/recorded_at"),
        ({"recorded_at": "2100-01-01T00:00:00Z"}, "/points/0/recorded_at"),
        ({"altitude_m": 70_000}, "/points/0/altitude_m"),
        ({"datum": "MSL"}, "/points/0/datum"),
        ({"speed_ms": -1}, "/points/0/speed_ms"),
        ({"color": "red"}, "/points/0"),
    ],
)
def test_a_wrong_value_is_refused_with_its_place(change, pointer):
    with pytest.raises(wire.BatchRefused) as refused:
        wire.decode(body(POINT | change))

    assert (refused.value.code, refused.value.pointer) == ("invalid", pointer)


@pytest.mark.parametrize(
    "raw",
    [b"", b"[]", b"{", b'{"device":"a","points":[]}', b'{"device":"","points":[{}]}', b"\xff",
     b"[" * 100_000, body(POINT, extra=1), body(POINT, device="a\0"),
     body(POINT).replace(b"-33.9", b"NaN"), body(POINT).replace(b"-33.9", b"1e999"),
     body(POINT).replace(b"-33.9", b"Infinity")],
)  # fmt: skip
def test_anything_else_is_refused(raw):
    with pytest.raises(wire.BatchRefused):
        wire.decode(raw)


def test_more_than_a_thousand_points_are_too_many():
    assert len(wire.decode(body(*[POINT] * 1000))[1]) == 1000
    with pytest.raises(wire.BatchTooLarge):
        wire.decode(body(*[POINT] * 1001))
    with pytest.raises(wire.BatchTooLarge):
        wire.decode(b" " * (wire.MAX_BODY_BYTES + 1))


@settings(max_examples=200, deadline=None)
@given(st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["device", "points", "sequence", "recorded_at", "lat", "lon"]), inner, max_size=4),
))  # fmt: skip
def test_no_json_crashes_the_decoder(value):
    try:
        wire.decode(json.dumps(value).encode())
    except wire.BatchRefused:
        return


def test_future_past_and_late_positions_are_flagged():
    samples = track(1, 1, 1, 1, recorded_us=BASE_US + np.array([0, 100, 50, 161]) * SECOND)

    flags = flag(samples, received_us=BASE_US + 100 * SECOND, earliest_us=BASE_US + SECOND)

    assert flags.tolist() == [Flag.OUTSIDE_FLIGHT, 0, Flag.OUT_OF_ORDER, Flag.FUTURE]


def test_a_position_that_cannot_have_been_reached_is_flagged_and_the_next_is_not():
    samples = track(1, 1, 1, 1, lat=[LAT, LAT + 0.01, LAT, LAT + 0.0001])

    flags = flag(samples, received_us=BASE_US, max_speed_ms=20)

    assert flags.tolist() == [0, Flag.TELEPORT, 0, 0]


def test_positions_after_a_wrong_first_one_are_believed_again_when_they_agree():
    far = Fix(BASE_US - SECOND, LAT + 1, LON)
    samples = track(*[1] * 8)

    flags = flag(samples, received_us=BASE_US, previous=far, max_speed_ms=20)

    assert flags.tolist() == [Flag.TELEPORT] * (REANCHOR_AFTER - 1) + [0] * (9 - REANCHOR_AFTER)


def test_a_jump_across_the_antimeridian_is_no_jump():
    samples = track(1, 1, lon=[179.9999, -179.9999], lat=[0.0, 0.0])

    assert flag(samples, received_us=BASE_US, max_speed_ms=20).tolist() == [0, 0]

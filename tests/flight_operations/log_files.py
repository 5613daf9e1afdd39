"""Small flight logs of each kind, written by code so that every value in them is known."""

import gzip
import io
import struct
from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 14, 1, 0, tzinfo=UTC)
LAT, LON = -33.9, 151.2


def airdata(rows: int = 5, *, header: str | None = None, lines: list[str] | None = None) -> bytes:
    """AirData CSV in feet and mph, 10 positions a second, climbing 10 ft per row."""
    header = header or (
        "time(millisecond),datetime(utc),latitude,longitude,height_above_takeoff(feet),"
        "height_above_ground_at_drone_location(feet),ground_elevation_at_drone_location(feet),"
        "altitude_above_seaLevel(feet),speed(mph), compass_heading(degrees),battery_percent,message"
    )
    if lines is None:
        lines = [
            f"{row * 100},{START + timedelta(seconds=row // 10):%Y-%m-%d %H:%M:%S},{LAT},"
            f"{LON + row % 1000 * 1e-5},{row % 90 * 10},{row % 90 * 10 + 20},30,"
            f"{row % 90 * 10 + 50},10,{row % 360},90,"
            for row in range(rows)
        ]
    return ("\n".join([header, *lines]) + "\n").encode()


def gpx(rows: int = 3, *, times: bool = True, prefix: str = "") -> bytes:
    points = "".join(
        f'<trkpt lat="{LAT}" lon="{LON + row * 1e-5}"><ele>{row}.5</ele>'
        + (f"<time>{(START + timedelta(seconds=row)).isoformat()}</time>" if times else "")
        + "<speed>3.0</speed></trkpt>"
        for row in range(rows)
    )
    return (
        f'<?xml version="1.0"?>{prefix}<gpx version="1.1"><trk><trkseg>{points}'
        "</trkseg></trk></gpx>"
    ).encode()


def kml_track(rows: int = 3, *, mode: str = "absolute") -> bytes:
    whens = "".join(f"<when>{START + timedelta(seconds=row):%FT%TZ}</when>" for row in range(rows))
    places = "".join(f"<gx:coord>{LON} {LAT} {row * 10}</gx:coord>" for row in range(rows))
    return (
        '<kml xmlns:gx="g"><Placemark><gx:Track>'
        f"<altitudeMode>{mode}</altitudeMode>{whens}{places}</gx:Track></Placemark></kml>"
    ).encode()


def kml_placemarks(rows: int = 3) -> bytes:
    marks = "".join(
        f"<Placemark><TimeStamp><when>{START + timedelta(seconds=row):%FT%TZ}</when></TimeStamp>"
        "<Point><altitudeMode>absolute</altitudeMode>"
        f"<coordinates>{LON},{LAT},{row * 10}</coordinates></Point></Placemark>"
        for row in range(rows)
    )
    return f"<kml><Document>{marks}</Document></kml>".encode()


def kml_line() -> bytes:
    return (
        f"<kml><Placemark><LineString><coordinates>{LON},{LAT},1 {LON},{LAT},2</coordinates>"
        "</LineString></Placemark></kml>"
    ).encode()


def ulog(
    rows: int = 5, *, position: bool = True, satellite: bool = True, noise: bytes = b""
) -> bytes:
    """PX4 log: 10 s since boot at the start, one position a second."""
    out = io.BytesIO()
    out.write(b"ULog\x01\x12\x35\x01" + struct.pack("<Q", 10_000_000))
    _ulog_message(
        out,
        "F",
        b"vehicle_global_position:uint64_t timestamp;double lat;double lon;"
        b"float alt;float terrain_alt;bool terrain_alt_valid;uint8_t[3] _padding0;",
    )
    _ulog_message(
        out,
        "F",
        b"vehicle_gps_position:uint64_t timestamp;uint64_t time_utc_usec;"
        b"int32_t lat;int32_t lon;int32_t alt;uint8_t fix_type;",
    )
    _ulog_message(out, "A", struct.pack("<BH", 0, 1) + b"vehicle_global_position")
    _ulog_message(out, "A", struct.pack("<BH", 0, 2) + b"vehicle_gps_position")
    utc = int(START.timestamp() * 1e6)
    for row in range(rows):
        boot = 10_000_000 + row * 1_000_000
        if satellite:
            body = struct.pack(
                "<HQQiiiB",
                2,
                boot,
                utc + row * 1_000_000,
                int(LAT * 1e7),
                int(LON * 1e7),
                40_000,
                3,
            )
            _ulog_message(out, "D", body)
        if position:
            body = struct.pack(
                "<HQddff?", 1, boot, LAT, LON + row % 1000 * 1e-5, 40.0 + row % 90, 12.0, row > 0
            )
            _ulog_message(out, "D", body)
        out.write(noise)
    return out.getvalue()


def _ulog_message(out: io.BytesIO, kind: str, body: bytes) -> None:
    out.write(struct.pack("<HB", len(body), ord(kind)) + body)


_FMT = struct.Struct("<BBB BB4s16s64s")


def dataflash(rows: int = 5, *, fix: int = 3, noise: bytes = b"") -> bytes:
    """ArduPilot log: estimated positions and satellite fixes, one each a second."""
    out = io.BytesIO()
    layouts = {
        130: ("GPS", "QBIHLLffff", "TimeUS,Status,GMS,GWk,Lat,Lng,Alt,Spd,GCrs,VZ"),
        131: ("POS", "QLLfff", "TimeUS,Lat,Lng,Alt,RelHomeAlt,RelOriginAlt"),
        132: ("TERR", "QBff", "TimeUS,Status,TerrH,CHeight"),
    }
    sizes = {"Q": 8, "B": 1, "I": 4, "H": 2, "L": 4, "f": 4}
    for kind, (name, packing, columns) in layouts.items():
        length = 3 + sum(sizes[code] for code in packing)
        out.write(
            _FMT.pack(
                0xA3, 0x95, 128, kind, length, name.encode(), packing.encode(), columns.encode()
            )
        )
    gps_ms = int((START - datetime(1980, 1, 6, tzinfo=UTC)).total_seconds() + 18) * 1000
    week, in_week = divmod(gps_ms, 604_800_000)
    for row in range(rows):
        boot = 5_000_000 + row * 1_000_000
        lat, lon = int(LAT * 1e7), int((LON + row * 1e-5) * 1e7)
        out.write(
            b"\xa3\x95\x82"
            + struct.pack(
                "<QBIHiiffff", boot, fix, in_week + row * 1000, week, lat, lon, 50.0, 7.0, 90.0, 0.0
            )
        )
        out.write(b"\xa3\x95\x84" + struct.pack("<QBff", boot, 2, 20.0, 30.0))
        out.write(
            b"\xa3\x95\x83"
            + struct.pack("<Qiifff", boot + 1000, lat, lon, 50.0 + row, float(row), 0.0)
        )
        out.write(noise)
    return out.getvalue()


def tlog(rows: int = 5, *, clock: bool = True, noise: bytes = b"") -> bytes:
    """MAVLink log: the vehicle's clock is two seconds behind the ground station's."""
    from pymavlink.dialects.v20 import ardupilotmega as dialect  # noqa: PLC0415

    out = io.BytesIO()
    link = dialect.MAVLink(None, srcSystem=1, srcComponent=1)
    start = int(START.timestamp() * 1e6)
    for row in range(rows):
        stamp = struct.pack(">Q", start + row * 1_000_000 + 2_000_000)
        messages = [
            dialect.MAVLink_terrain_report_message(
                int(LAT * 1e7), int(LON * 1e7), 100, 20.0, 0, 0, 9
            ),
            dialect.MAVLink_vfr_hud_message(8.0, 7.0, 90, 50, 0.0, 0.0),
            dialect.MAVLink_global_position_int_message(
                row * 1000,
                int(LAT * 1e7),
                int((LON + row * 1e-5) * 1e7),
                50_000 + row * 1000,
                row * 1000,
                0,
                0,
                0,
                9000,
            ),
        ]
        if clock and row >= 1:
            messages.insert(
                0, dialect.MAVLink_system_time_message(start + row * 1_000_000, row * 1000)
            )
        for message in messages:
            out.write(stamp + message.pack(link))
        out.write(noise)
    return out.getvalue()


def compressed(data: bytes) -> bytes:
    return gzip.compress(data)

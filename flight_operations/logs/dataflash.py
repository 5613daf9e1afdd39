"""
ArduPilot dataflash (.bin): a log that describes itself by FMT records.

Read here and not by pymavlink, which first indexes the whole file in memory: a long flight would
need hundreds of megabytes. The tests compare both.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from flight_operations.logs.columns import NAN, NO_TIME, RowBuilder
from flight_operations.logs.reading import LogReading, LogRefused
from flight_operations.logs.source import BLOCK, Source
from flight_operations.telemetry.samples import MICROSECONDS, Datum, Samples

HEADER = b"\xa3\x95"
HEADER_SIZE = 3
FMT_TYPE, FMT_LENGTH = 128, 89
GPS_EPOCH_US = 315_964_800 * MICROSECONDS
WEEK_US = 7 * 86_400 * MICROSECONDS
LEAP_US = 18 * MICROSECONDS
FIX_3D = 3
HOLD_US = 2 * MICROSECONDS

_CODES = {
    "a": "64s", "b": "b", "B": "B", "h": "h", "H": "H", "i": "i", "I": "I", "f": "f", "d": "d",
    "n": "4s", "N": "16s", "Z": "64s", "c": "h", "C": "H", "e": "i", "E": "I", "L": "i",
    "M": "B", "q": "q", "Q": "Q", "g": "e",
}  # fmt: skip
_SCALE = {"c": 0.01, "C": 0.01, "e": 0.01, "E": 0.01, "L": 1e-7}
_WANTED = ("GPS", "POS", "TERR", "ATT", "BAT")


@dataclass(frozen=True, slots=True)
class _Layout:
    """How one kind of record is packed; `columns` gives place and scale of each value."""

    name: str
    record: struct.Struct
    columns: dict[str, tuple[int, float]]

    def values(self, body: bytes) -> dict[str, float]:
        packed = self.record.unpack(body)
        return {
            name: packed[place] * scale
            for name, (place, scale) in self.columns.items()
            if not isinstance(packed[place], bytes)
        }


@dataclass(slots=True)
class _Formats:
    lengths: dict[int, int] = field(default_factory=lambda: {FMT_TYPE: FMT_LENGTH})
    layouts: dict[int, _Layout] = field(default_factory=dict)

    def learn(self, body: bytes) -> None:
        kind, length, name, packing, columns = struct.unpack("<BB4s16s64s", body)
        if length < HEADER_SIZE or kind == FMT_TYPE:
            return
        self.lengths[kind] = length
        text = _text(name)
        if text in _WANTED:
            self._lay_out(kind, length, text, _text(packing), _text(columns).split(","))

    def _lay_out(self, kind: int, length: int, name: str, packing: str, columns: list[str]) -> None:
        if any(code not in _CODES for code in packing) or len(packing) != len(columns):
            return
        record = struct.Struct("<" + "".join(_CODES[code] for code in packing))
        if record.size == length - HEADER_SIZE:
            places = {
                column: (place, _SCALE.get(code, 1))
                for place, (column, code) in enumerate(zip(columns, packing, strict=True))
            }
            self.layouts[kind] = _Layout(name, record, places)


def _text(raw: bytes) -> str:
    return raw.split(b"\0", 1)[0].decode("ascii", errors="replace").strip()


def _records(source: Source, reading: LogReading) -> Iterator[tuple[int, str, dict[str, float]]]:
    """Walk the wanted records as (byte offset, name, values); skip what is damaged."""
    formats, buffer, base = _Formats(), b"", 0
    while block := source.read(BLOCK):
        buffer += block
        place = 0
        while True:
            step = _step(buffer, place, formats, reading, base)
            if step is None:
                break
            place, kind, body = step
            layout = formats.layouts.get(kind)
            if layout:
                yield base + place - len(body), layout.name, layout.values(body)
        base, buffer = base + place, buffer[place:]
    if len(buffer) > HEADER_SIZE:
        reading.reject(base, "file_ends_inside_record")


def _step(
    buffer: bytes, place: int, formats: _Formats, reading: LogReading, base: int
) -> tuple[int, int, bytes] | None:
    """Return the end, type and body of the next record, or None when more bytes are needed."""
    if len(buffer) - place < HEADER_SIZE:
        return None
    kind = buffer[place + 2]
    length = formats.lengths.get(kind)
    if buffer[place : place + 2] != HEADER or length is None:
        after = buffer.find(HEADER, place + 1)
        reading.reject(base + place, "damaged_bytes")
        after = max(place + 1, len(buffer) - 2) if after < 0 else after
        return after, -1, b""
    if len(buffer) - place < length:
        return None
    body = buffer[place + HEADER_SIZE : place + length]
    if kind == FMT_TYPE:
        formats.learn(body)
    return place + length, kind, body


def _gps_time(fix: dict[str, float]) -> int | None:
    """UTC of a fix in microseconds; GPS time is 18 s ahead of UTC since 2017."""
    week, milliseconds = fix.get("GWk", fix.get("Week")), fix.get("GMS", fix.get("TimeMS"))
    if not week or milliseconds is None or fix.get("Status", 0) < FIX_3D:
        return None
    return GPS_EPOCH_US + int(week) * WEEK_US + int(milliseconds) * 1000 - LEAP_US


def _boot_time(values: dict[str, float]) -> int | None:
    if "TimeUS" in values:
        return int(values["TimeUS"])
    milliseconds = values.get("T", values.get("TimeMS"))
    return None if milliseconds is None else int(milliseconds) * 1000


def _clock_offset(source: Source, name: str) -> int:
    """Microseconds to add to time since boot, by the first satellite fix. Raises LogRefused."""
    scan = LogReading(format=None, name=name, source=source)  # type: ignore[arg-type]
    for _, kind, values in _records(source, scan):
        if kind == "GPS":
            utc, boot = _gps_time(values), _boot_time(values)
            if utc is not None and boot is not None:
                source.rewind()
                return utc - boot
    raise LogRefused(
        "log_without_utc_time",
        f"{name} holds no satellite fix, so its positions have no time of day.",
    )


@dataclass(slots=True)
class _Known:
    """The last value of the slower records; values older than two seconds count as unknown."""

    speed_ms: float = NAN
    course_deg: float = NAN
    fix_at: int = 0
    heading_deg: float = NAN
    heading_at: int = 0
    ground_m: float = NAN
    ground_at: int = 0
    battery_percent: float = NAN

    def learn(self, kind: str, values: dict[str, float], boot: int) -> None:
        if kind == "GPS":
            self.speed_ms, self.course_deg = values.get("Spd", NAN), values.get("GCrs", NAN)
            self.fix_at = boot
        elif kind == "ATT":
            self.heading_deg, self.heading_at = values.get("Yaw", NAN), boot
        elif kind == "TERR" and values.get("Status"):
            self.ground_m, self.ground_at = values.get("TerrH", NAN), boot
        elif kind == "BAT":
            self.battery_percent = values.get("RemPct", NAN)

    def at(self, boot: int) -> tuple[float, float, float]:
        """Ground elevation, speed and heading for a position at this time since boot."""
        ground = self.ground_m if boot - self.ground_at <= HOLD_US else NAN
        speed = self.speed_ms if boot - self.fix_at <= HOLD_US else NAN
        if boot - self.heading_at <= HOLD_US:
            return ground, speed, self.heading_deg
        return ground, speed, self.course_deg if boot - self.fix_at <= HOLD_US else NAN


def read_dataflash(source: Source, reading: LogReading) -> Iterator[Samples]:
    """
    Read an ArduPilot .bin log.

    Positions are the estimator's (POS); until the first of them the satellite fixes (GPS).
    Altitude is above mean sea level, height is above home. Raises LogRefused.
    """
    reading.where_unit = "byte offset"
    offset = _clock_offset(source, reading.name)
    builder, known, estimated = RowBuilder(reading, datum=Datum.AMSL), _Known(), False
    for where, kind, values in _records(source, reading):
        boot = _boot_time(values)
        if boot is None:
            continue
        known.learn(kind, values, boot)
        estimated = estimated or kind == "POS"
        if kind != ("POS" if estimated else "GPS"):
            continue
        if _add(builder, where, values, known, (boot, offset)):
            yield from builder.take()
    yield from builder.take()
    if not estimated:
        reading.note("The log holds no estimated positions; satellite fixes were used.")


def _add(
    builder: RowBuilder,
    where: int,
    values: dict[str, float],
    known: _Known,
    clock: tuple[int, int],
) -> bool:
    boot, offset = clock
    no_fix = values.get("Status", FIX_3D) < FIX_3D
    ground, speed, heading = known.at(boot)
    return builder.add(
        where,
        max(NO_TIME, boot + offset),
        0.0 if no_fix else values.get("Lat", NAN),
        0.0 if no_fix else values.get("Lng", NAN),
        altitude_m=values.get("Alt", NAN),
        ground_elevation_m=ground,
        height_takeoff_m=values.get("RelHomeAlt", NAN),
        speed_ms=speed,
        heading_deg=heading,
        battery_percent=known.battery_percent,
    )

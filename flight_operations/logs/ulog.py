"""
PX4 ULog (.ulg): a log that describes its own messages.

Read here and not by pyulog, which holds every message of the file in memory. The tests compare
both. Format: docs.px4.io, "ULog File Format".
"""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from flight_operations.logs.columns import NAN, NO_TIME, RowBuilder
from flight_operations.logs.reading import LogReading, LogRefused
from flight_operations.logs.source import BLOCK, Source
from flight_operations.telemetry.samples import MICROSECONDS, Datum, Samples

MAGIC = b"ULog\x01\x12\x35"
HEADER_SIZE = 16
MESSAGE_HEADER = struct.Struct("<HB")
SYNC = bytes((0x2F, 0x73, 0x13, 0x20, 0x25, 0x0C, 0xBB, 0x12))
HOLD_US = 2 * MICROSECONDS
PLAUSIBLE_UTC_US = 946_684_800 * MICROSECONDS
FIX_3D = 3
MAX_NESTING = 8
# Far more than any flight controller has; a file that claims more must not cost memory or time.
MAX_FORMATS, MAX_FIELDS = 4096, 1024
KNOWN_KINDS = frozenset(b"FADRILMPQLSOCTB")

ESTIMATED = "vehicle_global_position"
SATELLITE = ("vehicle_gps_position", "sensor_gps")
_WANTED = (ESTIMATED, *SATELLITE, "battery_status", "home_position", "vehicle_local_position")
_TYPES = {
    "int8_t": "b", "uint8_t": "B", "bool": "?", "char": "c", "int16_t": "h", "uint16_t": "H",
    "int32_t": "i", "uint32_t": "I", "int64_t": "q", "uint64_t": "Q", "float": "f", "double": "d",
}  # fmt: skip


@dataclass(slots=True)
class _Formats:
    texts: dict[str, str] = field(default_factory=dict)
    topics: dict[int, tuple[str, dict[str, tuple[int, struct.Struct]]]] = field(
        default_factory=dict
    )
    sizes: dict[str, int | None] = field(default_factory=dict)
    places: dict[str, dict[str, tuple[int, struct.Struct]]] = field(default_factory=dict)

    def define(self, body: bytes) -> None:
        name, _, fields = body.decode("ascii", errors="replace").partition(":")
        if name in self.texts or len(self.texts) < MAX_FORMATS:
            self.texts[name] = fields
            self.sizes.clear()
            self.places.clear()

    def subscribe(self, body: bytes) -> None:
        instance, identity = body[0], int.from_bytes(body[1:3], "little")
        name = body[3:].decode("ascii", errors="replace")
        if name in _WANTED and instance == 0:
            if name not in self.places:
                self.places[name] = self._places(name)
            self.topics[identity] = (name, self.places[name])

    def _places(self, name: str) -> dict[str, tuple[int, struct.Struct]]:
        places, offset = {}, 0
        for kind, count, label in _fields(self.texts.get(name, "")):
            size = self._size(kind, 0)
            if size is None:
                break
            if kind in _TYPES and count == 1:
                places[label] = (offset, struct.Struct("<" + _TYPES[kind]))
            offset += size * count
        return places

    def _size(self, kind: str, depth: int) -> int | None:
        if kind in _TYPES:
            return struct.calcsize("<" + _TYPES[kind])
        if depth >= MAX_NESTING or kind not in self.texts:
            return None
        if kind not in self.sizes:
            sizes = [
                (self._size(inner, depth + 1), count)
                for inner, count, _ in _fields(self.texts[kind])
            ]
            is_known = all(size is not None for size, _ in sizes)
            self.sizes[kind] = sum((s or 0) * n for s, n in sizes) if is_known else None
        return self.sizes[kind]


def _fields(text: str) -> Iterator[tuple[str, int, str]]:
    for part in text.split(";")[:MAX_FIELDS]:
        kind, _, label = part.strip().partition(" ")
        if not label:
            continue
        base, _, count = kind.partition("[")
        digits = count.rstrip("]")
        yield base, int(digits) if digits.isdecimal() and len(digits) < 6 else 1, label


def _messages(source: Source, reading: LogReading) -> Iterator[tuple[int, int, bytes]]:
    """Walk the file's messages as (byte offset, type, body)."""
    buffer, base = source.read(BLOCK)[HEADER_SIZE:], HEADER_SIZE
    while buffer:
        place = 0
        while len(buffer) - place >= MESSAGE_HEADER.size:
            size, kind = MESSAGE_HEADER.unpack_from(buffer, place)
            if kind not in KNOWN_KINDS:
                place = _next_sync(buffer, place, reading, base)
                continue
            end = place + MESSAGE_HEADER.size + size
            if end > len(buffer):
                break
            yield base + place, kind, buffer[place + MESSAGE_HEADER.size : end]
            place = end
        block = source.read(BLOCK)
        base, buffer = base + place, buffer[place:] + block
        if not block:
            break
    if buffer:
        reading.reject(base, "file_ends_inside_record")


def _next_sync(buffer: bytes, place: int, reading: LogReading, base: int) -> int:
    """Return where to read on after damaged bytes: behind the next synchronization mark."""
    reading.reject(base + place, "damaged_bytes")
    found = buffer.find(SYNC, place + 1)
    return found + len(SYNC) if found >= 0 else len(buffer)


def _topics(source: Source, reading: LogReading) -> Iterator[tuple[int, str, dict[str, float]]]:
    """Walk the wanted data messages as (byte offset, topic, values)."""
    formats = _Formats()
    for where, kind, body in _messages(source, reading):
        if kind == ord("F"):
            formats.define(body)
        elif kind == ord("A") and len(body) > 3:
            formats.subscribe(body)
        elif kind == ord("D") and len(body) > 2:
            topic = formats.topics.get(int.from_bytes(body[:2], "little"))
            if topic:
                yield where, topic[0], _values(topic[1], body)


def _values(places: dict[str, tuple[int, struct.Struct]], body: bytes) -> dict[str, float]:
    values = {}
    for label, (offset, packed) in places.items():
        if offset + 2 + packed.size <= len(body):
            value = packed.unpack_from(body, offset + 2)[0]
            if not isinstance(value, bytes):
                values[label] = value
    return values


def _preview(source: Source, name: str) -> tuple[str, int]:
    """Find the best position topic and the offset from time since boot to UTC."""
    scan = LogReading(format=None, name=name, source=source)  # type: ignore[arg-type]
    seen: set[str] = set()
    offset: int | None = None
    for _, topic, values in _topics(source, scan):
        seen.add(topic)
        utc = values.get("time_utc_usec", 0)
        if offset is None and utc > PLAUSIBLE_UTC_US and "timestamp" in values:
            offset = int(utc) - int(values["timestamp"])
        if offset is not None and ESTIMATED in seen:
            break
    source.rewind()
    position = next((topic for topic in (ESTIMATED, *SATELLITE) if topic in seen), None)
    if position is None:
        raise LogRefused(
            "log_without_position_topic",
            f"{name} holds none of the topics {', '.join((ESTIMATED, *SATELLITE))}.",
        )
    if offset is None:
        raise LogRefused(
            "log_without_utc_time",
            f"{name} holds no satellite time, so its positions have no time of day.",
        )
    return position, offset


@dataclass(slots=True)
class _Known:
    home_m: float = NAN
    battery_percent: float = NAN
    speed_ms: float = NAN
    heading_deg: float = NAN
    motion_at: int = -HOLD_US

    def learn(self, topic: str, values: dict[str, float]) -> None:
        if topic == "home_position" and values.get("valid_alt", True):
            self.home_m = values.get("alt", NAN)
        elif topic == "battery_status":
            self.battery_percent = values.get("remaining", NAN) * 100
        elif topic == "vehicle_local_position":
            self.speed_ms = math.hypot(values.get("vx", NAN), values.get("vy", NAN))
            self.heading_deg = math.degrees(values.get("heading", values.get("yaw", NAN)))
            self.motion_at = int(values.get("timestamp", 0))


def read_ulog(source: Source, reading: LogReading) -> Iterator[Samples]:
    """
    Read a PX4 .ulg log.

    Positions are the estimator's, else the satellite receiver's. Raises LogRefused.
    """
    reading.where_unit = "byte offset"
    position, offset = _preview(source, reading.name)
    if position != ESTIMATED:
        reading.note(f"The log holds no {ESTIMATED}; {position} was used.")
    builder, known = RowBuilder(reading, datum=Datum.AMSL), _Known()
    for where, topic, values in _topics(source, reading):
        known.learn(topic, values)
        if topic == position and _add(builder, where, values, known, offset):
            yield from builder.take()
    yield from builder.take()


def _add(
    builder: RowBuilder, where: int, values: dict[str, float], known: _Known, offset: int
) -> bool:
    boot = int(values.get("timestamp", NO_TIME))
    lat, lon, altitude = _place(values)
    moving = boot - known.motion_at <= HOLD_US
    return builder.add(
        where,
        NO_TIME if boot < 0 else max(NO_TIME, boot + offset),
        lat,
        lon,
        altitude_m=altitude,
        ground_elevation_m=values.get("terrain_alt", NAN)
        if values.get("terrain_alt_valid")
        else NAN,
        height_takeoff_m=altitude - known.home_m,
        speed_ms=known.speed_ms if moving else values.get("vel_m_s", NAN),
        heading_deg=known.heading_deg if moving else NAN,
        battery_percent=known.battery_percent,
    )


def _place(values: dict[str, float]) -> tuple[float, float, float]:
    """Latitude, longitude and altitude in degrees and meters, in any generation's fields."""
    if values.get("fix_type", FIX_3D) < FIX_3D:
        return 0.0, 0.0, NAN
    if "latitude_deg" in values:
        return (
            values["latitude_deg"],
            values.get("longitude_deg", NAN),
            values.get("altitude_msl_m", NAN),
        )
    scale, height = (1e-7, 1e-3) if "fix_type" in values else (1.0, 1.0)
    return (
        values.get("lat", NAN) * scale,
        values.get("lon", NAN) * scale,
        values.get("alt", NAN) * height,
    )

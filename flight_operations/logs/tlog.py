"""
MAVLink telemetry logs (.tlog): packets as a ground station received them, each behind its time.

The framing is walked here, so that a long log needs no more memory than a short one; pymavlink
decodes the few wanted packets and checks them.
"""

import os
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from flight_operations.logs.columns import NAN, NO_TIME, RowBuilder
from flight_operations.logs.reading import LogReading, LogRefused
from flight_operations.logs.source import BLOCK, Source
from flight_operations.telemetry.samples import MICROSECONDS, Datum, Samples

STAMP = struct.Struct(">Q")
V1, V2 = 0xFE, 0xFD
# One pass over noise; two searches for one byte each would begin anew behind every mark.
MARKS = re.compile(bytes((0x5B, V2, V1, 0x5D)))
V1_OVERHEAD, V2_OVERHEAD, SIGNATURE = 8, 12, 13
V2_HEADER = 10
LONGEST = STAMP.size + V2_OVERHEAD + 255 + SIGNATURE
EARLIEST_US, LATEST_US = 946_684_800 * MICROSECONDS, 4_102_444_800 * MICROSECONDS
HOLD_US = 2 * MICROSECONDS
WAIT_FOR_CLOCK = 500

SYS_STATUS, SYSTEM_TIME, POSITION, VFR_HUD, TERRAIN = 1, 2, 33, 74, 136
_WANTED = frozenset((SYS_STATUS, SYSTEM_TIME, POSITION, VFR_HUD, TERRAIN))


def looks_like_tlog(head: bytes) -> bool:
    """Say whether a file starts with a plausible time and a MAVLink packet."""
    if len(head) < STAMP.size + V1_OVERHEAD or head[STAMP.size] not in (V1, V2):
        return False
    return EARLIEST_US < STAMP.unpack_from(head)[0] < LATEST_US


def _decoder() -> Any:
    # The dialect is chosen when pymavlink is imported, by this variable.
    os.environ.setdefault("MAVLINK20", "1")
    try:
        from pymavlink.dialects.v20 import ardupilotmega  # noqa: PLC0415
    except ImportError as missing:
        raise LogRefused(
            "log_reader_missing",
            "MAVLink logs need the optional package pymavlink on the server.",
        ) from missing
    decoder = ardupilotmega.MAVLink(None)
    decoder.robust_parsing = True
    return decoder


def _packets(source: Source, reading: LogReading) -> Iterator[tuple[int, int, int, bytes]]:
    """Walk the wanted packets as (byte offset, receive time, message id, packet)."""
    buffer, base, place = source.read(BLOCK), 0, 0
    while True:
        if len(buffer) - place < LONGEST:
            more = source.read(BLOCK)
            base, buffer, place = base + place, buffer[place:] + more, 0
            if not buffer:
                return
        size = _size(buffer, place)
        if not size or place + size > len(buffer):
            reading.reject(base + place, "damaged_bytes")
            place = _resync(buffer, place + 1)
            continue
        packet = buffer[place + STAMP.size : place + size]
        message = packet[5] if packet[0] == V1 else int.from_bytes(packet[7:10], "little")
        if message in _WANTED:
            yield base + place, STAMP.unpack_from(buffer, place)[0], message, packet
        place += size


def _size(buffer: bytes, place: int) -> int:
    """Bytes of the stamp and packet that begin here; 0 when none does."""
    if len(buffer) - place < STAMP.size + V2_HEADER:
        return 0
    if not EARLIEST_US < STAMP.unpack_from(buffer, place)[0] < LATEST_US:
        return 0
    magic, payload = buffer[place + 8], buffer[place + 9]
    if magic == V1:
        return STAMP.size + V1_OVERHEAD + payload
    if magic != V2:
        return 0
    return STAMP.size + V2_OVERHEAD + payload + (SIGNATURE if buffer[place + 10] & 1 else 0)


def _resync(buffer: bytes, place: int) -> int:
    for mark in MARKS.finditer(buffer, place + STAMP.size):
        if _size(buffer, mark.start() - STAMP.size):
            return mark.start() - STAMP.size
    return len(buffer)


@dataclass(slots=True)
class _Flight:
    """What the packets so far said; positions wait for the first word of the vehicle's clock."""

    reading: LogReading
    builder: RowBuilder
    vehicle: int | None = None
    offset_us: int | None = None
    battery_percent: float = NAN
    speed_ms: float = NAN
    speed_at: int = 0
    ground_m: float = NAN
    ground_at: int = 0
    waiting: list[tuple[int, int, int, dict[str, float]]] = field(default_factory=list)
    receiver_clock: bool = False

    def learn(self, stamp: int, message: int, packet: Any) -> None:
        if message == SYSTEM_TIME:
            self._set_clock(packet)
        elif message == VFR_HUD:
            self.speed_ms, self.speed_at = packet.groundspeed, stamp
        elif message == TERRAIN:
            # Without loaded tiles the vehicle reports zeros.
            known = packet.loaded > 0 or packet.terrain_height
            self.ground_m, self.ground_at = (packet.terrain_height if known else NAN), stamp
        elif message == SYS_STATUS:
            self.battery_percent = float(packet.battery_remaining)

    def _set_clock(self, packet: Any) -> None:
        if not EARLIEST_US < packet.time_unix_usec < LATEST_US:
            return
        offset = packet.time_unix_usec - packet.time_boot_ms * 1000
        if self.offset_us is None or abs(offset - self.offset_us) > MICROSECONDS:
            self.offset_us = offset

    def position(self, where: int, stamp: int, packet: Any) -> Iterator[Samples]:
        heading = NAN if packet.hdg == 0xFFFF else packet.hdg / 100
        measured = {
            "lat": packet.lat / 1e7,
            "lon": packet.lon / 1e7,
            "altitude_m": packet.alt / 1000,
            "ground_elevation_m": self.ground_m if stamp - self.ground_at <= HOLD_US else NAN,
            "height_takeoff_m": packet.relative_alt / 1000,
            "speed_ms": self.speed_ms if stamp - self.speed_at <= HOLD_US else NAN,
            "heading_deg": heading,
            "battery_percent": self.battery_percent,
        }
        self.waiting.append((where, stamp, packet.time_boot_ms, measured))
        if self.offset_us is not None or self.receiver_clock:
            yield from self.release()
        elif len(self.waiting) >= WAIT_FOR_CLOCK:
            self.receiver_clock = True

    def release(self) -> Iterator[Samples]:
        if self.waiting and self.offset_us is None:
            self.reading.note("The vehicle's clock was not set; times are the ground station's.")
        for where, stamp, boot_ms, measured in self.waiting:
            moment = stamp if self.offset_us is None else self.offset_us + boot_ms * 1000
            if self.builder.add(where, max(NO_TIME, moment), **measured):
                yield from self.builder.take()
        self.waiting.clear()


def read_tlog(source: Source, reading: LogReading) -> Iterator[Samples]:
    """
    Read a .tlog. Times are the vehicle's own where it knew them, else the ground station's.

    One vehicle only: the first that sends a position. Raises LogRefused.
    """
    reading.where_unit = "byte offset"
    decoder = _decoder()
    flight = _Flight(reading, RowBuilder(reading, datum=Datum.AMSL))
    for where, stamp, message, raw in _packets(source, reading):
        packet = _decoded(decoder, raw)
        if packet is None or packet.get_msgId() != message:
            reading.reject(where, "damaged_bytes")
            continue
        if message == POSITION and flight.vehicle is None:
            flight.vehicle = packet.get_srcSystem()
        if flight.vehicle not in (None, packet.get_srcSystem()):
            reading.note("The log holds several vehicles; the first was read.")
        elif message == POSITION:
            yield from flight.position(where, stamp, packet)
        else:
            flight.learn(stamp, message, packet)
    yield from flight.release()
    yield from flight.builder.take()


def _decoded(decoder: Any, raw: bytes) -> Any:
    """Return the packet, or None when its checksum or body is wrong."""
    try:
        return decoder.decode(bytearray(raw))
    except Exception:  # noqa: BLE001
        # Each dialect has its own bare MAVError, and junk bodies raise struct and index errors.
        return None

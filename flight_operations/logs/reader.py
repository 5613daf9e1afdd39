"""Opens a flight log of any known kind. The content decides, never the name."""

import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from flight_operations.logs.airdata import looks_like_airdata, read_airdata
from flight_operations.logs.dataflash import HEADER as DATAFLASH_MAGIC
from flight_operations.logs.dataflash import read_dataflash
from flight_operations.logs.gpx import read_gpx
from flight_operations.logs.kml import read_kml
from flight_operations.logs.reading import LogFormat, LogReading, LogRefused
from flight_operations.logs.source import (
    GZIP_MAGIC,
    MAX_BYTES,
    Source,
    SourceDamaged,
    SourceTooLarge,
)
from flight_operations.logs.tlog import looks_like_tlog, read_tlog
from flight_operations.logs.ulog import MAGIC as ULOG_MAGIC
from flight_operations.logs.ulog import read_ulog
from flight_operations.logs.xml_stream import XmlDamaged, XmlRefused, tags
from flight_operations.telemetry.samples import Samples

HEAD_BYTES = 8192
ZIP_MAGIC = b"PK\x03\x04"
DJI_HEADER_SIZE = 100
DJI_FIRST_ENCRYPTED, DJI_LAST_KNOWN = 13, 20

_READERS: dict[LogFormat, Callable[[Source, LogReading], Iterator[Samples]]] = {
    LogFormat.AIRDATA: read_airdata,
    LogFormat.DATAFLASH: read_dataflash,
    LogFormat.TLOG: read_tlog,
    LogFormat.ULOG: read_ulog,
    LogFormat.GPX: read_gpx,
    LogFormat.KML: read_kml,
}


def read_log(file: BinaryIO | Path, *, name: str, max_bytes: int = MAX_BYTES) -> LogReading:
    """
    Start reading a flight log; walk `chunks()` of the answer for its positions.

    The file must stay open meanwhile. A damaged file is read up to the damage. Raises LogRefused,
    here or while walking.
    """
    opened = file.open("rb") if isinstance(file, Path) else file
    try:
        source = Source(opened, max_bytes=max_bytes)
        kind = _kind(source, name)
        source.rewind()
        reading = LogReading(format=kind, name=name, source=source)
        reading.begin(_bounded(_READERS[kind](source, reading), reading))
    except SourceTooLarge as large:
        raise LogRefused(
            "log_too_large", f"{name} is, or unpacks to, more than a flight log may be."
        ) from large
    except SourceDamaged as damaged:
        raise LogRefused("log_damaged", f"{name} cannot be unpacked: {damaged}.") from damaged
    return reading


def _bounded(stream: Iterator[Samples], reading: LogReading) -> Iterator[Samples]:
    """Turn an end of file that comes too early, or never, into a note or a refusal."""
    try:
        yield from stream
    except SourceTooLarge as large:
        raise LogRefused(
            "log_too_large", f"{reading.name} unpacks to more than a flight log may be."
        ) from large
    except SourceDamaged as damaged:
        message = f"The compressed file is damaged: {damaged}."
        reading.damaged(reading.source.offset, "log_damaged", message)
    except (ArithmeticError, LookupError, ValueError, struct.error):
        # Numbers no flight controller writes, such as a time that is none.
        message = "A record cannot be read; the rest of the file was left out."
        reading.damaged(reading.source.offset, "log_damaged", message)


def _kind(source: Source, name: str) -> LogFormat:
    head = source.read(HEAD_BYTES)
    if not head:
        raise LogRefused("log_empty", f"{name} is empty.")
    if head.startswith(ULOG_MAGIC):
        return LogFormat.ULOG
    if head.startswith(DATAFLASH_MAGIC):
        return LogFormat.DATAFLASH
    if looks_like_tlog(head):
        return LogFormat.TLOG
    _refuse_known_others(head, name)
    return _text_kind(source, head, name)


def _refuse_known_others(head: bytes, name: str) -> None:
    if head.startswith(ZIP_MAGIC):
        raise LogRefused("log_archive", f"{name} is an archive; upload the log inside it.")
    if head.startswith(GZIP_MAGIC):
        raise LogRefused("log_archive", f"{name} is compressed twice.")
    version = _dji_version(head)
    if version is None:
        return
    if version >= DJI_FIRST_ENCRYPTED:
        raise LogRefused(
            "log_encrypted",
            f"{name} is a DJI flight record of version {version}, which only DJI can decrypt; "
            "upload its AirData CSV instead.",
            version=version,
        )
    raise LogRefused(
        "log_dji_record",
        f"{name} is a DJI flight record of version {version}; upload its AirData CSV instead.",
        version=version,
    )


def _dji_version(head: bytes) -> int | None:
    """Version of a DJI flight record: its header of 100 bytes is mostly zeros."""
    if len(head) < DJI_HEADER_SIZE or any(head[12:DJI_HEADER_SIZE]):
        return None
    details_at, version = int.from_bytes(head[:8], "little"), head[10]
    plausible = DJI_HEADER_SIZE <= details_at <= MAX_BYTES
    return version if plausible and 0 < version <= DJI_LAST_KNOWN else None


def _text_kind(source: Source, head: bytes, name: str) -> LogFormat:
    text = head.decode("utf-8-sig", errors="replace")
    if text.lstrip().startswith("<") or head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _xml_kind(source, name)
    if looks_like_airdata(text):
        return LogFormat.AIRDATA
    raise LogRefused(
        "log_format_unknown",
        f"{name} is none of: AirData CSV, ArduPilot .bin and .tlog, PX4 .ulg, GPX, KML.",
    )


def _xml_kind(source: Source, name: str) -> LogFormat:
    source.rewind()
    try:
        root = next(tags(source), None)
    except XmlRefused as refused:
        raise LogRefused("log_xml_refused", str(refused)) from refused
    except XmlDamaged as damaged:
        raise LogRefused("log_damaged", f"{name} is damaged: {damaged}.") from damaged
    if root is None or root.name not in ("gpx", "kml"):
        raise LogRefused("log_format_unknown", f"{name} is neither GPX nor KML.")
    return LogFormat(root.name)

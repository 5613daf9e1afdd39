"""GPX 1.0 and 1.1 tracks. Elevations count from mean sea level, as the format says."""

from collections.abc import Iterator
from datetime import UTC, datetime

from flight_operations.logs.columns import NAN, NO_TIME, RowBuilder
from flight_operations.logs.reading import LogReading, LogRefused
from flight_operations.logs.source import Source
from flight_operations.logs.xml_stream import Tag, XmlDamaged, XmlRefused, tags
from flight_operations.telemetry.samples import Datum, Samples, to_microseconds

_HEADINGS = ("course", "heading")
_MEASURED = frozenset(("time", "ele", "speed", *_HEADINGS))


def moment_of(text: str) -> int:
    """Microseconds of an ISO 8601 time; NO_TIME when it is none. Without offset it is UTC."""
    try:
        moment = datetime.fromisoformat(text.strip())
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(NO_TIME, to_microseconds(aware))
    except (ValueError, OverflowError):
        return NO_TIME


def number_of(text: str) -> float:
    """Return the number in a text; NaN when it is none."""
    try:
        return float(text)
    except ValueError:
        return NAN


def sound_tags(source: Source, reading: LogReading) -> Iterator[Tag]:
    """Walk the tags up to the first damage, which is noted. Raises LogRefused."""
    try:
        yield from tags(source)
    except XmlRefused as refused:
        raise LogRefused("log_xml_refused", str(refused)) from refused
    except XmlDamaged as damaged:
        reading.damaged(damaged.line, "log_damaged", f"The document is damaged: {damaged}.")


def read_gpx(source: Source, reading: LogReading) -> Iterator[Samples]:
    """Read the track points of a GPX file. Raises LogRefused."""
    builder = RowBuilder(reading, datum=Datum.AMSL)
    point: dict[str, str] = {}
    line, inside = 0, False
    for tag in sound_tags(source, reading):
        if tag.name == "trkpt":
            if tag.is_start:
                point, line, inside = dict(tag.attributes), tag.line, True
            elif _add(builder, line, point):
                yield from builder.take()
            inside = tag.is_start
        elif inside and not tag.is_start and tag.name in _MEASURED:
            point[tag.name] = tag.text
    yield from builder.take()
    if reading.rejected_by_reason["no_time"] and not reading.accepted_count:
        raise LogRefused("log_without_times", f"The points of {reading.name} have no times.")


def _add(builder: RowBuilder, line: int, point: dict[str, str]) -> bool:
    heading = next((point[name] for name in _HEADINGS if name in point), "")
    return builder.add(
        line,
        moment_of(point.get("time", "")),
        number_of(point.get("lat", "")),
        number_of(point.get("lon", "")),
        altitude_m=number_of(point.get("ele", "")),
        speed_ms=number_of(point.get("speed", "")),
        heading_deg=number_of(heading),
    )

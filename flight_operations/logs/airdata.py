"""
AirData CSV, the usual way out of DJI's flight records.

Column names carry their unit and may begin with a blank; which columns there are depends on the
aircraft and on the account's units. The file gives whole seconds of UTC and a millisecond counter
since power-up: a position's time is the second plus the counter's offset within it.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from common.units import FT_M, KMH_MS, KT_MS, MPH_MS
from flight_operations.logs.columns import NAN, NO_TIME, RowBuilder
from flight_operations.logs.reading import LogReading, LogRefused
from flight_operations.logs.source import Source
from flight_operations.telemetry.samples import MICROSECONDS, Datum, Samples, to_microseconds

MAX_LINE_BYTES = 65_536
LAST_MILLISECOND_US = MICROSECONDS - 1000

_UNITS = {
    "": 1.0, "feet": FT_M, "ft": FT_M, "meters": 1.0, "metres": 1.0, "m": 1.0,
    "mph": MPH_MS, "m/s": 1.0, "km/h": KMH_MS, "kph": KMH_MS, "knots": KT_MS, "kt": KT_MS,
    "degrees": 1.0, "deg": 1.0, "%": 1.0,
}  # fmt: skip

_MEASURES = {
    "altitude_m": ("altitude_above_sealevel",),
    "ground_elevation_m": ("ground_elevation_at_drone_location",),
    "height_takeoff_m": ("height_above_takeoff", "altitude"),
    "height_ground_m": ("height_above_ground_at_drone_location",),
    "speed_ms": ("speed",),
    "heading_deg": ("compass_heading",),
    "battery_percent": ("battery_percent", "remainpowerpercent"),
}

_HEADER = re.compile(r"^\s*(?P<name>[^()]*?)\s*(?:\((?P<unit>[^()]*)\))?\s*$")


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where each quantity stands in a row, and what turns its unit into ours."""

    lat: int
    lon: int
    second: int
    millisecond: int | None
    measures: list[tuple[str, tuple[int, float]]]


@dataclass(slots=True)
class _Clock:
    """
    Places the millisecond counter on the one-second clock.

    The first second's fraction is not in the file. It is taken as 0 and moved, no further than
    each row's own second demands; times are therefore right to within one second, and the
    spacing of the rows is the counter's.
    """

    anchor_us: int | None = None
    _text: str = ""
    _second_us: int = NO_TIME
    adjusted: int = field(default=0)

    def at(self, text: str, counter_ms: str | None) -> int:
        if text != self._text:
            self._text, self._second_us = text, _second(text)
        second = self._second_us
        if second == NO_TIME or counter_ms is None:
            return second
        try:
            counter_us = int(float(counter_ms) * 1000)
        except (ValueError, OverflowError):
            return second
        if self.anchor_us is None:
            self.anchor_us = second - counter_us
        return self._within(second, counter_us)

    def _within(self, second: int, counter_us: int) -> int:
        moment = (self.anchor_us or 0) + counter_us
        moved = min(max(moment, second), second + LAST_MILLISECOND_US)
        if moved != moment:
            self.adjusted += 1
            self.anchor_us = moved - counter_us
        return moved


def _second(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return NO_TIME
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        return max(NO_TIME, to_microseconds(aware))
    except OverflowError:
        return NO_TIME


def looks_like_airdata(head: str) -> bool:
    """Say whether the first line of a text names the columns of an AirData export."""
    first = head.lstrip("\ufeff").partition("\n")[0].lower()
    if first.startswith(("{", "[")):
        return False
    return "latitude" in first and "longitude" in first and "," in first


def read_airdata(source: Source, reading: LogReading) -> Iterator[Samples]:
    """Read an AirData CSV. Raises LogRefused."""
    rows = csv.reader(_lines(source, reading))
    layout = _layout(_header(rows))
    clock, builder = _Clock(), RowBuilder(reading, datum=Datum.AMSL)
    for row in _sound(rows, reading):
        if not row:
            continue
        if len(row) <= layout.second or len(row) <= max(layout.lat, layout.lon):
            reading.reject(rows.line_num, "row_too_short", ",".join(row))
        elif _add(builder, rows.line_num, row, layout, clock):
            yield from builder.take()
    yield from builder.take()
    if clock.adjusted:
        reading.note("Times have the file's one-second clock; the counter orders within a second.")


def _header(rows: Iterator[list[str]]) -> list[str]:
    try:
        return next(rows, [])
    except csv.Error as broken:
        raise LogRefused("log_damaged", f"The header line cannot be read: {broken}.") from broken


def _lines(source: Source, reading: LogReading) -> Iterator[str]:
    number = 0
    while line := source.line(MAX_LINE_BYTES):
        number += 1
        if len(line) >= MAX_LINE_BYTES and not line.endswith(b"\n"):
            reading.reject(number, "line_too_long")
            while line and not line.endswith(b"\n"):
                line = source.line(MAX_LINE_BYTES)
            yield "\n"
        else:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8", errors="replace")


def _sound(rows: Iterator[list[str]], reading: LogReading) -> Iterator[list[str]]:
    while True:
        try:
            yield next(rows)
        except StopIteration:
            return
        except csv.Error as broken:
            reading.reject(getattr(rows, "line_num", 0), "row_damaged", str(broken))


def _layout(header: list[str]) -> _Layout:
    columns: dict[str, tuple[int, str]] = {}
    for index, text in enumerate(header):
        match = _HEADER.match(text.lstrip("\ufeff"))
        if match:
            unit = (match["unit"] or "").strip().lower()
            columns.setdefault(match["name"].lower(), (index, unit))
    _require(columns)
    found = {name: _measure(columns, aliases) for name, aliases in _MEASURES.items()}
    measures = [(name, place) for name, place in found.items() if place is not None]
    counter = columns.get("time", (None, ""))
    return _Layout(
        lat=columns["latitude"][0],
        lon=columns["longitude"][0],
        second=columns["datetime"][0],
        millisecond=counter[0] if counter[1].startswith("millisecond") else None,
        measures=measures,
    )


def _require(columns: dict[str, tuple[int, str]]) -> None:
    missing = [name for name in ("latitude", "longitude", "datetime") if name not in columns]
    if missing:
        raise LogRefused(
            "log_columns_missing",
            f"The table has no column {', '.join(missing)}.",
            columns=missing,
        )
    if columns["datetime"][1] not in ("utc", ""):
        raise LogRefused(
            "log_without_utc_time",
            "The table gives local times; export it with times in UTC.",
            column=f"datetime({columns['datetime'][1]})",
        )


def _measure(
    columns: dict[str, tuple[int, str]], names: tuple[str, ...]
) -> tuple[int, float] | None:
    for name in names:
        if name in columns:
            index, unit = columns[name]
            if unit not in _UNITS:
                raise LogRefused(
                    "log_unit_unknown",
                    f"The column {name} is in {unit}, which is not known here.",
                    column=name,
                    unit=unit,
                )
            return index, _UNITS[unit]
    return None


def _add(builder: RowBuilder, line: int, row: list[str], layout: _Layout, clock: _Clock) -> bool:
    place = layout.millisecond
    counter = row[place] if place is not None and place < len(row) else None
    measured = {
        name: _number(row[column]) * unit
        for name, (column, unit) in layout.measures
        if column < len(row)
    }
    moment = clock.at(row[layout.second], counter)
    return builder.add(line, moment, _number(row[layout.lat]), _number(row[layout.lon]), **measured)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return NAN

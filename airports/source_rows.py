"""
What the aviationweather.gov service sends, as raw reports with what only the service knows.

Pure: bytes in, SourceReport out. Its JSON leaves out keys that have no value, writes `VRB` where a
direction is a number elsewhere and `10+` where a visibility is; so the raw text is decoded and of
its columns only station, times, position and category are used.
"""

import csv
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

CATEGORIES = frozenset({"VFR", "MVFR", "IFR", "LIFR"})
M_FT = 1 / 0.3048


class SourceReport(Struct, frozen=True, kw_only=True):
    """A raw report as a source delivered it."""

    kind: str
    station: str
    raw: str
    issued_at: datetime | None = None
    lat: float | None = None
    lon: float | None = None
    elevation_ft: int | None = None
    name: str = ""
    category: str = ""


class UnexpectedAnswer(ValueError):
    """The body is not what the service documents."""


def metars_from_json(body: bytes) -> Iterator[SourceReport]:
    """Reports of `/api/data/metar?format=json`."""
    for row in _rows(body):
        yield SourceReport(
            kind="SPECI" if row.get("metarType") == "SPECI" else "METAR",
            station=_text(row, "icaoId"),
            raw=_text(row, "rawOb"),
            issued_at=_moment(row.get("obsTime")),
            category=_category(row.get("fltCat")),
            **_place(row.get("lat"), row.get("lon"), row.get("elev"), row.get("name")),
        )


def tafs_from_json(body: bytes) -> Iterator[SourceReport]:
    """Forecasts of `/api/data/taf?format=json`."""
    for row in _rows(body):
        yield SourceReport(
            kind="TAF",
            station=_text(row, "icaoId"),
            raw=_text(row, "rawTAF"),
            issued_at=_moment(row.get("issueTime")),
            **_place(row.get("lat"), row.get("lon"), row.get("elev"), row.get("name")),
        )


def metars_from_cache_csv(lines: Iterable[str]) -> Iterator[SourceReport]:
    """Reports of the bulk file `metars.cache.csv`, with or without the lines before its header."""
    iterator = iter(lines)
    for line in iterator:
        if line.startswith("raw_text,"):
            break
    else:
        raise UnexpectedAnswer("The file has no header that begins with raw_text.")
    for row in _csv_rows(iterator, line.strip().split(",")):
        if not row.get("raw_text"):
            continue
        yield SourceReport(
            kind="SPECI" if row.get("metar_type") == "SPECI" else "METAR",
            station=_text(row, "station_id"),
            raw=str(row["raw_text"]),
            issued_at=_moment(row.get("observation_time")),
            category=_category(row.get("flight_category")),
            **_place(row.get("latitude"), row.get("longitude"), row.get("elevation_m"), ""),
        )


def _csv_rows(lines: Iterator[str], names: list[str]) -> Iterator[dict[str, Any]]:
    try:
        yield from csv.DictReader(lines, fieldnames=names)
    except csv.Error as fault:
        raise UnexpectedAnswer(f"The file is not CSV: {fault}.") from fault


def _rows(body: bytes) -> list[Mapping[str, Any]]:
    if not body.strip():
        # Nothing to report is an answer of no content.
        return []
    try:
        rows = json.loads(body)
    except (ValueError, RecursionError) as fault:
        raise UnexpectedAnswer("The body is not JSON.") from fault
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UnexpectedAnswer("The body is not a list of reports.")
    return rows


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return _printable(value).strip() if isinstance(value, str) else ""


def _printable(text: str) -> str:
    """Text without control characters: none of them means anything, and NUL cannot be stored."""
    return "".join(c if c.isprintable() else " " for c in text)


def _moment(value: Any) -> datetime | None:
    try:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, tz=UTC)
        moment = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _category(value: Any) -> str:
    return value if value in CATEGORIES else ""


def _place(lat: Any, lon: Any, elevation_m: Any, name: Any) -> dict[str, Any]:
    place: dict[str, Any] = {"name": _printable(name[:200]) if isinstance(name, str) else ""}
    latitude, longitude = _number(lat), _number(lon)
    if latitude is not None and longitude is not None and is_on_earth(latitude, longitude):
        place |= {"lat": latitude, "lon": longitude}
    height = _number(elevation_m)
    # The service writes 9999 m where it does not know.
    if height is not None and -500 < height < 9000:
        place["elevation_ft"] = round(height * M_FT)
    return place


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def is_on_earth(lat: float, lon: float) -> bool:
    return abs(lat) <= 90 and abs(lon) <= 180

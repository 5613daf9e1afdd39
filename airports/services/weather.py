"""Store weather reports: decode what can be decoded, keep the text of all, drop none."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import transaction

from airports.events import WeatherReported
from airports.exceptions import UnreadableReport
from airports.models import CLOCK_TOLERANCE, TIME_UNKNOWN, Airport, WeatherData
from airports.queries.conditions import NEW_STATION_KEY, weather_key
from airports.reports import (
    Conditions,
    DecodedMetar,
    DecodedTaf,
    ReportError,
    decode_metar,
    decode_taf,
    split_bulletin,
    tidy,
)
from airports.services.stations import refresh_stations
from airports.source_rows import SourceReport
from common.audit import record
from common.compliance.service import touch
from common.geo import point
from common.outbox import announce
from common.progress import Tell, tell_nobody

MANUAL = "manual"
LONGEST_RAW = 4000
LONGEST_GROUP = 120
# A report typed in by hand may be this old; older ones belong to no decision any more.
OLDEST_MANUAL = timedelta(days=2)
BATCH = 2000
CONDITION_COLUMNS = (
    "wind_direction_deg",
    "is_wind_variable",
    "wind_from_deg",
    "wind_to_deg",
    "wind_speed_kt",
    "wind_gust_kt",
    "visibility_m",
    "visibility_is_at_least",
    "visibility_sm",
    "ceiling_ft",
    "is_ceiling_known",
    "is_cavok",
)


@dataclass
class StoreReport:
    """What became of a batch of reports."""

    received: int = 0
    stored: int = 0
    known: int = 0
    undecoded: int = 0
    refused: int = 0
    category_agrees: int = 0
    category_differs: int = 0


def store_reports(
    reports: Iterable[SourceReport], *, source: str, at: datetime, tell: Tell = tell_nobody
) -> StoreReport:
    """
    Store reports that are new, in batches, and make what rests on them stale.

    Every report with a station is stored: without a readable time it takes the source's, or failing
    that the time it was received. Only text without any station is refused.
    """
    result = StoreReport()
    batch: list[SourceReport] = []
    for report in reports:
        batch.append(report)
        if len(batch) == BATCH:
            _store_batch(batch, source, at, result)
            tell("Reports", result.received, None)
            batch = []
    if batch:
        _store_batch(batch, source, at, result)
        tell("Reports", result.received, None)
    return result


@transaction.atomic
def enter_reports(text: str, *, actor: Any, at: datetime) -> list[WeatherData]:
    """
    Store METARs, SPECIs or TAFs typed or pasted by a person, one or a whole bulletin.

    Each must have a station and a time within the last two days. All or none: raises
    UnreadableReport, which names the report and what is wrong with it.
    """
    found = list(split_bulletin(text))
    if not found:
        raise UnreadableReport(reason="There is no report in the text.")
    rows = []
    for item in found:
        try:
            row = _row(SourceReport(kind=item.kind, station="", raw=item.raw), MANUAL, at)
        except ReportError as fault:
            raise _unreadable(item.line_number, str(fault)) from fault
        _check_entry(row, item.line_number, at)
        rows.append(row)
    stored = _insert(rows)
    for row in stored:
        record("weather.entered", row, actor=actor, at=at)
    hashes = [row.raw_hash for row in rows]
    return list(
        WeatherData.objects.filter(
            raw_hash__in=hashes, station__in=[row.station for row in rows]
        ).order_by("-issued_at", "pk")
    )


def _unreadable(line_number: int, fault: str) -> UnreadableReport:
    return UnreadableReport(reason=f"Line {line_number}: {fault}", line=line_number)


def _check_entry(row: WeatherData, line_number: int, at: datetime) -> None:
    if TIME_UNKNOWN in row.undecoded:
        raise _unreadable(
            line_number, "No time of the form ddhhmmZ after the station, or one in the future."
        )
    if row.kind == "TAF" and row.valid_from is None and not row.is_void:
        raise _unreadable(line_number, "No period of the form ddhh/ddhh after the time.")
    if row.issued_at < at - OLDEST_MANUAL:
        raise _unreadable(line_number, "Issued more than two days ago.")


def _store_batch(
    batch: Sequence[SourceReport], source: str, at: datetime, result: StoreReport
) -> None:
    rows: dict[tuple[str, ...], WeatherData] = {}
    result.received += len(batch)
    for report in batch:
        try:
            row = _row(report, source, at)
        except ReportError:
            result.refused += 1
            continue
        _count(row, result)
        rows[row.station, row.kind, str(row.issued_at), row.raw_hash] = row
    places = {report.station.upper(): report for report in batch if report.lat is not None}
    with transaction.atomic():
        stored = _insert(list(rows.values()), places)
    result.stored += len(stored)
    result.known += len(batch) - len(stored)


def _count(row: WeatherData, result: StoreReport) -> None:
    result.undecoded += bool(row.undecoded)
    if row.service_category:
        agrees = row.service_category == row.flight_category
        result.category_agrees += agrees
        result.category_differs += not agrees


def _insert(
    rows: Sequence[WeatherData], places: dict[str, SourceReport] | None = None
) -> list[WeatherData]:
    """Insert what is new, refresh the stations, tell the rest of the system."""
    known = set(
        WeatherData.objects.filter(raw_hash__in=[row.raw_hash for row in rows]).values_list(
            "station", "kind", "issued_at", "raw_hash"
        )
    )
    new = [r for r in rows if (r.station, r.kind, r.issued_at, r.raw_hash) not in known]
    if not new:
        return []
    airports = _airports({row.station for row in new})
    for row in new:
        row.airport = airports.get(row.station)
        if row.point is None and row.airport is not None:
            row.point = row.airport.point
    # Another process may store the same report at this moment: the unique constraint settles it.
    WeatherData.objects.bulk_create(new, ignore_conflicts=True)
    stored = list(
        WeatherData.objects.filter(raw_hash__in=[row.raw_hash for row in new]).order_by("pk")
    )
    first_seen = refresh_stations(stored, airports, places or {})
    stations = sorted({row.station for row in stored})
    touch(*(weather_key(station) for station in stations), because="new weather report")
    if first_seen:
        touch(NEW_STATION_KEY, because="new weather station")
    announce(WeatherReported(report_ids=[row.pk for row in stored], stations=stations))
    return stored


def _airports(stations: set[str]) -> dict[str, Airport]:
    """Aerodromes by station: an ICAO code first, else the ident, else the GPS code."""
    found: dict[str, Airport] = {}
    for field in ("gps_code", "ident", "icao"):
        for airport in Airport.objects.in_use().filter(**{f"{field}__in": stations}):
            found[getattr(airport, field)] = airport
    return found


def _row(report: SourceReport, source: str, at: datetime) -> WeatherData:
    raw = tidy(report.raw)[:LONGEST_RAW]
    decoded: DecodedMetar | DecodedTaf
    try:
        decoded = _decoded(report.kind, raw, report.issued_at or at)
    except ReportError:
        if not report.station:
            raise
        decoded = _undecodable(report, raw)
    row = _forecast(decoded) if isinstance(decoded, DecodedTaf) else _observation(decoded)
    row.station = (report.station or decoded.station).upper()[:4]
    row.raw = raw
    row.raw_hash = hashlib.sha256(raw.encode()).hexdigest()
    row.received_at = at
    row.service_category = report.category
    row.source = source
    row.undecoded = [group[:LONGEST_GROUP] for group in decoded.undecoded]
    _date(row, report.issued_at or decoded.issued_at)
    if report.lat is not None and report.lon is not None:
        row.point = point(lat=report.lat, lon=report.lon)
    return row


def _date(row: WeatherData, issued_at: datetime | None) -> None:
    """
    Set the time of issue; by the time it was received where it cannot be known or be true.

    Then TIME_UNKNOWN is among the undecoded: such a report never becomes a station's latest.
    """
    is_future = issued_at is not None and issued_at > row.received_at + CLOCK_TOLERANCE
    is_known = issued_at is not None and not is_future
    row.issued_at = issued_at if issued_at is not None and is_known else row.received_at
    others = [group for group in row.undecoded if group != TIME_UNKNOWN]
    row.undecoded = others if is_known else [*others, TIME_UNKNOWN]


def _decoded(kind: str, raw: str, reference: datetime) -> DecodedMetar | DecodedTaf:
    if kind == "TAF":
        return decode_taf(raw, reference=reference)
    return decode_metar(raw, reference=reference, kind=kind)


def _undecodable(report: SourceReport, raw: str) -> DecodedMetar | DecodedTaf:
    """A report of which only the source's own station and time are known."""
    if report.kind == "TAF":
        return DecodedTaf(station=report.station, issued_at=None, undecoded=(raw,))
    return DecodedMetar(
        kind=report.kind,
        station=report.station,
        issued_at=None,
        conditions=Conditions(),
        undecoded=(raw,),
    )


def _observation(decoded: DecodedMetar) -> WeatherData:
    row = WeatherData(
        kind=decoded.kind,
        temperature_c=decoded.temperature_c,
        dewpoint_c=decoded.dewpoint_c,
        qnh_hpa=decoded.qnh_hpa,
        is_auto=decoded.is_auto,
        is_corrected=decoded.is_corrected,
        is_void=decoded.is_nil,
        needs_service=decoded.needs_service,
    )
    conditions = decoded.conditions
    for name in CONDITION_COLUMNS:
        setattr(row, name, getattr(conditions, name))
    row.clouds = msgspec.to_builtins(conditions.clouds)
    row.weather = [code[:16] for code in conditions.weather]
    row.flight_category = conditions.flight_category
    return row


def _forecast(decoded: DecodedTaf) -> WeatherData:
    return WeatherData(
        kind="TAF",
        valid_from=decoded.valid_from,
        valid_until=decoded.valid_until,
        is_corrected=decoded.is_corrected,
        is_void=decoded.is_cancelled,
        groups=msgspec.to_builtins(decoded.groups),
    )

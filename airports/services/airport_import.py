"""Bring the aerodromes we hold in line with a source: stage, compare, write what differs."""

import csv
import gzip
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from django.db import transaction

from airports.airport_files import (
    AirportRow,
    FrequencyRow,
    RejectedRow,
    RunwayRow,
    UnknownFormat,
    embedded_airports,
    read_airports,
    read_frequencies,
    read_runways,
    settle_control,
    settle_icao_codes,
)
from airports.events import AirportsChanged
from airports.exceptions import SourceIncomplete, UnreadableFile
from airports.models import SourceState
from airports.queries.reference import EMBEDDED, embedded_cycle
from airports.services import airport_sql as sql
from airports.services.staging import prepare_for_many, run, run_on_many, stage
from common.compliance.service import touch
from common.outbox import announce

OURAIRPORTS = "ourairports"
MOST_REMOVED_SHARE = 0.2
FEW_ROWS = 1000
IMPORT_LIMIT_S = 600
MOST_IDENTS = 1000
GZIP_MAGIC = b"\x1f\x8b"

Progress = Callable[[str, int], None]
T = TypeVar("T", AirportRow, RunwayRow, FrequencyRow)


@dataclass
class TableReport:
    """What an import did to one kind of row."""

    read: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    rejected: list[RejectedRow] = field(default_factory=list)


@dataclass(frozen=True)
class Dropping:
    """Whether what a file no longer has is dropped, and whether that may be much of it."""

    drops: bool
    may_shrink: bool


@dataclass
class ImportReport:
    """What an import did, table by table, and how long it took."""

    source: str
    cycle: str
    airports: TableReport = field(default_factory=TableReport)
    runways: TableReport = field(default_factory=TableReport)
    frequencies: TableReport = field(default_factory=TableReport)
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        plain = asdict(self)
        for table in ("airports", "runways", "frequencies"):
            rejected = getattr(self, table).rejected
            plain[table]["rejected"] = [
                {"row": row.row_number, "key": row.key, "reason": row.reason} for row in rejected
            ]
        return plain


def import_ourairports(
    *,
    airports: Path,
    runways: Path | None = None,
    frequencies: Path | None = None,
    cycle: str,
    at: datetime,
    is_partial: bool = False,
    may_shrink: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """
    Import OurAirports files, plain or gzipped, all or nothing.

    Aerodromes that the file no longer has are set inactive, never deleted. A partial file drops
    nothing, nor does a row that cannot be read. Raises UnreadableFile and SourceIncomplete.
    """
    report = ImportReport(OURAIRPORTS, cycle)
    dropping = Dropping(drops=not is_partial, may_shrink=may_shrink)
    started = time.perf_counter()
    tell = progress or _silent
    rows = _accepted(_read(airports, read_airports), report.airports, "airports", tell)
    settle_icao_codes(rows)
    runway_rows = frequency_rows = None
    if runways is not None:
        runway_rows = _accepted(_read(runways, read_runways), report.runways, "runways", tell)
    if frequencies is not None:
        read = _read(frequencies, read_frequencies)
        frequency_rows = _accepted(read, report.frequencies, "frequencies", tell)
        settle_control(rows, frequency_rows)
    with transaction.atomic():
        prepare_for_many(IMPORT_LIMIT_S)
        changed = _write_airports(rows, report, at, dropping)
        if runway_rows is not None:
            _write_runways(runway_rows, report.runways, at, dropping)
        if frequency_rows is not None:
            _write_frequencies(frequency_rows, report.frequencies, at, dropping)
        _tell_others(report, changed)
    report.seconds = round(time.perf_counter() - started, 2)
    return report


def import_embedded(*, at: datetime, progress: Progress | None = None) -> ImportReport:
    """
    Load the aerodromes that come with the airportsdata package.

    They are the default where nothing better is known: a row of another source is never changed,
    only its time zone and elevation are filled in where they are missing.
    """
    report = ImportReport(EMBEDDED, embedded_cycle())
    started = time.perf_counter()
    rows = _accepted(embedded_airports(), report.airports, "airports", progress or _silent)
    with transaction.atomic():
        prepare_for_many(IMPORT_LIMIT_S)
        changed = _write_airports(rows, report, at, Dropping(drops=False, may_shrink=True))
        SourceState.objects.update_or_create(
            name=EMBEDDED,
            defaults={
                "etag": report.cycle,
                "checked_at": at,
                "succeeded_at": at,
                "changed_at": at,
                "row_count": len(rows),
            },
        )
        _tell_others(report, changed)
    report.seconds = round(time.perf_counter() - started, 2)
    return report


def _silent(what: str, count: int) -> None:
    """Progress that nobody watches."""


def _read(path: Path, reader: Callable[[Iterable[str]], Iterator[T | RejectedRow]]) -> Iterator:
    try:
        with path.open("rb") as raw:
            is_zipped = raw.read(len(GZIP_MAGIC)) == GZIP_MAGIC
        opened = gzip.open if is_zipped else open
        with opened(path, "rt", encoding="utf-8-sig", newline="") as lines:
            yield from reader(lines)
    except (OSError, EOFError, UnicodeDecodeError, zlib.error, csv.Error, UnknownFormat) as fault:
        raise UnreadableFile(name=path.name, reason=str(fault)[:200]) from fault


def _accepted(
    rows: Iterator[T | RejectedRow], report: TableReport, what: str, tell: Progress
) -> list[T]:
    accepted: list[T] = []
    for row in rows:
        report.read += 1
        if isinstance(row, RejectedRow):
            report.rejected.append(row)
        else:
            accepted.append(row)
        if report.read % 5000 == 0:
            tell(what, report.read)
    tell(what, report.read)
    return accepted


def _write_airports(
    rows: list[AirportRow], report: ImportReport, at: datetime, dropping: Dropping
) -> list[str]:
    """Upsert aerodromes; returns the idents that changed."""
    parameters = {
        "source": report.source,
        "cycle": report.cycle,
        "at": at,
        "without_frequencies": not report.frequencies.read or not dropping.drops,
        "rejected": _rejected(report.airports),
    }
    stage("staged_airport", sql.AIRPORT_COLUMNS, (_fields(row) for row in rows))
    if report.source == EMBEDDED:
        run_on_many(sql.FILL_GAPS, parameters)
        run(sql.FORGET_KNOWN)
    run_on_many(sql.FREE_ICAO_CODES, parameters)
    written = run_on_many(sql.UPSERT_AIRPORTS, parameters)
    table = report.airports
    table.added = sum(1 for _, is_new in written if is_new)
    table.changed = len(written) - table.added
    table.unchanged = len(rows) - len(written)
    changed = [ident for ident, _ in written]
    gone = _drop(sql.COUNT_MISSING, sql.DROP_MISSING, parameters, dropping, report.source)
    table.removed = len(gone)
    changed.extend(ident for (ident,) in gone)
    return changed


def _drop(
    count: str, drop: str, parameters: dict[str, Any], dropping: Dropping, what: str
) -> list[tuple]:
    """Drop what the file no longer has. Raises SourceIncomplete where that would be too much."""
    if not dropping.drops:
        return []
    ((held, missing),) = run(count, parameters)
    is_much = held > FEW_ROWS and missing > held * MOST_REMOVED_SHARE
    if is_much and not dropping.may_shrink:
        raise SourceIncomplete(source=what, removed=missing, held=held)
    return run_on_many(drop, parameters)


def _rejected(report: TableReport) -> list[str]:
    return [row.key.strip().upper() for row in report.rejected]


def _write_runways(
    rows: list[RunwayRow], report: TableReport, at: datetime, dropping: Dropping
) -> None:
    parameters = {"at": at, "rejected": _rejected(report)}
    stage("staged_runway", sql.RUNWAY_COLUMNS, (_fields(row) for row in rows))
    report.rejected.extend(
        RejectedRow(0, key, "no such aerodrome") for (key,) in run(sql.ORPHAN_RUNWAYS)
    )
    written = run_on_many(sql.UPSERT_RUNWAYS, parameters)
    gone = _drop(sql.COUNT_RUNWAYS, sql.DROP_RUNWAYS, parameters, dropping, "runways")
    _count(report, written, gone)


def _write_frequencies(
    rows: list[FrequencyRow], report: TableReport, at: datetime, dropping: Dropping
) -> None:
    parameters = {"at": at, "rejected": _rejected(report)}
    stage("staged_frequency", sql.FREQUENCY_COLUMNS, (_fields(row) for row in rows))
    report.rejected.extend(
        RejectedRow(0, key, "no such aerodrome") for (key,) in run(sql.ORPHAN_FREQUENCIES)
    )
    written = run_on_many(sql.UPSERT_FREQUENCIES, parameters)
    gone = _drop(sql.COUNT_FREQUENCIES, sql.DROP_FREQUENCIES, parameters, dropping, "frequencies")
    _count(report, written, gone)


def _count(report: TableReport, written: list[tuple], dropped: list[tuple]) -> None:
    report.added = sum(1 for (is_new,) in written if is_new)
    report.changed = len(written) - report.added
    report.removed = len(dropped)
    report.unchanged = report.read - len(report.rejected) - len(written)


def _fields(row: AirportRow | RunwayRow | FrequencyRow) -> list[Any]:
    return [getattr(row, name) for name in row.__struct_fields__]


def _tell_others(report: ImportReport, changed: list[str]) -> None:
    tables = (report.airports, report.runways, report.frequencies)
    count = sum(table.added + table.changed + table.removed for table in tables)
    if not count:
        return
    touch("aerodromes", because=f"{report.source} import")
    announce(
        AirportsChanged(
            source=report.source, idents=sorted(changed)[:MOST_IDENTS], change_count=count
        )
    )

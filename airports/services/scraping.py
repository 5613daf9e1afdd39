"""Fetch weather and aerodromes from their sources and store what is new; the last good stays."""

import io
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from django.conf import settings

from airports.exceptions import SourceIncomplete, UnreadableFile
from airports.models import AirportKind, WeatherStation
from airports.services.airport_import import ImportReport, Progress, import_ourairports
from airports.services.fetching import Answer, fetch, note_success, note_unusable
from airports.services.weather import StoreReport, store_reports
from airports.source_rows import (
    SourceReport,
    UnexpectedAnswer,
    metars_from_cache_csv,
    metars_from_json,
    tafs_from_json,
)
from common.progress import Tell, tell_nobody

# The service answers at most about 400 reports to a query.
STATIONS_PER_QUERY = 200
MOST_STATIONS = 4000
AIRPORT_FILES = ("airports", "runways", "frequencies")


def fetch_metars(
    *, at: datetime, stations: Sequence[str] = (), tell: Tell = tell_nobody
) -> StoreReport:
    """
    Fetch the latest observations: of the stations named, or all from the service's bulk file.

    Raises SourceUnavailable or SourceRefused; what was stored before that stays.
    """
    if stations or not settings.METAR_CACHE_URL:
        return _fetch_batches(
            "metar",
            settings.METAR_SOURCE_URL,
            stations or watched(),
            metars_from_json,
            at=at,
            tell=tell,
        )
    tell("Reports", 0, None)
    answer = fetch("metar-cache", settings.METAR_CACHE_URL, at=at)
    if answer.is_unchanged:
        note_success("metar-cache", answer, at=at, row_count=0)
        return StoreReport()
    return _store("metar-cache", answer, _cache_reports, at, tell)


def fetch_tafs(
    *, at: datetime, stations: Sequence[str] = (), tell: Tell = tell_nobody
) -> StoreReport:
    """Fetch the latest forecasts of the stations named, or of all stations watched."""
    return _fetch_batches(
        "taf", settings.TAF_SOURCE_URL, stations or watched(), tafs_from_json, at=at, tell=tell
    )


def fetch_airports(*, at: datetime, progress: Progress | None = None) -> ImportReport | None:
    """
    Fetch the aerodrome files and import them when any has changed; None when nothing has.

    Raises SourceUnavailable when a file cannot be had or does not hold what it should.
    """
    urls = (
        settings.AIRPORTS_SOURCE_URL,
        settings.RUNWAYS_SOURCE_URL,
        settings.FREQUENCIES_SOURCE_URL,
    )
    answers: dict[str, Answer] = {}
    for name, url in zip(AIRPORT_FILES, urls, strict=True):
        if url:
            answers[name] = fetch(name, url, at=at)
    if all(answer.is_unchanged for answer in answers.values()):
        for name, answer in answers.items():
            note_success(name, answer, at=at, row_count=0)
        return None
    with tempfile.TemporaryDirectory() as folder:
        paths = _saved(answers, Path(folder), urls, at)
        report = _imported(paths, at, progress)
    for name, answer in answers.items():
        note_success(name, answer, at=at, row_count=getattr(report, name).read)
    return report


def watched() -> list[str]:
    """Stations of airports with scheduled or heavy traffic, and all that have sent a forecast."""
    kinds = (AirportKind.LARGE_AIRPORT, AirportKind.MEDIUM_AIRPORT, AirportKind.UNKNOWN)
    rows = WeatherStation.objects.filter(airport__kind__in=kinds) | WeatherStation.objects.filter(
        forecast__isnull=False
    )
    return list(rows.order_by("station").values_list("station", flat=True)[:MOST_STATIONS])


def _fetch_batches(
    name: str,
    url: str,
    stations: Sequence[str],
    read: Callable[[bytes], Iterable[SourceReport]],
    *,
    at: datetime,
    tell: Tell,
) -> StoreReport:
    total, what = StoreReport(), f"Stations asked for a {name.upper()}"
    for start in range(0, len(stations), STATIONS_PER_QUERY):
        tell(what, start, len(stations))
        batch = ",".join(stations[start : start + STATIONS_PER_QUERY])
        # Each query has another answer, so no version of it is remembered.
        answer = fetch(name, url, at=at, parameters={"ids": batch, "format": "json"})
        _add(total, _store(name, Answer(answer.body), read, at))
    if stations:
        tell(what, len(stations), len(stations))
    return total


def _store(
    name: str,
    answer: Answer,
    read: Callable[[bytes], Iterable[SourceReport]],
    at: datetime,
    tell: Tell = tell_nobody,
) -> StoreReport:
    try:
        reports = list(read(answer.body))
    except UnexpectedAnswer as fault:
        raise note_unusable(name, str(fault), at=at) from fault
    result = store_reports(reports, source=name, at=at, tell=tell)
    note_success(name, answer, at=at, row_count=result.received)
    return result


def _cache_reports(body: bytes) -> Iterator[SourceReport]:
    return metars_from_cache_csv(io.StringIO(body.decode("utf-8", "replace"), newline=""))


def _add(total: StoreReport, part: StoreReport) -> None:
    for name, value in vars(part).items():
        setattr(total, name, getattr(total, name) + value)


def _saved(
    answers: dict[str, Answer], folder: Path, urls: Sequence[str], at: datetime
) -> dict[str, Path]:
    """Write the files down. One that was unchanged is asked for again, whole: all go together."""
    paths = {}
    for name, url in zip(AIRPORT_FILES, urls, strict=True):
        if name not in answers:
            continue
        if answers[name].is_unchanged:
            answers[name] = fetch(name, url, at=at, is_whole=True)
        paths[name] = folder / f"{name}.csv"
        paths[name].write_bytes(answers[name].body)
    return paths


def _imported(paths: dict[str, Path], at: datetime, progress: Progress | None) -> ImportReport:
    try:
        return import_ourairports(
            airports=paths["airports"],
            runways=paths.get("runways"),
            frequencies=paths.get("frequencies"),
            cycle=at.date().isoformat(),
            at=at,
            progress=progress,
        )
    except (UnreadableFile, SourceIncomplete) as refusal:
        raise note_unusable("airports", str(refusal), at=at) from refusal

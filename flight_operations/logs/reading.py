"""What every flight log reader hands back, whatever the file was."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import chain
from typing import Any

from flight_operations.logs.source import Source
from flight_operations.telemetry.samples import Samples, to_datetime

REJECTED_KEPT = 1000


class LogFormat(StrEnum):
    """The kinds of flight log that can be read."""

    AIRDATA = "airdata_csv"
    DATAFLASH = "ardupilot_bin"
    TLOG = "mavlink_tlog"
    ULOG = "px4_ulog"
    GPX = "gpx"
    KML = "kml"


class LogRefused(Exception):
    """The file cannot be used as a flight log. `code` says why, `message` says it to a person."""

    def __init__(self, code: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """One record of the log that gives no usable position."""

    where: int
    reason: str
    detail: str = ""


@dataclass(slots=True, eq=False)
class LogReading:
    """
    A flight log being read.

    `chunks()` may be walked once. The counts, the times, the rejected rows and the notes grow
    while it is walked and are final at its end. `where_unit` names what `RejectedRow.where`
    counts: lines, byte offsets or records.
    """

    format: LogFormat
    name: str
    source: Source
    where_unit: str = "line"
    notes: list[str] = field(default_factory=list)
    rejected: list[RejectedRow] = field(default_factory=list)
    rejected_by_reason: Counter[str] = field(default_factory=Counter)
    accepted_count: int = 0
    first_us: int | None = None
    last_us: int | None = None
    _damage: tuple[str, str] | None = None
    _stream: Iterator[Samples] = field(default_factory=lambda: iter(()))

    @property
    def rejected_count(self) -> int:
        return self.rejected_by_reason.total()

    @property
    def started_at(self) -> datetime | None:
        return None if self.first_us is None else to_datetime(self.first_us)

    @property
    def ended_at(self) -> datetime | None:
        return None if self.last_us is None else to_datetime(self.last_us)

    @property
    def progress(self) -> float:
        """Share of the file that has been read, 0 to 1."""
        return self.source.progress

    def chunks(self) -> Iterator[Samples]:
        """Walk the positions in the order of the file, some thousands at a time."""
        return self._stream

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def reject(self, where: int, reason: str, detail: str = "") -> None:
        """Count one unusable record; the first thousand are kept with their place."""
        self.rejected_by_reason[reason] += 1
        if len(self.rejected) < REJECTED_KEPT:
            self.rejected.append(RejectedRow(where, reason, detail[:200]))

    def damaged(self, where: int, code: str, message: str) -> None:
        """Note that the rest of the file is unreadable; it is refused if nothing came before."""
        self._damage = (code, message)
        self.reject(where, code, message)
        self.note(message)

    def begin(self, stream: Iterator[Samples]) -> None:
        """
        Start the reader, so that a file which cannot be used is refused before anything is kept.

        Raises LogRefused.
        """
        first = next(stream, None)
        if first is None and self._damage:
            raise LogRefused(*self._damage)
        if first is None:
            raise LogRefused(
                "log_without_positions",
                f"{self.name} holds no usable position.",
                rejected=dict(self.rejected_by_reason),
            )
        self._stream = chain([first], stream)

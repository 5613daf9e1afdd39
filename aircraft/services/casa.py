"""Take over what CASA publishes: the register is compared with, the directives are kept."""

from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from aircraft.casa_files import (
    DirectiveRow,
    NotSuchAFile,
    RejectedDirective,
    decoded,
    full_mark,
    read_directives,
    read_register,
)
from aircraft.exceptions import DirectivesIncomplete, UnusableFile
from aircraft.models import Aircraft, AirworthinessDirective
from aircraft.queries.directives import TailDirectives, directives_by_tail
from aircraft.queries.register import Difference, australian_tails, differences
from aircraft.services.fleet import amend_aircraft
from common.progress import Tell, tell_nobody

MOST_BYTES = 64 * 1024 * 1024
BATCH = 500
# A list may lose a fifth; of a handful, one or two are more than that.
MOST_REMOVED_SHARE, MOST_REMOVED_OF_FEW = 0.2, 0.5
FEW_DIRECTIVES = 50
STORED = [name for name in DirectiveRow.__struct_fields__ if name not in ("line", "doubts")]


@dataclass
class RegisterReport:
    """What the register says otherwise of our tails, and what of it was taken over."""

    rows: int
    tails: int
    standing: list[Difference] = field(default_factory=list)
    applied: list[Difference] = field(default_factory=list)


@dataclass
class DirectivesReport:
    """
    What an import of the list did, by citation; which rows it took with doubts or left out.

    `tails` is how our aircraft answer the list as it is then.
    """

    read: int = 0
    unchanged: int = 0
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    doubtful: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)
    tails: list[TailDirectives] = field(default_factory=list)


@transaction.atomic
def compare_with_register(path: Path, *, actor: Any = None, at: datetime) -> RegisterReport:
    """
    Compare our Australian aircraft with the register; with an `actor` take over what is safe.

    That is the expiry of a registration that is not suspended, of an aircraft with the serial
    number that we have: the register decides it. All else is for a person. Raises UnusableFile.
    """
    try:
        rows = read_register(decoded(_body(path)))
    except NotSuchAFile as error:
        raise UnusableFile(name=path.name, line=error.line, reason=error.reason) from error
    tails = australian_tails()
    report = RegisterReport(rows=len(rows), tails=len(tails))
    for tail in tails:
        for found in differences(tail, rows):
            if actor is None or not found.is_safe:
                report.standing.append(found)
                continue
            changes = {found.field: rows[full_mark(tail.tail_number)].expires_on}
            amend_aircraft(tail, changes=changes, version=tail.version, actor=actor, at=at)
            report.applied.append(found)
    return report


def import_directives(
    path: Path,
    *,
    at: datetime,
    may_shrink: bool = False,
    is_dry: bool = False,
    tell: Tell = tell_nobody,
) -> DirectivesReport:
    """
    Take over the list of directives, all or nothing; `is_dry` only says what would happen.

    A row that says which directive it is, of which series, is taken whatever else of it cannot be
    read: what has no known status is in force. What is no longer in the file is kept as not listed.
    Raises UnusableFile, DirectivesIncomplete.
    """
    rows, rejected = _rows(path, tell)
    report = DirectivesReport(read=len(rows) + len(rejected))
    report.rejected = [
        {"line": row.line, "id": row.source_id, "reason": row.reason} for row in rejected
    ]
    report.doubtful = [
        {"line": row.line, "id": row.source_id, "reason": "; ".join(row.doubts)}
        for row in rows
        if row.doubts
    ]
    with transaction.atomic():
        _hold()
        held = {row.source_id: row for row in AirworthinessDirective.objects.select_for_update()}
        _store(rows, held, report, tell)
        _relist(rejected, held, at=at)
        _unlist(rows, rejected, held, report, at=at, may_shrink=may_shrink)
        report.tails = directives_by_tail(Aircraft.objects.all())
        transaction.set_rollback(is_dry)
    return report


def report_document(report: RegisterReport | DirectivesReport) -> dict[str, Any]:
    """A report as one document; of what an aircraft has no entry for it has the citations."""
    if isinstance(report, RegisterReport):
        return asdict(report)
    tails = [
        {
            "tail_number": tail.tail_number,
            "aircraft_type": tail.designator,
            "series": tail.series,
            "unknown_series": tail.unknown_series,
            "unanswered": [row.citation for row in tail.unanswered],
        }
        for tail in report.tails
    ]
    return {**asdict(replace(report, tails=[])), "tails": tails}


def _body(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UnusableFile(name=path.name, line=1, reason="larger than 64 MB")
        return path.read_bytes()
    except OSError as error:
        raise UnusableFile(name=path.name, line=1, reason=str(error.strerror)) from error


def _rows(path: Path, tell: Tell) -> tuple[list[DirectiveRow], list[RejectedDirective]]:
    rows: list[DirectiveRow] = []
    rejected: list[RejectedDirective] = []
    try:
        for count, row in enumerate(read_directives(decoded(_body(path))), start=1):
            if isinstance(row, DirectiveRow):
                rows.append(row)
            else:
                rejected.append(row)
            tell("Rows read", count, None)
    except NotSuchAFile as error:
        raise UnusableFile(name=path.name, line=error.line, reason=error.reason) from error
    if not rows:
        raise UnusableFile(name=path.name, line=1, reason="no directive that can be used")
    return rows, rejected


def _store(
    rows: list[DirectiveRow],
    held: dict[int, AirworthinessDirective],
    report: DirectivesReport,
    tell: Tell,
) -> None:
    new: list[AirworthinessDirective] = []
    changed: list[AirworthinessDirective] = []
    for row in rows:
        values = _values(row)
        known = held.get(row.source_id)
        if known is None:
            new.append(AirworthinessDirective(**values))
        elif any(getattr(known, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(known, name, value)
            changed.append(known)
    tell("Directives stored", 0, len(new) + len(changed))
    AirworthinessDirective.objects.bulk_create(new, batch_size=BATCH)
    fields = [name for name in STORED if name != "source_id"]
    # An upsert: a bulk update of so many columns took minutes where all 17,738 rows changed.
    AirworthinessDirective.objects.bulk_create(
        changed,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["source_id"],
        update_fields=[*fields, "is_listed", "updated_at"],
    )
    tell("Directives stored", len(new) + len(changed), len(new) + len(changed))
    report.added = [row.citation for row in new]
    report.changed = [row.citation for row in changed]
    report.unchanged = len(rows) - len(new) - len(changed)


def _values(row: DirectiveRow) -> dict[str, Any]:
    """A file without the names of the series leaves those that are on file."""
    given = {name: getattr(row, name) for name in STORED}
    kept = [name for name in ("series_name", "series_number") if given[name] is None]
    return {name: value for name, value in given.items() if name not in kept} | {"is_listed": True}


def _hold() -> None:
    """One import after the other: two at once would both add what neither has seen."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('import'), hashtext('directives'))")


def _relist(
    rejected: list[RejectedDirective], held: dict[int, AirworthinessDirective], *, at: datetime
) -> None:
    """What the file names is on the list, though nothing more can be read of it."""
    back = [row.source_id for row in rejected if row.source_id in held]
    off = AirworthinessDirective.objects.filter(source_id__in=back, is_listed=False)
    off.update(is_listed=True, updated_at=at)


def _unlist(
    rows: list[DirectiveRow],
    rejected: list[RejectedDirective],
    held: dict[int, AirworthinessDirective],
    report: DirectivesReport,
    *,
    at: datetime,
    may_shrink: bool,
) -> None:
    if any(row.source_id is None for row in rejected):
        # One of those without a key may be any that is missing.
        return
    named = {row.source_id for row in rows} | {row.source_id for row in rejected}
    listed = [row for row in held.values() if row.is_listed]
    gone = [row for row in listed if row.source_id not in named]
    share = MOST_REMOVED_SHARE if len(listed) >= FEW_DIRECTIVES else MOST_REMOVED_OF_FEW
    if len(gone) > share * len(listed) and not may_shrink:
        raise DirectivesIncomplete(removed=len(gone), held=len(listed))
    keys = [row.pk for row in gone]
    AirworthinessDirective.objects.filter(pk__in=keys).update(is_listed=False, updated_at=at)
    report.removed = [row.citation for row in gone]

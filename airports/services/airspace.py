"""Bring airspace in: from files of a source as a whole, or one piece by hand; and retire it."""

import gzip
import hashlib
import json
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from airports.airspace_files import (
    ParsedAirspace,
    RejectedFeature,
    UnknownFormat,
    read_ed269,
    read_geojson,
    read_openair,
)
from airports.airspace_files.altitudes import read_ceiling, read_floor
from airports.airspace_files.geojson import polygons_of
from airports.areas import sound_area
from airports.events import AirspaceChanged
from airports.exceptions import (
    AirspaceRetired,
    SourceIncomplete,
    UnreadableFile,
    UnsoundAirspace,
)
from airports.models import AirspaceRestriction
from airports.queries.airspace import DEPENDENCY
from common.audit import record
from common.compliance.service import touch
from common.lifecycle import locked
from common.outbox import announce
from common.progress import Tell, tell_nobody

MANUAL = "manual"
MOST_BYTES = 64 * 1024 * 1024
BATCH = 500
TELL_EVERY = 100
MOST_REMOVED_SHARE = 0.2
FEW_PIECES = 50


def _openair(body: bytes) -> Iterator[ParsedAirspace | RejectedFeature]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Older files are in the encoding of their makers' desktops.
        text = body.decode("cp1252", "replace")
    return read_openair(text.splitlines())


READERS: dict[str, Callable[[bytes], Iterator[ParsedAirspace | RejectedFeature]]] = {
    "openair": _openair,
    "geojson": read_geojson,
    "ed269": read_ed269,
}


@dataclass
class AirspaceReport:
    """What an import did, and what it left out or mended, with the line or feature."""

    source: str
    format: str
    read: int = 0
    added: int = 0
    unchanged: int = 0
    retired: int = 0
    mended: list[dict[str, str]] = field(default_factory=list)
    rejected: list[dict[str, str]] = field(default_factory=list)
    seconds: float = 0.0


def import_airspace(
    path: Path,
    *,
    file_format: str,
    source: str,
    cycle: str,
    at: datetime,
    replaces: bool = True,
    may_shrink: bool = False,
    tell: Tell = tell_nobody,
) -> AirspaceReport:
    """
    Import an airspace file, plain or gzipped, all or nothing.

    With `replaces`, what this source published before and no longer does is retired: a changed
    piece is the old one retired and the new one added. What this file names and cannot say stays
    as it was. Raises UnreadableFile and SourceIncomplete.
    """
    started = time.perf_counter()
    report = AirspaceReport(source=source, format=file_format)
    rows, unread = _rows(path, report, cycle, tell)
    with transaction.atomic():
        held = _held(source)
        new = [row for row in rows if row.content_hash not in held]
        known = [held[row.content_hash] for row in rows if row.content_hash in held]
        back = [row for row in known if not row.is_active]
        created = _stored(new, tell)
        AirspaceRestriction.objects.filter(pk__in=[row.pk for row in back]).update(
            is_active=True, retired_reason="", source_cycle=cycle, updated_at=at
        )
        gone = _missing(held, rows, unread) if replaces else []
        if not may_shrink:
            _check_share(gone, held, rows, source)
        _retire(gone, at)
        report.added = len(created) + len(back)
        report.retired = len(gone)
        report.unchanged = len(rows) - report.added
        _announce([row.pk for row in (*created, *back)] + gone)
    report.seconds = round(time.perf_counter() - started, 2)
    return report


@transaction.atomic
def create_airspace(*, area: Any, actor: Any, at: datetime, **details: Any) -> AirspaceRestriction:
    """
    Put a piece of airspace in force by hand: an emergency operation, a geofence, a NOTAM area.

    `area` is a GEOS polygon; `floor` and `ceiling` are text such as `400 ft AGL`. Raises
    UnsoundAirspace.
    """
    parsed = ParsedAirspace(
        ref=f"by hand {at:%Y-%m-%dT%H:%M:%SZ}",
        polygons=polygons_of(json.loads(area.geojson)),
        floor=read_floor(details.pop("floor")),
        ceiling=read_ceiling(details.pop("ceiling")),
        published_kind=details["kind"],
        **{
            name: value
            for name, value in details.items()
            if name in ParsedAirspace.__struct_fields__
        },
    )
    for side, limit in (("floor", parsed.floor), ("ceiling", parsed.ceiling)):
        if not limit.is_readable:
            raise UnsoundAirspace(reason=f"The {side} {limit.text!r} cannot be read.")
    row = _restriction(parsed, source=MANUAL, cycle="")
    row.save()
    record("airspace.created", row, actor=actor, at=at)
    _announce([row.pk])
    return row


@transaction.atomic
def retire_airspace(
    restriction: AirspaceRestriction, *, actor: Any, at: datetime, reason: str
) -> AirspaceRestriction:
    """Take a piece of airspace out of force. Raises AirspaceRetired when it is already."""
    restriction = locked(restriction)
    if not restriction.is_active:
        raise AirspaceRetired(name=restriction.name)
    restriction.is_active = False
    restriction.retired_reason = reason[:200]
    restriction.save(update_fields=["is_active", "retired_reason", "updated_at"])
    record("airspace.retired", restriction, actor=actor, at=at, reason=reason)
    _announce([restriction.pk])
    return restriction


def _held(source: str) -> dict[str, AirspaceRestriction]:
    rows = AirspaceRestriction.objects.select_for_update().filter(source=source).order_by("pk")
    return {row.content_hash: row for row in rows}


def _rows(
    path: Path, report: AirspaceReport, cycle: str, tell: Tell
) -> tuple[list[AirspaceRestriction], set[str]]:
    """The rows of a file, and the names of those that could not be read."""
    rows: dict[str, AirspaceRestriction] = {}
    unread: set[str] = set()
    for parsed in _parsed(path, report.format):
        report.read += 1
        if report.read % TELL_EVERY == 0:
            tell("Pieces read", report.read, None)
        if isinstance(parsed, RejectedFeature):
            _reject(report, parsed.ref, parsed.name, parsed.reason)
            unread.add(parsed.name)
            continue
        try:
            row = _restriction(parsed, source=report.source, cycle=cycle)
        except UnsoundAirspace as fault:
            _reject(report, parsed.ref, parsed.name, str(fault))
            unread.add(parsed.name)
            continue
        if parsed.notes:
            report.mended.append(
                {"ref": parsed.ref, "name": parsed.name, "what": "; ".join(parsed.notes)}
            )
        if row.content_hash in rows:
            _reject(report, parsed.ref, parsed.name, "the same piece occurred before")
            continue
        rows[row.content_hash] = row
    tell("Pieces read", report.read, None)
    return list(rows.values()), unread


def _stored(rows: list[AirspaceRestriction], tell: Tell) -> list[AirspaceRestriction]:
    stored: list[AirspaceRestriction] = []
    for start in range(0, len(rows), BATCH):
        stored += AirspaceRestriction.objects.bulk_create(rows[start : start + BATCH])
        tell("New pieces stored", len(stored), len(rows))
    return stored


def _reject(report: AirspaceReport, ref: str, name: str, reason: str) -> None:
    report.rejected.append({"ref": ref, "name": name, "reason": reason})


def _parsed(path: Path, file_format: str) -> Iterator[ParsedAirspace | RejectedFeature]:
    try:
        with path.open("rb") as raw:
            is_zipped = raw.read(2) == b"\x1f\x8b"
        with gzip.open(path) if is_zipped else path.open("rb") as stream:
            body = stream.read(MOST_BYTES + 1)
        if len(body) > MOST_BYTES:
            raise UnreadableFile(name=path.name, reason="it is larger than 64 MiB")
        yield from READERS[file_format](body)
    except (OSError, EOFError, zlib.error, UnknownFormat) as fault:
        raise UnreadableFile(name=path.name, reason=str(fault)[:200]) from fault


def _restriction(parsed: ParsedAirspace, *, source: str, cycle: str) -> AirspaceRestriction:
    """A row of what was read. Raises UnsoundAirspace for an area or times that make no sense."""
    try:
        area, mended = sound_area(parsed.polygons)
        valid_from, valid_until = _moment(parsed.valid_from), _moment(parsed.valid_until)
        windows = [[_text(_moment(edge)) for edge in span] for span in parsed.activity_windows]
    except ValueError as fault:
        raise UnsoundAirspace(reason=f"{str(fault)[:200]}") from fault
    if valid_from and valid_until and valid_from >= valid_until:
        raise UnsoundAirspace(reason="It ends before it begins.")
    parsed.notes = [*parsed.notes, *mended]
    row = AirspaceRestriction(
        name=parsed.name,
        kind=parsed.kind,
        published_kind=parsed.published_kind,
        restricted_status=parsed.restricted_status,
        area=area,
        floor_m=parsed.floor.limit.height_m,
        floor_datum=parsed.floor.limit.datum,
        floor_text=parsed.floor.text[:80],
        ceiling_m=parsed.ceiling.limit.height_m,
        ceiling_datum=parsed.ceiling.limit.datum,
        ceiling_text=parsed.ceiling.text[:80],
        activity=parsed.activity,
        activity_windows=windows,
        activity_text=parsed.activity_text,
        valid_from=valid_from,
        valid_until=valid_until,
        zone_restriction=parsed.zone_restriction,
        zone_reasons=parsed.zone_reasons,
        conditions=parsed.conditions,
        contact=parsed.contact,
        source=source,
        source_cycle=cycle,
        source_ref=parsed.ref,
    )
    row.content_hash = _hash(row)
    return row


def _hash(row: AirspaceRestriction) -> str:
    """What makes a piece the same piece in the next cycle: all it says, not where it stood."""
    said = [
        getattr(row, name)
        for name in (
            "name",
            "kind",
            "published_kind",
            "floor_m",
            "floor_datum",
            "floor_text",
            "ceiling_m",
            "ceiling_datum",
            "ceiling_text",
            "activity",
            "activity_windows",
            "activity_text",
            "zone_restriction",
            "zone_reasons",
            "conditions",
            "contact",
            "restricted_status",
        )
    ]
    said += [str(row.valid_from), str(row.valid_until)]
    if row.source == MANUAL:
        said.append(row.source_ref)
    digest = hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode())
    digest.update(bytes(row.area.wkb))
    return digest.hexdigest()


def _moment(text: str | datetime | None) -> datetime | None:
    if text is None or isinstance(text, datetime):
        return text
    moment = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _text(moment: datetime | None) -> str:
    return moment.astimezone(UTC).isoformat() if moment else ""


def _missing(
    held: dict[str, AirspaceRestriction], rows: list[AirspaceRestriction], unread: set[str]
) -> list[int]:
    """What is in force and no longer published; a piece that could not be read may still be."""
    kept = {row.content_hash for row in rows}
    return [
        row.pk
        for key, row in held.items()
        if key not in kept and row.is_active and row.name not in unread
    ]


def _retire(gone: list[int], at: datetime) -> None:
    AirspaceRestriction.objects.filter(pk__in=gone).update(
        is_active=False, retired_reason="No longer published.", updated_at=at
    )


def _check_share(
    gone: list[int],
    held: dict[str, AirspaceRestriction],
    rows: list[AirspaceRestriction],
    source: str,
) -> None:
    """
    Refuse a file of far fewer pieces than are held, or of none; changed ones count on both sides.
    """
    active = sum(row.is_active for row in held.values())
    removed = min(len(gone), active - len(rows))
    is_few = active > FEW_PIECES and removed > active * MOST_REMOVED_SHARE
    if is_few or (gone and not rows):
        raise SourceIncomplete(source=source, removed=removed, held=active)


def _announce(changed: list[int]) -> None:
    if changed:
        touch(DEPENDENCY, because="airspace changed")
        announce(AirspaceChanged(restriction_ids=changed))

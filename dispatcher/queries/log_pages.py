"""The F2 technical log of one drone as pages: headers, lines in order, defects, papers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from documents.models import Document
from rpas.models import F2DefectEntry, F2FlightHoursEntry, F2TechnicalLogPartA, RPASAircraft
from rpas.models.technical_log import UNRECTIFIED

LINES, MOST_HEADERS, MOST_DEFECTS, MOST_PAPERS = 40, 10, 50, 20
HEADER = "rpas.f2technicallogparta"


@dataclass(frozen=True)
class Line:
    """One line of Part B with the corrections that were written of it later."""

    entry: F2FlightHoursEntry
    corrections: Sequence[F2FlightHoursEntry]


@dataclass(frozen=True)
class LogPage:
    """A part of Part B, in the order of the printed log, and where it goes on."""

    lines: Sequence[Line]
    first: int
    earlier: int | None
    later: int | None


def log_page(aircraft: RPASAircraft, *, first: int | None) -> LogPage:
    """
    Forty lines from a place on, or the last forty.

    Lines are found by their place, so that a page costs the same anywhere in a long log. 2
    statements.
    """
    head = aircraft.part_b_sequence
    start = max(head - LINES + 1, 1) if first is None else min(max(first, 1), max(head, 1))
    rows = F2FlightHoursEntry.objects.on_aircraft(aircraft.pk).select_related("part_a", "corrects")
    entries = list(
        rows.filter(sequence__gte=start, sequence__lt=start + LINES).order_by("sequence")
    )
    corrections: dict[int, list[F2FlightHoursEntry]] = {}
    later = F2FlightHoursEntry.objects.on_aircraft(aircraft.pk).filter(corrects__in=entries)
    for row in later.order_by("sequence")[: 4 * LINES]:
        corrections.setdefault(row.corrects_id or 0, []).append(row)
    return LogPage(
        lines=[Line(entry, corrections.get(entry.pk, ())) for entry in entries],
        first=start,
        earlier=max(start - LINES, 1) if start > 1 else None,
        later=start + LINES if start + LINES <= head else None,
    )


def headers(aircraft: RPASAircraft) -> list[F2TechnicalLogPartA]:
    """The latest issues of Part A, the one in force first."""
    rows = F2TechnicalLogPartA.objects.on_aircraft(aircraft.pk)
    found = list(rows.order_by("-pk")[:MOST_HEADERS])
    return sorted(found, key=lambda row: row.status != "issued")


def defects(aircraft: RPASAircraft) -> tuple[list[F2DefectEntry], list[F2DefectEntry]]:
    """Those that nobody has put right, and the latest of the others."""
    rows = F2DefectEntry.objects.on_aircraft(aircraft.pk).order_by("-found_at", "-pk")
    return (
        list(rows.open()[:MOST_DEFECTS]),
        list(rows.exclude(status__in=UNRECTIFIED)[:MOST_DEFECTS]),
    )


def papers(user: Any, log: Sequence[F2TechnicalLogPartA]) -> list[Document]:
    """The current papers made of these headers, as far as the caller may read them."""
    if not log or not user.has_perm("documents.view_document"):
        return []
    rows = Document.objects.visible_to(user).current()
    wanted = rows.filter(subject_type=HEADER, subject_id__in=[row.pk for row in log])
    read = wanted.only("pk", "number", "title", "issue", "created_at", "is_reissue_due")
    return list(read.order_by("-pk")[:MOST_PAPERS])

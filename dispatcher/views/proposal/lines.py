"""The proposal beside what is in force, a line for each operation."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from dispatcher.models import Assignment
from dispatcher.queries.diffs import changed_fields
from dispatcher.queries.evidence import Evidence
from dispatcher.queries.publication import MOVABLE, Publication
from dispatcher.views.proposal.clock import Clock
from dispatcher.views.proposal.markup import Markup
from dispatcher.views.proposal.reasons import why_of
from flight_operations.models import FlightOperation

# What becomes of an operation: the word, and the letter that stands for it beside the color.
KINDS = {
    "new": ("New", "N"),
    "changed": ("Changed", "C"),
    "removed": ("Taken off", "R"),
    "flown": ("Flown or flying", "F"),
    "off": ("Is off", "X"),
    "same": ("As it is", "="),
}
LETTERS = {"green": "G", "amber": "A", "red": "R", "none": "\u2013"}


NOTHING = SafeString("")


@dataclass(frozen=True)
class Cell:
    """One value of a line, with what it was where it changes."""

    name: str
    now: str
    was: str = ""


@dataclass(frozen=True)
class Line:
    """One operation: what would become of it, and why."""

    kind: str
    operation: FlightOperation
    cells: Sequence[Cell]
    row: Assignment | None = None
    before: Assignment | None = None
    color: str = "none"
    is_stale: bool = False
    judged_at: str = ""
    count: int = 0
    findings: SafeString = NOTHING
    why: SafeString = NOTHING

    @property
    def word(self) -> str:
        return KINDS[self.kind][0]

    @property
    def letter(self) -> str:
        return KINDS[self.kind][1]

    @property
    def shade(self) -> str:
        """The color to show: what is stale has none."""
        return "none" if self.is_stale else self.color

    @property
    def color_letter(self) -> str:
        return "S" if self.is_stale else LETTERS[self.color]


def lines_of(
    publication: Publication, rows: Iterable[Assignment], clock: Clock, evidence: Evidence
) -> list[Line]:
    """What changes first, in the order of the day; then what stays."""
    before, maker = publication.before, _Maker(clock, Markup(), evidence)
    lines = [maker.fresh(row, before.get(row.operation_id)) for row in publication.fresh]
    lines += [maker.leaving(each, before.get(each.pk)) for each in publication.leaving]
    lines += [maker.line("off", row) for row in publication.off]
    told = {line.operation.pk for line in lines}
    kept = {row.operation_id: row for row in publication.kept}
    staying = [row for row in rows if row.status == "published" and row.operation_id not in told]
    lines += [maker.line("same", kept.get(row.operation_id, row)) for row in staying]
    return sorted(lines, key=_order)


def _order(line: Line) -> tuple[bool, Any, str]:
    row = line.row or line.before
    start = row.start_at if row else line.operation.planned_start_at
    return line.kind == "same", start, line.operation.number


@dataclass(frozen=True)
class _Maker:
    """Makes lines by one clock, and each finding once."""

    clock: Clock
    markup: Markup
    evidence: Evidence

    def fresh(self, row: Assignment, before: Assignment | None) -> Line:
        """One that comes into force; of a flight that has begun the plan takes a note only."""
        if row.operation.status not in MOVABLE:
            return self.line("flown", row, before)
        return self.line("new" if before is None else "changed", row, before)

    def line(self, kind: str, row: Assignment, before: Assignment | None = None) -> Line:
        said, is_stale = self.evidence.of(row)
        judged, findings = said.get("judged_at", ""), said.get("findings", ())
        return Line(
            kind=kind,
            operation=row.operation,
            cells=_cells(row, before, self.clock),
            row=row,
            before=before,
            color=said.get("color", "none") if judged else "none",
            is_stale=bool(judged) and is_stale,
            judged_at=_judged(judged, self.clock),
            count=len(findings),
            findings=SafeString("".join(self.markup.finding(each) for each in findings)),
            why=self.markup.told(why_of(row.why, self.clock)),
        )

    def leaving(self, operation: FlightOperation, before: Assignment | None) -> Line:
        """One that nobody was found for: it gives its time back."""
        if before is not None:
            values = list(_values(before, self.clock))
        else:
            when = self.clock.span(operation.planned_start_at, operation.planned_end_at)
            pilot = operation.pilot_in_command.full_name
            values = [
                ("Flight", when),
                ("Aircraft", operation.aircraft.registration),
                ("Pilot", pilot),
                ("Away", ""),
            ]
        cells = [Cell(name, "", was) for name, was in values]
        return Line(kind="removed", operation=operation, cells=cells, before=before)


def _cells(row: Assignment, before: Assignment | None, clock: Clock) -> list[Cell]:
    values = list(_values(row, clock))
    if before is None or not changed_fields(row, before):
        return [Cell(name, now) for name, now in values]
    old = dict(_values(before, clock))
    return [Cell(name, now, old[name] if old[name] != now else "") for name, now in values]


def _values(row: Assignment, clock: Clock) -> Iterator[tuple[str, str]]:
    yield "Flight", clock.span(row.start_at, row.end_at)
    yield "Aircraft", row.aircraft.registration
    yield "Pilot", row.pilot.full_name
    yield "Away", clock.span(row.occupied_from, row.occupied_until)


def _judged(moment: str, clock: Clock) -> str:
    from_text = clock.read(moment)
    return str(clock.long(from_text)) if from_text else ""

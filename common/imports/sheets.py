"""A CSV or XLSX file as rows of text, with every bound that a hostile file would test."""

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from common.exceptions import DomainError
from common.imports.workbook import CellRefused, WorkbookRefused, read_workbook
from common.tables import begins_like_a_formula

MOST_BYTES = 1_000_000
MOST_ROWS = 500
MOST_COLUMNS = 60
LONGEST_CELL = 4000
SEPARATORS = ",;\t"


class SheetRefused(DomainError):
    """A file that is not read at all."""

    status = 400
    code = "sheet_refused"
    message = "{reason}"

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason)


@dataclass(frozen=True)
class Line:
    """One row of the sheet: its number as a spreadsheet shows it, and its filled cells."""

    number: int
    cells: dict[str, str]
    faults: dict[str, str]


@dataclass(frozen=True)
class Sheet:
    """The headings that were used, and the rows that are not empty."""

    headings: list[str]
    lines: list[Line]


def read_sheet(data: bytes) -> Sheet:
    """The first sheet of a file. Raises SheetRefused with what to mend."""
    if len(data) > MOST_BYTES:
        raise SheetRefused(f"The file has more than {MOST_BYTES // 1000:,} kB.")
    rows: Sequence[tuple[int, Sequence[object]]]
    rows = _workbook(data) if data[:4] == b"PK\x03\x04" else _csv(data)
    if not rows:
        raise SheetRefused("The file is empty.")
    headings = _headings([str(cell) for cell in rows[0][1]])
    lines = [_line(number, headings, cells) for number, cells in rows[1:]]
    lines = [line for line in lines if line.cells or line.faults]
    if not lines:
        raise SheetRefused("There is no row below the headings.")
    if len(lines) > MOST_ROWS:
        raise SheetRefused(f"More than {MOST_ROWS} rows. Take them in several files.")
    return Sheet([heading for heading in headings if heading], lines)


def _workbook(data: bytes) -> Sequence[tuple[int, Sequence[object]]]:
    try:
        # One more than is taken, and the headings.
        return read_workbook(data, most_rows=MOST_ROWS + 2, most_columns=MOST_COLUMNS)
    except WorkbookRefused as refused:
        raise SheetRefused(str(refused)) from refused
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError) as damage:
        raise SheetRefused("The workbook is damaged or encrypted.") from damage


def _csv(data: bytes) -> Sequence[tuple[int, Sequence[object]]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        place = data[: wrong.start].count(b"\n") + 1
        said = f"Line {place} is not UTF-8. Save the file as CSV UTF-8, or as XLSX."
        raise SheetRefused(said) from wrong
    if "\0" in text:
        raise SheetRefused("The file holds zero bytes: it is neither CSV nor XLSX.")
    first = text.split("\n", 1)[0]
    separator = max(SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[tuple[int, Sequence[object]]] = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((reader.line_num, cells))
            if len(rows) > MOST_ROWS + 1:
                break
    except csv.Error as wrong:
        said = f"Line {reader.line_num} is not CSV: {wrong}."
        raise SheetRefused(said) from wrong
    if max((len(cells) for _, cells in rows), default=0) > MOST_COLUMNS:
        raise SheetRefused(f"More than {MOST_COLUMNS} columns.")
    return rows


def _headings(cells: Iterable[str]) -> list[str]:
    names = ["_".join(cell.strip().lower().replace("_", " ").split()) for cell in cells]
    while names and not names[-1]:
        names.pop()
    if not names or "" in names:
        raise SheetRefused("Every column needs a heading in the first row.")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SheetRefused(f"More than one column is called {', '.join(twice)[:200]}.")
    return names


def _line(number: int, headings: Sequence[str], cells: Sequence[object]) -> Line:
    found: dict[str, str] = {}
    faults: dict[str, str] = {}
    for place, cell in enumerate(cells):
        name = headings[place] if place < len(headings) else f"column {place + 1}"
        if isinstance(cell, CellRefused):
            faults[name] = cell.reason
            continue
        text = str(cell).strip()
        if not text:
            continue
        if fault := _fault(text, has_heading=place < len(headings)):
            faults[name] = fault
        else:
            found[name] = _as_written(text)
    return Line(number, found, faults)


def _fault(text: str, *, has_heading: bool) -> str:
    if not has_heading:
        return "There is no heading above this cell."
    if len(text) > LONGEST_CELL:
        return f"More than {LONGEST_CELL:,} characters."
    if text.startswith("="):
        return "This begins like a formula. Put its value there."
    return ""


def _as_written(text: str) -> str:
    """Without the apostrophe that our own exports put before what looks like a formula."""
    is_marked = text.startswith("'") and begins_like_a_formula(text[1:])
    return text[1:] if is_marked else text

"""
The first sheet of an XLSX file, read with bounds and nothing of it obeyed.

Document types are refused, formulas are refused cell by cell, and no part may unfold to more than
its share: the sizes that the archive states are not believed.
"""

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from xml.parsers import expat

MOST_PARTS = 200
MOST_PART_BYTES = 8_000_000
MOST_TEXTS = 100_000
MAX_DEPTH = 32
# Formats that spreadsheets number themselves and show as a date or a time.
_DATE_FORMATS = frozenset({*range(14, 23), *range(45, 48)})
_DATE_LETTERS = re.compile(r"[ymdhs]", re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
# Day 0 of a spreadsheet's calendar, which has a 29 February 1900 that never was.
_DAY_ZERO, _DAY_ZERO_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001 - no zone
_FIRST_REAL_DAY, _LAST_DAY = 61, 2_958_465
_DAYS_1904 = 1462
# More than any cell that is taken has.
_LONGEST_VALUE = 40_000


class WorkbookRefused(Exception):
    """The workbook is not read; the text says what to mend."""


class _Enough(Exception):
    """As many rows were read as are wanted."""


@dataclass(frozen=True)
class CellRefused:
    """A cell whose value is not taken, and why."""

    reason: str


Row = tuple[int, list[object]]
Start = Callable[[str, dict[str, str]], None]
End = Callable[[str, str], None]


def read_workbook(data: bytes, *, most_rows: int, most_columns: int) -> list[Row]:
    """The filled rows of the first sheet with their numbers. Raises WorkbookRefused."""
    with _opened(data) as archive:
        if len(archive.infolist()) > MOST_PARTS:
            raise WorkbookRefused("The workbook has too many parts.")
        path, is_1904 = _first_sheet(archive)
        texts = _shared_texts(archive)
        dates = _date_styles(archive)
        reader = _Rows(texts, dates, is_1904, most_rows, most_columns)
        with suppress(_Enough):
            _parse(_part(archive, path), reader.start, reader.end)
        return reader.rows


def _opened(data: bytes) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except ValueError as damage:
        # Such as the name of a part that is no text.
        raise WorkbookRefused("The workbook is damaged.") from damage


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        with archive.open(name) as part:
            data = part.read(MOST_PART_BYTES + 1)
    except KeyError:
        raise WorkbookRefused(f"The workbook lacks {name[:80]}.") from None
    except (OSError, EOFError, ValueError, zlib.error) as damage:
        raise WorkbookRefused("The workbook is damaged.") from damage
    if len(data) > MOST_PART_BYTES:
        raise WorkbookRefused("A part of the workbook is too large once it is unpacked.")
    return data


def _parse(data: bytes, start: Start, end: End) -> None:
    # As every spreadsheet writes it, whatever the part says of itself.
    parser = expat.ParserCreate("UTF-8", " ")
    depth: list[list[str]] = []

    def opened(name: str, attributes: dict[str, str]) -> None:
        if len(depth) >= MAX_DEPTH:
            raise WorkbookRefused("The workbook is nested too deeply.")
        depth.append([])
        start(name.rsplit(" ", 1)[-1], attributes)

    def closed(name: str) -> None:
        end(name.rsplit(" ", 1)[-1], "".join(depth.pop()))

    def said(text: str) -> None:
        if depth:
            depth[-1].append(text)

    def refused(*_: object) -> None:
        raise WorkbookRefused("The workbook has a document type.")

    parser.StartElementHandler = opened
    parser.EndElementHandler = closed
    parser.CharacterDataHandler = said
    parser.StartDoctypeDeclHandler = refused
    try:
        parser.Parse(data, True)
    except expat.ExpatError as wrong:
        raise WorkbookRefused("The workbook is damaged.") from wrong


def _attribute(attributes: dict[str, str], name: str) -> str:
    """By its local name: the prefixes are the writer's choice."""
    return next((v for k, v in attributes.items() if k.rsplit(" ", 1)[-1] == name), "")


def _first_sheet(archive: zipfile.ZipFile) -> tuple[str, bool]:
    sheets: list[str] = []
    paths: dict[str, str] = {}
    flags = {"1904": False}

    def book(tag: str, attributes: dict[str, str]) -> None:
        if tag == "sheet":
            named = [v for k, v in attributes.items() if k.endswith(" id")]
            sheets.append(named[0] if named else "")
        elif tag == "workbookPr":
            flags["1904"] = _attribute(attributes, "date1904") in ("1", "true")

    def relation(tag: str, attributes: dict[str, str]) -> None:
        if tag == "Relationship":
            paths[_attribute(attributes, "Id")] = _attribute(attributes, "Target")

    _parse(_part(archive, "xl/workbook.xml"), book, _nothing)
    _parse(_part(archive, "xl/_rels/workbook.xml.rels"), relation, _nothing)
    target = paths.get(sheets[0], "") if sheets else ""
    if not target:
        raise WorkbookRefused("The workbook has no sheet.")
    path = target.lstrip("/") if target.startswith("/") else posixpath.join("xl", target)
    return posixpath.normpath(path), flags["1904"]


def _nothing(_tag: str, _text: str) -> None:
    return


def _shared_texts(archive: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    texts: list[str] = []
    runs: list[str] = []

    def start(tag: str, _attributes: dict[str, str]) -> None:
        if tag == "si":
            if len(texts) >= MOST_TEXTS:
                raise WorkbookRefused("The workbook holds too many texts.")
            runs.clear()

    def end(tag: str, text: str) -> None:
        if tag == "t":
            runs.append(text)
        elif tag == "si":
            texts.append("".join(runs))

    _parse(_part(archive, "xl/sharedStrings.xml"), start, end)
    return texts


def _date_styles(archive: zipfile.ZipFile) -> set[int]:
    """The places of the cell styles that show a number as a date or a time."""
    if "xl/styles.xml" not in archive.namelist():
        return set()
    found = _Styles()
    _parse(_part(archive, "xl/styles.xml"), found.start, found.end)
    dated = found.own | {str(number) for number in _DATE_FORMATS}
    return {place for place, number in enumerate(found.styles) if number in dated}


class _Styles:
    """Collects the number formats of cells."""

    def __init__(self) -> None:
        self.own: set[str] = set()
        self.styles: list[str] = []
        self._is_inside = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """A format of its own, or the style of cells."""
        number = _attribute(attributes, "numFmtId")
        if tag == "cellXfs":
            self._is_inside = True
        elif tag == "numFmt" and _is_date_format(_attribute(attributes, "formatCode")):
            self.own.add(number)
        elif tag == "xf" and self._is_inside:
            self.styles.append(number)

    def end(self, tag: str, _text: str) -> None:
        """The end of the cells' styles."""
        if tag == "cellXfs":
            self._is_inside = False


def _is_date_format(code: str) -> bool:
    return bool(_DATE_LETTERS.search(_QUOTED.sub("", code)))


class _Rows:
    """Collects the rows of one sheet as its elements come."""

    def __init__(
        self, texts: list[str], dates: set[int], is_1904: bool, most_rows: int, most_columns: int
    ) -> None:
        self.rows: list[Row] = []
        self._texts, self._dates, self._is_1904 = texts, dates, is_1904
        self._most_rows, self._most_columns = most_rows, most_columns
        self._number = 0
        self._cells: list[object] = []
        self._cell: dict[str, str] = {}
        self._values: list[str] = []
        self._length, self._has_formula, self._in_cell = 0, False, False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """The beginning of a row or a cell."""
        if tag == "row":
            given = attributes.get("r", "")
            self._number = int(given) if given.isdecimal() and len(given) < 8 else self._number + 1
            self._cells = []
        elif tag == "c":
            self._cell, self._values, self._length = attributes, [], 0
            self._has_formula, self._in_cell = False, True
        elif tag == "f" and self._in_cell:
            self._has_formula = True

    def end(self, tag: str, text: str) -> None:
        """The end of a value, a cell or a row."""
        if tag in ("v", "t") and self._in_cell:
            self._values.append(text)
            self._length += len(text)
            if self._length > _LONGEST_VALUE:
                raise WorkbookRefused(f"A cell has more than {_LONGEST_VALUE:,} characters.")
        elif tag == "c":
            self._in_cell = False
            self._put()
        elif tag == "row" and any(self._cells):
            self.rows.append((self._number, self._cells))
            if len(self.rows) >= self._most_rows:
                raise _Enough

    def _put(self) -> None:
        place = _PLACE.fullmatch(self._cell.get("r", ""))
        column = _column(place[1]) if place else len(self._cells)
        if column >= self._most_columns:
            if self._length or self._has_formula:
                raise WorkbookRefused(f"More than {self._most_columns} columns.")
            return
        self._cells += [""] * (column + 1 - len(self._cells))
        self._cells[column] = self._read()

    def _read(self) -> object:
        kind, value = self._cell.get("t", "n"), "".join(self._values)
        if self._has_formula:
            return CellRefused("This is a formula. Put its value there.")
        if kind == "e":
            return CellRefused(f"The spreadsheet shows an error here: {value[:20]}.")
        if kind == "s":
            is_place = value.isdecimal() and len(value) < 8 and int(value) < len(self._texts)
            return self._texts[int(value)] if is_place else CellRefused("The text is missing.")
        if kind == "b":
            return "true" if value == "1" else "false"
        return value if kind in ("inlineStr", "str", "d") or not value else self._numeric(value)

    def _numeric(self, value: str) -> object:
        try:
            number = Decimal(value) if len(value) < 40 else Decimal("NaN")
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or abs(number.adjusted()) > 30:
            return CellRefused("This is no number.")
        style = self._cell.get("s", "0")
        if style.isdecimal() and len(style) < 6 and int(style) in self._dates:
            return _moment(number, is_1904=self._is_1904)
        return f"{_rounded(number):f}"


def _rounded(number: Decimal) -> Decimal:
    """Without the tail that binary numbers have: 0.1 is stored as 0.1000000000000000055."""
    short = Decimal(f"{number:.15g}")
    return short.quantize(Decimal(1)) if short == short.to_integral_value() else short.normalize()


def _column(letters: str) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1


def _moment(number: Decimal, *, is_1904: bool) -> object:
    first = 0 if is_1904 else _FIRST_REAL_DAY
    if not first <= number <= _LAST_DAY - (_DAYS_1904 if is_1904 else 0):
        return CellRefused("This is no date after February 1900.")
    seconds = round(number * 86_400)
    moment = (_DAY_ZERO_1904 if is_1904 else _DAY_ZERO) + timedelta(seconds=seconds)
    return _day(moment) if seconds % 86_400 == 0 else moment.isoformat()


def _day(moment: datetime) -> str:
    return date(moment.year, moment.month, moment.day).isoformat()

"""
CASA's open files: the aircraft register (acrftreg.csv) and the list of airworthiness directives.

Pure: text in, checked rows out. The directives come as combinedadweb.json, or as adweb.csv, which
leaves the names of the series out. Columns are found by their names, in any order; unknown ones are
passed over. Days of the register are DD/MM/YYYY, of the directives YYYY-MM-DD; masses are kg.
"""

import csv
import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from msgspec import Struct

REGISTER_COLUMNS = (
    "Mark", "Serial", "MTOW", "Regexpirydate", "suspendstatus", "suspenddate", "ICAOtypedesig",
)  # fmt: skip
DIRECTIVE_COLUMNS = (
    "ID", "ADNUMBER", "ADName", "FOLDERNAME", "GROUPTITLE", "Authority", "Status",
    "EffectiveDate", "PublishedDate",
)  # fmt: skip
STATUSES = ("active", "urgent", "cancelled")
UNKNOWN = "unknown"
TEXTS = {
    "number": "adnumber", "name": "adname", "issue": "adissuenumber", "file": "adfile",
    "group": "grouptitle", "authority": "authority", "series_name": "seriesname",
    "series_number": "seriesnumber",
}  # fmt: skip
LONGEST = {
    "number": 80, "name": 400, "issue": 40, "file": 120, "series": 40, "series_name": 120,
    "series_number": 60, "group": 20, "authority": 40,
}  # fmt: skip
HIGHEST_ID = 2_000_000_000
NATIONALITY = "VH"
# JSON can write both; no database takes them.
NO_TEXT = re.compile("[\\x00\\ud800-\\udfff]")


class NotSuchAFile(ValueError):
    """The file is another one, or broken; `line` is where that shows."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line, self.reason = line, reason


class RegisterRow(Struct, frozen=True):
    """What the register says of one mark; None and "" where it says nothing."""

    line: int
    mark: str
    serial: str
    mtow_kg: Decimal | None
    designator: str
    suspension: str
    expires_on: date | None


class DirectiveRow(Struct, frozen=True):
    """
    One directive of the list; the names of its series are None where the file has none.

    `doubts` say what of it could not be read. Its status is then `unknown` where that is one of
    them: whoever reads on must take it to be in force.
    """

    line: int
    source_id: int
    number: str
    name: str
    issue: str
    file: str
    series: str
    group: str
    authority: str
    status: str
    effective_on: date | None
    published_on: date | None
    series_name: str | None
    series_number: str | None
    doubts: tuple[str, ...] = ()


class RejectedDirective(Struct, frozen=True):
    """A row that was left out: its line (or record of the JSON), its ID where it has one, why."""

    line: int
    source_id: int | None
    reason: str


def decoded(body: bytes) -> str:
    """The text of a file in UTF-8, with or without byte-order mark. Raises NotSuchAFile."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise NotSuchAFile(line, "not written in UTF-8") from error
    if "\x00" in text:
        raise NotSuchAFile(text.count("\n", 0, text.index("\x00")) + 1, "not a text file")
    return text


def full_mark(tail_number: str) -> str:
    """An Australian mark as the register has it: a fleet may leave its hyphen out."""
    return f"{NATIONALITY}-{tail_number.upper().removeprefix(NATIONALITY).removeprefix('-')}"


def read_register(text: str) -> dict[str, RegisterRow]:
    """The register by full mark, such as VH-ABC. Raises NotSuchAFile with the line."""
    found: dict[str, RegisterRow] = {}
    for line, record in _records(text, REGISTER_COLUMNS):
        letters = record["mark"].upper().removeprefix(f"{NATIONALITY}-")
        if not letters:
            raise NotSuchAFile(line, "no mark")
        mark = f"{NATIONALITY}-{letters}"
        if mark in found:
            raise NotSuchAFile(line, f"{letters} occurs twice")
        found[mark] = RegisterRow(
            line=line,
            mark=mark,
            serial=" ".join(record["serial"].upper().split()),
            mtow_kg=_kilograms(record["mtow"], line),
            designator=record["icaotypedesig"].upper(),
            suspension=" ".join((record["suspendstatus"], record["suspenddate"])).strip(),
            expires_on=_register_day(record["regexpirydate"], line),
        )
    if not found:
        raise NotSuchAFile(1, "no rows")
    return found


def read_directives(text: str) -> Iterator[DirectiveRow | RejectedDirective]:
    """The rows of the list, as JSON or CSV. Raises NotSuchAFile with the line."""
    is_json = text.lstrip()[:1] in ("{", "[")
    seen: set[int] = set()
    for line, record in _json_records(text) if is_json else _records(text, DIRECTIVE_COLUMNS):
        key = _source_id(record.get("id", ""))
        try:
            if key is None:
                raise ValueError("no ID")
            if key in seen:
                raise ValueError(f"the ID {key} occurred before")
            row = _directive(key, line, record)
        except ValueError as error:
            yield RejectedDirective(line, key, str(error))
            continue
        seen.add(key)
        yield row


def _records(text: str, wanted: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    names: list[str] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not names:
                names = _header(cells, wanted, reader.line_num)
                continue
            if len(cells) != len(names):
                reason = f"{len(cells)} cells where the header has {len(names)}"
                raise NotSuchAFile(reader.line_num, reason)
            values = (cell.strip() for cell in cells)
            yield reader.line_num, dict(zip(names, values, strict=True))
    except csv.Error as error:
        raise NotSuchAFile(reader.line_num, str(error)) from error
    if not names:
        raise NotSuchAFile(1, "empty")


def _header(cells: list[str], wanted: tuple[str, ...], line: int) -> list[str]:
    names = [cell.strip().casefold() for cell in cells]
    missing = [name for name in wanted if name.casefold() not in names]
    if missing:
        raise NotSuchAFile(line, f"no column {', '.join(missing)}")
    twice = [name for name in wanted if names.count(name.casefold()) > 1]
    if twice:
        raise NotSuchAFile(line, f"column {', '.join(twice)} twice")
    return names


def _json_records(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise NotSuchAFile(error.lineno, error.msg) from error
    except ValueError as error:
        raise NotSuchAFile(1, "a number that is too long") from error
    except RecursionError as error:
        raise NotSuchAFile(1, "nested too deeply") from error
    rows = document.get("DATA") if isinstance(document, dict) else None
    if not isinstance(rows, list) or not rows:
        raise NotSuchAFile(1, "no list DATA")
    for place, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise NotSuchAFile(1, f"record {place} is no object")
        yield place, {name.casefold(): _text(value) for name, value in row.items()}


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _directive(key: int, line: int, record: Mapping[str, str]) -> DirectiveRow:
    series = record.get("foldername", "").upper()
    for name, value in (("number", record.get("adnumber")), ("series", series)):
        if not value:
            raise ValueError(f"no {name}")
    if len(series) > LONGEST["series"] or NO_TEXT.search(series):
        raise ValueError("the series is none")
    doubts: list[str] = []
    texts = {name: _text_of(name, record.get(column), doubts) for name, column in TEXTS.items()}
    if not texts["authority"]:
        doubts.append("no authority")
    status = record.get("status", "").casefold()
    if status not in STATUSES:
        doubts.append(f"status {status[:20]!r} is not known")
        status = UNKNOWN
    days = [_day(record.get(name, ""), doubts) for name in ("effectivedate", "publisheddate")]
    return DirectiveRow(
        line=line,
        source_id=key,
        number=texts["number"] or "",
        name=texts["name"] or "",
        issue=texts["issue"] or "",
        file=texts["file"] or "",
        series=series,
        group=texts["group"] or "",
        authority=(texts["authority"] or "").upper(),
        status=status,
        effective_on=days[0],
        published_on=days[1],
        series_name=texts["series_name"],
        series_number=texts["series_number"],
        doubts=tuple(doubts),
    )


def _text_of(name: str, value: str | None, doubts: list[str]) -> str | None:
    """What the database takes of a text, with a word on what it does not take."""
    if value is None:
        return None
    said = NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", value)
    if said != value:
        doubts.append(f"the {name} has characters that are none")
    if len(said) > LONGEST[name]:
        doubts.append(f"the {name} is longer than {LONGEST[name]} characters")
    return said[: LONGEST[name]]


def _source_id(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) <= 10
    return int(text) if is_number and 0 < int(text) <= HIGHEST_ID else None


def _day(text: str, doubts: list[str]) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        doubts.append(f"{text[:20]!r} is no day")
        return None


def _register_day(text: str, line: int) -> date | None:
    if not text:
        return None
    try:
        return datetime.strptime(text, "%d/%m/%Y").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise NotSuchAFile(line, f"{text[:20]!r} is no day as DD/MM/YYYY") from None


def _kilograms(text: str, line: int) -> Decimal | None:
    if not text:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or not 0 <= value < 10_000_000:
        raise NotSuchAFile(line, f"{text[:20]!r} is no mass")
    return value

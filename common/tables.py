"""
Tables as CSV and as XLSX that no spreadsheet takes for formulas.

A text that begins like a formula is led by an apostrophe in CSV and is a string cell in XLSX;
amounts are numbers in both. In CSV that is so of each part of a text, too, between the marks at
which spreadsheets split a line where lists have another separator.
"""

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import xlsxwriter

# Also what a spreadsheet takes off in front of a formula, and the full-width forms.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# Where lists have another separator, quotes hold only the first cell: others are split at these.
SEPARATORS = re.compile(r"([;|\t\r\n])")
CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WIDTH = 18


@dataclass(frozen=True)
class Table:
    """A report as columns (key, heading) and rows."""

    name: str
    columns: Sequence[tuple[str, str]]
    rows: Iterable[Mapping[str, Any]]


def as_csv(table: Table) -> bytes:
    """The table as CSV in UTF-8 with a byte order mark, for spreadsheets that guess."""
    return b"".join(csv_lines(table))


def csv_lines(table: Table) -> Iterator[bytes]:
    """The same CSV line by line, as its rows are read."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")

    def written(cells: Iterable[Any]) -> bytes:
        out.seek(0)
        out.truncate()
        writer.writerow(cells)
        return out.getvalue().encode()

    yield codecs.BOM_UTF8 + written(safe_text(heading) for _, heading in table.columns)
    for row in table.rows:
        yield written(safe_text(row[key]) for key, _ in table.columns)


def as_xlsx(table: Table) -> bytes:
    """The table as a workbook of one sheet, written row by row."""
    out = io.BytesIO()
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
    }
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet(table.name[:31])
        bold = book.add_format({"bold": True})
        money = book.add_format({"num_format": "#,##0.00"})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.set_column(0, max(len(table.columns) - 1, 0), WIDTH)
        sheet.freeze_panes(1, 0)
        for column, (_, heading) in enumerate(table.columns):
            sheet.write_string(0, column, heading, bold)
        for line, row in enumerate(table.rows, start=1):
            for column, (key, _) in enumerate(table.columns):
                _write(sheet, (line, column), row[key], money, day)
    return out.getvalue()


def safe_text(value: Any) -> str:
    """A cell of CSV: numbers as they are, texts led by an apostrophe where one is needed."""
    if value is None:
        return ""
    if isinstance(value, (Decimal, int)) and not isinstance(value, bool):
        return str(value)
    text = value.isoformat() if isinstance(value, (date, datetime)) else str(value)
    first, *parts = SEPARATORS.split(text)
    for mark, part in zip(parts[::2], parts[1::2], strict=True):
        first += f"{mark}'{part}" if begins_like_a_formula(part) else mark + part
    return f"'{first}" if begins_like_a_formula(first) else first


def begins_like_a_formula(text: str) -> bool:
    """Whether a spreadsheet may take a text for one, also behind letters that nobody sees."""
    for letter in text:
        if letter in FORMULA_STARTS:
            return True
        # Spaces, controls and marks without width: readers take off different ones of them.
        if unicodedata.category(letter)[0] not in "ZC":
            return False
    return False


def _write(sheet: Any, cell: tuple[int, int], value: Any, money: Any, day: Any) -> None:
    if value is None:
        return
    if isinstance(value, Decimal):
        sheet.write_number(*cell, value, money)
    elif isinstance(value, int) and not isinstance(value, bool):
        sheet.write_number(*cell, value)
    elif isinstance(value, date) and not isinstance(value, datetime):
        sheet.write_datetime(*cell, value, day)
    else:
        text = value.isoformat() if isinstance(value, datetime) else str(value)
        sheet.write_string(*cell, text)

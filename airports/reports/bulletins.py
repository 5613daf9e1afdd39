"""Bulletins: many reports in one text, as centers send them and people paste them."""

import re
from collections.abc import Iterator

from msgspec import Struct

from airports.reports.headers import KINDS, STATION

_HEADING = re.compile(r"[A-Z]{4}\d{2} [A-Z]{4} \d{6}( [A-Z]{3})?")
_SEQUENCE = re.compile(r"\d{3}")
_PRODUCT = re.compile(r"(TAF|MTR)[A-Z]{3}")
_KIND_LINE = re.compile(r"(METAR|SPECI|TAF)( (AMD|COR))?")
_BEGINS = re.compile(rf"(?:(?:METAR|SPECI|TAF)\b|{STATION.pattern} (?:TAF )?\d{{6}}Z?\b)")


class BulletinReport(Struct, frozen=True):
    """One report of a bulletin, on one line, with the number of the line it begins on."""

    kind: str
    raw: str
    line_number: int


def split_bulletin(text: str) -> Iterator[BulletinReport]:
    """
    Cut a bulletin into reports.

    Headings are dropped; a kind on a line of its own holds for what follows. A report ends at an
    equals sign, or where the next one begins.
    """
    kind, prefix = "", ""
    lines: list[str] = []
    started = 0
    for number, line in enumerate(_printable_lines(text), start=1):
        if not line or _is_heading(line):
            continue
        alone = _KIND_LINE.fullmatch(line)
        if alone or (lines and _BEGINS.match(line) and not lines[-1].endswith(("TAF", "AMD"))):
            yield from _report(kind, prefix, lines, started)
            lines = []
        if alone:
            kind, prefix = alone[1], line
            continue
        if not lines:
            started = number
        lines.append(line.split("=", 1)[0])
        if "=" in line:
            yield from _report(kind, prefix, lines, started)
            lines = []
    yield from _report(kind, prefix, lines, started)


def _printable_lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield " ".join("".join(c if c.isprintable() else " " for c in line).split())


def _is_heading(line: str) -> bool:
    return any(pattern.fullmatch(line) for pattern in (_HEADING, _SEQUENCE, _PRODUCT))


def _report(kind: str, prefix: str, lines: list[str], number: int) -> Iterator[BulletinReport]:
    text = " ".join(lines).strip()
    if not text:
        return
    first = text.split(" ", 1)[0]
    if first in KINDS:
        yield BulletinReport(first, text, number)
    else:
        yield BulletinReport(kind or "METAR", f"{prefix or 'METAR'} {text}", number)

"""OpenAir airspace files. aerofiles reads the lines; what they mean together is read here."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from aerofiles.openair.reader import LowLevelReader
from msgspec import Struct

from airports.airspace_files.altitudes import read_ceiling, read_floor
from airports.airspace_files.parsed import (
    FOREVER,
    ParsedAirspace,
    Position,
    RejectedFeature,
    Ring,
    UnknownFormat,
)
from airports.airspace_files.shapes import arc, arc_between, circle
from common.units import NM_M

KINDS = {
    **{letter: letter for letter in "ABCDEFGPRQM"},
    "CTR": "CTR",
    "TMA": "TMA",
    "RMZ": "RMZ",
    "TMZ": "TMZ",
    "MATZ": "CTR",
    "ATZ": "CTR",
    "DANGER": "Q",
    "MOA": "M",
}
_STATUS = re.compile(r"\bRA[123]\b")
# Lines that say nothing about where and how high: radio, colors, labels, transponder codes.
_IGNORED = frozenset(
    {"AF", "AG", "AI", "AR", "AT", "AX", "AW", "SP", "SB", "TO", "TC", "TB", "TS", "V", "DY"}
)
LONGEST_NAME = 200
FEWEST_POSITIONS = 3


class _Draft(Struct):
    """An airspace while its lines are read."""

    line: int
    kind: str = ""
    type: str = ""
    name: str = ""
    floor: str | None = None
    ceiling: str | None = None
    ring: Ring = []
    circles: list[Ring] = []
    center: Position | None = None
    is_clockwise: bool = True
    windows: list[list[str]] = []
    activity_text: list[str] = []
    fault: str = ""


def read_openair(lines: Iterable[str]) -> Iterator[ParsedAirspace | RejectedFeature]:
    """
    Read an OpenAir file. A faulty airspace is rejected with the number of the line at fault.

    Raises UnknownFormat when there is no airspace in it at all.
    """
    texts = [line.replace("\x00", " ") for line in lines]
    draft: _Draft | None = None
    for record, fault in LowLevelReader(texts):
        number = record["lineno"] if record else fault.lineno
        text = texts[number - 1].strip()
        if (record["type"] if record else text[:2]) == "AC":
            if draft is not None:
                yield _finished(draft)
            draft = _Draft(line=number)
        if draft is not None and not draft.fault:
            draft.fault = _read_line(draft, record, number, text)
    if draft is None:
        raise UnknownFormat("There is no AC line: this is not an OpenAir file.")
    yield _finished(draft)


def _read_line(draft: _Draft, record: dict[str, Any] | None, number: int, text: str) -> str:
    """Take one line into the draft; returns what is wrong with it, if anything."""
    if record is None:
        is_ignored = text.split(maxsplit=1)[0] in _IGNORED and not text.startswith("V X")
        return "" if is_ignored else f"line {number} cannot be read: {text[:60]!r}"
    try:
        _take(draft, record)
    except (ValueError, TypeError, IndexError) as error:
        return f"line {number}: {error}"
    return ""


def _take(draft: _Draft, record: dict[str, Any]) -> None:
    tag, value = record["type"], record.get("value")
    if tag in ("AC", "AY"):
        setattr(draft, "kind" if tag == "AC" else "type", (value or "").strip().upper())
    elif tag == "AN":
        draft.name = (value or "").strip()
    elif tag in ("AL", "AH"):
        _take_limit(draft, "floor" if tag == "AL" else "ceiling", value or "")
    elif tag == "AA":
        _take_activation(draft, record)
    elif tag == "V":
        _take_variable(draft, record)
    elif tag in ("DP", "DA", "DB", "DC"):
        _take_shape(draft, tag, record)


def _take_limit(draft: _Draft, side: str, text: str) -> None:
    if getattr(draft, side) is not None:
        raise ValueError(f"the {side} is given twice")
    setattr(draft, side, text.strip())


def _take_activation(draft: _Draft, record: dict[str, Any]) -> None:
    start, end = record.get("start"), record.get("end")
    if start is None and end is None:
        draft.activity_text = [*draft.activity_text, str(record.get("value", "NONE"))]
        return
    bounds = [
        FOREVER[i] if moment is None else moment.isoformat()
        for i, moment in enumerate((start, end))
    ]
    draft.windows = [*draft.windows, bounds]


def _take_variable(draft: _Draft, record: dict[str, Any]) -> None:
    if record["name"] == "X":
        draft.center = _position(record["value"])
    elif record["name"] == "D":
        draft.is_clockwise = bool(record["value"])


def _take_shape(draft: _Draft, tag: str, record: dict[str, Any]) -> None:
    if tag == "DP":
        draft.ring = [*draft.ring, _position(record["value"])]
        return
    if draft.center is None:
        raise ValueError("no center (V X=) before an arc or circle")
    if tag == "DC":
        draft.circles = [*draft.circles, circle(draft.center, record["value"] * NM_M)]
        return
    if tag == "DA":
        curve = arc(
            draft.center,
            record["radius"] * NM_M,
            record["start"],
            record["end"],
            is_clockwise=draft.is_clockwise,
        )
    else:
        curve = arc_between(
            draft.center,
            _position(record["start"]),
            _position(record["end"]),
            is_clockwise=draft.is_clockwise,
        )
    draft.ring = [*draft.ring, *curve]


def _position(latlon: list[float]) -> Position:
    lat, lon = latlon
    if abs(lat) > 90 or abs(lon) > 180:
        raise ValueError(f"{lat:.4f} {lon:.4f} is not on Earth")
    return lon, lat


def _finished(draft: _Draft) -> ParsedAirspace | RejectedFeature:
    ref = f"line {draft.line}"
    fault = draft.fault or _fault(draft)
    if fault:
        return RejectedFeature(ref, draft.name[:LONGEST_NAME], fault)
    floor, ceiling = read_floor(draft.floor or ""), read_ceiling(draft.ceiling or "")
    status = _STATUS.search(draft.name.upper())
    polygons = [[ring] for ring in draft.circles]
    if draft.ring:
        polygons.append([draft.ring])
    return ParsedAirspace(
        ref=ref,
        name=draft.name[:LONGEST_NAME],
        kind=KINDS.get(draft.type) or KINDS.get(draft.kind, "OTHER"),
        published_kind=" ".join(part for part in (draft.kind, draft.type) if part)[:40],
        restricted_status=status[0] if status else "",
        polygons=polygons,
        floor=floor,
        ceiling=ceiling,
        activity=_activity(draft, floor.is_by_notam or ceiling.is_by_notam),
        activity_windows=draft.windows,
        activity_text="; ".join(draft.activity_text),
        notes=[
            f"{side} {limit.text!r} cannot be read: counted as {limit.limit.datum}"
            for side, limit in (("floor", floor), ("ceiling", ceiling))
            if not limit.is_readable
        ],
    )


def _fault(draft: _Draft) -> str:
    if not draft.name:
        return f"line {draft.line}: the airspace has no name (AN)"
    if draft.floor is None or draft.ceiling is None:
        return f"line {draft.line}: no {'floor (AL)' if draft.floor is None else 'ceiling (AH)'}"
    if not draft.circles and len(set(draft.ring)) < FEWEST_POSITIONS:
        return f"line {draft.line}: fewer than three different positions"
    return ""


def _activity(draft: _Draft, is_by_notam: bool) -> str:
    if is_by_notam or draft.activity_text:
        return "notam"
    return "windows" if draft.windows else "always"

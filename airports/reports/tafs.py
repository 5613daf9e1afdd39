"""TAF: a forecast for an aerodrome, decoded into groups with absolute times."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from airports.reports.conditions import Conditions, merged
from airports.reports.decoding import decode_groups
from airports.reports.headers import ReportError, nearest, read_head

_PERIOD = re.compile(r"(\d{2})(\d{2})/(\d{2})(\d{2})")
_FROM = re.compile(r"FM(\d{2})(\d{2})(\d{2})Z?")
_PROBABILITY = re.compile(r"PROB(\d{2})")
_CHANGES = frozenset({"BECMG", "TEMPO", "INTER"})
# What ends the forecast: remarks, and the notes an office puts behind it.
_END = frozenset({"RMK", "RMKS", "AMD", "NXT", "LAST", "FN"})
_VOID = frozenset({"CNL", "NIL"})
PREVAILING = frozenset({"INITIAL", "FM", "BECMG"})


class TafGroup(Struct, frozen=True, kw_only=True):
    """
    One part of a forecast with the time it speaks of, in UTC.

    A prevailing part (INITIAL, FM, BECMG) holds everything that prevails then, with what it left
    unsaid taken from the part before. While a BECMG is under way both the old and the new part
    apply. TEMPO, INTER and PROB hold only what they name.
    """

    kind: str
    probability: int | None = None
    valid_from: datetime
    valid_until: datetime
    conditions: Conditions
    raw: str

    @property
    def is_prevailing(self) -> bool:
        return self.kind in PREVAILING and self.probability is None


class DecodedTaf(Struct, frozen=True, kw_only=True):
    """A forecast: who, when, for which time, its groups, and what could not be decoded."""

    station: str
    issued_at: datetime | None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    is_amended: bool = False
    is_corrected: bool = False
    is_cancelled: bool = False
    groups: tuple[TafGroup, ...] = ()
    undecoded: tuple[str, ...] = ()


class _Part(Struct):
    """A forecast group as text: its kind, its time groups, and the rest."""

    kind: str
    probability: int | None
    period: tuple[datetime, datetime | None] | None
    groups: list[str]
    raw: list[str]


def decode_taf(raw: str, *, reference: datetime) -> DecodedTaf:
    """
    Decode a forecast; `reference` is a moment near its issue, for the month and year.

    Raises ReportError for text without a station. A forecast without a readable period keeps its
    raw text and says so in `undecoded`: nothing is guessed.
    """
    head = read_head(raw, default_kind="TAF", reference=reference)
    if head.kind != "TAF":
        raise ReportError("This is an observation, not a TAF.")
    period, rest = _leading_period(head.rest, reference=head.issued_at or reference)
    taf = DecodedTaf(
        station=head.station,
        issued_at=head.issued_at or (period[0] if period else None),
        is_amended=head.is_amended,
        is_corrected=head.is_corrected,
        is_cancelled=bool(_VOID & set(head.rest)),
    )
    if period is None:
        return replace(taf, undecoded=() if taf.is_cancelled else ("period", *rest))
    taf = replace(taf, valid_from=period[0], valid_until=period[1])
    if taf.is_cancelled:
        return taf
    parts, undecoded = _parts(rest, start=period[0])
    groups, more = _resolved(head.station, parts, period)
    return replace(taf, groups=groups, undecoded=(*undecoded, *more))


def _leading_period(
    groups: tuple[str, ...], *, reference: datetime
) -> tuple[tuple[datetime, datetime] | None, tuple[str, ...]]:
    if not groups:
        return None, ()
    return _period(groups[0], reference=reference), groups[1:]


def _period(group: str, *, reference: datetime) -> tuple[datetime, datetime] | None:
    match = _PERIOD.fullmatch(group)
    if match is None:
        return None
    day, hour, until_day, until_hour = (int(part) for part in match.groups())
    start = nearest(day=day, hour=hour, reference=reference)
    if start is None:
        return None
    end = nearest(day=until_day, hour=until_hour, reference=start + timedelta(hours=12))
    return (start, end) if end is not None and end > start else None


def _parts(groups: Sequence[str], *, start: datetime) -> tuple[list[_Part], list[str]]:
    """Cut the forecast where a change begins. A change without a readable time is undecoded."""
    parts = [_Part("INITIAL", None, (start, None), [], [])]
    for group in groups:
        if group in _END:
            break
        opened = _opened(group, parts[-1], start=start)
        if opened is not None:
            parts.append(opened)
            continue
        part = parts[-1]
        part.raw.append(group)
        if part.period is None and _PERIOD.fullmatch(group):
            part.period = _period(group, reference=start + timedelta(hours=12))
        elif group in _CHANGES and part.kind == "PROB" and not part.groups:
            part.kind = group
        else:
            part.groups.append(group)
    readable = [part for part in parts if part.period is not None]
    return readable, [" ".join(part.raw) for part in parts if part.period is None]


def _opened(group: str, current: _Part, *, start: datetime) -> _Part | None:
    """Begin a new part when the group says so."""
    begins = _FROM.fullmatch(group)
    if begins:
        day, hour, minute = (int(part) for part in begins.groups())
        moment = nearest(day=day, hour=hour, minute=minute, reference=start + timedelta(hours=12))
        return _Part("FM", None, None if moment is None else (moment, None), [], [group])
    probable = _PROBABILITY.fullmatch(group)
    if probable:
        return _Part("PROB", int(probable[1]), None, [], [group])
    if group in _CHANGES and not (current.kind == "PROB" and current.period is None):
        return _Part(group, None, None, [], [group])
    return None


def _resolved(
    station: str, parts: Sequence[_Part], period: tuple[datetime, datetime]
) -> tuple[tuple[TafGroup, ...], list[str]]:
    """Give each part conditions and an end: a prevailing one lasts until the next took over."""
    resolved: list[TafGroup] = []
    undecoded: list[str] = []
    prevailing: int | None = None
    for part in parts:
        decoded = decode_groups(station, part.groups)
        undecoded.extend(decoded.undecoded)
        begins, ends = part.period or period
        group = TafGroup(
            kind=part.kind,
            probability=part.probability,
            valid_from=begins,
            valid_until=ends or period[1],
            conditions=decoded.conditions,
            raw=" ".join(part.raw),
        )
        if group.is_prevailing:
            if prevailing is not None:
                before = resolved[prevailing]
                group = _taking_over(group, before, until=period[1])
                resolved[prevailing] = replace(before, valid_until=ends or begins)
            prevailing = len(resolved)
        resolved.append(group)
    return tuple(resolved), undecoded


def _taking_over(group: TafGroup, before: TafGroup, *, until: datetime) -> TafGroup:
    if group.kind != "BECMG":
        return group
    return replace(group, valid_until=until, conditions=merged(before.conditions, group.conditions))

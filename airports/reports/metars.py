"""METAR and SPECI: a station's observation, decoded."""

import re
from datetime import datetime

from msgspec import Struct

from airports.reports.conditions import Conditions
from airports.reports.decoding import decode_groups
from airports.reports.headers import CORRECTIONS, ReportError, read_head

# From here on a report speaks of the next two hours or aside; the observation is over.
_TREND = frozenset({"TEMPO", "BECMG", "INTER", "NOSIG", "FCST", "PROB30", "PROB40"})
_TREND_FROM = re.compile(r"(FM|TL|AT)\d{4,6}")
_REMARKS = frozenset({"RMK", "RMKS", "RMKS:", "REMARKS", "NOSPECI", "INFO", "INFO:"})
_FLAGS = frozenset({"AUTO", "NIL", "TEST", "FINO", "RTD"}) | CORRECTIONS
_EXACT_TEMPERATURE = re.compile(r"T([01])(\d{3})(?:([01])(\d{3}))?")


class DecodedMetar(Struct, frozen=True, kw_only=True):
    """An observation: who, when, the conditions, and what of it could not be decoded."""

    kind: str
    station: str
    issued_at: datetime | None
    conditions: Conditions
    temperature_c: float | None = None
    dewpoint_c: float | None = None
    qnh_hpa: float | None = None
    is_auto: bool = False
    is_corrected: bool = False
    is_nil: bool = False
    needs_service: bool = False
    trend: str = ""
    remarks: str = ""
    undecoded: tuple[str, ...] = ()


def decode_metar(raw: str, *, reference: datetime, kind: str = "METAR") -> DecodedMetar:
    """
    Decode an observation; `reference` is a moment near it, for the month and year.

    Raises ReportError for text without a station. Anything else is decoded as far as it goes.
    """
    head = read_head(raw, default_kind=kind, reference=reference)
    if head.kind == "TAF":
        raise ReportError("This is a TAF, not a METAR.")
    body, trend, remarks = _parts(head.rest)
    decoded = decode_groups(head.station, [group for group in body if group not in _FLAGS])
    temperature_c, dewpoint_c = _exact_temperatures(remarks)
    missing_time = () if head.issued_at else ("time",)
    return DecodedMetar(
        kind=head.kind,
        station=head.station,
        issued_at=head.issued_at,
        conditions=decoded.conditions,
        temperature_c=decoded.temperature_c if temperature_c is None else temperature_c,
        dewpoint_c=decoded.dewpoint_c if dewpoint_c is None else dewpoint_c,
        qnh_hpa=decoded.qnh_hpa,
        is_auto="AUTO" in body,
        is_corrected=head.is_corrected,
        is_nil="NIL" in body,
        needs_service="$" in remarks,
        trend=" ".join(trend),
        remarks=" ".join(remarks),
        undecoded=(*missing_time, *decoded.undecoded),
    )


def _parts(groups: tuple[str, ...]) -> tuple[list[str], list[str], list[str]]:
    body: list[str] = []
    trend: list[str] = []
    remarks: list[str] = []
    part = body
    for group in groups:
        if group in _REMARKS:
            part = remarks
            continue
        if part is body and (group in _TREND or _TREND_FROM.fullmatch(group)):
            part = trend
        if group == "$":
            remarks.append(group)
        else:
            part.append(group)
    return body, trend, remarks


def _exact_temperatures(remarks: list[str]) -> tuple[float | None, float | None]:
    """Read the US remark `T01560133`: temperature and dew point in tenths of a degree Celsius."""
    for group in remarks:
        match = _EXACT_TEMPERATURE.fullmatch(group)
        if match:
            return _tenths(match[1], match[2]), _tenths(match[3], match[4])
    return None, None


def _tenths(sign: str | None, digits: str | None) -> float | None:
    if digits is None:
        return None
    return (-1 if sign == "1" else 1) * int(digits) / 10

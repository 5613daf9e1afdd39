"""The groups of a METAR body or a TAF group, read by the metar package and checked by us."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from metar.Datatypes import distance
from metar.Metar import Metar, ParserError
from msgspec import Struct

from airports.reports.conditions import Cloud, Conditions
from common.units import INHG_HPA

CEILING_COVERS = frozenset({"BKN", "OVC", "VV"})
TEN_KILOMETRES_M = 10_000
TEN_MILES_SM = 10.0
FULL_CIRCLE_DEG = 360
# Ten kilometres or more, with a nine too many.
FIVE_NINES = "99999"

_WIND = re.compile(r"E?(VRB|\d{3}|///)(?:P?\d{2,3}|//)(?:G(?:P?\d{2,3}|//))?(?:KTS?|MPS|KMH)")
_LIKE_WIND = re.compile(r"E?(VRB|[\dO/M]+)[\dOPG/M]*(KTS?|MPS|KMH|LT)")
_GLUED_WIND = re.compile(r"((?:VRB|\d{3})\d{2,3}(?:G\d{2,3})?(?:KT|MPS))([A-Z0-9]+)")
# What may be the first half of a group: whole miles, or a wind before its unit.
_HALF = re.compile(r"\d{1,2}|(VRB|\d{3})\d{2,3}(G\d{2,3})?")
# Without a wind before it, the package takes `0500` for a wind from 0 degrees at 500 m/s.
_BELOW_A_KILOMETRE = re.compile(r"0\d{3}")
_FRACTION = re.compile(r"\d{1,2}/[1-9]\d?SM")
_SECTOR = re.compile(r"(\d{3})V(\d{3})")
_COVERS = frozenset({"FEW", "SCT", "BKN", "OVC"})
_CLOUD = re.compile(r"(?:FEW|SCT|BKN|OVC)\d{3}(?:CB|TCU)?")
_GLUED_CLOUDS = re.compile(rf"(?:{_CLOUD.pattern}){{2,}}")
_GLUED_TEMPERATURE = re.compile(rf"({_CLOUD.pattern}|NSC|NCD|CLR|SKC|CAVOK)(M?\d\d/M?\d\d)")
_HUNDREDS = re.compile(r"\d{3}")
_WITHOUT_UNIT = re.compile(r"\d{5,}Z?|(VRB|\d{3})\d{2,3}(G\d{2,3})?|\d{1,3}|\d{1,3}M|\d{1,3}/0SM")
# Groups that say nothing our columns hold: read, and not a sign of a report we misunderstand.
_ASIDE = re.compile(
    "|".join(
        (
            r"/{1,5}(SM)?|RE//|W/{2,}\S*|R/{2,}\S*|/{3}V/{3}|QNH/{4}(INS)?",
            r"RF[\d./]+",
            r"W(M?\d\d|//)/[SH][\d/]{1,3}",
            r"R\d\d[LRC]?/(\S*D|[\d/]{6})|R/SNOCLO|CALMKT|\d{8}",
            r"(BLACK)?(BLU|WHT|GRN|YLO[12]?|AMB|RED)[+/]*",
            r"WS\d{3}/\d{3}\d{2,3}(G\d{2,3})?(KT|MPS)|WSCONDS",
            r"QNH\d{4}(INS)?",
            r"T[XN]M?\d{2}/\d{4}Z?",
            r"[56][\dX]\d{4}",
        )
    )
)


class DecodedGroups(Struct, frozen=True):
    """The conditions of a list of groups, and the groups that could not be decoded."""

    conditions: Conditions
    temperature_c: float | None = None
    dewpoint_c: float | None = None
    qnh_hpa: float | None = None
    undecoded: tuple[str, ...] = ()


def decode_groups(station: str, groups: Sequence[str]) -> DecodedGroups:
    """
    Decode the groups between a report's time and its trend or remarks.

    What the metar package would misread is kept from it. Measured with 2.0.2: `////` for visibility
    became 10 km, `10M` ten metres, and one impossible direction ended the reading of all the rest.
    """
    kept, undecoded = _presorted(groups)
    report = Metar.__new__(Metar)
    try:
        # The date is not used: a fixed one keeps the package from guessing by the clock.
        Metar.__init__(report, f"{station} 010000Z {' '.join(kept)}", month=1, year=2000)
    except ParserError:
        if report.decode_completed:
            return DecodedGroups(Conditions(), undecoded=(*undecoded, *kept))
    unread = [group for group in report._unparsed_groups if not _ASIDE.fullmatch(group)]  # noqa: SLF001
    return DecodedGroups(
        _conditions(report, kept),
        report.temp.value("C") if report.temp else None,
        report.dewpt.value("C") if report.dewpt else None,
        _pressure_hpa(report),
        (*undecoded, *unread),
    )


def _presorted(groups: Sequence[str]) -> tuple[list[str], list[str]]:
    """Split what can be given to the package from what it would misread; mend slips of the pen."""
    kept: list[str] = []
    refused: list[str] = []
    for group in _joined(groups):
        if _ASIDE.fullmatch(group):
            continue
        if _is_misread(group):
            refused.append(group)
        else:
            kept.extend(_parted(group))
    return kept, refused


def _joined(groups: Sequence[str]) -> Iterator[str]:
    """Join `1 1/2SM`, `08016 KT` and `BKN 055`: halves would be read as something else."""
    waiting = ""
    for group in groups:
        if waiting and _completes(waiting, group):
            # The package wants the blank in a mixed number and nowhere else.
            yield waiting + (" " if "/" in group else "") + group
            waiting = ""
            continue
        if waiting:
            yield waiting
        is_half = group in _COVERS or _HALF.fullmatch(group)
        waiting = group if is_half else ""
        if not waiting:
            yield group
    if waiting:
        yield waiting


def _completes(first: str, second: str) -> bool:
    if first in _COVERS:
        return _HUNDREDS.fullmatch(second) is not None
    if len(first) <= len("10"):
        return _FRACTION.fullmatch(second) is not None
    return second in {"KT", "MPS"}


def _parted(group: str) -> list[str]:
    """Part groups that were run together, and take the mark off an estimated wind."""
    if group == FIVE_NINES or _BELOW_A_KILOMETRE.fullmatch(group):
        return ["9999" if group == FIVE_NINES else f"{group}NDV"]
    if _WIND.fullmatch(group):
        return [group.removeprefix("E")]
    if _GLUED_CLOUDS.fullmatch(group):
        return _CLOUD.findall(group)
    glued = _GLUED_TEMPERATURE.fullmatch(group)
    if glued:
        return [glued[1], glued[2]]
    if group.endswith("CAVOK") and group != "CAVOK":
        wind = _GLUED_WIND.fullmatch(group)
        return [wind[1], "CAVOK"] if wind else ["CAVOK"]
    return [group]


def _is_misread(group: str) -> bool:
    if group == FIVE_NINES:
        return False
    if _WITHOUT_UNIT.fullmatch(group):
        return True
    wind = _WIND.fullmatch(group)
    if wind is None and _LIKE_WIND.fullmatch(group):
        return True
    directions = wind or _SECTOR.fullmatch(group)
    return directions is not None and any(
        part.isdigit() and int(part) > FULL_CIRCLE_DEG for part in directions.groups()
    )


def _conditions(report: Metar, groups: Sequence[str]) -> Conditions:
    is_cavok = "CAVOK" in groups
    clouds = tuple(_layer(*layer) for layer in report.sky)
    ceilings = [layer.base_ft for layer in clouds if layer.cover in CEILING_COVERS]
    lowest = [visibility for visibility in (report.vis, report.max_vis) if visibility]
    return Conditions(
        **_wind(report),
        is_wind_variable=any(group.startswith("VRB") for group in groups),
        visibility_m=round(min(v.value("M") for v in lowest)) if lowest else None,
        visibility_is_at_least=len(lowest) == 1 and _is_at_least(lowest[0]),
        visibility_sm=report.vis.value("SM") if report.vis else None,
        ceiling_ft=min((base for base in ceilings if base is not None), default=None),
        is_ceiling_known=is_cavok or _is_sky_known(clouds, ceilings),
        clouds=tuple(layer for layer in clouds if layer.cover != "///" or layer.kind),
        weather=tuple(_weather(report)),
        is_cavok=is_cavok,
    )


def _layer(cover: str, height: distance | None, kind: str | None) -> Cloud:
    base_ft = None if height is None else round(height.value("FT"))
    # The sky is hidden and nobody could say how far up one sees: no worse ceiling exists.
    return Cloud(cover, 0 if cover == "VV" and base_ft is None else base_ft, kind or "")


def _wind(report: Metar) -> dict[str, Any]:
    speed, gust = report.wind_speed, report.wind_gust
    direction = report.wind_dir
    return {
        "wind_direction_deg": None if direction is None else int(direction.value()),
        "wind_from_deg": int(report.wind_dir_from.value()) if report.wind_dir_from else None,
        "wind_to_deg": int(report.wind_dir_to.value()) if report.wind_dir_to else None,
        "wind_speed_kt": None if speed is None else round(speed.value("KT"), 1),
        "wind_gust_kt": None if gust is None else round(gust.value("KT"), 1),
    }


def _is_at_least(visibility: distance) -> bool:
    """Ten kilometres or ten miles, the most that is measured, or coded as more than."""
    return (
        visibility.value("M") >= TEN_KILOMETRES_M
        or visibility.value("SM") >= TEN_MILES_SM
        or visibility.string().startswith("greater")
    )


def _is_sky_known(clouds: Sequence[Cloud], ceilings: Sequence[int | None]) -> bool:
    """A layer was reported, none is hidden, and no broken or overcast one is without its base."""
    is_hidden = any(layer.cover == "///" and not layer.kind for layer in clouds)
    is_reported = any(layer.cover != "///" for layer in clouds)
    return is_reported and not is_hidden and None not in ceilings


def _weather(report: Metar) -> list[str]:
    codes = ("".join(part for part in parts if part) for parts in report.weather)
    return [code for code in codes if code.strip("/")]


def _pressure_hpa(report: Metar) -> float | None:
    if report.press is None:
        return None
    # The package's own factor is rounded; ours is exact.
    unit = report.press.string().rsplit(" ", 1)[-1]
    value = report.press.value()
    return round(value * INHG_HPA, 1) if unit == "inches" else round(value, 1)

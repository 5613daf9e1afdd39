"""
Rows of the OurAirports files (the form of 2022 and the newer one) and of the airportsdata package.

Pure: text lines in, checked rows out; a row that cannot be used comes out as a RejectedRow with its
number and the reason. Positions are degrees WGS 84, heights feet.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

import airportsdata
import tzfpy
from msgspec import Struct

KINDS = frozenset(
    {
        "large_airport",
        "medium_airport",
        "small_airport",
        "heliport",
        "seaplane_base",
        "balloonport",
        "closed",
    }
)
NEVER_CONTROLLED = frozenset({"heliport", "balloonport", "seaplane_base"})
LOWEST_FT, HIGHEST_FT = -1500, 30000
_FOUR_LETTERS = re.compile(r"[A-Z]{4}")
_THREE_LETTERS = re.compile(r"[A-Z]{3}")
_CODE = re.compile(r"[A-Z0-9][A-Z0-9_-]{0,15}")
_TOWER = re.compile(r"\bM?(TWR|TOWER)\d*\b|_TWR\b")
LONGEST_NAME, LONGEST_KIND = 200, 20
HIGHEST_MHZ = 100_000.0


class RejectedRow(Struct, frozen=True):
    """A row that was left out: its number in the file (the header is 1), its key, and why."""

    row_number: int
    key: str
    reason: str


class AirportRow(Struct):
    """An aerodrome of a file."""

    ident: str
    icao: str | None
    iata: str
    gps_code: str
    local_code: str
    name: str
    kind: str
    lat: float
    lon: float
    elevation_ft: int | None
    timezone: str
    country: str
    region: str
    municipality: str
    is_controlled: bool | None = None
    control_source: str = ""


class RunwayRow(Struct):
    """A runway of a file; an end without position is None."""

    airport_ident: str
    source_id: str
    le_ident: str
    he_ident: str
    length_ft: int | None
    width_ft: int | None
    surface: str
    is_lighted: bool | None
    is_closed: bool
    le_lat: float | None
    le_lon: float | None
    he_lat: float | None
    he_lon: float | None
    le_elevation_ft: int | None
    he_elevation_ft: int | None
    le_heading_deg: float | None
    he_heading_deg: float | None
    le_displaced_ft: int | None
    he_displaced_ft: int | None


class FrequencyRow(Struct):
    """A frequency of a file."""

    airport_ident: str
    source_id: str
    kind: str
    description: str
    mhz: float
    is_tower: bool


Row = TypeVar("Row", AirportRow, RunwayRow, FrequencyRow)
Part = TypeVar("Part", RunwayRow, FrequencyRow)


class UnknownFormat(ValueError):
    """The file's header is not that of the file expected."""


def read_airports(lines: Iterable[str]) -> Iterator[AirportRow | RejectedRow]:
    """Read airports.csv. A second row with the same ident is rejected."""
    zones = _embedded_zones()
    seen: set[str] = set()

    def build(record: Mapping[str, str]) -> AirportRow:
        row = _airport(record)
        if row.ident in seen:
            raise ValueError("the ident occurred before")
        seen.add(row.ident)
        row.timezone = zones.get(row.ident) or zones.get(row.gps_code) or _zone(row)
        return row

    needed = ("ident", "type", "name", "latitude_deg", "longitude_deg")
    return _rows(lines, needed, "ident", build)


def read_runways(lines: Iterable[str]) -> Iterator[RunwayRow | RejectedRow]:
    """Read runways.csv."""
    return _rows(lines, ("id", "airport_ident", "length_ft", "le_ident"), "id", _once(_runway))


def read_frequencies(lines: Iterable[str]) -> Iterator[FrequencyRow | RejectedRow]:
    """Read airport-frequencies.csv."""
    return _rows(lines, ("id", "airport_ident", "frequency_mhz"), "id", _once(_frequency))


def embedded_airports() -> Iterator[AirportRow | RejectedRow]:
    """The aerodromes that come with the airportsdata package; kinds are not in it."""
    for number, (ident, entry) in enumerate(airportsdata.load("ICAO").items(), start=2):
        try:
            yield AirportRow(
                ident=ident,
                icao=ident if _FOUR_LETTERS.fullmatch(ident) else None,
                iata=entry["iata"],
                gps_code=ident if _FOUR_LETTERS.fullmatch(ident) else "",
                local_code=entry["lid"],
                name=entry["name"][:LONGEST_NAME],
                kind="unknown",
                lat=_degrees(entry["lat"], 90),
                lon=_degrees(entry["lon"], 180),
                elevation_ft=_elevation(entry["elevation"]),
                timezone=entry["tz"],
                country=entry["country"],
                region="",
                municipality=entry["city"],
            )
        except ValueError as fault:
            yield RejectedRow(number, ident, str(fault))


def settle_icao_codes(rows: Iterable[AirportRow]) -> None:
    """
    Give every location indicator to one row only.

    Files of 2022 name none: there it is the ident or the GPS code when that is four letters. An
    ident outranks a GPS code, an open aerodrome a closed one; who comes second goes without.
    """
    claims = sorted(
        (row for row in rows if row.icao),
        key=lambda row: (row.kind == "closed", row.icao != row.ident, row.ident),
    )
    taken: set[str | None] = set()
    for row in claims:
        if row.icao in taken:
            row.icao = None
        taken.add(row.icao)


def settle_control(rows: Iterable[AirportRow], frequencies: Iterable[FrequencyRow]) -> None:
    """
    Judge by the published frequencies which aerodromes are controlled.

    A tower's makes it so. Heliports, balloon- and seaplane bases without one, and small fields
    whose frequencies name none, are not. For the rest nobody knows.
    """
    has_tower: dict[str, bool] = {}
    for frequency in frequencies:
        ident = frequency.airport_ident
        has_tower[ident] = has_tower.get(ident, False) or frequency.is_tower
    for row in rows:
        tower = has_tower.get(row.ident)
        is_small = row.kind == "small_airport" and tower is False
        if tower:
            row.is_controlled, row.control_source = True, "frequency"
        elif is_small or row.kind in NEVER_CONTROLLED:
            row.is_controlled, row.control_source = False, "inferred"


def _rows(
    lines: Iterable[str],
    needed: tuple[str, ...],
    key: str,
    build: Callable[[Mapping[str, str]], Row],
) -> Iterator[Row | RejectedRow]:
    reader = csv.DictReader(lines, restval="")
    missing = set(needed) - set(reader.fieldnames or ())
    if missing:
        raise UnknownFormat(f"The header lacks {', '.join(sorted(missing))}.")
    for record in reader:
        try:
            # No text in the database can hold one.
            if any("\x00" in text for text in record.values() if isinstance(text, str)):
                raise ValueError("the row holds a NUL character")
            yield build(record)
        except ValueError as fault:
            yield RejectedRow(reader.line_num, str(record.get(key, ""))[:40], str(fault))


def _once(build: Callable[[Mapping[str, str]], Part]) -> Callable[[Mapping[str, str]], Part]:
    """Refuse the second row with the same id."""
    seen: set[str] = set()

    def build_new(record: Mapping[str, str]) -> Part:
        row = build(record)
        if row.source_id in seen:
            raise ValueError("the id occurred before")
        seen.add(row.source_id)
        return row

    return build_new


def _airport(record: Mapping[str, str]) -> AirportRow:
    ident = record["ident"].strip().upper()
    if not _CODE.fullmatch(ident):
        raise ValueError("the ident is not a code of up to 16 letters and digits")
    kind = record["type"].strip()
    if kind not in KINDS:
        raise ValueError(f"unknown type {kind[:30]!r}")
    gps_code = record.get("gps_code", "").strip().upper()
    assigned = record.get("icao_code")
    icao = _icao(ident, gps_code, kind) if assigned is None else assigned.strip().upper()
    iata = record.get("iata_code", "").strip().upper()
    name = record["name"].strip()
    if not name or len(name) > LONGEST_NAME:
        raise ValueError("the name is empty or longer than 200 characters")
    return AirportRow(
        ident=ident,
        icao=icao if icao and _FOUR_LETTERS.fullmatch(icao) else None,
        # A few rows hold `0` or another thing that no ticket shows; the aerodrome is still there.
        iata=iata if _THREE_LETTERS.fullmatch(iata) else "",
        gps_code=gps_code[:8],
        local_code=record.get("local_code", "").strip()[:16],
        name=name,
        kind=kind,
        lat=_degrees(record["latitude_deg"], 90),
        lon=_degrees(record["longitude_deg"], 180),
        elevation_ft=_elevation(record.get("elevation_ft", "")),
        timezone="",
        country=record.get("iso_country", "").strip()[:2],
        region=record.get("iso_region", "").strip()[:10],
        municipality=record.get("municipality", "").strip()[:LONGEST_NAME],
    )


def _icao(ident: str, gps_code: str, kind: str) -> str:
    if kind == "closed":
        return ""
    if _FOUR_LETTERS.fullmatch(ident) and gps_code in ("", ident):
        return ident
    return gps_code


def _runway(record: Mapping[str, str]) -> RunwayRow:
    number = record.get
    return RunwayRow(
        airport_ident=record["airport_ident"].strip().upper(),
        source_id=_source_id(record),
        le_ident=record["le_ident"].strip()[:8],
        he_ident=number("he_ident", "").strip()[:8],
        length_ft=_whole(record["length_ft"], "length"),
        width_ft=_whole(number("width_ft", ""), "width"),
        surface=number("surface", "").strip()[:60],
        is_lighted=_flag(number("lighted", "")),
        is_closed=_flag(number("closed", "")) is True,
        le_lat=_optional_degrees(number("le_latitude_deg", ""), 90),
        le_lon=_optional_degrees(number("le_longitude_deg", ""), 180),
        he_lat=_optional_degrees(number("he_latitude_deg", ""), 90),
        he_lon=_optional_degrees(number("he_longitude_deg", ""), 180),
        le_elevation_ft=_elevation(number("le_elevation_ft", "")),
        he_elevation_ft=_elevation(number("he_elevation_ft", "")),
        le_heading_deg=_heading(number("le_heading_degT", "")),
        he_heading_deg=_heading(number("he_heading_degT", "")),
        le_displaced_ft=_whole(number("le_displaced_threshold_ft", ""), "displaced threshold"),
        he_displaced_ft=_whole(number("he_displaced_threshold_ft", ""), "displaced threshold"),
    )


def _frequency(record: Mapping[str, str]) -> FrequencyRow:
    try:
        mhz = float(record["frequency_mhz"])
    except ValueError:
        raise ValueError("the frequency is not a number") from None
    if not 0 < mhz < HIGHEST_MHZ:
        raise ValueError("the frequency is not between 0 and 100,000 MHz")
    kind = record.get("type", "").strip().upper()
    return FrequencyRow(
        airport_ident=record["airport_ident"].strip().upper(),
        source_id=_source_id(record),
        kind=kind[:LONGEST_KIND],
        description=record.get("description", "").strip()[:LONGEST_NAME],
        mhz=round(mhz, 4),
        is_tower=bool(_TOWER.search(kind)),
    )


def _source_id(record: Mapping[str, str]) -> str:
    text = record["id"].strip()
    if not text.isdigit() or len(text) > LONGEST_KIND:
        raise ValueError("the id is not a number")
    return text


def _degrees(text: str | float, limit: float) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError("the position is missing or not a number") from None
    if not -limit <= value <= limit:
        raise ValueError(f"the position {value} is not on Earth")
    return value


def _optional_degrees(text: str, limit: float) -> float | None:
    return _degrees(text, limit) if text.strip() else None


def _whole(text: str, what: str) -> int | None:
    if not text.strip():
        return None
    value = _number(text, what)
    if not 0 <= value < 2**31:
        raise ValueError(f"the {what} is negative or too large")
    return int(value)


def _elevation(text: str | float) -> int | None:
    if isinstance(text, str) and not text.strip():
        return None
    value = _number(text, "elevation")
    if not LOWEST_FT <= value <= HIGHEST_FT:
        raise ValueError(f"the elevation {value:.0f} ft is not on Earth")
    return round(value)


def _heading(text: str) -> float | None:
    if not text.strip():
        return None
    value = _number(text, "heading")
    if not 0 <= value <= 360:
        raise ValueError("the heading is not a direction")
    return value


def _number(text: str | float, what: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"the {what} is not a number") from None


def _flag(text: str) -> bool | None:
    return {"1": True, "0": False, "yes": True, "no": False}.get(text.strip().lower())


def _zone(row: AirportRow) -> str:
    return tzfpy.get_tz(row.lon, row.lat) or ""


def _embedded_zones() -> dict[str, str]:
    return {ident: entry["tz"] for ident, entry in airportsdata.load("ICAO").items()}

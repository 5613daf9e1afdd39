"""
GeoJSON airspace: the FAA's class airspace with its own property names, and a plain mapping.

The plain mapping: `name`, `kind` (or `class`, `type`), `floor` and `ceiling` as text such as
`1500 ft AGL`, and where wanted `restricted_status`, `conditions`, `valid_from`, `valid_until`.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from airports.airspace_files.altitudes import height, read_ceiling, read_floor
from airports.airspace_files.openair import KINDS
from airports.airspace_files.parsed import (
    ParsedAirspace,
    Polygon,
    PublishedLimit,
    RejectedFeature,
    UnknownFormat,
)
from airports.heights import Limit

PLAIN_KINDS = {**KINDS, "UAS": "UAS", "PATH": "PATH", "AD": "AD", "EMERG": "EMERG", "POP": "POP"}
UNLIMITED_FT = -9998
WGS84_NAMES = ("CRS84", "4326")
LONGEST_NAME, LONGEST_REF = 200, 120


def read_geojson(body: str | bytes) -> Iterator[ParsedAirspace | RejectedFeature]:
    """Read a FeatureCollection. Raises UnknownFormat for anything else, or another projection."""
    document = load_object(body)
    features = document.get("features")
    if document.get("type") != "FeatureCollection" or not isinstance(features, list):
        raise UnknownFormat("This is not a GeoJSON FeatureCollection.")
    crs = json.dumps(document.get("crs"))
    if document.get("crs") is not None and not any(name in crs for name in WGS84_NAMES):
        raise UnknownFormat("The coordinates are not WGS 84 longitude and latitude.")
    for number, feature in enumerate(features, start=1):
        yield _feature(feature, number)


def load_object(body: str | bytes) -> dict[str, Any]:
    """Read a JSON object. Raises UnknownFormat."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as fault:
        raise UnknownFormat("This is not JSON.") from fault
    if not isinstance(document, dict):
        raise UnknownFormat("The JSON is not an object.")
    return document


def holds_nul(value: Any) -> bool:
    """Whether there is a NUL in any text of a JSON value: the database cannot hold one."""
    try:
        return "\\u0000" in json.dumps(value)
    except RecursionError:
        return True


def polygons_of(geometry: Any) -> list[Polygon]:
    """The rings of a Polygon or MultiPolygon. Raises ValueError; a third coordinate is dropped."""
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon"):
        raise ValueError(f"the geometry is {str(kind)[:40]}, not Polygon or MultiPolygon")
    coordinates = geometry.get("coordinates")
    polygons = [coordinates] if kind == "Polygon" else coordinates
    try:
        return [
            [[(float(p[0]), float(p[1])) for p in ring] for ring in polygon] for polygon in polygons
        ]
    except (TypeError, ValueError, IndexError, KeyError) as fault:
        raise ValueError("the coordinates are not longitudes and latitudes") from fault


def _feature(feature: Any, number: int) -> ParsedAirspace | RejectedFeature:
    if holds_nul(feature):
        return RejectedFeature(f"feature {number}", "", "it holds a NUL character")
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        return RejectedFeature(f"feature {number}", "", "not a feature with properties")
    ref = str(properties.get("GLOBAL_ID") or feature.get("id") or f"feature {number}")[:LONGEST_REF]
    name = str(properties.get("NAME") or properties.get("name") or "").strip()[:LONGEST_NAME]
    if not name:
        return RejectedFeature(ref, "", "the feature has no name")
    try:
        polygons = polygons_of(feature.get("geometry"))
        build = _faa if "UPPER_VAL" in properties else _plain
        return build(properties, ref, name, polygons)
    except (ValueError, TypeError) as fault:
        return RejectedFeature(ref, name, str(fault)[:300])


def _faa(
    properties: Mapping[str, Any], ref: str, name: str, polygons: list[Polygon]
) -> ParsedAirspace:
    letter = str(properties.get("CLASS") or "")
    kind = "TMZ" if properties.get("TYPE_CODE") == "MODE-C" else KINDS.get(letter, "OTHER")
    by_notam = properties.get("WKHR_CODE") == "NOTAM"
    return ParsedAirspace(
        ref=ref,
        name=name,
        kind=kind,
        published_kind=str(properties.get("LOCAL_TYPE") or letter)[:40],
        polygons=polygons,
        floor=_faa_limit(properties, "LOWER"),
        ceiling=_faa_limit(properties, "UPPER"),
        activity="notam" if by_notam else "always",
        activity_text=str(properties.get("WKHR_RMK") or "")[:1000],
    )


def _faa_limit(properties: Mapping[str, Any], side: str) -> PublishedLimit:
    value = properties.get(f"{side}_VAL")
    unit = str(properties.get(f"{side}_UOM") or "FT")
    code = str(properties.get(f"{side}_CODE") or "")
    text = " ".join(str(part) for part in (value, unit, code) if part not in (None, ""))
    if value is None or float(value) == UNLIMITED_FT:
        return PublishedLimit(Limit("SFC" if side == "LOWER" else "UNL", None), text)
    if unit == "FL":
        return PublishedLimit(height(float(value) * 100, unit="FT", datum="FL"), text)
    datum = "AGL" if code in ("SFC", "AGL") else "AMSL"
    return PublishedLimit(height(float(value), unit=unit, datum=datum), text)


def _plain(
    properties: Mapping[str, Any], ref: str, name: str, polygons: list[Polygon]
) -> ParsedAirspace:
    published = next(
        (str(properties[key]) for key in ("kind", "class", "type") if properties.get(key)), ""
    )
    limits = []
    for key, read in (("floor", read_floor), ("ceiling", read_ceiling)):
        text = properties.get(key)
        if not isinstance(text, (str, int, float)) or isinstance(text, bool):
            raise ValueError(f"no {key}")
        limits.append(read(str(text)))
        if not limits[-1].is_readable:
            raise ValueError(f"the {key} {str(text)[:40]!r} cannot be read")
    return ParsedAirspace(
        ref=ref,
        name=name,
        kind=PLAIN_KINDS.get(published.upper(), "OTHER"),
        published_kind=published[:40],
        restricted_status=_status(properties.get("restricted_status")),
        polygons=polygons,
        floor=limits[0],
        ceiling=limits[1],
        activity="notam" if any(limit.is_by_notam for limit in limits) else "always",
        valid_from=properties.get("valid_from"),
        valid_until=properties.get("valid_until"),
        conditions=str(properties.get("conditions") or "")[:5000],
    )


def _status(value: Any) -> str:
    if value in (None, ""):
        return ""
    if value not in ("RA1", "RA2", "RA3"):
        raise ValueError("restricted_status is not RA1, RA2 or RA3")
    return str(value)

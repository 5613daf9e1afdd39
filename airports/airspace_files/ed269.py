"""UAS geographical zones in the JSON of EUROCAE ED-269, and its successor with `features`."""

from collections.abc import Iterator, Mapping
from typing import Any

from airports.airspace_files.altitudes import height
from airports.airspace_files.geojson import holds_nul, load_object, polygons_of
from airports.airspace_files.parsed import (
    ParsedAirspace,
    Polygon,
    PublishedLimit,
    RejectedFeature,
    UnknownFormat,
)
from airports.airspace_files.shapes import circle
from airports.heights import Limit

RESTRICTIONS = {
    "PROHIBITED": "PROHIBITED",
    "REQ_AUTHORISATION": "REQ_AUTHORISATION",
    "REQ_AUTHORIZATION": "REQ_AUTHORISATION",
    "CONDITIONAL": "CONDITIONAL",
    "NO_RESTRICTION": "NO_RESTRICTION",
}
DATA = {"AGL": "AGL", "AMSL": "AMSL", "MSL": "AMSL", "WGS84": "AMSL", "HAE": "AMSL"}
ELLIPSOIDAL = frozenset({"WGS84", "HAE"})
# The geoid is nowhere farther than this from the ellipsoid.
GEOID_MARGIN_M = 110.0
LONGEST_NAME, LONGEST_REF = 200, 120


def read_ed269(body: str | bytes) -> Iterator[ParsedAirspace | RejectedFeature]:
    """Read zones; a zone with several volumes gives one airspace for each."""
    document = load_object(body)
    zones = document.get("UASZoneList", document.get("features"))
    if not isinstance(zones, list):
        raise UnknownFormat("There is neither UASZoneList nor features.")
    for number, zone in enumerate(zones, start=1):
        yield from _zone(zone, number)


def _zone(zone: Any, number: int) -> Iterator[ParsedAirspace | RejectedFeature]:
    if not isinstance(zone, dict) or not isinstance(zone.get("geometry"), list):
        yield RejectedFeature(f"zone {number}", "", "not a zone with a list of geometries")
        return
    if holds_nul(zone):
        yield RejectedFeature(f"zone {number}", "", "it holds a NUL character")
        return
    ident = str(zone.get("identifier") or f"zone {number}")
    name = str(zone.get("name") or ident)[:LONGEST_NAME]
    for index, volume in enumerate(zone["geometry"], start=1):
        ref = f"{ident}#{index}"[:LONGEST_REF]
        try:
            yield _airspace(zone, volume, ref, name)
        except (ValueError, TypeError, AttributeError) as fault:
            yield RejectedFeature(ref, name, str(fault)[:300])


def _airspace(zone: Mapping[str, Any], volume: Any, ref: str, name: str) -> ParsedAirspace:
    restriction = RESTRICTIONS.get(str(zone.get("restriction")))
    if restriction is None:
        raise ValueError(f"unknown restriction {str(zone.get('restriction'))[:40]!r}")
    if not isinstance(volume, dict):
        raise ValueError("the volume is not an object")
    activity, windows, text = _applicability(zone.get("applicability"))
    reasons = zone.get("reason") or []
    return ParsedAirspace(
        ref=ref,
        name=name,
        kind="UAS",
        published_kind=str(zone.get("type") or "")[:40],
        polygons=_polygons(volume.get("horizontalProjection")),
        floor=_limit(volume, "lower"),
        ceiling=_limit(volume, "upper"),
        activity=activity,
        activity_windows=windows,
        activity_text=text,
        zone_restriction=restriction,
        zone_reasons=[str(reason)[:40] for reason in reasons][:20],
        conditions=_words(zone.get("restrictionConditions"), zone.get("message")),
        contact={"authorities": zone.get("zoneAuthority") or []},
    )


def _words(*parts: Any) -> str:
    return " ".join(str(part) for part in parts if part)[:5000]


def _polygons(projection: Any) -> list[Polygon]:
    if not isinstance(projection, dict):
        raise ValueError("no horizontal projection")
    if projection.get("type") != "Circle":
        return polygons_of(projection)
    lon, lat = projection.get("center") or (None, None)
    if lon is None or lat is None or abs(float(lat)) > 90 or abs(float(lon)) > 180:
        raise ValueError("the center of the circle is not on Earth")
    return [[circle((float(lon), float(lat)), float(projection.get("radius") or 0))]]


def _limit(volume: Mapping[str, Any], side: str) -> PublishedLimit:
    value = volume.get(f"{side}Limit")
    reference = str(volume.get(f"{side}VerticalReference") or "")
    unit = str(volume.get("uomDimensions") or "M")
    text = " ".join(str(part) for part in (value, unit, reference) if part not in (None, ""))
    if value in (None, ""):
        return PublishedLimit(Limit("SFC" if side == "lower" else "UNL", None), text)
    if reference not in DATA or unit not in ("M", "FT"):
        raise ValueError(f"the {side} limit {text[:40]!r} has no known datum and unit")
    limit = height(float(value), unit=unit, datum=DATA[reference])
    if reference in ELLIPSOIDAL and limit.height_m is not None:
        # Heights above the ellipsoid: widened by what the geoid can differ, so nothing is missed.
        margin = -GEOID_MARGIN_M if side == "lower" else GEOID_MARGIN_M
        limit = Limit(limit.datum, limit.height_m + margin)
    return PublishedLimit(limit, text)


def _applicability(entries: Any) -> tuple[str, list[list[str]], str]:
    """Permanent, or within windows; hours of the week are kept as text and count as active."""
    if not isinstance(entries, list) or not entries:
        return "notam", [], "No applicability stated."
    windows, has_hours = [], False
    for entry in entries:
        hours = entry.get("dailyPeriod") or entry.get("schedule") or []
        has_hours |= any(hour.get("startTime") for hour in hours if isinstance(hour, dict))
        if entry.get("permanent") == "YES":
            return "always", [], str(hours)[:1000] if has_hours else ""
        start, end = entry.get("startDateTime"), entry.get("endDateTime")
        if not start or not end:
            return "notam", [], "A period without beginning or end."
        windows.append([str(start), str(end)])
    return "windows", windows, str(entries)[:1000] if has_hours else ""

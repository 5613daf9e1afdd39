"""
Which authorities have to agree before an area is flown, how long they take, and what nobody allows.

Distances and conditions are those of CASR 101.238 and MOS chapter 4 as the operation rules have
them; lead times those CASA publishes: approvals at least 60 days, permissions at least 28.
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from airports.queries.aerodromes import AerodromeFacts
from airports.queries.airspace import AirspaceFacts
from common.units import NM_M
from flight_operations.models import AuthorizationKind as Kind

APPROVAL_DAYS = 60
PERMISSION_DAYS = 28
ZONE_M = 3 * NM_M
STANDARD_HEIGHT_M = 120.0
CONTROLLED = frozenset({"A", "B", "C", "D", "CTR", "TMA"})
ASKING_ZONES = frozenset({"REQ_AUTHORISATION", "CONDITIONAL"})


class Found(Struct, frozen=True, kw_only=True):
    """Something found about a place: `red` forbids it, `amber` has to be dealt with, `note` is."""

    color: str
    code: str
    text: str
    citation: str


class Need(Struct, frozen=True, kw_only=True):
    """Somebody's yes that is needed before the flight, and how many days it takes."""

    kind: str
    authority: str
    place: str
    citation: str
    lead_days: int
    held: str = ""


class Answer(Struct, frozen=True, kw_only=True):
    """What stands in the way of an area, whom to ask, and whether it is in controlled airspace."""

    findings: tuple[Found, ...]
    needs: tuple[Need, ...]
    is_controlled: bool


def authorities(
    *,
    aerodromes: Sequence[AerodromeFacts],
    airspace: Sequence[AirspaceFacts],
    height_m: float,
    is_at_night: bool,
) -> Answer:
    """What an area, flown up to a height above ground, needs."""
    met = [area for area in airspace if area.is_met]
    findings = [*_forbidden(met), *_told(met, aerodromes)]
    needs = [*_general(height_m, aerodromes, is_at_night), *_airspace(met)]
    for aerodrome in aerodromes:
        needs += _aerodrome(aerodrome, height_m)
    return Answer(
        findings=tuple(findings),
        needs=tuple(dict.fromkeys(needs)),
        is_controlled=_is_controlled(met, aerodromes),
    )


def _is_controlled(met: Sequence[AirspaceFacts], aerodromes: Sequence[AerodromeFacts]) -> bool:
    # Heights that cannot be compared leave it open; a surcharge needs a certain meeting.
    inside = any(area.kind in CONTROLLED and area.heights == "overlap" for area in met)
    return inside or any(a.is_tower_active is True and a.distance_m <= ZONE_M for a in aerodromes)


def _forbidden(met: Sequence[AirspaceFacts]) -> Iterator[Found]:
    for area in met:
        if area.kind == "P" or area.zone_restriction == "PROHIBITED":
            yield Found(
                color="red",
                code="prohibited",
                text=f"In prohibited area {area.name}: nobody allows it.",
                citation="CASR 101.065",
            )
        elif area.kind == "R" and area.restricted_status == "RA3":
            yield Found(
                color="red",
                code="restricted_ra3",
                text=f"In {area.name} (RA3): entry is not to be planned on.",
                citation="CASR 101.065",
            )


def _told(met: Sequence[AirspaceFacts], aerodromes: Sequence[AerodromeFacts]) -> Iterator[Found]:
    for area in met:
        if area.kind == "Q":
            yield Found(
                color="amber",
                code="danger_area",
                text=f"In danger area {area.name}: the chief remote pilot assesses the risk.",
                citation="ERSA",
            )
        elif area.kind in CONTROLLED:
            yield Found(
                color="note",
                code="controlled_airspace",
                text=f"{area.name} ({area.floor_text} to {area.ceiling_text}) lies over the area.",
                citation="CASR 101.285",
            )
    for aerodrome in aerodromes:
        if aerodrome.is_tower_active is None and aerodrome.distance_m <= ZONE_M:
            yield Found(
                color="amber",
                code="control_unknown",
                text=f"Whether {_named(aerodrome)} is controlled is not known; look it up.",
                citation="MOS chapter 4",
            )
        elif aerodrome.is_tower_active is False and aerodrome.distance_m <= ZONE_M:
            yield Found(
                color="note",
                code="aerodrome_near",
                text=f"{_named(aerodrome)}: listen out, and land for crewed aircraft.",
                citation="CASA 20/25",
            )


def _general(
    height_m: float, aerodromes: Sequence[AerodromeFacts], is_at_night: bool
) -> Iterator[Need]:
    near_tower = any(a.is_tower_active is True and a.distance_m <= ZONE_M for a in aerodromes)
    if height_m > STANDARD_HEIGHT_M and not near_tower:
        yield _approval(Kind.HEIGHT, "", "CASR 101.085, 101.250")
    if is_at_night:
        yield _approval(Kind.NIGHT, "", "CASR 101.095(1A)")


def _airspace(met: Sequence[AirspaceFacts]) -> Iterator[Need]:
    for area in met:
        if area.kind == "R" and area.restricted_status != "RA3":
            yield _approval(Kind.RESTRICTED, area.name, "CASR 101.065", by="Controlling authority")
        elif area.kind == "M":
            yield _approval(Kind.MILITARY, area.name, "ERSA", by="Administering authority")
        elif area.kind == "PATH":
            yield _approval(Kind.CONTROLLED_PATH, area.name, "CASR 101.075, MOS chapter 4")
        elif area.kind == "POP":
            yield _approval(Kind.POPULOUS, area.name, "CASR 101.025, 101.280")
        elif area.kind == "EMERG":
            yield Need(
                kind=str(Kind.EMERGENCY),
                authority="Person in charge",
                place=area.name,
                citation="CASR 101.238(e)",
                lead_days=0,
            )
        elif area.zone_restriction in ASKING_ZONES:
            yield _approval(Kind.AIRSPACE_ZONE, area.name, "ED-269", by="Zone manager")


def _aerodrome(aerodrome: AerodromeFacts, height_m: float) -> Iterator[Need]:
    if aerodrome.distance_m > ZONE_M:
        return
    place, is_high = aerodrome.icao or aerodrome.ident, height_m > STANDARD_HEIGHT_M
    is_over = aerodrome.distance_m <= 0
    if aerodrome.is_tower_active is True:
        kind = Kind.CONTROLLED_3NM_HEIGHT if is_high else Kind.CONTROLLED_3NM
        yield _approval(kind, place, "CASR 101.075, MOS chapter 4")
        if is_over:
            yield _approval(Kind.CONTROLLED_MOVEMENT, place, "CASR 101.075")
        return
    if is_over:
        yield _permission(Kind.NONCONTROLLED_MOVEMENT, place)
    if is_high:
        yield _permission(Kind.NONCONTROLLED_HEIGHT, place)


def _approval(kind: Kind, place: str, citation: str, *, by: str = "CASA") -> Need:
    return Need(
        kind=str(kind), authority=by, place=place, citation=citation, lead_days=APPROVAL_DAYS
    )


def _permission(kind: Kind, place: str) -> Need:
    return Need(
        kind=str(kind),
        authority="CASA or aerodrome operator",
        place=place,
        citation="CASR 101.075, 101.080",
        lead_days=PERMISSION_DAYS,
    )


def _named(aerodrome: AerodromeFacts) -> str:
    return f"{aerodrome.name} ({aerodrome.icao or aerodrome.ident}), {aerodrome.distance_m:.0f} m"

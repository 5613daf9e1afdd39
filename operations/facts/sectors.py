"""A leg of a plan as a crew flies it: its times from blocks to blocks, and whether in the dark."""

from datetime import datetime

from operations.facts.people import Sector
from operations.itinerary import PlannedLeg
from operations.queries.night import is_night

Position = tuple[float, float]


def sector(
    *,
    leg: int,
    out_at: datetime,
    off_at: datetime,
    on_at: datetime,
    in_at: datetime,
    origin: Position | None,
    destination: Position | None,
    carries_persons: bool,
    is_ifr: bool = True,
) -> Sector:
    """One flight from its four times and the positions (lat, lon) of its ends; None: not known."""
    in_the_dark = None
    if origin is not None and destination is not None:
        in_the_dark = _is_night(off_at, origin) or _is_night(on_at, destination)
    return Sector(
        leg=leg,
        off_at=off_at,
        on_at=on_at,
        flight_min=(on_at - off_at).total_seconds() / 60,
        out_at=out_at,
        in_at=in_at,
        block_min=(in_at - out_at).total_seconds() / 60,
        carries_persons=carries_persons,
        is_ifr=is_ifr,
        is_night=in_the_dark,
    )


def _is_night(at: datetime, place: Position) -> bool:
    lat, lon = place
    return is_night(lat=lat, lon=lon, at=at)


def planned_sector(leg: PlannedLeg, *, has_team: bool) -> Sector:
    """A leg of an itinerary. A medical team on board makes it a flight with persons."""
    return sector(
        leg=leg.sequence,
        out_at=leg.out_at,
        off_at=leg.off_at,
        on_at=leg.on_at,
        in_at=leg.in_at,
        origin=(leg.origin.lat, leg.origin.lon),
        destination=(leg.destination.lat, leg.destination.lon),
        carries_persons=leg.has_patient or leg.passengers > 0 or has_team,
    )

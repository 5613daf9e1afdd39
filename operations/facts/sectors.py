"""A leg of a plan as a crew flies it: its times from blocks to blocks, and whether in the dark."""

from datetime import datetime, timedelta
from functools import lru_cache

from airports.queries.sun import RISE_AND_SET_DEG, events_between, solar_elevation_deg
from operations.facts.people import Sector
from operations.itinerary import Itinerary, PlannedLeg

# 14 CFR 61.57(b), 135.247(a)(2): narrower than night, which ends with civil twilight.
MARGIN = timedelta(hours=1)
AROUND = timedelta(days=1)
Position = tuple[float, float]


def is_dark(at: datetime, place: Position) -> bool:
    """Whether a moment lies between one hour after sunset and one hour before sunrise."""
    lat, lon = place
    events = [
        event
        for event in _sun(round(lat, 3), round(lon, 3), at.replace(minute=0, second=0))
        if event[0] in ("sunrise", "sunset")
    ]
    if not events:
        return solar_elevation_deg(lat=lat, lon=lon, at=at) < RISE_AND_SET_DEG
    before = [event for event in events if event[1] <= at]
    after = [event for event in events if event[1] > at]
    is_down = before[-1][0] == "sunset" if before else after[0][0] == "sunrise"
    if not is_down:
        return False
    is_late = not before or at - before[-1][1] >= MARGIN
    return is_late and (not after or after[0][1] - at >= MARGIN)


@lru_cache(maxsize=4096)
def _sun(lat: float, lon: float, hour: datetime) -> tuple[tuple[str, datetime], ...]:
    """The sun's passages around an hour; a trip's legs ask for the same places again and again."""
    found = events_between(lat=lat, lon=lon, start=hour - AROUND, end=hour + AROUND)
    return tuple((event.name, event.at) for event in found)


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
    is_night = None
    if origin is not None and destination is not None:
        is_night = is_dark(off_at, origin) or is_dark(on_at, destination)
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
        is_night=is_night,
    )


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


def itinerary_sectors(itinerary: Itinerary) -> tuple[Sector, ...]:
    """Every flight of an itinerary."""
    has_team = itinerary.medical_count > 0
    return tuple(planned_sector(leg, has_team=has_team) for leg in itinerary.legs)

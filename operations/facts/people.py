"""Facts about the people who fly a trip. Values only; None means nobody knows."""

from datetime import datetime

from msgspec import Struct


class Sector(Struct, frozen=True, kw_only=True):
    """One flight of a person on the trip that is judged, planned or flown."""

    leg: int
    off_at: datetime
    on_at: datetime
    flight_min: float


class CrewMemberFacts(Struct, frozen=True, kw_only=True):
    """One person with a place on the trip; times are UTC."""

    user_id: int
    name: str
    role: str
    report_at: datetime
    end_at: datetime
    sectors: tuple[Sector, ...] = ()

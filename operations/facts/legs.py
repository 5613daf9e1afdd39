"""Facts about the flights of a trip and where they begin and end. Values only."""

from datetime import datetime

from msgspec import Struct


class LegFacts(Struct, frozen=True, kw_only=True):
    """One flight of the trip, as planned or as now expected; times are UTC."""

    sequence: int
    kind: str
    origin: str
    destination: str
    out_at: datetime
    off_at: datetime
    on_at: datetime
    in_at: datetime
    distance_nm: float
    has_patient: bool = False
    passengers: int = 0
    is_acute_care: bool = False

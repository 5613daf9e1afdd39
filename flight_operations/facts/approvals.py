"""Facts about written permissions. Values only."""

from datetime import date, datetime

from msgspec import Struct


class ApprovalFacts(Struct, frozen=True, kw_only=True):
    """
    An authorization of the operator whose time touches the flight's, or which was applied for.

    `covers_area` is yes when it names no area, or one that holds every volume of the plan.
    `aircraft_id` None means any aircraft, `max_height_agl_m` None any height.
    """

    number: str
    kind: str
    status: str
    authority: str
    place: str = ""
    aircraft_id: int | None = None
    covers_area: bool
    max_height_agl_m: float | None = None
    valid_from: datetime
    valid_until: datetime
    conditions: str = ""
    applied_on: date | None = None

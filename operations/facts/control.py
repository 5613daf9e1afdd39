"""Facts about who controls helicopter ambulance flights from the ground. Values only."""

from datetime import datetime

from msgspec import Struct


class DutySpan(Struct, frozen=True, kw_only=True):
    """A time without rest; `is_control` for a shift at operations control."""

    start_at: datetime
    end_at: datetime
    is_control: bool = True


class ControlFacts(Struct, frozen=True, kw_only=True):
    """
    The fleet that asks for operations control, and the specialist named for the trip.

    `duties` are all the specialist's duties around the flights, in the air or not, in order.
    """

    helicopters: int
    specialist_id: int | None = None
    specialist: str = ""
    duties: tuple[DutySpan, ...] = ()

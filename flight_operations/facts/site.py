"""Facts about what is flown where: volumes of the plan and what the pilot sees there."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct


class VolumeFacts(Struct, frozen=True, kw_only=True):
    """
    A part of the plan. `top_agl_m` is its highest point above the ground directly below; None when
    the ceiling has another datum and the ground's height is not known.
    """

    sequence: int
    floor_m: float
    ceiling_m: float
    datum: str
    top_agl_m: float | None = None
    starts_at: datetime
    ends_at: datetime


class LocalObservation(Struct, frozen=True, kw_only=True):
    """
    The pilot's own look at the weather, where no station is near or its report leaves a gap.

    `cloud_base_agl_m` None with `is_sky_clear` means no cloud. `precipitation` is `none`, `light`,
    `moderate` or `heavy`.
    """

    observed_at: Annotated[datetime, Meta(tz=True)]
    wind_speed_ms: float | None = None
    wind_gust_ms: float | None = None
    visibility_m: float | None = None
    cloud_base_agl_m: float | None = None
    is_sky_clear: bool = False
    precipitation: str | None = None
    has_thunderstorm: bool | None = None
    temperature_c: float | None = None
    dewpoint_c: float | None = None

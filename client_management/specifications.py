"""
What a client asks for, by kind of service, as values: checked here and stored as JSON.

A field is only ever added, with a default, so that what was stored stays readable.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

Percent = Annotated[float, Meta(ge=0, le=95)]


class _Specification(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    # How the files come to the client.
    media: Literal["download", "drive", "bucket"] = "download"
    formats: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=40)], ...], Meta(max_length=20)
    ] = ()
    notes: Annotated[str, Meta(max_length=2000)] = ""


class MappingSpecification(_Specification, frozen=True, kw_only=True):
    """
    An orthophoto or a model from overlapping photographs.

    `gsd_cm` is the ground sampling distance in centimetres per pixel, overlaps are in percent,
    `accuracy_cm` is horizontal, one sigma.
    """

    gsd_cm: Annotated[float, Meta(ge=0.3, le=50)]
    forward_overlap: Percent = 80.0
    side_overlap: Percent = 70.0
    accuracy_cm: Annotated[float, Meta(gt=0, le=1000)] | None = None
    control_points: Annotated[int, Meta(ge=0, le=500)] = 0
    products: Annotated[
        tuple[Literal["orthophoto", "surface_model", "terrain_model", "contours", "mesh"], ...],
        Meta(min_length=1, max_length=5),
    ] = ("orthophoto",)


class ThermalSpecification(_Specification, frozen=True, kw_only=True):
    """Temperatures from the air; `sensitivity_mk` in millikelvin."""

    gsd_cm: Annotated[float, Meta(ge=1, le=100)]
    forward_overlap: Percent = 80.0
    side_overlap: Percent = 70.0
    sensitivity_mk: Annotated[float, Meta(gt=0, le=500)] = 50.0
    is_radiometric: bool = True


class LidarSpecification(_Specification, frozen=True, kw_only=True):
    """A laser scan: `density_m2` in points per square metre, `height_agl_m` flown."""

    density_m2: Annotated[float, Meta(gt=0, le=2000)]
    height_agl_m: Annotated[float, Meta(ge=20, le=120)] = 80.0
    side_overlap: Percent = 50.0
    accuracy_cm: Annotated[float, Meta(gt=0, le=1000)] | None = None


class InspectionSpecification(_Specification, frozen=True, kw_only=True):
    """Structures looked at from near; each takes `minutes_each` in the air."""

    structures: Annotated[int, Meta(ge=1, le=10_000)]
    minutes_each: Annotated[float, Meta(gt=0, le=240)] = 10.0
    gsd_mm: Annotated[float, Meta(gt=0, le=100)] = 1.0
    is_thermal: bool = False


class VideoSpecification(_Specification, frozen=True, kw_only=True):
    """Film or photographs: `minutes` of flight, and the quality wanted."""

    minutes: Annotated[float, Meta(gt=0, le=2880)]
    resolution: Literal["1080p", "4k", "6k", "8k"] = "4k"
    frames_s: Annotated[int, Meta(ge=24, le=240)] = 25
    is_live: bool = False
    is_edited: bool = False


class MonitoringSpecification(MappingSpecification, frozen=True, kw_only=True):
    """A mapping that is repeated: `visits` times, `days_between` days apart."""

    visits: Annotated[int, Meta(ge=2, le=365)]
    days_between: Annotated[int, Meta(ge=1, le=365)]


Specification = (
    MappingSpecification
    | ThermalSpecification
    | LidarSpecification
    | InspectionSpecification
    | VideoSpecification
    | MonitoringSpecification
)

SPECIFICATIONS: dict[str, type[Specification]] = {
    "mapping": MappingSpecification,
    "thermal": ThermalSpecification,
    "lidar": LidarSpecification,
    "inspection": InspectionSpecification,
    "video": VideoSpecification,
    "monitoring": MonitoringSpecification,
}


def specification_of(service_type: str, values: Mapping[str, Any]) -> Specification:
    """
    What was asked for, as a value.

    Raises msgspec.ValidationError, whose message names the field and what is wrong with it.
    """
    return msgspec.convert(dict(values), SPECIFICATIONS[service_type])


def plain(specification: Specification) -> dict[str, Any]:
    """A specification as it is stored, with what was left out filled in."""
    stored: dict[str, Any] = msgspec.to_builtins(specification)
    return stored

"""Performance of one aircraft from the figures on file."""

from dataclasses import dataclass

from aircraft.exceptions import PerformanceUnknown
from aircraft.models import Aircraft, AltitudeBand, PayloadRange
from aircraft.performance import (
    Band,
    Ground,
    LegPerformance,
    NoSuchAltitude,
    Preference,
    RangePoint,
    WindTooStrong,
    fly_leg,
    range_nm_with,
)

_BAND = (
    "floor_ft",
    "ceiling_ft",
    "cruise_ktas",
    "burn_kg_h",
    "climb_allowance_min",
    "climb_allowance_kg",
    "descent_allowance_min",
    "descent_allowance_kg",
)


@dataclass(frozen=True)
class LegAnswer:
    """A leg of one aircraft: time and fuel, and whether payload and fuel allow it."""

    tail_number: str
    payload_kg: float
    leg: LegPerformance
    range_nm: float | None
    take_off_kg: float
    mtow_kg: int
    usable_fuel_kg: int
    max_payload_kg: int

    @property
    def is_possible(self) -> bool:
        """Within range with that payload, tanks and take-off weight."""
        return (
            self.payload_kg <= self.max_payload_kg
            and self.range_nm is not None
            and self.leg.still_air_nm <= self.range_nm
            and self.leg.required_fuel_kg <= self.usable_fuel_kg
            and self.take_off_kg <= self.mtow_kg
        )


def bands_of(aircraft: Aircraft) -> list[Band]:
    """The altitude bands of an aircraft, lowest first."""
    rows = AltitudeBand.objects.on_aircraft(aircraft.pk).order_by("floor_ft", "pk")
    return [as_band(row) for row in rows]


def ranges_of(aircraft: Aircraft) -> list[RangePoint]:
    """The corners of an aircraft's payload-range diagram, lightest first."""
    rows = PayloadRange.objects.on_aircraft(aircraft.pk).order_by("payload_kg", "pk")
    return [RangePoint(row.payload_kg, row.range_nm) for row in rows]


def leg_performance(
    aircraft: Aircraft,
    *,
    distance_nm: float,
    wind_kt: float = 0.0,
    altitude_ft: float | None = None,
    prefer: Preference = "fastest",
    payload_kg: float = 0.0,
) -> LegAnswer:
    """
    Block time and fuel of a leg, and whether the aircraft can fly it with a payload.

    Raises PerformanceUnknown when no band holds the altitude or the wind is too strong.
    """
    try:
        leg = fly_leg(
            bands_of(aircraft),
            distance_nm=distance_nm,
            wind_kt=wind_kt,
            altitude_ft=altitude_ft,
            prefer=prefer,
            ground=ground_of(aircraft),
        )
    except (NoSuchAltitude, WindTooStrong) as fault:
        raise PerformanceUnknown(aircraft=aircraft.tail_number, reason=_sentence(fault)) from fault
    return LegAnswer(
        tail_number=aircraft.tail_number,
        payload_kg=payload_kg,
        leg=leg,
        range_nm=range_with_payload(aircraft, payload_kg),
        take_off_kg=aircraft.basic_weight_kg + payload_kg + leg.required_fuel_kg,
        mtow_kg=aircraft.mtow_kg,
        usable_fuel_kg=aircraft.usable_fuel_kg,
        max_payload_kg=aircraft.max_payload_kg,
    )


def range_with_payload(aircraft: Aircraft, payload_kg: float) -> float | None:
    """Still-air range in NM with a payload, reserve kept; None when none is on file for it."""
    found = range_nm_with(ranges_of(aircraft), payload_kg)
    return None if found is None else min(found, float(aircraft.max_range_nm))


def as_band(row: AltitudeBand) -> Band:
    """A stored band as a value."""
    return Band(**{name: getattr(row, name) for name in _BAND})


def ground_of(aircraft: Aircraft) -> Ground:
    """What a leg costs on the ground, and the reserve."""
    return Ground(
        taxi_min=aircraft.taxi_min,
        taxi_fuel_kg=aircraft.taxi_fuel_kg,
        reserve_min=aircraft.reserve_min,
    )


def _sentence(fault: Exception) -> str:
    text = str(fault)
    return text[:1].upper() + text[1:]

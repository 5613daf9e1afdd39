"""One flight of one aircraft between two airports: altitude, wind, time, fuel, and its limits."""

import math
from collections.abc import Iterator

from msgspec import Struct

from aircraft.performance import (
    Band,
    LegPerformance,
    NoSuchAltitude,
    WindTooStrong,
    fly_at,
    fly_leg,
    range_nm_with,
)
from aircraft.suitability import Reason, Tail
from airports import routes
from airports.routes import Wind
from operations.planning.fields import Craft, Field
from operations.planning.tracks import Track, exact, rough, wind_component_kt

# Nothing cruises lower than this above the higher of two airports.
LEAST_ABOVE_FIELD_FT = 1500
ROUND_FT = 500


class Carried(Struct, frozen=True, kw_only=True):
    """
    What is common to the flights of one stage.

    `ceiling_ft` is how high the aircraft may fly with the patient and `stop_ft` how high a
    technical stop may lie; None for any height.
    """

    payload_kg: float
    wind: Wind | None = None
    ceiling_ft: float | None = None
    stop_ft: float | None = None


class Hop(Struct, frozen=True, kw_only=True):
    """One flight that the aircraft can make."""

    origin: Field
    destination: Field
    performance: LegPerformance
    wind_kt: float
    altitude_ft: int

    @property
    def block_min(self) -> int:
        """Whole minutes from blocks to blocks, rounded up, of which one at least is flown."""
        taxi_min = self.performance.block_min - self.performance.flight_min
        shortest_min = math.ceil(round(taxi_min, 6)) + 1
        return max(shortest_min, math.ceil(round(self.performance.block_min, 6)))


def fly(
    craft: Craft, origin: Field, destination: Field, carried: Carried
) -> tuple[Hop | None, tuple[Reason, ...]]:
    """
    The quickest way to fly one leg within range, tanks and weight, or why there is none.

    Every altitude band is tried with the wind as it meets its speed. Terrain is not known here.
    """
    track = exact(origin.place, destination.place)
    hops = _tried(craft, origin, destination, carried, track)
    if not hops:
        return None, (_no_altitude(craft, origin, destination, carried),)
    possible = [hop for hop in hops if not any(_beyond(craft.tail, hop.performance, carried))]
    if possible:
        return possible[0], ()
    return None, tuple(_beyond(craft.tail, hops[0].performance, carried))


class Estimator:
    """
    Block minutes of the flights of one stage, quick and slightly short, for searching.

    The same bands, wind and limits as `fly` has, on rough tracks: what it finds out of reach is.
    """

    def __init__(self, craft: Craft, carried: Carried) -> None:
        tail = craft.tail
        self._tail, self._carried = tail, carried
        farthest = range_nm_with(tail.ranges, carried.payload_kg)
        self._farthest_nm = min(farthest or 0.0, tail.max_range_nm)
        weight_kg = tail.basic_weight_kg + carried.payload_kg
        self._most_fuel_kg = min(tail.usable_fuel_kg, tail.mtow_kg - weight_kg)
        still = [
            (band, fly_at(band, distance_nm=0.0, wind_kt=0.0, ground=tail.ground))
            for band in tail.bands
        ]
        # What every flight in a band takes, however short.
        self._bands = [(band, least.block_min, least.required_fuel_kg) for band, least in still]
        self._known: dict[tuple[int, int], float | None] = {}

    def minutes(self, origin: Field, destination: Field) -> float | None:
        """Block minutes; None when certainly out of reach."""
        key = (origin.key, destination.key)
        if key not in self._known:
            self._known[key] = self._estimate(origin, destination)
        return self._known[key]

    def _estimate(self, origin: Field, destination: Field) -> float | None:
        track, best = rough(origin.place, destination.place), None
        for band, least_min, least_kg in self._bands:
            if not self._may_cruise(band, origin, destination):
                continue
            try:
                wind_kt = wind_component_kt(track, band.cruise_ktas, self._carried.wind)
            except routes.WindTooStrong:
                continue
            hours = track.distance_nm / (band.cruise_ktas + wind_kt)
            if hours * band.cruise_ktas > self._farthest_nm:
                continue
            if least_kg + hours * band.burn_kg_h > self._most_fuel_kg:
                continue
            minutes = least_min + hours * 60
            best = minutes if best is None else min(best, minutes)
        return best

    def _may_cruise(self, band: Band, origin: Field, destination: Field) -> bool:
        altitude_ft, highest_ft = lowest_ft(band, origin, destination), self._carried.ceiling_ft
        return altitude_ft < band.ceiling_ft and (highest_ft is None or altitude_ft <= highest_ft)


def lowest_ft(band: Band, origin: Field, destination: Field) -> int:
    """The altitude planned in a band: its floor, but clear of both airports."""
    higher_ft = max(origin.elevation_ft or 0, destination.elevation_ft or 0)
    clear_ft = higher_ft + LEAST_ABOVE_FIELD_FT
    return max(band.floor_ft, math.ceil(clear_ft / ROUND_FT) * ROUND_FT)


def _tried(
    craft: Craft, origin: Field, destination: Field, carried: Carried, track: Track
) -> list[Hop]:
    """The flight in every band that can be flown at all, quickest first."""
    hops = []
    for band in craft.tail.bands:
        altitude_ft = lowest_ft(band, origin, destination)
        if altitude_ft >= band.ceiling_ft:
            continue
        if carried.ceiling_ft is not None and altitude_ft > carried.ceiling_ft:
            continue
        try:
            wind_kt = wind_component_kt(track, band.cruise_ktas, carried.wind)
            performance = fly_leg(
                (band,), distance_nm=track.distance_nm, wind_kt=wind_kt, ground=craft.tail.ground
            )
        except (NoSuchAltitude, WindTooStrong, routes.WindTooStrong):
            continue
        hops.append(
            Hop(
                origin=origin,
                destination=destination,
                performance=performance,
                wind_kt=wind_kt,
                altitude_ft=altitude_ft,
            )
        )
    return sorted(hops, key=_quickest)


def _quickest(hop: Hop) -> tuple[float, float, int]:
    return hop.performance.block_min, hop.performance.trip_fuel_kg, hop.altitude_ft


def _beyond(tail: Tail, flown: LegPerformance, carried: Carried) -> Iterator[Reason]:
    """What the flight would exceed."""
    farthest = range_nm_with(tail.ranges, carried.payload_kg)
    if farthest is None:
        text = f"No range with {carried.payload_kg:g} kg of payload is on file."
        yield Reason(code="range", message=text, value=carried.payload_kg)
        return
    weight_kg = tail.basic_weight_kg + carried.payload_kg + flown.required_fuel_kg
    figures = (
        ("range", "NM through the air", flown.still_air_nm, min(farthest, tail.max_range_nm)),
        ("fuel", "kg of fuel with reserve", flown.required_fuel_kg, tail.usable_fuel_kg),
        ("take_off_weight", "kg at take-off", weight_kg, tail.mtow_kg),
    )
    for code, what, value, limit in figures:
        if value > limit:
            text = f"{math.ceil(value)} {what}, at most {limit:.0f}."
            yield Reason(code=code, message=text, value=round(value, 1), limit=round(limit, 1))


def _no_altitude(craft: Craft, origin: Field, destination: Field, carried: Carried) -> Reason:
    if not craft.tail.bands:
        return Reason(code="performance", message="No cruise performance is on file.")
    ceiling_ft = carried.ceiling_ft
    lowest = min(lowest_ft(band, origin, destination) for band in craft.tail.bands)
    if ceiling_ft is not None and lowest > ceiling_ft:
        text = f"Not above {ceiling_ft:.0f} ft with this patient; the lowest cruise is {lowest} ft."
        return Reason(code="cabin_altitude", message=text, value=lowest, limit=round(ceiling_ft))
    if all(lowest_ft(band, origin, destination) >= band.ceiling_ft for band in craft.tail.bands):
        text = f"No cruise altitude on file is clear of {origin.ident} and {destination.ident}."
        return Reason(code="altitude", message=text, value=lowest)
    wind_kt = carried.wind.speed_kt if carried.wind else 0.0
    text = f"A wind of {wind_kt:g} kt is too strong for it."
    return Reason(code="wind", message=text, value=wind_kt)

"""Airports, aircraft and journeys as values, for tests of the planner. Nothing is stored."""

from datetime import UTC, date, datetime
from typing import Any

from msgspec.structs import replace

from aircraft.performance import Band, Ground, RangePoint
from aircraft.suitability import Tail
from operations.itinerary import Place
from operations.planning.builder import Plan, build
from operations.planning.fields import Craft, Field, Strip
from operations.planning.journey import AskedLeg, Journey

# A Tuesday morning in the mountains: daylight everywhere in the west of America for ten hours.
MORNING = datetime(2026, 5, 12, 15, 0, tzinfo=UTC)
# Positions of the real airports.
POSITIONS = {
    "KBOI": (43.5644, -116.2228, "America/Boise"),
    "KSLC": (40.7884, -111.9778, "America/Denver"),
    "KSEA": (47.4490, -122.3093, "America/Los_Angeles"),
    "KDEN": (39.8617, -104.6732, "America/Denver"),
    "KOMA": (41.3032, -95.8941, "America/Chicago"),
    "KORD": (41.9786, -87.9048, "America/Chicago"),
    "KCLE": (41.4117, -81.8498, "America/New_York"),
    "KJFK": (40.6398, -73.7789, "America/New_York"),
    "KRAP": (44.0453, -103.0574, "America/Denver"),
    "KFSD": (43.5820, -96.7419, "America/Chicago"),
    "CYYR": (53.3192, -60.4258, "America/Goose_Bay"),
    "BGBW": (61.1605, -45.4260, "America/Godthab"),
    "BIKF": (63.9850, -22.6056, "Atlantic/Reykjavik"),
    "EGLL": (51.4706, -0.4619, "Europe/London"),
    "PHNL": (21.3187, -157.9225, "Pacific/Honolulu"),
    "CYVR": (49.1939, -123.1844, "America/Vancouver"),
}
KEYS = {ident: number for number, ident in enumerate(POSITIONS, start=1)}


def field(ident: str, **more: Any) -> Field:
    """A field with one long, paved and lit runway, 500 ft up."""
    lat, lon, zone = POSITIONS[ident]
    place = Place(
        airport_id=KEYS[ident],
        ident=ident,
        name=ident,
        country="US",
        region="US-ID",
        timezone=zone,
        lat=lat,
        lon=lon,
    )
    strips = (Strip(length_m=2400.0, surface="paved", is_lighted=True),)
    return Field(**{"place": place, "elevation_ft": 500, "strips": strips, **more})


def craft(base: str = "KBOI", *, far_nm: int = 1550, **more: Any) -> Craft:
    """A King Air at 240 and 300 kt; its range falls from 0 to 700 kg of payload by 150 NM."""
    tail = Tail(
        aircraft_id=7,
        tail_number="N104WS",
        designator="B350",
        base=base,
        status="in_service",
        on=date(2026, 5, 12),
        seats=8,
        stretchers=2,
        oxygen_l=6800,
        is_pressurized=True,
        mtow_kg=6804,
        basic_weight_kg=4420,
        max_payload_kg=1050,
        usable_fuel_kg=1638,
        max_range_nm=far_nm,
        min_runway_m=1100,
        surfaces=("paved", "gravel"),
        ground=Ground(taxi_min=11, taxi_fuel_kg=40, reserve_min=45),
        bands=(
            Band(floor_ft=5000, ceiling_ft=20_000, cruise_ktas=240, burn_kg_h=360),
            Band(
                floor_ft=20_000,
                ceiling_ft=35_000,
                cruise_ktas=300,
                burn_kg_h=300,
                climb_allowance_min=9,
                climb_allowance_kg=60,
                descent_allowance_min=4,
            ),
        ),
        ranges=(RangePoint(0, far_nm), RangePoint(700, far_nm - 150), RangePoint(1050, far_nm / 2)),
    )
    own = {name: more.pop(name) for name in ("crew", "fuel", "cabin_hpa") if name in more}
    return Craft(tail=replace(tail, **more), base=field(base), **own)


def asked(origin: str, destination: str, *, sequence: int = 1, **more: Any) -> AskedLeg:
    """A leg with the patient on the morning."""
    return AskedLeg(
        **{
            "sequence": sequence,
            "origin_id": KEYS[origin],
            "destination_id": KEYS[destination],
            "earliest_departure_at": MORNING,
            "has_patient": True,
            **more,
        }
    )


def plan(
    journey: Journey, machine: Craft | None = None, *, stops: tuple[str, ...] = (), **fields: Field
) -> Plan:
    """Plan over all known airports; `stops` may be used for fuel, `fields` replaces some."""
    known = {KEYS[ident]: fields.get(ident) or field(ident) for ident in POSITIONS}
    return build(
        journey,
        machine or craft(),
        fields=known,
        candidates=lambda *_: [known[KEYS[ident]] for ident in stops],
    )


def codes(found: Plan) -> list[str]:
    """The codes of all findings, sorted."""
    assert found.itinerary is not None
    return sorted(finding.code for finding in found.itinerary.findings)


def ways(found: Plan) -> list[str]:
    """The flights as `KBOI-KSLC`."""
    assert found.itinerary is not None, found.reasons
    return [f"{leg.origin.ident}-{leg.destination.ident}" for leg in found.itinerary.legs]

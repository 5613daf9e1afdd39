"""The demo's crewed fleet: an ambulance, a faster and dearer jet, and one too small for the job."""

from datetime import date, datetime, timedelta
from typing import Any

from aircraft.models import Aircraft, AircraftType
from aircraft.services.fleet import add_type, register_aircraft, set_performance
from aircraft.services.maintenance import add_task
from airports.models import Airport
from operations.demo.places import BASE

AMBULANCE = "N350WS"
JET = "N45WS"
SMALL = "N208WS"

_TYPES: dict[str, dict[str, Any]] = {
    "B350": {"name": "Beechcraft King Air 350", "engine_count": 2, "engine_kind": "T", "wake": "L"},
    "LJ45": {"name": "Learjet 45", "engine_count": 2, "engine_kind": "J", "wake": "M"},
    "C208": {"name": "Cessna 208 Caravan", "engine_count": 1, "engine_kind": "T", "wake": "L"},
}
_COMMON: dict[str, Any] = {
    "surfaces": ["paved"],
    "taxi_min": 10,
    "reserve_min": 45,
    "maintenance_program": "selected",
}
_TAILS: dict[str, tuple[str, dict[str, Any]]] = {
    AMBULANCE: (
        "B350",
        {
            "serial_number": "FL-0901",
            "seats": 8,
            "stretchers": 1,
            "min_crew": 2,
            "mtow_kg": 6804,
            "empty_weight_kg": 4130,
            "basic_weight_kg": 4420,
            "max_payload_kg": 1050,
            "usable_fuel_kg": 1638,
            "oxygen_l": 6800,
            "is_pressurized": True,
            "cabin_altitude_ft": 8000,
            "is_ice_protected": True,
            "has_weather_radar": True,
            "max_crosswind_kt": 20,
            "max_tailwind_kt": 10,
            "min_runway_m": 1100,
            "max_range_nm": 1550,
            "taxi_fuel_kg": 40,
            "time_in_service_min": 312_000,
            "cycles": 4_100,
            "landings": 4_150,
        },
    ),
    JET: (
        "LJ45",
        {
            "serial_number": "45-0902",
            "seats": 8,
            "stretchers": 1,
            "min_crew": 2,
            "mtow_kg": 9752,
            "empty_weight_kg": 5800,
            "basic_weight_kg": 6200,
            "max_payload_kg": 1000,
            "usable_fuel_kg": 2750,
            "oxygen_l": 6800,
            "is_pressurized": True,
            "cabin_altitude_ft": 8000,
            "is_ice_protected": True,
            "has_weather_radar": True,
            "max_crosswind_kt": 25,
            "max_tailwind_kt": 10,
            "min_runway_m": 1500,
            "max_range_nm": 1950,
            "taxi_fuel_kg": 80,
            "time_in_service_min": 402_000,
            "cycles": 5_300,
            "landings": 5_300,
        },
    ),
    SMALL: (
        "C208",
        {
            "serial_number": "208-0903",
            "seats": 9,
            "stretchers": 0,
            "min_crew": 1,
            "mtow_kg": 3970,
            "empty_weight_kg": 2145,
            "basic_weight_kg": 2300,
            "max_payload_kg": 1300,
            "usable_fuel_kg": 1000,
            "oxygen_l": 0,
            "is_pressurized": False,
            "is_ice_protected": False,
            "has_weather_radar": True,
            "max_crosswind_kt": 20,
            "max_tailwind_kt": 10,
            "min_runway_m": 800,
            "max_range_nm": 900,
            "taxi_fuel_kg": 10,
            "time_in_service_min": 540_000,
            "cycles": 12_000,
            "landings": 12_400,
        },
    ),
}
# Floor and ceiling in feet, cruise in knots true, burn in kg an hour, climb in minutes and kg.
_BANDS: dict[str, tuple[tuple[int, int, int, int, int, int], ...]] = {
    "B350": ((3_000, 20_000, 260, 380, 5, 40), (20_000, 35_001, 300, 380, 9, 60)),
    "LJ45": ((3_000, 25_000, 360, 900, 6, 90), (25_000, 51_001, 445, 640, 12, 160)),
    "C208": ((2_000, 25_001, 165, 160, 4, 15),),
}
_RANGES: dict[str, tuple[tuple[int, int], ...]] = {
    "B350": ((0, 1550), (700, 1350), (1050, 950)),
    "LJ45": ((0, 1950), (700, 1750), (1000, 1600)),
    "C208": ((0, 900), (800, 650), (1300, 300)),
}


def register_fleet(*, actor: Any, at: datetime) -> dict[str, Aircraft]:
    """Put the three aircraft on the fleet with papers in force and nothing due for months."""
    today = at.date()
    base = Airport.objects.get(icao=BASE)
    for designator, values in _TYPES.items():
        if not AircraftType.objects.filter(designator=designator).exists():
            add_type(designator=designator, category="L", actor=actor, at=at, **values)
    return {tail: _register(tail, base, today, actor=actor, at=at) for tail in _TAILS}


def _register(tail: str, base: Airport, today: date, *, actor: Any, at: datetime) -> Aircraft:
    designator, values = _TAILS[tail]
    aircraft = register_aircraft(
        tail_number=tail,
        aircraft_type=AircraftType.objects.get(designator=designator),
        base=base,
        airworthiness_certificate=f"DEMO-AW-{tail}",
        registration_expires_on=today + timedelta(days=1200),
        insurance_expires_on=today + timedelta(days=300),
        weighed_on=today - timedelta(days=300),
        actor=actor,
        at=at,
        **_COMMON,
        **values,
    )
    set_performance(
        aircraft,
        bands=[
            {
                "floor_ft": floor,
                "ceiling_ft": ceiling,
                "cruise_ktas": cruise,
                "burn_kg_h": burn,
                "climb_allowance_min": climb,
                "climb_allowance_kg": climb_kg,
                "descent_allowance_min": 4,
                "descent_allowance_kg": 10,
            }
            for floor, ceiling, cruise, burn, climb, climb_kg in _BANDS[designator]
        ],
        ranges=[
            {"payload_kg": payload, "range_nm": reach} for payload, reach in _RANGES[designator]
        ],
        actor=actor,
        at=at,
    )
    _maintain(aircraft, today, actor=actor, at=at)
    return aircraft


def _maintain(aircraft: Aircraft, today: date, *, actor: Any, at: datetime) -> None:
    for kind in ("program", "altimeter_static", "transponder", "elt"):
        add_task(
            aircraft,
            title=kind.replace("_", " ").capitalize(),
            kind=kind,
            interval_months=12 if kind == "elt" else 24,
            last_done_on=today - timedelta(days=60),
            actor=actor,
            at=at,
        )

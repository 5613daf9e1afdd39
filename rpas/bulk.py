"""The drone fleet and its batteries from a sheet."""

from typing import Any

from common.imports.kinds import Column, ImportKind, Values, import_kind
from rpas.models import AircraftKind, Battery, RPASAircraft
from rpas.models.operator import normalized
from rpas.serializers.aircraft import (
    LIMITS,
    RegisterAircraftSerializer,
    RegisterBatterySerializer,
    UpdateAircraftSerializer,
    UpdateBatterySerializer,
)
from rpas.services import aircraft, batteries

_AIRCRAFT = (
    Column("operator", "Name of the operator.", "Harbour Drones", is_required=True),
    Column("registration", "Says which aircraft is meant.", "RPA-0042", is_required=True),
    Column("serial_number", "Of the maker.", "1581F6", is_required=True),
    Column("make", "Maker.", "DJI", is_required=True),
    Column("model", "Model.", "Matrice 350", is_required=True),
    Column("kind", ", ".join(AircraftKind.values), AircraftKind.values[0], is_required=True),
    Column("empty_mass_kg", "Kilograms.", "6.5", is_required=True),
    Column("mtow_kg", "Maximum take-off mass, kilograms.", "9.2", is_required=True),
    Column("firmware_version", "Installed now.", "10.1.2"),
    Column("time_in_service_min", "Minutes flown before.", "0"),
    Column("cycles", "Cycles before.", "0"),
    Column("flights", "Flights before.", "0"),
    Column("registration_expires_on", "The last valid day, 2027-06-30.", "2027-06-30"),
    Column("max_wind_ms", "Meters a second.", "12"),
    Column("min_temperature_c", "Degrees Celsius.", "-20"),
    Column("max_temperature_c", "Degrees Celsius.", "50"),
    Column("ip_rating", "Such as IP55.", "IP55"),
    Column("endurance", "Hours, minutes, seconds.", "00:45:00"),
    Column("max_speed_ms", "Meters a second.", "23"),
    Column("control_link_range_m", "Meters.", "8000"),
    Column("has_position_lights", "true or false.", "true"),
)
_HELD = ("serial_number", "make", "model", "kind", "empty_mass_kg", "mtow_kg", "firmware_version")
_BROUGHT = ("time_in_service_min", "cycles", "flights")
_BATTERY = ("serial_number", "model", "capacity_mah", "cycles", "max_cycles", "health_percent")


def _codes(row: dict[str, Any], held: Any) -> dict[str, Any]:
    """Codes as they are kept."""
    codes = ("registration", "serial_number")
    return row | {name: normalized(row[name]) for name in codes if name in row}


def _find_aircraft(user: Any, values: Values) -> RPASAircraft | None:
    rows = RPASAircraft.objects.visible_to(user).select_related("operator")
    return rows.filter(registration=values["registration"]).first()


def _find_battery(user: Any, values: Values) -> Battery | None:
    rows = Battery.objects.visible_to(user).select_related("operator", "aircraft")
    return rows.filter(serial_number=values["serial_number"]).first()


def _now_aircraft(row: RPASAircraft) -> Values:
    names = (*_HELD, *_BROUGHT, *LIMITS)
    return {"operator": row.operator.name} | {name: getattr(row, name) for name in names}


def _now_battery(row: Battery) -> Values:
    fitted = row.aircraft.registration if row.aircraft else ""
    known = {name: getattr(row, name) for name in _BATTERY}
    return known | {"operator": row.operator.name, "aircraft": fitted}


import_kind(
    ImportKind(
        code="drones",
        title="Drone aircraft",
        named_by=("registration",),
        about=(
            "Uncrewed aircraft with their limits. A row means the aircraft of its registration;"
            " what was flown, maker and model stay as they are once it is on file."
        ),
        model=RPASAircraft,
        columns=_AIRCRAFT,
        create_serializer=RegisterAircraftSerializer,
        amend_serializer=UpdateAircraftSerializer,
        create=aircraft.register_aircraft,
        amend=aircraft.update_aircraft,
        find=_find_aircraft,
        now=_now_aircraft,
        shape=_codes,
        fixed=("registration",),
    )
)
import_kind(
    ImportKind(
        code="batteries",
        title="Drone batteries",
        named_by=("serial_number",),
        about=(
            "Flight batteries. A row means the battery of its serial number; cycles and health of"
            " one on file may change, where it is fitted is changed on its own page."
        ),
        model=Battery,
        columns=(
            Column("operator", "Name of the operator.", "Harbour Drones", is_required=True),
            Column("serial_number", "Says which one is meant.", "TB65-00017", is_required=True),
            Column("model", "Model.", "TB65", is_required=True),
            Column("capacity_mah", "Milliampere hours.", "5880", is_required=True),
            Column("aircraft", "Registration of the aircraft it is fitted to.", "RPA-0042"),
            Column("cycles", "Charges so far.", "12"),
            Column("max_cycles", "Charges it may have.", "400"),
            Column("health_percent", "0 to 100.", "98"),
        ),
        create_serializer=RegisterBatterySerializer,
        amend_serializer=UpdateBatterySerializer,
        create=batteries.register_battery,
        amend=batteries.update_battery,
        find=_find_battery,
        now=_now_battery,
        shape=_codes,
        fixed=("serial_number",),
    )
)

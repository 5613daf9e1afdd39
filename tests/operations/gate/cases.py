"""One row for each answer a rule can give: rule, facts, color at release, color while planning."""

from datetime import date, timedelta
from typing import Any, NamedTuple

from msgspec.structs import replace

from common.compliance.findings import Color
from operations.facts.legs import RunwayEndFacts
from operations.facts.papers import (
    GroundFacts,
    OpsSpecFacts,
    PassengerFacts,
    ServiceFacts,
    TaxFacts,
)
from tests.operations.gate.green import (
    CABIN,
    DAY,
    EMPTY_LEG,
    GOOD,
    GREEN,
    HELICOPTER,
    LEG,
    LOAD,
    MEDICAL,
    OUT,
    PAPERS,
    empty,
    heli,
    live,
    paper,
    place,
    sky,
    trip,
    without,
    wx,
)

OK, AMBER, RED, SILENT = Color.GREEN, Color.AMBER, Color.RED, None
SHEET = GREEN.worksheet
VFR = {"is_ifr": False}
NIGHT = {"is_night_departure": True, "is_night_arrival": True}
SM = 1609.344


class Case(NamedTuple):
    """`planning` says what is answered while planning where that is another color."""

    code: str
    facts: Any
    expected: Color | None
    planning: Color | str | None = "same"


def unknown(code: str, facts: Any) -> Case:
    """A missing input: amber while planning, red at release (C-UNKNOWN)."""
    return Case(code, facts, RED, AMBER)


def ends(weather: Any, **more: Any) -> dict[str, Any]:
    return {"departure_weather": weather, "arrival_weather": weather, **more}


def to(weather: Any, **more: Any) -> Any:
    return live(arrival_weather=weather, **more)


def cabin(**more: Any) -> Any:
    return trip(cabin=replace(CABIN, **more))


def medical(**more: Any) -> Any:
    return trip(medical=replace(MEDICAL, **more))


def sheet(**more: Any) -> Any:
    return trip(worksheet=replace(SHEET, **more))


def gust(direction: int, speed: float, gusts: float | None = None, **more: Any) -> Any:
    said = replace(
        GOOD, wind_direction_deg=direction, wind_speed_kt=speed, wind_gust_kt=gusts, **more
    )
    return live(**ends(wx(said)))


def airport(**more: Any) -> Any:
    runway = replace(LEG.arrival.runways[0], **more)
    return live(arrival=place("KBBB", 2, runways=(runway,)))


ALT = place("KCCC", 3)
ALTERNATE = {
    "alternate": ALT,
    "alternate_nm": 60.0,
    "alternate_weather": wx(),
    "alternate_ceiling_ft": 300,
    "alternate_visibility_m": 1600,
    "alternate_navaids": 1,
}
POOR = wx(sky(1200))
MISSING_WEATHER = (
    "FAR-135.217",
    "FAR-135.219",
    "FAR-135.225",
    "WX-XWIND",
    "WX-TAILW",
    "WX-ICE",
    "WX-TS",
    "WX-AGE",
    "WX-STN",
)

MINIMA = [
    # FAR-135.219: minima 250 ft and 1,200 m; near is 200 ft and half a mile (805 m) above.
    Case("FAR-135.219", to(wx(sky(450, 2005))), OK),
    Case("FAR-135.219", to(wx(sky(449, 9999))), AMBER),
    Case("FAR-135.219", to(wx(sky(450, 2004))), AMBER),
    Case("FAR-135.219", to(wx(sky(250, 1200))), AMBER),
    Case("FAR-135.219", to(wx(sky(249, 1200))), RED),
    Case("FAR-135.219", to(wx(sky(250, 1199))), RED),
    Case("FAR-135.219", to(wx(GOOD, ("INITIAL", GOOD), ("TEMPO", sky(100)))), AMBER),
    Case("FAR-135.219", to(wx(GOOD, ("FM", sky(100)))), RED),
    unknown("FAR-135.219", live(min_ceiling_ft=None)),
    unknown("FAR-135.219", to(wx(replace(GOOD, is_ceiling_known=False)))),
    unknown("FAR-135.219", to(wx(observed=False, covers=False))),
    Case("FAR-135.219", empty(arrival_weather=wx(sky(100))), SILENT),
    # FAR-135.217: minima of the departure are those of the leg that comes back.
    Case("FAR-135.217", trip(), OK),
    Case("FAR-135.217", live(departure_weather=wx(sky(1000, 5000))), OK),
    unknown("FAR-135.217", live(departure_weather=wx(sky(900)))),
    Case("FAR-135.217", trip(legs=(replace(LEG, departure_weather=wx(sky(200))), EMPTY_LEG)), RED),
    Case(
        "FAR-135.217",
        live(departure_weather=wx(sky(200)), takeoff_alternate=ALT, takeoff_alternate_nm=240.0),
        OK,
    ),
    Case(
        "FAR-135.217",
        live(departure_weather=wx(sky(200)), takeoff_alternate=ALT, takeoff_alternate_nm=240.1),
        RED,
    ),
    # FAR-135.225: a station within 5 NM speaks for the aerodrome.
    Case("FAR-135.225", to(wx(km=9.26)), OK),
    Case("FAR-135.225", to(wx(km=9.27)), RED),
    Case("FAR-135.225", to(wx(km=20), **ALTERNATE), AMBER),
    # FAR-135.205 and 91.155, by sight.
    Case("FAR-135.205A", live(**VFR, **ends(wx(sky(999, round(2 * SM))))), OK),
    Case("FAR-135.205A", live(**VFR, **ends(wx(sky(999, round(2 * SM) - 1)))), RED),
    Case("FAR-135.205A", live(**VFR, **ends(wx(sky(1000, 1000)))), OK),
    unknown("FAR-135.205A", live(**VFR, **ends(None))),
    Case("FAR-135.205A", live(), SILENT),
    Case("FAR-91.155", live(**VFR, **ends(wx(sky(1000, round(3 * SM))))), OK),
    Case("FAR-91.155", live(**VFR, **ends(wx(sky(999, 9999)))), RED),
    Case("FAR-91.155", live(**VFR, **ends(wx(sky(1000, 4827)))), RED),
    unknown("FAR-91.155", live(**VFR, **ends(None))),
]
MINIMA += [
    Case(
        "FAR-135.205B",
        replace(heli(**VFR, has_patient=False, **ends(wx(sky(200, seen)))), kind="charter"),
        expected,
    )
    for seen, expected in ((805, OK), (804, RED))
]
MINIMA += [
    Case(
        "FAR-135.205B",
        replace(
            heli(**VFR, **NIGHT, has_patient=False, **ends(wx(sky(200, seen)))), kind="charter"
        ),
        expected,
    )
    for seen, expected in ((1609, OK), (1608, RED))
]

ALTERNATES = [
    # 135.223: without circling 2,000 ft, and 3 SM or 2 SM above the minimum (1,200 m + 3,219).
    Case("FAR-135.223", to(wx(sky(2000, 4828))), OK),
    Case("FAR-135.223", to(wx(sky(1999, 9999))), RED),
    Case("FAR-135.223", to(wx(sky(2000, 4827))), RED),
    Case("FAR-135.223", to(wx(sky(2000)), circling_ceiling_ft=500), OK),
    Case("FAR-135.223", to(wx(sky(2000)), circling_ceiling_ft=501), RED),
    Case("FAR-135.223", to(wx(GOOD, ("INITIAL", GOOD), ("TEMPO", sky(1000)))), AMBER),
    Case("FAR-135.223", to(POOR, **ALTERNATE), OK),
    unknown("FAR-135.223", to(wx(observed=False, forecast=False))),
    unknown("FAR-135.223", live(min_ceiling_ft=None)),
    # C055: one aid 300 + 400 ft and 1,600 m + 1 SM; two 200 ft and half a mile.
    Case("FAR-135.221A", live(**ALTERNATE | {"alternate_weather": wx(sky(700, 3209))}), OK),
    Case("FAR-135.221A", live(**ALTERNATE | {"alternate_weather": wx(sky(699, 3209))}), RED),
    Case("FAR-135.221A", live(**ALTERNATE | {"alternate_weather": wx(sky(700, 3208))}), RED),
    Case(
        "FAR-135.221A",
        live(**ALTERNATE | {"alternate_weather": wx(sky(500, 2405)), "alternate_navaids": 2}),
        OK,
    ),
    Case(
        "FAR-135.221A",
        live(**ALTERNATE | {"alternate_weather": wx(sky(499, 2405)), "alternate_navaids": 2}),
        RED,
    ),
    unknown("FAR-135.221A", live(**ALTERNATE | {"alternate_navaids": None})),
    unknown("FAR-135.221A", live(**ALTERNATE | {"alternate_weather": None})),
    Case("FAR-135.221A", live(), SILENT),
    Case("FAR-135.221B", heli(**ALTERNATE | {"alternate_weather": wx(sky(500, 1609))}), OK),
    Case("FAR-135.221B", heli(**ALTERNATE | {"alternate_weather": wx(sky(499, 1609))}), RED),
    unknown("FAR-135.221B", heli(**ALTERNATE | {"alternate_ceiling_ft": None})),
    Case("OPSPEC-C055", live(**ALTERNATE), OK),
    Case("OPSPEC-C055", replace(live(**ALTERNATE), opsspecs=()), RED),
    Case("FAR-91.169", empty(arrival_weather=wx(sky(2000, 4828))), OK),
    Case("FAR-91.169", empty(arrival_weather=wx(sky(1999))), RED),
    Case(
        "FAR-91.169",
        empty(arrival_weather=POOR, **ALTERNATE | {"alternate_weather": wx(sky(800, 3219))}),
        OK,
    ),
    Case(
        "FAR-91.169",
        empty(arrival_weather=POOR, **ALTERNATE | {"alternate_weather": wx(sky(799, 3219))}),
        RED,
    ),
    Case(
        "FAR-91.169",
        empty(
            arrival_weather=POOR,
            **ALTERNATE | {"alternate_weather": wx(sky(600, 3219)), "alternate_ceiling_ft": 250},
        ),
        OK,
    ),
    unknown("FAR-91.169", empty(arrival_weather=None)),
    # 400 kg, 45 min at 360 kg/h = 270, and 60 NM at 240 kt = 90 for the alternate.
    Case("FAR-135.223-FUEL", live(fuel_on_board_kg=670), OK),
    Case("FAR-135.223-FUEL", live(fuel_on_board_kg=669), RED),
    Case("FAR-135.223-FUEL", live(fuel_on_board_kg=760, **ALTERNATE), OK),
    Case("FAR-135.223-FUEL", live(fuel_on_board_kg=759, **ALTERNATE), RED),
    Case("FAR-135.223-FUEL", heli(fuel_on_board_kg=580), OK),
    Case("FAR-135.223-FUEL", heli(fuel_on_board_kg=579), RED),
    Case("FAR-135.223-FUEL", live(fuel_kg=1500, fuel_on_board_kg=None), RED),
    unknown("FAR-135.223-FUEL", live(fuel_on_board_kg=None)),
    unknown("FAR-135.223-FUEL", live(fuel_kg=0)),
    Case("FAR-91.167", empty(fuel_on_board_kg=670), OK),
    Case("FAR-91.167", empty(fuel_on_board_kg=669), RED),
    unknown("FAR-91.167", empty(fuel_on_board_kg=None)),
    # 30 min by day 180 kg, 45 by night 270, helicopters 20 min 120.
    Case("FAR-135.209", live(**VFR, fuel_on_board_kg=580), OK),
    Case("FAR-135.209", live(**VFR, fuel_on_board_kg=579), RED),
    Case("FAR-135.209", live(**VFR, **NIGHT, fuel_on_board_kg=669), RED),
    Case("FAR-135.209", live(**VFR, is_night_arrival=None, fuel_on_board_kg=669), RED),
    Case("FAR-135.209", heli(**VFR, fuel_on_board_kg=520), OK),
    unknown("FAR-135.209", live(**VFR, fuel_on_board_kg=None)),
]

# The runway lies 090/270 true; its limit across is 20 kt, from behind 10.
WINDS = [
    Case("WX-XWIND", gust(360, 16), OK),
    Case("WX-XWIND", gust(360, 16.1), AMBER),
    Case("WX-XWIND", gust(360, 20), AMBER),
    Case("WX-XWIND", gust(360, 20.1), RED),
    Case("WX-XWIND", gust(360, 10, 21), RED),
    Case("WX-XWIND", gust(300, 40), AMBER),
    Case("WX-XWIND", gust(0, 0), OK),
    Case("WX-XWIND", gust(270, 15, is_wind_variable=True), OK),
    Case("WX-XWIND", gust(270, 21, is_wind_variable=True), RED),
    Case("WX-XWIND", gust(270, 21, wind_from_deg=240, wind_to_deg=360), RED),
    unknown("WX-XWIND", cabin(max_crosswind_kt=None)),
    unknown("WX-XWIND", airport(ends=(RunwayEndFacts("09", None), RunwayEndFacts("27", None)))),
    Case("WX-TAILW", gust(270, 40), OK),
    Case("WX-TAILW", gust(90, 8, is_wind_variable=True), OK),
    Case("WX-TAILW", gust(90, 9, is_wind_variable=True), AMBER),
    Case("WX-TAILW", gust(90, 11, is_wind_variable=True), RED),
    unknown("WX-TAILW", cabin(max_tailwind_kt=None)),
]


def falling(*groups: str, **more: Any) -> Any:
    return wx(replace(GOOD, weather=groups), **more)


HAZARDS = [
    Case("WX-ICE", live(), OK),
    Case("WX-ICE", to(falling("-FZRA")), AMBER),
    Case(
        "WX-ICE", replace(to(falling("-FZRA")), cabin=replace(CABIN, is_ice_protected=False)), RED
    ),
    Case("WX-ICE", live(departure_weather=falling("RA", temperature_c=3.1)), OK),
    Case("WX-ICE", live(departure_weather=falling("RA", temperature_c=3.0)), AMBER),
    Case("WX-ICE", to(falling("-SN")), AMBER),
    unknown("WX-ICE", replace(to(falling("SN")), cabin=replace(CABIN, is_ice_protected=None))),
    Case("WX-TS", to(falling("TSRA")), RED),
    Case(
        "WX-TS", to(wx(GOOD, ("INITIAL", GOOD), ("TEMPO", replace(GOOD, weather=("TSRA",))))), AMBER
    ),
    Case(
        "WX-TS",
        replace(
            to(wx(GOOD, ("INITIAL", GOOD), ("TEMPO", replace(GOOD, weather=("TSRA",))))),
            cabin=replace(CABIN, has_weather_radar=False),
        ),
        RED,
    ),
    Case("WX-TS", live(), OK),
    unknown("WX-TS", to(falling("//"))),
    Case("WX-FLTCAT", to(wx(sky(1000, 4829))), OK),
    Case("WX-FLTCAT", to(wx(sky(999, 9999))), AMBER),
    Case("WX-FLTCAT", to(wx(sky(400, 9999))), AMBER),
    Case("WX-FLTCAT", to(None), AMBER),
    Case("WX-AGE", live(**ends(wx(age_min=60)), on_at=OUT), OK),
    Case("WX-AGE", live(**ends(wx(age_min=60.1))), AMBER),
    unknown("WX-AGE", live(**ends(wx(age_min=120.1)))),
    Case("WX-STN", live(), OK),
    Case("WX-STN", to(wx(km=50.1)), AMBER),
    Case("FAR-135.213", live(), OK),
    Case("FAR-135.213", to(None), AMBER),
    Case("FAR-135.213", replace(to(None), evidence=(paper("weather_source"),)), OK),
]
HAZARDS += [unknown(code, live(**ends(None))) for code in MISSING_WEATHER]

FIELDS = [
    Case("OPS-RUNWAY", airport(length_m=1100.0), OK),
    Case("OPS-RUNWAY", airport(length_m=1099.9), RED),
    Case("OPS-RUNWAY", airport(surface="grass"), RED, AMBER),
    unknown("OPS-RUNWAY", airport(length_m=None)),
    Case("OPS-SURFACE", live(), OK),
    Case("OPS-SURFACE", airport(surface="grass"), RED),
    unknown("OPS-SURFACE", airport(surface=None)),
    Case("OPS-HOURS", trip(), OK),
    Case("OPS-HOURS", without("airport_hours"), AMBER),
    Case(
        "OPS-HOURS",
        replace(
            without("airport_hours"),
            services=tuple(
                ServiceFacts(kind="handling", status="confirmed", airport=ident)
                for ident in ("KAAA", "KBBB")
            ),
        ),
        OK,
    ),
    # 60 % of 2,500 m is 1,500 m; 1,304.3 m of distance are 1,500 when wet.
    Case("FAR-135.385", live(landing_distance_m=1500), OK),
    Case("FAR-135.385", live(landing_distance_m=1501), RED),
    Case("FAR-135.385", to(falling("-RA"), landing_distance_m=1304), OK),
    Case("FAR-135.385", to(falling("-RA"), landing_distance_m=1305), RED),
    Case(
        "FAR-135.385",
        replace(
            live(landing_distance_m=2000),
            opsspecs=(OpsSpecFacts(code="C049", issued_on=date(2025, 1, 1)),),
        ),
        AMBER,
    ),
    Case(
        "FAR-135.385",
        replace(
            live(landing_distance_m=2001),
            opsspecs=(OpsSpecFacts(code="C049", issued_on=date(2025, 1, 1)),),
        ),
        RED,
    ),
    unknown("FAR-135.385", live(landing_distance_m=None)),
    Case("FAR-135.385", replace(live(), cabin=replace(CABIN, mtow_kg=5670)), SILENT),
    Case("FAR-135.387", live(landing_distance_m=1304, **ALTERNATE), OK),
    Case("FAR-135.387", live(landing_distance_m=1305, **ALTERNATE), RED),
    unknown("FAR-135.387", live(landing_distance_m=None, **ALTERNATE)),
]


def high(feet: int, *more: Any, **leg: Any) -> Any:
    return replace(live(**VFR, **leg), evidence=(paper("vfr_heights", clearance_ft=feet), *more))


FIELDS += [
    Case("FAR-135.203", high(500), OK),
    Case("FAR-135.203", high(499), RED),
    Case("FAR-135.203", high(1999, **NIGHT), RED),
    Case("FAR-135.203", high(2000, **NIGHT), OK),
    Case("FAR-135.203", high(1000, paper("low_terrain"), **NIGHT), OK),
    unknown("FAR-135.203", live(**VFR)),
    Case("FAR-135.207", heli(paper("surface_reference"), **VFR), OK),
    unknown("FAR-135.207", heli(**VFR)),
]


def by_sight(ceiling: int, miles: float, *papers: Any, **more: Any) -> Any:
    return heli(*papers, **VFR, **ends(wx(sky(ceiling, round(miles * SM)))), **more)


LOW, LOCAL = paper("low_terrain"), paper("local_area")
AIDS = replace(HELICOPTER, has_terrain_awareness=True)
AMBULANCE = [
    # Clear of the amber margins of 200 ft and 1 SM.
    Case("FAR-135.609", by_sight(1000, 3, LOW, LOCAL), OK),
    Case("FAR-135.609", by_sight(999, 3, LOW, LOCAL), AMBER),
    Case("FAR-135.609", by_sight(800, 2, LOW, LOCAL), AMBER),
    Case("FAR-135.609", by_sight(799, 5, LOW, LOCAL), RED),
    Case("FAR-135.609", by_sight(800, 1.9, LOW, LOCAL), RED),
    Case("FAR-135.609", by_sight(800, 2.9, LOW), RED),
    Case("FAR-135.609", by_sight(999, 5), RED),
    Case("FAR-135.609", by_sight(1499, 6, **NIGHT), RED),
    Case("FAR-135.609", by_sight(1000, 5, cabin=AIDS, **NIGHT), AMBER),
    unknown("FAR-135.609", heli(**VFR, **ends(None))),
    Case("FAR-135.611", heli(arrival_weather=wx(km=27.78)), OK),
    Case("FAR-135.611", heli(arrival_weather=wx(km=27.79)), RED),
    unknown("FAR-135.611", heli(arrival_weather=None)),
    Case("FAR-135.611", live(), SILENT),
]
HELIPORT = {"arrival": place("HELI", 9, kind="heliport")}


def after(nm: float, ceiling: int, miles: float, **more: Any) -> Any:
    weather = wx(sky(ceiling, round(miles * SM)))
    record = paper("instrument_transition", distance_nm=nm)
    return heli(record, arrival_weather=weather, **HELIPORT, **more)


AMBULANCE += [
    Case("FAR-135.613", after(1.0, 250, 1), OK),
    Case("FAR-135.613", after(1.0, 249, 1), RED),
    Case("FAR-135.613", after(3.0, 600, 2), OK),
    Case("FAR-135.613", after(3.0, 600, 2, **NIGHT), RED),
    Case("FAR-135.613", after(3.1, 999, 3), RED),
    unknown("FAR-135.613", heli(**HELIPORT)),
    Case(
        "FAR-135.615",
        heli(paper("route_obstacles", highest_obstacle_ft=1000, altitude_ft=1300), **VFR),
        OK,
    ),
    Case(
        "FAR-135.615",
        heli(paper("route_obstacles", highest_obstacle_ft=1000, altitude_ft=1299), **VFR),
        RED,
    ),
    Case(
        "FAR-135.615",
        heli(paper("route_obstacles", highest_obstacle_ft=1000, altitude_ft=1499), **VFR, **NIGHT),
        RED,
    ),
    unknown("FAR-135.615", heli(**VFR)),
    Case("FAR-135.617-PRA", trip(), OK),
    Case("FAR-135.617-PRA", sheet(score=25), OK),
    Case("FAR-135.617-PRA", sheet(score=26), RED),
    Case("FAR-135.617-PRA", sheet(score=26, approved_by="Manager"), AMBER),
    Case("FAR-135.617-PRA", trip(refusals_nearby=1), AMBER),
    unknown("FAR-135.617-PRA", trip(worksheet=None)),
    unknown("FAR-135.617-PRA", sheet(signed_by="")),
    unknown("FAR-135.617-PRA", sheet(plan_hash="other")),
    unknown("FAR-135.617-PRA", sheet(is_complete=False)),
    unknown("FAR-135.617-PRA", sheet(template_version=0)),
    Case("FAR-135.91-O2", trip(), OK),
    Case("FAR-135.91-O2", without("oxygen"), AMBER),
    Case("OPSPEC-A024", trip(), OK),
    Case("OPSPEC-A024", trip(opsspecs=()), RED),
    Case(
        "OPSPEC-A024",
        trip(opsspecs=(OpsSpecFacts(code="A024", issued_on=date(2025, 1, 1), expires_on=DAY),)),
        OK,
    ),
    Case(
        "OPSPEC-A024",
        trip(
            opsspecs=(
                OpsSpecFacts(
                    code="A024", issued_on=date(2025, 1, 1), expires_on=DAY - timedelta(days=1)
                ),
            )
        ),
        RED,
    ),
    Case(
        "OPSPEC-A021",
        replace(heli(), opsspecs=(OpsSpecFacts(code="A021", issued_on=DAY),)),
        OK,
    ),
    Case("OPSPEC-A021", heli(), RED),
    Case("PART5-SMS", trip(rule_date=date(2027, 5, 28)), OK),
    Case("PART5-SMS", trip(rule_date=date(2027, 5, 29)), AMBER),
]

# 60 minutes at 4 l/min and half as much in reserve: 360 l.
CARE = [
    Case("MED-DECISION", trip(), OK),
    Case("MED-DECISION", medical(decision="not_fit"), RED),
    Case("MED-DECISION", medical(decision="conditions", conditions=("Low cabin",)), AMBER),
    unknown("MED-DECISION", medical(decision="pending")),
    unknown("MED-DECISION", trip(medical=None)),
    Case("MED-OXYGEN", cabin(oxygen_l=360), OK),
    Case("MED-OXYGEN", cabin(oxygen_l=359), RED),
    Case(
        "MED-OXYGEN",
        replace(cabin(oxygen_l=419), ground=(GroundFacts(leg=1, is_pickup=True, minutes=10),)),
        RED,
    ),
    unknown("MED-OXYGEN", replace(live(has_patient=False), kind="air_ambulance")),
    Case("MED-STRETCHER", cabin(stretchers=1), OK),
    Case("MED-STRETCHER", cabin(stretchers=0), RED),
    Case("MED-SEATS", live(passengers=5), OK),
    Case("MED-SEATS", live(passengers=6), RED),
    Case("MED-TEAM", trip(), OK),
    unknown("MED-TEAM", medical(team=("flight_nurse", "flight_nurse"))),
    unknown("MED-TEAM", trip(crew=())),
    Case("MED-CABIN", medical(max_cabin_altitude_ft=7000), OK),
    Case("MED-CABIN", medical(max_cabin_altitude_ft=6999), RED),
    Case(
        "MED-CABIN",
        replace(medical(max_cabin_altitude_ft=8000), cabin=replace(CABIN, is_pressurized=False)),
        RED,
    ),
    unknown(
        "MED-CABIN",
        replace(medical(max_cabin_altitude_ft=8000), cabin=replace(CABIN, cabin_altitude_ft=None)),
    ),
    Case("MED-LOAD", live(payload_kg=82), OK),
    Case("MED-LOAD", live(payload_kg=81), RED),
    unknown("MED-LOAD", medical(patient_mass_kg=None)),
    unknown("MED-LOAD", live(payload_kg=0)),
    Case("OPS-WEIGHT", live(payload_kg=1050, fuel_on_board_kg=1334), OK),
    Case("OPS-WEIGHT", live(payload_kg=1050, fuel_on_board_kg=1335), RED),
    Case("OPS-WEIGHT", live(payload_kg=1051), RED),
    unknown("OPS-WEIGHT", live(fuel_on_board_kg=None)),
]


def abroad(*papers: Any, **more: Any) -> Any:
    leg = live(arrival=place("CYYC", 5, country="CA"), **more)
    return replace(leg, evidence=(*PAPERS, *papers))


def loaded(**more: Any) -> Any:
    papers = [entry for entry in PAPERS if entry.kind != "load_manifest"]
    return trip(evidence=(*papers, paper("load_manifest", **LOAD | more)))


ONE = PassengerFacts(legs=(1,))
FREE = TaxFacts(leg=1, code="FET", is_exempt=True)
DOCUMENTS = [
    Case("DOC-GENDEC", abroad(paper("gendec", health="none", signatory="Agent")), OK),
    unknown("DOC-GENDEC", abroad(paper("gendec", health="none"))),
    unknown("DOC-GENDEC", abroad()),
    unknown("DOC-GENDEC", live(arrival=None)),
    Case("DOC-GENDEC", live(), SILENT),
    Case("DOC-PAXMAN", trip(), OK),
    Case("DOC-PAXMAN", replace(live(passengers=1), passengers=(ONE,), evidence=()), OK),
    Case("DOC-PAXMAN", replace(live(passengers=1), passengers=(ONE, ONE)), RED),
    Case("DOC-PAXMAN", replace(live(passengers=1), passengers=(ONE,)), RED),
    unknown("DOC-PAXMAN", live(passengers=1)),
    Case("DOC-CARGO", abroad(paper("cargo_manifest")), OK),
    Case("DOC-CARGO", abroad(), AMBER),
    Case("DOC-CONSENT", trip(), OK),
    Case(
        "DOC-CONSENT",
        replace(without("consent"), evidence=(paper("consent_emergency"),)),
        AMBER,
    ),
    unknown("DOC-CONSENT", without("consent")),
    Case("FAR-135.63-MANIFEST", loaded(take_off_weight_kg=6804), OK),
    Case("FAR-135.63-MANIFEST", loaded(take_off_weight_kg=6805), RED),
    Case("FAR-135.63-MANIFEST", loaded(cg=5.5), OK),
    Case("FAR-135.63-MANIFEST", loaded(cg=5.51), RED),
    unknown("FAR-135.63-MANIFEST", loaded(cg=None)),
    unknown("FAR-135.63-MANIFEST", without("load_manifest")),
    Case("FAR-135.117", trip(), OK),
    Case("FAR-135.117", without("briefing"), AMBER),
    Case("FET-AMB", trip(taxes=(replace(FREE, evidence="Ventilator fitted"),)), OK),
    Case("FET-AMB", trip(taxes=(FREE,)), AMBER),
    Case("FET-AMB", trip(taxes=(FREE,), evidence=(paper("tax_exemption"),)), OK),
    Case("FET-AMB", replace(live(is_acute_care=False), taxes=(FREE,)), AMBER),
    Case("FET-AMB", trip(), SILENT),
]
WAITING = ServiceFacts(kind="permit", status="requested", airport="KBBB")
GROUND = [
    Case("OPS-LEGS", trip(), OK),
    Case("OPS-LEGS", trip(legs=()), RED),
    Case("OPS-LEGS", trip(legs=(LEG, replace(EMPTY_LEG, origin="KZZZ"))), RED),
    Case("OPS-LEGS", trip(legs=(LEG, replace(EMPTY_LEG, out_at=LEG.in_at))), OK),
    Case(
        "OPS-LEGS",
        trip(legs=(LEG, replace(EMPTY_LEG, out_at=LEG.in_at - timedelta(seconds=1)))),
        RED,
    ),
    Case("OPS-SERVICES", trip(services=(replace(WAITING, status="confirmed"),)), OK),
    Case("OPS-SERVICES", trip(services=(replace(WAITING, is_required=False),)), OK),
    unknown("OPS-SERVICES", trip(services=(WAITING,))),
    Case("OPS-RECHECK", trip(), OK),
    unknown("OPS-RECHECK", trip(services=(replace(WAITING, needs_recheck=True),))),
]
CASES = [
    *MINIMA,
    *ALTERNATES,
    *WINDS,
    *HAZARDS,
    *FIELDS,
    *AMBULANCE,
    *CARE,
    *DOCUMENTS,
    *GROUND,
]

"""Minima, alternates, wind, hazards: one row for each answer."""

from typing import Any

from msgspec.structs import replace

from operations.facts.legs import RunwayEndFacts
from tests.operations.gate.gate_case import (
    ALT,
    ALTERNATE,
    AMBER,
    MISSING_WEATHER,
    NIGHT,
    OK,
    POOR,
    RED,
    SILENT,
    SM,
    VFR,
    Case,
    airport,
    cabin,
    ends,
    falling,
    gust,
    to,
    unknown,
)
from tests.operations.gate.green import (
    CABIN,
    EMPTY_LEG,
    GOOD,
    LEG,
    OUT,
    empty,
    heli,
    live,
    paper,
    sky,
    trip,
    wx,
)

LOW_EMPTY = replace(EMPTY_LEG, **VFR, **ends(wx(sky(200, 804))))
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
MINIMA += [
    Case("FAR-135.205B", replace(heli(), legs=(LOW_EMPTY,)), SILENT),
    Case("FAR-135.205B", replace(heli(), legs=(LOW_EMPTY,), crew=()), RED),
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
    # Steady across runway 27 and somewhat from ahead, at times 30 degrees from behind.
    Case("WX-TAILW", gust(350, 22, wind_from_deg=300, wind_to_deg=30), RED),
    Case("WX-TAILW", gust(350, 22, wind_from_deg=300, wind_to_deg=10), OK),
    unknown("WX-TAILW", cabin(max_tailwind_kt=None)),
]


def forecast_of(*groups: str, last_c: float | None) -> Any:
    """A dry report of some warmth, and rain or snow in the forecast."""
    said = wx(GOOD, ("INITIAL", replace(GOOD, weather=groups)))
    return replace(said, observation=replace(said.observation, temperature_c=last_c))


def unread(**more: Any) -> Any:
    """A report of which a part could not be read."""
    known = {"undecoded": ("+TSRAX",)} | more
    return replace(wx(), observation=replace(wx().observation, **known))


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
    # A forecast does not say how warm it is.
    Case("WX-ICE", to(forecast_of("RA", last_c=3.1)), OK),
    Case("WX-ICE", to(forecast_of("RA", last_c=3.0)), AMBER),
    unknown("WX-ICE", to(forecast_of("RA", last_c=None))),
    Case("WX-ICE", to(forecast_of("-SN", last_c=None)), AMBER),
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
    Case("WX-FLTCAT", to(wx(sky(1000, round(3 * SM)))), OK),
    Case("WX-FLTCAT", to(wx(sky(1000, round(3 * SM) - 1))), AMBER),
    Case("WX-FLTCAT", to(wx(sky(999, 9999))), AMBER),
    Case("WX-FLTCAT", to(wx(sky(400, 9999))), AMBER),
    Case("WX-FLTCAT", to(None), AMBER),
    Case("WX-AGE", live(**ends(wx(age_min=60)), on_at=OUT), OK),
    Case("WX-AGE", live(**ends(wx(age_min=60.1))), AMBER),
    unknown("WX-AGE", live(**ends(wx(age_min=120.1)))),
    Case("WX-AGE", live(departure_weather=unread()), AMBER),
    Case("WX-AGE", live(departure_weather=unread(needs_service=True, undecoded=())), AMBER),
    Case("WX-STN", live(), OK),
    Case("WX-STN", to(wx(km=50.1)), AMBER),
    Case("FAR-135.213", live(), OK),
    Case("FAR-135.213", to(None), AMBER),
    Case("FAR-135.213", replace(to(None), evidence=(paper("weather_source"),)), OK),
]
HAZARDS += [unknown(code, live(**ends(None))) for code in MISSING_WEATHER]
CASES = [*MINIMA, *ALTERNATES, *WINDS, *HAZARDS]

"""Aerodromes, helicopters, authority, risk: one row for each answer."""

from datetime import date, timedelta
from typing import Any

from msgspec.structs import replace

from operations.facts.papers import (
    OpsSpecFacts,
    ServiceFacts,
)
from tests.operations.gate.gate_case import (
    ALTERNATE,
    AMBER,
    NIGHT,
    OK,
    RED,
    SILENT,
    SM,
    VFR,
    Case,
    airport,
    ends,
    falling,
    sheet,
    to,
    unknown,
)
from tests.operations.gate.green import (
    CABIN,
    DAY,
    EMPTY_LEG,
    HELICOPTER,
    heli,
    live,
    paper,
    place,
    sky,
    trip,
    without,
    wx,
)


def short(landing_m: int) -> Any:
    """A landing where one threshold lies 500 m in."""
    runway = replace(place("KBBB", 2).runways[0], displaced_m=500.0)
    return live(arrival=place("KBBB", 2, runways=(runway,)), landing_distance_m=landing_m)


def dark(*lights: bool | None, **more: Any) -> Any:
    """A landing by night at a place with so many runways, lit or not."""
    first = place("KBBB", 2).runways[0]
    runways = tuple(replace(first, runway_id=n, is_lighted=lit) for n, lit in enumerate(lights))
    return live(is_night_arrival=True, arrival=place("KBBB", 2, runways=runways), **more)


def too_short_but_lit() -> Any:
    """The long runway is dark, the lit one is too short."""
    long = replace(place("KBBB", 2).runways[0], is_lighted=False)
    short_one = replace(long, runway_id=9, is_lighted=True, length_m=700.0)
    return live(is_night_arrival=True, arrival=place("KBBB", 2, runways=(long, short_one)))


def pad(**more: Any) -> Any:
    """A helicopter to a hospital of which one pad is on file."""
    site = replace(place("KBBB", 2).runways[0], **more)
    return heli(arrival=place("KBBB", 2, kind="heliport", runways=(site,)))


FIELDS = [
    Case("OPS-HELIPAD", heli(), OK),
    Case("OPS-HELIPAD", trip(), SILENT),
    Case("OPS-HELIPAD", heli(arrival=place("KBBB", 2, kind="heliport", runways=())), AMBER),
    Case("OPS-HELIPAD", heli(departure=place("KAAA", 1, kind="heliport", runways=())), AMBER),
    Case("OPS-HELIPAD", heli(arrival=None), AMBER),
    Case("OPS-HELIPAD", pad(length_m=24.0, surface=None), OK),
    Case("OPS-HELIPAD", pad(length_m=None, surface="paved"), OK),
    Case("OPS-HELIPAD", pad(length_m=None, surface=None), AMBER),
    Case("OPS-LIGHTS", live(), OK),
    Case("OPS-LIGHTS", live(**NIGHT), OK),
    Case("OPS-LIGHTS", dark(True, False), OK),
    Case("OPS-LIGHTS", dark(False, False), RED),
    Case("OPS-LIGHTS", dark(False, True, runway_id=1), OK),
    Case("OPS-LIGHTS", dark(False, True, runway_id=0), RED),
    Case("OPS-LIGHTS", too_short_but_lit(), RED),
    Case("OPS-LIGHTS", replace(dark(False), cabin=HELICOPTER), AMBER),
    Case("OPS-LIGHTS", airport(is_lighted=False), OK),
    unknown("OPS-LIGHTS", dark(None, False)),
    unknown("OPS-LIGHTS", dark()),
    unknown("OPS-LIGHTS", live(is_night_departure=None)),
    Case(
        "OPS-LIGHTS",
        live(is_night_departure=True, departure=place("KAAA", 1, runways=())),
        RED,
        AMBER,
    ),
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
    # A threshold 500 m in leaves 2,000 m: 1,200 m.
    Case("FAR-135.385", short(1200), OK),
    Case("FAR-135.385", short(1201), RED),
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
    Case(
        "FAR-135.385",
        replace(
            live(landing_distance_m=2000),
            opsspecs=(
                OpsSpecFacts(code="C049", issued_on=date(2025, 1, 1), expires_on=date(2026, 3, 14)),
            ),
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


def fetching(ceiling: int, miles: float, *papers: Any) -> Any:
    """The leg without a patient by sight."""
    there = replace(EMPTY_LEG, **VFR, **ends(wx(sky(ceiling, round(miles * SM)))))
    return replace(heli(*papers), legs=(there,))


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
    # On the way to the patient with the nurse on board, and back without anybody.
    Case("FAR-135.609", fetching(799, 5, LOW, LOCAL), RED),
    Case("FAR-135.609", replace(fetching(799, 5, LOW, LOCAL), crew=()), SILENT),
    Case("FAR-135.611", heli(arrival_weather=wx(km=27.78)), OK),
    Case("FAR-135.611", heli(arrival_weather=wx(km=27.79)), RED),
    unknown("FAR-135.611", heli(arrival_weather=None)),
    Case("FAR-135.611", live(), SILENT),
]
LATE = date(2027, 5, 28)


def managed(**more: Any) -> Any:
    """A trip of the day from which the safety management system is asked for."""
    held = OpsSpecFacts(code="SMS", issued_on=date(2025, 1, 1), **more)
    return trip(rule_date=LATE, end_date=LATE, opsspecs=(held,))


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
    Case("FAR-PART5-SMS", trip(rule_date=date(2027, 5, 27), end_date=LATE), SILENT),
    Case("FAR-PART5-SMS", trip(rule_date=LATE, end_date=LATE), AMBER),
    Case("FAR-PART5-SMS", managed(expires_on=None), OK),
    Case("FAR-PART5-SMS", managed(expires_on=LATE), OK),
    Case("FAR-PART5-SMS", managed(expires_on=LATE - timedelta(days=1)), AMBER),
]
CASES = [*FIELDS, *AMBULANCE]

"""REGULATION section 6: the drone rows."""

from datetime import timedelta

from common.compliance.findings import Stage
from common.units import FT_M, KT_MS
from tests.flight_operations.rules.case import AMBER, GREEN, RED, SILENT, Case, unknown
from tests.flight_operations.rules.green import (
    CALM,
    LOOK,
    NOW,
    OBSERVATION,
    START,
    changed,
    clouds,
    forecast,
    group,
    operation,
    said,
)

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
PLANNING = Stage.PLANNING
EARLY = START - timedelta(hours=5)


def kt(speed_ms):
    return speed_ms / KT_MS


def taf(kind, **conditions):
    """Calm prevails, and one more group says this."""
    said_too = CALM | conditions if kind in ("FM", "BECMG") else conditions
    return operation(weather__forecast=forecast(group(**CALM), group(kind, **said_too)))


def alone(**more):
    """No station at all, only the pilot's own look."""
    return operation(weather=None, local_observation=changed(LOOK, **more))


def without_sensor(**conditions):
    """An automatic station that cannot tell present weather, and says so."""
    report = "METAR YAMB 180749Z AUTO 22013KT 9999 // SCT014 23/21 Q1009 RMK RF00.0/000.0"
    return changed(said(**conditions), weather__observation__raw=report)


def aged(age):
    return operation(weather__observation=changed(OBSERVATION, issued_at=NOW - age))


def below(margin_m, **changes):
    """A ceiling of 1,000 ft over ground that leaves this margin above the planned 100 m."""
    base_m = (1400 + 1000) * FT_M
    ground = {"terrain_highest_m": base_m - 100.0 - margin_m, "take_off_elevation_m": None}
    return changed(said(ceiling_ft=1000), **(ground | changes))


NOTHING = operation(weather=None)
NO_CEILING = said(is_ceiling_known=False)

ELEMENTS = [
    Case("WXD-WIND", GREEN, said(wind_speed_kt=kt(9.6))),
    Case("WXD-WIND", AMBER, said(wind_speed_kt=kt(9.61))),
    Case("WXD-WIND", AMBER, said(wind_speed_kt=kt(12.0))),
    Case("WXD-WIND", RED, said(wind_speed_kt=kt(12.01))),
    Case("WXD-WIND", RED, said(wind_gust_kt=kt(12.01))),
    Case("WXD-WIND", AMBER, taf("TEMPO", wind_speed_kt=40.0)),
    Case("WXD-WIND", RED, taf("FM", wind_speed_kt=40.0)),
    Case("WXD-WIND", RED, taf("BECMG", wind_speed_kt=40.0)),
    Case("WXD-WIND", GREEN, alone()),
    Case("WXD-WIND", RED, alone(wind_gust_ms=13.0)),
    *unknown("WXD-WIND", said(wind_speed_kt=None)),
    *unknown("WXD-WIND", operation(aircraft__max_wind_ms=None)),
    *unknown("WXD-WIND", NOTHING),
    Case("WXD-VIS", GREEN, said(visibility_m=6000)),
    Case("WXD-VIS", AMBER, said(visibility_m=5999)),
    Case("WXD-VIS", AMBER, said(visibility_m=5000)),
    Case("WXD-VIS", RED, said(visibility_m=4999)),
    Case("WXD-VIS", AMBER, taf("TEMPO", visibility_m=800)),
    Case("WXD-VIS", RED, taf("FM", visibility_m=4000)),
    *unknown("WXD-VIS", said(visibility_m=None)),
    *unknown("WXD-VIS", NOTHING),
    Case("WXD-CEIL", GREEN, operation()),
    Case("WXD-CEIL", GREEN, below(152.41)),
    Case("WXD-CEIL", AMBER, below(152.0)),
    Case("WXD-CEIL", AMBER, below(0.1)),
    Case("WXD-CEIL", RED, below(0.0)),
    Case("WXD-CEIL", AMBER, taf("TEMPO", ceiling_ft=300)),
    Case("WXD-CEIL", RED, alone(is_sky_clear=False, cloud_base_agl_m=100.0)),
    Case("WXD-CEIL", GREEN, alone()),
    *unknown("WXD-CEIL", NO_CEILING),
    *unknown("WXD-CEIL", below(500.0, take_off_elevation_m=None, terrain_highest_m=None)),
    *unknown("CASR-101.095-VMC", below(500.0, take_off_elevation_m=None, terrain_highest_m=None)),
    *unknown("WXD-CEIL", operation(max_height_agl_m=None)),
    Case("CASR-101.095-VMC", GREEN, said(visibility_m=5000)),
    Case("CASR-101.095-VMC", RED, said(visibility_m=4999)),
    Case("CASR-101.095-VMC", RED, below(0.0)),
    Case("CASR-101.095-VMC", GREEN, below(0.1)),
    Case("CASR-101.095-VMC", AMBER, said(**clouds("FEW", 300))),
    Case("CASR-101.095-VMC", GREEN, said(**clouds("SCT", 2500))),
    Case("CASR-101.095-VMC", RED, said(visibility_m=3000, is_ceiling_known=False)),
    *unknown("CASR-101.095-VMC", NO_CEILING),
    *unknown("CASR-101.095-VMC", NOTHING),
    Case("WXD-PRECIP", GREEN, operation()),
    Case("WXD-PRECIP", AMBER, said(weather=("-RA",))),
    Case("WXD-PRECIP", RED, changed(said(weather=("-RA",)), aircraft__is_rain_tolerant=False)),
    Case("WXD-PRECIP", RED, said(weather=("RA",))),
    Case("WXD-PRECIP", RED, said(weather=("-SN",))),
    Case("WXD-PRECIP", RED, said(weather=("-FZDZ",))),
    Case("WXD-PRECIP", RED, said(weather=("FZFG",))),
    Case("WXD-PRECIP", GREEN, said(weather=("VCSH", "RERA"))),
    Case("WXD-PRECIP", AMBER, taf("PROB30", weather=("+RA",))),
    *unknown("WXD-PRECIP", alone(precipitation=None)),
    *unknown("WXD-PRECIP", alone(precipitation=None, has_thunderstorm=True)),
    *unknown("WXD-PRECIP", without_sensor()),
    Case("WXD-PRECIP", GREEN, changed(without_sensor(), local_observation=LOOK)),
    Case("WXD-PRECIP", GREEN, operation(weather__observation__raw="METAR YAMB RMK // 1")),
    *unknown("WXD-PRECIP", NOTHING),
    Case("WXD-TS", GREEN, operation()),
    Case("WXD-TS", RED, said(weather=("VCTS",))),
    Case("WXD-TS", RED, said(weather=("+TSRA",))),
    Case("WXD-TS", RED, said(weather=("SQ",))),
    Case("WXD-TS", GREEN, said(weather=("RETS",))),
    Case("WXD-TS", RED, said(**clouds("FEW", 3000, "CB"))),
    Case("WXD-TS", GREEN, said(**clouds("FEW", 3000, "TCU"))),
    Case("WXD-TS", RED, taf("FM", weather=("TSRA",))),
    Case("WXD-TS", AMBER, taf("TEMPO", weather=("TSRA",))),
    Case("WXD-TS", AMBER, taf("INTER", **clouds("FEW", 3000, "CB"))),
    Case("WXD-TS", RED, alone(has_thunderstorm=True)),
    *unknown("WXD-TS", alone(has_thunderstorm=None)),
    *unknown("WXD-TS", alone(has_thunderstorm=None, precipitation="light")),
    *unknown("WXD-TS", without_sensor()),
    Case("WXD-TS", GREEN, changed(without_sensor(), local_observation=LOOK)),
    Case("WXD-TS", RED, without_sensor(**clouds("FEW", 3000, "CB"))),
    Case("WXD-TEMP", GREEN, operation(weather__observation__temperature_c=44.9)),
    Case("WXD-TEMP", AMBER, operation(weather__observation__temperature_c=45.0)),
    Case("WXD-TEMP", AMBER, operation(weather__observation__temperature_c=50.0)),
    Case("WXD-TEMP", RED, operation(weather__observation__temperature_c=50.1)),
    Case("WXD-TEMP", AMBER, operation(weather__observation__temperature_c=-20.0)),
    *unknown("WXD-TEMP", operation(weather__observation__temperature_c=None)),
    *unknown("WXD-TEMP", operation(aircraft__min_temperature_c=None)),
    Case("WXD-FOG", GREEN, operation(weather__observation__dewpoint_c=19.9)),
    Case("WXD-FOG", AMBER, operation(weather__observation__dewpoint_c=20.0)),
    Case("WXD-FOG", AMBER, operation(weather__observation__dewpoint_c=None)),
]
RELIABLE = [
    Case("WXD-AGE", GREEN, aged(60 * MINUTE)),
    Case("WXD-AGE", AMBER, aged(60 * MINUTE + SECOND)),
    Case("WXD-AGE", AMBER, aged(120 * MINUTE)),
    *unknown("WXD-AGE", aged(120 * MINUTE + SECOND)),
    *unknown("WXD-AGE", NOTHING),
    Case("WXD-AGE", AMBER, operation(), PLANNING, EARLY),
    Case("WXD-AGE", AMBER, aged(31 * MINUTE), parameters={"WXD-AGE": {"amber_min": 30.0}}),
    Case("WXD-WIND", GREEN, operation(), PLANNING, EARLY),
    Case("WXD-WIND", RED, taf("FM", wind_speed_kt=40.0), PLANNING, EARLY),
    Case("WXD-WIND", AMBER, operation(weather__forecast=None), PLANNING, EARLY),
    *unknown("WXD-WIND", aged(120 * MINUTE + SECOND)),
    Case("WXD-STN", GREEN, operation(weather__observation__distance_km=50.0)),
    Case("WXD-STN", AMBER, operation(weather__observation__distance_km=50.1)),
    Case("WXD-STN", AMBER, NOTHING),
    Case("WXD-STN", GREEN, alone()),
    Case("WXD-TAF", GREEN, operation()),
    Case("WXD-TAF", AMBER, operation(weather__forecast=None)),
    Case("WXD-TAF", AMBER, operation(weather__forecast=forecast(covers_window=False))),
    Case("WXD-TAF", AMBER, operation(weather__forecast=forecast(undecoded=("XX",)))),
    Case("WXD-SENSOR", GREEN, operation()),
    Case("WXD-SENSOR", AMBER, operation(weather__observation__needs_service=True)),
    Case("WXD-SENSOR", AMBER, operation(weather__observation__undecoded=("XX",))),
    Case("WXD-SENSOR", SILENT, NOTHING),
    Case("WXD-WIND", SILENT, operation(weather=None, is_enclosed=True)),
]
CASES = [*ELEMENTS, *RELIABLE]

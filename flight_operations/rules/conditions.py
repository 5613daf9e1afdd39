"""What reports, forecasts and the pilot's own look say about one flight, as comparable samples."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec
from msgspec import Struct

from airports.queries.conditions import FRESH, Observation
from airports.reports import Conditions
from common.compliance.findings import SEVERITY, Color, Finding, Stage
from common.compliance.registry import RuleContext
from common.units import FT_M, knots_to_ms
from flight_operations.facts.operation import OperationFacts
from flight_operations.facts.site import LocalObservation

CLEAR_SKY_M = 99_999.0
NO_WEATHER_SENSOR = "//"
T = TypeVar("T")


class Layer(Struct, frozen=True):
    """A cloud layer: cover as coded, base above the highest ground of the plan; None if unknown."""

    cover: str
    base_m: float | None
    kind: str = ""


class Sample(Struct, frozen=True, kw_only=True):
    """
    Weather at one source and time. None means that it does not say.

    `is_observed` is a report or the pilot's look; `is_occasional` a TEMPO, INTER or PROB part.
    `cloud_base_m` is the lowest broken layer above the highest ground, CLEAR_SKY_M when none.
    """

    source: str
    is_observed: bool = False
    is_occasional: bool = False
    wind_ms: float | None = None
    gust_ms: float | None = None
    visibility_m: float | None = None
    cloud_base_m: float | None = None
    layers: tuple[Layer, ...] = ()
    weather: tuple[str, ...] = ()
    is_precipitation_known: bool = True
    is_thunder_known: bool = True
    temperature_c: float | None = None
    dewpoint_c: float | None = None

    @property
    def strongest_ms(self) -> float | None:
        """The larger of steady wind and gust, m/s."""
        known = [speed for speed in (self.wind_ms, self.gust_ms) if speed is not None]
        return max(known, default=None)


def is_report_due(facts: OperationFacts, context: RuleContext) -> bool:
    """
    Say whether the weather now is what the flight is judged by.

    At release and after, always. While planning only from two hours before the start: for a
    flight farther off no report can exist yet, and the forecast is asked.
    """
    return context.stage != Stage.PLANNING or facts.start_at - context.at <= FRESH


def is_fresh(issued_at: datetime, context: RuleContext) -> bool:
    """Say whether an observation is at most 120 minutes old at the moment of the question."""
    return context.at - issued_at <= FRESH


def samples(facts: OperationFacts, context: RuleContext) -> list[Sample]:
    """Everything that speaks of the flight's weather: fresh observations, then forecast parts."""
    found = []
    weather = facts.weather
    if is_report_due(facts, context):
        seen = facts.local_observation
        if seen is not None and is_fresh(seen.observed_at, context):
            found.append(_of_pilot(seen))
        if weather and weather.observation and is_fresh(weather.observation.issued_at, context):
            found.append(_of_report(facts, weather.observation))
    return found + _of_forecast(facts)


def judge(
    facts: OperationFacts,
    context: RuleContext,
    *,
    value_of: Callable[[Sample], T | None],
    color_of: Callable[[Sample, T], Finding],
    missing: str,
) -> Finding:
    """
    The worst color over all samples that say something; TEMPO, INTER and PROB amber at worst.

    Green needs an observation that says it, or, before a report is due, a prevailing forecast.
    """
    findings, is_covered = [], False
    is_due = is_report_due(facts, context)
    for sample in samples(facts, context):
        value = value_of(sample)
        if value is None:
            continue
        is_covered = is_covered or (
            sample.is_observed if is_due else not (sample.is_observed or sample.is_occasional)
        )
        findings.append(_softened(color_of(sample, value), sample, context))
    if not is_covered:
        findings.append(context.missing(missing, fix="Wait for a report, or enter your own look."))
    # The first of the worst: observations come first, so the answer does not hang on order.
    return max(findings, key=lambda finding: SEVERITY[finding.color])


def _softened(finding: Finding, sample: Sample, context: RuleContext) -> Finding:
    if not sample.is_occasional or SEVERITY[finding.color] <= SEVERITY[Color.AMBER]:
        return finding
    return context.amber(finding.message, value=finding.value, limit=finding.limit, fix=finding.fix)


def highest_ground_m(facts: OperationFacts) -> float | None:
    """Highest known ground under the plan, metres AMSL: cloud is measured from there."""
    known = [facts.terrain_highest_m, facts.take_off_elevation_m]
    return max((height for height in known if height is not None), default=None)


def _of_pilot(seen: LocalObservation) -> Sample:
    weather = {"light": ("-RA",), "moderate": ("RA",), "heavy": ("+RA",)}.get(
        seen.precipitation or "", ()
    )
    base = CLEAR_SKY_M if seen.is_sky_clear else seen.cloud_base_agl_m
    return Sample(
        source="The pilot's own look",
        is_observed=True,
        wind_ms=seen.wind_speed_ms,
        gust_ms=seen.wind_gust_ms,
        visibility_m=seen.visibility_m,
        cloud_base_m=base,
        weather=(*weather, "TS") if seen.has_thunderstorm else weather,
        is_precipitation_known=seen.precipitation is not None,
        is_thunder_known=seen.has_thunderstorm is not None,
        temperature_c=seen.temperature_c,
        dewpoint_c=seen.dewpoint_c,
    )


def _of_report(facts: OperationFacts, report: Observation) -> Sample:
    # An automatic station without the sensor reports its weather as //: that is not fair weather.
    tells_weather = NO_WEATHER_SENSOR not in report.raw.partition(" RMK")[0].split()
    return _of_conditions(
        facts,
        report.conditions,
        report.station_elevation_ft,
        Sample(
            source=f"Report of {report.station}",
            is_observed=True,
            is_precipitation_known=tells_weather,
            is_thunder_known=tells_weather,
            temperature_c=report.temperature_c,
            dewpoint_c=report.dewpoint_c,
        ),
    )


def _of_forecast(facts: OperationFacts) -> list[Sample]:
    if facts.weather is None or facts.weather.forecast is None:
        return []
    forecast = facts.weather.forecast
    return [
        _of_conditions(
            facts,
            group.conditions,
            forecast.station_elevation_ft,
            Sample(
                source=f"Forecast of {forecast.station}, {group.kind}",
                is_occasional=not group.is_prevailing,
            ),
        )
        for group in forecast.groups
    ]


def _of_conditions(
    facts: OperationFacts, said: Conditions, station_ft: int | None, sample: Sample
) -> Sample:
    ground = highest_ground_m(facts)

    def above_ground(base_ft: int | None) -> float | None:
        if base_ft is None or station_ft is None or ground is None:
            return None
        return (station_ft + base_ft) * FT_M - ground

    base = above_ground(said.ceiling_ft)
    if said.ceiling_ft is None and said.is_ceiling_known:
        base = CLEAR_SKY_M
    return msgspec.structs.replace(
        sample,
        wind_ms=_speed(said.wind_speed_kt),
        gust_ms=_speed(said.wind_gust_kt),
        visibility_m=said.visibility_m,
        cloud_base_m=base,
        layers=tuple(
            Layer(cloud.cover, above_ground(cloud.base_ft), cloud.kind) for cloud in said.clouds
        ),
        weather=said.weather,
    )


def _speed(speed_kt: float | None) -> float | None:
    return None if speed_kt is None else knots_to_ms(speed_kt)


def codes(weather: Sequence[str], *wanted: str) -> list[str]:
    """The codes that hold one of the wanted two-letter parts; recent weather (RE) is past."""
    return [
        code for code in weather if not code.startswith("RE") and any(w in code for w in wanted)
    ]

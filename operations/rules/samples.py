"""What reports and forecasts say about one end of one leg, as comparable samples."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from msgspec import Struct

from airports.queries.conditions import FRESH, WeatherFacts
from airports.reports import Conditions
from common.compliance.findings import SEVERITY, Color, Finding
from common.compliance.registry import RuleContext

STATUTE_MILE_M = 1609.344
UNLIMITED_FT = 99_999.0
T = TypeVar("T")


class Sample(Struct, frozen=True, kw_only=True):
    """Weather from one source; `is_occasional` for a TEMPO, INTER or PROB part of a forecast."""

    source: str
    conditions: Conditions
    is_occasional: bool = False
    is_observed: bool = False
    temperature_c: float | None = None

    @property
    def ceiling_ft(self) -> float | None:
        """Above the station; UNLIMITED_FT without a ceiling, None when nobody can tell."""
        if self.conditions.ceiling_ft is not None:
            return float(self.conditions.ceiling_ft)
        is_clear = self.conditions.is_cavok or self.conditions.is_ceiling_known
        return UNLIMITED_FT if is_clear else None

    @property
    def visibility_m(self) -> float | None:
        seen = self.conditions.visibility_m
        if seen is None:
            return 10_000.0 if self.conditions.is_cavok else None
        return float(seen)

    @property
    def strongest_kt(self) -> float | None:
        """The larger of steady wind and gust."""
        speeds = (self.conditions.wind_speed_kt, self.conditions.wind_gust_kt)
        return max((speed for speed in speeds if speed is not None), default=None)


def samples_at(weather: WeatherFacts | None, when: datetime, context: RuleContext) -> list[Sample]:
    """
    Everything that speaks for a place at a time.

    The observation counts for the next two hours while it is fresh itself; beyond that only the
    forecast does.
    """
    if weather is None:
        return []
    found = []
    seen = weather.observation
    is_near = when - context.at <= FRESH
    if seen is not None and is_near and context.at - seen.issued_at <= FRESH:
        found.append(
            Sample(
                source=f"{seen.station} {seen.issued_at:%d %H%MZ}",
                conditions=seen.conditions,
                is_observed=True,
                temperature_c=seen.temperature_c,
            )
        )
    if weather.forecast is not None:
        found += [
            Sample(
                source=f"TAF {weather.forecast.station} {group.kind}",
                conditions=group.conditions,
                is_occasional=not group.is_prevailing,
            )
            for group in weather.forecast.groups
        ]
    return found


def is_covered(weather: WeatherFacts | None, when: datetime, context: RuleContext) -> bool:
    """Whether a forecast covers the whole time, or a fresh report is near enough."""
    if weather is None:
        return False
    is_forecast = weather.forecast is not None and weather.forecast.covers_window
    return is_forecast or any(s.is_observed for s in samples_at(weather, when, context))


def judge_weather(
    weather: WeatherFacts | None,
    when: datetime,
    context: RuleContext,
    *,
    value_of: Callable[[Sample], T | None],
    color_of: Callable[[Sample, T], Finding],
    missing: str,
) -> Finding:
    """
    The worst of what every sample says; a breach in a TEMPO, INTER or PROB part is amber at worst.

    Not known without a prevailing sample that tells the value, or when the forecast leaves a gap.
    """
    found: list[Finding] = []
    told = False
    for sample in samples_at(weather, when, context):
        value = value_of(sample)
        if value is None:
            # A prevailing part that does not tell leaves the answer open.
            if not sample.is_occasional:
                found.append(context.missing(f"{missing} ({sample.source})"))
            continue
        told = told or not sample.is_occasional
        found.append(_capped(color_of(sample, value), sample))
    if not told or not is_covered(weather, when, context):
        found.append(context.missing(missing, fix="Ask again when a forecast covers the time."))
    return max(found, key=lambda finding: SEVERITY[finding.color])


def _capped(finding: Finding, sample: Sample) -> Finding:
    if not sample.is_occasional or finding.color != Color.RED:
        return finding
    return Finding(
        color=Color.AMBER,
        message=f"{finding.message} Only {sample.source.split(' ', 2)[-1]}.",
        value=finding.value,
        limit=finding.limit,
        fix="Acknowledge, with an alternate that is not affected.",
    )


def codes(weather: tuple[str, ...], *wanted: str) -> list[str]:
    """Weather groups that contain one of these two-letter codes."""
    return [
        group
        for group in weather
        if not group.startswith("RE")
        and any(part in wanted for part in _pairs(group.lstrip("+-").removeprefix("VC")))
    ]


def _pairs(text: str) -> list[str]:
    return [text[start : start + 2] for start in range(0, len(text), 2)]

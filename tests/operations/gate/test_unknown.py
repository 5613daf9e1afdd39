"""What is not known is never green: every value of a green trip is taken away, one at a time."""

import typing
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import fields, replace

from common.compliance.engine import evaluate
from common.compliance.findings import Color, Stage
from tests.operations.gate.green import EMPTY_LEG, GREEN, LEG, NOW, OUT
from tests.operations.rules import green_crew

SECTORS = tuple(
    green_crew.sector(leg.sequence, leg.off_at, 50, out_at=leg.out_at, in_at=leg.in_at)
    for leg in (LEG, EMPTY_LEG)
)
ON_DUTY = {
    "sectors": SECTORS,
    "report_at": OUT - timedelta(hours=1),
    "end_at": OUT + timedelta(hours=3),
}
CREW = tuple(
    replace(member, **ON_DUTY) for member in (green_crew.PIC, green_crew.SIC, green_crew.NURSE)
)
WHOLE = replace(GREEN, crew=CREW, flying=green_crew.MULTI)
# No rule that asks for these applies to this flight: one by day under IFR, in dry air, with a crew
# whose licenses make other proofs needless. What a rule asks for elsewhere has its own case.
NOT_ASKED_FOR = {
    "departure.is_controlled",
    "arrival.is_controlled",
    "departure.runways.is_lighted",
    "arrival.runways.is_lighted",
    # The other end of the runway is known.
    "departure.runways.ends.true_deg",
    "arrival.runways.ends.true_deg",
    # Wind from nobody knows where counts in full across and from behind.
    "conditions.wind_direction_deg",
    "observation.temperature_c",
    "observation.dewpoint_c",
    "observation.qnh_hpa",
    "observation.station_elevation_ft",
    "forecast.station_elevation_ft",
    "sectors.out_at",
    "sectors.in_at",
    "sectors.block_min",
    "sectors.is_night",
    "crew.date_of_birth",
    "papers.expires_on",
    "experience.cross_country_min",
    "experience.instrument_min",
    "experience.instrument_flight_min",
    "cabin.cabin_altitude_ft",
    "cabin.is_ice_protected",
    "cabin.has_weather_radar",
    "cabin.has_terrain_awareness",
    # Both arrivals are farther off than a report speaks for.
    "arrival_weather.observation",
    # Only an alternative way to be recent asks for it.
    "is_turbine",
    # The database takes no task without an interval, and none with one and no due point.
    "tasks.interval_months",
    "tasks.next_due_on",
    # Both come with the name that is asked for.
    "worksheet.signed_by_id",
    "worksheet.signed_at",
}
# Asked for of one of several: of the other leg, end, time or member of the crew.
ASKED_FOR_ELSEWHERE = {
    "legs.min_ceiling_ft",
    "legs.min_visibility_m",
    "legs.landing_distance_m",
    "departure_weather.forecast",
    "departure_weather.observation",
    "observation.conditions.wind_speed_kt",
    "observation.conditions.visibility_m",
    "conditions.visibility_m",
}


def parts_of(value: Any) -> Iterator[tuple[str, Any, Any]]:
    """Every struct that a struct holds: in which field, itself, and the field with another."""
    for field in fields(value):
        held = getattr(value, field.name)
        if isinstance(held, msgspec.Struct):
            yield field.name, held, lambda other: other
        for number, item in enumerate(held if isinstance(held, tuple) else ()):
            if isinstance(item, msgspec.Struct):
                rest = held[:number], held[number + 1 :]
                yield field.name, item, lambda other, r=rest: (*r[0], other, *r[1])


def taken_away(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value below that may be missing, as its path and the whole without it."""
    hints = typing.get_type_hints(type(value))
    for field in fields(value):
        may_be_missing = type(None) in typing.get_args(hints[field.name])
        if may_be_missing and getattr(value, field.name) is not None:
            yield f"{path}.{field.name}", replace(value, **{field.name: None})
    for name, part, put_back in parts_of(value):
        for below, other in taken_away(part, f"{path}.{name}"):
            yield below, replace(value, **{name: put_back(other)})


def not_green(facts: Any) -> set[str]:
    found = evaluate(facts, stage=Stage.RELEASE, at=NOW).findings
    return {f.rule for f in found if f.color != Color.GREEN}


@pytest.fixture(scope="module")
def silent() -> dict[str, int]:
    """Of each value that may be missing, how often everything stays green without it."""
    found: dict[str, int] = {}
    for path, facts in taken_away(WHOLE):
        found[path] = found.get(path, 0) + (not not_green(facts))
    return found


def test_the_whole_trip_is_green_with_its_crew():
    assert not_green(WHOLE) == set()


def test_nothing_that_is_asked_for_may_be_missing_at_release(silent):
    allowed = NOT_ASKED_FOR | ASKED_FOR_ELSEWHERE
    loose = {
        path
        for path, count in silent.items()
        if count and not any(path.endswith(f".{name}") for name in allowed)
    }

    assert loose == set()
    assert len(silent) > 70


def test_what_is_asked_for_elsewhere_is_asked_for_somewhere(silent):
    tried = [path for path, _ in taken_away(WHOLE)]
    never = {
        name
        for name in ASKED_FOR_ELSEWHERE
        if sum(silent[path] for path in set(tried) if path.endswith(f".{name}"))
        == sum(path.endswith(f".{name}") for path in tried)
    }

    assert never == set()

"""When time alone may change the verdict on a trip. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from airports.queries.conditions import FRESH, WeatherFacts
from operations.facts.crew import next_crew_change_at
from operations.facts.trip import TripFacts

# Limits are included ("60 minutes passes"), so the answer turns just after them.
JUST_AFTER = timedelta(seconds=1)
AGE_AMBER = timedelta(minutes=60)


def next_change_at(facts: TripFacts, at: datetime) -> datetime | None:
    """
    The earliest later moment at which a rule may answer otherwise though nothing was changed.

    Papers are judged on the trip's own days, so no midnight turns them.
    """
    turns = [moment for moment in _moments(facts) if moment > at]
    crew_turns = next_crew_change_at(facts.crew, at)
    return min([*turns, crew_turns] if crew_turns else turns, default=None)


def _moments(facts: TripFacts) -> Iterator[datetime]:
    yield facts.end_at
    for leg in facts.legs_ahead:
        # From here on the weather now speaks for the flight.
        yield leg.off_at - FRESH
        yield leg.on_at - FRESH
        for weather in (leg.departure_weather, leg.arrival_weather, leg.alternate_weather):
            yield from _of_reports(weather)


def _of_reports(weather: WeatherFacts | None) -> Iterator[datetime]:
    if weather is None:
        return
    if weather.observation is not None:
        yield weather.observation.issued_at + AGE_AMBER + JUST_AFTER
        yield weather.observation.issued_at + FRESH + JUST_AFTER
    if weather.forecast is not None:
        yield weather.forecast.valid_from
        yield weather.forecast.valid_until

"""When time alone may change the verdict on an operation. Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from airports.queries.conditions import FRESH
from flight_operations.facts.operation import OperationFacts
from flight_operations.facts.records import LogFacts

# Limits are included ("60 minutes passes"), so the answer turns just after them.
JUST_AFTER = timedelta(seconds=1)
AGE_AMBER = timedelta(minutes=60)
LOG_AMBER = timedelta(hours=24)
LOG_RED = timedelta(hours=72)
Settings = Mapping[tuple[str, str], float]


def next_change_at(facts: OperationFacts, at: datetime, own: Settings) -> datetime | None:
    """
    The earliest later moment at which a rule may answer otherwise though nothing was changed.

    `own` holds the operator's values of the parameters that are spans of time, by rule and name.
    Papers are judged on the flight's own days, so no midnight turns them.
    """
    return min((moment for moment in _moments(facts, own) if moment > at), default=None)


def _moments(facts: OperationFacts, own: Settings) -> Iterator[datetime]:
    if facts.log is not None:
        yield from _moments_of_log(facts.log, own)
        return
    yield facts.start_at - FRESH
    yield facts.end_at
    amber = timedelta(minutes=own.get(("WXD-AGE", "amber_min"), AGE_AMBER.total_seconds() / 60))
    for observed_at in _observed(facts):
        yield observed_at + amber + JUST_AFTER
        yield observed_at + FRESH + JUST_AFTER
    if facts.checklist is not None:
        yield from (item.valid_until for item in facts.checklist.items if item.valid_until)


def _moments_of_log(log: LogFacts, own: Settings) -> Iterator[datetime]:
    """A flight that is over is judged by its records alone, and an open log by its age."""
    if log.log_completed_at is None:
        for name, usual in (("amber_h", LOG_AMBER), ("red_h", LOG_RED)):
            hours = own.get(("MOS-10.05-LOG", name), usual.total_seconds() / 3600)
            yield log.ended_at + timedelta(hours=hours) + JUST_AFTER


def _observed(facts: OperationFacts) -> Iterator[datetime]:
    if facts.local_observation is not None:
        yield facts.local_observation.observed_at
    if facts.weather is not None and facts.weather.observation is not None:
        yield facts.weather.observation.issued_at

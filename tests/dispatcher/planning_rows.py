"""Rows of small days whose answers can be worked out by hand: places along one line, by minutes."""

from datetime import UTC, datetime, timedelta

from dispatcher.planning.model import (
    Aircraft,
    Limits,
    Period,
    Pilot,
    Place,
    Problem,
    Task,
    Travel,
    TravelTable,
    Weights,
    WindowSet,
)

SIX = datetime(2026, 3, 15, 6, 0, tzinfo=UTC)
# Minutes from home of each place on the line.
LINE = {"home": 0, "creek": 10, "dam": 30, "mine": 60, "port": 90}
QUICK = Limits(seconds=5, iterations=60, processes=1)


def at(clock: str) -> datetime:
    """A moment of the day, such as 09:30."""
    hour, minute = map(int, clock.split(":"))
    return SIX.replace(hour=hour, minute=minute)


def span(start: str, end: str) -> Period:
    return Period(at(start), at(end))


def place(key: str) -> Place:
    return Place(key, -33.0, 150.0 + LINE[key] / 1_000)


def task(key: str, where: str = "dam", *, start: str = "06:00", end: str = "18:00", **more) -> Task:
    """An hour of work somewhere, wanted between two times."""
    windows = more.pop("windows", (WindowSet("client", (span(start, end),)),))
    row = {"duration": timedelta(hours=1)} | more
    return Task(key, place(where), windows=windows, **row)


def aircraft(key: str = "VH-A", base: str = "home", **more) -> Aircraft:
    return Aircraft(key, place(base), more.pop("available", span("06:00", "18:00")), **more)


def pilot(key: str = "Ann", base: str = "home", **more) -> Pilot:
    return Pilot(key, place(base), more.pop("shift", span("06:00", "18:00")), **more)


def day(*tasks: Task, **more) -> Problem:
    """One aircraft and one pilot at home from 06:00 to 18:00, unless said otherwise."""
    keys = tuple(LINE)
    table = tuple(tuple(60 * abs(LINE[a] - LINE[b]) for b in keys) for a in keys)
    rows = {
        "aircraft": (aircraft(),),
        "pilots": (pilot(),),
        "weights": Weights(unit=0, balance=0.0),
        "travel": Travel(table=TravelTable(keys, table)),
    } | more
    return Problem(horizon=span("00:00", "23:59"), tasks=tasks, **rows)

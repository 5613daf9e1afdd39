"""Seeded days of drone work around the real airfields of the Sydney basin."""

import math
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from dispatcher.planning.model import (
    Aircraft,
    Commitment,
    Exclusion,
    Period,
    Pilot,
    Place,
    Problem,
    Task,
    Weights,
    WindowSet,
)

# 05:00 to 21:00 in Sydney.
DAWN = datetime(2026, 3, 14, 18, 0, tzinfo=UTC)
DAY = Period(DAWN, DAWN + timedelta(hours=16))
AIRFIELDS = {
    "YSSY": (-33.9461, 151.1772),
    "YSBK": (-33.9244, 150.9883),
    "YSCN": (-34.0403, 150.6872),
    "YSRI": (-33.6006, 150.7808),
    "YSHL": (-34.5611, 150.7886),
    "YSHW": (-33.9950, 150.9530),
    "YWVA": (-33.2403, 151.4297),
    "YWBN": (-34.1878, 150.8033),
    "YOAS": (-34.0853, 150.5633),
    "YKAT": (-33.6681, 150.3228),
}
SKILLS = ("camera", "thermal", "lidar", "delivery", "spray", "night")
UNITS = {50: 10, 200: 36, 1000: 165}
BASES = {50: 2, 200: 4, 1000: 10}
SITE_RADIUS_M = 15_000
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def own_day(
    operations: int, seed: int, *, units: int | None = None, skilled: bool = False
) -> Problem:
    """
    A day with more work than hours: sites within 15 km of an airfield, six kinds of missions.

    All-day, half-day and two-hour windows, shifts of 8 to 10 hours, priorities 1 to 5. Balance and
    the number of pairs weigh nothing, so the cost is travel and the prizes of unserved work.
    """
    chance = random.Random(seed)  # noqa: S311 - reproducible, no secret
    units = units or UNITS.get(operations, max(1, operations // 6))
    most = (4, 5) if skilled else (2, 3, 4)
    bases = list(AIRFIELDS)[: BASES.get(operations, 2)]
    return Problem(
        horizon=DAY,
        tasks=tuple(_task(chance, number) for number in range(operations)),
        aircraft=tuple(_aircraft(chance, n, bases, most) for n in range(units)),
        pilots=tuple(_pilot(chance, n, bases) for n in range(units)),
        weights=Weights(unit=0, balance=0.0, lateness=0.0),
    )


def hard_day(seed: int) -> Problem:
    """
    A small day with everything that happens.

    Red answers of every combination, maintenance due within the day, flying and duty limits,
    pinned work, other bookings, daylight and weather windows that leave no time, fewer pilots
    than aircraft or the other way round, and sometimes a limit on operations at once.
    """
    chance = random.Random(seed)  # noqa: S311 - reproducible, no secret
    day = own_day(chance.randint(6, 24), seed, units=chance.randint(2, 6), skilled=True)
    aircraft = tuple(_limited_aircraft(chance, each) for each in day.aircraft)
    pilots = tuple(_limited_pilot(chance, each) for each in day.pilots)
    cut = chance.randint(0, 1)
    if chance.random() < 0.5:
        aircraft = aircraft[: max(1, len(aircraft) - cut)]
    else:
        pilots = pilots[: max(1, len(pilots) - cut)]
    day = replace(
        day,
        tasks=tuple(_circumstances(chance, each) for each in day.tasks),
        aircraft=aircraft,
        pilots=pilots,
        weights=Weights(),
        max_concurrent=chance.choice([None, None, None, 2]),
    )
    return replace(day, exclusions=_red(chance, day), commitments=tuple(_commitments(chance, day)))


def _task(chance: random.Random, number: int) -> Task:
    place = _site(chance, f"site-{number:04d}")
    duration = chance.choice([20, 30, 40, 60, 90]) * MINUTE
    begin, length = DAWN, DAY.length
    kind = chance.random()
    if kind > 0.7:
        length = 2 * HOUR
        begin = DAWN + chance.randint(2, 24) * 30 * MINUTE
    elif kind > 0.4:
        length = 5 * HOUR
        begin = DAWN + chance.choice([1, 2, 6, 7]) * HOUR
    needs = frozenset(chance.sample(SKILLS, chance.choice([1, 1, 1, 2])))
    return Task(
        key=f"operation-{number:04d}",
        place=place,
        duration=duration,
        windows=(WindowSet("client", (Period(begin, begin + length),)),),
        priority=chance.choice([1, 2, 2, 3, 3, 3, 4, 5]),
        flight_time=duration * 2 // 3,
        setup=5 * MINUTE,
        capabilities=needs,
        qualifications=frozenset(need for need in needs if need in {"night", "spray"}),
    )


def _site(chance: random.Random, key: str) -> Place:
    lat, lon = AIRFIELDS[chance.choice(list(AIRFIELDS))]
    away = SITE_RADIUS_M * math.sqrt(chance.random())
    turn = chance.uniform(0, math.tau)
    north, east = away * math.cos(turn), away * math.sin(turn)
    return Place(key, lat + north / 111_200, lon + east / (111_200 * math.cos(math.radians(lat))))


def _base(chance: random.Random, bases: list[str]) -> Place:
    name = chance.choice(bases)
    return Place(name, *AIRFIELDS[name])


def _aircraft(
    chance: random.Random, number: int, bases: list[str], skills: tuple[int, ...]
) -> Aircraft:
    return Aircraft(
        key=f"VH-{number:03d}",
        base=_base(chance, bases),
        available=DAY,
        capabilities=frozenset(chance.sample(SKILLS, chance.choice(skills))),
        turnround=10 * MINUTE,
    )


def _pilot(chance: random.Random, number: int, bases: list[str]) -> Pilot:
    begin = DAWN + chance.choice([0, 1, 2, 4]) * HOUR
    held = {"night", "spray"} if chance.random() < 0.5 else {chance.choice(["night", "spray"])}
    return Pilot(
        key=f"pilot-{number:03d}",
        base=_base(chance, bases),
        shift=Period(begin, begin + 11 * HOUR),
        qualifications=frozenset(held),
        max_duty=chance.choice([8, 9, 10]) * HOUR,
    )


def _limited_aircraft(chance: random.Random, each: Aircraft) -> Aircraft:
    left = chance.choice([None, None, 1.0, 3.0])
    return replace(each, hours_left=None if left is None else left * HOUR)


def _limited_pilot(chance: random.Random, each: Pilot) -> Pilot:
    return replace(each, max_flying=chance.choice([None, 2 * HOUR, 6 * HOUR]))


def _circumstances(chance: random.Random, task: Task) -> Task:
    windows = list(task.windows)
    if chance.random() < 0.4:
        sun = Period(DAWN + HOUR, DAWN + 13 * HOUR)
        windows.append(WindowSet("daylight", (sun,), is_movable=False))
    if chance.random() < 0.3:
        begin = DAWN + chance.randint(0, 10) * HOUR
        later = begin + chance.randint(2, 4) * HOUR
        good = (Period(begin, begin + HOUR), Period(later, later + 3 * HOUR))
        windows.append(WindowSet("weather", good, is_movable=False))
    wanted = DAWN + chance.randint(3, 14) * HOUR if chance.random() < 0.3 else None
    return replace(task, windows=tuple(windows), wanted_by=wanted)


def _red(chance: random.Random, day: Problem) -> tuple[Exclusion, ...]:
    found = []
    for number in range(chance.randint(0, len(day.tasks))):
        task = chance.choice(day.tasks).key if chance.random() < 0.9 else None
        aircraft = chance.choice(day.aircraft).key if chance.random() < 0.6 else None
        pilot = chance.choice(day.pilots).key if chance.random() < 0.5 else None
        if [task, aircraft, pilot].count(None) <= (2 if number % 7 == 0 else 1):
            code = f"FO-RULE-{number % 9}"
            found.append(Exclusion(code, "red at release", task, aircraft, pilot))
    return tuple(each for each in found if (each.task, each.aircraft, each.pilot) != (None,) * 3)


def _commitments(chance: random.Random, day: Problem) -> list[Commitment]:
    """Pinned work of the first two, and bookings of one alone of others, in different hours."""
    found = []
    if chance.random() < 0.5:
        begin = DAWN + chance.randint(4, 6) * HOUR
        task = day.tasks[0]
        found.append(
            Commitment(
                "pin-0",
                Period(begin, begin + task.duration),
                day.aircraft[0].key,
                day.pilots[0].key,
                task.place,
                task.flight_time,
                task.key,
            )
        )
    if chance.random() < 0.4:
        begin = DAWN + chance.randint(1, 10) * HOUR
        booked = Period(begin, begin + 2 * HOUR)
        found.append(Commitment("shop-0", booked, aircraft=day.aircraft[-1].key))
    if chance.random() < 0.4:
        begin = DAWN + chance.randint(3, 8) * HOUR
        booked = Period(begin, begin + HOUR)
        found.append(Commitment("course-0", booked, pilot=day.pilots[-1].key))
    return found


def shuffled(problem: Problem, seed: int) -> Problem:
    """The same day with every row somewhere else."""
    chance = random.Random(seed)  # noqa: S311 - reproducible, no secret

    def mixed(rows: tuple) -> tuple:
        return tuple(chance.sample(rows, len(rows)))

    return replace(
        problem,
        tasks=mixed(problem.tasks),
        aircraft=mixed(problem.aircraft),
        pilots=mixed(problem.pilots),
        exclusions=mixed(problem.exclusions),
        commitments=mixed(problem.commitments),
    )

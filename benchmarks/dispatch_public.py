"""
Public vehicle-routing instances as days of dispatch, and the same given to OR-Tools.

A second stands for a tenth of a unit of distance: distances, windows and service times are cut to
one decimal (the convention of the DIMACS challenge and of the CVRPLIB solutions), the objective is
distance alone. Each vehicle is an aircraft and a pilot; demand is flying, capacity hours left.
"""

import csv
import json
import math
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from dispatcher.planning.model import (
    Aircraft,
    Period,
    Pilot,
    Place,
    Plan,
    Problem,
    Task,
    Travel,
    TravelTable,
    Weights,
    WindowSet,
)

CONVENTION = "distance only, one decimal truncated"
START = datetime(2026, 1, 1, tzinfo=UTC)
TENTHS = 10
PEER = Path(__file__).parent / "peers" / "plain_ortools.py"
# Serving everything comes first: more than any tour could cost.
PRIZE = 1_000_000
SOLOMON = ("R101", "R103", "RC101", "RC103", "R201", "R207")
HOMBERGER = ("r1_10_3", "rc1_10_3", "c2_10_3", "r2_10_3")


@dataclass(frozen=True)
class Instance:
    """An instance as read: rows are x, y, demand, ready, due, service; the first is the depot."""

    name: str
    vehicles: int
    capacity: int
    rows: tuple[tuple[int, ...], ...]


def read(path: Path) -> Instance:
    """A file of Solomon's or Gehring and Homberger's."""
    lines = [line.split() for line in path.read_text().splitlines() if line.strip()]
    numbers = [line for line in lines if all(part.lstrip("-").isdigit() for part in line)]
    vehicles, capacity = map(int, numbers[0])
    rows = tuple(tuple(map(int, line[1:7])) for line in numbers[1:] if len(line) == 7)
    return Instance(path.stem.upper(), vehicles, capacity, rows)


def best_known(folder: Path) -> dict[str, float]:
    """Best known distances in this convention, by name."""
    with (folder / "vrptw" / "BKS.csv").open() as source:
        rows = list(csv.DictReader(source))
    column = "distance_only_distance_trunc1"
    return {row["instance"]: float(row[column]) for row in rows if row[column]}


def distances(instance: Instance) -> list[list[int]]:
    """Tenths, truncated."""
    points = [(row[0], row[1]) for row in instance.rows]
    return [[int(TENTHS * math.hypot(a - c, b - d) + 1e-9) for c, d in points] for a, b in points]


def problem(instance: Instance) -> Problem:
    """The instance as a day."""
    keys = tuple(f"{number:05d}" for number in range(len(instance.rows)))
    places = [
        Place(key, row[1] / 1_000, row[0] / 1_000)
        for key, row in zip(keys, instance.rows, strict=True)
    ]
    day = Period(START, _at(instance.rows[0][4]))
    table = TravelTable(keys, tuple(map(tuple, distances(instance))))
    return Problem(
        horizon=day,
        tasks=tuple(
            _task(place, row) for place, row in zip(places[1:], instance.rows[1:], strict=True)
        ),
        aircraft=tuple(
            Aircraft(
                f"vehicle-{number:04d}",
                places[0],
                day,
                hours_left=timedelta(seconds=instance.capacity),
            )
            for number in range(instance.vehicles)
        ),
        pilots=tuple(
            Pilot(f"driver-{number:04d}", places[0], day) for number in range(instance.vehicles)
        ),
        travel=Travel(table=table),
        weights=Weights(prize=PRIZE, unit=0, balance=0.0, lateness=0.0),
    )


def _task(place: Place, row: tuple[int, ...]) -> Task:
    _, _, demand, ready, due, service = row
    window = Period(_at(ready), _at(due) + timedelta(seconds=TENTHS * service))
    return Task(
        key=f"customer-{place.key}",
        place=place,
        duration=timedelta(seconds=max(1, TENTHS * service)),
        windows=(WindowSet("client", (window,)),),
        priority=1,
        flight_time=timedelta(seconds=demand),
    )


def _at(moment: int) -> datetime:
    return START + timedelta(seconds=TENTHS * moment)


def distance(plan: Plan) -> float:
    """Length of all routes, in the instance's units."""
    return plan.score.travel_s / TENTHS


def ortools_gap(
    instance: Instance, seconds: float, best: float, python: str
) -> dict[str, Any] | None:
    """Gap, unserved and version of a plain OR-Tools routing run by that Python."""
    asked = {
        "rows": instance.rows,
        "vehicles": instance.vehicles,
        "capacity": instance.capacity,
        "distances": distances(instance),
        "scale": TENTHS,
        "penalty": PRIZE,
        "seconds": seconds,
    }
    done = subprocess.run(  # noqa: S603 - a Python the caller named, and a file of ours
        [python, str(PEER)],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=10 * seconds + 120,
        check=True,
    )
    answer = json.loads(done.stdout)
    if answer["distance"] is None:
        return {"ortools_gap": "no solution", "ortools": answer["version"]}
    return {
        "ortools_gap": gap(answer["distance"] / TENTHS, best),
        "ortools_unserved": answer["unserved"],
        "ortools": answer["version"],
    }


def ortools_python(named: str | None) -> str | None:
    """The Python that has OR-Tools: the one named, or this one; None where neither has it."""
    if named is not None:
        return named
    return sys.executable if find_spec("ortools") is not None else None


def gap(found: float, best: float) -> float:
    """By how many percent a distance is longer than the best known."""
    return round(100 * (found - best) / best, 3)

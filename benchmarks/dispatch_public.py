"""
Public vehicle-routing instances as days of dispatch, and the same given to OR-Tools.

A second stands for a tenth of a unit of distance: distances, windows and service times are cut to
one decimal (the convention of the DIMACS challenge and of the CVRPLIB solutions), the objective is
distance alone. Each vehicle is an aircraft and a pilot; demand is flying, capacity hours left.
"""

import csv
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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


def ortools_distance(instance: Instance, seconds: float) -> tuple[float, int] | None:
    """Distance and unserved of a plain OR-Tools routing run; None where it is not installed."""
    try:
        from ortools.constraint_solver import pywrapcp  # noqa: PLC0415 - an optional peer
    except ImportError:
        return None
    rows = instance.rows
    manager = pywrapcp.RoutingIndexManager(len(rows), instance.vehicles, 0)
    routing = pywrapcp.RoutingModel(manager)
    _ortools_rules(routing, manager, instance)
    found = routing.SolveWithParameters(_ortools_search(pywrapcp, seconds))
    if found is None:
        return None
    missing = sum(
        found.Value(routing.NextVar(manager.NodeToIndex(n))) == manager.NodeToIndex(n)
        for n in range(1, len(rows))
    )
    return (found.ObjectiveValue() - PRIZE * missing) / TENTHS, missing


def _ortools_rules(routing: Any, manager: Any, instance: Instance) -> None:
    way, rows = distances(instance), instance.rows
    service = [TENTHS * row[5] for row in rows]
    timed = [[way[a][b] + service[a] for b in range(len(rows))] for a in range(len(rows))]
    routing.SetArcCostEvaluatorOfAllVehicles(routing.RegisterTransitMatrix(way))
    load = routing.RegisterUnaryTransitVector([row[2] for row in rows])
    routing.AddDimension(load, 0, instance.capacity, True, "load")
    clock = routing.RegisterTransitMatrix(timed)
    routing.AddDimension(clock, 10**7, 10**7, False, "time")
    time_of = routing.GetDimensionOrDie("time")
    for number, row in enumerate(rows[1:], 1):
        index = manager.NodeToIndex(number)
        time_of.CumulVar(index).SetRange(TENTHS * row[3], TENTHS * row[4])
        routing.AddDisjunction([index], PRIZE)
    for vehicle in range(instance.vehicles):
        time_of.CumulVar(routing.End(vehicle)).SetRange(0, TENTHS * rows[0][4])


def _ortools_search(pywrapcp: Any, seconds: float) -> Any:
    from ortools.constraint_solver import routing_enums_pb2 as choices  # noqa: PLC0415

    found = pywrapcp.DefaultRoutingSearchParameters()
    found.first_solution_strategy = choices.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    found.local_search_metaheuristic = choices.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    found.time_limit.FromMilliseconds(int(1000 * seconds))
    return found

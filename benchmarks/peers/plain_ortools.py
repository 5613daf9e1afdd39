"""
A plain OR-Tools routing run on one VRPTW instance: what one writes after reading its manual.

Reads one JSON document from standard input (`rows` of x, y, demand, ready, due, service with the
depot first, `vehicles`, `capacity`, `distances` in whole units, `scale` of them to a unit of time,
`penalty` of leaving somebody out, `seconds`) and prints one: `distance`, `unserved`, `version`.
Needs nothing but OR-Tools, so that another Python than the product's may run it.
"""

import json
import sys
from typing import Any

import ortools
from ortools.constraint_solver import pywrapcp
from ortools.constraint_solver import routing_enums_pb2 as choices


def main() -> None:
    asked = json.load(sys.stdin)
    rows = asked["rows"]
    manager = pywrapcp.RoutingIndexManager(len(rows), asked["vehicles"], 0)
    routing = pywrapcp.RoutingModel(manager)
    add_rules(routing, manager, asked)
    found = routing.SolveWithParameters(search(asked["seconds"]))
    answer: dict[str, Any] = {"version": ortools.__version__, "distance": None, "unserved": None}
    if found is not None:
        alone = [manager.NodeToIndex(number) for number in range(1, len(rows))]
        answer["unserved"] = sum(found.Value(routing.NextVar(each)) == each for each in alone)
        answer["distance"] = found.ObjectiveValue() - asked["penalty"] * answer["unserved"]
    print(json.dumps(answer))


def add_rules(routing: Any, manager: Any, asked: dict[str, Any]) -> None:
    """Distance as the cost; loads and times as dimensions; all by matrices, no Python callback."""
    rows, way, scale = asked["rows"], asked["distances"], asked["scale"]
    numbers = range(len(rows))
    service = [scale * row[5] for row in rows]
    timed = [[way[a][b] + service[a] for b in numbers] for a in numbers]
    routing.SetArcCostEvaluatorOfAllVehicles(routing.RegisterTransitMatrix(way))
    load = routing.RegisterUnaryTransitVector([row[2] for row in rows])
    routing.AddDimension(load, 0, asked["capacity"], True, "load")
    routing.AddDimension(routing.RegisterTransitMatrix(timed), 10**7, 10**7, False, "time")
    time_of = routing.GetDimensionOrDie("time")
    for number, row in enumerate(rows[1:], 1):
        index = manager.NodeToIndex(number)
        time_of.CumulVar(index).SetRange(scale * row[3], scale * row[4])
        routing.AddDisjunction([index], asked["penalty"])
    for vehicle in range(asked["vehicles"]):
        time_of.CumulVar(routing.End(vehicle)).SetRange(0, scale * rows[0][4])


def search(seconds: float) -> Any:
    """Guided local search from a parallel insertion."""
    found = pywrapcp.DefaultRoutingSearchParameters()
    found.first_solution_strategy = choices.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    found.local_search_metaheuristic = choices.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    found.time_limit.FromMilliseconds(int(1000 * seconds))
    return found


if __name__ == "__main__":
    main()

"""
One search by PyVRP, as plain values that go to a process of its own and come back.

Nothing here knows tasks or pilots: clients with windows, prizes and loads, vehicles with bases,
hours and limits. PyVRP is imported where it is used, it takes a fifth of a second.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

REPORT_EVERY_S = 0.5
LOOK_EVERY = 32


@dataclass(slots=True)
class Client:
    """One window of one visit; those of one `group` exclude each other."""

    location: int
    window: tuple[int, int]
    duration: int
    prize: int
    loads: tuple[int, ...]
    is_required: bool = False
    group: int | None = None


@dataclass(slots=True)
class Vehicle:
    """Identical pairs, `count` of them."""

    depot: int
    profile: int
    early: int
    late: int
    span: int
    capacity: tuple[int, ...]
    fair_span: int
    count: int = 1


@dataclass(slots=True)
class Job:
    """A routing problem with its budget; `start` are routes to begin from, by vehicle."""

    clients: list[Client]
    vehicles: list[Vehicle]
    depots: list[int]
    locations: int
    distances: list[NDArray[np.int64]]
    durations: list[NDArray[np.int64]]
    groups: int
    unit_cost: int
    scale: int
    balance_cost: int
    seed: int
    seconds: float
    iterations: int | None
    history: int
    # By `time.monotonic`, which all processes of one machine share.
    latest: float | None = None
    start: list[tuple[int, list[int]]] = field(default_factory=list)


@dataclass(slots=True)
class Outcome:
    """Routes by vehicle, with their cost in seconds of travel; `is_cut` by the clock."""

    routes: list[tuple[int, list[int]]]
    cost: int
    is_feasible: bool
    iterations: int
    is_cut: bool = False


class _Stop:
    """PyVRP's question whether to go on: by count or by the clock, or because somebody said so."""

    def __init__(self, job: Job, look: Callable[[int, int], bool]) -> None:
        self.job, self.look = job, look
        self.done = 0
        self.until = time.monotonic() + job.seconds
        self.is_cut = False

    def __call__(self, best_cost: int) -> bool:
        self.done += 1
        if self.done % LOOK_EVERY == 0 and self.look(self.done, best_cost // self.job.scale):
            return True
        if self.job.iterations is None:
            return time.monotonic() >= self.until
        latest = self.job.latest
        self.is_cut = latest is not None and time.monotonic() >= latest
        return self.is_cut or self.done > self.job.iterations


def search(job: Job, look: Callable[[int, int], bool]) -> Outcome:
    """
    Search until the budget is spent or `look` (iterations so far, best cost) says stop.

    With an iteration budget and one seed the outcome is the same on every run, unless it is cut.
    """
    import pyvrp  # noqa: PLC0415 - slow to import, and only searching needs it
    from pyvrp.IteratedLocalSearch import IteratedLocalSearchParams  # noqa: PLC0415

    data = _data(pyvrp, job)
    start = None
    if job.start:
        routes = [pyvrp.Route(data, visits, vehicle) for vehicle, visits in job.start]
        start = pyvrp.Solution(data, routes)
    stop = _Stop(job, look)
    result = pyvrp.solve(
        data,
        stop=stop,
        seed=job.seed,
        collect_stats=False,
        params=pyvrp.SolveParams(ils=IteratedLocalSearchParams(history_length=job.history)),
        initial_solution=start,
    )
    best = result.best
    return Outcome(
        routes=[
            (route.vehicle_type(), [stop.idx for stop in route if stop.is_client()])
            for route in best.routes()
        ],
        cost=_cost(best) // job.scale,
        is_feasible=best.is_feasible(),
        iterations=result.num_iterations,
        is_cut=stop.is_cut,
    )


def _cost(solution: Any) -> int:
    parts = (
        solution.distance_cost(),
        solution.duration_cost(),
        solution.fixed_vehicle_cost(),
        solution.uncollected_prizes(),
    )
    return int(sum(parts))


def _data(pyvrp: Any, job: Job) -> Any:
    members: list[list[int]] = [[] for _ in range(job.groups)]
    for number, client in enumerate(job.clients):
        if client.group is not None:
            members[client.group].append(number)
    return pyvrp.ProblemData(
        locations=[pyvrp.Location(0, 0) for _ in range(job.locations)],
        clients=[_client(pyvrp, job, client) for client in job.clients],
        depots=[pyvrp.Depot(location) for location in job.depots],
        vehicle_types=[_vehicle(pyvrp, job, vehicle) for vehicle in job.vehicles],
        distance_matrices=job.distances,
        duration_matrices=job.durations,
        groups=[pyvrp.ClientGroup(group, required=False) for group in members],
    )


def _client(pyvrp: Any, job: Job, client: Client) -> Any:
    return pyvrp.Client(
        client.location,
        delivery=list(client.loads),
        service_duration=client.duration,
        tw_early=client.window[0],
        tw_late=client.window[1],
        prize=0 if client.is_required else client.prize * job.scale,
        required=client.is_required,
        group=client.group,
    )


def _vehicle(pyvrp: Any, job: Job, vehicle: Vehicle) -> Any:
    fair = vehicle.fair_span if job.balance_cost else vehicle.span
    return pyvrp.VehicleType(
        num_available=vehicle.count,
        capacity=list(vehicle.capacity),
        start_depot=vehicle.depot,
        end_depot=vehicle.depot,
        fixed_cost=job.unit_cost * job.scale,
        tw_early=vehicle.early,
        tw_late=vehicle.late,
        shift_duration=fair,
        unit_distance_cost=job.scale,
        profile=vehicle.profile,
        max_overtime=vehicle.span - fair,
        unit_overtime_cost=job.balance_cost,
    )

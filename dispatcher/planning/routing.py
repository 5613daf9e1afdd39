"""Pairs and tasks as a routing problem for the engine, and its routes back on the board."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dispatcher.planning.board import Board
from dispatcher.planning.instance import FAR, Instance, Unit
from dispatcher.planning.jobs import Client, Job, Outcome, Vehicle

# What going where one may not costs, seconds: more than any prize, far from any overflow.
FORBIDDEN = 10_000_000
# Costs are whole numbers: this many make a second, where balance needs fractions of it.
FINE = 20
LATE_STEPS = 3


@dataclass(slots=True)
class Budget:
    """How long one search may take; `iterations` counts when given, until `latest`."""

    seconds: float
    iterations: int | None
    seed: int
    latest: float | None = None


@dataclass(slots=True)
class Part:
    """A job, and whose visits its clients and whose hours its vehicles are."""

    job: Job
    visit_of: list[int] = field(default_factory=list)
    units_of: list[list[int]] = field(default_factory=list)


def make_part(
    instance: Instance,
    units: Mapping[int, Unit],
    tasks: Sequence[int],
    budget: Budget,
    *,
    kept: Mapping[int, int] | None = None,
) -> Part:
    """
    A search over these units and tasks; `kept` says which unit has a task in the published plan.

    Going to a task that is another's costs `Weights.change` more.
    """
    kept = kept or {}
    stops = [*tasks, *(n for number in sorted(units) for n in units[number].fixed)]
    bases = sorted({unit.base for unit in units.values()})
    profiles = _Profiles(instance, stops, bases, kept)
    vehicles, units_of = _vehicles(instance, units, tasks, bases, profiles)
    clients, visit_of, groups = _clients(instance, stops, len(bases))
    weights = instance.problem.weights
    scale = FINE if weights.balance else 1
    job = Job(
        clients=clients,
        vehicles=vehicles,
        depots=list(range(len(bases))),
        locations=len(bases) + len(stops),
        distances=profiles.distances,
        durations=profiles.durations,
        groups=groups,
        unit_cost=weights.unit,
        scale=scale,
        balance_cost=round(weights.balance * scale),
        seed=budget.seed,
        seconds=budget.seconds,
        iterations=budget.iterations,
        history=history_for(len(tasks), budget),
        latest=budget.latest,
    )
    return Part(job, visit_of, units_of)


def history_for(count: int, budget: Budget) -> int:
    """
    How far back late acceptance compares: a hundredth of the iterations expected.

    Measured: at ten seconds this is worth more than any other setting of the engine; its default
    of 300 suits minutes.
    """
    rate = 60_000 / max(count, 10) ** 0.88
    expected = rate * budget.seconds if budget.iterations is None else budget.iterations
    return int(min(300, max(8, expected / 100)))


def begin_with(part: Part, board: Board) -> None:
    """Let a search begin from the board's routes."""
    first: dict[int, int] = {}
    vehicle_of = {unit: number for number, own in enumerate(part.units_of) for unit in own}
    starts = {
        visit: start
        for unit in vehicle_of
        for visit, start in zip(board.routes[unit], _starts(board, unit), strict=True)
    }
    for client, visit in enumerate(part.visit_of):
        window = part.job.clients[client].window
        if visit in starts and window[0] <= starts[visit] <= window[1]:
            first.setdefault(visit, client)
    part.job.start = [
        (vehicle, [first[visit] for visit in board.routes[unit]])
        for unit, vehicle in sorted(vehicle_of.items())
        if board.routes[unit] and all(visit in first for visit in board.routes[unit])
    ]


def routes_of(part: Part, outcome: Outcome) -> dict[int, list[int]]:
    """Visits of each unit in order, as a search left them; units it does not use have none."""
    free = [list(own) for own in part.units_of]
    found: dict[int, list[int]] = {unit: [] for own in part.units_of for unit in own}
    for vehicle, clients in outcome.routes:
        found[free[vehicle].pop(0)] = [part.visit_of[client] for client in clients]
    return found


def set_routes(board: Board, routes: Mapping[int, Sequence[int]]) -> None:
    """
    Put routes on the board; where one cannot be flown, its least worthy tasks are left out.

    Every unit named is emptied first, so that tasks may change hands.
    """
    for number in routes:
        board.clear(number)
    for number, route in routes.items():
        board.set_most(number, _with_fixed(board, number, route))


def _with_fixed(board: Board, number: int, route: Sequence[int]) -> list[int]:
    """The route with all commitments of its unit, in order of time among themselves."""
    own = sorted(board.units[number].fixed, key=lambda n: board.instance.visits[n].windows[0][0])
    if [n for n in route if n in own] == own:
        return list(route)
    return own


def _starts(board: Board, unit: int) -> Iterable[int]:
    timing = board.timings[unit]
    return timing.starts if timing is not None else [-FAR] * len(board.routes[unit])


class _Profiles:
    """Matrices of the job, one for each set of tasks, turn-round and published work that differ."""

    def __init__(
        self, instance: Instance, stops: Sequence[int], bases: list[int], kept: Mapping[int, int]
    ) -> None:
        self.instance, self.stops, self.bases, self.kept = instance, stops, bases, kept
        self.distances: list[NDArray[np.int64]] = []
        self.durations: list[NDArray[np.int64]] = []
        self.numbers: dict[tuple[bytes, bytes, int], int] = {}
        visits = [instance.visits[n] for n in stops]
        places = [*bases, *(visit.place for visit in visits)]
        self.travel = instance.matrix[np.ix_(places, places)]
        self.setup = np.array([0] * len(bases) + [visit.setup for visit in visits])
        self.turns = np.array([False] * len(bases) + [v.needs_turnround for v in visits])

    def number(self, unit_number: int, unit: Unit) -> int:
        """The profile of a unit, made when it is the first of its kind."""
        fixed = set(unit.fixed)
        count = len(self.instance.tasks)
        may = np.array([unit.allowed[n] if n < count else n in fixed for n in self.stops], bool)
        price = np.array([self.kept.get(n, unit_number) != unit_number for n in self.stops], bool)
        key = may.tobytes(), price.tobytes(), unit.turnround
        if key not in self.numbers:
            self.numbers[key] = len(self.distances)
            self._add(may, price, unit.turnround)
        return self.numbers[key]

    def _add(self, may: NDArray[np.bool_], price: NDArray[np.bool_], turnround: int) -> None:
        skip = len(self.bases)
        duration = self.travel + self.setup[None, :]
        duration[:, skip:] += np.where(self.turns, turnround, 0)[:, None]
        distance = self.travel.copy()
        distance[:, skip:] += np.where(price, self.instance.problem.weights.change, 0)[None, :]
        for matrix in (duration, distance):
            matrix[:, skip:][:, ~may] = FORBIDDEN
            np.fill_diagonal(matrix, 0)
        self.durations.append(duration)
        self.distances.append(distance)


def _vehicles(
    instance: Instance,
    units: Mapping[int, Unit],
    tasks: Sequence[int],
    bases: list[int],
    profiles: _Profiles,
) -> tuple[list[Vehicle], list[list[int]]]:
    """Vehicles of the job, identical pairs as one, and the units each stands for."""
    work = sum(instance.visits[n].setup + instance.visits[n].duration for n in tasks)
    fair = int(1.3 * work / max(1, len(units)))
    found: dict[tuple[object, ...], int] = {}
    vehicles: list[Vehicle] = []
    units_of: list[list[int]] = []
    for number in sorted(units):
        unit = units[number]
        profile = profiles.number(number, unit)
        base = bases.index(unit.base)
        span = min(unit.span, unit.late - unit.early)
        key = (base, profile, unit.early, unit.late, span, unit.capacity, tuple(unit.fixed))
        if key in found:
            vehicles[found[key]].count += 1
            units_of[found[key]].append(number)
            continue
        found[key] = len(vehicles)
        units_of.append([number])
        vehicles.append(
            Vehicle(
                depot=base,
                profile=profile,
                # The engine knows no moment before the first.
                early=max(0, unit.early),
                late=max(0, unit.late),
                span=span,
                capacity=unit.capacity,
                fair_span=min(span, fair),
            )
        )
    return vehicles, units_of


def _clients(
    instance: Instance, stops: Sequence[int], skip: int
) -> tuple[list[Client], list[int], int]:
    """A client for each window of each stop; the late end of a window is worth less, in steps."""
    clients: list[Client] = []
    visit_of: list[int] = []
    groups = 0
    for location, number in enumerate(stops, skip):
        visit = instance.visits[number]
        pieces = list(_pieces(instance, number))
        group = groups if len(pieces) > 1 else None
        groups += group is not None
        for first, last, prize in pieces:
            visit_of.append(number)
            clients.append(
                Client(
                    location=location,
                    window=(first, last),
                    duration=visit.duration,
                    prize=prize,
                    loads=(visit.flight, *visit.loads),
                    is_required=visit.is_fixed,
                    group=group,
                )
            )
    return clients, visit_of, groups


def _pieces(instance: Instance, number: int) -> Iterable[tuple[int, int, int]]:
    visit = instance.visits[number]
    for first, last in visit.windows:
        if first <= visit.late_after:
            yield first, min(last, visit.late_after), visit.prize
        begin = max(first, visit.late_after + 1)
        step = -(-(last - begin + 1) // LATE_STEPS)
        for early in range(begin, last + 1, step) if step > 0 else ():
            late = min(last, early + step - 1)
            loss = instance.problem.weights.lateness * ((early + late) / 2 - visit.late_after)
            yield early, late, max(1, visit.prize - round(loss))

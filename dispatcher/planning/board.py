"""A plan while it is being made: a route for each pair, and everything that can be asked of it."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from dispatcher.planning.instance import Instance, Unit
from dispatcher.planning.slack import Slack, possible, slack
from dispatcher.planning.timing import Timing, driving, lateness, timed


@dataclass(frozen=True, slots=True)
class Insertion:
    """A place for a task in a route: by how much the plan gets dearer, and when it would start."""

    cost: float
    unit: int
    position: int
    start: int
    timing: Timing


class Board:
    """Routes of an instance's units, kept feasible: a route is only set when it can be flown."""

    def __init__(self, instance: Instance, units: list[Unit]) -> None:
        self.instance = instance
        self.units = units
        self.routes: list[list[int]] = [self._only_fixed(unit) for unit in units]
        self._slacks: dict[int, Slack] = {}
        # Pairs yet to be formed, and for which pairs in use they were found.
        self.spares: tuple[tuple[int, ...], list[Unit]] | None = None
        self.timings: list[Timing | None] = [
            timed(instance, unit, route) for unit, route in zip(units, self.routes, strict=True)
        ]

    def copy(self) -> "Board":
        """Another board with the same routes, to try something on."""
        other = object.__new__(Board)
        other.instance, other.units = self.instance, list(self.units)
        other.routes = [list(route) for route in self.routes]
        other.timings = list(self.timings)
        other._slacks, other.spares = {}, self.spares
        return other

    def add_unit(self, unit: Unit) -> int:
        """A further pair, with nothing to do yet."""
        self.units.append(unit)
        self.routes.append(self._only_fixed(unit))
        self.timings.append(timed(self.instance, unit, self.routes[-1]))
        return len(self.units) - 1

    def set_route(self, number: int, route: list[int]) -> bool:
        """Give a unit a route, if it can be flown; says whether it can."""
        timing = timed(self.instance, self.units[number], route)
        if timing is None or not self._room_for(number, route, timing):
            return False
        self.routes[number], self.timings[number] = route, timing
        return True

    def clear(self, number: int) -> None:
        """Leave a unit nothing but its commitments."""
        self.routes[number] = self._only_fixed(self.units[number])
        self.timings[number] = timed(self.instance, self.units[number], self.routes[number])

    def served(self) -> set[int]:
        """Numbers of the tasks in routes."""
        count = len(self.instance.tasks)
        return {number for route in self.routes for number in route if number < count}

    def unserved(self) -> list[int]:
        """Numbers of the tasks in no route, dearest first, then by key."""
        served, visits = self.served(), self.instance.visits
        missing = [n for n in range(len(self.instance.tasks)) if n not in served]
        return sorted(missing, key=lambda n: (-visits[n].prize, visits[n].key))

    def is_used(self, number: int) -> bool:
        """Whether a unit goes out: for a task, or for pinned work of both its two."""
        return any(self.is_joint(visit) for visit in self.routes[number])

    def is_joint(self, visit: int) -> bool:
        """Whether a visit takes an aircraft and a pilot, and not one of them alone."""
        offset = visit - len(self.instance.tasks)
        if offset < 0:
            return True
        each = self.instance.commitments[offset]
        return (
            each.aircraft in self.instance.aircraft_number
            and each.pilot in self.instance.pilot_number
        )

    def retire(self, number: int) -> None:
        """Dissolve a pair that has nothing to do, so that its two are free for others."""
        self.units[number] = replace(self.units[number], is_frozen=True, fixed=[])
        self.routes[number], self.timings[number] = [], None

    def best_insertion(self, task: int, units: Iterable[int] | None = None) -> Insertion | None:
        """The cheapest place for a task with every other's order kept, or None."""
        found = None
        idle: set[tuple[object, ...]] = set()
        for number in range(len(self.units)) if units is None else units:
            unit = self.units[number]
            if not unit.allowed[task] or unit.is_frozen:
                continue
            if not self.routes[number]:
                # Of pairs that have nothing to do yet, those alike need not be tried twice.
                if unit.likeness in idle:
                    continue
                idle.add(unit.likeness)
            below = math.inf if found is None else found.cost
            here = self.insertion(task, number, below=below)
            if here is not None and here.cost < below:
                found = here
        return found

    def insertion(self, task: int, number: int, *, below: float = math.inf) -> Insertion | None:
        """The cheapest place for a task in one unit's route; the first of those as cheap."""
        found = None
        for each in self.insertions(task, number, below=below):
            if found is None or each.cost < found.cost:
                found = each
        return found

    def insertions(self, task: int, number: int, *, below: float = math.inf) -> Iterator[Insertion]:
        """
        Every place for a task in one unit's route, with the others' order kept.

        Places whose travel alone costs as much as `below` are passed over.
        """
        unit = self.units[number]
        if unit.is_frozen or not unit.allowed[task] or not self.instance.visits[task].windows:
            return
        route, room = self.routes[number], self._slack_of(number)
        for position, detour in possible(self.instance, unit, room, task):
            if detour >= below:
                continue
            trial = [*route[:position], task, *route[position:]]
            timing = timed(self.instance, unit, trial)
            if timing is not None and self._room_for(number, trial, timing):
                cost = self.route_cost(unit, trial, timing) - room.cost
                yield Insertion(cost, number, position, timing.starts[position], timing)

    def _slack_of(self, number: int) -> Slack:
        route = self.routes[number]
        known = self._slacks.get(number)
        if known is None or known.route is not route or known.unit is not self.units[number]:
            known = self._slacks[number] = slack(self.instance, self.units[number], route)
            known.cost = self.route_cost(self.units[number], route, self.timings[number])
        return known

    def insert(self, task: int, place: Insertion) -> None:
        """Do what an insertion says."""
        route = self.routes[place.unit]
        if not self.set_route(
            place.unit, [*route[: place.position], task, *route[place.position :]]
        ):
            raise ValueError("This insertion belongs to another state of the plan.")

    def remove(self, task: int) -> None:
        """
        Take a task out of its route.

        Where what is left cannot be flown (a road table may make the direct way the longer one),
        its least worthy tasks go too.
        """
        for number, route in enumerate(self.routes):
            if task in route:
                self.clear(number)
                self.set_most(number, [each for each in route if each != task])

    def set_most(self, number: int, route: list[int]) -> None:
        """Give a unit as much of a route as can be flown; its least worthy tasks are left out."""
        visits, count = self.instance.visits, len(self.instance.tasks)
        wanted = [n for n in route if n >= count or self.units[number].allowed[n]]
        while not self.set_route(number, wanted):
            free = [n for n in wanted if n < count]
            if not free:
                return
            least = min(free, key=lambda n: (visits[n].prize, n))
            wanted = [n for n in wanted if n != least]

    def route_cost(self, unit: Unit, route: list[int], timing: Timing | None) -> float:
        """Travel, lateness and sending somebody out; seconds of travel."""
        if timing is None or not any(map(self.is_joint, route)):
            return 0.0
        weights = self.instance.problem.weights
        late = sum(
            lateness(self.instance.visits[number], start)
            for number, start in zip(route, timing.starts, strict=True)
        )
        return driving(self.instance, unit, route) + weights.lateness * late + weights.unit

    def cost(self, kept: Mapping[int, int] | None = None) -> float:
        """
        What the plan costs while it is made, in seconds of travel: lower is better.

        Prizes of the unserved, every route, balance, and `Weights.change` for each task that is
        not with the unit that `kept` says.
        """
        weights, visits = self.instance.problem.weights, self.instance.visits
        total = float(sum(visits[number].prize for number in self.unserved()))
        for unit, route, timing in zip(self.units, self.routes, self.timings, strict=True):
            total += self.route_cost(unit, route, timing)
        for task, unit_number in (kept or {}).items():
            total += weights.change * (task not in self.routes[unit_number])
        return total + weights.balance * self.imbalance()

    def imbalance(self) -> float:
        """Seconds by which duties of the pairs that go out differ from their mean, in all."""
        used = (n for n in range(len(self.units)) if self.is_used(n))
        spans = [timing.span for n in used if (timing := self.timings[n]) is not None]
        mean = sum(spans) / len(spans) if spans else 0.0
        return sum(abs(span - mean) for span in spans)

    def _only_fixed(self, unit: Unit) -> list[int]:
        return sorted(unit.fixed, key=lambda number: self.instance.visits[number].windows[0])

    def _room_for(self, number: int, route: list[int], timing: Timing) -> bool:
        """Whether no more operations than allowed are under way at once."""
        most = self.instance.problem.max_concurrent
        if most is None:
            return True
        instance = self.instance
        spans = [(instance.down(p.start), instance.up(p.end)) for p in instance.problem.under_way]
        spans += self._flights(route, timing)
        for other, (its_route, its_timing) in enumerate(
            zip(self.routes, self.timings, strict=True)
        ):
            if other != number:
                spans += self._flights(its_route, its_timing)
        return concurrent(spans) <= most

    def _flights(self, route: list[int], timing: Timing | None) -> Iterable[tuple[int, int]]:
        """When a route has operations under way; work that cannot be done still is pinned."""
        visits = self.instance.visits
        starts = timing.starts if timing else [visits[n].windows[0][0] for n in route]
        for number, start in zip(route, starts, strict=True):
            visit = visits[number]
            if not visit.is_fixed or visit.flight:
                yield start, start + visit.duration


def concurrent(spans: Iterable[tuple[int, int]]) -> int:
    """The most spans that hold at one moment; one that ends when another starts is over."""
    changes = sorted((at, step) for start, end in spans for at, step in ((start, 1), (end, -1)))
    most = now = 0
    for _, step in changes:
        now += step
        most = max(most, now)
    return most

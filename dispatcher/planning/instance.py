"""
A problem in whole seconds and small integers, as searching needs it.

Windows are rounded inwards and durations up, so a plan that holds here holds by the clock.
"""

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from dispatcher.planning.canonical import intersection
from dispatcher.planning.eligibility import Eligibility
from dispatcher.planning.model import Commitment, Period, Problem, Task
from dispatcher.planning.travel import places_of, travel_matrix

FAR = 10**9
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Visit:
    """
    A stop of a route: a task, or a commitment that cannot move (`is_fixed`).

    `windows` are the spans of seconds in which it may start, both ends included.
    """

    key: str
    place: int
    duration: int
    windows: tuple[tuple[int, int], ...]
    setup: int = 0
    flight: int = 0
    prize: int = 0
    late_after: int = FAR
    loads: tuple[int, ...] = ()
    is_fixed: bool = False
    needs_turnround: bool = True


@dataclass(slots=True)
class Unit:
    """
    An aircraft and a pilot together for a span of the day, as one vehicle.

    `early` and `late` bound leaving and reaching the aircraft's base; `lead` and `tail` are the
    pilot's own way from and to another base. `capacity` is seconds of flying, then loads.
    """

    aircraft: int
    pilot: int
    base: int
    early: int
    late: int
    span: int
    capacity: tuple[int, ...]
    lead: int = 0
    tail: int = 0
    turnround: int = 0
    fixed: list[int] = field(default_factory=list)
    allowed: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    is_frozen: bool = False

    @property
    def likeness(self) -> tuple[object, ...]:
        """What makes it the same vehicle as another, but for which tasks it may do."""
        return (
            self.base,
            self.early,
            self.late,
            self.span,
            self.capacity,
            self.lead,
            self.tail,
            self.turnround,
        )


class Instance:
    """A canonical problem compiled; visits are the tasks, then the commitments, by number."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.origin = _origin(problem)
        places = places_of(problem)
        self.place = {place.key: number for number, place in enumerate(places)}
        self.matrix = travel_matrix(places, problem.travel)
        self.travel: list[list[int]] = self.matrix.tolist()
        done = {each.task for each in problem.commitments if each.task}
        self.tasks = [task for task in problem.tasks if task.key not in done]
        self.kinds = sorted({kind for task in self.tasks for kind in task.loads})
        self.not_before = -FAR if problem.not_before is None else self.up(problem.not_before)
        self.aircraft_number = {each.key: n for n, each in enumerate(problem.aircraft)}
        self.pilot_number = {each.key: n for n, each in enumerate(problem.pilots)}
        self.task_number = {task.key: n for n, task in enumerate(self.tasks)}
        self.visits = [self.visit_of(task) for task in self.tasks]
        self.commitments = [each for each in problem.commitments if self._binds(each)]
        self.visits += [self._commitment(each) for each in self.commitments]
        self.eligibility = Eligibility(problem, self.tasks)

    def up(self, at: datetime) -> int:
        return -((self.origin - at) // SECOND)

    def down(self, at: datetime) -> int:
        return (at - self.origin) // SECOND

    def at(self, second: int) -> datetime:
        return self.origin + timedelta(seconds=second)

    def windows_of(self, task: Task) -> tuple[Period, ...]:
        """When the operation may be under way: every set at once, within the horizon."""
        found: tuple[Period, ...] = (self.problem.horizon,)
        for each in task.windows:
            found = intersection(found, each.periods)
        return found

    def base_of(self, commitment: Commitment) -> int:
        """Where a commitment is: its place, or the base of the one it binds."""
        if commitment.place is not None:
            return self.place[commitment.place.key]
        if commitment.aircraft in self.aircraft_number:
            holder = self.problem.aircraft[self.aircraft_number[commitment.aircraft]].base
        else:
            holder = self.problem.pilots[self.pilot_number[commitment.pilot or ""]].base
        return self.place[holder.key]

    def _binds(self, each: Commitment) -> bool:
        return each.aircraft in self.aircraft_number or each.pilot in self.pilot_number

    def visit_of(self, task: Task) -> Visit:
        """A task as a stop."""
        duration = seconds(task.duration)
        starts = []
        for period in self.windows_of(task):
            first = max(self.up(period.start), self.not_before)
            last = self.down(period.end) - duration
            if first <= last:
                starts.append((first, last))
        weights = self.problem.weights
        late = FAR if task.wanted_by is None else self.down(task.wanted_by) - duration
        return Visit(
            key=task.key,
            place=self.place[task.place.key],
            duration=duration,
            windows=tuple(starts),
            setup=seconds(task.setup),
            flight=seconds(task.flight_time),
            prize=prize_of(task, weights.prize),
            late_after=late,
            loads=tuple(task.loads.get(kind, 0) for kind in self.kinds),
        )

    def _commitment(self, each: Commitment) -> Visit:
        start = self.down(each.period.start)
        return Visit(
            key=each.key,
            place=self.base_of(each),
            duration=max(0, self.up(each.period.end) - start),
            windows=((start, start),),
            flight=seconds(each.flight_time),
            loads=tuple(each.loads.get(kind, 0) for kind in self.kinds),
            is_fixed=True,
            needs_turnround=each.aircraft is not None and bool(each.flight_time),
        )


def _origin(problem: Problem) -> datetime:
    """A moment before everything, so that no engine ever sees a negative time."""
    starts = [problem.horizon.start]
    starts += [each.available.start for each in problem.aircraft]
    starts += [each.shift.start for each in problem.pilots]
    starts += [each.period.start for each in problem.commitments]
    return min(starts) - timedelta(hours=12)


def seconds(length: timedelta) -> int:
    """Whole seconds, rounded up."""
    return -(-length // SECOND)


def prize_of(task: Task, prize: int) -> int:
    """What serving a task is worth in seconds of travel: each step of priority counts double."""
    return max(1, math.ceil(prize * 2 ** (task.priority - 1) * task.value))

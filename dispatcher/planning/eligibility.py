"""
Who may do what, whatever the time: capabilities, qualifications and the compliance answer.

Kept as one mask for each pair of kinds and a set of forbidden triples, so that a thousand tasks
and a hundred pairs cost no more than their sum.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dispatcher.planning.model import Exclusion, Problem, Task

Key = tuple[str | None, str | None, str | None]


class Eligibility:
    """Masks over tasks, aircraft and pilots of a canonical problem."""

    def __init__(self, problem: Problem, tasks: Sequence[Task]) -> None:
        self.by_key: dict[Key, list[Exclusion]] = defaultdict(list)
        for each in problem.exclusions:
            self.by_key[each.task, each.aircraft, each.pilot].append(each)
        self.aircraft = _able(
            [task.capabilities for task in tasks], [each.capabilities for each in problem.aircraft]
        )
        self.pilots = _able(
            [task.qualifications for task in tasks],
            [each.qualifications for each in problem.pilots],
        )
        self.pairs = np.ones((len(problem.aircraft), len(problem.pilots)), bool)
        self.apart: dict[tuple[int, int], set[int]] = defaultdict(set)
        self._exclude(problem, tasks)

    def allowed(self, aircraft: int, pilot: int) -> NDArray[np.bool_]:
        """Which tasks an aircraft and a pilot may do together."""
        mask = self.aircraft[:, aircraft] & self.pilots[:, pilot]
        if not self.pairs[aircraft, pilot]:
            return np.zeros_like(mask)
        mask[sorted(self.apart.get((aircraft, pilot), ()))] = False
        return mask

    def _exclude(self, problem: Problem, tasks: Sequence[Task]) -> None:
        task_number = {task.key: n for n, task in enumerate(tasks)}
        aircraft_number = {each.key: n for n, each in enumerate(problem.aircraft)}
        pilot_number = {each.key: n for n, each in enumerate(problem.pilots)}
        for key in self.by_key:
            task, aircraft, pilot = (
                None if name is None else numbers.get(name, -1)
                for name, numbers in zip(
                    key, (task_number, aircraft_number, pilot_number), strict=True
                )
            )
            if -1 not in (task, aircraft, pilot):
                self._forbid(task, aircraft, pilot)

    def _forbid(self, task: int | None, aircraft: int | None, pilot: int | None) -> None:
        """Strike out one combination; whoever is not named is meant in every case."""
        if task is not None and aircraft is not None and pilot is not None:
            self.apart[aircraft, pilot].add(task)
        elif task is None:
            self.pairs[_slot(aircraft), _slot(pilot)] = False
        elif pilot is None:
            self.aircraft[task, _slot(aircraft)] = False
        else:
            self.pilots[task, pilot] = False


def _slot(number: int | None) -> int | slice:
    return slice(None) if number is None else number


def _able(needed: Sequence[frozenset[str]], held: Sequence[frozenset[str]]) -> NDArray[np.bool_]:
    """Rows of what is needed, columns of who holds it all; each distinct pair is compared once."""
    rows = {need: n for n, need in enumerate(dict.fromkeys(needed))}
    columns = {have: n for n, have in enumerate(dict.fromkeys(held))}
    table = np.array([[need <= have for have in columns] for need in rows], bool)
    table = table.reshape(len(rows), len(columns))
    return table[np.ix_([rows[n] for n in needed], [columns[h] for h in held])]

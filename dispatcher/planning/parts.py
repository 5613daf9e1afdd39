"""
A large day in parts that are searched side by side.

Above some four hundred operations one search moves too little in the time people wait. Pairs whose
routes lie near each other are taken together, some 250 operations to a part; each round cuts
elsewhere, so that work can wander over any border.
"""

import math
import random
from dataclasses import dataclass, field

from dispatcher.planning.board import Board

PART_SIZE = 250


@dataclass(slots=True)
class Cut:
    """Units and tasks of one part, by number."""

    units: list[int] = field(default_factory=list)
    tasks: list[int] = field(default_factory=list)


def cut(board: Board, chance: random.Random, *, size: int = PART_SIZE) -> list[Cut]:
    """
    Every unit that is not frozen and every task with a window, in one part each.

    By the angle of their routes around the middle of all, or by their place along a line, from a
    direction drawn anew each time.
    """
    positions = {
        number: _centroid(board, number)
        for number, unit in enumerate(board.units)
        if not unit.is_frozen
    }
    tasks = [n for n in range(len(board.instance.tasks)) if board.instance.visits[n].windows]
    count = max(1, round(len(tasks) / size))
    order = _ordered(positions, chance)
    routes = {number: _free(board, number) for number in order}
    total = sum(map(len, routes.values())) or 1
    parts = [Cut() for _ in range(count)]
    done = 0
    for place, number in enumerate(order):
        # Units without work are spread by their number, units with work by how much there is.
        share = done / total if total > 1 else place / len(order)
        part = parts[min(count - 1, int(share * count))]
        part.units.append(number)
        part.tasks += routes[number]
        done += len(routes[number])
    parts = [part for part in parts if part.units]
    _spread_unserved(board, parts, positions)
    for part in parts:
        part.tasks.sort()
    return [part for part in parts if part.tasks]


def _spread_unserved(
    board: Board, parts: list[Cut], positions: dict[int, tuple[float, float]]
) -> None:
    """Give each task nobody has to the part with the nearest unit that may do it."""
    part_of = {unit: part for part in parts for unit in part.units}
    for task in board.unserved():
        if not board.instance.visits[task].windows:
            continue
        where = _position(board, task)
        able = [unit for unit in part_of if board.units[unit].allowed[task]]
        if able:
            nearest = min(able, key=lambda unit: (math.dist(positions[unit], where), unit))
            part_of[nearest].tasks.append(task)


def _ordered(positions: dict[int, tuple[float, float]], chance: random.Random) -> list[int]:
    turn = chance.uniform(0, math.tau)
    if not positions:
        return []
    x = sum(each[0] for each in positions.values()) / len(positions)
    y = sum(each[1] for each in positions.values()) / len(positions)
    if chance.random() < 0.5:
        along = {n: a * math.cos(turn) + b * math.sin(turn) for n, (a, b) in positions.items()}
    else:
        along = {n: (math.atan2(b - y, a - x) - turn) % math.tau for n, (a, b) in positions.items()}
    return sorted(positions, key=lambda number: (along[number], number))


def _free(board: Board, number: int) -> list[int]:
    count = len(board.instance.tasks)
    return [n for n in board.routes[number] if n < count]


def _centroid(board: Board, number: int) -> tuple[float, float]:
    base = board.instance.problem.aircraft[board.units[number].aircraft].base
    own = [_position(board, task) for task in _free(board, number)] or [(base.lon, base.lat)]
    return sum(x for x, _ in own) / len(own), sum(y for _, y in own) / len(own)


def _position(board: Board, task: int) -> tuple[float, float]:
    place = board.instance.tasks[task].place
    return place.lon, place.lat

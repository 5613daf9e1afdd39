"""
Flying and loads that several pairs of one aircraft or one pilot share.

A search of routes knows a limit for each vehicle only, so for it they are divided beforehand.
Where tasks are placed one by one, all that is left is open to each.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from dispatcher.planning.board import Board
from dispatcher.planning.instance import FAR, SECOND, Instance, Unit

Key = tuple[str, int]


def share_limits(
    instance: Instance, units: list[Unit], held: Sequence[Sequence[int]] | None = None
) -> None:
    """
    Divide limits between the pairs of one aircraft or one pilot, so that all keep them.

    What pinned work takes, and the tasks that each pair already has (`held`), is theirs; the rest
    is divided evenly.
    """
    shared = _Shared(instance, units, held or [()] * len(units))
    for number, unit in enumerate(units):
        kinds = [kind for kind in ("aircraft", "pilot") if shared.count(kind, number) > 1]
        shares = [unit.capacity[0], *(shared.part(kind, number, 0) for kind in kinds)]
        loads = unit.capacity[1:]
        if "aircraft" in kinds:
            loads = tuple(shared.part("aircraft", number, n + 1) for n in range(len(loads)))
        unit.capacity = (min(shares), *loads)


def loosened(board: Board) -> Board:
    """The same board, with all that is left of a limit open to each pair that shares it."""
    board, count = board.copy(), len(board.instance.tasks)
    held = [[n for n in route if n < count] for route in board.routes]
    board.units = [replace(unit) for unit in board.units]
    shared = _Shared(board.instance, board.units, held)
    for number, unit in enumerate(board.units):
        if not unit.is_frozen:
            unit.capacity = (
                min(shared.whole(kind, number, 0) for kind in ("aircraft", "pilot")),
                *(
                    shared.whole("aircraft", number, place)
                    for place in range(1, len(unit.capacity))
                ),
            )
    return board


@dataclass
class _Shared:
    """What each pair has, what all of one aircraft or pilot have together, and what is left."""

    instance: Instance
    units: Sequence[Unit]
    held: Sequence[Sequence[int]]
    sharers: dict[Key, list[int]] = field(default_factory=lambda: defaultdict(list))
    taken: dict[Key, list[int]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for offset, each in enumerate(self.instance.commitments, len(self.instance.tasks)):
            for kind, number in (
                ("aircraft", self.instance.aircraft_number.get(each.aircraft or "")),
                ("pilot", self.instance.pilot_number.get(each.pilot or "")),
            ):
                if number is not None:
                    self.taken[kind, number].append(offset)
        for number, (unit, tasks) in enumerate(zip(self.units, self.held, strict=True)):
            for key in (("aircraft", unit.aircraft), ("pilot", unit.pilot)):
                self.sharers[key].append(number)
                self.taken[key] += tasks

    def count(self, kind: str, number: int) -> int:
        return len(self.sharers[self._key(kind, number)])

    def part(self, kind: str, number: int, place: int) -> int:
        """One's own, and one's part of what is left; the first take what cannot be divided."""
        sharers = self.sharers[self._key(kind, number)]
        each, over = divmod(self._left(kind, number, place), len(sharers))
        return self._own(number, place) + each + (sharers.index(number) < over)

    def whole(self, kind: str, number: int, place: int) -> int:
        """One's own, and all that is left."""
        return self._own(number, place) + self._left(kind, number, place)

    def _key(self, kind: str, number: int) -> Key:
        unit = self.units[number]
        return kind, unit.aircraft if kind == "aircraft" else unit.pilot

    def _own(self, number: int, place: int) -> int:
        return self._sum((*self.units[number].fixed, *self.held[number]), place)

    def _left(self, kind: str, number: int, place: int) -> int:
        key = self._key(kind, number)
        limit = self._limit(key, place)
        return FAR if limit is None else max(0, limit - self._sum(self.taken[key], place))

    def _limit(self, key: Key, place: int) -> int | None:
        kind, number = key
        if kind == "pilot":
            limit = self.instance.problem.pilots[number].max_flying
        else:
            aircraft = self.instance.problem.aircraft[number]
            if place:
                return aircraft.loads.get(self.instance.kinds[place - 1], 0)
            limit = aircraft.hours_left
        return None if limit is None else limit // SECOND

    def _sum(self, numbers: Iterable[int], place: int) -> int:
        """Seconds of flying, or an amount of what is carried, of these visits together."""
        visits = (self.instance.visits[number] for number in numbers)
        return sum(visit.loads[place - 1] if place else visit.flight for visit in visits)

"""
The smallest change that would serve a task nobody has.

For each kind of change the least amount is found by trying it on every pair, to the minute; then
the part of the day around it is solved again and the checker looks at it. Only what passes is
named. Sizes are compared in minutes: a client's window by n is n, duty and flying hours cost half
as much again, everything else what it takes to arrange, and work of others that would have to
begin at another time is named.
"""

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain
from typing import TypedDict

from dispatcher.planning.around import served_after
from dispatcher.planning.beside import fits, in_order
from dispatcher.planning.board import Board
from dispatcher.planning.changes import applied
from dispatcher.planning.fill import near_pairs
from dispatcher.planning.instance import FAR, Instance, Unit
from dispatcher.planning.model import Exclusion, Looked, Plan, Problem, Relaxation, Task
from dispatcher.planning.patience import Sought, endless
from dispatcher.planning.reasons import lacking
from dispatcher.planning.relax_extra import extras, several
from dispatcher.planning.slack import possible, slack
from dispatcher.planning.timing import timed

MOST_MINUTES = 720
SIZES = {
    "concurrent": 60,
    "loads": 120,
    "capability": 240,
    "qualification": 240,
    "compliance": 300,
    "extra_pilot": 480,
    "extra_aircraft": 480,
    "extra_pair": 960,
    "several": 2_000,
}
# Another operation that would begin at another time.
MOVE = 30


class Who(TypedDict):
    """Keys of a pair."""

    aircraft: str
    pilot: str


Opened = Callable[[int, str], Instance]
IsOver = Callable[[], bool]


@dataclass(slots=True)
class Candidate:
    """A pair and what it does, to try a task on."""

    unit: Unit
    route: list[int]


def sought(
    board: Board, plan: Plan, number: int, *, most: int = 3, is_over: IsOver = endless
) -> Sought:
    """
    Confirmed changes that would each serve a task, own ones first, then the smallest first.

    `is_over` is asked between the steps. Where the time did not last for all of them, each of those
    that are named would serve, but another one may be smaller.
    """
    proposals: list[Relaxation] = []
    for change in chain(_proposals(board, number), extras(board.instance, board, number)):
        if is_over():
            return Sought((), Looked.NOT_IN_TIME)
        proposals.append(change)
    found: list[Relaxation] = []
    for change in chain(sorted(proposals, key=size), several(board.instance, board, number)):
        # One of each kind: the second nearest spare pair is no other way out.
        if any((each.kind, each.names) == (change.kind, change.names) for each in found):
            continue
        if found and change.kind == "several":
            break
        if is_over():
            return _cut_short(found)
        found += _confirmed(board.instance.problem, plan, board.instance.tasks[number].key, change)
        if len(found) == most:
            break
    return Sought(tuple(sorted(found, key=size)), Looked.FULLY)


def _cut_short(found: list[Relaxation]) -> Sought:
    looked = Looked.PARTLY if found else Looked.NOT_IN_TIME
    return Sought(tuple(sorted(found, key=size)), looked)


def _confirmed(problem: Problem, plan: Plan, key: str, change: Relaxation) -> list[Relaxation]:
    """The change, saying what else would have to begin when; nothing where it does not serve."""
    served = served_after(problem, plan, key, change)
    if served is None:
        return []
    if not served.moves:
        return [change]
    moves = [{"task": each.task, "start": each.period.start} for each in served.moves]
    words = " and ".join(f"{each['task']} begins at {each['start']:%H:%M} UTC" for each in moves)
    return [
        replace(
            change,
            message=f"{change.message}, if {words}",
            details={**change.details, "moves": moves},
        )
    ]


def size(change: Relaxation) -> tuple[bool, float, str, tuple[str, ...]]:
    """By what relaxations are compared: theirs to decide first, then minutes, then names."""
    minutes = change.minutes * (1.0 if change.kind == "window" else 1.5)
    minutes += SIZES.get(change.kind, 0) + MOVE * len(change.details.get("moves", ()))
    return not change.is_own, minutes, change.kind, (change.aircraft, change.pilot)


def _proposals(board: Board, number: int) -> Iterable[Relaxation]:
    candidates = [
        Candidate(unit, board.routes[n]) for n, unit in enumerate(board.units) if not unit.is_frozen
    ]
    able = [each for each in candidates if each.unit.allowed[number]]
    able += _idle(board, near_pairs(board, number))
    yield from _windows(board.instance, able, number)
    if board.instance.visits[number].windows:
        yield from _duties(board.instance, able, number)
        yield from _flying(board.instance, able, number)
        yield from _loads(board.instance, able, number)
        yield from _at_once(board, able, number)
        unable = [each for each in candidates if not each.unit.allowed[number]]
        unable += _idle(board, near_pairs(board, number, able=False))
        yield from _allowing(board.instance, unable, number)


def _idle(board: Board, units: Iterable[Unit]) -> list[Candidate]:
    return [Candidate(unit, in_order(board.instance, unit.fixed)) for unit in units]


def _windows(instance: Instance, able: Sequence[Candidate], number: int) -> Iterable[Relaxation]:
    """The least by which one kind of window must open earlier or close later."""
    for window in instance.tasks[number].windows:
        opened = _opened(instance, number, window.kind)

        def works(minutes: int, each: Candidate, side: str, opened: Opened = opened) -> bool:
            return goes(opened(minutes, side), each, number)

        best = _least_of_sides(able, works)
        if best is not None:
            side, minutes, pair = best
            yield Relaxation(
                "window",
                f"{window.kind} {minutes} min {side}",
                minutes,
                **names_of(instance, pair.unit),
                names=(window.kind,),
                is_own=window.is_movable,
                details={"side": side},
            )


def _opened(instance: Instance, number: int, kind: str) -> Opened:
    """The instance with one kind of window of a task wider by so many minutes on one side."""
    task = instance.tasks[number]
    alone = replace(instance.problem, tasks=(task,))

    @cache
    def opened(minutes: int, side: str) -> Instance:
        change = Relaxation("window", "", minutes, names=(kind,), details={"side": side})
        return with_task(instance, number, applied(alone, task.key, change).tasks[0])

    return opened


def with_task(instance: Instance, number: int, task: Task) -> Instance:
    """The same instance with one task's row changed."""
    view = copy(instance)
    view.tasks = [*instance.tasks]
    view.tasks[number] = task
    view.visits = [*instance.visits]
    view.visits[number] = view.visit_of(view.tasks[number])
    return view


def _duties(instance: Instance, able: Sequence[Candidate], number: int) -> Iterable[Relaxation]:
    """The least by which one pilot would have to stay on duty longer."""

    def works(minutes: int, each: Candidate, side: str) -> bool:
        longer = _longer(instance, each.unit, 60 * minutes, side)
        return goes(instance, Candidate(longer, each.route), number)

    best = _least_of_sides(able, works)
    if best is not None:
        side, minutes, pair = best
        pilot = instance.problem.pilots[pair.unit.pilot]
        yield Relaxation(
            "duty",
            f"{pilot.name} on duty {minutes} min longer, {side}",
            minutes,
            **names_of(instance, pair.unit),
            details={"side": side},
        )


def _longer(instance: Instance, unit: Unit, by: int, side: str) -> Unit:
    available = instance.problem.aircraft[unit.aircraft].available
    shift = instance.problem.pilots[unit.pilot].shift
    early, late = unit.early, unit.late
    if side == "later" and late == instance.down(shift.end) - unit.tail:
        late = min(late + by, instance.down(available.end))
    if side == "earlier" and early == instance.up(shift.start) + unit.lead:
        early = max(early - by, instance.up(available.start))
    return replace(unit, early=early, late=late, span=min(FAR, unit.span + by))


def _flying(instance: Instance, able: Sequence[Candidate], number: int) -> Iterable[Relaxation]:
    def works(minutes: int, each: Candidate) -> bool:
        unit = each.unit
        more = replace(unit, capacity=(unit.capacity[0] + 60 * minutes, *unit.capacity[1:]))
        return goes(instance, Candidate(more, each.route), number)

    least = _least(able, works)
    if least is not None:
        minutes, pair = least
        both = " and ".join(labels_of(instance, pair.unit))
        text = f"{both} {minutes} min more of flying before a limit"
        yield Relaxation("flying", text, minutes, **names_of(instance, pair.unit))


def _loads(instance: Instance, able: Sequence[Candidate], number: int) -> Iterable[Relaxation]:
    for each in able if instance.kinds else ():
        unit = each.unit
        more = replace(unit, capacity=(unit.capacity[0], *(FAR for _ in instance.kinds)))
        if goes(instance, Candidate(more, each.route), number):
            text = f"{labels_of(instance, unit)[0]} carrying more"
            yield Relaxation("loads", text, **names_of(instance, unit))
            return


def _at_once(board: Board, able: Sequence[Candidate], number: int) -> Iterable[Relaxation]:
    if board.instance.problem.max_concurrent is None:
        return
    for each in able:
        if goes(board.instance, each, number):
            who = names_of(board.instance, each.unit)
            yield Relaxation("concurrent", "One more operation at once", **who)
            return


def _allowing(
    instance: Instance, candidates: Sequence[Candidate], number: int
) -> Iterable[Relaxation]:
    """What one pair lacks, or the rules that are red for it, where its time would do."""
    best: dict[str, Relaxation] = {}
    for each in candidates:
        change = _lack(instance, each.unit, number)
        if change is None:
            continue
        if change.kind in best and len(change.names) >= len(best[change.kind].names):
            continue
        mask = each.unit.allowed.copy()
        mask[number] = True
        if goes(instance, Candidate(replace(each.unit, allowed=mask), each.route), number):
            best[change.kind] = change
    yield from (best[kind] for kind in sorted(best))


def _lack(instance: Instance, unit: Unit, number: int) -> Relaxation | None:
    """The one kind of thing a pair lacks for a task; None where it is more than one kind."""
    problem, task = instance.problem, instance.tasks[number]
    aircraft, pilot = problem.aircraft[unit.aircraft], problem.pilots[unit.pilot]
    rows = blockers(instance, task.key, aircraft.key, pilot.key)
    of_aircraft, of_pilot = lacking(task, aircraft), lacking(task, pilot)
    if [bool(rows), bool(of_aircraft), bool(of_pilot)].count(True) != 1:
        return None
    if rows:
        codes = tuple(sorted({row.code for row in rows}))
        text = f"{', '.join(codes)} met for {aircraft.name} with {pilot.name}"
        return Relaxation("compliance", text, names=codes, **names_of(instance, unit))
    kind, lacks, name = ("capability", of_aircraft, aircraft.name)
    if of_pilot:
        kind, lacks, name = ("qualification", of_pilot, pilot.name)
    text = f"{name} with {', '.join(sorted(lacks))}, or another such in its place"
    return Relaxation(kind, text, names=tuple(sorted(lacks)), **names_of(instance, unit))


def blockers(instance: Instance, task: str, aircraft: str, pilot: str) -> list[Exclusion]:
    """Every exclusion that keeps two from a task."""
    return [
        row
        for t in (task, None)
        for a in (aircraft, None)
        for p in (pilot, None)
        for row in instance.eligibility.by_key.get((t, a, p), ())
    ]


def goes(instance: Instance, each: Candidate, number: int) -> bool:
    """Whether a task fits somewhere into a pair's route."""
    if not each.route:
        return fits(instance, replace(each.unit, fixed=[]), number)
    room = slack(instance, each.unit, each.route)
    return any(
        timed(instance, each.unit, [*each.route[:place], number, *each.route[place:]]) is not None
        for place, _ in possible(instance, each.unit, room, number)
    )


def names_of(instance: Instance, unit: Unit) -> Who:
    """Keys of a pair's aircraft and pilot."""
    problem = instance.problem
    return {
        "aircraft": problem.aircraft[unit.aircraft].key,
        "pilot": problem.pilots[unit.pilot].key,
    }


def labels_of(instance: Instance, unit: Unit) -> tuple[str, str]:
    """What people call a pair's aircraft and pilot."""
    problem = instance.problem
    return problem.aircraft[unit.aircraft].name, problem.pilots[unit.pilot].name


def _least_of_sides(
    able: Sequence[Candidate], works: Callable[[int, Candidate, str], bool]
) -> tuple[str, int, Candidate] | None:
    """The side on which fewer minutes do, how many, and for whom."""
    best = None
    for side in ("later", "earlier"):

        def on_side(minutes: int, each: Candidate, side: str = side) -> bool:
            return works(minutes, each, side)

        least = _least(able, on_side, MOST_MINUTES if best is None else best[1] - 1)
        if least is not None:
            best = side, *least
    return best


def _least(
    able: Sequence[Candidate],
    works: Callable[[int, Candidate], bool],
    most: int = MOST_MINUTES,
) -> tuple[int, Candidate] | None:
    """The least minutes with which it works for anybody, and for whom first."""
    best = None
    for each in able:
        if most < 1:
            break
        if not works(most, each):
            continue
        low, high = 0, most
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if works(middle, each) else (middle, high)
        best = high, each
        most = high - 1
    return best

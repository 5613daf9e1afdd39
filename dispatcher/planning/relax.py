"""
The smallest change that would serve a task nobody has.

For each kind of change the least amount is found by trying it on every pair, to the minute; then
the part of the day around it is solved again and the checker looks at it. Only what passes is
named. Sizes are compared in minutes: a client's window by n is n, duty and flying hours cost half
as much again, everything else what it takes to arrange.
"""

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass, replace

from dispatcher.planning.around import served_after
from dispatcher.planning.board import Board
from dispatcher.planning.changes import applied
from dispatcher.planning.fill import spares
from dispatcher.planning.instance import FAR, Instance, Unit
from dispatcher.planning.model import Exclusion, Plan, Relaxation, Task
from dispatcher.planning.reasons import fits, lacking
from dispatcher.planning.relax_extra import extras, several
from dispatcher.planning.timing import timed

MOST_MINUTES = 720
MOST_SPARES = 60
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


@dataclass(slots=True)
class Candidate:
    """A pair and what it does, to try a task on."""

    unit: Unit
    route: list[int]


def relaxations_for(
    board: Board, plan: Plan, number: int, *, most: int = 3
) -> tuple[Relaxation, ...]:
    """Confirmed changes that would each serve a task, own ones first, then the smallest first."""
    instance = board.instance
    key = instance.tasks[number].key
    problem = instance.problem
    found = []
    proposals = sorted(_proposals(board, number), key=size)
    for change in (*proposals, *extras(instance, board, number)):
        if served_after(problem, plan, key, change) is not None:
            found.append(change)
        if len(found) == most:
            break
    if not found:
        found = [
            change
            for change in several(instance, board, number)
            if served_after(problem, plan, key, change) is not None
        ][:1]
    return tuple(sorted(found, key=size))


def size(change: Relaxation) -> tuple[bool, float, str, tuple[str, ...]]:
    """By what relaxations are compared: theirs to decide first, then minutes, then names."""
    minutes = change.minutes * (1.0 if change.kind == "window" else 1.5)
    minutes += SIZES.get(change.kind, 0)
    return not change.is_own, minutes, change.kind, change.resources


def _proposals(board: Board, number: int) -> Iterable[Relaxation]:
    candidates = [
        Candidate(unit, board.routes[n]) for n, unit in enumerate(board.units) if not unit.is_frozen
    ]
    candidates += [
        Candidate(unit, sorted(unit.fixed, key=_first(board.instance)))
        for unit in spares(board)[:MOST_SPARES]
    ]
    able = [each for each in candidates if each.unit.allowed[number]]
    yield from _windows(board.instance, able, number)
    if board.instance.visits[number].windows:
        yield from _duties(board.instance, able, number)
        yield from _flying(board.instance, able, number)
        yield from _loads(board.instance, able, number)
        yield from _at_once(board, able, number)
        yield from _allowing(board.instance, candidates, number)


def _first(instance: Instance) -> Callable[[int], tuple[int, int]]:
    return lambda number: instance.visits[number].windows[0]


def _windows(instance: Instance, able: Sequence[Candidate], number: int) -> Iterable[Relaxation]:
    """The least by which one kind of window must open earlier or close later."""
    task = instance.tasks[number]
    for window in task.windows:

        def change(minutes: int, side: str, kind: str = window.kind) -> Relaxation:
            return Relaxation("window", "", minutes, names=(kind,), details={"side": side})

        def opened(minutes: int, side: str) -> Instance:
            wider = applied(
                replace(instance.problem, tasks=(task,)), task.key, change(minutes, side)
            )
            return with_task(instance, number, wider.tasks[0])

        best = None
        for side in ("later", "earlier"):

            def works(minutes: int, each: Candidate, side: str = side) -> bool:
                return goes(opened(minutes, side), each, number)

            least = _least(able, works)
            if least is not None and (best is None or least[0] < best[1]):
                best = side, *least
        if best is not None:
            side, minutes, pair = best
            yield replace(
                change(minutes, side),
                message=f"{window.kind} {minutes} min {side}",
                resources=names_of(instance, pair.unit),
                is_own=window.is_movable,
            )


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
    best = None
    for side in ("later", "earlier"):

        def works(minutes: int, each: Candidate, side: str = side) -> bool:
            longer = _longer(instance, each.unit, 60 * minutes, side)
            return goes(instance, Candidate(longer, each.route), number)

        least = _least(able, works)
        if least is not None and (best is None or least[0] < best[1]):
            best = side, *least
    if best is not None:
        side, minutes, pair = best
        pilot = instance.problem.pilots[pair.unit.pilot].key
        yield Relaxation(
            "duty",
            f"{pilot} on duty {minutes} min longer, {side}",
            minutes,
            resources=names_of(instance, pair.unit),
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
        names = names_of(instance, pair.unit)
        text = f"{' and '.join(names)} {minutes} min more of flying before a limit"
        yield Relaxation("flying", text, minutes, resources=names)


def _loads(instance: Instance, able: Sequence[Candidate], number: int) -> Iterable[Relaxation]:
    for each in able if instance.kinds else ():
        unit = each.unit
        more = replace(unit, capacity=(unit.capacity[0], *(FAR for _ in instance.kinds)))
        if goes(instance, Candidate(more, each.route), number):
            names = names_of(instance, unit)
            yield Relaxation("loads", f"{names[0]} carrying more", resources=names)
            return


def _at_once(board: Board, able: Sequence[Candidate], number: int) -> Iterable[Relaxation]:
    if board.instance.problem.max_concurrent is None:
        return
    for each in able:
        if goes(board.instance, each, number):
            names = names_of(board.instance, each.unit)
            yield Relaxation("concurrent", "One more operation at once", resources=names)
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
        text = f"{', '.join(codes)} met for {aircraft.key} with {pilot.key}"
        return Relaxation("compliance", text, resources=(aircraft.key, pilot.key), names=codes)
    kind, names, key = ("capability", of_aircraft, aircraft.key)
    if of_pilot:
        kind, names, key = ("qualification", of_pilot, pilot.key)
    text = f"{key} with {', '.join(sorted(names))}, or another such in its place"
    return Relaxation(kind, text, resources=(aircraft.key, pilot.key), names=tuple(sorted(names)))


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
    return any(
        timed(instance, each.unit, [*each.route[:place], number, *each.route[place:]]) is not None
        for place in range(len(each.route) + 1)
    )


def names_of(instance: Instance, unit: Unit) -> tuple[str, str]:
    """Keys of a pair's aircraft and pilot."""
    problem = instance.problem
    return problem.aircraft[unit.aircraft].key, problem.pilots[unit.pilot].key


def _least(
    able: Sequence[Candidate], works: Callable[[int, Candidate], bool]
) -> tuple[int, Candidate] | None:
    """The least minutes with which it works for anybody, and for whom."""
    left = [each for each in able if works(MOST_MINUTES, each)]
    if not left:
        return None
    low, high = 0, MOST_MINUTES
    while high - low > 1:
        middle = (low + high) // 2
        able_now = [each for each in left if works(middle, each)]
        if able_now:
            left, high = able_now, middle
        else:
            low = middle
    return high, left[0]

"""Serving a task with somebody more, or with several changes at once, where nothing less does."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from dispatcher.planning.board import Board
from dispatcher.planning.changes import applied
from dispatcher.planning.instance import Instance, Visit
from dispatcher.planning.model import Aircraft, Period, Pilot, Place, Relaxation, Task

Based = TypeVar("Based", Aircraft, Pilot)

LONGEST = 1_440
NEAREST = 5


def extras(instance: Instance, board: Board, number: int) -> Iterable[Relaxation]:
    """A pilot more for an idle aircraft, an aircraft more for an idle pilot, or both more."""
    visit, problem = instance.visits[number], instance.problem
    if not visit.windows or instance.eligibility.by_key.get((visit.key, None, None)):
        return
    used = [board.units[n] for n in range(len(board.units)) if board.is_used(n)]
    flying = {unit.aircraft for unit in used}
    working = {unit.pilot for unit in used}
    able = instance.eligibility
    idle = [
        each
        for a, each in enumerate(problem.aircraft)
        if a not in flying and able.aircraft[number, a]
    ]
    for aircraft in _nearest(instance, visit, idle):
        extra = _extra(instance, visit, "extra_pilot", aircraft.base, aircraft.available)
        yield from (replace(each, aircraft=aircraft.key) for each in extra)
    free = [
        each
        for p, each in enumerate(problem.pilots)
        if p not in working and able.pilots[number, p] and _may_fly_such(instance, number, p)
    ]
    for pilot in _nearest(instance, visit, free):
        extra = _extra(instance, visit, "extra_aircraft", pilot.base, pilot.shift)
        yield from (replace(each, pilot=pilot.key) for each in extra)
    yield from extra_pairs(instance, visit)


def _may_fly_such(instance: Instance, number: int, pilot: int) -> bool:
    """
    Whether no rule keeps a pilot from a task with some aircraft of the kind it asks for.

    What nobody was asked about, such as papers for a model that nobody has, is not assumed.
    """
    task, rows = instance.tasks[number], instance.eligibility.by_key
    who = instance.problem.pilots[pilot].key

    def is_kept_from(aircraft: str) -> bool:
        return any((t, a, who) in rows for t in (task.key, None) for a in (aircraft, None))

    such = (each for each in instance.problem.aircraft if task.capabilities <= each.capabilities)
    return any(not is_kept_from(each.key) for each in such)


def _nearest(instance: Instance, visit: Visit, holders: list[Based]) -> list[Based]:
    def way(each: Based) -> tuple[int, str]:
        return instance.travel[instance.place[each.base.key]][visit.place], each.key

    return sorted(holders, key=way)[:NEAREST]


def extra_pairs(instance: Instance, visit: Visit) -> Iterable[Relaxation]:
    """An aircraft and a pilot more, at the nearest base."""
    bases = {each.base.key: each.base for each in instance.problem.aircraft}
    bases |= {each.base.key: each.base for each in instance.problem.pilots}
    near = sorted(
        bases.values(),
        key=lambda base: (instance.travel[instance.place[base.key]][visit.place], base.key),
    )
    for base in near[:1]:
        yield from _extra(instance, visit, "extra_pair", base, instance.problem.horizon)


def several(instance: Instance, board: Board, number: int) -> Iterable[Relaxation]:
    """Rules met, windows wide enough and a pair more: together, where one change is too little."""
    task, parts = instance.tasks[number], []
    rows = instance.eligibility.by_key.get((task.key, None, None), [])
    rows = [*rows, *instance.eligibility.by_key.get((None, None, None), [])]
    if rows:
        codes = tuple(sorted({row.code for row in rows}))
        parts.append(Relaxation("compliance", f"{', '.join(codes)} met", names=codes))
    visit = instance.visits[number]
    if not visit.windows:
        wider = _wide_enough(instance, number)
        if wider is None:
            return
        parts.append(wider[0])
        visit = wider[1]
    more = Relaxation("concurrent", "one more operation at once")
    for pair in extra_pairs(instance, visit):
        yield _together((*parts, pair))
        if instance.problem.max_concurrent is not None:
            yield _together((*parts, pair, more))


def _together(parts: tuple[Relaxation, ...]) -> Relaxation:
    return Relaxation(
        "several",
        "; ".join(part.message for part in parts),
        minutes=sum(part.minutes for part in parts),
        names=tuple(name for part in parts for name in part.names),
        is_own=all(part.is_own for part in parts),
        details={"parts": parts},
    )


def _wide_enough(instance: Instance, number: int) -> tuple[Relaxation, Visit] | None:
    """The least by which all windows together must be wider for the task to fit them."""
    task = instance.tasks[number]
    kinds = tuple(sorted({each.kind for each in task.windows}))
    low, high = 0, LONGEST

    def change(minutes: int) -> tuple[Relaxation, Visit]:
        wider = Relaxation(
            "window",
            f"{' and '.join(kinds)} {minutes} min wider on both sides",
            minutes,
            names=kinds,
            is_own=all(each.is_movable for each in task.windows),
            details={"side": "either"},
        )
        alone = applied(replace(instance.problem, tasks=(task,)), task.key, wider)
        return wider, instance.visit_of(alone.tasks[0])

    if not change(high)[1].windows:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if change(middle)[1].windows else (middle, high)
    return change(high)


def _extra(
    instance: Instance, visit: Visit, kind: str, base: Place, hours: Period
) -> Iterable[Relaxation]:
    """One more somebody at a base within hours, as long as the task takes from there and back."""
    here = instance.place[base.key]
    out, back = instance.travel[here][visit.place], instance.travel[visit.place][here]
    day = instance.problem.horizon
    opens = max(instance.up(max(hours.start, day.start)), instance.not_before) + out + visit.setup
    closes = instance.down(min(hours.end, day.end)) - visit.duration - back
    for first, last in visit.windows:
        start = max(first, opens)
        if start > min(last, closes):
            continue
        period = Period(
            instance.at(start - visit.setup - out), instance.at(start + visit.duration + back)
        )
        needs = _needs(instance.tasks[instance.task_number[visit.key]], kind)
        rules = _rules(instance, visit, kind)
        yield Relaxation(
            kind,
            f"An {_words(kind, needs, rules)} at {base.key}"
            f" from {period.start:%H:%M} to {period.end:%H:%M} UTC",
            minutes=0,
            details={
                "base": base,
                "period": _whole_minutes(period),
                "needs": [*needs, *(f"rule:{code}" for code in rules)],
            },
        )
        return


def _needs(task: Task, kind: str) -> list[str]:
    """What somebody more must have for a task."""
    of_aircraft = sorted(task.capabilities) if kind != "extra_pilot" else []
    return of_aircraft + (sorted(task.qualifications) if kind != "extra_aircraft" else [])


def _rules(instance: Instance, visit: Visit, kind: str) -> list[str]:
    """
    Which rules keep one of ours from this very task, such as the wind's: they ask somebody more.

    What is wrong with one of ours whatever it does, such as a defect, is no matter to another.
    """
    task, rows = instance.tasks[instance.task_number[visit.key]], instance.eligibility.by_key
    such = [each for each in instance.problem.aircraft if task.capabilities <= each.capabilities]
    held: list[tuple[str | None, str | None]] = []
    if kind != "extra_pilot":
        held += [(each.key, None) for each in such]
    if kind != "extra_aircraft":
        held += [(None, each.key) for each in instance.problem.pilots]
    found = (rows.get((task.key, *pair), ()) for pair in held)
    return sorted({row.code for each in found for row in each})


def _words(kind: str, needs: list[str], rules: list[str]) -> str:
    words = kind.replace("_", " ").replace("pair", "aircraft and pilot")
    words = f"{words} with {', '.join(needs)}" if needs else words
    return f"{words}, allowed by {', '.join(rules)}," if rules else words


def _whole_minutes(period: Period) -> Period:
    minute = timedelta(minutes=1)
    start = period.start.replace(second=0, microsecond=0)
    end = period.end.replace(second=0, microsecond=0)
    return Period(start, end + minute if end < period.end else end)

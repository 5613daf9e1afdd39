"""
Why a task has nobody: what forbids it to everybody, or what keeps everybody busy.

A reason is only given after trying: a limit is named when the task fits without it, and not when
it might.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from dispatcher.planning.beside import fits, in_order, ways_beside
from dispatcher.planning.board import Board
from dispatcher.planning.canonical import intersection
from dispatcher.planning.eligibility import Key
from dispatcher.planning.fill import near_spares
from dispatcher.planning.instance import FAR, Instance, Unit, seconds
from dispatcher.planning.model import Aircraft, Period, Pilot, Reason, Task
from dispatcher.planning.pairs import make_unit
from dispatcher.planning.timing import timed


def reasons_for(board: Board, number: int) -> tuple[Reason, ...]:
    """Every reason why a task of the board has nobody; never empty."""
    instance = board.instance
    task = instance.tasks[number]
    found = [*_forbidden(instance, task), *_no_window(instance, task, number)]
    found += _nobody_able(instance, task, number)
    if found:
        return tuple(found)
    if not _possible_alone(board, number):
        return tuple(_alone(instance, number))
    return tuple(_busy(board, number))


def _forbidden(instance: Instance, task: Task) -> Iterable[Reason]:
    rows = instance.eligibility.by_key.get((task.key, None, None), [])
    rows = [*rows, *instance.eligibility.by_key.get((None, None, None), [])]
    if rows:
        codes = [row.code for row in rows]
        text = "; ".join(row.message or row.code for row in rows)
        yield Reason("not_eligible", f"Nobody may fly it: {text}", details={"codes": codes})


def _no_window(instance: Instance, task: Task, number: int) -> Iterable[Reason]:
    """Windows that leave no time long enough, all together or one by itself."""
    if instance.visits[number].windows:
        return
    periods = instance.windows_of(task)
    if any(seconds(task.duration) <= instance.down(p.end) - instance.up(p.start) for p in periods):
        yield Reason("window_passed", "Its time is over before work could start.")
        return
    needed = task.duration
    narrow = [
        each.kind
        for each in task.windows
        if not _fits(intersection((instance.problem.horizon,), each.periods), task)
    ]
    if narrow:
        text = f"No {_either(narrow)} window is {needed} long."
    else:
        text = f"{_both([each.kind for each in task.windows])} leave no {needed} together."
    kinds = narrow or [each.kind for each in task.windows]
    yield Reason("no_window", text, details={"kinds": kinds})


def _fits(periods: Sequence[Period], task: Task) -> bool:
    return any(period.length >= task.duration for period in periods)


def _nobody_able(instance: Instance, task: Task, number: int) -> Iterable[Reason]:
    """No aircraft, no pilot, or no two of them together who may do it."""
    if instance.eligibility.by_key.get((task.key, None, None)):
        return
    problem, able = instance.problem, instance.eligibility
    aircraft = [a for a in range(len(problem.aircraft)) if able.aircraft[number, a]]
    aircraft = [a for a in aircraft if not _grounded(instance, aircraft=a)]
    pilots = [p for p in range(len(problem.pilots)) if able.pilots[number, p]]
    pilots = [p for p in pilots if not _grounded(instance, pilot=p)]
    if not aircraft:
        yield _none_able(instance, task, problem.aircraft, "aircraft")
    if not pilots:
        yield _none_able(instance, task, problem.pilots, "pilot")
    if (
        aircraft
        and pilots
        and not any(able.allowed(a, p)[number] for a in aircraft for p in pilots)
    ):
        codes = sorted(
            {row.code for key, rows in able.by_key.items() if _pairs(key) for row in rows}
        )
        text = "No able pilot may fly an able aircraft for it."
        yield Reason("no_pair", text, details={"codes": codes})


def _grounded(instance: Instance, *, aircraft: int | None = None, pilot: int | None = None) -> bool:
    rows = instance.eligibility.by_key
    if aircraft is not None:
        return (None, instance.problem.aircraft[aircraft].key, None) in rows
    return pilot is not None and (None, None, instance.problem.pilots[pilot].key) in rows


def _pairs(key: tuple[str | None, str | None, str | None]) -> bool:
    return key[1] is not None and key[2] is not None


def _none_able(
    instance: Instance, task: Task, holders: Sequence[Aircraft] | Sequence[Pilot], kind: str
) -> Reason:
    """Counts of what each one lacks, one by one."""
    missing: Counter[str] = Counter()
    rules: Counter[str] = Counter()
    for holder in holders:
        missing.update(lacking(task, holder))
        rules.update(set(codes_against(instance, task.key, holder)))
    lacks = ", ".join(f"{name} ({count})" for name, count in sorted(missing.items()))
    red = ", ".join(f"{code} ({count})" for code, count in sorted(rules.items()))
    parts = [part for part in (lacks and f"lacking {lacks}", red and f"red by {red}") if part]
    return Reason(
        f"no_{kind}",
        f"None of {len(holders)} {kind}s may do it: {'; '.join(parts) or 'there is none'}.",
        count=len(holders),
        details={"missing": dict(sorted(missing.items())), "codes": dict(sorted(rules.items()))},
    )


def lacking(task: Task, holder: Aircraft | Pilot) -> frozenset[str]:
    """What a task needs that an aircraft or a pilot does not have."""
    if isinstance(holder, Aircraft):
        return task.capabilities - holder.capabilities
    return task.qualifications - holder.qualifications


def codes_against(instance: Instance, task: str, holder: Aircraft | Pilot) -> list[str]:
    """Codes of the compliance answers that keep one from a task, or from everything."""
    if isinstance(holder, Aircraft):
        keys: list[Key] = [(task, holder.key, None), (None, holder.key, None)]
    else:
        keys = [(task, None, holder.key), (None, None, holder.key)]
    return [row.code for key in keys for row in instance.eligibility.by_key.get(key, [])]


def _possible_alone(board: Board, number: int) -> bool:
    """Whether any pair could do it, had it nothing else to do but its commitments."""
    units = [unit for unit in board.units if not unit.is_frozen and unit.allowed[number]]
    if any(fits(board.instance, unit, number) for unit in units):
        return True
    return any(fits(board.instance, unit, number) for unit in _pairs_able(board.instance, number))


def _pairs_able(instance: Instance, number: int) -> Iterable[Unit]:
    able = instance.eligibility
    for a in np.flatnonzero(able.aircraft[number]):
        for p in np.flatnonzero(able.pilots[number]):
            unit = make_unit(instance, int(a), int(p))
            if unit is not None and unit.allowed[number]:
                yield from ways_beside(instance, unit)


def _alone(instance: Instance, number: int) -> Iterable[Reason]:
    """Which limit of those able keeps each pair from it, even with a whole day free."""
    pairs = [(unit, in_order(instance, unit.fixed)) for unit in _pairs_able(instance, number)]
    found = Counter(_by_pair(instance, pairs, number, "no_time").values())
    if not pairs:
        text = "Those able to do it have no hours in common."
        yield Reason("no_common_hours", text)
    for code, count in sorted(found.items()):
        yield Reason(f"never_{code}", f"{_WORDS[code]} for {count} able pairs.", count=count)


def _busy(board: Board, number: int) -> Iterable[Reason]:
    """What keeps each pair that could do it from doing it besides its work."""
    pairs = [(unit, board.routes[n]) for n, unit in enumerate(board.units) if not unit.is_frozen]
    idle = [n for n in range(len(board.units)) if not board.is_used(n)]
    known = {(board.units[n].aircraft, board.units[n].pilot) for n in idle}
    pairs += [
        (unit, in_order(board.instance, unit.fixed))
        for unit in near_spares(board, number)
        if (unit.aircraft, unit.pilot) not in known
    ]
    able = [(unit, route) for unit, route in pairs if unit.allowed[number]]
    by_pair = _by_pair(board.instance, able, number, "no_gap")
    for code, count in sorted(Counter(by_pair.values()).items()):
        yield Reason(code, f"{_WORDS[code]} for {count} of {len(by_pair)} able pairs.", count=count)
    if not by_pair:
        yield Reason("no_partner", "Those able to do it have no partner free at the time.")


def _by_pair(
    instance: Instance, pairs: Iterable[tuple[Unit, list[int]]], number: int, otherwise: str
) -> dict[tuple[int, int], str]:
    """What keeps each pair from a task: a limit, if there is one in any of its ways to work."""
    found: dict[tuple[int, int], str] = {}
    for unit, route in pairs:
        code = next(_blocking(instance, unit, route, number), otherwise)
        if code != otherwise:
            found[unit.aircraft, unit.pilot] = code
        found.setdefault((unit.aircraft, unit.pilot), code)
    return found


_WORDS = {
    "flying": "No flying or maintenance hours are left",
    "loads": "Not enough is carried",
    "duty": "The duty limit would be passed",
    "hours": "The shift or the aircraft's hours end too early or begin too late",
    "no_gap": "Other work fills the time",
    "concurrent": "As many operations as allowed are under way",
    "no_time": "Windows and travel leave no time",
}


def blocked_by(instance: Instance, unit: Unit, route: Sequence[int], number: int) -> str:
    """The first limit without which a task would fit a pair's route; `no_gap` where none does."""
    return next(_blocking(instance, unit, route, number), "no_gap")


def _blocking(instance: Instance, unit: Unit, route: Sequence[int], number: int) -> Iterator[str]:
    """Limits without which the task would fit, each tried by itself."""
    yield from (
        code for code, other in _without(instance, unit) if _goes(instance, other, route, number)
    )


def _without(instance: Instance, unit: Unit) -> Iterable[tuple[str, Unit]]:
    yield "concurrent", unit
    yield "flying", replace(unit, capacity=(FAR, *unit.capacity[1:]))
    yield "loads", replace(unit, capacity=(unit.capacity[0], *(FAR for _ in instance.kinds)))
    yield "duty", replace(unit, span=FAR)
    early = -FAR if not unit.fixed else unit.early
    yield "hours", replace(unit, early=max(early, unit.early - 86_400), late=unit.late + 86_400)


def _goes(instance: Instance, unit: Unit, route: Sequence[int], number: int) -> bool:
    return any(
        timed(instance, unit, [*route[:place], number, *route[place:]]) is not None
        for place in range(len(route) + 1)
    )


def _either(names: Sequence[str]) -> str:
    return " or ".join(names)


def _both(names: Sequence[str]) -> str:
    return " and ".join(names) if names else "The day"

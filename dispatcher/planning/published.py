"""A plan back on a board: the same pairs, orders and spans, to ask it or to mend it."""

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import partial

from dispatcher.planning.beside import add_solo
from dispatcher.planning.board import Board
from dispatcher.planning.instance import FAR, Instance, Unit
from dispatcher.planning.model import Plan
from dispatcher.planning.pairs import make_unit
from dispatcher.planning.pins import pinned_units
from dispatcher.planning.routing import set_routes
from dispatcher.planning.shares import share_limits
from dispatcher.planning.timing import timed


@dataclass(slots=True)
class _Out:
    """Work of one pair, with the seconds at which it leaves and is back."""

    unit: Unit
    leaves: int
    returns: int
    tasks: list[int] = field(default_factory=list)


def board_of(instance: Instance, plan: Plan, *, without: Collection[str] = ()) -> Board:
    """
    The plan's pairs and routes, as far as the instance still allows them.

    Tasks in `without`, and tasks that the instance does not know, are left out; where a route can
    no longer be flown in its order, its least worthy tasks are.
    """
    outs = _pinned(instance, plan)
    outs += _planned(instance, plan, without, outs)
    _keep_apart(instance, outs)
    units = [out.unit for out in outs]
    for out in outs:
        out.tasks = [n for n in out.tasks if _may(instance, out.unit, n)]
        add_solo(instance, out.unit, partial(_holds, instance, plan, out))
    share_limits(instance, units, [out.tasks for out in outs])
    board = Board(instance, units)
    set_routes(
        board,
        {
            number: _merged(instance, out.unit.fixed, out.tasks, plan)
            for number, out in enumerate(outs)
            if not out.unit.is_frozen
        },
    )
    return board


def _may(instance: Instance, unit: Unit, number: int) -> bool:
    return bool(unit.allowed[number] and instance.visits[number].windows)


def _holds(instance: Instance, plan: Plan, out: _Out, way: Unit) -> int:
    """How well a way to work suits what a pair does: its hours, and the route itself."""
    within = way.early <= out.leaves and out.returns <= way.late
    route = _merged(instance, way.fixed, out.tasks, plan)
    return 2 * (timed(instance, way, route) is not None) + within


def _pinned(instance: Instance, plan: Plan) -> list[_Out]:
    found = []
    for unit in pinned_units(instance):
        visits = [instance.visits[number] for number in unit.fixed]
        first = min(visit.windows[0][0] for visit in visits)
        last = max(visit.windows[0][0] + visit.duration for visit in visits)
        found.append(_Out(unit, first, last))
    return found


def _planned(
    instance: Instance, plan: Plan, without: Collection[str], pinned: list[_Out]
) -> list[_Out]:
    """Stints of pairs without pinned work; tasks of the others are added to those."""
    found = []
    for stint in plan.stints:
        a = instance.aircraft_number.get(stint.aircraft)
        p = instance.pilot_number.get(stint.pilot)
        keys = [key for key in stint.tasks if key in instance.task_number and key not in without]
        if a is None or p is None or not keys:
            continue
        tasks = [instance.task_number[key] for key in keys]
        leaves, returns = instance.up(stint.period.start), instance.down(stint.period.end)
        own = [out for out in pinned if (out.unit.aircraft, out.unit.pilot) == (a, p)]
        within = [out for out in own if out.leaves < returns and leaves < out.returns]
        if within:
            within[0].tasks += tasks
            within[0].leaves = min(within[0].leaves, leaves)
            within[0].returns = max(within[0].returns, returns)
            continue
        unit = make_unit(instance, a, p)
        if unit is not None:
            found.append(_Out(unit, leaves, returns, tasks))
    return found


def _keep_apart(instance: Instance, outs: list[_Out]) -> None:
    """End each pair's span where the next one of its aircraft or pilot begins."""
    outs.sort(key=lambda out: (out.leaves, out.returns))
    for number, out in enumerate(outs):
        for later in outs[number + 1 :]:
            same_pilot = out.unit.pilot == later.unit.pilot
            if not same_pilot and out.unit.aircraft != later.unit.aircraft:
                continue
            way = instance.travel[out.unit.base][later.unit.base] if same_pilot else 0
            border = max(out.returns + way, later.leaves)
            out.unit.late = min(out.unit.late, max(out.returns, later.leaves - way))
            later.unit.early = max(later.unit.early, border)


def _merged(instance: Instance, fixed: list[int], tasks: list[int], plan: Plan) -> list[int]:
    """Commitments and tasks of one route in order of their start."""
    starts = {each.task: instance.down(each.period.start) for each in plan.assignments}
    at = {number: instance.visits[number].windows[0][0] for number in fixed}
    at |= {number: starts.get(instance.visits[number].key, FAR) for number in tasks}
    return sorted(at, key=lambda number: (at[number], number))

"""Work that never moves, and the pairs it makes."""

from dataclasses import dataclass, field, replace

from dispatcher.planning.instance import FAR, SECOND, Instance, Unit, seconds
from dispatcher.planning.pairs import make_unit
from dispatcher.planning.timing import timed


@dataclass(slots=True)
class _Run:
    """Pinned work of one aircraft with one pilot, with nobody else's between."""

    aircraft: int
    pilot: int
    visits: list[int] = field(default_factory=list)


def pinned_units(instance: Instance) -> list[Unit]:
    """
    The pairs that pinned work makes, each for the span until the next one of either begins.

    Pins that cannot be reached one from the other, or break a limit by themselves, stay as they
    are; their pair gets nothing else to do.
    """
    runs = _runs(instance)
    units = []
    for number, run in enumerate(runs):
        early = _sets_out(instance, run) if _shares(run, runs[:number]) else -FAR
        late = min((_until(instance, run, after) for after in runs[number + 1 :]), default=FAR)
        units.append(_unit(instance, run, early, late))
    _clip_duty(instance, units)
    for unit in units:
        route = sorted(unit.fixed, key=lambda n: instance.visits[n].windows[0])
        unit.is_frozen = unit.is_frozen or timed(instance, unit, route) is None
    return units


def _runs(instance: Instance) -> list[_Run]:
    """Pinned work in order of time, cut wherever an aircraft or a pilot changes partner."""
    runs: list[_Run] = []
    open_runs: dict[tuple[str, int], _Run] = {}
    count = len(instance.tasks)
    for number, each in enumerate(instance.commitments, count):
        a = instance.aircraft_number.get(each.aircraft or "")
        p = instance.pilot_number.get(each.pilot or "")
        if a is None or p is None:
            continue
        run = open_runs.get(("aircraft", a))
        if run is None or run is not open_runs.get(("pilot", p)):
            run = _Run(a, p)
            runs.append(run)
            open_runs["aircraft", a] = open_runs["pilot", p] = run
        run.visits.append(number)
    return runs


def _shares(run: _Run, others: list[_Run]) -> bool:
    return any(run.aircraft == each.aircraft or run.pilot == each.pilot for each in others)


def _sets_out(instance: Instance, run: _Run) -> int:
    """When a pair must leave its base for the first of its pinned work."""
    first = instance.visits[run.visits[0]]
    base = instance.place[instance.problem.aircraft[run.aircraft].base.key]
    return first.windows[0][0] - instance.travel[base][first.place]


def _until(instance: Instance, run: _Run, after: _Run) -> int:
    """By when a pair must be back for a later one to take over."""
    if not _shares(run, [after]):
        return FAR
    leaves = _sets_out(instance, after)
    if run.aircraft == after.aircraft:
        return leaves
    bases = [instance.problem.aircraft[each.aircraft].base.key for each in (run, after)]
    return leaves - instance.travel[instance.place[bases[0]]][instance.place[bases[1]]]


def _unit(instance: Instance, run: _Run, early: int, late: int) -> Unit:
    unit = make_unit(instance, run.aircraft, run.pilot, early=early, late=late)
    last = instance.visits[run.visits[-1]]
    if unit is None:
        whole = instance.problem.aircraft[run.aircraft]
        base = instance.place[whole.base.key]
        capacity = (FAR, *(FAR for _ in instance.kinds))
        unit = Unit(run.aircraft, run.pilot, base, early, late, FAR, capacity)
        unit.turnround = seconds(whole.turnround)
        unit.allowed = instance.eligibility.allowed(run.aircraft, run.pilot)
        unit.is_frozen = True
    back = last.windows[0][0] + last.duration + instance.travel[last.place][unit.base]
    # Work that has begun may have begun before the shift: the pair is out already.
    return replace(
        unit,
        early=min(unit.early, _sets_out(instance, run)),
        late=max(unit.late, back),
        fixed=list(run.visits),
    )


def _clip_duty(instance: Instance, units: list[Unit]) -> None:
    """Keep all pairs of one pilot within one duty period, counted from the first."""
    begun: dict[int, int] = {}
    for unit in units:
        limit = instance.problem.pilots[unit.pilot].max_duty
        own = [each for each in units if each.pilot == unit.pilot]
        if limit is None or len(own) < 2:
            continue
        first = instance.visits[own[0].fixed[0]]
        out = first.windows[0][0] - instance.travel[own[0].base][first.place] - own[0].lead
        begun.setdefault(unit.pilot, out)
        unit.early = max(unit.early, begun[unit.pilot] + unit.lead)
        unit.late = min(unit.late, begun[unit.pilot] + limit // SECOND - unit.tail)

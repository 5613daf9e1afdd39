"""
Which aircraft goes out with which pilot: the vehicles of the day.

An operation needs both. Letting every operation choose its two freely makes each start depend on
two chains of others, which no routing engine models; it also has pilots exchanging drones on road
sides. People work otherwise: a pilot takes a drone in the morning and keeps it. So a pair is fixed
for a span of the day, chosen by a matching of greatest weight over what the two could serve
together, scarce work counting most, and tried in several weightings by a quick solve of the whole
day (`search`). An aircraft changes hands only at its base: when its pilot's shift ends, somebody
who is free takes it over. Work that is pinned decides for its two first. One span never overlaps
another of the same aircraft or pilot, so whatever an engine does inside them, nobody is in two
places.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from dispatcher.planning.beside import add_solo, fits, ways_beside
from dispatcher.planning.instance import FAR, SECOND, Instance, Unit
from dispatcher.planning.matching import best_matching
from dispatcher.planning.pairs import make_unit
from dispatcher.planning.pins import pinned_units
from dispatcher.planning.shares import share_limits

# A pair that meets for less is not worth sending out: seconds, or a share of a short day.
LEAST_RELIEF = 3_600
LEAST_SHARE = 8
# The share of its weight a pair loses for each hour between its two bases.
BASE_PENALTY = 0.2


def make_units(instance: Instance, demand: NDArray[np.float64] | None = None) -> list[Unit]:
    """
    The pairs of the day, those with pinned work first.

    `demand` is what each task counts in the matching (its prize unless given).
    """
    units = pinned_units(instance)
    weights = pair_weights(instance, demand)
    for _ in range(3):
        pairs = _match(instance, units, weights)
        if not pairs:
            break
        units += pairs
    limited = _fewer(instance, units)
    for unit in limited:
        add_solo(instance, unit, lambda way: _could_serve(instance, way))
    share_limits(instance, limited)
    return limited


def spare_units(instance: Instance, units: Sequence[Unit], used: Iterable[int]) -> list[Unit]:
    """
    Every pair that could still be formed of aircraft and pilots without any work.

    Once for each way in which it can work beside what else binds its two.
    """
    busy = [units[number] for number in used]
    aircraft = {unit.aircraft for unit in busy}
    pilots = {unit.pilot for unit in busy}
    found = []
    for a in range(len(instance.problem.aircraft)):
        for p in range(len(instance.problem.pilots)):
            if a in aircraft or p in pilots:
                continue
            unit = make_unit(instance, a, p)
            if unit is not None:
                found += ways_beside(instance, unit)
    return found


def _could_serve(instance: Instance, way: Unit) -> int:
    """What the tasks are worth that a pair could do in one way, each by itself."""
    numbers = (n for n in range(len(instance.tasks)) if way.allowed[n])
    return sum(instance.visits[n].prize for n in numbers if fits(instance, way, n))


def pair_weights(
    instance: Instance, demand: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """What each aircraft and pilot could serve together; work that few can do counts most."""
    able = instance.eligibility
    count = len(instance.tasks)
    if demand is None:
        demand = np.array([visit.prize for visit in instance.visits[:count]], float)
    supply = np.minimum(able.aircraft.sum(axis=1), able.pilots.sum(axis=1))
    scarce = demand / np.maximum(supply, 1)
    together = (able.aircraft * scarce[:, None]).T @ able.pilots
    return np.sqrt(together) * able.pairs


def _match(instance: Instance, units: list[Unit], weights: NDArray[np.float64]) -> list[Unit]:
    """One round: pilots without a pair, and aircraft in the longest time nobody has them."""
    taken = {unit.pilot for unit in units}
    gaps = [_gap(instance, units, a) for a in range(len(instance.problem.aircraft))]
    scaled = weights * _meetings(instance, gaps)
    scaled[:, sorted(taken)] = 0
    found = []
    for a, p in best_matching(scaled):
        early, late = gaps[a]
        unit = make_unit(instance, a, p, early=early, late=late)
        if unit is not None:
            found.append(unit)
    return found


def _meetings(instance: Instance, gaps: list[tuple[int, int]]) -> NDArray[np.float64]:
    """Hours each aircraft and pilot have together, less for each hour between their bases."""
    aircraft, pilots = instance.problem.aircraft, instance.problem.pilots
    bases = [instance.place[each.base.key] for each in aircraft]
    homes = [instance.place[each.base.key] for each in pilots]
    lead = instance.matrix[np.ix_(homes, bases)].T
    tail = instance.matrix[np.ix_(bases, homes)]
    early = np.array(
        [max(g[0], instance.up(a.available.start)) for a, g in zip(aircraft, gaps, strict=True)]
    )
    late = np.array(
        [min(g[1], instance.down(a.available.end)) for a, g in zip(aircraft, gaps, strict=True)]
    )
    begin = np.array([instance.up(each.shift.start) for each in pilots])
    end = np.array([instance.down(each.shift.end) for each in pilots])
    duty = np.array([FAR if p.max_duty is None else p.max_duty // SECOND for p in pilots])
    meets = np.minimum(late[:, None], end - tail) - np.maximum(early[:, None], begin + lead)
    meets = np.minimum(meets, duty - lead - tail)
    apart = np.minimum(4.0, (lead + tail) / 7_200)
    hours = np.minimum(meets / 3_600, 12.0) * (1 - BASE_PENALTY * apart)
    least = min(LEAST_RELIEF, instance.problem.horizon.length // SECOND // LEAST_SHARE)
    return np.where(meets >= least, hours, 0.0)


def _gap(instance: Instance, units: list[Unit], aircraft: int) -> tuple[int, int]:
    """The longer of the times before and after the pairs an aircraft already has."""
    own = [unit for unit in units if unit.aircraft == aircraft]
    if not own:
        return -FAR, FAR
    available = instance.problem.aircraft[aircraft].available
    first, last = min(unit.early for unit in own), max(unit.late for unit in own)
    before, after = first - instance.up(available.start), instance.down(available.end) - last
    return (-FAR, first) if before > after else (last, FAR)


def _fewer(instance: Instance, units: list[Unit]) -> list[Unit]:
    """
    No more pairs than may fly at once: so an engine that cannot count cannot break the limit.

    What the limit would still allow is given to further pairs at the end, one task at a time.
    """
    most = instance.problem.max_concurrent
    if most is None or len(units) <= most:
        return units
    pinned = [unit for unit in units if unit.fixed]
    free = [unit for unit in units if not unit.fixed]
    free.sort(key=lambda unit: (-int(unit.allowed.sum()), unit.aircraft, unit.pilot))
    return pinned + free[: max(0, most - len(pinned))]

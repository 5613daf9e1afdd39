"""Where in a route a task could go at all: a test of a few sums before the route is timed anew."""

from collections.abc import Iterator
from dataclasses import dataclass

from dispatcher.planning.instance import Instance, Unit
from dispatcher.planning.timing import forward, next_start


@dataclass(slots=True)
class Slack:
    """
    For each stop of a route the earliest end and the latest start, whatever the duty limit.

    `ends` and `places` begin with the base; `flying` is what is left of the flying limit.
    """

    unit: Unit
    route: list[int]
    ends: list[int]
    places: list[int]
    waits: list[int]
    latest: list[int]
    flying: int
    cost: float = 0.0


def slack(instance: Instance, unit: Unit, route: list[int]) -> Slack:
    """The slack of a route; a route that cannot be flown leaves none."""
    visits = [instance.visits[number] for number in route]
    flying = unit.capacity[0] - sum(visit.flight for visit in visits)
    starts = forward(instance, unit, route, unit.early)
    if starts is None:
        return Slack(unit, route, [], [], [], [], flying)
    ends = [unit.early, *(s + visit.duration for s, visit in zip(starts, visits, strict=True))]
    waits = [0, *(unit.turnround if visit.needs_turnround else 0 for visit in visits)]
    latest: list[int] = []
    limit, place, wait = unit.late, unit.base, 0
    for visit, turn in zip(reversed(visits), reversed(waits), strict=False):
        wait = turn if latest else 0
        cap = limit - instance.travel[visit.place][place] - wait - visit.duration
        fits = [min(last, cap) for first, last in visit.windows if first <= cap]
        if not fits:
            return Slack(unit, route, [], [], [], [], flying)
        latest.append(max(fits))
        limit, place = latest[-1] - visit.setup, visit.place
    places = [unit.base, *(visit.place for visit in visits)]
    return Slack(unit, route, ends, places, waits, latest[::-1], flying)


def possible(instance: Instance, unit: Unit, room: Slack, task: int) -> Iterator[tuple[int, int]]:
    """
    Positions at which a task can be reached and left in time, with the detour in seconds.

    None that could do is passed over.
    """
    visit, travel = instance.visits[task], instance.travel
    if visit.flight > room.flying:
        return
    for position, end in enumerate(room.ends):
        leaves = max(end, instance.not_before)
        way = travel[room.places[position]][visit.place]
        start = next_start(visit, leaves + room.waits[position] + way + visit.setup)
        if start is None:
            continue
        done = start + visit.duration
        if position == len(room.latest):
            back = travel[visit.place][unit.base]
            if done + back <= unit.late:
                yield position, way + back - travel[room.places[position]][unit.base]
            continue
        after = instance.visits[room.route[position]]
        wait = unit.turnround if visit.needs_turnround else 0
        onward = travel[visit.place][after.place]
        if done + wait + onward + after.setup <= room.latest[position]:
            yield position, way + onward - travel[room.places[position]][after.place]

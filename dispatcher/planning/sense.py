"""What no problem may say: two rows with one key, times that run backwards, values out of range."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from dispatcher.planning.model import Period, Place, Problem, Task


class ProblemRefused(ValueError):
    """The problem contradicts itself; the message says where."""


def refuse_nonsense(problem: Problem) -> None:
    """Raise ProblemRefused, naming the first row that makes no sense."""
    _refuse_repeated(problem)
    for what, period in _periods(problem):
        if period.start.tzinfo is None or period.end.tzinfo is None:
            raise ProblemRefused(f"{what}: times need a zone")
        if period.start > period.end:
            raise ProblemRefused(f"{what}: ends before it starts")
    for task in problem.tasks:
        _refuse_task(task)
    _refuse_places(problem)
    if problem.travel.speed_ms <= 0 or problem.travel.road_factor <= 0:
        raise ProblemRefused("travel needs a speed and a road factor above zero")
    table = problem.travel.table
    if table is not None and {len(table.keys)} != {len(table.seconds), *map(len, table.seconds)}:
        raise ProblemRefused("the travel table needs a row and a column for each of its keys")
    if problem.not_before is not None and problem.not_before.tzinfo is None:
        raise ProblemRefused("not_before: times need a zone")


def _refuse_repeated(problem: Problem) -> None:
    keys = {
        "tasks": [each.key for each in problem.tasks],
        "aircraft": [each.key for each in problem.aircraft],
        "pilots": [each.key for each in problem.pilots],
        "commitments": [each.key for each in problem.commitments],
        "commitments for one task": [each.task for each in problem.commitments if each.task],
        "preferences": [each.task for each in problem.preferences],
    }
    for name, found in keys.items():
        twice = sorted(key for key, count in Counter(found).items() if count > 1)
        if twice:
            raise ProblemRefused(f"{name} with one key: {', '.join(twice)}")


def _periods(problem: Problem) -> Iterable[tuple[str, Period]]:
    yield "horizon", problem.horizon
    for task in problem.tasks:
        for each in task.windows:
            for period in each.periods:
                yield f"task {task.key}, {each.kind}", period
    for aircraft in problem.aircraft:
        yield f"aircraft {aircraft.key}", aircraft.available
    for pilot in problem.pilots:
        yield f"pilot {pilot.key}", pilot.shift
    for commitment in problem.commitments:
        yield f"commitment {commitment.key}", commitment.period


def _refuse_task(task: Task) -> None:
    zero = timedelta(0)
    if not 1 <= task.priority <= 5:
        raise ProblemRefused(f"task {task.key}: priority is 1 to 5")
    if task.duration <= zero or min(task.setup, task.flight_time) < zero or task.value <= 0:
        raise ProblemRefused(f"task {task.key}: a negative or empty amount")
    if task.wanted_by is not None and task.wanted_by.tzinfo is None:
        raise ProblemRefused(f"task {task.key}: times need a zone")


def _refuse_places(problem: Problem) -> None:
    known: dict[str, Place] = {}
    places = [task.place for task in problem.tasks]
    places += [each.base for each in problem.aircraft]
    places += [each.base for each in problem.pilots]
    places += [each.place for each in problem.commitments if each.place]
    for place in places:
        if not (abs(place.lat) <= 90 and abs(place.lon) <= 180):
            raise ProblemRefused(f"place {place.key} is not on Earth")
        if known.setdefault(place.key, place) != place:
            raise ProblemRefused(f"place {place.key} is in two positions")

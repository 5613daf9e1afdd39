"""A pair works beside what binds one of its two alone: before it, after it, or around it."""

import random
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from benchmarks.dispatch_own import DAY, hard_day
from dispatcher.planning.canonical import canonical
from dispatcher.planning.checker import misstated, violations
from dispatcher.planning.explain import why
from dispatcher.planning.instance import Instance
from dispatcher.planning.model import (
    Assignment,
    Commitment,
    Exclusion,
    Limits,
    Period,
    Plan,
    Reason,
    Score,
    Stint,
    Unassigned,
)
from dispatcher.planning.solve import plan_day
from tests.dispatcher.planning_rows import QUICK, aircraft, day, pilot, span, task

QUARTER = timedelta(minutes=15)


def booked(start, end, key="flight", *, of="both"):
    """What the ledger holds of a flight elsewhere: a row for the aircraft and one for the pilot."""
    rows = {
        "aircraft": Commitment(f"{key}: aircraft", span(start, end), aircraft="VH-A"),
        "pilot": Commitment(f"{key}: pilot", span(start, end), pilot="Ann"),
    }
    return tuple(rows.values()) if of == "both" else (rows[of],)


def starts(problem):
    plan = plan_day(problem, QUICK)
    assert violations(problem, plan) == []
    for each in plan.assignments:
        # The board that explains it is the one that it was planned on.
        assert why(problem, plan, each.task).chosen.cost > 0
    return {each.task: f"{each.period.start:%H:%M}" for each in plan.assignments}


def test_whoever_flew_elsewhere_flies_again_after_it_and_before_it():
    before = task("before", "creek", start="06:00", end="09:00")
    after = task("after", "creek", start="11:00", end="14:00")

    found = starts(day(before, after, commitments=booked("09:30", "10:30")))

    assert set(found) == {"before", "after"}


def test_bookings_that_overlap_leave_the_time_after_them():
    meeting = booked("10:00", "12:00", "meeting", of="pilot")
    maintenance = booked("09:00", "11:00", "maintenance", of="aircraft")
    late = task("late", "creek", start="12:00", end="18:00")

    assert starts(day(late, commitments=maintenance + meeting)) == {"late": "12:10"}


def test_bookings_of_two_bases_leave_the_time_between_them():
    flight = booked("08:00", "09:00")
    crew = {"aircraft": (aircraft(),), "pilots": (pilot(base="creek"),)}

    found = starts(day(task("later", "creek", start="10:00"), commitments=flight, **crew))

    assert found == {"later": "10:00"}


def test_an_aircraft_that_is_looked_after_early_and_late_does_not_lengthen_its_pilots_duty():
    shop = booked("06:00", "07:00", "first", of="aircraft")
    shop += booked("17:00", "18:00", "last", of="aircraft")
    crew = (pilot(max_duty=timedelta(hours=8)),)

    found = starts(day(task("noon", start="11:00", end="13:00"), commitments=shop, pilots=crew))

    assert found == {"noon": "11:00"}


def test_no_hours_in_common_is_only_said_where_there_are_none():
    leave = booked("06:00", "12:00", "leave", of="pilot")
    visit = booked("12:00", "18:00", "visit", of="aircraft")
    busy = day(task("never", "creek"), commitments=leave + visit)
    apart = day(task("never", "creek"), pilots=(pilot(shift=span("00:00", "05:00")),))

    codes = {}
    for name, problem in {"busy": busy, "apart": apart}.items():
        (left,) = plan_day(problem, QUICK).unassigned
        codes[name] = [reason.code for reason in left.reasons]

    assert codes == {"busy": ["never_no_time"], "apart": ["no_common_hours"]}


@pytest.mark.parametrize("seeds", [range(1, 15), range(15, 30)], ids=str)
def test_what_is_said_to_be_impossible_for_everybody_is_so_by_trying_every_start(seeds):
    """Held against the checker alone: each pair, each start by ten minutes, a day else free."""
    looked = 0
    for seed in seeds:
        problem = replace(hard_day(seed), max_concurrent=None)
        problem = replace(problem, commitments=_bookings(random.Random(seed), problem))  # noqa: S311

        plan = plan_day(problem, Limits(iterations=10, processes=1), with_relaxations=False)

        assert violations(problem, plan) == [], seed
        for left in plan.unassigned:
            codes = {reason.code for reason in left.reasons}
            if any(code.startswith(("never_", "no_common")) for code in codes):
                looked += 1
                assert _alone(canonical(problem), left.task) is None, (seed, left)
    assert looked > 5


def _bookings(chance, problem):
    """One to four bookings elsewhere; the ledger holds nobody twice at once."""
    rows = []
    for number in range(chance.randint(1, 4)):
        plane, person = chance.choice(problem.aircraft), chance.choice(problem.pilots)
        start = DAY.start + chance.randint(0, 52) * QUARTER
        period = Period(start, start + chance.choice([2, 4, 6, 8]) * QUARTER)
        kind = chance.random()
        if kind < 0.8:
            rows.append(Commitment(f"{number} aircraft", period, aircraft=plane.key))
        if kind < 0.6 or kind >= 0.8:
            rows.append(Commitment(f"{number} pilot", period, pilot=person.key))
    kept = []
    for row in rows:
        same = [each for each in kept if (each.aircraft, each.pilot) == (row.aircraft, row.pilot)]
        if all(row.period.end <= e.period.start or e.period.end <= row.period.start for e in same):
            kept.append(row)
    return tuple(kept)


def _alone(problem, key):
    """Somebody who could do a task by itself, found by trying; None where nobody can."""
    others = [row.key for row in problem.tasks if row.key != key]
    left = tuple(Unassigned(other, (Reason("left", ""),)) for other in others)
    return _beside(problem, Plan((), left, (), Score(*[0] * 9), "", 0), key)


def _beside(problem, plan, key):
    """Somebody who could do a task beside a plan, found by trying; None where nobody can."""
    instance = Instance(problem)
    visit = instance.visits[instance.task_number[key]]
    moments = sorted({s for a, b in visit.windows for s in (*range(a, b + 1, 600), b)})
    out_together = {(each.aircraft, each.pilot) for each in plan.assignments}
    for plane, person in product(problem.aircraft, problem.pilots):
        if (plane.key, person.key) not in out_together:
            for moment in moments:
                more = _with(instance, plan, key, (plane, person, moment))
                if not violations(problem, more):
                    return more.of_task(key)
    return None


def _with(instance, plan, key, how):
    """The plan with one more outing."""
    plane, person, moment = how
    number = instance.task_number[key]
    each, site = instance.tasks[number], instance.visits[number].place
    base = instance.place[plane.base.key]
    out = timedelta(seconds=instance.travel[base][site])
    back = timedelta(seconds=instance.travel[site][base])
    start = instance.at(moment)
    period = Period(start, start + each.duration)
    placed = Assignment(key, plane.key, person.key, period, start - each.setup, out)
    stint = Stint(
        plane.key, person.key, Period(start - each.setup - out, period.end + back), (key,)
    )
    return replace(
        plan,
        assignments=(*plan.assignments, placed),
        unassigned=tuple(row for row in plan.unassigned if row.task != key),
        stints=(*plan.stints, stint),
    )


def test_whoever_has_work_forms_a_further_pair_in_the_time_that_is_left():
    """Ann leaves VH-A at the base when her shift ends; Bob brings back VH-B and takes it over."""
    thermal, lidar = frozenset({"thermal"}), frozenset({"lidar"})
    problem = day(
        task("hers", "creek", start="07:00", end="08:00", capabilities=thermal),
        task("his", "creek", start="07:00", end="08:00", capabilities=lidar),
        task("evening", "creek", start="15:00", end="17:00", capabilities=thermal),
        aircraft=(aircraft("VH-A", capabilities=thermal), aircraft("VH-B", capabilities=lidar)),
        pilots=(pilot("Ann", shift=span("06:00", "12:00")), pilot("Bob")),
        exclusions=(Exclusion("PAPERS", task="hers", pilot="Bob"),),
    )

    plan = plan_day(problem, QUICK)

    assert violations(problem, plan) == misstated(problem, plan) == []
    assert {each.task: (each.aircraft, each.pilot) for each in plan.assignments} == {
        "hers": ("VH-A", "Ann"),
        "his": ("VH-B", "Bob"),
        "evening": ("VH-A", "Bob"),
    }
    assert why(problem, plan, "evening").chosen.cost == 20 * 60


def test_nothing_is_left_behind_that_fits_beside_the_rest_but_with_the_same_two():
    """Held against the checker alone: pairs that are not out together, starts by ten minutes."""
    left = fits = 0
    for seed in range(1, 16):
        problem = replace(hard_day(seed), max_concurrent=None)
        plan = plan_day(problem, Limits(iterations=10, processes=1), with_relaxations=False)
        assert violations(problem, plan) == misstated(problem, plan) == [], seed
        for row in plan.unassigned:
            left += 1
            fits += _beside(canonical(problem), plan, row.task) is not None
    assert left > 60
    assert fits == 0

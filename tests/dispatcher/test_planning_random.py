"""Days drawn by chance: every plan passes the checker, and no answer is better than the best."""

import random
from dataclasses import replace
from itertools import permutations

import numpy as np

from benchmarks.dispatch_own import hard_day, own_day, shuffled
from dispatcher.planning.around import served_after
from dispatcher.planning.board import Board
from dispatcher.planning.canonical import canonical
from dispatcher.planning.changes import applied
from dispatcher.planning.checker import misstated, unexplained, violations
from dispatcher.planning.fill import serve
from dispatcher.planning.finish import plan_of
from dispatcher.planning.greedy import greedy_board, greedy_plan, prize_bound
from dispatcher.planning.instance import Instance
from dispatcher.planning.matching import best_matching
from dispatcher.planning.model import Limits
from dispatcher.planning.pairing import make_units
from dispatcher.planning.published import board_of
from dispatcher.planning.shares import loosened
from dispatcher.planning.slack import possible, slack
from dispatcher.planning.solve import plan_day
from dispatcher.planning.timing import backward, forward, timed

QUICK = Limits(iterations=20, processes=1)


def serves(day, plan, key, change):
    """The whole day with a relaxation holds the task too, and all it had."""
    instance = Instance(canonical(applied(day, key, change)))
    board = loosened(board_of(instance, plan))
    assert serve(board, instance.task_number[key]), (key, change)
    again = plan_of(board, (), input_hash="", seed=0)
    had = {each.task for each in plan.assignments} | {key}
    assert had <= {each.task for each in again.assignments}, (key, change)
    assert {each.code for each in violations(instance.problem, again)} <= {"lost"}, (key, change)


def is_enough(day, plan, key, change):
    """Whether a relaxation is by minutes; then one less would not do."""
    if change.minutes < 2 or change.kind == "several":
        return False
    less = replace(change, minutes=change.minutes - 1)
    assert served_after(canonical(day), plan, key, less) is None, (key, change)
    return True


def test_every_plan_of_a_hard_day_can_be_flown_and_every_relaxation_serves():
    served = left = measured = 0
    for seed in range(1, 16):
        day = hard_day(seed)

        plan = plan_day(day, QUICK)

        assert violations(day, plan) == [], seed
        assert misstated(day, plan) == [], seed
        assert unexplained(plan) == [], seed
        assert plan.score.prize <= prize_bound(day)
        served += len(plan.assignments)
        for row in plan.unassigned:
            left += 1
            assert row.relaxations, (seed, row.task)
            serves(day, plan, row.task, row.relaxations[0])
            measured += is_enough(day, plan, row.task, row.relaxations[0])
    assert served > 80
    assert left > 40
    assert measured > 10


def test_the_same_day_in_other_orders_has_the_same_plan():
    for seed in (3, 4):
        day = hard_day(seed)
        plan = plan_day(day, QUICK)
        for order in range(3):
            assert plan_day(shuffled(day, order), QUICK) == plan


def test_searching_is_no_worse_than_the_plain_dispatcher():
    day = own_day(40, 7)

    plain, plan = greedy_plan(day), plan_day(day, QUICK, with_relaxations=False)
    listed = greedy_plan(day, matched=False)

    assert violations(day, plain) == violations(day, listed) == []
    assert plan.score.cost <= listed.score.cost
    assert violations(day, plan) == []
    assert plan.score.cost <= plain.score.cost


def test_matching_is_the_best_of_all():
    chance = np.random.default_rng(5)
    for rows, columns in [(1, 1), (3, 3), (4, 5), (5, 3)] * 5:
        weights = np.round(chance.uniform(-2, 9, (rows, columns)))

        pairs = best_matching(weights)

        assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)
        gains = np.pad(np.maximum(weights, 0), ((0, max(0, columns - rows)), (0, 0)))
        best = max(
            sum(gains[row, column] for column, row in enumerate(order))
            for order in permutations(range(len(gains)), columns)
        )
        assert sum(weights[pair] for pair in pairs) == best
    assert best_matching(np.zeros((2, 2))) == []
    assert best_matching(np.ones((0, 3))) == []


def test_no_place_for_a_task_is_passed_over():
    looked = 0
    for seed in range(20, 26):
        instance = Instance(canonical(hard_day(seed)))
        board = greedy_board(instance, Board(instance, make_units(instance)))
        for task in board.unserved():
            for unit, route in zip(board.units, board.routes, strict=True):
                if unit.is_frozen or not instance.visits[task].windows:
                    continue
                likely = {
                    at for at, _ in possible(instance, unit, slack(instance, unit, route), task)
                }
                for position in range(len(route) + 1):
                    trial = [*route[:position], task, *route[position:]]
                    fits = timed(instance, unit, trial) is not None
                    looked += fits
                    assert position in likely or not fits, (seed, task, position)
    assert looked > 0


def test_a_timed_route_is_the_shortest_that_ends_so_early():
    chance = random.Random(11)  # noqa: S311 - reproducible, no secret
    looked = 0
    for seed in range(30, 42):
        instance = Instance(canonical(hard_day(seed)))
        unit = make_units(instance)[0]
        tasks = [n for n in range(len(instance.tasks)) if instance.visits[n].windows]
        route = sorted(
            chance.sample(tasks, min(2, len(tasks))), key=lambda n: instance.visits[n].windows[0]
        )
        unit = replace(unit, capacity=(10**9, *unit.capacity[1:]), fixed=[])
        timing = timed(instance, unit, route)
        for leave in range(unit.early, unit.late, 97):
            starts = forward(instance, unit, route, leave)
            if starts is None:
                continue
            leaves = backward(instance, unit, route, starts)
            last = instance.visits[route[-1]]
            returns = starts[-1] + last.duration + instance.travel[last.place][unit.base]
            if returns <= unit.late and returns - leaves <= unit.span:
                assert timing is not None
                assert timing.returns <= returns
                looked += 1
    assert looked > 100

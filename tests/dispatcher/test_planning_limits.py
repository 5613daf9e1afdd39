"""Limits that several share, rows that look alike, and searches that are ended from outside."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dispatcher.planning.board import Board
from dispatcher.planning.canonical import canonical
from dispatcher.planning.changes import applied
from dispatcher.planning.checker import violations
from dispatcher.planning.fill import filled
from dispatcher.planning.instance import Instance
from dispatcher.planning.model import Commitment, Limits, Stopped, Travel, TravelTable
from dispatcher.planning.pairing import make_units
from dispatcher.planning.published import board_of
from dispatcher.planning.solve import plan_day
from tests.dispatcher.planning_rows import QUICK, aircraft, day, pilot, place, span, task

MINUTE = timedelta(minutes=1)


def test_an_aircraft_and_a_pilot_may_have_the_same_key():
    lidar = frozenset({"lidar"})
    problem = day(
        task("far", "mine"),
        task("scan", capabilities=lidar),
        aircraft=(aircraft("1"), aircraft("2")),
        pilots=(pilot("1", max_duty=165 * MINUTE), pilot("2", max_duty=150 * MINUTE)),
    )

    plan = plan_day(problem, QUICK)

    assert plan.assignments == ()
    by_task = {row.task: row.relaxations[0] for row in plan.unassigned}
    far = by_task["far"]
    assert (far.kind, far.minutes, far.pilot) == ("duty", 15, "1")
    longer = {each.key: each.max_duty for each in applied(problem, "far", far).pilots}
    assert longer == {"1": 180 * MINUTE, "2": 150 * MINUTE}
    scan = by_task["scan"]
    assert scan.kind == "capability"
    equipped = [each.key for each in applied(problem, "scan", scan).aircraft if each.capabilities]
    assert equipped == [scan.aircraft]


def test_flights_that_are_left_are_given_out_to_the_last_one():
    morning = pilot("Ann", shift=span("06:00", "11:00"))
    evening = pilot("Bob", shift=span("11:00", "18:00"))
    one = aircraft(loads={"flights": 1})
    early = task("early", "creek", start="08:00", end="09:00", loads={"flights": 1})

    plan = plan_day(day(early, aircraft=(one,), pilots=(morning, evening)), QUICK)

    assert [each.pilot for each in plan.assignments] == ["Ann"]


def test_a_plan_keeps_the_hours_it_had_given_out_unevenly():
    morning = pilot("Ann", shift=span("06:00", "11:30"))
    evening = pilot("Bob", shift=span("11:30", "18:00"))
    jobs = [
        task("one", "creek", start="07:00", end="08:00", flight_time=60 * MINUTE),
        task("two", "creek", start="09:00", end="10:00", flight_time=60 * MINUTE),
        task("three", "creek", start="14:00", end="15:00", flight_time=30 * MINUTE),
    ]
    problem = day(*jobs, pilots=(morning, evening))
    plan = plan_day(problem, QUICK)
    assert len(plan.stints) == 2
    tight = replace(problem, aircraft=(aircraft(hours_left=150 * MINUTE),))

    board = board_of(Instance(canonical(tight)), plan)

    assert board.unserved() == []
    assert sorted(unit.capacity[0] for unit in board.units) == [30 * 60, 120 * 60]


def test_what_one_pair_leaves_of_a_limit_is_open_to_the_next():
    morning = pilot("Ann", shift=span("06:00", "11:30"))
    evening = pilot("Bob", shift=span("11:30", "18:00"))
    jobs = [
        task("early", "creek", start="07:00", end="08:00", flight_time=20 * MINUTE),
        task("late", "creek", start="14:00", end="15:00", flight_time=60 * MINUTE),
        task("later", "creek", start="16:00", end="17:00", flight_time=60 * MINUTE, priority=2),
    ]
    tired = aircraft(hours_left=90 * MINUTE)

    plan = plan_day(day(*jobs, aircraft=(tired,), pilots=(morning, evening)), QUICK)

    # Half of 90 minutes would be too little for any hour in the afternoon.
    assert [(each.task, each.pilot) for each in plan.assignments] == [
        ("early", "Ann"),
        ("late", "Bob"),
    ]
    (row,) = plan.unassigned
    assert [(change.kind, change.minutes) for change in row.relaxations][:1] == [("flying", 50)]


def test_flights_outside_of_a_pairs_hours_count_against_maintenance():
    ferry = Commitment("ferry", span("19:00", "20:00"), aircraft="VH-A", flight_time=60 * MINUTE)
    tired = aircraft(available=span("06:00", "20:00"), hours_left=90 * MINUTE)
    jobs = [task(f"job-{n}", flight_time=30 * MINUTE) for n in range(2)]

    plan = plan_day(day(*jobs, aircraft=(tired,), commitments=(ferry,)), QUICK)

    assert len(plan.assignments) == 1
    assert [reason.code for reason in plan.unassigned[0].reasons] == ["flying"]


def test_pinned_work_that_cannot_be_done_still_counts_as_under_way():
    pins = [
        Commitment(f"pin-{at}", span("08:00", "09:00"), "VH-A", "Ann", place(at), task=f"at-{at}")
        for at in ("dam", "port")
    ]
    free = task("free", "creek", start="08:00", end="09:00")
    problem = day(
        free,
        aircraft=(aircraft("VH-A"), aircraft("VH-B")),
        pilots=(pilot("Ann"), pilot("Bob")),
        commitments=tuple(pins),
        max_concurrent=2,
    )

    plan = plan_day(problem, QUICK)

    assert violations(problem, plan) == []
    assert [row.task for row in plan.unassigned] == ["free"]
    assert {reason.code for reason in plan.unassigned[0].reasons} == {"concurrent"}


def test_a_task_leaves_its_route_even_where_the_direct_way_is_longer():
    keys = ("creek", "dam", "home", "mine", "port")
    # Home and the port are near each other only by way of the dam.
    far = {frozenset({"home", "port"}): 9 * 3_600}
    rows = tuple(tuple(far.get(frozenset({a, b}), 600 * (a != b)) for b in keys) for a in keys)
    problem = day(
        task("dam", "dam"),
        task("port", "port"),
        task("back", "dam", start="16:00", end="18:00"),
        travel=Travel(table=TravelTable(keys, rows)),
    )
    instance = Instance(canonical(problem))
    board = filled(Board(instance, make_units(instance)))
    assert board.unserved() == []

    board.remove(instance.task_number["dam"])

    assert instance.task_number["dam"] in board.unserved()
    assert board.timings[0] is not None


def test_a_count_that_takes_too_long_is_ended_by_the_clock_and_says_so():
    jobs = [task(f"job-{n}", where) for n, where in enumerate(["dam", "mine", "creek"] * 4)]
    endless = Limits(iterations=10**9, at_most_s=0.3, processes=1)

    plan = plan_day(day(*jobs), endless, with_relaxations=False)

    assert plan.stopped == Stopped.TIME
    counted = Limits(iterations=5, at_most_s=600, processes=1)
    assert plan_day(day(*jobs), counted, with_relaxations=False).stopped == Stopped.ITERATIONS


def test_every_task_left_behind_is_reported_and_a_stop_ends_the_trying():
    jobs = [task(f"job-{n}", start="08:00", end="09:00") for n in range(4)]
    heard = []

    plan = plan_day(day(*jobs), QUICK, report=heard.append)

    assert len(plan.unassigned) == 3
    assert [each.stage for each in heard].count("explaining") == 4
    stopped = plan_day(day(*jobs), QUICK, cancelled=lambda: True)
    assert stopped.stopped == Stopped.CANCELLED
    assert [(bool(r.reasons), r.relaxations) for r in stopped.unassigned] == [(True, ())] * 3


def test_whoever_is_told_may_fail_and_nothing_goes_on():
    jobs = [task(f"job-{n}") for n in range(3)]

    def fails(progress):
        if progress.stage == "searching" and progress.share > 0:
            raise OSError("nobody listens")

    with pytest.raises(OSError, match="nobody listens"):
        plan_day(day(*jobs), Limits(iterations=10**9, processes=2), report=fails)

"""Days small enough to be planned by hand."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dispatcher.planning.canonical import canonical, input_hash
from dispatcher.planning.checker import violations
from dispatcher.planning.greedy import greedy_plan, prize_bound
from dispatcher.planning.model import (
    Commitment,
    Exclusion,
    Limits,
    Stopped,
    Weights,
    WindowSet,
)
from dispatcher.planning.sense import ProblemRefused
from dispatcher.planning.solve import plan_day
from tests.dispatcher.planning_rows import QUICK, aircraft, at, day, pilot, place, span, task


def planned(problem, limits=QUICK):
    plan = plan_day(problem, limits)
    assert violations(problem, plan) == []
    return plan


def pinned(key, of):
    return Commitment(key, span("09:00", "10:00"), "VH-A", "Ann", place("dam"), task=of)


def times(plan):
    return {each.task: each.period for each in plan.assignments}


def codes(plan, key):
    left = next(each for each in plan.unassigned if each.task == key)
    return [reason.code for reason in left.reasons]


def test_one_task_is_reached_by_the_latest_departure_that_ends_it_earliest():
    plan = planned(day(task("survey", "dam", start="08:00")))

    (only,) = plan.assignments
    (stint,) = plan.stints
    assert (only.aircraft, only.pilot, only.period) == ("VH-A", "Ann", span("08:00", "09:00"))
    assert only.arrives == at("08:00")
    assert stint.period == span("07:30", "09:30")
    assert plan.score.travel_s == 3_600
    assert plan.score.cost == 3_600
    assert plan.unassigned == ()


def test_setup_and_turnround_lie_between_operations():
    drone = aircraft(turnround=timedelta(minutes=15))
    first = task("first", "dam", start="08:00", end="09:00")
    then = task("then", "mine", setup=timedelta(minutes=10))

    plan = planned(day(first, then, aircraft=(drone,)))

    # An hour before 08:00 at the mine would cost the same way twice, so it comes after:
    # 15 minutes on the ground, 30 on the road, 10 of setting up.
    assert times(plan)["then"] == span("09:55", "10:55")
    assert plan.score.travel_s == 2 * 60 * 60


def test_the_more_urgent_is_served_when_time_allows_only_one():
    low = task("low", start="08:00", end="09:00", priority=2)
    high = task("high", start="08:15", end="09:15", priority=4)

    plan = planned(day(low, high))

    assert list(times(plan)) == ["high"]
    assert codes(plan, "low") == ["no_gap"]
    assert plan.score.prize == 7_200 * 8
    assert plan.score.unserved_prize == 7_200 * 2


def test_windows_of_every_kind_hold_at_once():
    weather = WindowSet("weather", (span("06:00", "08:00"), span("11:00", "15:00")), False)
    client = WindowSet("client", (span("07:30", "12:00"),))

    plan = planned(day(task("spray", windows=(weather, client))))

    assert times(plan)["spray"] == span("11:00", "12:00")


def test_the_duty_limit_moves_an_early_stop_to_its_later_window():
    twice = WindowSet("weather", (span("07:00", "08:00"), span("13:00", "14:00")))
    early = task("early", "creek", windows=(twice,))
    late = task("late", "creek", start="15:00", end="16:00")
    short = pilot(max_duty=timedelta(hours=4))

    plan = planned(day(early, late, pilots=(short,)))

    assert times(plan) == {"early": span("13:00", "14:00"), "late": span("15:00", "16:00")}
    assert plan.stints[0].period == span("12:50", "16:10")


def test_a_wish_for_an_earlier_end_costs_but_is_allowed():
    wanted = task("wanted", start="10:00", wanted_by=at("10:30"))

    plan = planned(day(wanted))

    assert times(plan)["wanted"] == span("10:00", "11:00")
    assert plan.score.lateness_s == 30 * 60
    assert plan.score.cost == 3_600 + 900


def test_hours_until_maintenance_are_consumed_within_the_plan():
    tired = aircraft(hours_left=timedelta(minutes=70))
    jobs = [task(f"job-{n}", flight_time=timedelta(minutes=40), priority=2 + n) for n in range(2)]

    plan = planned(day(*jobs, aircraft=(tired,)))

    assert list(times(plan)) == ["job-1"]
    assert codes(plan, "job-0") == ["flying"]
    (smallest, *_) = plan.unassigned[0].relaxations
    assert (smallest.kind, smallest.minutes) == ("flying", 10)


def test_work_pinned_to_somebody_never_moves_and_others_go_around_it():
    pinned = Commitment("pin", span("09:00", "10:00"), "VH-A", "Ann", place("dam"), task="started")

    plan = planned(day(task("free", "dam", end="10:30"), commitments=(pinned,)))

    assert times(plan) == {"started": span("09:00", "10:00"), "free": span("08:00", "09:00")}
    assert [each.is_pinned for each in plan.assignments] == [False, True]


def test_nothing_is_begun_in_the_past():
    plan = planned(day(task("now", "mine"), not_before=at("09:20")))

    assert times(plan)["now"] == span("10:20", "11:20")


def test_an_aircraft_changes_hands_at_its_base_when_a_shift_ends():
    morning = pilot("Ann", shift=span("06:00", "11:00"))
    evening = pilot("Bob", shift=span("11:00", "18:00"))
    jobs = (
        task("early", "creek", start="08:00", end="09:00"),
        task("late", "creek", start="14:00", end="15:00"),
    )

    plan = planned(day(*jobs, pilots=(morning, evening)))

    who = {each.task: (each.aircraft, each.pilot) for each in plan.assignments}
    assert who == {"early": ("VH-A", "Ann"), "late": ("VH-A", "Bob")}


def test_a_pilot_from_another_base_fetches_the_aircraft_within_the_duty_limit():
    # 10 minutes to the aircraft at the creek, 20 on to the dam, and the same way back.
    visitor = pilot(max_duty=timedelta(hours=2))

    plan = planned(day(task("survey"), aircraft=(aircraft(base="creek"),), pilots=(visitor,)))

    assert times(plan)["survey"] == span("06:30", "07:30")
    assert plan.stints[0].period == span("06:10", "07:50")
    assert plan.score.travel_s == 2 * 30 * 60
    shorter = replace(visitor, max_duty=timedelta(minutes=119))
    problem = day(task("survey"), aircraft=(aircraft(base="creek"),), pilots=(shorter,))
    assert codes(planned(problem), "survey") == ["never_duty"]


def test_no_more_operations_at_once_than_allowed():
    jobs = [task(f"job-{n}", "creek", start="08:00", end="09:00") for n in range(3)]
    two = day(
        *jobs,
        aircraft=tuple(aircraft(f"VH-{n}") for n in range(3)),
        pilots=tuple(pilot(f"P{n}") for n in range(3)),
    )

    assert len(planned(two).assignments) == 3
    limited = planned(replace(two, max_concurrent=2))
    assert len(limited.assignments) == 2
    (left,) = limited.unassigned
    assert {reason.code: reason.count for reason in left.reasons} == {"concurrent": 1, "no_gap": 2}
    assert left.relaxations[0].kind == "concurrent"


def test_scarce_skills_decide_who_goes_out_with_whom():
    drones = (
        aircraft("VH-LIDAR", capabilities=frozenset({"lidar"})),
        aircraft("VH-PLAIN"),
    )
    people = (pilot("Ann"), pilot("Bob", qualifications=frozenset({"night"})))
    hard = task("hard", capabilities=frozenset({"lidar"}), qualifications=frozenset({"night"}))

    plan = planned(day(hard, aircraft=drones, pilots=people))

    (only,) = plan.assignments
    assert (only.aircraft, only.pilot) == ("VH-LIDAR", "Bob")


def test_a_red_answer_for_a_pair_is_never_planned():
    red = Exclusion("FO-TYPE", "not rated", aircraft="VH-A", pilot="Ann")
    problem = day(task("survey"), exclusions=(red,), pilots=(pilot("Ann"), pilot("Bob")))

    assert planned(problem).assignments[0].pilot == "Bob"
    alone = planned(replace(problem, pilots=(pilot("Ann"),)))
    assert codes(alone, "survey") == ["no_pair"]
    assert alone.unassigned[0].relaxations[0].names == ("FO-TYPE",)


def test_row_order_changes_neither_hash_nor_plan():
    problem = day(
        *(task(f"job-{n}", where) for n, where in enumerate(["dam", "mine", "creek", "port"])),
        aircraft=(aircraft("VH-A"), aircraft("VH-B")),
        pilots=(pilot("Ann"), pilot("Bob")),
    )
    other = replace(
        problem,
        tasks=problem.tasks[::-1],
        aircraft=problem.aircraft[::-1],
        pilots=problem.pilots[::-1],
    )

    assert input_hash(problem) == input_hash(other)
    assert planned(problem) == planned(other)
    moved = replace(problem, weights=Weights(unit=1, balance=0.0))
    assert input_hash(moved) != input_hash(problem)


def test_rows_that_contradict_each_other_are_refused():
    for wrong in (
        day(task("a"), task("a")),
        day(task("a", start="10:00", end="09:00")),
        day(task("a", priority=6)),
        day(task("a", duration=timedelta(0))),
        day(task("a"), commitments=(pinned("one", "a"), pinned("two", "a"))),
        day(replace(task("a"), place=replace(place("dam"), lat=95.0))),
    ):
        with pytest.raises(ProblemRefused):
            canonical(wrong)


def test_a_day_without_anybody_says_so():
    plan = planned(day(task("survey"), aircraft=(), pilots=()))

    assert codes(plan, "survey") == ["no_aircraft", "no_pilot"]
    assert planned(day()).score.cost == 0


def test_cancelling_returns_the_best_plan_so_far():
    plan = plan_day(day(task("survey")), Limits(seconds=30, processes=1), cancelled=lambda: True)

    assert plan.stopped == Stopped.CANCELLED
    assert [each.task for each in plan.assignments] == ["survey"]


def test_searching_in_two_processes_reports_and_keeps_its_time():
    jobs = [task(f"job-{n}", where) for n, where in enumerate(["dam", "mine", "creek"] * 3)]
    heard = []

    plan = plan_day(day(*jobs), Limits(iterations=40, processes=2), report=heard.append)

    assert violations(day(*jobs), plan) == []
    assert len(plan.assignments) == 9
    assert heard[0].stage == "first plan"
    assert heard[-1].stage == "explaining"


def test_the_plain_dispatcher_is_feasible_and_the_bound_is_above_everybody():
    jobs = [task(f"job-{n}", where, priority=1 + n % 5) for n, where in enumerate(["port"] * 6)]
    problem = day(*jobs)

    greedy, best = greedy_plan(problem), planned(problem)

    assert violations(problem, greedy) == []
    # 12 hours less 3 on the road are 9 of work: all six.
    assert greedy.score.prize <= best.score.prize <= prize_bound(problem)
    assert best.score.served == 6
    short = replace(problem, pilots=(pilot(shift=span("06:00", "12:00")),))
    # 6 hours less 3 on the road: three of them, and the worthiest; the bound knows no way back.
    assert planned(short).score.prize == 7_200 * (16 + 8 + 4)
    assert prize_bound(short) >= 7_200 * (16 + 8 + 4)

"""The checker names whatever is wrong with a plan, and only that: plans are spoiled by hand."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dispatcher.planning.checker import misstated, unexplained, violations
from dispatcher.planning.model import (
    Commitment,
    Exclusion,
    Period,
    Stint,
    Unassigned,
    WindowSet,
)
from dispatcher.planning.solve import plan_day
from tests.dispatcher.planning_rows import QUICK, aircraft, at, day, pilot, place, span, task

NIGHT = frozenset({"night"})
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def problem():
    return day(
        task("first", "dam", start="08:00", end="09:00", flight_time=30 * MINUTE),
        task("then", "mine", start="10:00", end="11:00", flight_time=30 * MINUTE),
        aircraft=(aircraft("VH-A"), aircraft("VH-B")),
        pilots=(pilot("Ann"), pilot("Bob")),
    )


@pytest.fixture(scope="module")
def plan(problem):
    made = plan_day(replace(problem, aircraft=problem.aircraft[:1]), QUICK)
    assert {each.pilot for each in made.assignments} == {made.assignments[0].pilot}
    return made


def found(problem, plan):
    return sorted({each.code for each in violations(problem, plan)})


def spoiled(plan, key, **changes):
    rows = (replace(each, **changes) if each.task == key else each for each in plan.assignments)
    return replace(plan, assignments=tuple(rows), stints=())


def of_tasks(problem, **changes):
    return replace(problem, tasks=tuple(replace(each, **changes) for each in problem.tasks))


def of_pilots(problem, **changes):
    return replace(problem, pilots=tuple(replace(each, **changes) for each in problem.pilots))


def of_aircraft(problem, **changes):
    return replace(problem, aircraft=tuple(replace(each, **changes) for each in problem.aircraft))


def test_a_plan_that_can_be_flown_has_no_violation(problem, plan):
    assert violations(problem, plan) == []
    assert plan.stints[0].period == span("07:30", "12:00")


def test_work_outside_its_window_is_named(problem, plan):
    assert found(problem, spoiled(plan, "then", period=span("10:01", "11:01"))) == ["window"]
    assert found(problem, spoiled(plan, "then", period=span("10:30", "11:00"))) == ["too_short"]


def test_a_stop_that_cannot_be_reached_is_named(problem, plan):
    # 30 minutes from the dam to the mine; 29 between them.
    early = of_tasks(problem, windows=())
    assert found(early, spoiled(plan, "then", period=span("09:30", "10:30"))) == []
    assert found(early, spoiled(plan, "then", period=span("09:29", "10:29"))) == ["travel"]
    turning = of_aircraft(problem, turnround=31 * MINUTE)
    assert found(turning, spoiled(plan, "first")) == ["travel"]
    assert found(of_tasks(problem, setup=31 * MINUTE), spoiled(plan, "first")) == ["travel"]


def test_two_at_once_is_named_for_the_aircraft_and_for_the_pilot(problem, plan):
    free = of_tasks(problem, windows=())
    clash = span("08:30", "09:30")
    own = plan.assignments[0]
    other_pilot = "Bob" if own.pilot == "Ann" else "Ann"
    both = violations(free, spoiled(plan, "then", period=clash))
    assert {(v.aircraft, v.pilot) for v in both if v.code == "double_booked"} == {
        (own.aircraft, ""),
        ("", own.pilot),
    }
    one = violations(free, spoiled(plan, "then", period=clash, pilot=other_pilot))
    assert {(v.aircraft, v.pilot) for v in one if v.code == "double_booked"} == {(own.aircraft, "")}


def test_an_aircraft_that_changes_hands_must_come_home_between(problem, plan):
    own = plan.assignments[0]
    other_pilot = "Bob" if own.pilot == "Ann" else "Ann"
    # Home is 30 minutes from the dam and 60 from the mine: 09:00 + 30 + 60 is 10:30.
    handed = spoiled(plan, "then", pilot=other_pilot)
    assert found(problem, handed) == ["travel"]
    later = replace(
        problem,
        tasks=tuple(
            replace(each, windows=(WindowSet("client", (span("08:00", "12:00"),)),))
            for each in problem.tasks
        ),
    )
    in_time = spoiled(plan, "then", pilot=other_pilot, period=span("10:30", "11:30"))
    assert found(later, in_time) == []


def test_limits_of_a_day_are_named(problem, plan):
    assert found(of_pilots(problem, shift=span("07:31", "18:00")), plan) == ["shift"]
    assert found(of_pilots(problem, shift=span("06:00", "11:59")), plan) == ["shift"]
    assert found(of_aircraft(problem, available=span("06:00", "11:59")), plan) == ["availability"]
    assert found(of_pilots(problem, max_duty=timedelta(hours=4, minutes=30)), plan) == []
    assert found(of_pilots(problem, max_duty=timedelta(hours=4, minutes=29)), plan) == ["duty"]
    assert found(of_pilots(problem, max_flying=60 * MINUTE), plan) == []
    assert found(of_pilots(problem, max_flying=59 * MINUTE), plan) == ["flying"]
    assert found(of_aircraft(problem, hours_left=59 * MINUTE), plan) == ["maintenance"]
    assert found(of_tasks(problem, loads={"water": 1}), plan) == ["loads"]
    assert found(replace(problem, not_before=at("08:01")), plan) == ["too_soon", "travel"]
    assert found(replace(problem, max_concurrent=0), plan) == ["concurrent"]


def test_who_may_not_is_named(problem, plan):
    own = plan.assignments[0]
    assert found(of_tasks(problem, capabilities=NIGHT), plan) == ["capability"]
    assert found(of_tasks(problem, qualifications=NIGHT), plan) == ["qualification"]
    for names in (
        {"task": "then"},
        {"pilot": own.pilot},
        {"task": "then", "aircraft": own.aircraft, "pilot": own.pilot},
    ):
        red = replace(problem, exclusions=(Exclusion("FO-X", **names),))
        assert found(red, plan) == ["not_eligible"]
    elsewhere = Exclusion("FO-X", task="then", pilot="Nobody")
    assert found(replace(problem, exclusions=(elsewhere,)), plan) == []


def test_other_bookings_and_pins_hold(problem, plan):
    own = plan.assignments[0]
    shop = Commitment("shop", span("09:10", "09:20"), aircraft=own.aircraft)
    # In the shop at home, half an hour from the dam.
    busy = replace(problem, commitments=(shop,))
    assert found(busy, plan) == ["travel"]
    others = Commitment("others", span("09:10", "09:20"), aircraft="VH-Z")
    assert found(replace(problem, commitments=(others,)), plan) == []
    pin = Commitment(
        "pin", span("10:00", "11:00"), own.aircraft, own.pilot, place("mine"), task="then"
    )
    kept = replace(problem, commitments=(pin,))
    assert found(kept, plan) == []
    moved = replace(pin, period=Period(at("10:30"), at("11:30")))
    assert found(replace(problem, commitments=(moved,)), plan) == ["pin_moved"]


def test_wrong_times_away_are_named(problem, plan):
    def wrong(other):
        return [(each.code, each.aircraft) for each in misstated(problem, other)]

    own = plan.assignments[0].aircraft
    assert wrong(plan) == []
    assert wrong(spoiled(plan, "then", arrives=at("10:01"))) == [("arrival", ""), ("stint", own)]
    for period in (span("07:31", "12:00"), span("07:30", "11:59")):
        shorter = replace(plan, stints=(replace(plan.stints[0], period=period),))
        assert wrong(shorter) == [("stint", own)]


def test_loads_of_pinned_work_count_with_what_is_planned_beside_it(problem, plan):
    own = plan.assignments[0]
    wet = of_aircraft(of_tasks(problem, loads={"water": 1}), loads={"water": 2})
    assert found(wet, plan) == []
    pin = Commitment(
        "pin",
        span("10:00", "11:00"),
        own.aircraft,
        own.pilot,
        place("mine"),
        task="then",
        loads={"water": 2},
    )
    assert found(replace(wet, commitments=(pin,)), plan) == ["loads"]


def test_every_task_is_accounted_for_once(problem, plan):
    assert found(problem, replace(plan, assignments=plan.assignments[:1])) == ["lost"]
    twice = replace(plan, unassigned=(Unassigned("then", ()),))
    assert found(problem, twice) == ["twice"]
    assert unexplained(twice) == ["then"]
    stranger = replace(problem, tasks=problem.tasks[:1])
    assert found(stranger, plan) == ["unknown_task"]
    nobody = spoiled(plan, "then", pilot="Zed")
    assert found(problem, nobody) == ["unknown_resource"]


def test_a_stated_span_takes_commitments_within_it_along(problem, plan):
    own = plan.assignments[0]
    early = Commitment("brief", span("07:00", "07:10"), pilot=own.pilot, place=place("creek"))
    with_brief = replace(problem, commitments=(early,))
    # From the creek home and out again takes until 07:50, so the brief lies on the way out:
    # 10 minutes to the creek, 20 from there to the dam.
    alone = replace(plan, stints=())
    assert found(with_brief, alone) == []
    tight = replace(early, period=span("07:25", "07:40"))
    on_the_way = (Stint(own.aircraft, own.pilot, span("07:15", "12:00"), ("first", "then")),)
    assert found(replace(problem, commitments=(tight,)), alone) == ["travel"]
    assert found(replace(problem, commitments=(tight,)), replace(plan, stints=on_the_way)) == []

"""Why somebody got the work, what would serve the rest, when one more fits, and mending."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dispatcher.planning.canonical import canonical
from dispatcher.planning.changes import applied
from dispatcher.planning.checker import violations
from dispatcher.planning.difference import ChangeKind, difference
from dispatcher.planning.explain import relaxations, why
from dispatcher.planning.instance import Instance
from dispatcher.planning.model import Commitment, Exclusion, Limits, WindowSet
from dispatcher.planning.relax_extra import extra_pairs
from dispatcher.planning.replan import mend
from dispatcher.planning.slot import recommend
from dispatcher.planning.solve import plan_day
from tests.dispatcher.planning_rows import QUICK, aircraft, at, day, pilot, place, span, task

MINUTE = timedelta(minutes=1)
LIDAR, NIGHT = frozenset({"lidar"}), frozenset({"night"})


def left(problem, key):
    plan = plan_day(problem, QUICK)
    (row,) = [each for each in plan.unassigned if each.task == key]
    for change in row.relaxations:
        again = plan_day(applied(problem, key, change), QUICK, with_relaxations=False)
        served = {each.task for each in again.assignments}
        assert served >= {each.task for each in plan.assignments} | {key}, change
    return row


def smallest(problem, key):
    first = left(problem, key).relaxations[0]
    return first.kind, first.minutes, first.names


def test_a_window_too_short_by_some_minutes_is_named_to_the_minute():
    blocked = day(
        task("first", "dam", start="08:00", end="09:00", priority=5),
        task("late", "mine", start="08:00", end="10:10"),
    )
    # From the dam at 09:00 it is 30 minutes to the mine: 09:30 to 10:30, 20 minutes too late.
    assert smallest(blocked, "late") == ("window", 20, ("client",))
    change = left(blocked, "late").relaxations[0]
    assert (change.details["side"], change.is_own) == ("later", True)


def test_the_sun_is_asked_last():
    sun = WindowSet("daylight", (span("06:00", "10:10"),), is_movable=False)
    blocked = day(
        task("first", "dam", start="08:00", end="09:00", priority=5),
        task("late", "mine", windows=(sun, WindowSet("client", (span("08:00", "12:00"),)))),
    )
    row = left(blocked, "late")

    assert [change.is_own for change in row.relaxations] == sorted(
        (change.is_own for change in row.relaxations), reverse=True
    )
    assert row.relaxations[0].kind == "extra_pair"


def test_no_window_long_enough_names_the_kinds_that_leave_none():
    dawn = WindowSet("daylight", (span("06:00", "08:30"),), is_movable=False)
    never = task("never", windows=(dawn, WindowSet("client", (span("08:00", "12:00"),))))

    row = left(day(never), "never")

    assert [(each.code, each.details["kinds"]) for each in row.reasons] == [
        ("no_window", ["client", "daylight"])
    ]
    # From 07:30 would do, and somebody can agree to that.
    first = row.relaxations[0]
    assert (first.kind, first.minutes, first.names) == ("window", 30, ("client",))
    assert first.details["side"] == "earlier"


def test_a_pilot_short_of_duty_time_is_asked_for_the_missing_minutes():
    short = pilot(max_duty=timedelta(hours=2, minutes=45))

    row = left(day(task("far", "mine"), pilots=(short,)), "far")

    assert [reason.code for reason in row.reasons] == ["never_duty"]
    assert (row.relaxations[0].kind, row.relaxations[0].minutes) == ("duty", 15)
    assert (row.relaxations[0].aircraft, row.relaxations[0].pilot) == ("VH-A", "Ann")
    assert row.relaxations[0].message == "Ann on duty 15 min longer, later"


def test_a_missing_capability_or_qualification_is_named():
    need = task("scan", capabilities=LIDAR)
    row = left(day(need), "scan")
    assert [(r.code, r.details["missing"]) for r in row.reasons] == [("no_aircraft", {"lidar": 1})]
    assert smallest(day(need), "scan") == ("capability", 0, ("lidar",))
    dark = task("dark", qualifications=NIGHT)
    assert [r.code for r in left(day(dark), "dark").reasons] == ["no_pilot"]
    assert smallest(day(dark), "dark") == ("qualification", 0, ("night",))


def test_a_red_task_is_served_when_the_rule_is_met():
    red = Exclusion("FO-AUTH", "no authorization", task="survey")

    row = left(day(task("survey"), exclusions=(red,)), "survey")

    assert [(r.code, r.details["codes"]) for r in row.reasons] == [("not_eligible", ["FO-AUTH"])]
    assert [(c.kind, c.names) for c in row.relaxations] == [("compliance", ("FO-AUTH",))]


def test_one_more_pilot_serves_what_an_idle_aircraft_could():
    jobs = [task(f"job-{n}", start="08:00", end="09:00") for n in range(2)]
    idle = day(*jobs, aircraft=(aircraft("VH-A"), aircraft("VH-B")))
    plan = plan_day(idle, QUICK)

    (row,) = plan.unassigned
    change = next(each for each in row.relaxations if each.kind == "extra_pilot")
    assert change.details["period"] == span("07:30", "09:30")


@pytest.mark.parametrize(
    ("start", "periods"), [("21:00", [span("19:30", "23:30")]), ("21:30", []), ("22:00", [])]
)
def test_nobody_more_is_asked_for_beyond_the_end_of_the_day(start, periods):
    instance = Instance(canonical(day(task("late", "port", start=start, end="23:30"))))

    found = extra_pairs(instance, instance.visits[0])

    # An hour's work, and 90 minutes home; the day ends at 23:59.
    assert [each.details["period"] for each in found] == periods


def test_what_somebody_more_must_have_is_named():
    need = task("scan", capabilities=LIDAR, qualifications=NIGHT)

    (change,) = left(day(need), "scan").relaxations

    assert change.kind == "extra_pair"
    assert change.message.startswith("An extra aircraft and pilot with lidar, night at home")
    assert change.details["needs"] == ["lidar", "night"]


def test_somebody_more_must_be_allowed_what_ours_are_refused_there():
    wind = Exclusion("WXD-WIND", "too much wind", task="scan", aircraft="VH-A")
    down = Exclusion("MAINT", "overdue", aircraft="VH-A")
    rows = left(day(task("scan"), exclusions=(wind, down)), "scan").relaxations

    found = {each.kind: each for each in rows}
    assert "allowed by WXD-WIND, at home" in found["extra_pair"].message
    assert found["extra_pair"].details["needs"] == ["rule:WXD-WIND"]
    assert found["extra_aircraft"].details["needs"] == ["rule:WXD-WIND"]


def test_an_aircraft_more_is_nothing_for_who_may_not_fly_such_a_one():
    need = task("scan", capabilities=LIDAR)
    red = Exclusion("PAPERS", "no papers", task="scan", aircraft="VH-A", pilot="Ann")

    found = [each.kind for each in left(day(need, exclusions=(red,)), "scan").relaxations]
    assert found == ["extra_pair"]

    # With one that has it, but is under maintenance, there is nothing against the pilot.
    drones = (aircraft("VH-A"), aircraft("VH-B", capabilities=LIDAR))
    down = Exclusion("MAINT", "overdue", aircraft="VH-B")
    rows = left(day(need, aircraft=drones, exclusions=(red, down)), "scan").relaxations
    assert "extra_aircraft" in [each.kind for each in rows]


def test_a_change_says_whose_start_it_would_move():
    # The first begins at 06:30; at the port nobody can begin before 07:30.
    early = task("early", "port", start="06:00", end="07:20")

    row = left(day(task("first"), early), "early")

    assert row.relaxations[0].minutes == 70
    assert row.relaxations[0].message == "client 70 min later, if first begins at 09:30 UTC"
    moves = [{"task": "first", "start": at("09:30")}]
    assert row.relaxations[0].details == {"side": "later", "moves": moves}


def test_a_choice_is_explained_beside_the_next_best():
    near, far = pilot("Ann", base="creek"), pilot("Bob", base="mine")
    drones = (aircraft("VH-A", base="creek"), aircraft("VH-B", base="mine"))
    problem = day(task("survey", "dam"), aircraft=drones, pilots=(near, far))
    plan = plan_day(problem, QUICK)

    answer = why(problem, plan, "survey")

    assert (answer.chosen.aircraft, answer.chosen.pilot) == ("VH-A", "Ann")
    # 20 minutes there and back beside 30.
    assert answer.chosen.cost == 40 * 60
    # Mixed pairs would first have to come together, 50 minutes there and back.
    assert [(each.aircraft, each.pilot, each.cost) for each in answer.others] == [
        ("VH-B", "Bob", 60 * 60),
        ("VH-A", "Bob", 140 * 60),
        ("VH-B", "Ann", 160 * 60),
    ]
    assert answer.saved == 20 * MINUTE
    with pytest.raises(KeyError):
        why(problem, plan, "nobody")


def test_an_explanation_counts_who_could_not():
    drones = (aircraft("VH-A", capabilities=LIDAR), aircraft("VH-B"))
    problem = day(
        task("scan", capabilities=LIDAR),
        task("plain", "creek", start="08:00", end="09:00"),
        task("other", "mine", start="08:00", end="09:00"),
        aircraft=drones,
        pilots=(pilot("Ann"), pilot("Bob")),
    )
    plan = plan_day(problem, QUICK)

    answer = why(problem, plan, "scan")

    assert answer.chosen.aircraft == "VH-A"
    assert [(r.code, r.count, r.details) for r in answer.excluded] == [
        ("lacking", 1, {"what": "lidar"})
    ]


def test_a_choice_that_the_facts_no_longer_allow_is_said_without_others():
    problem = day(task("survey"))
    plan = plan_day(problem, QUICK)
    red = replace(problem, exclusions=(Exclusion("FO-AUTH", "", task="survey"),))

    answer = why(red, plan, "survey")

    assert (answer.chosen.pilot, answer.others, answer.saved) == ("Ann", (), None)


def test_relaxations_can_be_asked_for_one_task_later():
    problem = day(task("scan", capabilities=LIDAR))
    plan = plan_day(problem, QUICK, with_relaxations=False)
    assert plan.unassigned[0].relaxations == ()

    assert relaxations(problem, plan, "scan")[0].kind == "capability"


def test_slots_for_a_new_request_keep_everybody_elses_order():
    problem = day(task("first", "dam", start="08:00", end="09:00"))
    plan = plan_day(problem, QUICK)

    answer = recommend(problem, plan, task("new", "dam"))

    assert [(s.period, s.extra_travel, s.shifted) for s in answer.slots] == [
        (span("07:00", "08:00"), timedelta(0), ()),
        (span("09:00", "10:00"), timedelta(0), ()),
    ]
    full = recommend(problem, plan, task("new", "port", start="08:00", end="09:00"))
    assert full.slots == ()
    assert [reason.code for reason in full.reasons] == ["no_gap"]


def test_a_slot_that_is_not_permitted_gives_way_to_the_next():
    problem = day(task("first", "dam", start="08:00", end="09:00"))
    plan = plan_day(problem, QUICK)

    def late(slot):
        return slot.period.start >= at("09:00")

    answer = recommend(problem, plan, task("new", "dam"), permits=late)
    assert [slot.period for slot in answer.slots] == [span("09:00", "10:00")]
    none = recommend(problem, plan, task("new", "dam"), permits=lambda slot: False)
    assert [(reason.code, reason.count) for reason in none.reasons] == [("refused", 2)]


def test_work_that_is_promised_but_can_no_longer_be_flown_is_not_offered_over():
    problem = day(task("first", "dam", start="08:00", end="09:00"))
    plan = plan_day(problem, QUICK)
    # The weather has closed its window, and nobody has planned the day anew.
    gone = WindowSet("weather", (span("14:00", "18:00"),))
    first = replace(problem.tasks[0], windows=(*problem.tasks[0].windows, gone))

    answer = recommend(replace(problem, tasks=(first,)), plan, task("new", "dam"))

    assert [slot.period for slot in answer.slots] == [
        span("07:00", "08:00"),
        span("09:00", "10:00"),
    ]


def published():
    jobs = [
        task(f"job-{n}", where, start=start, end=end)
        for n, (where, start, end) in enumerate(
            [
                ("creek", "08:00", "09:00"),
                ("dam", "10:00", "11:00"),
                ("creek", "08:00", "09:00"),
                ("dam", "10:00", "11:00"),
                ("mine", "13:00", "14:00"),
            ]
        )
    ]
    problem = day(
        *jobs,
        aircraft=tuple(aircraft(f"VH-{n}") for n in "ABC"),
        pilots=tuple(pilot(name) for name in ("Ann", "Bob", "Cid")),
    )
    plan = plan_day(problem, QUICK)
    assert plan.unassigned == ()
    return problem, plan


def test_a_lost_aircraft_moves_its_own_work_only():
    problem, plan = published()
    lost = plan.of_task("job-0").aircraft
    rest = tuple(each for each in problem.aircraft if each.key != lost)
    after = replace(problem, aircraft=rest)

    mended = mend(after, plan, QUICK)

    assert violations(after, mended.plan) == []
    assert mended.plan.unassigned == ()
    gone = {each.task for each in plan.assignments if each.aircraft == lost}
    assert set(mended.touched) == gone
    assert {change.task for change in mended.changes} == gone
    assert {change.kind for change in mended.changes} == {ChangeKind.MOVED}
    assert mended.kept_share == 1.0


def test_an_overrun_shifts_what_follows_and_nothing_else():
    problem, plan = published()
    first = plan.of_task("job-0")
    pin = Commitment(
        "pin", span("08:00", "09:55"), first.aircraft, first.pilot, place("creek"), task="job-0"
    )
    after = replace(problem, commitments=(pin,))

    mended = mend(after, plan, QUICK)

    assert violations(after, mended.plan) == []
    assert mended.kept_share == 1.0
    # What is pinned stays by itself, so it is not counted as kept.
    assert "job-0" not in mended.untouched
    assert mended.plan.of_task("job-0").period == span("08:00", "09:55")
    assert set(mended.touched) >= {each.task for each in mended.changes}


def test_no_event_no_change():
    problem, plan = published()

    mended = mend(problem, plan, QUICK)

    assert mended.changes == ()
    assert mended.touched == ()
    assert difference(plan, mended.plan) == ()


def test_new_urgent_work_takes_a_free_gap_before_anybody_is_moved():
    problem, plan = published()
    urgent = task("urgent", "port", start="08:00", end="17:00", priority=5)
    after = replace(problem, tasks=(*problem.tasks, urgent))

    mended = mend(after, plan, Limits(iterations=40, processes=1))

    assert [(c.task, c.kind) for c in mended.changes] == [("urgent", ChangeKind.ADDED)]

"""What the benchmarks of dispatch make of their figures: a goal that nothing reaches is missed."""

from benchmarks import dispatch_days, dispatch_suites, slot_requests
from benchmarks.dispatch_days import Tally


def goal(**figures: int) -> bool:
    return dispatch_days.summary(Tally(**figures), 10)["goals"]["served_after"]


def test_where_nothing_could_be_arranged_nothing_was_served_after():
    assert goal(unassigned=0)
    assert goal(unassigned=30, with_own=25, arranged=20, served_after=19)
    assert not goal(unassigned=30, with_own=25, arranged=20, served_after=18)
    assert not goal(unassigned=30)


def test_the_share_of_all_that_are_left_behind_stands_beside_it():
    report = dispatch_days.summary(
        Tally(unassigned=40, with_own=30, arranged=10, served_after=10), 10
    )

    assert report["with_own_change_percent"] == 75
    assert report["arranged_percent_of_unassigned"] == 25
    assert report["served_after_percent"] == 100


def row(cost: int, listed: int, out_of_reach: int) -> dict[str, int]:
    return {
        "cost": cost, "listed_cost": listed, "greedy_cost": listed, "out_of_reach": out_of_reach,
        "prize": 9, "bound": 10, "violations": 0,
    }  # fmt: skip


def test_the_worst_whole_cost_is_told_beside_the_worst_that_could_be_avoided():
    found = dispatch_suites.own_summary([row(500, 1000, 400), row(100, 1000, 0)])

    assert (found["worst_cost_to_listed"], found["worst_avoidable_to_listed"]) == (0.5, 0.167)
    assert all(found["goals"].values())


def test_a_plain_cost_of_nothing_but_what_nobody_can_serve_is_met_or_missed_whole():
    met = dispatch_suites.own_summary([row(400, 400, 400)])
    missed = dispatch_suites.own_summary([row(401, 400, 400)])

    assert (met["worst_avoidable_to_listed"], missed["worst_avoidable_to_listed"]) == (0, 1)
    assert not missed["goals"]["own: at most 0.75 of it each, but for work that nobody can serve"]


def test_one_slow_answer_or_one_without_a_word_misses_the_goal():
    quick = {"s": 0.2, "statements": 40, "slots": 5, "reasons": 0}
    slow, mute = quick | {"s": 1.2, "statements": 60}, quick | {"slots": 0}

    good = slot_requests.summary(200, [quick] * 19 + [quick | {"slots": 0, "reasons": 1}])
    late = slot_requests.summary(200, [quick] * 19 + [slow])
    silent = slot_requests.summary(200, [quick] * 19 + [mute])

    assert all(good["goals"].values())
    assert (late["p95_s"], late["max_s"], late["statements_max"]) == (0.2, 1.2, 60)
    assert late["goals"] == {"under a second each": False, "an answer or a reason": True}
    assert silent["goals"] == {"under a second each": True, "an answer or a reason": False}

"""A plan after an event: what nothing happened to stays, but for one that may always make way."""

from datetime import timedelta

import pytest

from dispatcher.planning.replan import KEPT, least_kept, mend
from dispatcher.planning.solve import plan_day
from tests.dispatcher.planning_rows import QUICK, aircraft, day, pilot, task

CAMERA = frozenset({"camera"})
ANN = {"aircraft": (aircraft("VH-A", capabilities=CAMERA),), "pilots": (pilot("Ann"),)}
BOTH = {
    "aircraft": (*ANN["aircraft"], aircraft("VH-B")),
    "pilots": (*ANN["pilots"], pilot("Bob")),
}


def lines(count):
    """Work at home of an hour each, one after the other from ten on."""
    return [task(f"X{n}", "home", start=f"{10 + n}:00", end=f"{11 + n}:00") for n in range(count)]


def urgent(hours):
    """Work of the highest priority that only VH-A can do, all the time from ten on."""
    return task(
        "urgent",
        "home",
        start="10:00",
        end=f"{10 + hours}:00",
        duration=timedelta(hours=hours),
        priority=5,
        capabilities=CAMERA,
    )


def mended(count, hours, **how):
    published = plan_day(day(*lines(count), **ANN), QUICK)
    assert {each.aircraft for each in published.assignments} == {"VH-A"}
    return mend(day(*lines(count), urgent(hours), **BOTH), published, QUICK, **how)


def who(found):
    return {each.task: each.aircraft for each in found.plan.assignments}


def test_the_only_untouched_work_makes_way_for_what_is_urgent():
    found = mended(1, 1)

    assert found.untouched == ("X0",)
    assert who(found) == {"X0": "VH-B", "urgent": "VH-A"}
    assert found.kept_share == 0.0


def test_one_of_two_untouched_makes_way_and_the_other_stays():
    found = mended(2, 1)

    assert who(found) == {"X0": "VH-B", "X1": "VH-A", "urgent": "VH-A"}
    assert found.kept_share == 0.5


@pytest.mark.parametrize(("keep", "served"), [(KEPT, False), (0.0, True)])
def test_two_of_two_untouched_make_way_only_where_nothing_need_be_kept(keep, served):
    found = mended(2, 2, keep=keep)

    assert ("urgent" in who(found)) is served
    assert found.kept_share == (0.0 if served else 1.0)


def test_of_many_the_share_decides_and_of_few_one_may_move():
    assert [least_kept(count, KEPT) for count in (0, 1, 2, 3, 20)] == [0.0, 0.0, 0.5, 2 / 3, 0.95]
    assert least_kept(100, KEPT) == KEPT

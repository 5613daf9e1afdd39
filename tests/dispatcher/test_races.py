"""What happens at once: each race with the control that shows the guard matters."""

from itertools import pairwise

import pytest
import time_machine

from common.models import ResourceBooking
from dispatcher.models import Assignment, DispatchSchedule
from dispatcher.services import publishing, runs
from flight_operations.models import FlightOperation
from tests.common.concurrency import at_once, kinds
from tests.dispatcher.scene import DAY, make_desk

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def day(transactional_db, now):
    """A desk with a proposal for two water lines."""
    with time_machine.travel(now, tick=False):
        desk = make_desk()
        for km in (5, 9):
            desk.wanted(now, km_east=km)
        yield desk, desk.optimised(now)


def publish(desk, run, now, **how):
    schedule = DispatchSchedule.objects.get(pk=run.schedule_id)
    return lambda: publishing.publish_schedule(schedule, actor=desk.dispatcher, at=now, **how)


def test_of_two_who_publish_at_once_one_wins_and_the_other_sees_what_changed(day, now):
    desk, run = day

    results = at_once(*[publish(desk, run, now, revision=0) for _ in range(2)])

    assert kinds(results) == ["PlanChangedSince", "Published"]
    (refused,) = [each for each in results if isinstance(each, publishing.PlanChangedSince)]
    numbers = set(FlightOperation.objects.values_list("number", flat=True))
    assert {change["label"] for change in refused.details["changes"]} == numbers
    assert Assignment.objects.published().count() == 2
    assert DispatchSchedule.objects.get().revision == 1


def unlocked(schedule):
    rows = schedule.assignments.proposed().select_related(
        "operation__operator", "aircraft", "pilot"
    )
    return list(rows.order_by("operation_id"))


GUARDS = {"locked": lambda row, version=None: row, "_proposed": unlocked}


@pytest.mark.parametrize(
    ("off", "came"),
    [
        # Who waits for the rows alone finds them gone, and cannot be told what changed.
        (("locked",), ["NothingProposed", "Published"]),
        (("_proposed",), ["PlanChangedSince", "Published"]),
        # The second over the first.
        (("locked", "_proposed"), ["Published", "Published"]),
    ],
    ids="+".join,
)
def test_the_lock_of_the_day_or_of_its_rows_alone_keeps_the_second_away(
    day, now, monkeypatch, off, came
):
    """
    The guard-off controls: the day is locked and read anew, and so are the rows proposed.

    The lock of what held before (`_published_for`) is none of them: who publishes the same proposal
    waits for the day or the rows first, and whether it is on or off changes nothing here.
    """
    desk, run = day
    # The center is held too, while it is counted what it has under way.
    monkeypatch.setattr(publishing, "_require_room", lambda center, rows, *, at: None)
    for name in off:
        monkeypatch.setattr(publishing, name, GUARDS[name])

    results = at_once(*[publish(desk, run, now, revision=0) for _ in range(2)])

    assert kinds(results) == came


def test_a_pilot_planned_elsewhere_at_the_same_moment_is_held_once(day, now):
    desk, run = day
    row = run.schedule.assignments.proposed().select_related("aircraft", "pilot").first()

    results = at_once(
        publish(desk, run, now, accepts_changes=True),
        lambda: desk.draft(
            now,
            start=row.start_at,
            aircraft=row.aircraft,
            pilot_in_command=row.pilot,
            is_draft=False,
        ),
    )

    failed = [each for each in results if isinstance(each, Exception)]
    assert len(failed) == 1
    assert type(failed[0]).__name__ in ("DoubleBooked", "ResourcesTaken")
    live = ResourceBooking.objects.filter(is_live=True, resource_kind="person")
    spans = sorted((b.resource_id, b.period.lower, b.period.upper) for b in live)
    assert all(one[0] != other[0] or one[2] <= other[1] for one, other in pairwise(spans))


def test_of_four_who_ask_for_a_plan_at_once_one_gets_it(day, now):
    desk, _ = day

    results = at_once(
        *[
            lambda: runs.optimise_daily_schedule(DAY, desk.center, actor=desk.dispatcher, at=now),
        ]
        * 4
    )

    assert kinds(results) == ["OptimizationRun"] + ["RunInProgress"] * 3


def test_of_four_workers_one_has_the_run(day, now):
    desk, _ = day
    run = runs.optimise_daily_schedule(DAY, desk.center, actor=desk.dispatcher, at=now)

    results = at_once(*[lambda: runs.claim_run(run.pk, at=now)] * 4)

    assert kinds(results) == ["NoneType"] * 3 + ["OptimizationRun"]

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.booking import Resource, book
from common.compliance.findings import Stage
from common.compliance.service import judge
from dispatcher import engine
from dispatcher.models import RunStatus, ScheduleStatus
from dispatcher.planning.model import Stopped
from dispatcher.queries.day_problem import day_problem
from dispatcher.services import assignments, heartbeat, optimization, runs
from dispatcher.services.publishing import publish_schedule
from rpas.models import F2MaintenanceSchedule, TriggerKind
from rpas.services.defects import raise_defect
from tests.dispatcher.scene import OPENS, add_crew
from tests.rpas.factories import ScheduleFactory
from users.models import Qualification


def test_a_day_is_planned_and_proposed_with_the_way_there_and_back(desk, now):
    near, far = desk.wanted(now, km_east=5), desk.wanted(now, km_east=20)

    run = desk.optimised(now)

    assert (run.error, run.status, run.reasons) == ("", RunStatus.SUCCEEDED, [])
    run.schedule.refresh_from_db()
    assert run.schedule.status == ScheduleStatus.PROPOSED
    rows = list(run.schedule.assignments.proposed().order_by("start_at"))
    assert {row.operation_id for row in rows} == {near.pk, far.pk}
    assert {row.end_at - row.start_at for row in rows} == {timedelta(minutes=30)}
    # One crew does both: out to the first, on to the second, and home from there.
    assert {(row.aircraft_id, row.pilot_id) for row in rows} == {
        (rows[0].aircraft_id, rows[0].pilot_id)
    }
    first, second = rows
    assert first.occupied_from < first.start_at
    assert first.occupied_until == first.end_at <= second.occupied_from
    assert second.occupied_until > second.end_at
    assert run.diff["unchanged"] == 0
    assert [entry["operation"] for entry in run.diff["added"]] == sorted([near.number, far.number])


@pytest.mark.parametrize("hours", [(3, 6), (0, 2)], ids=["leave after", "leave before"])
def test_leave_beside_the_work_is_not_taken_for_a_part_of_it(desk, now, hours):
    start, end = (OPENS + timedelta(hours=each) for each in hours)
    for pilot in desk.pilots:
        book([Resource("person", pilot.pk)], start=start, end=end, source=pilot, purpose="leave")
    # The morning is wanted; somebody on leave from nine, or until eight, can do it.
    desk.wanted(now, km_east=20, deadline_at=OPENS + timedelta(hours=4))

    run = desk.optimised(now)
    row = run.schedule.assignments.proposed().get()
    outcome = publish_schedule(run.schedule, actor=desk.dispatcher, at=now)

    assert row.occupied_until <= start or row.occupied_from >= end
    assert row.occupied_from < row.start_at
    assert row.end_at < row.occupied_until
    assert [each.operation_id for each in outcome.assignments] == [row.operation_id]


def test_whoever_flew_elsewhere_with_the_same_aircraft_flies_again_after_it(desk, now):
    """The ledger holds the aircraft and the pilot of one flight in a row each."""
    start, end = OPENS + timedelta(hours=1), OPENS + timedelta(hours=2)
    for aircraft, pilot in zip(desk.aircraft, desk.pilots, strict=True):
        both = [Resource("rpas_aircraft", aircraft.pk), Resource("person", pilot.pk)]
        book(both, start=start, end=end, source=pilot, purpose="flight elsewhere")
    operation = desk.wanted(now, km_east=5, deadline_at=OPENS + timedelta(hours=8))

    run = desk.optimised(now)

    assert run.reasons == []
    row = run.schedule.assignments.proposed().get()
    assert row.operation_id == operation.pk
    assert row.occupied_until <= start or row.occupied_from >= end


def test_the_same_day_with_the_same_seed_gives_the_same_plan(desk, now):
    for km in (3, 8, 15):
        desk.wanted(now, km_east=km)

    first, second = desk.optimised(now), desk.optimised(now)

    assert first.input_hash == second.input_hash != ""
    assert first.solution == second.solution != []


def test_whoever_the_rules_refuse_is_given_nothing(desk, now):
    raise_defect(
        desk.aircraft[0], severity="major", description="Crack", actor=desk.dispatcher, at=now
    )
    Qualification.objects.filter(user=desk.pilots[0]).delete()
    operation = desk.wanted(now, km_east=5)

    run = desk.optimised(now)

    (row,) = run.schedule.assignments.proposed()
    assert (row.operation_id, row.aircraft_id) == (operation.pk, desk.aircraft[1].pk)
    assert row.pilot_id == desk.pilots[1].pk
    assert row.why["excluded_aircraft"] == [desk.aircraft[0].registration]


def test_what_nobody_may_fly_is_left_behind_with_the_rule_as_reason(desk, now):
    for aircraft in desk.aircraft:
        raise_defect(aircraft, severity="major", description="Crack", actor=desk.dispatcher, at=now)
    operation = desk.wanted(now)

    run = desk.optimised(now)

    (entry,) = run.reasons
    assert entry["operation"] == operation.number
    assert "F2-MAJOR" in str(entry["reasons"])
    assert run.schedule.assignments.proposed().count() == 0


def test_a_night_is_not_planned_into(desk, now):
    """From civil dusk on nobody may fly; a wish for the last light ends with it."""
    operation = desk.wanted(now, earliest_at=OPENS + timedelta(hours=11))

    run = desk.optimised(now)

    (row,) = run.schedule.assignments.proposed()
    judged = judge(
        "flight_operations.flightoperation", [operation.pk], stage=Stage.PLANNING, at=now
    )
    daylight = judged[operation.pk].collected.facts.daylight
    assert row.end_at <= daylight.civil_dusk_at or row.start_at < row.end_at


def test_the_hours_until_maintenance_are_not_flown_twice(desk, now):
    """Each flight alone would fit; both together would not."""

    for aircraft in desk.aircraft:
        item = ScheduleFactory(aircraft=aircraft, kind=TriggerKind.FLIGHT_HOURS, interval_min=6_000)
        due = aircraft.time_in_service_min + 45
        F2MaintenanceSchedule.objects.filter(pk=item.pk).update(next_due_min=due)
    for km in (2, 3, 4):
        desk.wanted(now, km_east=km)

    run = desk.optimised(now)

    rows = list(run.schedule.assignments.proposed())
    assert len({row.aircraft_id for row in rows}) == len(rows) == 2
    (entry,) = run.reasons
    assert entry["reasons"]


def test_pinned_work_stays_where_it_is(desk, now):

    operation, other = desk.wanted(now, km_east=5), desk.wanted(now, km_east=6)
    schedule = desk.open(now)
    start = OPENS + timedelta(hours=5)
    wish = assignments.Wish(operation, desk.aircraft[1], desk.pilots[1], start)
    row = assignments.assign(schedule, wish, actor=desk.dispatcher, at=now)
    assignments.pin_assignment(row, because="Promised", actor=desk.dispatcher, at=now)

    run = desk.optimised(now)

    rows = {each.operation_id: each for each in run.schedule.assignments.proposed()}
    assert set(rows) == {operation.pk, other.pk}
    kept = rows[operation.pk]
    assert (kept.aircraft_id, kept.pilot_id, kept.start_at) == (
        desk.aircraft[1].pk,
        desk.pilots[1].pk,
        start,
    )
    assert (kept.is_pinned, kept.pinned_because, kept.is_by_hand) == (True, "Promised", True)


def test_more_operations_and_crews_need_no_more_statements(desk, now):

    schedule = desk.open(now)
    for km in (2, 3):
        desk.wanted(now, km_east=km)

    day_problem(schedule, now=now)
    with CaptureQueriesContext(connection) as few:
        day_problem(schedule, now=now)
    add_crew(desk)
    for km in range(4, 10):
        desk.wanted(now, km_east=km)
    with CaptureQueriesContext(connection) as many:
        found = day_problem(schedule, now=now)

    assert len(found.problem.tasks) == 8
    assert len(many) == len(few) <= 24


@pytest.mark.parametrize("moment", ["queued", "running"])
def test_a_run_can_be_stopped(desk, now, moment, monkeypatch):
    desk.wanted(now, km_east=5)
    run = runs.optimise_daily_schedule(
        desk.open(now).day, desk.center, actor=desk.dispatcher, at=now
    )
    if moment == "running":

        def stopped_meanwhile(*args, **kwargs):
            runs.cancel_run(run, actor=desk.dispatcher, at=now)
            return True

        monkeypatch.setattr(heartbeat, "beat", stopped_meanwhile)
        optimization.perform_run(run.pk, clock=lambda: now)
    else:
        runs.cancel_run(run, actor=desk.dispatcher, at=now)

    run.refresh_from_db()
    run.schedule.refresh_from_db()
    assert run.status == RunStatus.CANCELLED
    assert run.schedule.status == ScheduleStatus.DRAFT
    assert run.schedule.assignments.count() == 0


def test_a_run_that_is_cancelled_while_it_searches_stops_the_engine(desk, now, monkeypatch):
    desk.wanted(now, km_east=5)
    run = runs.optimise_daily_schedule(
        desk.open(now).day, desk.center, seed=1, actor=desk.dispatcher, at=now
    )
    real, plans = engine.plan_day, []

    def cancelled_meanwhile(problem, limits, **how):
        runs.cancel_run(run, actor=desk.dispatcher, at=now)
        plans.append(real(problem, limits, **how))
        return plans[-1]

    monkeypatch.setattr(heartbeat, "BEAT_S", 0.0)
    monkeypatch.setattr(engine, "plan_day", cancelled_meanwhile)
    done = optimization.perform_run(run.pk, clock=lambda: now)

    assert [each.stopped for each in plans] == [Stopped.CANCELLED]
    assert (done.status, done.error) == (RunStatus.CANCELLED, "")
    assert done.schedule.assignments.count() == 0

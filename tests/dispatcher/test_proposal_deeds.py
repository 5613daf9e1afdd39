"""What the proposal page sends: planned, published, dropped, pinned and relaxed, or refused."""

import pytest

from dispatcher.models import DispatchSchedule, OperationDemand, RunStatus, ScheduleStatus
from dispatcher.services import publishing, schedules
from dispatcher.services.demands import set_demand
from flight_operations.services.operations import amend_operation
from rpas.services.defects import raise_defect
from tests.dispatcher.proposal_hands import (
    VERBS,
    address,
    browser_of,
    confirmed,
    hidden,
    left_behind_by_its_window,
    proposed,
    text_of,
)
from tests.dispatcher.scene import at_the_desk


@pytest.fixture
def browser(desk):
    """Somebody who plans and publishes, at the screen."""
    return browser_of(at_the_desk(desk, *VERBS))


def test_a_day_is_planned_with_options_and_stopped(browser, desk, now):
    desk.wanted(now, km_east=5)
    schedule = desk.open(now)
    sent = {
        "kind": "plan",
        "seed": "7",
        "time_limit_s": "20",
        "because": "Storm",
        "weight_unit": "9",
    }

    answer = browser.post(address(schedule, "plan"), sent, follow=True)
    told = browser.get(address(schedule, "progress")).json()
    twice = browser.post(address(schedule, "plan"), sent)
    run = schedule.runs.get()
    stopped = browser.post(address(schedule, "cancel"), {"run": run.number}, follow=True)
    late = browser.post(address(schedule, "cancel"), {"run": run.number})

    assert "The day is being planned." in text_of(answer)
    assert "progress.js" in answer.content.decode()
    assert (run.seed, run.time_limit_s, run.because, run.weights) == (7, 20, "Storm", {"unit": 9.0})
    assert told == {
        "run": run.number, "status": "queued", "percent": 0, "stage": "Waiting for a worker",
        "is_live": True,
    }  # fmt: skip
    assert twice.status_code == 409
    assert run.number in text_of(twice)
    assert f"{run.number} is stopped." in text_of(stopped)
    assert late.status_code == 409
    run.refresh_from_db()
    assert run.status == RunStatus.CANCELLED


@pytest.mark.parametrize(
    "sent",
    [
        {"seed": "-1"},
        {"seed": "seven"},
        {"seed": "9" * 30},
        {"time_limit_s": "0"},
        {"time_limit_s": "301"},
        {"kind": "guess"},
        {"because": "x" * 501},
        {"because": "nul\x00"},
        {"weight_unit": "nan"},
        {"weight_unit": "1e400"},
        {"weight_gold": "1"},
        {"limit": "5"},
    ],
)
def test_a_malformed_wish_is_told_and_plans_nothing(browser, desk, now, sent):
    schedule = desk.open(now)

    answer = browser.post(address(schedule, "plan"), sent)

    assert answer.status_code == 400
    assert "Nothing was changed" in text_of(answer)
    assert schedule.runs.count() == 0


def test_publishing_says_what_will_change_and_does_exactly_that(browser, desk, now):
    operation = desk.wanted(now, km_east=5)
    run = desk.optimised(now)
    asked = browser.get(address(run.schedule, "publish"))

    done = browser.post(
        address(run.schedule, "publish"), confirmed(browser, run.schedule), follow=True
    )

    row = run.schedule.assignments.published().get()
    said = text_of(asked)
    assert "Revision 0 becomes 1. New: 1; 0 stay as they are." in said
    for words in (operation.number, row.aircraft.registration, row.pilot.full_name):
        assert words in said
    assert "Published" in text_of(done)
    run.schedule.refresh_from_db()
    assert (run.schedule.status, run.schedule.revision) == (ScheduleStatus.PUBLISHED, 1)


def test_a_second_press_publishes_nothing_more(browser, desk, now):
    run = proposed(desk, now)
    sent = confirmed(browser, run.schedule)

    first = browser.post(address(run.schedule, "publish"), sent)
    second = browser.post(address(run.schedule, "publish"), sent)

    assert (first.status_code, second.status_code) == (302, 409)
    assert "Nothing was changed" in text_of(second)
    run.schedule.refresh_from_db()
    assert run.schedule.revision == 1


def test_what_somebody_published_meanwhile_is_refused_with_the_rows(browser, desk, now):
    operation = desk.wanted(now, km_east=5)
    run = desk.optimised(now)
    sent = confirmed(browser, run.schedule)
    publishing.publish_schedule(run.schedule, actor=desk.dispatcher, at=now)
    desk.optimised(now)

    answer = browser.post(address(run.schedule, "publish"), sent)

    row = run.schedule.assignments.published().get()
    said = text_of(answer)
    assert answer.status_code == 409
    assert f"published {operation.number}" in said
    assert row.aircraft.registration in said
    assert desk.dispatcher.full_name in said
    assert run.schedule.assignments.proposed().count() == 1


def test_another_proposal_than_was_looked_at_is_not_published(browser, desk, now):
    first = proposed(desk, now)
    sent = confirmed(browser, first.schedule)
    desk.wanted(now, km_east=9)
    desk.optimised(now)

    answer = browser.post(address(first.schedule, "publish"), sent)

    assert answer.status_code == 409
    assert text_of(answer).count("proposed FO-") == 2
    first.schedule.refresh_from_db()
    assert (first.schedule.status, first.schedule.revision) == (ScheduleStatus.PROPOSED, 0)


def test_a_change_since_is_overwritten_only_when_that_is_said(browser, desk, now):
    operation = desk.wanted(now, km_east=5)
    run = desk.optimised(now)
    amend_operation(
        operation, changes={"title": "Other line"}, actor=desk.dispatcher, at=now, version=None
    )
    page = text_of(browser.get(address(run.schedule)))
    sent = confirmed(browser, run.schedule)

    silent = browser.post(address(run.schedule, "publish"), sent)
    said = browser.post(address(run.schedule, "publish"), sent | {"accepts_changes": "on"})

    assert "publishing would overwrite 1" in page
    assert (silent.status_code, said.status_code) == (409, 302)
    assert operation.number in text_of(silent)


def test_a_change_that_nobody_saw_is_not_overwritten(browser, desk, now):
    operation = desk.wanted(now, km_east=5)
    run = desk.optimised(now)
    sent = confirmed(browser, run.schedule, accepts_changes="on")
    amend_operation(
        operation, changes={"title": "Other line"}, actor=desk.dispatcher, at=now, version=None
    )

    answer = browser.post(address(run.schedule, "publish"), sent)

    assert answer.status_code == 409
    run.schedule.refresh_from_db()
    assert run.schedule.revision == 0


def test_a_demand_that_changed_once_more_is_not_overwritten_unseen(browser, desk, now):
    operation = desk.wanted(now, km_east=5)
    run = desk.optimised(now)
    at_the_moment = {"actor": desk.dispatcher, "at": now}
    set_demand(operation, priority=4, **at_the_moment)
    sent = confirmed(browser, run.schedule, accepts_changes="on")
    set_demand(operation, priority=5, **at_the_moment)

    answer = browser.post(address(run.schedule, "publish"), sent)

    assert answer.status_code == 409
    run.schedule.refresh_from_db()
    assert run.schedule.revision == 0


def test_red_findings_and_bookings_in_the_way_are_readable(browser, desk, now):
    run = proposed(desk, now)
    row = run.schedule.assignments.get()
    taken = {"start": row.start_at, "aircraft": row.aircraft, "pilot_in_command": row.pilot}
    other = desk.draft(now, **taken, is_draft=False)
    booked = browser.post(
        address(run.schedule, "publish"), confirmed(browser, run.schedule, accepts_changes="on")
    )

    assert booked.status_code == 409
    assert other.number in text_of(booked)
    assert row.pilot.full_name in text_of(booked)


def test_a_defect_since_the_confirmation_is_told_with_its_rule(browser, desk, now):
    run = proposed(desk, now)
    row = run.schedule.assignments.get()
    sent = confirmed(browser, run.schedule)
    raise_defect(row.aircraft, severity="major", description="Crack", actor=desk.dispatcher, at=now)

    answer = browser.post(address(run.schedule, "publish"), sent)

    assert answer.status_code == 409
    assert "F2-MAJOR" in text_of(answer)
    row.refresh_from_db()
    assert row.status == "proposed"


@pytest.mark.parametrize(
    "change",
    [{"seen": ""}, {"seen": "nothing"}, {"revision": "x"}, {"revision": "-1"}, {"more": "1"}],
)
def test_a_malformed_publication_publishes_nothing(browser, desk, now, change):
    run = proposed(desk, now)

    answer = browser.post(
        address(run.schedule, "publish"), confirmed(browser, run.schedule) | change
    )

    assert answer.status_code == 400
    run.schedule.refresh_from_db()
    assert run.schedule.revision == 0


def test_a_proposal_that_is_gone_is_neither_published_nor_dropped(browser, desk, now):
    run = proposed(desk, now)
    sent = confirmed(browser, run.schedule)
    version = hidden(browser.get(address(run.schedule, "drop")), "version")
    schedules.drop_proposal(run.schedule, actor=desk.dispatcher, at=now)

    publish = browser.post(address(run.schedule, "publish"), sent)
    drop = browser.post(address(run.schedule, "drop"), {"version": version})
    asked = browser.get(address(run.schedule, "publish"))

    assert (publish.status_code, drop.status_code) == (409, 412)
    assert "has no proposal to publish" in text_of(publish)
    assert "There is nothing to publish" in text_of(asked)


def test_a_proposal_is_dropped_after_the_question(browser, desk, now):
    run = proposed(desk, now)
    asked = browser.get(address(run.schedule, "drop"))
    missing = browser.post(address(run.schedule, "drop"), {})

    done = browser.post(
        address(run.schedule, "drop"), {"version": hidden(asked, "version")}, follow=True
    )

    assert "1 proposed assignment is withdrawn" in text_of(asked)
    assert missing.status_code == 400
    assert "The proposal is dropped" in text_of(done)
    assert run.schedule.assignments.live().count() == 0


def test_an_assignment_is_pinned_with_a_reason_and_let_go(browser, desk, now):
    run = proposed(desk, now)
    row = run.schedule.assignments.get()
    silent = browser.post(address(run.schedule, "pin", row), {"version": row.version})

    pinned = browser.post(
        address(run.schedule, "pin", row),
        {"version": row.version, "because": "<b>Promised</b>"},
        follow=True,
    )
    stale = browser.post(address(run.schedule, "unpin", row), {"version": row.version})
    row.refresh_from_db()
    assert row.is_pinned
    free = browser.post(address(run.schedule, "unpin", row), {"version": row.version})

    assert (silent.status_code, stale.status_code, free.status_code) == (400, 412, 302)
    assert "Pinned: &lt;b&gt;Promised&lt;/b&gt;" in pinned.content.decode()
    row.refresh_from_db()
    assert not row.is_pinned


def test_the_clients_hours_are_widened_by_what_the_plan_lacks(browser, desk, now):
    operation, run = left_behind_by_its_window(desk, now)
    before = OperationDemand.objects.get(operation=operation)
    page = browser.get(address(run.schedule))
    sent = {name: hidden(page, name) for name in ("operation", "change", "version")}

    done = browser.post(address(run.schedule, "relax"), sent, follow=True)
    twice = browser.post(address(run.schedule, "relax"), sent)
    again = desk.optimised(now)

    after = OperationDemand.objects.get(operation=operation)
    assert "Client agrees" in text_of(page)
    assert "Plan again" in text_of(done)
    assert twice.status_code == 409
    assert f"does not offer that change of {operation.number} any more" in text_of(twice)
    assert (after.earliest_at, after.deadline_at) != (before.earliest_at, before.deadline_at)
    assert again.schedule.assignments.proposed().get().operation_id == operation.pk


def test_a_change_of_the_demand_makes_the_old_offer_void(browser, desk, now):
    operation, run = left_behind_by_its_window(desk, now)
    page = browser.get(address(run.schedule))
    sent = {name: hidden(page, name) for name in ("operation", "change", "version")}
    demand = OperationDemand.objects.get(operation=operation)
    demand.priority = 5
    demand.save()

    late = browser.post(address(run.schedule, "relax"), sent)
    odd = browser.post(address(run.schedule, "relax"), sent | {"change": "x"})

    assert (late.status_code, odd.status_code) == (409, 400)
    assert 'name="change"' not in browser.get(address(run.schedule)).content.decode()


def test_a_day_that_is_closed_or_being_planned_offers_no_change_of_the_facts(browser, desk, now):
    operation, run = left_behind_by_its_window(desk, now)
    page = browser.get(address(run.schedule))
    sent = {name: hidden(page, name) for name in ("operation", "change", "version")}
    before = OperationDemand.objects.get(operation=operation).version
    for status in (ScheduleStatus.OPTIMISING, ScheduleStatus.CLOSED):
        DispatchSchedule.objects.filter(pk=run.schedule_id).update(status=status, closed_at=now)

        answer = browser.post(address(run.schedule, "relax"), sent)

        assert answer.status_code == 409
        assert 'name="change"' not in browser.get(address(run.schedule)).content.decode()
    assert OperationDemand.objects.get(operation=operation).version == before


def test_who_may_not_change_demands_may_not_do_it_from_here(desk, now):
    _, run = left_behind_by_its_window(desk, now)
    page = browser_of(at_the_desk(desk, *VERBS)).get(address(run.schedule))
    sent = {name: hidden(page, name) for name in ("operation", "change", "version")}
    browser = browser_of(at_the_desk(desk, "view_dispatchschedule", "optimise_dispatchschedule"))

    answer = browser.post(address(run.schedule, "relax"), sent)

    assert answer.status_code == 403
    assert 'name="change"' not in browser.get(address(run.schedule)).content.decode()

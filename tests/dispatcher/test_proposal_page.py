"""The proposal of a day on one screen: what it shows, and to whom."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.contrib.staticfiles import finders
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from common.models import ComplianceState
from dispatcher.models import RunKind, ScheduleStatus
from dispatcher.services import publishing, runs
from flight_operations.services.operations import amend_operation
from rpas.services.defects import raise_defect
from tests.dispatcher.live_scene import judged
from tests.dispatcher.proposal_hands import (
    DEEDS,
    VERBS,
    address,
    browser_of,
    left_behind_by_its_window,
    proposed,
    text_of,
)
from tests.dispatcher.scene import OPENS, at_the_desk, elsewhere
from tests.users.factories import grant
from users.services.preferences import change_preferences

MOST_STATEMENTS = 20
INLINE = re.compile(r"<script(?![^>]*src=)|\son\w+=|javascript:|style=", re.I)


@pytest.fixture
def browser(desk):
    """Somebody who plans and publishes, at the screen."""
    return browser_of(at_the_desk(desk, *VERBS))


def test_the_page_says_who_would_fly_what_why_and_what_the_rules_say(browser, desk, now):
    operation = desk.wanted(now, km_east=5)
    run = desk.optimised(now)
    row = run.schedule.assignments.proposed().get()

    answer = browser.get(address(run.schedule))

    said = text_of(answer)
    assert answer.status_code == 200
    for words in (
        desk.center.code,
        run.number,
        operation.number,
        row.aircraft.registration,
        row.pilot.full_name,
        "Adds to the day",
        "Next best",
        "None of these rows changed since.",
        "1 operation,",
    ):
        assert words in said
    citations = [each["citation"] for each in row.why["findings"] if each["citation"]]
    assert row.why["color"] in ("green", "amber")
    assert all(each in said for each in citations)
    assert "<svg" in answer.content.decode()


def test_times_and_the_day_are_shown_as_their_reader_prefers(desk, now):
    desk.wanted(now, km_east=5)
    schedule = desk.optimised(now).schedule
    reader = at_the_desk(desk, *VERBS)
    wanted = {"timezone": "Asia/Tokyo", "clock": "12", "date_format": "iso"}
    change_preferences(reader, version=None, changes=wanted, at=now)

    said = text_of(browser_of(reader).get(address(schedule)))

    opens = schedule.opens_at.astimezone(ZoneInfo("Asia/Tokyo"))
    assert f"{opens.hour % 12 or 12}:{opens:%M} {opens:%p}" in said
    assert f"{schedule.day:%A %Y-%m-%d}" in said
    assert "Asia/Tokyo" in said
    assert desk.center.timezone not in said


def test_a_change_of_what_holds_is_shown_with_before_and_after(browser, desk, now):
    desk.wanted(now, km_east=5)
    run = desk.optimised(now)
    publishing.publish_schedule(run.schedule, actor=desk.dispatcher, at=now)
    before = run.schedule.assignments.published().get()
    defect = {"severity": "major", "description": "Crack", "actor": desk.dispatcher, "at": now}
    raise_defect(before.aircraft, **defect)
    again = desk.optimised(now, kind=RunKind.REPLAN)
    after = again.schedule.assignments.proposed().get()

    page = browser.get(address(again.schedule)).content.decode()

    assert f"was </span>{before.aircraft.registration}</del>" in page
    assert f"becomes </span>{after.aircraft.registration}</ins>" in page
    assert "b-was" in page
    assert "b-changed" in page


def test_what_no_rule_was_asked_of_is_red_and_what_nobody_judged_has_no_color(browser, desk, now):
    run = proposed(desk, now)
    row = run.schedule.assignments.get()
    pages = []
    for said in ({"color": "red", "judged_at": now.isoformat(), "findings": []}, {}):
        row.why = {"run": False} | said
        row.save()
        with time_machine.travel(now, tick=False):
            pages.append(browser.get(address(run.schedule)).context["changing"][0])

    assert [(each.shade, each.color_letter) for each in pages] == [("red", "R"), ("none", "\u2013")]
    page = browser.get(address(run.schedule)).content.decode()
    assert "c-green" not in page
    assert "not judged" in page


def test_a_judgement_is_stale_once_what_it_rests_on_changed_or_six_hours_are_over(
    browser, desk, now
):
    first, second = desk.wanted(now, km_east=5), desk.wanted(now, km_east=9)
    run = desk.optimised(now)
    run.schedule.assignments.proposed().update(
        why={"color": "green", "judged_at": now.isoformat(), "findings": []}
    )

    def shades(at):
        with time_machine.travel(at, tick=False):
            page = browser.get(address(run.schedule))
            asked = browser.get(address(run.schedule, "publish"))
        found = {each.operation.pk: each.shade for each in page.context["changing"]}
        assert {e.operation.pk: e.shade for e in asked.context["changing"]} == found
        return found

    fresh, old = shades(now), shades(now + timedelta(hours=6, minutes=1))
    amend_operation(
        first, changes={"title": "Other line"}, actor=desk.dispatcher, at=now, version=None
    )

    assert fresh == {first.pk: "green", second.pk: "green"}
    assert old == {first.pk: "none", second.pk: "none"}
    assert shades(now) == {first.pk: "none", second.pk: "green"}


def test_what_holds_shows_the_color_on_file_and_not_the_one_it_was_planned_with(desk, now):
    operation = desk.wanted(now, km_east=5)
    run = desk.optimised(now)
    publishing.publish_schedule(run.schedule, actor=desk.dispatcher, at=now)
    run.schedule.assignments.published().update(
        why={"color": "green", "judged_at": now.isoformat(), "findings": []}
    )
    user = at_the_desk(desk, *VERBS)
    rows = ComplianceState.objects.filter(
        subject_type="flight_operations.flightoperation", subject_id=operation.pk
    )

    def line(**state):
        rows.update(**{"is_stale": False, "next_change_at": None, **state})
        with time_machine.travel(now, tick=False):
            return browser_of(user).get(address(run.schedule)).context["staying"][0]

    red, stale = line(color="red"), line(color="green", is_stale=True)
    late = line(color="green", next_change_at=now)
    told = line(color="red").count
    grant(user, "common.view_verdict")
    judged(operation, ("F2-MAJOR", "red", "It is cracked."), at=now)

    assert [each.shade for each in (red, stale, late)] == ["red", "none", "none"]
    assert told == 0
    assert "It is cracked." in line().findings
    rows.delete()
    assert line().color == "none"


def test_what_nobody_may_fly_is_named_with_its_reason_and_is_taken_off(browser, desk, now):
    operation = desk.wanted(now, km_east=5)
    first = desk.optimised(now)
    publishing.publish_schedule(first.schedule, actor=desk.dispatcher, at=now)
    for aircraft in desk.aircraft:
        raise_defect(aircraft, severity="major", description="Crack", actor=desk.dispatcher, at=now)
    run = desk.optimised(now)

    said = text_of(browser.get(address(run.schedule)))
    asked = text_of(browser.get(address(run.schedule, "publish")))

    assert "Left behind" in said
    assert "F2-MAJOR" in said
    assert "Taken off" in said
    assert "Taken off: 1; 0 stay as they are" in asked
    assert operation.number in asked


def test_a_stranger_is_sent_to_the_door_and_the_door_leads_back(client, desk, now):
    schedule = desk.open(now)

    for deed in ("", "progress", *DEEDS):
        answer = client.get(address(schedule, deed))

        assert answer.status_code == 302
        assert answer["Location"] == f"{reverse('admin:login')}?next={address(schedule, deed)}"


def test_without_the_grant_nothing_is_shown_or_done(desk, now):
    schedule = desk.open(now)
    clerk = at_the_desk(desk, "view_dispatchcenter")
    browser = browser_of(clerk)

    answers = [browser.get(address(schedule)), browser.get(address(schedule, "progress"))]
    answers += [browser.post(address(schedule, deed)) for deed in DEEDS]

    assert {each.status_code for each in answers} == {403}
    schedule.refresh_from_db()
    assert schedule.status == ScheduleStatus.DRAFT


def test_another_centers_schedule_is_not_there(desk, now):
    run = proposed(desk, now)
    browser = browser_of(elsewhere(*VERBS))
    row = run.schedule.assignments.get()

    answers = [browser.get(address(run.schedule)), browser.get(address(run.schedule, "progress"))]
    answers += [browser.post(address(run.schedule, deed)) for deed in DEEDS]
    answers += [browser.post(address(run.schedule, deed, row)) for deed in ("pin", "unpin")]

    assert {each.status_code for each in answers} == {404}
    run.schedule.refresh_from_db()
    assert run.schedule.status == ScheduleStatus.PROPOSED


def test_an_assignment_of_another_day_is_not_pinned_from_here(browser, desk, now):
    run = proposed(desk, now)
    other = desk.open(now, day=run.schedule.day + timedelta(days=1))
    row = run.schedule.assignments.get()

    answer = browser.post(address(other, "pin", row), {"because": "x", "version": row.version})

    assert answer.status_code == 404
    row.refresh_from_db()
    assert not row.is_pinned


def test_who_may_only_look_sees_no_buttons_and_may_press_none(desk, now):
    _, run = left_behind_by_its_window(desk, now)
    schedule = run.schedule
    desk.wanted(now, km_east=7)
    browser = browser_of(at_the_desk(desk, "view_dispatchschedule"))

    page = browser.get(address(schedule))
    refused = [browser.post(address(schedule, deed)) for deed in ("plan", "publish", "drop")]

    assert page.status_code == 200
    assert "<button" not in page.content.decode()
    assert "<form" not in page.content.decode()
    assert {each.status_code for each in refused} == {403}


@pytest.mark.parametrize("deed", ["", "publish"])
def test_the_page_takes_few_statements_however_many_operations(browser, desk, now, deed):
    desk.wanted(now, km_east=5)
    run = desk.optimised(now)
    publishing.publish_schedule(run.schedule, actor=desk.dispatcher, at=now)
    desk.wanted(now, km_east=6, deadline_at=OPENS + timedelta(minutes=31), minutes=30)
    desk.optimised(now)
    few = _statements(browser, address(run.schedule, deed))
    for km in (7, 8, 9):
        desk.wanted(now, km_east=km)
    desk.optimised(now)

    many = _statements(browser, address(run.schedule, deed))

    assert many == few <= MOST_STATEMENTS


def test_its_policy_is_strict_and_everything_it_asks_for_is_carried(browser, desk, now):
    run = proposed(desk, now)
    runs.request_run(run.schedule, actor=desk.dispatcher, at=now)

    for deed in ("", "publish", "drop"):
        answer = browser.get(address(run.schedule, deed))

        policy = answer["Content-Security-Policy"]
        text = answer.content.decode()
        asked = re.findall(r'(?:src|href)="/static/([^"]+)"', text)
        assert "unsafe" not in policy
        assert asked
        assert [each for each in asked if finders.find(each) is None] == []
        assert not INLINE.findall(text)


def test_list_record_and_board_lead_to_it(desk, now):
    run = proposed(desk, now)
    user = at_the_desk(desk, "view_dispatchschedule", "overview_dispatchschedule")
    grant(user, "dispatcher.view_assignment")
    browser = browser_of(user)
    name = "admin:dispatcher_dispatchschedule"
    pages = [reverse(f"{name}_changelist"), reverse(f"{name}_change", args=[run.schedule_id])]

    assert all(address(run.schedule) in browser.get(each).content.decode() for each in pages)
    assert "/admin/dispatch/schedules/0/" in browser.get(reverse("dispatch:board")).content.decode()
    assert reverse("dispatch:board") in browser.get(address(run.schedule)).content.decode()


def _statements(browser, path):
    browser.get(path)
    with CaptureQueriesContext(connection) as asked:
        assert browser.get(path).status_code == 200
    return len(asked)

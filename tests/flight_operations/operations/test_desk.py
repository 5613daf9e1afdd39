"""The page of an operation: can it fly, why not, what next."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from common.compliance.findings import Stage
from common.models import AuditEvent, ComplianceState, StatusChange
from flight_operations.models import FlightOperation, FlightPlan, OperationalLog, OperationStatus
from flight_operations.services.assessment import refresh_verdict
from tests.browser import enter
from tests.desk import (
    MOST_STATEMENTS,
    facts,
    offered,
    page_address,
    press,
    said,
    standing_of,
    step_address,
    text_of,
)
from tests.flight_operations.operations.scene import observe, put_in, release_with_notes
from tests.flight_operations.people import member
from tests.rpas.factories import OperatorFactory
from users.services.preferences import change_preferences

VERBS = ("view", "plan", "submit", "review", "release", "start", "land", "log", "finalise")
NAMES = [f"{verb}_flightoperation" for verb in (*VERBS, "cancel")]


@pytest.fixture
def screen(desk):
    """A browser of somebody who may do everything at the operator's."""
    return signed_in(desk.operator, *NAMES)


def signed_in(operator, *names):
    client = Client()
    enter(client, member(operator, *names))
    return client


def test_a_released_operation_can_fly_and_says_on_whose_word(screen, desk, now, run_tasks):
    operation = desk.released(now)
    run_tasks()

    standing = standing_of(screen, operation)

    assert standing.headline.startswith("Released: can fly")
    assert standing.badge.word in ("amber", "green")
    assert standing.stale is None
    release = facts(standing, "Release and checklist")["Release"]
    assert release.color == "green"
    assert desk.chief.full_name in release.value
    assert facts(standing, "The flight")["Pilot"].value == desk.pilot.full_name


@pytest.mark.parametrize(("unit", "shown"), [("m", "119.6\u00a0m"), ("ft", "392\u00a0ft")])
def test_the_greatest_height_is_never_shown_higher_than_it_is_planned(desk, now, unit, shown):
    operation = desk.plan(now)
    FlightPlan.objects.filter(operation=operation).update(max_height_agl_m=119.6)
    user = member(desk.operator, *NAMES)
    change_preferences(user, version=None, changes={"height": unit}, at=now)
    screen = Client()
    enter(screen, user)

    where = facts(standing_of(screen, operation), "The flight")["Where"].value

    assert where.endswith(f"up to {shown} above ground")


def test_what_stands_in_the_way_is_said_worst_first_with_citation_and_remedy(screen, desk, now):
    operation = desk.plan(now)
    observe(operation, desk.pilot, now, wind_gust_ms=20.0)
    refresh_verdict(operation, stage=Stage.PLANNING, at=now)

    standing = standing_of(screen, operation)

    assert standing.headline.startswith("Planned: cannot fly, 1 red")
    first = standing.problems[0]
    assert first.rule == "WXD-WIND"
    assert first.citation
    assert first.remedy
    assert "R red" in text_of(screen.get(page_address(operation)))
    colors = [problem.color for problem in standing.problems]
    assert colors == sorted(colors, key=["red", "amber"].index)


def test_a_plan_that_is_red_is_not_offered_to_be_authorised_while_that_holds(screen, desk, now):
    operation = desk.plan(now)
    observe(operation, desk.pilot, now, wind_gust_ms=20.0)
    refresh_verdict(operation, stage=Stage.PLANNING, at=now)
    state = ComplianceState.objects.filter(subject_id=operation.pk)

    red = offered(screen, operation)["authorise"]
    state.update(is_stale=True)
    stale = offered(screen, operation)["authorise"]
    state.update(is_stale=False, next_change_at=now)
    over = offered(screen, operation)["authorise"]

    assert red == "put right what is red first."
    assert (stale, over) == ("", "")


def test_a_stale_answer_says_since_when_and_why_and_is_not_green(screen, desk, now):
    operation = desk.released(now)
    ComplianceState.objects.filter(subject_id=operation.pk).update(
        color="green", is_stale=True, stale_since=now - timedelta(minutes=7), stale_because="a gust"
    )

    page = screen.get(page_address(operation))
    standing = page.context["desk"]["standing"]

    assert standing.badge.word == "stale, was green"
    assert "7 min ago" in standing.stale.since
    assert "a gust" in text_of(page)
    assert "can fly" not in standing.headline.split("whether")[0]


def test_nobody_asked_yet_is_not_green(screen, desk, now):
    operation = put_in("planned", desk, now)

    standing = standing_of(screen, operation)

    assert standing.badge.word == "not judged"
    assert "nobody has judged it" in standing.headline


def test_steps_are_taken_by_button_and_name_what_happened(screen, desk, now):
    operation = desk.plan(now)

    answer = press(screen, operation, "submit")

    assert answer.status_code == 302
    assert answer["Location"] == page_address(operation)
    assert said(answer) == [f"{operation}: submitted for review."]
    operation.refresh_from_db()
    assert operation.status == OperationStatus.IN_REVIEW
    assert "submit" not in offered(screen, operation)


def test_a_release_asks_for_a_note_to_each_amber_rule(screen, desk, now):
    operation = desk.authorised(now)

    form = screen.get(step_address(operation, "release")).context["form"]
    bare = press(screen, operation, "release")
    assert bare.status_code == 400
    operation.refresh_from_db()
    assert operation.status == OperationStatus.AUTHORISED

    answer = press(screen, operation, "release", **dict.fromkeys(form.notes, "Known"))

    assert said(answer)[-1] == f"{operation}: released."
    operation.refresh_from_db()
    assert operation.status == OperationStatus.READY
    notes = operation.releases.get().acknowledgements
    assert {note["rule"] for note in notes} == set(form.notes.values())


def test_a_refused_step_shows_the_reasons_and_changes_nothing(screen, desk, now):
    operation = desk.authorised(now)
    release_with_notes(operation, desk.chief, now)
    observe(operation, desk.pilot, now, wind_gust_ms=20.0)
    start = now + timedelta(hours=1)
    changes = StatusChange.objects.count()

    with time_machine.travel(start, tick=False):
        answer = press(screen, operation, "start")

    assert answer.status_code == 409
    words = text_of(answer)
    assert "Refused, nothing was changed." in words
    assert "WXD-WIND" in words
    operation.refresh_from_db()
    assert operation.actual_start_at is None
    assert StatusChange.objects.count() == changes


def test_a_step_that_must_wait_says_why(screen, desk, now):
    operation = desk.authorised(now)

    assert offered(screen, operation)["start"] == "the operation is to be released first."
    release_with_notes(operation, desk.chief, now)
    assert offered(screen, operation)["start"].startswith("not before ")


def test_the_same_form_sent_twice_takes_effect_once(screen, desk, now):
    operation = desk.plan(now)
    before = StatusChange.objects.count()

    first, second = press(screen, operation, "submit"), press(screen, operation, "submit")

    assert (first.status_code, second.status_code) == (302, 302)
    assert said(second)[-1].endswith("sent twice and done once: submitted for review.")
    assert StatusChange.objects.count() == before + 1
    again = press(screen, operation, "submit", once="a-form-of-its-own-2")
    assert again.status_code == 409


@pytest.mark.parametrize("reason", ["", "   ", "x" * 2001])
def test_a_reason_that_is_missing_or_too_long_changes_nothing(screen, desk, now, reason):
    operation = desk.plan(now)

    answer = press(screen, operation, "cancel", reason=reason)

    assert answer.status_code == 400
    operation.refresh_from_db()
    assert operation.status == OperationStatus.PLANNED


def test_a_reason_is_kept_with_the_record(screen, desk, now):
    operation = desk.plan(now)

    press(screen, operation, "cancel", reason="Fog until noon")

    assert AuditEvent.objects.get(action="operation.cancelled").reason == "Fog until noon"
    assert "Fog until noon" in text_of(screen.get(page_address(operation)))


@pytest.mark.parametrize("once", ["", "short", "a b c d e f g h i j", "é" * 20, "x" * 65])
def test_a_form_without_its_mark_is_not_taken(screen, desk, now, once):
    operation = desk.plan(now)

    assert press(screen, operation, "submit", once=once).status_code == 400
    operation.refresh_from_db()
    assert operation.status == OperationStatus.PLANNED


def test_without_the_grant_there_is_no_button_and_the_post_is_forbidden(desk, now):
    operation = desk.plan(now)
    reader = signed_in(desk.operator, "view_flightoperation")

    assert offered(reader, operation) == {}
    assert press(reader, operation, "submit").status_code == 403
    assert reader.get(step_address(operation, "cancel")).status_code == 403
    operation.refresh_from_db()
    assert operation.status == OperationStatus.PLANNED


def test_another_operators_record_is_not_there(desk, now):
    operation = desk.plan(now)
    stranger = signed_in(OperatorFactory(), *NAMES)

    assert stranger.get(page_address(operation)).status_code == 404
    assert stranger.get(step_address(operation, "cancel")).status_code == 404
    assert press(stranger, operation, "submit").status_code == 404
    operation.refresh_from_db()
    assert operation.status == OperationStatus.PLANNED


def test_unknown_steps_and_records_are_not_there(screen, desk, now):
    operation = desk.plan(now)

    assert press(screen, operation, "explode").status_code == 404
    gone = FlightOperation(pk=10**12)
    assert screen.get(page_address(gone)).status_code == 404
    assert press(screen, gone, "submit").status_code == 404


def test_a_form_from_elsewhere_is_not_taken(desk, now):
    operation = desk.plan(now)
    strict = Client(enforce_csrf_checks=True)
    enter(strict, member(desk.operator, *NAMES))

    assert press(strict, operation, "submit").status_code == 403


def test_the_log_is_completed_on_the_page(screen, desk, now):
    operation = desk.released(now)
    with time_machine.travel(now + timedelta(hours=1), tick=False):
        press(screen, operation, "start")
    with time_machine.travel(now + timedelta(minutes=80), tick=False):
        press(screen, operation, "land")
        assert "completed first" in offered(screen, operation)["finalise"]
        assert press(screen, operation, "log", remarks="Dusty").status_code == 400
        press(screen, operation, "log", changes="Flew lower", highest_agl_m="61.5")
        press(screen, operation, "finalise")

    log = OperationalLog.objects.get()
    assert (log.is_as_released, log.changes, log.highest_agl_m) == (False, "Flew lower", 61.5)
    operation.refresh_from_db()
    assert operation.status == OperationStatus.FINALISED


def test_the_page_asks_little_of_the_database(screen, desk, now):
    operation = desk.released(now)
    screen.get(page_address(operation))

    with CaptureQueriesContext(connection) as asked:
        screen.get(page_address(operation))

    assert len(asked) <= MOST_STATEMENTS

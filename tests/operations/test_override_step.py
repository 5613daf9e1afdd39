"""A red rule let pass on somebody's name, from the page of a trip and of an offer."""

import pytest
import time_machine
from django.test import Client

from common.models import AuditEvent, RuleOverride
from operations.models import OpsSpec, TripEvidence
from tests.desk import (
    facts,
    mark_of,
    offered,
    press,
    said,
    signed_in,
    standing_of,
    step_address,
    text_of,
)
from tests.operations.gate.scene import AT, ready_trip
from tests.operations.hours_world import RULE as QUARTER
from tests.operations.hours_world import World

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
VIEW = ("operations.view_trip", "operations.view_quoteversion", "operations.view_quote")
GRANTS = (*VIEW, "common.override_verdict")
# Nobody read the opening hours of the aerodromes; what the authority allows is absolute.
HOURS, ABSOLUTE = "OPS-HOURS", "OPSPEC-A024"
REASON = "Told by the tower on the telephone"


@pytest.fixture
def trip():
    with time_machine.travel(AT, tick=False):
        made = ready_trip()
        TripEvidence.objects.filter(trip=made).delete()
        yield made


@pytest.fixture
def screen(trip):
    return signed_in(*GRANTS)


def rule_of(screen, trip):
    """The first rule that may be overridden, as the page offers it."""
    page = screen.get(step_address(trip, "override"))
    return page.context["form"].fields["rule"].widget.choices[0][0]


def test_a_red_rule_passes_with_a_name_and_a_reason_that_are_shown(screen, trip):
    rule = rule_of(screen, trip)

    answer = press(screen, trip, "override", rule=rule, reason=REASON)

    assert said(answer) == [f"{trip}: {rule} overridden on your name, because: {REASON}."]
    granted = RuleOverride.objects.get()
    assert (granted.subject_type, granted.subject_id) == ("operations.trip", trip.pk)
    assert (granted.rule, granted.reason) == (rule, REASON)
    assert AuditEvent.objects.filter(action="compliance.overridden").count() == 1
    shown = facts(standing_of(screen, trip), "Let pass on somebody's name")[rule]
    assert shown.value == f"{granted.granted_by.full_name}: {REASON}"


def test_the_page_lists_what_is_red_with_its_source(screen, trip):
    OpsSpec.objects.all().delete()

    page = screen.get(step_address(trip, "override"))

    text = text_of(page)
    assert "14 CFR" in text
    assert f"{ABSOLUTE}" in text
    assert "absolute: cannot be overridden" in text
    choices = [rule for rule, _ in page.context["form"].fields["rule"].widget.choices]
    assert choices
    assert ABSOLUTE not in choices


def test_an_absolute_rule_is_refused_in_words(screen, trip):
    OpsSpec.objects.all().delete()

    answer = press(screen, trip, "override", rule=ABSOLUTE, reason=REASON)

    assert answer.status_code == 409
    assert f"{ABSOLUTE} cannot be overridden" in answer.context["refusal"]
    assert not RuleOverride.objects.exists()


def test_a_rule_that_is_not_red_is_refused(screen, trip):
    answer = press(screen, trip, "override", rule=QUARTER, reason=REASON)

    assert answer.status_code == 409
    assert "nothing to override" in answer.context["refusal"]
    assert not RuleOverride.objects.exists()


def test_the_same_form_twice_is_one_override(screen, trip):
    rule, seen = rule_of(screen, trip), mark_of(screen, trip, "override")

    press(screen, trip, "override", rule=rule, reason=REASON, seen=seen)
    again = press(screen, trip, "override", rule=rule, reason=REASON, seen=seen)

    assert "sent twice and done once" in said(again)[-1]
    assert RuleOverride.objects.count() == 1


def test_findings_that_changed_since_are_read_first(screen, trip):
    rule, seen = rule_of(screen, trip), mark_of(screen, trip, "override")
    OpsSpec.objects.all().delete()

    answer = press(screen, trip, "override", rule=rule, reason=REASON, seen=seen)

    assert answer.status_code == 409
    assert "changed since the page was made" in answer.context["refusal"]
    assert not RuleOverride.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "status"),
    [({"rule": ""}, 400), ({"rule": "x" * 41}, 400), ({"rule": "NO-SUCH"}, 400),
     ({"rule": "\x00"}, 400), ({"reason": ""}, 400), ({"reason": "x" * 2001}, 400)],
)  # fmt: skip
def test_what_cannot_be_is_refused(screen, trip, wrong, status):
    given = {"rule": rule_of(screen, trip), "reason": REASON, **wrong}

    assert press(screen, trip, "override", **given).status_code == status
    assert not RuleOverride.objects.exists()


def test_without_the_grant_nothing_is_offered_or_done(trip):
    reader = signed_in(*VIEW)

    assert "override" not in offered(reader, trip)
    assert press(reader, trip, "override", rule=HOURS, reason=REASON).status_code == 403
    assert Client().post(step_address(trip, "override")).status_code == 302
    assert not RuleOverride.objects.exists()


def test_who_may_override_but_not_open_trips_does_not_here(trip):
    other = signed_in("common.override_verdict")

    assert press(other, trip, "override", rule=HOURS, reason=REASON).status_code == 403
    assert not RuleOverride.objects.exists()


def test_an_offers_red_rule_passes_on_its_own_page(client_for, now):
    with time_machine.travel(now, tick=False):
        world = World(client_for, now, flown=499.0)
        assert world.price().status_code == 201
        version = world.desk.quote.versions.get()
        screen = signed_in(*GRANTS)

        assert rule_of(screen, version) == QUARTER
        answer = press(screen, version, "override", rule=QUARTER, reason=REASON)

        assert said(answer)[-1].endswith(f"{QUARTER} overridden on your name, because: {REASON}.")
        shown = facts(standing_of(screen, version), "Let pass on somebody's name")[QUARTER]
        assert REASON in shown.value
        assert world.send().status_code == 200

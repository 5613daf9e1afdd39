from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from common.compliance.findings import Stage
from common.exceptions import InvalidInput, StaleVersion
from common.geo import point
from operations.exceptions import (
    AlreadyApproved,
    ApprovalNotNeeded,
    NotPilotInCommand,
    OwnSignature,
    TripNotAmendable,
    WorksheetExists,
    WorksheetIncomplete,
    WorksheetNotSigned,
)
from operations.models import Decline, TripLeg
from operations.risk_template import CURRENT, is_complete, score_of
from operations.services.assessment import assess_trip
from operations.services.worksheets import amend, approve, fill_in, sign
from tests.operations.gate.scene import AT, BOISE, answers, fields, make_trip
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def planned():
    return make_trip(*fields())


def pilot(trip):
    return trip.legs.get(sequence=1).crew.get(role="pic").person


def filled(trip, **other):
    return fill_in(trip=trip, answers=answers(**other), actor=UserFactory(), at=AT)


RISKY = {"terrain": "mountains", "convection_icing": "reported", "refused_by_others": "yes_weather"}


def test_the_score_is_the_sum_over_the_answers(planned):
    assert filled(planned, **RISKY).score == 8 + 9 + 10


def test_every_first_answer_adds_nothing_and_the_worst_pass_the_threshold():
    worst = {f.code: max(f.answers, key=lambda a: a.score).code for f in CURRENT.factors}

    assert score_of(answers()) == 0
    assert score_of(worst) == 76
    assert is_complete(worst, CURRENT.version)
    assert not is_complete(worst, 99)


def test_the_pilot_in_command_of_the_first_leg_signs_for_the_plan_as_it_stands(planned):
    sheet = sign(filled(planned), actor=pilot(planned), at=AT)

    facts = assess_trip(planned, stage=Stage.PLANNING, at=AT).collected.facts
    assert sheet.plan_hash == facts.plan_hash
    assert sheet.signed_at == AT


def test_nobody_else_signs(planned):
    sheet = filled(planned)
    second = planned.legs.get(sequence=1).crew.get(role="sic").person

    for person in (second, UserFactory(is_superuser=True)):
        with pytest.raises(NotPilotInCommand):
            sign(sheet, actor=person, at=AT)


def test_a_changed_plan_makes_the_signature_void(planned):
    sign(filled(planned), actor=pilot(planned), at=AT)
    TripLeg.objects.filter(trip=planned, sequence=2).update(fuel_on_board_kg=900)

    found = assess_trip(planned, stage=Stage.RELEASE, at=AT).assessment.findings

    (answer,) = [f for f in found if f.rule == "FAR-135.617-PRA"]
    assert answer.color == "red"
    assert "signed for another plan" in answer.message


def test_open_questions_are_not_signed(planned):
    sheet = fill_in(trip=planned, answers={"terrain": "flat"}, actor=UserFactory(), at=AT)

    with pytest.raises(WorksheetIncomplete) as refusal:
        sign(sheet, actor=pilot(planned), at=AT)

    assert "light" in refusal.value.details["factors"]
    assert "terrain" not in refusal.value.details["factors"]


def test_a_refusal_on_record_is_not_denied(planned):
    Decline.objects.create(
        by="other_operator",
        reason="weather",
        point=point(lat=BOISE[0], lon=BOISE[1]),
        declined_at=AT - timedelta(hours=2),
    )
    sheet = filled(planned)

    with pytest.raises(InvalidInput) as refusal:
        sign(sheet, actor=pilot(planned), at=AT)
    told = answers(refused_by_others="yes_weather")
    sheet = amend(sheet, changes={"answers": told}, version=None, actor=pilot(planned), at=AT)

    assert refusal.value.details["pointer"] == "/answers/refused_by_others"
    assert sign(sheet, actor=pilot(planned), at=AT).score == 10


def test_a_score_above_the_threshold_is_approved_by_a_manager_once(planned):
    sheet, boss = filled(planned, **RISKY), UserFactory()
    with pytest.raises(WorksheetNotSigned):
        approve(sheet, actor=boss, at=AT)
    sign(sheet, actor=pilot(planned), at=AT)

    assert approve(sheet, actor=boss, at=AT).approved_by == boss
    with pytest.raises(AlreadyApproved):
        approve(sheet, actor=boss, at=AT)


def test_whoever_signed_the_risk_does_not_approve_it_too(planned):
    sheet = sign(filled(planned, **RISKY), actor=pilot(planned), at=AT)

    with pytest.raises(OwnSignature) as refusal:
        approve(sheet, actor=pilot(planned), at=AT)

    assert refusal.value.status == 403
    with pytest.raises(IntegrityError, match="approved_by_another"), transaction.atomic():
        type(sheet).objects.filter(pk=sheet.pk).update(approved_by=sheet.signed_by, approved_at=AT)
    sheet.refresh_from_db()
    assert sheet.approved_by is None


def test_a_score_at_the_threshold_needs_no_approval(planned):
    sheet = filled(planned)
    sheet.score = CURRENT.threshold
    sheet.save()
    sign(sheet, actor=pilot(planned), at=AT)

    with pytest.raises(ApprovalNotNeeded):
        approve(sheet, actor=UserFactory(), at=AT)


def test_a_change_takes_signature_and_approval_away(planned):
    sheet = sign(filled(planned), actor=pilot(planned), at=AT)

    changed = amend(
        sheet, changes={"mitigation": "Second alternate"}, version=None, actor=pilot(planned), at=AT
    )

    assert (changed.signed_by, changed.plan_hash) == (None, "")
    with pytest.raises(StaleVersion):
        amend(changed, changes={}, version=0, actor=pilot(planned), at=AT)


def test_one_worksheet_for_each_trip_and_none_once_it_flies(planned):
    sheet = filled(planned)
    with pytest.raises(WorksheetExists):
        filled(planned)

    type(planned).objects.filter(pk=planned.pk).update(status="active")
    planned.legs.update(status="in")
    with pytest.raises(TripNotAmendable):
        sign(sheet, actor=pilot(planned), at=AT)


@pytest.mark.parametrize("wrong", [{"weather": "fine"}, {"terrain": "swamp"}])
def test_answers_that_do_not_exist_are_refused(planned, wrong):
    with pytest.raises(InvalidInput):
        fill_in(trip=planned, answers=wrong, actor=UserFactory(), at=AT)

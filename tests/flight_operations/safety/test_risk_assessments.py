from datetime import timedelta

import pytest

from common.exceptions import InvalidInput, StaleVersion, TransitionNotAllowed
from common.models import AuditEvent, OutboxEvent, StatusChange
from flight_operations.exceptions import (
    ApprovalLevelTooLow,
    AssessmentAlreadyReplaced,
    AssessmentEmpty,
    AssessmentNotAmendable,
    ExtremeRiskNotMitigated,
)
from flight_operations.models import RiskApproval, SMSRiskAssessment
from flight_operations.queries.acceptance import acceptance_level, is_worse, worst_index
from flight_operations.services import risk_assessments
from flight_operations.services.risk_assessments import RiskLine
from tests.common.concurrency import at_once, kinds
from tests.flight_operations.factories import OperationFactory
from tests.flight_operations.people import ceo, chief_remote_pilot, maintenance_controller, member
from tests.rpas.factories import OperatorFactory

pytestmark = pytest.mark.django_db


def line(before="A5", after="E1", **more):
    given = {"hazard": "Loss of link", "controls": "Antenna raised", **more}
    return RiskLine(
        likelihood=before[0],
        severity=int(before[1]),
        residual_likelihood=after[0],
        residual_severity=int(after[1]),
        **given,
    )


@pytest.fixture
def operator():
    return OperatorFactory()


@pytest.fixture
def assessor(operator):
    return member(operator)


@pytest.fixture
def draft(operator, assessor, now):
    def make(*lines, **given):
        values = {"title": "Roof", "context": "Hospital roof", "kind": "normal", **given}
        return risk_assessments.create_assessment(
            operator=operator, lines=lines, actor=assessor, at=now, **values
        )

    return make


@pytest.fixture
def submitted(draft, assessor, now):
    def make(*lines, **given):
        return risk_assessments.submit_assessment(draft(*lines, **given), actor=assessor, at=now)

    return make


def test_a_draft_gets_a_number_of_the_year_and_its_indices_from_the_matrix(draft):
    found = draft(line("B4", "D3"), line("C2", "E2"))

    assert found.number == "RA-2026-0001"
    items = found.items.order_by("sequence").values_list("sequence", "index", "residual_index")
    assert list(items) == [(1, "High", "Low"), (2, "Low", "Negligible")]


def test_the_number_is_of_the_operators_own_year(operator, assessor, now):
    new_year_in_sydney = now.replace(month=12, day=31, hour=14)

    found = risk_assessments.create_assessment(
        operator=operator,
        title="T",
        context="C",
        kind="night",
        actor=assessor,
        at=new_year_in_sydney,
    )

    assert found.number == "RA-2027-0001"


def test_controls_do_not_make_it_worse(draft):
    with pytest.raises(InvalidInput) as refusal:
        draft(line("B2", "B1"), line("E1", "A5"))

    assert refusal.value.details["pointer"] == "/items/1/residual_severity"
    assert not SMSRiskAssessment.objects.exists()


def test_an_operation_of_another_operator_is_refused(draft):
    with pytest.raises(InvalidInput, match="another operator"):
        draft(operation=OperationFactory())


def test_a_draft_is_amended_and_its_items_replaced(draft, assessor, now):
    found = draft(line(), line())

    risk_assessments.amend_assessment(
        found,
        changes={"title": "New", "items": [line("C3", "D2")]},
        actor=assessor,
        at=now,
        version=1,
    )

    found.refresh_from_db()
    assert found.title == "New"
    assert [item.index for item in found.items.all()] == ["Moderate"]
    with pytest.raises(StaleVersion):
        risk_assessments.amend_assessment(found, changes={}, actor=assessor, at=now, version=1)


def test_what_is_submitted_is_not_amended(submitted, assessor, now):
    found = submitted(line("A5", "B3"))

    with pytest.raises(AssessmentNotAmendable):
        risk_assessments.amend_assessment(found, changes={"title": "X"}, actor=assessor, at=now)


def test_an_assessment_without_hazards_is_not_submitted(draft, assessor, now):
    with pytest.raises(AssessmentEmpty):
        risk_assessments.submit_assessment(draft(), actor=assessor, at=now)


@pytest.mark.parametrize("after", ["D2", "E1"])
def test_a_low_or_negligible_residual_needs_nobody(submitted, after):
    found = submitted(line("A5", after))

    assert found.status == "approved"
    assert not RiskApproval.objects.exists()
    steps = StatusChange.objects.order_by("pk").values_list("to_status", flat=True)
    assert list(steps) == ["submitted", "approved"]


@pytest.mark.parametrize(
    ("after", "post", "level"),
    [
        ("B3", maintenance_controller, "department"),
        ("B3", chief_remote_pilot, "senior_management"),
        ("B4", chief_remote_pilot, "senior_management"),
        ("B4", ceo, "top_management"),
        ("A5", ceo, "top_management"),
    ],
)
def test_each_level_of_management_accepts_its_risks(  # noqa: PLR0917 - a table of cases
    operator, submitted, now, after, post, level
):
    found = submitted(line("A5", after), line("A5", "E1"))

    risk_assessments.approve_assessment(found, comment="Fine", actor=post(operator), at=now)

    found.refresh_from_db()
    assert found.status == "approved"
    approval = found.approvals.get()
    assert (approval.level, approval.comment, approval.approved_at) == (level, "Fine", now)


@pytest.mark.parametrize(
    ("after", "post", "needed", "held"),
    [
        ("B3", member, "department", "nobody"),
        ("B4", maintenance_controller, "senior_management", "department"),
        ("A5", chief_remote_pilot, "top_management", "senior_management"),
    ],
)
def test_a_risk_is_not_accepted_from_below(  # noqa: PLR0917 - a table of cases
    operator, submitted, now, after, post, needed, held
):
    found = submitted(line("A5", after))

    with pytest.raises(ApprovalLevelTooLow) as refusal:
        risk_assessments.approve_assessment(found, actor=post(operator), at=now)

    assert refusal.value.details["needed"] == needed
    assert refusal.value.details["held"] == held
    found.refresh_from_db()
    assert found.status == "submitted"
    assert not RiskApproval.objects.exists()


def test_the_chief_of_another_operator_accepts_nothing(submitted, now):
    found = submitted(line("A5", "B3"))

    with pytest.raises(ApprovalLevelTooLow):
        risk_assessments.approve_assessment(found, actor=ceo(OperatorFactory()), at=now)


def test_a_post_that_ended_yesterday_accepts_nothing(operator, submitted, now):
    chief = ceo(operator)
    operator.key_personnel.filter(user=chief).update(valid_until=now.date())
    found = submitted(line("A5", "B3"))

    with pytest.raises(ApprovalLevelTooLow):
        risk_assessments.approve_assessment(found, actor=chief, at=now)


def test_an_extreme_residual_needs_controls_before_anybody_accepts_it(operator, submitted, now):
    found = submitted(line("A5", "A5", controls=""))

    with pytest.raises(ExtremeRiskNotMitigated):
        risk_assessments.approve_assessment(found, actor=ceo(operator), at=now)


def test_a_rejected_assessment_is_taken_up_again(operator, submitted, assessor, now):
    found = submitted(line("A5", "B3"))
    chief = ceo(operator)

    risk_assessments.reject_assessment(found, reason="Not enough", actor=chief, at=now)
    revised = risk_assessments.revise_assessment(found, actor=assessor, at=now)

    assert revised.status == "draft"
    again = risk_assessments.submit_assessment(revised, actor=assessor, at=now + timedelta(hours=1))
    assert again.submitted_at == now + timedelta(hours=1)
    with pytest.raises(TransitionNotAllowed):
        risk_assessments.revise_assessment(again, actor=assessor, at=now)


def test_the_next_edition_supersedes_the_old_one_when_it_is_approved(
    operator, submitted, assessor, now
):
    old = submitted(line("A5", "E1", cause="Rust"))

    new = risk_assessments.replace_assessment(old, actor=assessor, at=now)

    assert (new.number, new.status, new.replaces) == ("RA-2026-0002", "draft", old)
    assert new.items.get().cause == "Rust"
    old.refresh_from_db()
    assert old.status == "approved"
    with pytest.raises(AssessmentAlreadyReplaced):
        risk_assessments.replace_assessment(old, actor=assessor, at=now)
    risk_assessments.submit_assessment(new, actor=assessor, at=now)
    old.refresh_from_db()
    assert old.status == "superseded"
    last = StatusChange.objects.order_by("-pk").first()
    assert last.reason == "Replaced by RA-2026-0002."


def test_only_an_approved_assessment_has_a_next_edition(draft, assessor, now):
    with pytest.raises(AssessmentNotAmendable):
        risk_assessments.replace_assessment(draft(line()), actor=assessor, at=now)


def test_a_draft_is_withdrawn_with_a_reason(draft, assessor, now):
    found = risk_assessments.supersede_assessment(
        draft(line()), reason="Job cancelled", actor=assessor, at=now
    )

    assert found.status == "superseded"
    event = AuditEvent.objects.get(action="risk_assessment.superseded")
    assert event.reason == "Job cancelled"
    assert OutboxEvent.objects.filter(name="flight_operations.risk_assessment_decided").exists()


def test_whoever_holds_two_posts_signs_as_the_higher(operator, now):
    chief = chief_remote_pilot(operator)
    operator.key_personnel.create(user=chief, post="ceo", valid_from="2020-01-01", arn="1")

    assert acceptance_level(chief, operator, on=now.date()) == "top_management"


def test_indices_are_ordered_from_extreme_to_negligible():
    assert worst_index(["Low", "High", "Negligible"]) == "High"
    assert worst_index([]) is None
    assert is_worse("Extreme", "High")
    assert not is_worse("Low", "Low")


@pytest.mark.django_db(transaction=True)
def test_of_two_who_approve_at_once_the_second_is_refused(now):
    operator = OperatorFactory()
    assessor = member(operator)
    chiefs = [ceo(operator), chief_remote_pilot(operator)]
    draft = risk_assessments.create_assessment(
        operator=operator,
        title="T",
        context="C",
        kind="normal",
        lines=[line("A5", "B3")],
        actor=assessor,
        at=now,
    )
    found = risk_assessments.submit_assessment(draft, actor=assessor, at=now)

    results = at_once(
        *(
            lambda chief=chief: risk_assessments.approve_assessment(found, actor=chief, at=now)
            for chief in chiefs
        )
    )

    assert kinds(results) == ["SMSRiskAssessment", "TransitionNotAllowed"]
    assert RiskApproval.objects.count() == 1

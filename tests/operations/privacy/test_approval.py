"""What is decided with conditions, or against an earlier decision, stands once it is approved."""

import pytest
from django.db import IntegrityError, transaction

from operations.exceptions import ApprovalNotAsked, OwnReview, ReviewApproved
from operations.models import MedicalRequirement
from operations.services.requirements import (
    approve_requirement,
    change_requirement,
    review_requirement,
)
from tests.operations.factories import RequirementFactory
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db
BASE = "/api/operations"


@pytest.fixture
def actor():
    return UserFactory()


def decided(decision, now, *, before="fit"):
    requirement = RequirementFactory(decision=before)
    conditions = ["Cabin below 6,000 ft"] if decision == "conditions" else []
    return review_requirement(
        requirement,
        decision=decision,
        conditions=conditions,
        version=None,
        actor=UserFactory(),
        at=now,
    )


def test_conditions_are_approved_by_somebody_else_once(actor, now):
    requirement = decided("conditions", now)
    assert requirement.needs_approval

    with pytest.raises(OwnReview):
        approve_requirement(requirement, version=None, actor=requirement.decided_by, at=now)
    approved = approve_requirement(requirement, version=None, actor=actor, at=now)
    with pytest.raises(ReviewApproved):
        approve_requirement(requirement, version=None, actor=actor, at=now)

    assert (approved.approved_by, approved.approved_at) == (actor, now)
    with pytest.raises(IntegrityError, match="approved_by_another"), transaction.atomic():
        MedicalRequirement.objects.update(approved_by=approved.decided_by)


def test_a_decision_that_reverses_another_is_approved_and_a_plain_one_is_not(actor, now):
    reversed_one = decided("fit", now, before="not_fit")
    assert approve_requirement(reversed_one, version=None, actor=actor, at=now).approved_by == actor

    for decision in ("fit", "not_fit"):
        with pytest.raises(ApprovalNotAsked):
            approve_requirement(decided(decision, now), version=None, actor=actor, at=now)


def test_another_review_and_any_change_take_the_approval_back(actor, now):
    requirement = decided("conditions", now)
    approve_requirement(requirement, version=None, actor=actor, at=now)

    again = review_requirement(
        requirement,
        decision="conditions",
        conditions=["Sitting"],
        version=None,
        actor=UserFactory(),
        at=now,
    )
    assert again.approved_by is None
    approve_requirement(requirement, version=None, actor=actor, at=now)
    changed = change_requirement(
        requirement, changes={"escorts": 2}, version=None, actor=actor, at=now
    )

    assert (changed.approved_by, changed.decision) == (None, "pending")


def test_only_the_medical_director_approves(person_in, client_for, now):
    requirement = decided("conditions", now)
    address = f"{BASE}/requirements/{requirement.pk}/approve/"
    director = client_for(person_in("medical_director"))
    requirement.refresh_from_db()

    for code in ("medical_staff", "dispatcher", "chief_pilot"):
        assert client_for(person_in(code)).post(address).status_code == 403, code
    assert director.post(address).status_code == 428
    answer = director.post(address, HTTP_IF_MATCH=f'"{requirement.version}"')
    assert (answer.status_code, answer.json()["needs_approval"]) == (200, True)
    assert answer.json()["approved_at"]

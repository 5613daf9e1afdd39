"""Who decides about the rules of a record may see the record, by account and by token."""

from datetime import timedelta

import pytest
import time_machine

from common.compliance import decisions
from common.compliance.subjects import subjects
from common.models import RuleOverride
from flight_operations.services.assessment import SUBJECT
from tests.flight_operations.operations.scene import make_scene
from tests.rpas.factories import MemberFactory
from tests.users.factories import UserFactory, grant
from users.services import api_tokens

pytestmark = pytest.mark.django_db
BASE = "/api/compliance/overrides/"
DECIDE = "common.override_verdict"
SEE = "flight_operations.view_flightoperation"


@pytest.fixture
def scene(db, now):
    with time_machine.travel(now, tick=False):
        yield make_scene()


@pytest.fixture
def client_by_token(scene, now, api):
    """A machine whose owner may see and decide, with some of that in its token."""

    def build(*scopes):
        owner = MemberFactory(operator=scene.operator).user
        grant(owner, SEE, DECIDE)
        given = {"expires_at": now + timedelta(days=5), "actor": owner, "at": now}
        _, key = api_tokens.issue_token(owner, name="T", scopes=list(scopes), **given)

        def post(address, body):
            return api.post(address, body, format="json", HTTP_X_API_TOKEN=key)

        return post

    return build


def test_a_token_decides_only_about_records_that_it_may_read(client_by_token, scene, now):
    planned = scene.plan(now)
    rule = {"rule": "PREFLIGHT-CHECKLIST", "reason": "On paper, number 7."}
    body = {"subject_type": SUBJECT, "subject_id": planned.pk, **rule}

    refused = client_by_token(DECIDE)(BASE, body)
    assert (refused.status_code, refused.json()["code"]) == (403, "record_not_yours")
    assert not RuleOverride.objects.exists()

    given = client_by_token(DECIDE, SEE)(BASE, body)
    assert given.status_code == 201, given.content
    address, why = f"{BASE}{given.json()['id']}/withdraw/", {"reason": "Found it."}
    assert client_by_token(DECIDE)(address, why).status_code in (403, 404)
    assert RuleOverride.objects.get().withdrawn_at is None
    assert client_by_token(DECIDE, SEE)(address, why).status_code == 200


def test_an_override_of_a_kind_that_is_no_longer_assessed_is_taken_back(scene, now):
    row = RuleOverride.objects.create(
        subject_type="flight_operations.balloon",
        subject_id=7,
        scope=f"rpas_operator:{scene.operator.pk}",
        rule="WXD-WIND",
        reason="Sheltered.",
        granted_by=scene.chief,
        granted_at=now,
    )
    assert row.subject_type not in subjects

    taken = decisions.withdraw(row, reason="Gone", actor=UserFactory(), at=now)

    assert taken.withdrawn_at == now

"""Letting a record pass a red rule: only who may see the record, crewed or not."""

import pytest
import time_machine
from django.utils import timezone

from common.compliance.decisions import NotYours, override, withdraw
from common.compliance.findings import Stage
from common.exceptions import InvalidInput
from common.models import AuditEvent, RuleOverride
from flight_operations.services.assessment import SUBJECT as OPERATION
from operations.services.assessment import assess_trip, record_assessment
from tests.flight_operations.operations.scene import make_scene
from tests.operations.gate.scene import SUBJECT
from tests.rpas.factories import MemberFactory
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
ADDRESS = "/api/compliance/overrides/"


def of_trip(trip):
    trip.legs.update(landing_distance_m=2000)
    record_assessment(assess_trip(trip, stage=Stage.PLANNING, at=timezone.now()))
    return {
        "subject_type": SUBJECT,
        "subject_id": trip.pk,
        "rule": "FAR-135.385",
        "reason": "Analysis 14",
    }


def nothing_was_done():
    return not (
        RuleOverride.objects.exists()
        or AuditEvent.objects.filter(action="compliance.overridden").exists()
    )


def test_the_chief_remote_pilot_lets_no_trip_pass(trip, person_in, client_for):
    chief = client_for(person_in("chief_remote_pilot"))

    answer = chief.post(ADDRESS, of_trip(trip), format="json")

    assert (answer.status_code, answer.json()["code"]) == (403, "record_not_yours")
    assert nothing_was_done()


def test_the_chief_pilot_does(trip, person_in, client_for):
    chief = person_in("chief_pilot")

    answer = client_for(chief).post(ADDRESS, of_trip(trip), format="json")

    assert answer.status_code == 201
    assert RuleOverride.objects.get().granted_by == chief


def test_the_service_asks_whoever_calls_it(trip, now):
    person = UserFactory()
    grant(person, "common.override_verdict", "aircraft.view_aircraft")
    given = of_trip(trip)

    with pytest.raises(NotYours):
        override(**given, actor=person, at=now)
    granted = override(**given, actor=UserFactory(is_superuser=True), at=now)
    with pytest.raises(NotYours):
        withdraw(granted, reason="No", actor=person, at=now)

    granted.refresh_from_db()
    assert granted.withdrawn_at is None


def test_the_chief_pilot_lets_no_drone_operation_pass_that_is_not_theirs_to_see(
    person_in, client_for, now
):
    with time_machine.travel(now, tick=False):
        planned = make_scene().plan(now)
        given = {
            "subject_type": OPERATION,
            "subject_id": planned.pk,
            "rule": "PREFLIGHT-CHECKLIST",
            "reason": "On paper",
        }
        answer = client_for(person_in("chief_pilot")).post(ADDRESS, given, format="json")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/subject_id"
    assert nothing_was_done()


def test_a_member_who_may_not_see_operations_lets_none_pass(now):
    with time_machine.travel(now, tick=False):
        scene = make_scene()
        planned = scene.plan(now)
        member = MemberFactory(operator=scene.operator).user
        grant(member, "common.override_verdict")
        given = {"subject_type": OPERATION, "subject_id": planned.pk, "reason": "On paper"}

        with pytest.raises(NotYours):
            override(**given, rule="PREFLIGHT-CHECKLIST", actor=member, at=now)
        with pytest.raises(InvalidInput):
            override(**given | {"subject_type": "users.user"}, rule="X", actor=member, at=now)

    assert nothing_was_done()

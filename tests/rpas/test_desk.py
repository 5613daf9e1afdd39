"""The page of a drone: may it fly, why not, what next."""

from types import SimpleNamespace

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from common.compliance.findings import Stage
from common.compliance.service import assess, record
from common.models import ComplianceState
from rpas.models import AircraftStatus, RPASAircraft
from tests.browser import enter
from tests.conftest import NOW
from tests.desk import MOST_STATEMENTS, facts, offered, page_address, press, said, standing_of
from tests.rpas.factories import AircraftFactory, DefectFactory, MemberFactory
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
VERBS = ("view", "quarantine", "send_to_maintenance", "return_to_service", "verify_log")
GRANTS = [
    *(f"rpas.{verb}_rpasaircraft" for verb in VERBS),
    "rpas.view_f2defectentry",
    "rpas.view_f2maintenanceschedule",
]


@pytest.fixture
def drone():
    with time_machine.travel(NOW, tick=False):
        yield AircraftFactory()


@pytest.fixture
def screen(drone):
    return signed_in(drone.operator, *GRANTS)


def signed_in(operator, *permissions):
    person, client = MemberFactory(operator=operator).user, Client()
    grant(person, *permissions)
    enter(client, person)
    return client


def judged(drone):
    record([assess("rpas.rpasaircraft", drone.pk, stage=Stage.RELEASE, at=NOW)])


def test_a_major_defect_is_red_with_citation_and_remedy(screen, drone):
    DefectFactory(aircraft=drone, severity="major")
    judged(drone)

    standing = standing_of(screen, drone)

    assert standing.color == "red"
    assert "may not fly" in standing.headline
    assert standing.problems[0].citation
    assert next(iter(facts(standing, "Open defects").values())).color == "red"


def test_a_stale_or_missing_answer_is_not_green(screen, drone):
    ComplianceState.objects.all().delete()
    assert standing_of(screen, drone).badge.word == "not judged"
    judged(drone)
    ComplianceState.objects.update(is_stale=True, stale_since=NOW, color="green")
    assert standing_of(screen, drone).badge.word == "stale, was green"


def test_it_is_set_aside_and_returned(screen, drone):
    answer = press(screen, drone, "quarantine", reason="Hard landing")

    assert said(answer) == [f"{drone}: quarantined."]
    drone.refresh_from_db()
    assert drone.status == AircraftStatus.QUARANTINED
    assert standing_of(screen, drone).color == "red"
    press(screen, drone, "return_to_service", reason="Looked at")
    drone.refresh_from_db()
    assert drone.status == AircraftStatus.IN_SERVICE


def test_a_refused_return_says_why_and_changes_nothing(screen, drone):
    press(screen, drone, "quarantine", reason="Hard landing")
    DefectFactory(aircraft=drone, severity="major")

    answer = press(screen, drone, "return_to_service", reason="Looked at")

    assert answer.status_code == 409
    assert answer.context["refusal"]
    drone.refresh_from_db()
    assert drone.status == AircraftStatus.QUARANTINED


@pytest.mark.parametrize("reason", ["", "x" * 2001])
def test_a_reason_is_wanted_and_bounded(screen, drone, reason):
    assert press(screen, drone, "quarantine", reason=reason).status_code == 400
    drone.refresh_from_db()
    assert drone.status == AircraftStatus.IN_SERVICE


def test_without_the_grant_or_at_another_operator_nothing_is_done(drone):
    reader = signed_in(drone.operator, "rpas.view_rpasaircraft")
    stranger = signed_in(AircraftFactory().operator, *GRANTS)

    assert offered(reader, drone) == {}
    assert press(reader, drone, "quarantine", reason="No").status_code == 403
    assert stranger.get(page_address(drone)).status_code == 404
    assert press(stranger, drone, "quarantine", reason="No").status_code == 404
    assert RPASAircraft.objects.get(pk=drone.pk).status == AircraftStatus.IN_SERVICE


def test_the_log_is_read_by_button(screen, drone):
    assert said(press(screen, drone, "verify_log")) == [f"{drone}: the technical log is whole."]


def test_a_log_that_is_not_whole_is_said_to_be_so(screen, drone, monkeypatch):
    broken = SimpleNamespace(faults=["Line 3 does not follow from line 2."])
    monkeypatch.setattr("rpas.services.aircraft.verify_technical_log", lambda aircraft: broken)

    answer = press(screen, drone, "verify_log")

    assert said(answer) == [f"{drone}: Line 3 does not follow from line 2."]
    assert [each.level_tag for each in get_messages(answer.wsgi_request)] == ["error"]
    fact = facts(standing_of(screen, drone), "The aircraft")["Technical log"]
    assert fact.color == "red"


def test_faults_and_work_due_are_told_to_who_may_see_them(drone):
    DefectFactory(aircraft=drone, severity="major", description="Cracked arm")
    reader = signed_in(drone.operator, "rpas.view_rpasaircraft")

    titles = {group.title for group in standing_of(reader, drone).groups}

    assert not {"Open defects", "Maintenance due next"} & titles
    assert "Cracked arm" not in reader.get(page_address(drone)).content.decode()


def test_the_page_asks_little_of_the_database(drone):
    root = Client()
    enter(root, UserFactory(is_superuser=True))
    judged(drone)
    root.get(page_address(drone))

    with CaptureQueriesContext(connection) as asked:
        root.get(page_address(drone))

    assert len(asked) <= MOST_STATEMENTS

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone

from common.models import StatusChange
from flight_operations.models import (
    OperationalAuthorization,
    SMSHazardRegister,
    SMSIncidentReport,
    SMSRiskAssessment,
)
from flight_operations.services import risk_assessments
from rpas.models import KeyPost
from tests.flight_operations.people import in_post, maintenance_controller, member, stranger

pytestmark = pytest.mark.django_db
SCREENS = {
    "operationalauthorization": "authorization",
    "preflightchecklist": "checklist",
    "smsriskassessment": "assessment",
    "smshazardregister": "hazard",
    "smsincidentreport": "incident",
}


def address(name, screen, *arguments):
    return reverse(f"admin:flight_operations_{screen}_{name}", args=arguments)


@pytest.fixture
def enter(client):
    def sign_in(user):
        client.force_login(user, backend="users.backends.RoleBackend")
        return client

    return sign_in


def act(client, screen, action, *rows, reason=""):
    answer = client.post(
        address("changelist", screen),
        {
            "action": action,
            "sure": "1",
            "_selected_action": [row.pk for row in rows],
            "reason": reason,
        },
    )
    return [str(message) for message in get_messages(answer.wsgi_request)][-1:]


@pytest.mark.parametrize("screen", SCREENS)
def test_every_screen_shows_ones_own_rows_only(enter, desk, screen):
    row = getattr(desk, SCREENS[screen])
    own = enter(member(desk.operator, f"view_{screen}"))
    assert own.get(address("change", screen, row.pk)).status_code == 200
    listed = own.get(address("changelist", screen))
    assert listed.context["cl"].result_count == 1

    foreign = enter(stranger(f"view_{screen}"))
    assert foreign.get(address("change", screen, row.pk)).status_code == 302
    assert foreign.get(address("changelist", screen)).context["cl"].result_count == 0


@pytest.mark.parametrize("screen", SCREENS)
def test_without_a_grant_a_screen_is_closed(enter, desk, screen):
    client = enter(member(desk.operator, "view_flightoperation"))

    assert client.get(address("changelist", screen)).status_code == 403


@pytest.mark.parametrize("screen", SCREENS)
def test_nothing_is_deleted_here(enter, desk, screen):
    row = getattr(desk, SCREENS[screen])
    client = enter(member(desk.operator, f"view_{screen}", f"delete_{screen}"))

    assert client.post(address("delete", screen, row.pk), {"post": "yes"}).status_code == 403


def test_an_authorization_is_asked_for_amended_and_granted(enter, desk):
    screen = "operationalauthorization"
    names = ("view", "add", "change", "grant", "revoke")
    client = enter(member(desk.operator, *(f"{name}_{screen}" for name in names)))
    form = {
        "operator": desk.operator.pk,
        "kind": "night",
        "number": "N-7",
        "authority": "CASA",
        "valid_from_0": "2026-04-01",
        "valid_from_1": "00:00:00",
        "valid_until_0": "2026-05-01",
        "valid_until_1": "00:00:00",
        "applied_on": "2026-03-15",
    }

    assert client.post(address("add", screen), form).status_code == 302
    made = OperationalAuthorization.objects.get(number="N-7")
    assert (made.status, made.recorded_by) == ("requested", member_of(client))
    client.post(address("change", screen, made.pk), {**form, "place": "YSCB"})
    made.refresh_from_db()
    assert made.place == "YSCB"

    assert act(client, screen, "grant", made) == ["N-7: granted"]
    assert client.get(address("change", screen, made.pk)).context["has_change_permission"] is False
    assert act(client, screen, "revoke", made, reason="Fire season") == ["N-7: revoked"]
    assert StatusChange.objects.order_by("-pk").first().reason == "Fire season"
    assert act(client, screen, "grant", made) == [
        "N-7: A record that is revoked cannot become granted."
    ]


def member_of(client):
    return client.get("/admin/").wsgi_request.user


def test_a_form_that_the_service_refuses_says_why(enter, desk):
    screen = "operationalauthorization"
    client = enter(member(desk.operator, f"view_{screen}", f"add_{screen}"))

    answer = client.post(
        address("add", screen),
        {
            "operator": desk.operator.pk,
            "kind": "night",
            "number": "N-8",
            "authority": "CASA",
            "valid_from_0": "2026-04-01",
            "valid_from_1": "00:00:00",
            "valid_until_0": "2026-05-01",
            "valid_until_1": "00:00:00",
            "applied_on": "2126-03-15",
        },
    )

    messages = [str(message) for message in get_messages(answer.wsgi_request)]
    assert messages == ["The application lies in the future."]
    assert not OperationalAuthorization.objects.filter(number="N-8").exists()


def test_an_action_without_its_grant_is_not_offered(enter, desk):
    screen = "operationalauthorization"
    client = enter(member(desk.operator, f"view_{screen}"))

    act(client, screen, "grant", desk.authorization)

    desk.authorization.refresh_from_db()
    assert desk.authorization.status == "requested"


def test_another_operator_is_no_choice(enter, desk):
    screen = "smshazardregister"
    client = enter(stranger(f"view_{screen}", f"add_{screen}"))

    page = client.get(address("add", screen))

    assert desk.operator.name not in page.content.decode()
    client.post(
        address("add", screen),
        {
            "operator": desk.operator.pk,
            "description": "D",
            "category": "human",
            "likelihood": "C",
            "severity": 2,
        },
    )
    assert SMSHazardRegister.objects.count() == 1


def test_a_checklist_is_refreshed(enter, desk):
    screen = "preflightchecklist"
    client = enter(member(desk.operator, f"view_{screen}", f"tick_{screen}"))

    assert act(client, screen, "refresh", desk.checklist) == [f"{desk.checklist}: refreshed"]


def test_a_risk_assessment_is_written_submitted_and_accepted(enter, desk):
    screen = "smsriskassessment"
    verbs = ("view", "add", "change", "submit", "approve", "reject", "revise", "supersede")
    client = enter(maintenance_controller(desk.operator, *(f"{verb}_{screen}" for verb in verbs)))
    found = desk.assessment
    client.post(
        address("change", screen, found.pk),
        {
            "kind": "night",
            "title": "Roof",
            "context": "Roof",
            "items-TOTAL_FORMS": 0,
            "items-INITIAL_FORMS": 0,
            "approvals-TOTAL_FORMS": 0,
            "approvals-INITIAL_FORMS": 0,
        },
    )

    found.refresh_from_db()
    assert found.kind == "night"
    assert act(client, screen, "submit", found) == [f"{found.number}: submitted"]
    assert act(client, screen, "reject", found, reason="No") == [f"{found.number}: rejected"]
    assert act(client, screen, "revise", found) == [f"{found.number}: a draft again"]
    risk_assessments.submit_assessment(found, actor=desk.actor, at=timezone.now())
    assert act(client, screen, "approve", found, reason="Mast") == [f"{found.number}: approved"]
    assert found.approvals.get().comment == "Mast"
    assert act(client, screen, "supersede", found) == [f"{found.number}: withdrawn"]
    assert SMSRiskAssessment.objects.get(pk=found.pk).status == "superseded"


def test_a_hazard_goes_through_its_life_with_reasons(enter, desk):
    screen = "smshazardregister"
    verbs = ("view", "change", "mitigate", "accept", "close", "reopen")
    user = in_post(desk.operator, KeyPost.CEO, *(f"{verb}_{screen}" for verb in verbs))
    client = enter(user)
    hazard = desk.hazard

    assert act(client, screen, "accept", hazard) == [
        f"{hazard.number}: {hazard.number} has no residual likelihood and severity to accept."
    ]
    client.post(
        address("change", screen, hazard.pk),
        {
            "description": "Tower",
            "category": "other",
            "likelihood": "B",
            "severity": 4,
            "residual_likelihood": "D",
            "residual_severity": 3,
        },
    )
    hazard.refresh_from_db()
    assert hazard.residual_index == "Low"
    for verb in ("mitigate", "accept", "close", "reopen"):
        act(client, screen, verb, hazard, reason=f"{verb} it")
    steps = StatusChange.objects.filter(object_id=hazard.pk).order_by("pk")
    assert [step.reason for step in steps] == [
        "mitigate it",
        "accept it",
        "close it",
        "reopen it",
    ]


def test_whoever_reports_in_confidence_is_named_nowhere_in_the_admin(enter, desk):
    screen = "smshazardregister"
    reporter = member(desk.operator, f"view_{screen}", f"add_{screen}")
    enter(reporter).post(
        address("add", screen),
        {
            "operator": desk.operator.pk,
            "is_confidential": "on",
            "description": "Fatigue",
            "category": "human",
            "likelihood": "B",
            "severity": 3,
        },
    )
    hazard = SMSHazardRegister.objects.get(description="Fatigue")

    assert (hazard.reporter, LogEntry.objects.count()) == (reporter, 0)
    colleague = enter(member(desk.operator, f"view_{screen}"))
    for page in ("change", "history"):
        shown = colleague.get(address(page, screen, hazard.pk)).content.decode()
        assert reporter.email not in shown
    manager = enter(member(desk.operator, f"view_{screen}", f"see_reporter_{screen}"))
    assert reporter.email in manager.get(address("change", screen, hazard.pk)).content.decode()


def test_an_incident_is_reported_told_to_the_atsb_and_closed(enter, desk):
    screen = "smsincidentreport"
    verbs = ("view", "add", "change", "notify", "investigate", "act", "close")
    client = enter(member(desk.operator, *(f"{verb}_{screen}" for verb in verbs)))
    moment = timezone.now() - timedelta(minutes=5)
    day, clock = moment.strftime("%Y-%m-%d"), moment.strftime("%H:%M:%S")
    client.post(
        address("add", screen),
        {
            "operator": desk.operator.pk,
            "classification": "flyaway",
            "operating_category": "reoc",
            "occurred_at_0": day,
            "occurred_at_1": clock,
            "aware_at_0": day,
            "aware_at_1": clock,
            "time_zone": "Australia/Sydney",
            "place": "Field",
            "narrative": "Gone north",
            "injuries": "none",
            "damage": "none",
            "third_party_damage": "none",
        },
    )
    incident = SMSIncidentReport.objects.get(place="Field")
    page = client.get(address("change", screen, incident.pk)).content.decode()
    assert "written: green" in page

    for verb in ("investigate", "act", "written", "close"):
        act(client, screen, verb, incident, reason=f"{verb}: done")

    incident.refresh_from_db()
    assert (incident.status, incident.corrective_action) == ("closed", "act: done")
    assert incident.written_at is not None
    assert act(client, screen, "phoned", incident) == [f"{incident.number}: recorded"]

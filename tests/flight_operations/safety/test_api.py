from datetime import timedelta

import pytest
from django.utils import timezone

from common.models import AuditEvent
from flight_operations.models import SMSHazardRegister
from flight_operations.services import hazards, incidents
from tests.flight_operations.factories import box
from tests.flight_operations.people import ceo, maintenance_controller, member

pytestmark = pytest.mark.django_db
BASE = "/api/flight-operations"
AREA = {"type": "Polygon", "coordinates": [[[149, -35], [149.1, -35], [149, -34.9], [149, -35]]]}


def authorization(desk, **given):
    return {
        "operator": desk.operator.name,
        "kind": "controlled_3nm",
        "number": "A-9",
        "valid_from": (timezone.now() + timedelta(days=20)).isoformat(),
        "valid_until": (timezone.now() + timedelta(days=50)).isoformat(),
        **given,
    }


def test_an_application_too_late_for_the_authority_is_taken_with_a_warning(client_for, desk):
    client = client_for(member(desk.operator, "add_operationalauthorization"))
    today = timezone.now().date().isoformat()

    answer = client.post(
        f"{BASE}/authorizations/", authorization(desk, applied_on=today, area=AREA)
    )

    assert answer.status_code == 201
    body = answer.json()
    assert body["area"]["type"] == "MultiPolygon"
    assert body["lead_time"]["needed_days"] == 60
    assert body["lead_time"]["is_short"] is True
    assert "60 days" in body["lead_time"]["warning"]


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"kind": "wish"}, "/kind"),
        ({"max_height_agl_m": -1}, "/max_height_agl_m"),
        ({"max_height_agl_m": 1e9}, "/max_height_agl_m"),
        ({"area": {"type": "Point", "coordinates": [149, -35]}}, "/area"),
        ({"area": {**AREA, "crs": {}}}, "/area"),
        ({"area": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}}, "/area"),
        ({"area": {"type": "Polygon", "coordinates": [[[0, 99], [1, 1], [2, 1]]]}}, "/area"),
        ({"valid_until": "2020-01-01T00:00:00Z"}, "/valid_until"),
        ({"valid_until": "0001-01-01T00:00:00Z"}, "/valid_until"),
        ({"valid_from": "9999-12-31T23:59:59-14:00"}, "/valid_"),
        ({"valid_from": "yesterday"}, "/valid_from"),
        ({"valid_from": "2026-04-01T09:00:00"}, "/valid_from"),
        ({"applied_on": "9999-12-31"}, "/applied_on"),
        ({"aircraft": "RPA-NONE"}, "/aircraft"),
        ({"number": "x" * 65}, "/number"),
        ({"conditions": "x" * 10_001}, "/conditions"),
    ],
)
def test_terms_that_make_no_sense_are_refused_with_the_field(client_for, desk, given, pointer):
    client = client_for(member(desk.operator, "add_operationalauthorization"))

    answer = client.post(f"{BASE}/authorizations/", authorization(desk, **given))

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"].startswith(pointer)


@pytest.mark.parametrize(
    "given",
    [
        {"valid_from": "0001-01-01T00:00:00Z"},
        {"valid_until": "9999-12-31T23:59:59Z"},
        {"valid_from": "0001-01-01T00:00:00Z", "valid_until": "9999-12-31T23:59:59Z"},
        {"applied_on": "0001-01-01"},
    ],
)
def test_the_ends_of_all_time_break_nothing(client_for, desk, given):
    names = ("add_operationalauthorization", "view_operationalauthorization")
    client = client_for(member(desk.operator, *names))

    answer = client.post(f"{BASE}/authorizations/", authorization(desk, **given))

    assert answer.status_code in (201, 400), answer.content
    assert client.get(f"{BASE}/authorizations/").status_code == 200


def test_the_same_number_twice_is_a_conflict(client_for, desk):
    client = client_for(member(desk.operator, "add_operationalauthorization"))
    first, second = (client.post(f"{BASE}/authorizations/", authorization(desk)) for _ in "ab")

    assert (first.status_code, second.status_code) == (201, 409)
    assert second.json()["code"] == "already_exists"


def test_a_body_beyond_all_measure_is_too_large(client_for, desk):
    client = client_for(member(desk.operator, "add_operationalauthorization"))

    answer = client.post(f"{BASE}/authorizations/", authorization(desk, conditions="x" * 3_000_000))

    assert answer.status_code == 413


def test_authorizations_are_found_by_the_moment_they_hold(client_for, desk):
    client = client_for(member(desk.operator, "view_operationalauthorization"))
    now, later = timezone.now(), timezone.now() + timedelta(days=91)

    assert count(client, "authorizations", valid_at=now.isoformat()) == 1
    assert count(client, "authorizations", valid_at=later.isoformat()) == 0
    assert count(client, "authorizations", status="granted") == 0
    assert count(client, "authorizations", kind="height", number="APP-1") == 1
    assert client.get(f"{BASE}/authorizations/?valid_at=noon").status_code == 400


def count(client, name, **query):
    answer = client.get(f"{BASE}/{name}/", query)
    assert answer.status_code == 200, answer.content
    return answer.json()["count"]


def test_a_checklist_is_answered_item_by_item(client_for, desk):
    user = member(desk.operator, "view_preflightchecklist", "tick_preflightchecklist")
    client = client_for(user)
    address = f"{BASE}/checklists/{desk.operation.number}/"
    given = {"item": "battery", "answer": "done", "evidence": "B-07 full"}

    first = client.post(f"{address}answer/", given)
    second = client.post(f"{address}answer/", given)
    corrected = client.post(f"{address}answer/", {**given, "is_correction": True})

    assert [first.status_code, second.status_code, corrected.status_code] == [200, 409, 200]
    assert second.json()["code"] == "item_already_answered"
    battery = next(i for i in client.get(address).json()["items"] if i["code"] == "battery")
    assert (battery["answered_by"], battery["is_open"]) == (user.email, False)
    assert first.json()["is_complete"] is False
    stale = client.post(f"{address}answer/", {**given, "item": "gnss"}, HTTP_IF_MATCH=first["ETag"])
    assert stale.status_code == 412
    blank = client.post(f"{address}answer/", {**given, "item": "gnss", "evidence": " "})
    assert blank.status_code == 400
    unknown = client.post(f"{address}answer/", {**given, "item": "coffee"})
    assert unknown.status_code == 400


def test_a_frozen_checklist_is_a_conflict(client_for, desk):
    client = client_for(member(desk.operator, "tick_preflightchecklist"))
    type(desk.checklist).objects.update(frozen_at=timezone.now())

    answer = client.post(
        f"{BASE}/checklists/{desk.operation.number}/answer/",
        {"item": "battery", "answer": "done", "evidence": "Full"},
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "checklist_frozen")


def test_a_risk_assessment_goes_from_draft_to_approved(client_for, desk):
    client = client_for(
        maintenance_controller(
            desk.operator,
            "view_smsriskassessment",
            "submit_smsriskassessment",
            "approve_smsriskassessment",
        )
    )
    address = f"{BASE}/risk-assessments/{desk.assessment.number}/"

    submitted = client.post(f"{address}submit/").json()
    approved = client.post(f"{address}approve/", {"comment": "Mast is up"}).json()

    assert (submitted["status"], submitted["level_needed"]) == ("submitted", "department")
    assert submitted["worst_residual_index"] == "Moderate"
    assert approved["status"] == "approved"
    assert approved["approvals"][0]["level"] == "department"
    steps = client.get(f"{address}history/").json()
    assert [step["to_status"] for step in steps] == ["submitted", "approved"]


def test_a_risk_above_ones_level_is_forbidden(client_for, desk):
    client = client_for(
        member(desk.operator, "submit_smsriskassessment", "approve_smsriskassessment")
    )
    address = f"{BASE}/risk-assessments/{desk.assessment.number}/"
    client.post(f"{address}submit/")

    answer = client.post(f"{address}approve/", {})

    assert (answer.status_code, answer.json()["code"]) == (403, "approval_level_too_low")
    assert answer.json()["details"]["needed"] == "department"


@pytest.mark.parametrize(
    ("item", "pointer"),
    [
        ({"likelihood": "F"}, "/items/0/likelihood"),
        ({"severity": 6}, "/items/0/severity"),
        ({"residual_likelihood": "A", "residual_severity": 5}, "/items/0/residual_severity"),
        ({"hazard": ""}, "/items/0/hazard"),
        ({"colour": "red"}, "/items/0/colour"),
    ],
)
def test_items_off_the_matrix_are_refused(client_for, desk, item, pointer):
    client = client_for(member(desk.operator, "add_smsriskassessment"))
    good = {
        "hazard": "H",
        "likelihood": "B",
        "severity": 3,
        "residual_likelihood": "C",
        "residual_severity": 2,
    }
    body = {"operator": desk.operator.name, "title": "T", "context": "C"}

    answer = client.post(f"{BASE}/risk-assessments/", {**body, "items": [{**good, **item}]})
    crowd = client.post(f"{BASE}/risk-assessments/", {**body, "items": [good] * 101})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert crowd.status_code == 400


def test_the_reporter_in_confidence_is_shown_to_the_safety_manager_only(client_for, desk):
    reporter = member(desk.operator, "view_smshazardregister", "add_smshazardregister")
    given = {
        "operator": desk.operator.name,
        "description": "Fatigue",
        "category": "human",
        "likelihood": "B",
        "severity": 3,
        "is_confidential": True,
    }
    made = client_for(reporter).post(f"{BASE}/hazards/", given).json()
    colleague = client_for(member(desk.operator, "view_smshazardregister"))
    manager = client_for(
        member(desk.operator, "view_smshazardregister", "see_reporter_smshazardregister")
    )

    address = f"{BASE}/hazards/{made['number']}/"
    assert colleague.get(address).json()["reporter"] is None
    assert manager.get(address).json()["reporter"] == reporter.email
    listed = colleague.get(f"{BASE}/hazards/", {"search": reporter.email}).json()
    assert listed["count"] == 0
    assert colleague.get(f"{address}history/").json() == []
    hazard = SMSHazardRegister.objects.get(number=made["number"])
    version = hazard.events.select_related("pgh_context").get()
    assert version.pgh_context.metadata == {"user": None, "request_id": "", "through": ""}
    deed = AuditEvent.objects.get(action="hazard.reported", subject_id=str(hazard.pk))
    assert (deed.actor, deed.request_id, deed.address) == (None, "", None)
    open_report = colleague.get(f"{BASE}/hazards/{desk.hazard.number}/").json()
    assert open_report["reporter"] == desk.actor.email


def test_an_anonymous_report_names_nobody_to_anybody(client_for, desk):
    hazard = hazards.report_hazard(
        operator=desk.operator,
        description="D",
        category="other",
        likelihood="E",
        severity=1,
        is_anonymous=True,
        actor=desk.actor,
        at=timezone.now(),
    )
    manager = member(desk.operator, "view_smshazardregister", "see_reporter_smshazardregister")

    found = client_for(manager).get(f"{BASE}/hazards/{hazard.number}/").json()

    assert (found["reporter"], found["is_confidential"]) == (None, True)


def test_hazards_are_found_by_what_is_overdue(client_for, desk):
    client = client_for(member(desk.operator, "view_smshazardregister", "change_smshazardregister"))
    client.patch(
        f"{BASE}/hazards/{desk.hazard.number}/",
        {"action_due_on": "2026-01-10"},
        HTTP_IF_MATCH="*",
    )

    assert count(client, "hazards", overdue_on="2026-01-11") == 1
    assert count(client, "hazards", overdue_on="2026-01-10") == 0
    assert count(client, "hazards", status="closed") == 0


def test_incidents_are_found_by_their_clocks(client_for, desk):
    client = client_for(member(desk.operator, "view_smsincidentreport"))
    for hours in (50, 80):
        moment = timezone.now() - timedelta(hours=hours)
        incidents.report_incident(
            operator=desk.operator,
            classification="flyaway",
            occurred_at=moment,
            aware_at=moment,
            place="Depot",
            narrative="Gone",
            actor=desk.actor,
            at=timezone.now(),
        )

    counts = {color: count(client, "incidents", clock=color) for color in ("green", "amber", "red")}

    assert counts == {"green": 1, "amber": 1, "red": 1}
    amber = client.get(f"{BASE}/incidents/", {"clock": "amber"}).json()["results"][0]
    assert amber["clocks"][0]["color"] == "amber"
    assert 21 * 3600 < amber["clocks"][0]["remaining_s"] <= 22 * 3600
    assert client.get(f"{BASE}/incidents/?clock=blue").status_code == 400


def test_an_incident_with_its_operation_grounds_the_aircraft(client_for, desk):
    client = client_for(member(desk.operator, "add_smsincidentreport"))

    answer = client.post(
        f"{BASE}/incidents/",
        {
            "operator": desk.operator.name,
            "operation": desk.operation.number,
            "classification": "injury",
            "injuries": "serious",
            "occurred_at": timezone.now().isoformat(),
            "place": "North field",
            "position": {"type": "Point", "coordinates": [149.8, -35.4]},
            "time_zone": "Australia/Sydney",
            "narrative": "Struck a bystander.",
        },
    )

    body = answer.json()
    assert answer.status_code == 201
    assert body["is_immediately_reportable"] is True
    assert [clock["kind"] for clock in body["clocks"]] == ["immediate", "written"]
    assert body["position"]["coordinates"] == [149.8, -35.4]
    desk.operation.aircraft.refresh_from_db()
    assert desk.operation.aircraft.status == "quarantined"


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"time_zone": "Mars/Olympus"}, "/time_zone"),
        ({"occurred_at": "0001-01-01T00:00:00Z"}, "/occurred_at"),
        ({"occurred_at": "9999-12-31T23:59:59Z"}, "/occurred_at"),
        ({"position": {"type": "Point", "coordinates": [200, 0]}}, "/position"),
        ({"mass_kg": 0}, "/mass_kg"),
        ({"injuries": "many"}, "/injuries"),
        ({"pilot": "nobody@example.com"}, "/pilot"),
    ],
)
def test_particulars_that_make_no_sense_are_refused(client_for, desk, given, pointer):
    client = client_for(member(desk.operator, "add_smsincidentreport"))
    body = {
        "operator": desk.operator.name,
        "classification": "other",
        "occurred_at": timezone.now().isoformat(),
        "place": "P",
        "narrative": "N",
        **given,
    }

    answer = client.post(f"{BASE}/incidents/", body)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize("name", ["incidents/IN-2026-9999", "hazards/HZ-2026-9999"])
def test_a_number_that_nobody_has_is_not_found(client_for, desk, name):
    client = client_for(member(desk.operator, "view_smsincidentreport", "view_smshazardregister"))

    assert client.get(f"{BASE}/{name}/").status_code == 404


def test_an_area_of_a_plan_may_be_an_area_of_an_authorization(client_for, desk):
    client = client_for(ceo(desk.operator, "grant_operationalauthorization"))
    area = {"type": "Polygon", "coordinates": [[list(p) for p in box().coords[0]]]}

    answer = client.post(f"{BASE}/authorizations/record-granted/", authorization(desk, area=area))

    assert (answer.status_code, answer.json()["status"]) == (201, "granted")
    assert answer.json()["lead_time"] is None


def test_twenty_records_take_as_many_queries_as_one(
    client_for, desk, django_assert_max_num_queries
):
    names = ("view_smshazardregister", "view_smsincidentreport", "view_smsriskassessment")
    client = client_for(member(desk.operator, *names))
    for number in range(20):
        hazards.report_hazard(
            operator=desk.operator,
            description=f"D{number}",
            category="other",
            likelihood="C",
            severity=2,
            is_confidential=True,
            actor=desk.actor,
            at=timezone.now(),
        )

    with django_assert_max_num_queries(12):
        answer = client.get(f"{BASE}/hazards/")
    assert answer.json()["count"] == 21

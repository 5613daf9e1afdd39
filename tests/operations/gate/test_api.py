from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from common.compliance.findings import Stage
from operations.models import FlightRelease, OpsSpec, TripEvidence
from operations.services.assessment import assess_trip, record_assessment
from operations.services.releases import release_trip
from operations.views import release as release_view
from tests.operations.gate.scene import AT, SUBJECT, answers, put_on_file, statuses
from tests.users.factories import UserFactory, hold
from users.models import Role

pytestmark = pytest.mark.django_db
BASE = "/api/operations"


@pytest.fixture(autouse=True)
def moment(monkeypatch):
    """The clock stands at the moment of the story, for what judges weather."""
    monkeypatch.setattr(release_view, "timezone", SimpleNamespace(now=lambda: AT))


@pytest.fixture
def chief(client_for, trip, person_in):
    return client_for(person_in("chief_pilot"))


@pytest.fixture
def dispatcher(client_for, trip, person_in):
    return client_for(person_in("dispatcher"))


def test_an_assessment_names_rule_citation_value_and_limit(chief, trip):
    trip.legs.update(fuel_on_board_kg=600)

    answer = chief.get(f"{BASE}/assessments/?trip={trip.number}&stage=planning")

    assert answer.status_code == 200
    (found,) = [f for f in answer.data["findings"] if f["rule"] == "FAR-135.223-FUEL"]
    assert (found["color"], found["citation"]) == ("red", "14 CFR 135.223(a)")
    assert (found["value"], found["limit"]) == (600, 670.0)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("trip=TR-1&quote_version=1", 400),
        ("trip=TR-2020-9999", 404),
        ("quote_version=999999", 404),
        ("quote_version=one", 400),
        ("stage=never&trip=TR-1", 400),
        ("color=red", 400),
    ],
)
def test_a_question_about_nothing_is_refused(chief, query, status):
    assert chief.get(f"{BASE}/assessments/?{query}").status_code == status


def test_red_findings_refuse_the_release_with_409(chief, trip):
    put = {"trip": trip.number, "acknowledgements": []}
    trip.legs.update(landing_distance_m=2000)

    answer = chief.post(f"{BASE}/releases/", put, format="json")

    assert answer.status_code == 409
    assert answer.json()["code"] == "not_legal"
    (found,) = [f for f in answer.json()["details"]["findings"] if f["rule"] == "FAR-135.385"]
    assert (found["value"], found["limit"]) == (2000.0, 1645.9)
    assert statuses(trip)[0] == "planning"


def overriding(trip):
    trip.legs.update(landing_distance_m=2000)
    record_assessment(assess_trip(trip, stage=Stage.PLANNING, at=timezone.now()))
    return {
        "subject_type": SUBJECT,
        "subject_id": trip.pk,
        "rule": "FAR-135.385",
        "reason": "Analysis 14",
    }


def test_the_chief_pilot_overrides_with_a_reason_that_is_recorded(chief, trip):
    answer = chief.post("/api/compliance/overrides/", overriding(trip), format="json")

    assert answer.status_code == 201
    seen = chief.get(f"{BASE}/assessments/?trip={trip.number}&stage=release").data["findings"]
    (found,) = [f for f in seen if f["rule"] == "FAR-135.385"]
    assert found["color"] == "amber"
    assert found["overridden_reason"].endswith(": Analysis 14")


def test_the_dispatchers_override_is_refused_with_403(dispatcher, trip):
    answer = dispatcher.post("/api/compliance/overrides/", overriding(trip), format="json")

    assert answer.status_code == 403


def test_an_absolute_rule_has_no_override(chief, trip):
    OpsSpec.objects.filter(code="A024").delete()

    answer = chief.post(
        "/api/compliance/overrides/",
        overriding(trip) | {"rule": "OPSPEC-A024"},
        format="json",
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "rule_is_absolute")


def test_a_release_is_read_and_revoked(chief, trip):
    release = release_trip(trip, acknowledgements=[], actor=UserFactory(), at=AT)
    address = f"{BASE}/releases/{release.pk}/"

    seen = chief.get(address)
    revoked = chief.post(f"{address}revoke/", {"reason": "Crew ill"}, format="json")
    again = chief.post(f"{address}revoke/", {"reason": "Crew ill"}, format="json")

    assert seen.data["document"]["aircraft"] == trip.aircraft.tail_number
    assert revoked.data["revoked_because"] == "Crew ill"
    assert (again.status_code, again.json()["code"]) == (409, "release_missing")
    assert chief.get(f"{BASE}/releases/?is_revoked=true").data["count"] == 1
    assert chief.get(f"{BASE}/releases/?is_revoked=false").data["count"] == 0


def test_a_dispatcher_does_not_release(dispatcher, trip):
    answer = dispatcher.post(f"{BASE}/releases/", {"trip": trip.number}, format="json")

    assert answer.status_code == 403
    assert not FlightRelease.objects.exists()


def test_evidence_is_recorded_once_and_withdrawn(dispatcher, trip):
    body = {
        "trip": trip.number,
        "leg": 1,
        "kind": "gendec",
        "reference": "GD 12",
        "details": {"health": "none", "signatory": "Agent"},
    }

    first = dispatcher.post(f"{BASE}/evidence/", body, format="json", HTTP_IDEMPOTENCY_KEY="k1")
    same = dispatcher.post(f"{BASE}/evidence/", body, format="json", HTTP_IDEMPOTENCY_KEY="k1")
    second = dispatcher.post(f"{BASE}/evidence/", body, format="json")
    address = f"{BASE}/evidence/{first.data['id']}/withdraw/"
    gone = dispatcher.post(address, {"reason": "Wrong form"}, format="json")
    twice = dispatcher.post(address, {"reason": "Wrong form"}, format="json")

    assert (first.status_code, same.data["id"]) == (201, first.data["id"])
    assert (second.status_code, second.json()["code"]) == (409, "evidence_exists")
    assert gone.data["withdrawn_because"] == "Wrong form"
    assert twice.status_code == 409


@pytest.mark.parametrize(
    "wrong",
    [
        {"leg": 99},
        {"kind": "rumor"},
        {"details": {"weather": "fine"}},
        {"details": {"cg": "NaN"}},
        {"reference": "x" * 201},
        {"surprise": 1},
    ],
)
def test_malformed_evidence_is_refused(dispatcher, trip, wrong):
    before = TripEvidence.objects.count()
    body = {"trip": trip.number, "kind": "gendec", "reference": "GD 12"} | wrong

    answer = dispatcher.post(f"{BASE}/evidence/", body, format="json")

    assert answer.status_code == 400
    assert TripEvidence.objects.count() == before


def test_dispatch_data_of_a_leg_need_the_version_that_was_read(dispatcher, trip):
    leg = trip.legs.get(sequence=1)
    address, body = f"{BASE}/leg-briefs/{leg.pk}/", {"fuel_on_board_kg": 1200}

    blind = dispatcher.patch(address, body, format="json")
    tag = dispatcher.get(address)["ETag"]
    done = dispatcher.patch(address, body, format="json", HTTP_IF_MATCH=tag)
    late = dispatcher.patch(address, body, format="json", HTTP_IF_MATCH=tag)
    nothing = dispatcher.patch(address, {}, format="json", HTTP_IF_MATCH="*")

    assert blind.status_code == 428
    assert done.data["fuel_on_board_kg"] == 1200
    assert late.status_code == 412
    assert nothing.status_code == 400


def test_a_runway_elsewhere_is_refused(dispatcher, trip):
    leg = trip.legs.get(sequence=1)
    elsewhere = leg.origin.runways.get()

    answer = dispatcher.patch(
        f"{BASE}/leg-briefs/{leg.pk}/",
        {"runway": elsewhere.pk},
        format="json",
        HTTP_IF_MATCH="*",
    )

    assert answer.status_code == 400


def test_the_worksheet_over_http(chief, client_for, trip):
    trip.risk_worksheet.delete()
    pilot = trip.legs.get(sequence=1).crew.get(role="pic").person
    hold(pilot, Role.objects.get(code="pilot"))
    flying = client_for(pilot)

    body = {"trip": trip.number, "answers": answers(terrain="mountains")}
    made = flying.post(f"{BASE}/risk-worksheets/", body, format="json")
    address = f"{BASE}/risk-worksheets/{made.data['id']}/"
    others = chief.post(f"{address}sign/")
    signed = flying.post(f"{address}sign/")
    needless = chief.post(f"{address}approve/")

    assert (made.status_code, made.data["score"]) == (201, 8)
    assert (others.status_code, others.json()["code"]) == (403, "not_pilot_in_command")
    assert signed.data["signed_by"] == pilot.email
    assert needless.json()["code"] == "approval_not_needed"
    factors = chief.get(f"{BASE}/risk-worksheets/template/").data["factors"]
    assert len(factors) == 12


def test_operations_specifications_are_kept_by_the_chief_pilot(chief, dispatcher, trip):
    body = {"code": "C049", "title": "Destination airport analysis", "issued_on": "2026-01-01"}

    refused = dispatcher.post(f"{BASE}/opsspecs/", body, format="json")
    made = chief.post(f"{BASE}/opsspecs/", body, format="json")
    twice = chief.post(f"{BASE}/opsspecs/", body, format="json")
    ended = chief.patch(
        f"{BASE}/opsspecs/{made.data['id']}/",
        {"expires_on": "2025-12-31"},
        format="json",
        HTTP_IF_MATCH=made["ETag"],
    )

    assert [refused.status_code, made.status_code, twice.status_code] == [403, 201, 400]
    assert ended.status_code == 400


@pytest.mark.parametrize("route", ["releases", "risk-worksheets", "evidence", "leg-briefs"])
def test_lists_ask_the_same_number_of_statements_however_long(chief, trip, route):
    release_trip(trip, acknowledgements=[], actor=UserFactory(), at=AT)
    counts = []
    for kind in ("low_terrain", "local_area"):
        with CaptureQueriesContext(connection) as queries:
            assert chief.get(f"{BASE}/{route}/").status_code == 200
        counts.append(len(queries))
        put_on_file(trip, kind)

    assert counts[0] == counts[1]

"""Patients, medical requirements and passengers over HTTP: who may, bad input, edits, repeats."""

from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.models import AuditEvent
from operations.models import MedicalRequirement, Passenger, Patient, PatientAccess
from tests.operations.factories import (
    PassengerFactory,
    PatientFactory,
    RequirementFactory,
    TripFactory,
)
from tests.operations.privacy.conftest import EVERY
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
BASE = "/api/operations"
MODELS = {"patients": Patient, "requirements": MedicalRequirement, "passengers": Passenger}
CHANGES = {
    "patients": {"mass_kg": 90},
    "requirements": {"escorts": 2},
    "passengers": {"baggage_kg": 12},
}


def row_of(kind):
    """A row and the key in its address."""
    if kind == "patients":
        patient = PatientFactory(known=True)
        return patient, patient.number
    row = RequirementFactory() if kind == "requirements" else PassengerFactory(known=True)
    return row, row.pk


def command(kind):
    """A body that is accepted."""
    return {
        "patients": lambda: {"mass_kg": 82, "family_name": "Novak", "given_names": "Eva"},
        "requirements": lambda: {"patient": PatientFactory().number, "team": ["flight_nurse"]},
        "passengers": lambda: {"trip": TripFactory(legs=2).number, "legs": [1, 2], "mass_kg": 70},
    }[kind]()


@pytest.fixture
def callers(api, client_for):
    """Clients of: nobody, an employee without grants, a client of ours with every grant."""
    employee, outsider = UserFactory(), UserFactory()
    grant(employee)
    grant(outsider, *EVERY, is_staff_role=False)
    return SimpleNamespace(nobody=api, idle=client_for(employee), outsider=client_for(outsider))


@pytest.mark.parametrize("kind", MODELS)
def test_who_may_read(kind, callers, client):
    _, key = row_of(kind)
    address, purpose = f"{BASE}/{kind}/{key}/", {"purpose": "care"}
    query = {} if kind == "requirements" else purpose

    for path in (f"{BASE}/{kind}/", address):
        assert callers.nobody.get(path).status_code == 401
        assert callers.idle.get(path).status_code == 403
    assert callers.outsider.get(address, query).status_code == 404
    assert callers.outsider.get(f"{BASE}/{kind}/").json()["results"] == []
    answer = client.get(address, query)
    assert answer.status_code == 200, answer.json()
    assert answer["ETag"] == f'"{answer.json()["version"]}"'
    assert client.get(address, {"surprise": 1}).status_code == 400
    assert client.get(f"{BASE}/{kind}/", {"purpose": "care"}).status_code == 400


@pytest.mark.parametrize("kind", MODELS)
def test_who_may_enter_and_once_for_each_key(kind, callers, client):
    body, model, address = command(kind), MODELS[kind], f"{BASE}/{kind}/"
    before = model.objects.count()

    assert callers.nobody.post(address, body).status_code == 401
    assert callers.idle.post(address, body).status_code == 403
    assert client.post(address, {**body, "surprise": 1}).status_code == 400
    first, again = (client.post(address, body, HTTP_IDEMPOTENCY_KEY="k1") for _ in range(2))
    assert first.status_code == 201, first.json()
    assert (again.json(), again["Idempotent-Replay"]) == (first.json(), "true")
    assert model.objects.count() == before + 1
    other = {**body, **CHANGES[kind]}
    assert client.post(address, other, HTTP_IDEMPOTENCY_KEY="k1").status_code == 422


@pytest.mark.parametrize("kind", MODELS)
def test_an_edit_needs_if_match_and_changes_one_version_only(kind, callers, client):
    row, key = row_of(kind)
    address, change, etag = f"{BASE}/{kind}/{key}/", CHANGES[kind], f'"{row.version}"'

    assert callers.nobody.patch(address, change).status_code == 401
    assert callers.idle.patch(address, change).status_code == 403
    assert callers.outsider.patch(address, change, HTTP_IF_MATCH=etag).status_code == 404
    assert client.patch(address, change).status_code == 428
    assert client.patch(address, change, HTTP_IF_MATCH='"999"').status_code == 412
    for wrong in ({}, {"surprise": 1}):
        assert client.patch(address, wrong, HTTP_IF_MATCH=etag).status_code == 400
    answer = client.patch(address, change, HTTP_IF_MATCH=etag)
    assert answer.status_code == 200, answer.json()
    assert change.items() <= answer.json().items()
    assert client.patch(address, change, HTTP_IF_MATCH=etag).status_code == 412
    assert client.delete(address).status_code in (403, 405)


@pytest.mark.parametrize(
    "path",
    [
        "patients/PT-2026-9999/",
        "patients/PT-2026-9999/accesses/",
        "requirements/999999/",
        "passengers/999999/",
        "patients/Novak/",
    ],
)
def test_what_is_not_there_is_not_found(path, client):
    assert client.get(f"{BASE}/{path}").status_code == 404


LONG = "x" * 10_001
BAD = [
    ("patients", {"mass_kg": 0}),
    ("patients", {"mass_kg": 401}),
    ("patients", {"mass_kg": "heavy"}),
    ("patients", {"needs_stretcher": "perhaps"}),
    ("patients", {"family_name": ""}),
    ("patients", {"family_name": "x" * 101}),
    ("patients", {"family_name": ["Novak"]}),
    ("patients", {"date_of_birth": "02.04.1961"}),
    ("patients", {"date_of_birth": "2999-01-01"}),
    ("patients", {"sex": "Novak"}),
    ("patients", {"medical_record_number": "x" * 41}),
    ("patients", {"next_of_kin": "x" * 501}),
    ("patients", {"diagnosis": LONG}),
    ("patients", {"diagnosis": {"text": "x"}}),
    ("patients", {"notes": "a\x00b"}),
    ("patients", {"is_another_person": "who knows"}),
    ("patients", {"number": "PT-2026-0001"}),
    ("requirements", {"patient": "Novak"}),
    ("requirements", {"patient": 7}),
    ("requirements", {"patient": True}),
    ("requirements", {"acuity": "bad"}),
    ("requirements", {"team": ["surgeon"]}),
    ("requirements", {"team": "physician"}),
    ("requirements", {"team": []}),
    ("requirements", {"team": ["physician"] * 7}),
    ("requirements", {"equipment": ["x" * 61]}),
    ("requirements", {"equipment": ["Ventilator"] * 41}),
    ("requirements", {"equipment_mass_kg": -1}),
    ("requirements", {"oxygen_flow_lpm": "100.1"}),
    ("requirements", {"oxygen_flow_lpm": "4.25"}),
    ("requirements", {"oxygen_flow_lpm": "NaN"}),
    ("requirements", {"oxygen_reserve": -1}),
    ("requirements", {"escorts": 21}),
    ("requirements", {"max_cabin_altitude_ft": 15_001}),
    ("requirements", {"decision": "fit"}),
    ("passengers", {"trip": "TR-0000-0000"}),
    ("passengers", {"legs": [3]}),
    ("passengers", {"legs": ["one"]}),
    ("passengers", {"legs": "1"}),
    ("passengers", {"role": "captain"}),
    ("passengers", {"mass_kg": 500}),
    ("passengers", {"baggage_kg": 501}),
    ("passengers", {"nationality": "Portugal"}),
    ("passengers", {"residence": "Portugal"}),
    ("passengers", {"sex": "m"}),
    ("passengers", {"document_kind": "library card"}),
    ("passengers", {"document_number": "x" * 41}),
    ("passengers", {"document_expires_on": "soon"}),
    ("passengers", {"date_of_birth": "2999-01-01"}),
]


@pytest.mark.parametrize(("kind", "wrong"), BAD, ids=lambda value: str(value)[:60])
def test_what_makes_no_sense_is_refused_with_a_pointer_and_nothing_is_written(kind, wrong, client):
    body, (name, value) = command(kind), next(iter(wrong.items()))
    before = MODELS[kind].objects.count()

    answer = client.post(f"{BASE}/{kind}/", {**body, **wrong})

    assert answer.status_code == 400, answer.json()
    if "\x00" not in str(value):
        assert any(e["pointer"].startswith(f"/{name}") for e in answer.json()["errors"])
    # What was sent may be a name in the wrong place: it does not come back.
    assert "Novak" not in answer.content.decode()
    assert MODELS[kind].objects.count() == before


@pytest.mark.parametrize("kind", MODELS)
def test_a_body_that_is_no_object_is_refused(kind, client):
    for body in ("[]", '"x"', "{", "NaN"):
        answer = client.post(f"{BASE}/{kind}/", body, content_type="application/json")
        assert answer.status_code == 400, body


def test_answers_about_people_are_kept_nowhere(client):
    patient, passenger = PatientFactory(known=True), PassengerFactory(known=True)
    answers = [
        client.get(f"{BASE}/patients/"),
        client.get(f"{BASE}/patients/{patient.number}/", {"purpose": "care"}),
        client.get(f"{BASE}/patients/{patient.number}/"),
        client.post(f"{BASE}/patients/", {}),
        client.post(f"{BASE}/patients/search/", {}),
        client.get(f"{BASE}/passengers/{passenger.pk}/", {"purpose": "care"}),
    ]

    assert {answer["Cache-Control"] for answer in answers} == {"no-store, private"}


def test_a_person_shows_only_with_a_purpose(client):
    patient = PatientFactory(known=True)

    for query in ({}, {"purpose": ""}, {"purpose": "curiosity"}):
        answer = client.get(f"{BASE}/patients/{patient.number}/", query)
        assert answer.status_code == 400, query
        assert "Example" not in answer.content.decode()
    assert not PatientAccess.objects.exists()


def test_without_a_record_of_the_look_there_is_no_answer(client, monkeypatch):
    patient, passenger = PatientFactory(known=True), PassengerFactory(known=True)

    def refuse(*args, **kwargs):
        raise ConnectionError("the log is full")

    monkeypatch.setattr(PatientAccess.objects, "create", refuse)
    monkeypatch.setattr(type(passenger.accesses), "bulk_create", refuse, raising=False)
    client.raise_request_exception = False
    answer = client.get(f"{BASE}/patients/{patient.number}/", {"purpose": "care"})

    assert answer.status_code == 500
    assert answer.json()["code"] == "internal_error"
    assert "Example" not in answer.content.decode()


def test_a_search_is_a_post_finds_however_it_is_written_and_is_on_record(client, physician):
    patient = PatientFactory(known=True)
    address = f"{BASE}/patients/search/"

    by_number = client.post(
        address, {"purpose": "transport", "medical_record_number": "rpa-00417 2"}
    )
    by_birth = client.post(
        address,
        {
            "purpose": "care",
            "family_name": "EXAMPLE",
            "given_names": "Ána",
            "date_of_birth": "1961-04-02",
        },
    )
    nobody = client.post(address, {"purpose": "care", "medical_record_number": "RPA 99"})

    assert [row["number"] for row in by_number.json()] == [patient.number]
    assert [row["number"] for row in by_birth.json()] == [patient.number]
    assert nobody.json() == []
    assert "Example" not in by_number.content.decode() + by_birth.content.decode()
    looked = PatientAccess.objects.order_by("pk").values_list("kind", "patient", "purpose", "user")
    assert list(looked) == [
        ("search_record", patient.pk, "transport", physician.pk),
        ("search_birth", patient.pk, "care", physician.pk),
        ("search_record", None, "care", physician.pk),
    ]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"medical_record_number": "A1"},
        {"purpose": "care"},
        {"purpose": "care", "family_name": "Example"},
        {"purpose": "care", "medical_record_number": "A1", "family_name": "Example"},
        {"purpose": "care", "family_name": "E", "given_names": "A", "date_of_birth": "1961"},
        {"purpose": "curiosity", "medical_record_number": "A1"},
    ],
    ids=str,
)
def test_half_a_search_is_none(body, client):
    assert client.post(f"{BASE}/patients/search/", body).status_code == 400
    assert not PatientAccess.objects.exists()


def test_every_look_is_in_the_list_of_who_looked(client, physician, callers):
    patient = PatientFactory(known=True)
    address = f"{BASE}/patients/{patient.number}/"
    client.get(address, {"purpose": "care"}, HTTP_X_REQUEST_ID="ward-4")

    assert callers.nobody.get(f"{address}accesses/").status_code == 401
    assert callers.idle.get(f"{address}accesses/").status_code == 403
    (row,) = client.get(f"{address}accesses/").json()["results"]
    assert row["user"] == physician.email
    assert row["groups"] == ["reference", "needs", "identity", "medical"]
    assert (row["kind"], row["purpose"], row["via"]) == ("read", "care", "grant")
    assert (row["request_id"], row["address"]) == ("ward-4", "127.0.0.1")


def test_a_machine_sees_what_its_token_names_and_no_more(client_for, physician, monkeypatch):
    patient = PatientFactory(known=True)
    scopes = {"operations.view_patient", "operations.view_needs_patient"}
    caller = client_for(physician)
    real = "users.authentication.SessionTokenAuthentication.authenticate"

    def scoped(self, request):
        return physician, SimpleNamespace(scopes=scopes)

    monkeypatch.setattr(real, scoped)
    body = caller.get(f"{BASE}/patients/{patient.number}/").json()

    assert body["mass_kg"] == 82
    assert "family_name" in body["withheld"]
    assert "diagnosis" not in body


@pytest.mark.parametrize("kind", MODELS)
def test_a_list_takes_the_same_number_of_statements_however_long(kind, client):
    def statements():
        with CaptureQueriesContext(connection) as seen:
            assert client.get(f"{BASE}/{kind}/").status_code == 200
        return len(seen)

    row_of(kind)
    statements()
    few = statements()
    for _ in range(4):
        row_of(kind)

    assert statements() == few


def test_nothing_refused_is_in_the_audit_trail(client):
    client.post(f"{BASE}/patients/", {"mass_kg": 0})

    assert not AuditEvent.objects.filter(subject_type="operations.patient").exists()


def test_who_may_not_search_does_not_learn_who_is_on_file(client, client_for):
    """The answer is that for somebody nobody knows; a search is on record, this would not be."""
    known = {"medical_record_number": "RPA 00417-2", "mass_kg": 82}
    assert client.post(f"{BASE}/patients/", known).status_code == 201
    clerk = UserFactory()
    grant(clerk, "operations.add_patient", "operations.view_patient")

    told = client.post(f"{BASE}/patients/", known)
    untold = client_for(clerk).post(f"{BASE}/patients/", known)
    other = client_for(clerk).post(f"{BASE}/patients/", {**known, "medical_record_number": "RPA 9"})

    assert (told.status_code, told.json()["code"]) == (409, "patient_on_file")
    assert untold.status_code == other.status_code == 201
    assert set(untold.json()) == set(other.json())
    assert untold.json().keys() == other.json().keys()

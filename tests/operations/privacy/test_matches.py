"""A patient registered twice by who may not search: marked for who may find out, told to nobody."""

from datetime import date

import pytest
from django.contrib.messages import get_messages
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from common.exceptions import TransitionNotAllowed
from common.models import AuditEvent, OutboxEvent
from operations.models import Patient, PatientMatch
from operations.services.patient_matches import settle_match
from operations.services.patients import register_patient
from tests.operations.factories import PatientMatchFactory
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
URL = "/api/operations/patient-matches/"
WHO = {
    "family_name": "Novak",
    "given_names": "Eva",
    "date_of_birth": date(1961, 4, 2),
    "medical_record_number": "RPA-7",
}


@pytest.fixture
def first(desk, now):
    return register_patient(**WHO, actor=desk, at=now)


@pytest.mark.parametrize(
    "same",
    [
        {"medical_record_number": "rpa 7"},
        {"family_name": "NOVAK", "given_names": "Eva", "date_of_birth": date(1961, 4, 2)},
        # Nobody who may not search can know that.
        {"medical_record_number": "rpa 7", "is_another_person": True},
    ],
    ids=["record", "birth", "said to be another"],
)
def test_who_may_not_search_leaves_a_mark_for_who_may(first, same, desk, now):
    second = register_patient(**same, may_search=False, actor=desk, at=now)

    match = PatientMatch.objects.get()
    assert (match.patient, match.looks_like, match.status) == (second, first, "open")
    event = OutboxEvent.objects.get(name="operations.patient_matched")
    assert event.payload["match_id"] == match.pk
    deed = AuditEvent.objects.get(action="patient_match.noted")
    written = f"{deed.details}{deed.subject_label}{deed.reason}{match}".casefold()
    assert not any(name in written for name in ("novak", "eva", "rpa", "1961"))


def test_nobody_else_leaves_one(first, desk, now):
    register_patient(medical_record_number="RPA 8", may_search=False, actor=desk, at=now)
    register_patient(**WHO, is_another_person=True, actor=desk, at=now)

    assert Patient.objects.count() == 3
    assert not PatientMatch.objects.exists()


def test_a_mark_is_settled_and_may_be_settled_otherwise(desk, now):
    match = PatientMatchFactory()

    assert settle_match(match, is_same=True, actor=desk, at=now).status == "same_person"
    with pytest.raises(TransitionNotAllowed):
        settle_match(match, is_same=True, actor=desk, at=now)
    again = settle_match(match, is_same=False, actor=desk, at=now)

    assert (again.status, again.settled_by, again.settled_at) == ("another_person", desk, now)
    assert AuditEvent.objects.filter(action="patient_match.settled").count() == 2
    for change in ({"settled_by": None}, {"looks_like": match.patient_id}):
        with pytest.raises(IntegrityError), transaction.atomic():
            PatientMatch.objects.update(**change)


def test_over_http_only_who_may_search_hears_of_it(client_for, person_in, first):
    clerk = UserFactory()
    grant(clerk, "operations.add_patient", "operations.view_patient")
    known = {"medical_record_number": "RPA 7", "mass_kg": 82}
    made = client_for(clerk).post("/api/operations/patients/", known)
    coordinator = client_for(person_in("flight_coordinator"))

    (row,) = coordinator.get(f"{URL}?status=open").json()["results"]

    assert made.status_code == 201
    assert (row["patient"], row["looks_like"]) == (made.json()["number"], first.number)
    assert set(row) == {
        "id",
        "patient",
        "looks_like",
        "status",
        "noted_at",
        "settled_by",
        "settled_at",
        "version",
    }
    url = f"{URL}{row['id']}/"
    for nobody in (clerk, person_in("dispatcher"), person_in("pilot")):
        assert client_for(nobody).get(URL).status_code == 403
        assert client_for(nobody).post(f"{url}settle/", {"is_same": True}).status_code == 403
    answers = [
        coordinator.post(f"{url}settle/", {}),
        coordinator.post(f"{url}settle/", {"is_same": "perhaps"}),
        coordinator.post(f"{URL}999999/settle/", {"is_same": True}),
        coordinator.post(f"{url}settle/", {"is_same": True}),
        coordinator.post(f"{url}settle/", {"is_same": True}),
    ]
    assert [answer.status_code for answer in answers] == [400, 400, 404, 200, 409]
    assert coordinator.get(url).json()["status"] == "same_person"


def test_the_list_opens_nothing_and_takes_as_many_statements_for_many(client_for, person_in):
    coordinator = client_for(person_in("flight_coordinator"))
    counts = []
    for more in (1, 4):
        for _ in range(more):
            PatientMatchFactory()
        with CaptureQueriesContext(connection) as queries:
            page = coordinator.get(URL)
        counts.append(len(queries))

    assert len(page.json()["results"]) == 5
    assert counts[0] == counts[1]
    assert not any("family_name" in query["sql"] for query in queries)


def test_in_the_admin_it_is_settled_by_who_may():
    client = Client()
    match = PatientMatchFactory()
    viewer = UserFactory()
    grant(viewer, "operations.view_patientmatch")
    client.force_login(viewer, backend="users.backends.RoleBackend")
    url = reverse("admin:operations_patientmatch_changelist")

    def do(action):
        answer = client.post(url, {"action": action, "sure": "1", "_selected_action": [match.pk]})
        match.refresh_from_db()
        return " ".join(str(message) for message in get_messages(answer.wsgi_request))

    assert match.patient.number.encode() in client.get(url).content
    do("same")
    assert match.status == "open"
    grant(viewer, "operations.settle_patientmatch")
    assert "one person" in do("same")
    assert "two people" in do("another")
    assert match.status == "another_person"

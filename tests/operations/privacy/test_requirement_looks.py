"""What a patient needs is read on record: who, of whom, when, one row a patient."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from operations.models import PatientAccess
from tests.browser import enter
from tests.operations.factories import RequirementFactory
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
BASE = "/api/operations/requirements/"
VIEW = "operations.view_medicalrequirement"


def looks():
    rows = PatientAccess.objects.order_by("pk")
    return list(rows.values_list("user", "patient", "kind", "groups", "via", "purpose"))


def told(person, requirement):
    return (person.pk, requirement.patient_id, "read", ["requirement"], "grant", "")


def test_reading_what_a_patient_needs_is_written_down(client, physician):
    requirement = RequirementFactory()

    answer = client.get(f"{BASE}{requirement.pk}/")

    assert (answer.status_code, answer.json()["acuity"]) == (200, "advanced")
    assert answer["ETag"]
    assert looks() == [told(physician, requirement)]


def test_a_list_is_a_look_at_each_that_it_shows_in_as_many_statements(client, physician):
    first, second, third = (RequirementFactory() for _ in range(3))

    def cost(size):
        client.get(BASE, {"page_size": size})
        with CaptureQueriesContext(connection) as asked:
            assert len(client.get(BASE, {"page_size": size}).json()["results"]) == size
        return len(asked)

    few, many = cost(1), cost(3)

    assert few == many
    assert looks()[-3:] == [told(physician, each) for each in (third, second, first)]
    assert len(looks()) == 8


def test_the_list_in_the_admin_shows_and_filters_by_nothing_that_is_needed():
    RequirementFactory(acuity="critical", is_stretcher=True)
    person, page = UserFactory(), Client()
    grant(person, VIEW)
    enter(page, person)
    address = reverse("admin:operations_medicalrequirement_changelist")

    answer = page.get(address)

    assert answer.context["cl"].list_display[-2:] == ["patient", "decided_at"]
    assert "ritical" not in answer.content.decode()
    assert page.get(address, {"acuity__exact": "critical"}).status_code == 400
    assert looks() == []


def test_who_is_refused_looked_at_nothing(client_for, client):
    requirement, person = RequirementFactory(), UserFactory()
    grant(person, "operations.view_trip")

    assert client_for(person).get(f"{BASE}{requirement.pk}/").status_code == 403
    assert client.get(f"{BASE}{10**9}/").status_code == 404
    assert looks() == []


def test_nothing_is_shown_where_the_look_cannot_be_written_down(client, monkeypatch):
    def refuse(*args, **kwargs):
        raise RuntimeError("no log")

    requirement = RequirementFactory()
    monkeypatch.setattr(PatientAccess.objects, "bulk_create", refuse)

    for address in (BASE, f"{BASE}{requirement.pk}/"):
        with pytest.raises(RuntimeError, match="no log"):
            client.get(address)


def test_the_page_of_a_requirement_is_a_look_and_a_refused_one_is_not():
    requirement, person, other = RequirementFactory(), UserFactory(), UserFactory()
    grant(person, VIEW)
    grant(other, "operations.view_trip")
    page, refused = Client(), Client()
    enter(page, person)
    enter(refused, other)
    address = reverse("admin:operations_medicalrequirement_change", args=[requirement.pk])

    assert page.get(address).status_code == 200
    assert refused.get(address).status_code == 403
    assert looks() == [told(person, requirement)]

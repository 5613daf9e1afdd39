"""Every seeded role against every field of a patient and of a passenger, read over HTTP."""

import sys

import pytest

from operations.models import Passenger, Patient
from operations.models.passenger import SEALED_OF_PASSENGERS
from operations.models.patient import SEALED
from operations.privacy import PASSENGER_FIELDS, PATIENT_FIELDS
from tests.operations.factories import PassengerFactory, PatientFactory
from users.role_grants import ROLES

pytestmark = pytest.mark.django_db
CODES = [spec.code for spec in ROLES]

NUMBER = {"number"}
NEEDS = {"mass_kg", "needs_stretcher", "needs_infection_precautions"}
IDENTITY = {
    "family_name",
    "given_names",
    "date_of_birth",
    "sex",
    "medical_record_number",
    "next_of_kin",
    "physician_contact",
}
MEDICAL = {"diagnosis", "medications", "allergies", "infectious_status", "notes"}
ALL = NUMBER | NEEDS | IDENTITY | MEDICAL
# Written down by hand; a role that is not here sees nothing.
PATIENT = {
    "admin": ALL,
    "medical_staff": ALL,
    "medical_director": ALL,
    "flight_coordinator": NUMBER | NEEDS | IDENTITY,
    "dispatcher": NUMBER | NEEDS,
    "chief_pilot": NUMBER | NEEDS,
    "pilot": NUMBER | NEEDS,
    "accountant": NUMBER,
}
PLACE = {"id", "trip", "legs", "role", "mass_kg", "baggage_kg"}
MANIFEST = set(SEALED_OF_PASSENGERS)
PASSENGER = {
    "admin": PLACE | MANIFEST,
    "dispatcher": PLACE | MANIFEST,
    "flight_coordinator": PLACE | MANIFEST,
    "chief_pilot": PLACE | MANIFEST,
    "pilot": PLACE | MANIFEST,
    "medical_staff": PLACE,
    "medical_director": PLACE,
}
ALWAYS = {"version", "withheld"}


@pytest.mark.parametrize("code", CODES)
def test_a_role_sees_of_a_patient_what_it_is_to_see_and_no_more(code, person_in, client_for):
    patient = PatientFactory(known=True)
    caller = client_for(person_in(code))

    answer = caller.get(f"/api/operations/patients/{patient.number}/", {"purpose": "transport"})

    expected = PATIENT.get(code, set())
    if not expected:
        assert answer.status_code == 403
        return
    body = answer.json()
    assert set(body) - ALWAYS == expected
    assert set(body["withheld"]) == ALL - expected
    values = {name: getattr(patient, name) for name in ALL - expected}
    hidden = [str(value) for name, value in values.items() if name not in NEEDS]
    assert [text for text in hidden if text in answer.content.decode()] == []


@pytest.mark.parametrize("code", CODES)
def test_a_role_sees_of_a_passenger_what_it_is_to_see_and_no_more(code, person_in, client_for):
    passenger = PassengerFactory(known=True)

    answer = client_for(person_in(code)).get(
        f"/api/operations/passengers/{passenger.pk}/", {"purpose": "transport"}
    )

    expected = PASSENGER.get(code, set())
    if not expected:
        assert answer.status_code == 403
        return
    body = answer.json()
    assert set(body) - ALWAYS == expected
    assert set(body["withheld"]) == (PLACE | MANIFEST) - expected


@pytest.mark.parametrize("code", sorted(PATIENT))
def test_a_list_shows_nobody_who_a_patient_is(code, person_in, client_for):
    PatientFactory(known=True)

    (row,) = client_for(person_in(code)).get("/api/operations/patients/").json()["results"]

    plain = {"number", "mass_kg", "needs_stretcher"}
    assert set(row) == (PATIENT[code] & plain) | {"version"}


def test_every_column_of_a_patient_is_in_one_group_or_is_nobodys():
    # Bookkeeping, and fingerprints for the search alone.
    nobodys = {"id", "created_at", "updated_at", "version", "seal_id"}
    nobodys |= {"record_index", "birth_index"}

    grouped = [field for group in PATIENT_FIELDS.values() for field in group.fields]
    derived = {"needs_infection_precautions"}
    assert len(grouped) == len(set(grouped))
    assert {f.name for f in Patient._meta.concrete_fields} == (set(grouped) - derived) | nobodys
    assert set(SEALED) - {"record_index", "birth_index"} == IDENTITY | MEDICAL


def test_every_column_of_a_passenger_is_in_one_group_or_is_nobodys():
    grouped = [field for group in PASSENGER_FIELDS.values() for field in group.fields]
    columns = {f.name for f in Passenger._meta.concrete_fields} | {"legs"}

    assert len(grouped) == len(set(grouped))
    assert columns - set(grouped) == {"created_at", "updated_at", "version", "seal_id"}


def test_the_matrix_counts_what_it_checks(capsys):
    with capsys.disabled():
        sys.stdout.write(
            f"\nrole x patient field: {len(CODES)} roles x {len(ALL)} fields ="
            f" {len(CODES) * len(ALL)} cells, {sum(map(len, PATIENT.values()))} visible;"
            f" passenger: {len(CODES) * len(PLACE | MANIFEST)} cells,"
            f" {sum(map(len, PASSENGER.values()))} visible\n"
        )

    assert set(PATIENT) | set(PASSENGER) < set(CODES)

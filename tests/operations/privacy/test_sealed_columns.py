"""Encrypted columns of real rows: round trip, tampering, swapping, and what the ORM refuses."""

import pytest
from django.core import serializers
from django.core.exceptions import FieldError
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from psycopg import sql

from common.encryption import SealBroken, Sealed
from operations.models import Patient
from operations.models.patient import SEALED
from tests.operations.factories import PatientFactory

pytestmark = pytest.mark.django_db
COLUMNS = [name for name in SEALED if not name.endswith("_index")]


def raw(patient, column):
    with connection.cursor() as cursor:
        statement = sql.SQL("SELECT {} FROM operations_patient WHERE id = %s")
        cursor.execute(statement.format(sql.Identifier(column)), [patient.pk])
        (value,) = cursor.fetchone()
    return None if value is None else bytes(value)


def write(patient, column, value):
    with connection.cursor() as cursor:
        statement = sql.SQL("UPDATE operations_patient SET {} = %s WHERE id = %s")
        cursor.execute(statement.format(sql.Identifier(column)), [value, patient.pk])


@given(
    text=st.none() | st.text(st.characters(codec="utf-8"), max_size=100),
    born=st.none() | st.dates(),
)
@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_row_gives_back_what_it_was_given_and_the_table_holds_none_of_it(text, born):
    patient = PatientFactory(family_name=text, date_of_birth=born)

    again = Patient.objects.get(pk=patient.pk)

    assert (again.family_name, again.date_of_birth) == (text, born)
    assert (raw(patient, "family_name") is None) == (text is None)
    assert not text or len(text) < 4 or text.encode() not in raw(patient, "family_name")


def test_nothing_known_and_known_to_be_none_are_kept_apart():
    unknown, none = PatientFactory(), PatientFactory(infectious_status="")

    rows = Patient.objects.order_by("pk")
    assert [row.infectious_status for row in rows] == [None, ""]
    assert [row.needs_infection_precautions for row in rows] == [None, False]
    assert list(Patient.objects.filter(infectious_status__isnull=True)) == [unknown]
    assert Patient.objects.get(infectious_status__isnull=False) == none


@pytest.mark.parametrize("column", COLUMNS)
def test_one_byte_altered_in_the_table_raises_and_shows_no_ciphertext(column):
    patient = PatientFactory(known=True)
    data = bytearray(raw(patient, column))
    data[-1] ^= 1
    write(patient, column, bytes(data))

    with pytest.raises(SealBroken) as broken:
        getattr(Patient.objects.get(pk=patient.pk), column)

    assert data.hex() not in str(broken.value)


def test_a_value_swapped_between_rows_or_columns_raises():
    one, other = PatientFactory(known=True), PatientFactory(known=True, family_name="Other")
    write(one, "family_name", raw(other, "family_name"))
    write(other, "allergies", raw(other, "diagnosis"))

    with pytest.raises(SealBroken, match=r"operations\.patient\.family_name"):
        Patient.objects.get(pk=one.pk).family_name  # noqa: B018
    with pytest.raises(SealBroken, match=r"operations\.patient\.allergies"):
        Patient.objects.get(pk=other.pk).allergies  # noqa: B018


def test_what_a_row_is_bound_to_cannot_be_changed():
    one, other = PatientFactory(), PatientFactory()

    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        write(one, "seal_id", other.seal_id)


def test_a_row_saved_again_keeps_what_nobody_touched():
    patient = PatientFactory(known=True)
    before = raw(patient, "diagnosis")

    again = Patient.objects.get(pk=patient.pk)
    again.family_name = "New"
    again.save()

    assert raw(patient, "diagnosis") == before
    assert Patient.objects.get(pk=patient.pk).family_name == "New"


def test_sealed_columns_are_never_filtered_updated_or_exported():
    patient = PatientFactory(known=True)

    with pytest.raises(FieldError):
        Patient.objects.get(family_name="Example")
    with pytest.raises(FieldError):
        Patient.objects.filter(family_name__icontains="Exam").exists()
    with pytest.raises(TypeError, match="written by saving its row"), transaction.atomic():
        Patient.objects.update(family_name="Example")
    with pytest.raises(TypeError, match="not exported"):
        serializers.serialize("json", [patient])
    (value,) = Patient.objects.values_list("family_name", flat=True)
    assert isinstance(value, Sealed)
    assert str(value) == "<sealed>"


@pytest.mark.parametrize(
    ("column", "value"),
    [("family_name", 7), ("date_of_birth", "1961-04-02"), ("family_name", "x" * 101)],
)
def test_a_value_of_another_kind_is_refused_without_being_quoted(column, value):
    with pytest.raises((TypeError, ValueError)) as refusal:
        PatientFactory(**{column: value})

    assert str(value) not in str(refusal.value)


def test_rows_made_in_bulk_are_encrypted_and_found():
    Patient.objects.bulk_create(
        [Patient(number=f"PT-2026-900{n}", medical_record_number=f"A-{n}") for n in range(2)]
    )

    index = Patient._meta.get_field("record_index")
    assert Patient.objects.get(record_index__in=index.candidates("A1")).number == "PT-2026-9001"


def test_a_list_opens_nothing(django_assert_num_queries, monkeypatch):
    PatientFactory.create_batch(3, known=True)
    monkeypatch.setattr("common.encryption.unseal", None)

    with django_assert_num_queries(1):
        assert [row.mass_kg for row in Patient.objects.defer(*SEALED)] == [82, 82, 82]

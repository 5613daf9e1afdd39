"""`rotate_keys`: two keys, stopped half-way, a row that does not open."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from common.encryption import SealBroken
from operations.models import Passenger, Patient
from operations.models.patient import SEALED
from operations.queries.patients import with_name_and_birth, with_record_number
from tests.operations.factories import PassengerFactory, PatientFactory
from tests.operations.privacy.test_sealed_columns import raw, write

pytestmark = pytest.mark.django_db
OLD, NEW = ("k1", bytes(range(32))), ("k2", bytes(range(32, 64)))
COLUMNS = [name for name in SEALED if not name.endswith("_index")]


@pytest.fixture(autouse=True)
def old_key(settings):
    settings.FIELD_ENCRYPTION_KEYS = (OLD,)


def rotate(*arguments):
    out = StringIO()
    call_command("rotate_keys", "--json", *arguments, stdout=out)
    return {row["model"]: row for row in json.loads(out.getvalue())}


def test_every_value_is_closed_with_the_new_key_and_the_old_one_may_go(settings):
    patient, passenger = PatientFactory(known=True), PassengerFactory(known=True)
    PatientFactory()
    values = {name: getattr(patient, name) for name in COLUMNS}
    settings.FIELD_ENCRYPTION_KEYS = (NEW, OLD)

    first, again = rotate(), rotate()

    assert {name: row["rotated"] for name, row in first.items() if row["rotated"]} == {
        "operations.Passenger": 1,
        "operations.Patient": 1,
    }
    assert [row["rotated"] + row["left"] + row["failed"] for row in again.values()] == [0] * len(
        again
    )
    settings.FIELD_ENCRYPTION_KEYS = (NEW,)
    fresh = Patient.objects.get(pk=patient.pk)
    assert {name: getattr(fresh, name) for name in COLUMNS} == values
    assert Passenger.objects.get(pk=passenger.pk).document_number == "CA123456"
    assert with_record_number("rpa00417 2") == [patient]
    assert with_name_and_birth("EXAMPLE", "Ana", fresh.date_of_birth) == [patient]


def test_a_row_under_the_old_key_is_found_before_it_is_rotated(settings):
    patient = PatientFactory(known=True)
    settings.FIELD_ENCRYPTION_KEYS = (NEW, OLD)

    assert with_record_number("RPA-00417-2") == [patient]


def test_stopped_after_a_batch_it_goes_on_where_it_was(settings, monkeypatch):
    patients = PatientFactory.create_batch(5, known=True)
    settings.FIELD_ENCRYPTION_KEYS = (NEW, OLD)
    saves, real = [], Patient.save

    def save(self, *args, **kwargs):
        saves.append(self.pk)
        if len(saves) == 4:
            raise KeyboardInterrupt
        real(self, *args, **kwargs)

    monkeypatch.setattr(Patient, "save", save)
    with pytest.raises(KeyboardInterrupt):
        rotate("--batch-size", "2")
    monkeypatch.undo()

    # The batch that was cut off is as it was.
    done = [raw(p, "diagnosis")[2:4] == b"k2" for p in patients]
    assert done == [True, True, False, False, False]
    settings.FIELD_ENCRYPTION_KEYS = (NEW, OLD)
    assert rotate("--batch-size", "2")["operations.Patient"]["rotated"] == 3


def test_a_row_that_does_not_open_is_named_and_the_others_are_done(settings):
    broken, whole = PatientFactory(known=True), PatientFactory(known=True)
    write(broken, "notes", raw(whole, "notes"))
    settings.FIELD_ENCRYPTION_KEYS = (NEW, OLD)

    out = StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("rotate_keys", stdout=out)

    assert stopped.value.code == 1
    assert "operations.Patient: 1 closed anew, 1 left" in out.getvalue()
    assert f"row {broken.pk}: operations.patient.notes" in out.getvalue()
    assert "Portuguese" not in out.getvalue()
    settings.FIELD_ENCRYPTION_KEYS = (NEW,)
    assert Patient.objects.get(pk=whole.pk).notes == "Speaks Portuguese"
    with pytest.raises(SealBroken):
        Patient.objects.get(pk=broken.pk).notes  # noqa: B018


def test_rows_written_meanwhile_under_the_old_key_are_not_called_done(settings, monkeypatch):
    PatientFactory(known=True)
    settings.FIELD_ENCRYPTION_KEYS = (NEW, OLD)
    # As if a process that was not restarted yet had closed it with the old key again.
    monkeypatch.setattr(Patient, "save", lambda self, *args, **kwargs: None)

    with pytest.raises(SystemExit) as stopped:
        rotate()

    assert stopped.value.code == 1

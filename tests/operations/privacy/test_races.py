"""Two at once: edits of one record, and one person registered at two desks."""

import pytest

from common.lifecycle import locked
from operations.models import Patient
from operations.services import patients, requirements
from operations.services.access import look_at_patient
from operations.services.patients import change_patient, register_patient
from operations.services.requirements import change_requirement, review_requirement
from tests.common.concurrency import at_once
from tests.operations.factories import PatientFactory, RequirementFactory
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def codes(outcomes):
    return sorted(getattr(each, "code", type(each).__name__) for each in outcomes)


def changing(patient, now, actor, **changes):
    return lambda: change_patient(
        patient,
        changes=changes,
        holds=lambda permission: True,
        version=patient.version,
        actor=actor,
        at=now,
    )


def registering(now, actor):
    return lambda: register_patient(
        medical_record_number="RPA 7", family_name="Novak", actor=actor, at=now
    )


def test_of_two_edits_of_one_version_one_is_told_so(now):
    actor, patient = UserFactory(), PatientFactory(known=True)

    outcomes = at_once(
        changing(patient, now, actor, diagnosis="Sepsis"),
        changing(patient, now, actor, diagnosis="Stroke"),
    )

    assert codes(outcomes) == ["Patient", "stale_version"]


def test_control_without_the_version_under_the_lock_an_edit_is_lost(now, monkeypatch):
    actor, patient = UserFactory(), PatientFactory(known=True)
    monkeypatch.setattr(patients, "locked", lambda row, version=None: locked(row))

    outcomes = at_once(
        changing(patient, now, actor, diagnosis="Sepsis"),
        changing(patient, now, actor, diagnosis="Stroke"),
    )

    assert codes(outcomes) == ["Patient", "Patient"]


@pytest.mark.parametrize("attempt", range(3))
def test_one_person_registered_at_two_desks_at_once_is_on_file_once(now, attempt):
    actor = UserFactory()

    outcomes = at_once(*[registering(now, actor)] * 3)

    assert codes(outcomes) == ["Patient", "patient_on_file", "patient_on_file"]
    assert Patient.objects.count() == 1


def test_control_without_holding_the_keys_a_person_is_on_file_twice(now, monkeypatch):
    actor = UserFactory()
    real = patients.next_number
    first = registering(now, actor)

    def meanwhile(prefix, *, year):
        monkeypatch.setattr(patients, "next_number", real)
        at_once(first)
        return real(prefix, year=year)

    monkeypatch.setattr(patients, "_hold_keys", lambda patient: None)
    monkeypatch.setattr(patients, "next_number", meanwhile)
    registering(now, actor)()

    assert Patient.objects.count() == 2


def test_a_review_and_a_change_at_once_leave_no_decision_on_what_nobody_read(now):
    actor = UserFactory()
    requirement = RequirementFactory(decision="pending", decided_by=None, decided_at=None)

    outcomes = at_once(
        lambda: review_requirement(
            requirement, decision="fit", version=requirement.version, actor=actor, at=now
        ),
        lambda: change_requirement(
            requirement,
            changes={"oxygen_flow_lpm": 12},
            version=None,
            actor=actor,
            at=now,
        ),
    )

    requirement.refresh_from_db()
    assert requirement.decision == "pending"
    assert codes(outcomes) in (
        ["MedicalRequirement", "MedicalRequirement"],
        ["MedicalRequirement", "stale_version"],
    )


def test_control_without_the_version_a_decision_stands_on_what_nobody_read(now, monkeypatch):
    actor = UserFactory()
    requirement = RequirementFactory(decision="pending", decided_by=None, decided_at=None)
    monkeypatch.setattr(requirements, "locked", lambda row, version=None: locked(row))

    change_requirement(
        requirement, changes={"oxygen_flow_lpm": 12}, version=None, actor=actor, at=now
    )
    decided = review_requirement(
        requirement, decision="fit", version=requirement.version, actor=actor, at=now
    )

    assert (decided.decision, decided.oxygen_flow_lpm) == ("fit", 12)


def test_a_look_outside_a_transaction_is_a_defect(now):
    actor, patient = UserFactory(), PatientFactory()

    with pytest.raises(RuntimeError):
        look_at_patient(patient, holds=lambda p: True, purpose="care", actor=actor, at=now)

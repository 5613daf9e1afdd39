"""Registering patients and keeping their records. There is no erasing: see `Patient`."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from common import audit
from common.compliance.service import touch
from common.exceptions import InvalidInput
from common.lifecycle import locked
from common.numbering import next_number
from common.outbox import announce
from operations.events import PatientChanged
from operations.exceptions import FieldWithheld, PatientOnFile
from operations.models import AccessKind, Patient
from operations.privacy import PATIENT_FIELDS, Holds, groups_of
from operations.queries import patients as queries
from operations.services.access import note_search
from operations.services.patient_matches import note_matches
from operations.services.requirements import withdraw_decisions

# What a medical reviewer looked at: when it changes, the decision is taken back.
REVIEWED = frozenset({"mass_kg", "needs_stretcher", *PATIENT_FIELDS["medical"].fields} - {"notes"})


@transaction.atomic
def register_patient(
    *,
    is_another_person: bool = False,
    may_search: bool = True,
    actor: Any,
    at: datetime,
    **values: Any,
) -> Patient:
    """
    Put a patient on file.

    Raises InvalidInput, and PatientOnFile where the record number, or name and birth date, are
    those of somebody on file, unless it is said that this is another person. Who may not search
    (`may_search`) is not told either: the answer is that for somebody nobody knows, and whoever may
    find out is left a mark, whatever was said of another person.
    """
    patient = Patient(**values)
    _check(patient, at)
    _hold_keys(patient)
    same = _like(patient)
    if same and may_search and not is_another_person:
        raise PatientOnFile
    patient.number = next_number("PT", year=at.year)
    patient.save()
    audit.record("patient.registered", patient, actor=actor, at=at, fields=sorted(values))
    if not may_search:
        note_matches(patient, same, at=at)
    return patient


@transaction.atomic
def change_patient(
    patient: Patient,
    *,
    changes: Mapping[str, Any],
    holds: Holds,
    version: int | None,
    actor: Any,
    at: datetime,
) -> Patient:
    """
    Change what is known of a patient; the audit trail says which fields, never what.

    A change of mass, stretcher or a medical field takes decisions on flights to come back. Raises
    StaleVersion, InvalidInput, and FieldWithheld for fields that the caller may not see.
    """
    _require_sight(changes, holds)
    patient = locked(patient, version=version)
    changed = sorted(name for name, new in changes.items() if getattr(patient, name) != new)
    for name in changed:
        setattr(patient, name, changes[name])
    _check(patient, at)
    patient.save()
    if not changed:
        return patient
    audit.record("patient.changed", patient, actor=actor, at=at, fields=changed)
    announce(PatientChanged(patient_id=patient.pk))
    if REVIEWED & set(changed):
        because = f"{patient.number} changed"
        withdraw_decisions(patient, because=because, actor=actor, at=at)
        touch(f"patient:{patient.pk}", because=because)
    return patient


@transaction.atomic
def search_by_record_number(
    number: str, *, purpose: str, actor: Any, at: datetime
) -> Sequence[Patient]:
    """Patients with a medical record number; the search is on record, found or not."""
    found = queries.with_record_number(number)
    note_search(AccessKind.SEARCH_RECORD, found, purpose=purpose, actor=actor, at=at)
    return found


@transaction.atomic
def search_by_birth(
    *,
    family_name: str,
    given_names: str,
    date_of_birth: date,
    purpose: str,
    actor: Any,
    at: datetime,
) -> Sequence[Patient]:
    """Patients of a name and birth date; the search is on record, found or not."""
    found = queries.with_name_and_birth(family_name, given_names, date_of_birth)
    note_search(AccessKind.SEARCH_BIRTH, found, purpose=purpose, actor=actor, at=at)
    return found


def _require_sight(changes: Mapping[str, Any], holds: Holds) -> None:
    groups = groups_of(PATIENT_FIELDS, set(changes))
    hidden = [group for group in groups.values() if not holds(group.permission)]
    if hidden:
        names = sorted(name for group in hidden for name in set(group.fields) & set(changes))
        raise FieldWithheld(fields=", ".join(names))


def _check(patient: Patient, at: datetime) -> None:
    born: date | None = patient.date_of_birth
    # Somewhere it may be tomorrow already.
    if born is not None and (born - at.date()).days > 1:
        raise InvalidInput("/date_of_birth", "That day is still to come.")


def _hold_keys(patient: Patient) -> None:
    """
    Hold the patient's record number, and name with birth date, until the transaction ends.

    Two who register one person at the same moment come one after the other. In one order, so that
    nobody waits in a circle; released by the commit.
    """
    keys = filter(None, (patient.record_key(), patient.birth_key()))
    with connection.cursor() as cursor:
        for key in sorted(queries.candidates("record_index", key)[0] for key in keys):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])


def _like(patient: Patient) -> list[Patient]:
    """
    Those on file who may be the same person, by the blind indexes.

    Nobody is told who they are: finding out is a search, which is on record.
    """
    number = patient.medical_record_number
    family, given, born = patient.family_name, patient.given_names, patient.date_of_birth
    same = queries.with_record_number(number) if number else []
    if family and given and born:
        same = same or queries.with_name_and_birth(family, given, born)
    return same

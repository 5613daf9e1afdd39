"""Looking at personal data: nobody is shown anything that the log does not say."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from common import audit
from common.compliance.withheld import writes_looks
from common.context import current
from common.exceptions import InvalidInput
from common.lifecycle import locked
from common.outbox import announce
from operations.events import GlassBroken
from operations.models import (
    AccessKind,
    AccessVia,
    BreakGlass,
    MedicalRequirement,
    Passenger,
    PassengerAccess,
    Patient,
    PatientAccess,
)
from operations.naming import is_named_in
from operations.privacy import (
    BREAK_GLASS,
    PASSENGER_FIELDS,
    PATIENT_FIELDS,
    VIEW_REQUIREMENT,
    Holds,
    View,
    view_of,
)

GLASS_OPEN = timedelta(minutes=60)
# What is judged with what a patient needs among its facts.
PLANS_OF_PATIENTS = ("operations.trip", "operations.quoteversion")


def look_at_patient(
    patient: Patient, *, holds: Holds, purpose: str, actor: Any, at: datetime
) -> View:
    """
    Write a look at a patient down, and say which fields it may take in.

    In the transaction that makes the answer: raises RuntimeError outside one. Raises InvalidInput
    where personal fields would be shown and no purpose is given.
    """
    # A machine's token, or a role that was taken away since, opens no more than it says.
    is_open = holds(BREAK_GLASS) and (
        BreakGlass.objects.filter(
            patient=patient, user=actor, opened_at__lte=at, expires_at__gt=at
        ).exists()
    )
    view = view_of(PATIENT_FIELDS, holds, everything=is_open)
    by_grant = view_of(PATIENT_FIELDS, holds)
    _require_purpose(view, purpose)
    via = AccessVia.GRANT if by_grant.groups == view.groups else AccessVia.BREAK_GLASS
    groups = list(view.groups)
    told = _told(AccessKind.READ, actor=actor, at=at, groups=groups, purpose=purpose)
    PatientAccess.objects.create(patient=patient, via=via, **told)
    return view


def note_search(
    kind: AccessKind, found: Sequence[Patient], *, purpose: str, actor: Any, at: datetime
) -> None:
    """Write a search for a patient down: a row for each one found, or one that says nobody was."""
    told = _told(kind, actor=actor, at=at, groups=["identity"], purpose=purpose)
    rows = [PatientAccess(patient=patient, **told) for patient in found]
    PatientAccess.objects.bulk_create(rows or [PatientAccess(**told)])


def look_at_requirements(
    requirements: Iterable[MedicalRequirement], *, actor: Any, at: datetime
) -> None:
    """Write down that somebody reads what patients need: a row for each."""
    told = _told(AccessKind.READ, actor=actor, at=at, groups=["requirement"])
    PatientAccess.objects.bulk_create(
        [PatientAccess(patient_id=each.patient_id, **told) for each in requirements]
    )


@writes_looks(*PLANS_OF_PATIENTS)
def look_at_facts(facts: Mapping[str, Any], *, holds: Holds, actor: Any, at: datetime) -> None:
    """Write down that somebody reads what a patient needs among the facts of a verdict."""
    medical = facts.get("medical")
    if medical and holds(VIEW_REQUIREMENT):
        rows = MedicalRequirement.objects.filter(pk=medical["requirement_id"])
        look_at_requirements(rows, actor=actor, at=at)


def look_at_passengers(
    passengers: Sequence[Passenger],
    *,
    kind: AccessKind,
    holds: Holds,
    purpose: str,
    actor: Any,
    at: datetime,
) -> View:
    """Write a look at passengers down, and say which fields it may take in. Raises InvalidInput."""
    view = view_of(PASSENGER_FIELDS, holds)
    _require_purpose(view, purpose)
    told = _told(kind, actor=actor, at=at, groups=list(view.groups), purpose=purpose)
    PassengerAccess.objects.bulk_create(
        [PassengerAccess(passenger=passenger, **told) for passenger in passengers]
    )
    return view


@transaction.atomic
def break_glass(
    patient: Patient, *, purpose: str, reason: str, actor: Any, at: datetime
) -> BreakGlass:
    """
    Open a patient's whole record to the caller for 60 minutes, in an emergency.

    Nobody has to be asked first; the event and the audit trail see to it that somebody asks after.
    Raises InvalidInput where the reason names the patient.
    """
    patient = locked(patient)
    refuse_names(patient, reason, pointer="/reason")
    glass = BreakGlass.objects.create(
        patient=patient,
        user=actor,
        purpose=purpose,
        reason=reason,
        opened_at=at,
        expires_at=at + GLASS_OPEN,
    )
    audit.record(
        "patient.glass_broken", patient, actor=actor, at=at, reason=reason, purpose=purpose
    )
    announce(GlassBroken(glass_id=glass.pk))
    return glass


def refuse_names(patient: Patient, *texts: str, pointer: str) -> None:
    """Raise InvalidInput where a text that everybody may read names the patient."""
    names = (patient.family_name, patient.given_names)
    if any(is_named_in(names, text) for text in texts):
        raise InvalidInput(pointer, "Leave the patient's name out: others may read this.")


def refuse_patient_of(requirement: MedicalRequirement | None, **texts: str | None) -> None:
    """
    Raise InvalidInput where a text of a flight, by the name of its field, names its patient.

    Titles, remarks and reasons are read by whoever plans and flies, in lists, calendars and trails.
    """
    for field, text in texts.items():
        if text and requirement is not None:
            refuse_names(requirement.patient, text, pointer=f"/{field}")


def _require_purpose(view: View, purpose: str) -> None:
    if view.is_personal and not purpose:
        raise InvalidInput("/purpose", "Say what for: personal data are shown.")


def _told(kind: AccessKind, *, actor: Any, at: datetime, **more: Any) -> dict[str, Any]:
    if not connection.in_atomic_block:
        raise RuntimeError("A look and its record stand or fall together: open a transaction")
    now = current()
    return {
        "kind": kind,
        "user": actor,
        "request_id": now.request_id,
        "address": now.address,
        "occurred_at": at,
        **more,
    }

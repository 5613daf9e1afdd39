"""Papers about the patient: the medical summary, and the consent to treat and to transport."""

from datetime import datetime
from typing import Any

from django.db import transaction

from documents.exceptions import NothingToShow
from documents.kinds import Source
from documents.wording import day, fingerprint, text
from operations.documents import parts
from operations.models import AccessPurpose, GroundLeg, LegKind, MedicalRequirement, Patient, Trip
from operations.privacy import PATIENT_FIELDS
from operations.services.access import look_at_patient

_WORDS = {
    "family_name": "Family name",
    "given_names": "Given names",
    "date_of_birth": "Date of birth",
    "sex": "Sex",
    "medical_record_number": "Medical record number",
    "next_of_kin": "Next of kin",
    "physician_contact": "Physician",
    "diagnosis": "Diagnosis",
    "medications": "Medications",
    "allergies": "Allergies",
    "infectious_status": "Infectious status",
    "notes": "Notes",
    "mass_kg": "Mass (kg)",
    "needs_stretcher": "Stretcher",
    "needs_infection_precautions": "Infection precautions",
}


@transaction.atomic
def medical_summary(trip_id: int, reader: Any, at: datetime) -> Source:
    """
    What who treats needs to know, as far as the reader may see it; the look is written down.

    Readers of the paper need every grant of which it shows fields. Raises NothingToShow.
    """
    trip = parts.trip_for(trip_id, reader)
    requirement = _requirement(trip, "medical summary")
    patient = requirement.patient
    view = look_at_patient(
        patient, holds=reader.has_perm, purpose=AccessPurpose.CARE, actor=reader, at=at
    )
    seen = set(view.fields)
    groups = {name: _group(patient, name, seen) for name in ("identity", "needs", "medical")}
    data = {
        "trip": trip.number,
        "aircraft": trip.aircraft.tail_number,
        "patient": patient.number,
        **groups,
        "care": parts.care_of(requirement),
        "withheld": [{"field": _WORDS[name]} for name in view.withheld],
        "journey": _journey(trip),
    }
    needed = tuple(PATIENT_FIELDS[name].permission for name in view.groups)
    return Source(title=trip.number, version=fingerprint(data), data=data, needs=needed)


def _group(patient: Patient, name: str, seen: set[str]) -> list[dict[str, str]]:
    return [
        {"field": _WORDS[field], "value": _value(getattr(patient, field))}
        for field in PATIENT_FIELDS[name].fields
        if field in seen
    ]


def _value(value: Any) -> str:
    """In words: not known, none, or what it is."""
    if value is None:
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if hasattr(value, "isoformat"):
        return day(value)
    return str(value) if value != "" else "none"


def ambulance_consent(trip_id: int, reader: Any, at: datetime) -> Source:
    """
    Consent to treatment and transport, to be completed and signed by hand.

    The patient stands on it as the desk sees one; the name is written in by who signs.
    """
    trip = parts.trip_for(trip_id, reader)
    requirement = _requirement(trip, "consent")
    patient, needed = parts.patient_in_short(requirement, reader, at=at)
    data = {
        **parts.head_of(trip),
        "patient": patient,
        "care": parts.care_of(requirement),
        "journey": _journey(trip),
        "hospitals": _hospitals(trip),
    }
    return Source(title=trip.number, version=fingerprint(data), data=data, needs=needed)


def _requirement(trip: Trip, kind: str) -> MedicalRequirement:
    if trip.requirement is None:
        raise NothingToShow(kind=kind, subject=trip.number, because="no patient is carried")
    return trip.requirement


def _journey(trip: Trip) -> list[dict[str, Any]]:
    """The flights with the patient on board."""
    return [
        parts.leg_times(leg)
        for leg in parts.legs_of(trip)
        if leg.kind == LegKind.LIVE and leg.has_patient
    ]


def _hospitals(trip: Trip) -> list[dict[str, str]]:
    rows = GroundLeg.objects.filter(trip=trip).select_related("place")
    return [
        {
            "what": "Sending facility" if row.is_pickup else "Receiving facility",
            "name": row.place.name if row.place else text(row.place_name),
        }
        for row in rows.order_by("leg__sequence", "-is_pickup")
    ]

"""Papers about the patient: the medical summary, and the consent to treat and to transport."""

from datetime import datetime
from typing import Any

from documents.exceptions import NothingToShow
from documents.kinds import Source
from documents.wording import day, text
from operations.documents import parts
from operations.models import AccessPurpose, GroundLeg, LegKind, MedicalRequirement, Patient, Trip
from operations.privacy import PATIENT_FIELDS

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


def medical_summary(trip_id: int, reader: Any, at: datetime) -> Source:
    """What who treats needs to know; the look is written down. Raises NothingToShow."""
    trip = parts.trip_for(trip_id, reader)
    requirement = _requirement(trip, "medical summary")
    patient = requirement.patient
    names = ("identity", "needs", "medical")
    seen = parts.looked_at(patient, reader, *names, purpose=AccessPurpose.CARE, at=at)
    groups = {name: _group(patient, name, seen) for name in names}
    data = {
        "trip": trip.number,
        "aircraft": trip.aircraft.tail_number,
        "patient": patient.number,
        **groups,
        "care": parts.care_of(requirement),
        "journey": _journey(trip),
    }
    return parts.source(trip, data)


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
    data = {
        **parts.head_of(trip),
        "patient": parts.patient_in_short(requirement, reader, at=at),
        "care": parts.care_of(requirement),
        "journey": _journey(trip),
        "hospitals": _hospitals(trip),
    }
    return parts.source(trip, data)


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

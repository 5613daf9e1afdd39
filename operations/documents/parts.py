"""What several papers of a trip show: places, legs, people, the patient as the desk sees one."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from aircraft.models import FLEET_SCOPE
from airports.models import Airport
from documents.exceptions import NothingToShow
from documents.kinds import Source
from documents.wording import NONE, day, duration, figure, fingerprint, moment, text
from operations.models import (
    AccessPurpose,
    CrewLine,
    CrewRole,
    LegKind,
    MedicalRequirement,
    Patient,
    Trip,
    TripLeg,
)
from operations.privacy import PATIENT_FIELDS
from operations.services.access import look_at_patient

NEEDS = PATIENT_FIELDS["needs"].permission
IDENTITY = PATIENT_FIELDS["identity"].permission
MEDICAL = PATIENT_FIELDS["medical"].permission
# In the order in which a crew is named.
CREW_ORDER = {role: place for place, role in enumerate(CrewRole.values)}


def trip_for(trip_id: int, reader: Any) -> Trip:
    """
    A trip that the reader may see. Raises Trip.DoesNotExist.

    The system makes no papers of trips: a look at the people on board is on record under a name.
    """
    if reader is None:
        raise Trip.DoesNotExist
    rows = Trip.objects.visible_to(reader).select_related(
        "aircraft__aircraft_type",
        "aircraft__base",
        "customer",
        "coordinator__profile",
        "requirement__patient",
        "quote",
    )
    return rows.get(pk=trip_id)


def legs_of(trip: Trip) -> list[TripLeg]:
    """The legs that are flown, in order. Raises NothingToShow for a trip without any."""
    rows = TripLeg.objects.flying().filter(trip=trip).order_by("sequence")
    legs = list(
        rows.select_related(
            "origin", "destination", "alternate", "takeoff_alternate", "diverted_to", "runway"
        )
    )
    if not legs:
        raise NothingToShow(kind="document", subject=trip.number, because="no leg is flown")
    return legs


def crew_by_leg(trip: Trip) -> dict[int, list[CrewLine]]:
    """Who is on each leg, by its key, pilots first."""
    rows = CrewLine.objects.assigned().filter(leg__trip=trip).select_related("person__profile")
    found: dict[int, list[CrewLine]] = {}
    for line in sorted(rows, key=lambda row: (CREW_ORDER[row.role], row.pk)):
        found.setdefault(line.leg_id, []).append(line)
    return found


def head_of(trip: Trip) -> dict[str, Any]:
    """Number, aircraft and customer of a trip."""
    return {
        "number": trip.number,
        "kind": trip.get_kind_display(),
        "aircraft": trip.aircraft.tail_number,
        "aircraft_type": trip.aircraft.aircraft_type.name,
        "customer": trip.customer.name,
    }


def place(airport: Airport) -> dict[str, str]:
    """An aerodrome as papers name it."""
    town = ", ".join(part for part in (airport.municipality, airport.country) if part)
    return {"code": str(airport), "name": airport.name, "town": town}


def place_name(airport: Airport) -> str:
    """An aerodrome on one line: `KSTL Lambert, St Louis, US`."""
    parts = place(airport)
    return ", ".join(part for part in (f"{parts['code']} {parts['name']}", parts["town"]) if part)


def end_of(leg: TripLeg) -> Airport:
    """Where a leg ends, as far as is known."""
    return leg.diverted_to or leg.destination


def departs_at(leg: TripLeg) -> datetime:
    return leg.actual_out_at or leg.estimated_out_at


def arrives_at(leg: TripLeg) -> datetime:
    return leg.actual_in_at or leg.estimated_in_at


def leg_times(leg: TripLeg) -> dict[str, Any]:
    """From where to where and when, both ends in UTC and in their own time."""
    end = end_of(leg)
    return {
        "leg": str(leg.sequence),
        "origin": place(leg.origin),
        "destination": place(end),
        "departs": moment(departs_at(leg), leg.origin.timezone),
        "arrives": moment(arrives_at(leg), end.timezone),
        "block": duration(leg.block_min),
        "distance": figure(leg.distance_nm, "NM"),
        "what": what_of(leg),
    }


def what_of(leg: TripLeg) -> str:
    """What a leg is for, in words."""
    words = "Positioning" if leg.kind == LegKind.POSITIONING else _on_board(leg)
    return f"{words}; fuel stop" if leg.is_technical_stop else words


def _on_board(leg: TripLeg) -> str:
    people = [f"{leg.passengers} passenger{'s' if leg.passengers > 1 else ''}"]
    found = (["patient"] if leg.has_patient else []) + (people if leg.passengers else [])
    return f"With {' and '.join(found)}" if found else "Live"


def persons_on(leg: TripLeg) -> int:
    """Everybody on board beside the crew."""
    return leg.passengers + leg.has_patient


def crosses_a_border(leg: TripLeg) -> bool:
    """As planned or, once it was diverted, as flown."""
    return any(are_abroad(leg.origin, end) for end in (leg.destination, end_of(leg)))


def are_abroad(start: Airport, end: Airport) -> bool:
    """In two countries, or nobody knows that they are not: as the rules see it."""
    return not start.country or not end.country or start.country != end.country


def crew_names(lines: Iterable[CrewLine]) -> list[dict[str, str]]:
    """Role and name of a crew."""
    return [{"role": line.get_role_display(), "name": line.person.full_name} for line in lines]


def phone_of(person: Any) -> str:
    return text(getattr(getattr(person, "profile", None), "phone", ""))


@transaction.atomic
def looked_at(
    patient: Patient, reader: Any, *groups: str, purpose: AccessPurpose, at: datetime
) -> set[str]:
    """
    The fields of some groups that a reader may see of a patient; the look is written down.

    What else the reader might see is not opened, so it is not on record as seen either.
    """
    wanted = {PATIENT_FIELDS[group].permission for group in groups}

    def holds(permission: str) -> bool:
        return permission in wanted and reader.has_perm(permission)

    view = look_at_patient(patient, holds=holds, purpose=purpose, actor=reader, at=at)
    return set(view.fields)


def patient_in_short(
    requirement: MedicalRequirement, reader: Any, *, at: datetime
) -> dict[str, str]:
    """A patient as the desk sees one: number, mass, stretcher, precautions."""
    patient = requirement.patient
    seen = looked_at(patient, reader, "needs", purpose=AccessPurpose.TRANSPORT, at=at)
    if "mass_kg" not in seen:
        return {"number": patient.number, "needs": NONE, "precautions": NONE}
    stretcher = "stretcher" if patient.needs_stretcher else "seated"
    precautions = {None: "not asked yet", False: "none known", True: "infection: protect yourself"}
    return {
        "number": patient.number,
        "needs": f"{figure(patient.mass_kg, 'kg')}, {stretcher}",
        "precautions": precautions[patient.needs_infection_precautions],
    }


def care_of(requirement: MedicalRequirement) -> dict[str, Any]:
    """What the patient needs in flight, as decided; no diagnosis."""
    team = [dict(CrewRole.choices).get(role, role) for role in requirement.team]
    cabin = requirement.max_cabin_altitude_ft
    return {
        "acuity": requirement.get_acuity_display(),
        "team": ", ".join(team) or "none",
        "oxygen": f"{figure(requirement.oxygen_flow_lpm, 'l/min', 1)}, reserve "
        f"{figure(requirement.oxygen_reserve * 100, '%')}",
        "equipment": ", ".join(requirement.equipment) or "none named",
        "equipment_mass": figure(requirement.equipment_mass_kg, "kg"),
        "cabin_altitude": figure(cabin, "ft") if cabin else "no limit",
        "escorts": str(requirement.escorts),
        "decision": requirement.get_decision_display(),
        "conditions": "; ".join(requirement.conditions) or "none",
        "decided_by": requirement.decided_by.full_name if requirement.decided_by else NONE,
        "decided_on": day(requirement.decided_at and requirement.decided_at.date()),
    }


def numbered(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with a number in front, from 1."""
    return [{"line": str(number), **row} for number, row in enumerate(rows, 1)]


def source(trip: Trip, data: dict[str, Any]) -> Source:
    """What a paper of a trip is made from; another version for whatever it shows otherwise."""
    return Source(title=trip.number, version=fingerprint(data), data=data, scope=FLEET_SCOPE)

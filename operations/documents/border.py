"""Papers for borders: General Declaration, manifests, crew list (ICAO Annex 9, 19 CFR 122)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from airports.models import Airport
from documents.exceptions import NothingToShow
from documents.kinds import Source
from documents.queries.letterheads import letterhead
from documents.wording import NONE, day, figure, moment, text
from operations.documents import parts
from operations.models import (
    AccessKind,
    AccessPurpose,
    CrewLine,
    EvidenceKind,
    Passenger,
    Patient,
    TravelDocument,
    Trip,
    TripEvidence,
    TripLeg,
)
from operations.services.access import look_at_passengers
from users.models import Qualification, QualificationKind

# What is to be filled in with a pen.
BY_HAND = ""
LICENSES = (QualificationKind.LICENSE, QualificationKind.MEDICAL_REGISTRATION)
Details = dict[str, Any]


def general_declaration(trip_id: int, reader: Any, at: datetime) -> Source:
    """
    A General Declaration outward and one inward for each leg that crosses a border.

    Persons on board are counted; who they are is on the manifest. A flight that was diverted
    declared outward what was planned, and declares inward where it came down; either alone where
    only that crosses a border. Raises NothingToShow.
    """
    trip = parts.trip_for(trip_id, reader)
    legs = parts.legs_of(trip)
    crew, papers = parts.crew_by_leg(trip), _evidence(trip)
    forms = [
        _declaration(trip, legs, place, crew.get(leg.pk, []), papers, is_outward=is_outward)
        for place, leg in enumerate(legs)
        for is_outward in (True, False)
        if parts.are_abroad(leg.origin, _end(leg, is_outward=is_outward))
    ]
    if not forms:
        raise _nothing("General Declaration", trip, "no leg crosses a border")
    return _forms(trip, forms)


def _declaration(
    trip: Trip,
    legs: Sequence[TripLeg],
    at: int,
    crew: Sequence[CrewLine],
    papers: dict[tuple[int, str], TripEvidence],
    *,
    is_outward: bool,
) -> dict[str, Any]:
    leg = legs[at]
    declared = _details(papers, leg, EvidenceKind.GENDEC)
    return {
        "direction": "Outward" if is_outward else "Inward",
        "leg": str(leg.sequence),
        **_flight(trip, leg),
        "departure_from": parts.place_name(leg.origin),
        "arrival_at": parts.place_name(_end(leg, is_outward=is_outward)),
        "routing": _routing(legs, at, is_outward=is_outward),
        "crew_count": str(len(crew)),
        "crew": [_crew_member(line) for line in crew],
        **_stage(legs, at, is_outward=is_outward),
        "manifest": "attached" if parts.persons_on(leg) else "nil",
        **_cargo_papers(papers.get((leg.pk, EvidenceKind.CARGO_MANIFEST))),
        "health": _health(leg, declared),
        "declarant": declared.get("signatory", BY_HAND),
        "declarant_is_open": not declared.get("signatory"),
    }


def _flight(trip: Trip, leg: TripLeg) -> dict[str, Any]:
    """Marks, flight number and date: a charter flies under its registration."""
    return {
        "marks": trip.aircraft.tail_number,
        "flight_number": trip.aircraft.tail_number,
        "date": moment(parts.departs_at(leg), leg.origin.timezone),
    }


def _end(leg: TripLeg, *, is_outward: bool) -> Airport:
    """Where a leg was to end when it was declared outward; where it ended, inward."""
    return leg.destination if is_outward else parts.end_of(leg)


def _routing(legs: Sequence[TripLeg], at: int, *, is_outward: bool) -> list[dict[str, str]]:
    """Every place of the flight that a leg belongs to: legs joined by stops are one."""
    first, last = at, at
    while first > 0 and _goes_on(legs[first - 1], legs[first]):
        first -= 1
    while last + 1 < len(legs) and (
        # Outward nobody knew of a diversion.
        legs[last].is_technical_stop if is_outward else _goes_on(legs[last], legs[last + 1])
    ):
        last += 1
    before = [parts.end_of(leg) for leg in legs[first:at]]
    ahead = [_end(leg, is_outward=is_outward) for leg in legs[at : last + 1]]
    places = [legs[first].origin, *before, *ahead]
    return [{"place": parts.place_name(airport)} for airport in places]


def _goes_on(leg: TripLeg, following: TripLeg) -> bool:
    """Whether a leg's end is a stop: for fuel, or where a diverted flight is continued from."""
    if leg.is_technical_stop or leg.diverted_to_id is None:
        return leg.is_technical_stop
    is_whole = following.destination_id == leg.destination_id
    has_people = parts.persons_on(leg) and parts.persons_on(following)
    return following.origin_id == leg.diverted_to_id and bool(is_whole or has_people)


def _stage(legs: Sequence[TripLeg], at: int, *, is_outward: bool) -> dict[str, str]:
    """Who embarks or disembarks, and who goes through on the same flight."""
    count = parts.persons_on(legs[at])
    if is_outward:
        other = legs[at - 1] if at > 0 and _goes_on(legs[at - 1], legs[at]) else None
    else:
        following = legs[at + 1] if at + 1 < len(legs) else None
        other = following if following and _goes_on(legs[at], following) else None
    through = min(count, parts.persons_on(other)) if other else 0
    return {
        "place_of_stage": "Departure place" if is_outward else "Arrival place",
        "embarking_word": "Embarking" if is_outward else "Disembarking",
        "embarking": str(count - through),
        "through": str(through),
        "persons": str(count),
    }


def _cargo_papers(record: TripEvidence | None) -> dict[str, str]:
    """How many papers go with the cargo; left for the pen while there is no cargo manifest."""
    if record is None:
        return {"export_declarations": BY_HAND, "air_waybills": BY_HAND}
    items = record.details.get("items", [])
    waybills = len([item for item in items if item.get("air_waybill")])
    return {
        "export_declarations": str(record.details.get("export_declarations", 0)),
        "air_waybills": str(record.details.get("air_waybills", waybills)),
    }


def _crew_member(line: CrewLine) -> dict[str, str]:
    """Surname, given name and middle initial, as 19 CFR 122 lists crews."""
    given, *more = line.person.first_name.split() or [""]
    return {
        "surname": text(line.person.last_name),
        "given": text(given),
        "initial": f"{more[0][0]}." if more else BY_HAND,
        "role": line.get_role_display(),
    }


def _health(leg: TripLeg, declared: Details) -> dict[str, Any]:
    """
    The answers on health; a patient on board is an ill person, and no more is told.

    What nobody answered is left for the pen: "None" is an answer, and the declarant's to give.
    """
    patient = "1 patient carried for medical care. " if leg.has_patient else ""
    illness = declared.get("health", BY_HAND)
    return {
        "ill_persons": f"{patient}{illness}".strip(),
        "is_open": not illness,
        "communicable": declared.get("communicable", BY_HAND),
        "other_conditions": declared.get("other_conditions", BY_HAND),
        "disinsection": declared.get("disinsection", BY_HAND),
    }


def passenger_manifest(trip_id: int, reader: Any, at: datetime) -> Source:
    """
    Everybody on board who is not crew, by leg; each look is logged. Raises NothingToShow.

    The patient stands on it by number, as the desk knows one; a name goes in by hand.
    """
    return _manifests(trip_id, reader, at=at, groups=("needs",))


def border_manifest(trip_id: int, reader: Any, at: datetime) -> Source:
    """The same with the patient by name, as borders want it, for who may see who patients are."""
    return _manifests(trip_id, reader, at=at, groups=("needs", "identity"))


@transaction.atomic
def _manifests(trip_id: int, reader: Any, *, at: datetime, groups: Sequence[str]) -> Source:
    trip = parts.trip_for(trip_id, reader)
    legs = [leg for leg in parts.legs_of(trip) if parts.persons_on(leg)]
    if not legs:
        raise _nothing("passenger manifest", trip, "nobody but crew is on board")
    people = list(
        Passenger.objects.filter(trip=trip).prefetch_related("legs").order_by("pk").distinct()
    )
    view = look_at_passengers(
        people,
        kind=AccessKind.MANIFEST,
        holds=reader.has_perm,
        purpose=AccessPurpose.BORDER,
        actor=reader,
        at=at,
    )
    patient = _patient_on_manifest(trip, legs, reader, groups, at=at)
    forms = [_manifest(trip, leg, people, patient, set(view.fields)) for leg in legs]
    return _forms(trip, forms)


def _manifest(
    trip: Trip,
    leg: TripLeg,
    people: Sequence[Passenger],
    patient: dict[str, str],
    seen: set[str],
) -> dict[str, Any]:
    rows = [patient] if leg.has_patient else []
    rows += [_passenger(person, seen) for person in people if leg in person.legs.all()]
    missing = parts.persons_on(leg) - len(rows)
    return {
        "leg": str(leg.sequence),
        **_flight(trip, leg),
        "embarkation": parts.place_name(leg.origin),
        "disembarkation": parts.place_name(parts.end_of(leg)),
        "persons": str(parts.persons_on(leg)),
        "rows": parts.numbered(rows),
        "missing": [{"count": str(missing)}] if missing > 0 else [],
    }


def _passenger(person: Passenger, seen: set[str]) -> dict[str, str]:
    def known(name: str) -> str:
        return text(getattr(person, name)) if name in seen else NONE

    def on(name: str) -> str:
        return day(getattr(person, name)) if name in seen else NONE

    return {
        "surname": known("family_name"),
        "given": known("given_names"),
        "role": person.get_role_display(),
        "born": on("date_of_birth"),
        "sex": known("sex"),
        "nationality": known("nationality"),
        "residence": known("residence"),
        "document_kind": _kind_of_document(person) if "document_kind" in seen else NONE,
        "document": known("document_number"),
        "issued_by": known("document_country"),
        "expires": on("document_expires_on"),
        "mass": figure(person.mass_kg, "kg"),
        "baggage": figure(person.baggage_kg, "kg"),
    }


def _kind_of_document(person: Passenger) -> str:
    kind = person.document_kind
    return str(TravelDocument(kind).label) if kind else NONE


def _patient_on_manifest(
    trip: Trip, legs: Sequence[TripLeg], reader: Any, groups: Sequence[str], *, at: datetime
) -> dict[str, str]:
    if trip.requirement is None or not any(leg.has_patient for leg in legs):
        return {}
    patient = trip.requirement.patient
    seen = parts.looked_at(patient, reader, *groups, purpose=AccessPurpose.BORDER, at=at)
    return _patient_row(patient, seen)


def _patient_row(patient: Patient, seen: set[str]) -> dict[str, str]:
    """A patient by name for who may see it; else the number, and the name goes in by hand."""
    is_named = "family_name" in seen
    return {
        "surname": text(patient.family_name) if is_named else patient.number,
        "given": text(patient.given_names) if is_named else BY_HAND,
        "role": "Patient",
        "born": day(patient.date_of_birth) if is_named else BY_HAND,
        "sex": text(patient.sex) if is_named else BY_HAND,
        "nationality": BY_HAND,
        "residence": BY_HAND,
        "document_kind": BY_HAND,
        "document": BY_HAND,
        "issued_by": BY_HAND,
        "expires": BY_HAND,
        "mass": figure(patient.mass_kg, "kg") if "mass_kg" in seen else NONE,
        "baggage": NONE,
    }


def cargo_manifest(trip_id: int, reader: Any, at: datetime) -> Source:
    """What is carried over each border; a nil manifest counts. Raises NothingToShow."""
    trip = parts.trip_for(trip_id, reader)
    papers = _evidence(trip)
    forms = [
        {
            "leg": str(leg.sequence),
            **_flight(trip, leg),
            "lading": parts.place_name(leg.origin),
            "unlading": parts.place_name(parts.end_of(leg)),
            **_cargo(papers.get((leg.pk, EvidenceKind.CARGO_MANIFEST))),
        }
        for leg in parts.legs_of(trip)
        if parts.crosses_a_border(leg)
    ]
    if not forms:
        raise _nothing("cargo manifest", trip, "no leg crosses a border")
    return _forms(trip, forms)


def _cargo(record: TripEvidence | None) -> dict[str, Any]:
    items = record.details.get("items", []) if record else []
    rows = [
        {
            "air_waybill": text(item.get("air_waybill")),
            "packages": str(item.get("packages", NONE)),
            "nature": text(item.get("nature")),
            "mass": figure(item.get("mass_kg"), "kg", 1),
        }
        for item in items
    ]
    return {
        "reference": record.reference if record else NONE,
        "items": parts.numbered(rows),
        "is_nil": record is not None and not rows,
        "is_open": record is None,
    }


def crew_list(trip_id: int, reader: Any, at: datetime) -> Source:
    """Who flies each leg, with what borders ask of a crew. Raises NothingToShow."""
    trip = parts.trip_for(trip_id, reader)
    crew = parts.crew_by_leg(trip)
    licenses = _licenses({line.person_id for lines in crew.values() for line in lines})
    forms = [
        {
            "leg": str(leg.sequence),
            **_flight(trip, leg),
            "departure_from": parts.place_name(leg.origin),
            "arrival_at": parts.place_name(parts.end_of(leg)),
            "rows": parts.numbered([_listed(line, licenses) for line in crew[leg.pk]]),
        }
        for leg in parts.legs_of(trip)
        if leg.pk in crew
    ]
    if not forms:
        raise _nothing("crew list", trip, "nobody is on it yet")
    return _forms(trip, forms)


def _listed(line: CrewLine, licenses: dict[int, Qualification]) -> dict[str, str]:
    paper = licenses.get(line.person_id)
    profile = getattr(line.person, "profile", None)
    expires_on = profile and profile.travel_document_expires_on
    return {
        "role": line.get_role_display(),
        "surname": text(line.person.last_name),
        "given": text(line.person.first_name),
        "born": day(line.person.date_of_birth),
        "nationality": profile.nationality if profile else BY_HAND,
        "document": (profile and profile.travel_document_number) or BY_HAND,
        "document_expires": day(expires_on) if expires_on else BY_HAND,
        "license": f"{paper.authority} {paper.number}" if paper else NONE,
    }


def _licenses(people: set[int]) -> dict[int, Qualification]:
    """The newest verified license or registration of each person."""
    rows = Qualification.objects.filter(user__in=people, kind__in=LICENSES, status="verified")
    return {row.user_id: row for row in rows.order_by("issued_on", "pk")}


def _evidence(trip: Trip) -> dict[tuple[int, str], TripEvidence]:
    rows = TripEvidence.objects.live().filter(trip=trip, leg__isnull=False)
    return {(row.leg_id or 0, row.kind): row for row in rows}


def _details(
    papers: dict[tuple[int, str], TripEvidence], leg: TripLeg, kind: EvidenceKind
) -> Details:
    record = papers.get((leg.pk, kind))
    return dict(record.details) if record else {}


def _forms(trip: Trip, forms: Sequence[dict[str, Any]]) -> Source:
    data = {"trip": trip.number, "operator": letterhead().name, "forms": list(forms)}
    return parts.source(trip, data)


def _nothing(kind: str, trip: Trip, because: str) -> NothingToShow:
    return NothingToShow(kind=kind, subject=trip.number, because=because)

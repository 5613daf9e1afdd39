"""What a customer asked for as a journey to be planned."""

from collections.abc import Mapping

from airports.routes import Wind
from contacts.models import Contact
from operations.models import MedicalRequirement, Quote
from operations.planning.journey import AskedLeg, Care, Journey, Road
from operations.planning.parameters import Parameters
from operations.pricing.storage import as_json, content_hash


def journey_of(
    quote: Quote,
    *,
    winds: Mapping[int, Wind] | None = None,
    parameters: Parameters | None = None,
    team_rides: bool = False,
) -> Journey:
    """
    The requested legs of a quote with what its patient needs; `winds` by sequence of the leg.

    `team_rides`: the aircraft's team fetches the patient at the bedside and hands over at the
    other. A hospital without a position has no distance, which the plan says.
    """
    rows = quote.requested_legs.select_related("pickup", "dropoff").order_by("sequence", "pk")
    known = winds or {}
    legs = tuple(
        AskedLeg(
            sequence=row.sequence,
            origin_id=row.origin_id,
            destination_id=row.destination_id,
            earliest_departure_at=row.earliest_departure_at,
            latest_arrival_at=row.latest_arrival_at,
            has_patient=row.has_patient,
            passengers=row.passengers,
            baggage_kg=float(row.baggage_kg),
            pickup=road_to(row.pickup, team_rides=team_rides),
            dropoff=road_to(row.dropoff, team_rides=team_rides),
            wind=known.get(row.sequence),
        )
        for row in rows
    )
    care = care_of(quote.requirement) if quote.requirement else Care()
    return Journey(legs=legs, care=care, parameters=parameters or Parameters())


def care_hash(requirement: MedicalRequirement | None) -> str:
    """By which an offer tells whether the patient still needs what it was planned for."""
    return content_hash(as_json(care_of(requirement))) if requirement else ""


def care_of(requirement: MedicalRequirement) -> Care:
    """What the medical reviewer decided, and the patient's mass; nothing else of the patient."""
    patient_kg = requirement.patient.mass_kg
    return Care(
        patient_kg=None if patient_kg is None else float(patient_kg),
        is_stretcher=requirement.is_stretcher,
        escorts=requirement.escorts,
        team=len(requirement.team),
        equipment_kg=float(requirement.equipment_mass_kg),
        oxygen_lpm=float(requirement.oxygen_flow_lpm),
        oxygen_reserve=float(requirement.oxygen_reserve),
        max_cabin_altitude_ft=requirement.max_cabin_altitude_ft,
        is_acute_care=requirement.is_acute_care,
    )


def road_to(contact: Contact | None, *, team_rides: bool = False) -> Road | None:
    """The journey by road to or from a hospital on file."""
    if contact is None:
        return None
    return Road(
        place_name=contact.name,
        contact_id=contact.pk,
        lat=contact.point.y if contact.point else None,
        lon=contact.point.x if contact.point else None,
        team_rides=team_rides,
    )

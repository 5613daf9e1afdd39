"""
The fingerprint of all that a release binds: what is flown, when, by whom, with what on board.

Expected and actual times are not part of it: a flight that goes late by itself was not planned
anew. A delay that somebody decides on is.
"""

import hashlib
import json
from typing import Any

from operations.models import CrewLine, GroundLeg, LegStatus, Passenger, Trip, TripLeg

LEG = (
    "sequence",
    "kind",
    "origin_id",
    "destination_id",
    "alternate_id",
    "runway_id",
    "is_technical_stop",
    "has_patient",
    "is_acute_care",
    "passengers",
    "is_ifr",
    "distance_nm",
    "block_min",
    "flight_min",
    "fuel_kg",
    "fuel_on_board_kg",
    "payload_kg",
    "min_ceiling_ft",
    "min_visibility_m",
    "landing_distance_m",
    "planned_out_at",
    "planned_off_at",
    "planned_on_at",
    "planned_in_at",
    "held_until_at",
)
GROUND = (
    "leg__sequence",
    "is_pickup",
    "place_id",
    "place_name",
    "provider_id",
    "planned_start_at",
    "planned_end_at",
)


def plan_hash(trip: Trip) -> str:
    """SHA-256 of the plan of a trip as the database has it. Four statements."""
    rows = Trip.objects.filter(pk=trip.pk).values_list(
        "kind", "aircraft_id", "requirement_id", "requirement__version"
    )
    legs = TripLeg.objects.filter(trip=trip).exclude(status=LegStatus.CANCELLED)
    ground = GroundLeg.objects.filter(trip=trip).exclude(leg__status=LegStatus.CANCELLED)
    crew = CrewLine.objects.assigned().filter(leg__trip=trip)
    crew = crew.exclude(leg__status=LegStatus.CANCELLED)
    on_board = Passenger.objects.filter(trip=trip)
    plan = {
        "trip": list(rows),
        "legs": list(legs.order_by("sequence").values_list(*LEG)),
        "ground": list(ground.order_by("leg__sequence", "is_pickup").values_list(*GROUND)),
        "crew": list(
            crew.order_by("leg__sequence", "role", "person_id").values_list(
                "leg__sequence", "role", "person_id"
            )
        ),
        "passengers": list(
            on_board.order_by("pk", "legs__sequence").values_list(
                "pk", "role", "mass_kg", "baggage_kg", "legs__sequence"
            )
        ),
    }
    text = json.dumps(plan, sort_keys=True, separators=(",", ":"), default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)

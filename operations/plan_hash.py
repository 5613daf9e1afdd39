"""
The fingerprint of all that a release binds: what is flown, when, by whom, with what on board.

Expected and actual times are not part of it: a flight that goes late by itself was not planned
anew. A delay that somebody decides on is.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from operations.models import CrewLine, GroundLeg, LegStatus, Passenger, Trip, TripLeg

LEG = (
    "sequence",
    "kind",
    "origin_id",
    "destination_id",
    "alternate_id",
    "takeoff_alternate_id",
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
    "circling_ceiling_ft",
    "alternate_ceiling_ft",
    "alternate_visibility_m",
    "alternate_navaids",
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
CREW = ("leg__sequence", "role", "person_id")
ON_BOARD = ("pk", "role", "mass_kg", "baggage_kg", "legs__sequence")


def plan_hash(trip: Trip) -> str:
    """SHA-256 of the plan of a trip as the database has it. Five statements."""
    row = Trip.objects.select_related("requirement").get(pk=trip.pk)
    return hashes_of({row.pk: head_of(row)})[row.pk]


def head_of(trip: Trip) -> list[Any]:
    """What of the trip's own row and of its patient's needs is part of the plan."""
    needs = trip.requirement
    head = [trip.kind, trip.aircraft_id, trip.requirement_id, needs.version if needs else None]
    # Named where it is so only: what was sealed before there was a word for it stands.
    return [*head, "hospital-based"] if trip.is_hospital_based else head


def hashes_of(heads: Mapping[int, Sequence[Any]]) -> dict[int, str]:
    """The same of many trips, by key, whose own rows are read already. Four statements."""
    ids = list(heads)
    parts = {
        "legs": _by_trip(
            TripLeg.objects.filter(trip__in=ids)
            .exclude(status=LegStatus.CANCELLED)
            .order_by("sequence")
            .values_list("trip_id", *LEG)
        ),
        "ground": _by_trip(
            GroundLeg.objects.filter(trip__in=ids)
            .exclude(leg__status=LegStatus.CANCELLED)
            .order_by("leg__sequence", "is_pickup")
            .values_list("trip_id", *GROUND)
        ),
        "crew": _by_trip(
            CrewLine.objects.assigned()
            .filter(leg__trip__in=ids)
            .exclude(leg__status=LegStatus.CANCELLED)
            .order_by(*CREW)
            .values_list("leg__trip_id", *CREW)
        ),
        "passengers": _by_trip(
            Passenger.objects.filter(trip__in=ids)
            .order_by("pk", "legs__sequence")
            .values_list("trip_id", *ON_BOARD)
        ),
    }
    return {
        pk: _digest({"trip": rest, **{name: rows.get(pk, []) for name, rows in parts.items()}})
        for pk, rest in heads.items()
    }


def _by_trip(rows: Any) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for trip_id, *rest in rows:
        found[trip_id].append(rest)
    return found


def _digest(plan: dict[str, Any]) -> str:
    text = json.dumps(plan, sort_keys=True, separators=(",", ":"), default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)

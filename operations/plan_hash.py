"""The fingerprint of a trip's plan: what a release binds, and whose change makes it void."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

TRIP_FIELDS = ("kind", "aircraft_id", "requirement_id")
LEG_FIELDS = (
    "sequence",
    "kind",
    "origin_id",
    "destination_id",
    "alternate_id",
    "takeoff_alternate_id",
    "is_technical_stop",
    "has_patient",
    "is_acute_care",
    "passengers",
    "is_ifr",
    "planned_out_at",
    "planned_off_at",
    "planned_on_at",
    "planned_in_at",
    "estimated_out_at",
    "estimated_in_at",
    "payload_kg",
    "fuel_kg",
    "fuel_on_board_kg",
    "runway_id",
    "landing_distance_m",
    "min_ceiling_ft",
    "min_visibility_m",
    "circling_ceiling_ft",
    "alternate_ceiling_ft",
    "alternate_visibility_m",
    "alternate_navaids",
)
CREW_FIELDS = ("leg_sequence", "person_id", "role")


def plan_hash(trip: Any, legs: Iterable[Any], crew: Iterable[Any]) -> str:
    """
    SHA-256 over a trip, the legs that will be flown and the crew that stands.

    `crew` are rows with `leg_sequence`, `person_id` and `role`, in any order.
    """
    content = {
        "trip": _values(trip, TRIP_FIELDS),
        "legs": [_values(leg, LEG_FIELDS) for leg in sorted(legs, key=lambda row: row.sequence)],
        "crew": sorted(_values(line, CREW_FIELDS) for line in crew),
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _values(row: Any, names: tuple[str, ...]) -> list[str]:
    return [str(getattr(row, name)) for name in names]

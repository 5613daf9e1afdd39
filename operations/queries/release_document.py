from collections.abc import Iterable
from datetime import datetime
from typing import Any

from common.compliance.findings import Color
from common.models import Verdict
from operations.models import CrewLine, Trip, TripLeg


def release_document(
    trip: Trip, verdict: Verdict, *, plan_hash: str, released_by: Any, at: datetime
) -> dict[str, Any]:
    """
    What was released, frozen as it was: aircraft, legs, crew, risk, and every finding not green.

    Overridden findings print here with who let them pass and why.
    """
    legs = TripLeg.objects.flying().filter(trip=trip).select_related("origin", "destination")
    lines = CrewLine.objects.assigned().filter(leg__trip=trip).select_related("person", "leg")
    findings = [f for f in verdict.findings if f["color"] != Color.GREEN]
    return {
        "trip": trip.number,
        "kind": trip.kind,
        "aircraft": trip.aircraft.tail_number,
        "legs": [_leg(leg) for leg in legs.order_by("sequence")],
        "crew": _crew(lines.order_by("leg__sequence", "role", "pk")),
        "control_specialist": (verdict.facts.get("control") or {}).get("specialist", ""),
        "risk": verdict.facts.get("worksheet"),
        "overrides": [
            {"rule": f["rule"], "citation": f["citation"], "reason": f["overridden_reason"]}
            for f in findings
            if f["overridden_reason"]
        ],
        "findings": findings,
        "plan_hash": plan_hash,
        "verdict": verdict.pk,
        "released_by": released_by.full_name,
        "released_at": at.isoformat(),
    }


def _leg(leg: TripLeg) -> dict[str, Any]:
    return {
        "sequence": leg.sequence,
        "from": str(leg.origin),
        "to": str(leg.destination),
        "out_at": leg.estimated_out_at.isoformat(),
        "in_at": leg.estimated_in_at.isoformat(),
        "is_ifr": leg.is_ifr,
        "fuel_on_board_kg": leg.fuel_on_board_kg,
        "passengers": leg.passengers,
        "has_patient": leg.has_patient,
    }


def _crew(lines: Iterable[CrewLine]) -> list[dict[str, Any]]:
    return [
        {"leg": line.leg.sequence, "role": line.role, "name": line.person.full_name}
        for line in lines
    ]

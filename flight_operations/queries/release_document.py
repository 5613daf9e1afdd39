from datetime import datetime
from typing import Any

from common.compliance.findings import Color
from common.models import Verdict
from flight_operations.models import FlightOperation


def release_document(
    operation: FlightOperation, verdict: Verdict, *, released_by: Any, at: datetime
) -> dict[str, Any]:
    """
    The fields of an operational release (MOS 10.04), frozen as they were.

    Findings that were overridden print here with their reasons.
    """
    plan, aircraft = operation.plan, operation.aircraft
    findings = [f for f in verdict.findings if f["color"] != Color.GREEN]
    return {
        "operation": operation.number,
        "nature_and_purpose": operation.purpose,
        "aircraft": {
            "registration": aircraft.registration,
            "make_model": f"{aircraft.make} {aircraft.model}",
            "serial_number": aircraft.serial_number,
        },
        "control_station": plan.control_station,
        "planned_start_at": operation.planned_start_at.isoformat(),
        "planned_end_at": operation.planned_end_at.isoformat(),
        "launch_site": list(plan.launch_site.coords),
        "recovery_site": list(plan.recovery_site.coords),
        "max_height_agl_m": plan.max_height_agl_m,
        "remote_pilots": [_person(operation.pilot_in_command)],
        "crew": [
            _person(member.user) | {"role": member.role}
            for member in operation.crew.select_related("user__profile").order_by("pk")
        ],
        "sight_mode": operation.sight_mode,
        "approvals": verdict.facts.get("authorizations", []),
        "is_serviceable": True,
        "plan_hash": plan.content_hash,
        "verdict": verdict.pk,
        "findings": findings,
        "released_by": _person(released_by),
        "released_at": at.isoformat(),
    }


def _person(user: Any) -> dict[str, str]:
    profile = getattr(user, "profile", None)
    return {"name": user.full_name, "arn": getattr(profile, "arn", "") or ""}

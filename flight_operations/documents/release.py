"""The operational release of a drone flight on paper, with the fields of MOS 10.04."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from documents.exceptions import NothingToShow
from documents.kinds import Source, rows_for
from documents.wording import NONE, figure, moment, text, utc
from flight_operations.documents.track_map import degrees
from flight_operations.models import (
    AuthorizationKind,
    CrewMember,
    FlightOperation,
    OperationalRelease,
    SightMode,
)

APPROVALS: Mapping[str, str] = dict(AuthorizationKind.choices)
ROLES: Mapping[str, str] = dict(CrewMember.Role.choices)
SIGHT: Mapping[str, str] = dict(SightMode.choices)


def operation_for(operation_id: int, reader: Any) -> FlightOperation:
    """An operation that the reader may see. Raises FlightOperation.DoesNotExist."""
    rows = rows_for(FlightOperation.objects, reader).select_related(
        "operator", "aircraft", "pilot_in_command__profile", "plan"
    )
    found: FlightOperation = rows.get(pk=operation_id)
    return found


def head_of(operation: FlightOperation) -> dict[str, Any]:
    """Number, operator and aircraft of an operation."""
    operator, aircraft = operation.operator, operation.aircraft
    return {
        "number": operation.number,
        "title": operation.title,
        "purpose": operation.purpose,
        "category": operation.get_category_display(),
        "sight_mode": operation.get_sight_mode_display(),
        "operator": {
            "name": operator.legal_name,
            "arn": operator.arn,
            "reoc": text(operator.reoc_number),
        },
        "aircraft": {
            "registration": aircraft.registration,
            "model": aircraft.model_name,
            "serial": aircraft.serial_number,
        },
        "planned": {
            "start": moment(operation.planned_start_at, operator.timezone),
            "end": moment(operation.planned_end_at, operator.timezone),
        },
    }


def drone_release(operation_id: int, reader: Any, at: datetime) -> Source:
    """The newest release of an operation, as it was given. Raises NothingToShow."""
    operation = operation_for(operation_id, reader)
    release = (
        OperationalRelease.objects.filter(operation=operation)
        .select_related("verdict")
        .order_by("-pk")
        .first()
    )
    if release is None:
        raise NothingToShow(kind="release", subject=operation.number, because="it was not released")
    rules = {str(row["rule"]): str(row.get("confidence", "")) for row in release.verdict.findings}
    return Source(
        title=operation.number,
        version=f"{release.pk}:{'revoked' if release.revoked_at else 'live'}",
        data={**head_of(operation), **_as_released(release, operation.operator.timezone)},
        rules=rules,
        scope=operation.scope,
    )


def _as_released(release: OperationalRelease, zone: str) -> dict[str, Any]:
    """The fields as the release froze them."""
    kept = release.document
    return {
        "purpose": kept["nature_and_purpose"],
        "aircraft": {
            "registration": kept["aircraft"]["registration"],
            "model": kept["aircraft"]["make_model"],
            "serial": kept["aircraft"]["serial_number"],
        },
        "planned": {
            "start": moment(datetime.fromisoformat(kept["planned_start_at"]), zone),
            "end": moment(datetime.fromisoformat(kept["planned_end_at"]), zone),
        },
        "control_station": kept["control_station"],
        "launch_site": degrees(tuple(kept["launch_site"])),
        "recovery_site": degrees(tuple(kept["recovery_site"])),
        "max_height": f"{figure(kept['max_height_agl_m'], 'm', 1)} above ground",
        "sight_mode": SIGHT.get(kept["sight_mode"], kept["sight_mode"]),
        "pilots": [_person(row, "Remote pilot") for row in kept["remote_pilots"]],
        "crew": [_person(row, ROLES.get(row["role"], row["role"])) for row in kept["crew"]],
        "approvals": [_approval(row) for row in kept["approvals"]],
        "is_serviceable": "yes" if kept["is_serviceable"] else "no",
        "findings": [_finding(row, release.acknowledgements) for row in kept["findings"]],
        "has_findings": bool(kept["findings"]),
        "overrides": [
            {"rule": row["rule"], "citation": row["citation"], "reason": row["overridden_reason"]}
            for row in kept["findings"]
            if row.get("overridden_reason")
        ],
        "released_by": _person(kept["released_by"], "Released by"),
        "released_at": moment(release.released_at, zone),
        "plan_hash": release.plan_hash,
        "verdict": str(release.verdict_id),
        "revoked": _revoked(release),
    }


def _person(row: Mapping[str, str], role: str) -> dict[str, str]:
    return {"name": row["name"], "arn": text(row["arn"]), "role": role}


def _approval(row: Mapping[str, Any]) -> dict[str, str]:
    return {
        "kind": APPROVALS.get(row["kind"], row["kind"]),
        "number": row["number"],
        "authority": row["authority"],
        "valid": f"{_time(row['valid_from'])} to {_time(row['valid_until'])}",
        "conditions": text(row.get("conditions")),
    }


def _time(value: str) -> str:
    return utc(datetime.fromisoformat(value))


def _finding(row: Mapping[str, Any], notes: Sequence[Mapping[str, str]]) -> dict[str, str]:
    known = {note["rule"]: note.get("note", "") for note in notes}
    return {
        "color": str(row["color"]),
        "rule": row["rule"],
        "title": text(row.get("title")),
        "message": row["message"],
        "citation": text(row.get("citation")),
        "acknowledged": text(known.get(row["rule"])) if known else NONE,
    }


def _revoked(release: OperationalRelease) -> list[dict[str, str]]:
    if release.revoked_at is None:
        return []
    return [{"at": utc(release.revoked_at), "because": release.revoked_because}]

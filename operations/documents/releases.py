"""The operational release of a trip on paper, as it was given (14 CFR 135.77, 135.617)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from aircraft.models import FLEET_SCOPE
from documents.exceptions import NothingToShow
from documents.kinds import Source
from documents.wording import NONE, figure, joined, text, utc
from operations.documents.parts import CREW_ORDER, head_of, trip_for
from operations.models import CrewRole, FlightRelease, RiskWorksheet, TripKind
from operations.risk_template import answered

ROLES: Mapping[str, str] = dict(CrewRole.choices)
KINDS: Mapping[str, str] = dict(TripKind.choices)


def operational_release(trip_id: int, reader: Any, at: datetime) -> Source:
    """The newest release of a trip with findings, overrides and worksheet. Raises NothingToShow."""
    trip = trip_for(trip_id, reader)
    release = (
        FlightRelease.objects.filter(trip=trip)
        .select_related("released_by", "verdict")
        .order_by("-pk")
        .first()
    )
    if release is None:
        raise NothingToShow(kind="release", subject=trip.number, because="it was not released")
    kept = release.document
    data = {
        **head_of(trip),
        "aircraft": kept["aircraft"],
        "kind": KINDS.get(kept["kind"], kept["kind"]),
        "released_by": kept["released_by"],
        "released_at": utc(release.released_at),
        "plan_hash": release.plan_hash,
        "verdict": str(release.verdict_id),
        "legs": [_leg(row) for row in kept["legs"]],
        "crew": _crew(kept["crew"]),
        "findings": [_finding(row, release.acknowledgements) for row in kept["findings"]],
        "has_findings": bool(kept["findings"]),
        "overrides": [_override(row) for row in kept["overrides"]],
        "worksheet": _worksheet(kept.get("risk"), trip.pk),
        "revoked": _revoked(release),
    }
    rules = {str(row["rule"]): str(row.get("confidence", "")) for row in release.verdict.findings}
    version = f"{release.pk}:{'revoked' if release.revoked_at else 'live'}"
    return Source(title=trip.number, version=version, data=data, rules=rules, scope=FLEET_SCOPE)


def _leg(row: Mapping[str, Any]) -> dict[str, str]:
    people = f"{row['passengers']}{' + patient' if row['has_patient'] else ''}"
    return {
        "leg": str(row["sequence"]),
        "from": row["from"],
        "to": row["to"],
        "out": utc(datetime.fromisoformat(row["out_at"])),
        "in": utc(datetime.fromisoformat(row["in_at"])),
        "rules": "IFR" if row["is_ifr"] else "VFR",
        "fuel": figure(row["fuel_on_board_kg"], "kg"),
        "persons": people,
    }


def _crew(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Each person once, with the legs they fly."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in sorted(rows, key=lambda row: CREW_ORDER.get(row["role"], len(CREW_ORDER))):
        found.setdefault((row["role"], row["name"]), []).append(str(row["leg"]))
    return [
        {"role": ROLES.get(role, role), "name": name, "legs": ", ".join(legs)}
        for (role, name), legs in found.items()
    ]


def _finding(row: Mapping[str, Any], notes: Sequence[Mapping[str, str]]) -> dict[str, str]:
    known = {note["rule"]: note.get("note", "") for note in notes}
    return {
        "color": str(row["color"]),
        "rule": row["rule"],
        "title": text(row.get("title")),
        "message": row["message"],
        "citation": text(row.get("citation")),
        "acknowledged": text(known.get(row["rule"])),
    }


def _override(row: Mapping[str, Any]) -> dict[str, str]:
    return {
        "rule": row["rule"],
        "citation": text(row.get("citation")),
        "reason": row["reason"],
    }


def _worksheet(kept: Mapping[str, Any] | None, trip_id: int) -> list[dict[str, Any]]:
    """Score and signatures as released; the answers, while the worksheet is still that one."""
    if not kept:
        return []
    sheet = RiskWorksheet.objects.filter(trip=trip_id).first()
    is_same = sheet is not None and sheet.plan_hash == kept["plan_hash"]
    answers = answered(sheet.answers, sheet.template_version) if sheet and is_same else []
    return [
        {
            "score": str(kept["score"]),
            "threshold": str(kept["threshold"]),
            "signed": joined(kept.get("signed_by"), _time(kept.get("signed_at"))),
            "approved": joined(kept.get("approved_by"), _time(kept.get("approved_at"))),
            "mitigation": text(sheet.mitigation) if sheet and is_same else NONE,
            "answers": [
                {"factor": factor, "answer": words, "score": score}
                for factor, words, score in answers
            ],
        }
    ]


def _time(value: str | None) -> str:
    return utc(datetime.fromisoformat(value)) if value else NONE


def _revoked(release: FlightRelease) -> list[dict[str, str]]:
    if release.revoked_at is None:
        return []
    return [{"at": utc(release.revoked_at), "because": release.revoked_because}]

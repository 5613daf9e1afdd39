"""What may be said of the rules for the rows of a day now: what is on file, and what is too old."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from common.compliance.service import findings_of
from common.queries import states_now
from dispatcher.models import Assignment
from dispatcher.queries.answers import judgement
from flight_operations.models import FlightOperation

OPERATION = FlightOperation._meta.label_lower
VERDICTS = "common.view_verdict"
# Forecasts are made anew every six hours; what was judged by the one before is not of now.
FRESH = timedelta(hours=6)
# A change of these may concern each row of the day.
OF_ALL = frozenset({"center", "members", "profiles"})


@dataclass(frozen=True)
class Evidence:
    """What changed since a proposal was judged, and what is on file of what holds."""

    now: datetime
    changed: frozenset[tuple[str, int]]
    # States with `stale_now`, by operation.
    on_file: Mapping[int, Any]
    may_read: bool

    def of(self, row: Assignment) -> tuple[Mapping[str, Any], bool]:
        """What the rules said of a row, in the shape of `judgement`, and whether it is stale."""
        if row.status != "published":
            return row.why, self._is_old(row)
        state = self.on_file.get(row.operation_id)
        if state is None:
            return {}, False
        findings = findings_of(state.verdict) if self.may_read else ()
        told = judgement(findings, at=state.assessed_at) | {"color": state.color}
        return told, state.stale_now

    def _is_old(self, row: Assignment) -> bool:
        judged = row.why.get("judged_at")
        if judged is None or self.now - datetime.fromisoformat(judged) > FRESH:
            return True
        own = {
            ("operations", row.operation_id),
            ("demands", row.operation_id),
            ("aircraft", row.aircraft_id),
            ("defects", row.aircraft_id),
        }
        return bool(own & self.changed) or any(kind in OF_ALL for kind, _ in self.changed)


def evidence_of(
    user: Any,
    rows: Iterable[Assignment],
    changes: Iterable[Mapping[str, Any]],
    *,
    now: datetime,
) -> Evidence:
    """The evidence for the live rows of a day; 1 statement."""
    held = [row.operation_id for row in rows if row.status == "published"]
    states = states_now(user, now=now).filter(subject_type=OPERATION, subject_id__in=held)
    states = states.select_related("verdict").only(
        "subject_id", "color", "assessed_at", "verdict__findings"
    )
    return Evidence(
        now=now,
        changed=frozenset((each["kind"], each["id"]) for each in changes),
        on_file={state.subject_id: state for state in states.order_by("pk")} if held else {},
        may_read=user.has_perm(VERDICTS),
    )

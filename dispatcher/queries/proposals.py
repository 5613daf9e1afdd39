"""What is proposed for a day, with the run it comes from and what was left behind."""

from typing import Any

from dispatcher.models import DispatchSchedule


def proposal_of(schedule: DispatchSchedule) -> dict[str, Any]:
    """The newest run, the proposed assignments and the reasons, three statements."""
    run = schedule.runs.select_related("requested_by").order_by("-pk").first()
    rows = schedule.assignments.proposed().select_related(
        "schedule__center", "operation", "aircraft", "pilot"
    )
    return {
        "run": run,
        "assignments": list(rows.order_by("start_at", "pk")),
        "unassigned": [] if schedule.proposal is None else schedule.proposal.reasons,
    }

"""Records before and after a flight (MOS chapter 10)."""

from collections.abc import Sequence
from datetime import timedelta

from common.compliance.findings import Finding, Stage
from common.compliance.registry import Parameter, RuleContext
from flight_operations.facts.operation import OperationFacts
from flight_operations.facts.records import AlertFacts
from flight_operations.models import AssessmentStatus, ItemAnswer, OperatingCategory
from flight_operations.rules.basis import is_under_reoc, operation_rule
from flight_operations.telemetry.limits import UNJUDGED

OWN_LAND = (OperatingCategory.LAND25, OperatingCategory.LAND150)


@operation_rule(
    "MOS-10.03-DOCS",
    title="Job safety assessment",
    citation="MOS 10.03(1)(a)-(c)",
    confidence="found",
    inputs=("category", "operator", "risks"),
)
def job_safety(facts: OperationFacts, context: RuleContext) -> Finding | None:
    """Under a ReOC a job safety assessment, or an approved risk assessment, is on file."""
    if not is_under_reoc(facts):
        return None
    approved = [r.number for r in facts.risks if r.status == AssessmentStatus.APPROVED]
    reference = facts.operator.job_safety_assessment_ref or next(iter(approved), "")
    if reference:
        return context.green(f"Job safety assessment: {reference}.")
    return context.missing("The job safety assessment", fix="Record it before release.")


@operation_rule(
    "MOS-10.04-REL",
    title="Operational release",
    citation="MOS 10.04(a)-(j), (2), (5)",
    confidence="found",
    inputs=(
        "category",
        "purpose",
        "control_station",
        "launch_lat",
        "recovery_lat",
        "max_height_agl_m",
        "pilot",
        "aircraft",
        "release",
    ),
    absolute="Every field can be filled in; none can be left out.",
)
def release_fields(facts: OperationFacts, context: RuleContext) -> Finding | None:
    """
    Everything the release must say is there; in flight a release of this very plan is live.
    """
    if not is_under_reoc(facts):
        return None
    fields = {
        "nature and purpose": facts.purpose.strip(),
        "the place of the control station": facts.control_station.strip(),
        "the launch site": facts.launch_lat is not None,
        "the recovery site": facts.recovery_lat is not None,
        "the greatest height": facts.max_height_agl_m is not None,
        "the pilot's ARN": facts.pilot.arn,
        "serviceability (Part A)": facts.aircraft.part_a is not None,
    }
    lacking = [name for name, value in fields.items() if not value]
    if lacking:
        return context.missing(f"For the release: {', '.join(lacking)}", fix="Fill it in.")
    if context.stage == Stage.INFLIGHT and not (facts.release and facts.release.is_of_this_plan):
        return context.red("No live release of this plan.", fix="Release it before the start.")
    return context.green("Everything the release must say is there.")


@operation_rule(
    "MOS-10.05-LOG",
    title="Operational log",
    citation="MOS 10.05",
    confidence="found",
    inputs=("log",),
    is_of_records=True,
    parameters={
        "amber_h": Parameter(24, "lower", "h", "Amber after"),
        "red_h": Parameter(72, "lower", "h", "Red after"),
    },
)
def operational_log(facts: OperationFacts, context: RuleContext) -> Finding | None:
    """After the flight the pilot completes the log: amber after 24 hours, red after 72."""
    if facts.log is None or facts.category in (OperatingCategory.MICRO, OperatingCategory.SUB2):
        return None
    if facts.log.log_completed_at is not None:
        return context.green("The operational log is complete.")
    waited = context.at - facts.log.ended_at
    words = f"The operational log is open for {waited.total_seconds() / 3600:.0f} hours."
    shown = {"value": waited.total_seconds() / 3600, "fix": "Complete the log."}
    if waited > timedelta(hours=context["red_h"]):
        return context.red(words, limit=context["red_h"], **shown)
    if waited > timedelta(hours=context["amber_h"]):
        return context.amber(words, limit=context["amber_h"], **shown)
    return context.green(words, value=waited.total_seconds() / 3600, limit=context["amber_h"])


@operation_rule(
    "MOS-10.06-PILOT",
    title="Remote pilot log",
    citation="MOS 10.06",
    confidence="found",
    inputs=("log", "pilot"),
    is_of_records=True,
)
def pilot_log(facts: OperationFacts, context: RuleContext) -> Finding | None:
    """The flight stands in the pilot's own log; a gap is amber."""
    if facts.log is None:
        return None
    if facts.pilot.user_id in facts.log.pilots_logged:
        return context.green(f"In the log of {facts.pilot.name}.")
    return context.amber(
        f"The flight is missing in the log of {facts.pilot.name}.", fix="Add the entry."
    )


@operation_rule(
    "MOS-10.05-ALERTS",
    title="Alerts of the flight",
    citation="MOS 10.05; company practice",
    confidence="design",
    inputs=("log",),
    is_of_records=True,
)
def alerts_dealt_with(facts: OperationFacts, context: RuleContext) -> Finding | None:
    """
    Each alert of the flight is acknowledged, and each limit that was broken is accounted for: by a
    note, by a log that says what differed, or by an incident report. Amber until then.
    """
    if facts.log is None or not facts.log.alerts:
        return None
    unseen = [alert for alert in facts.log.alerts if alert.unacknowledged]
    if unseen:
        count = sum(alert.unacknowledged for alert in unseen)
        return context.amber(
            f"Nobody has acknowledged {count} alerts of the flight: {_kinds(unseen)}.",
            value=count,
            fix="Look into each and acknowledge it with a note.",
        )
    untold = [a for a in facts.log.alerts if a.without_note and a.kind not in UNJUDGED]
    if untold and facts.log.is_as_released is not False and not facts.log.has_incident:
        said = "the log says as released" if facts.log.is_as_released else "the log is open"
        return context.amber(
            f"Limits were broken ({_kinds(untold)}) and {said}.",
            value=sum(alert.without_note for alert in untold),
            fix="Say in the log what differed, or report an incident.",
        )
    return context.green("Every alert of the flight is dealt with.")


def _kinds(alerts: Sequence[AlertFacts]) -> str:
    return ", ".join(alert.kind.replace("_", " ") for alert in alerts)


@operation_rule(
    "MOS-10.3-EXCL",
    title="Records of excluded flights",
    citation="MOS Division 10.3",
    confidence="found",
    inputs=("category", "purpose", "launch_lat", "max_height_agl_m"),
)
def excluded_records(facts: OperationFacts, context: RuleContext) -> Finding | None:
    """Own-land flights record place, height, aircraft, time and purpose; missing is amber."""
    if facts.category not in OWN_LAND:
        return None
    if facts.purpose.strip() and facts.launch_lat is not None and facts.max_height_agl_m:
        return context.green("Place, height and purpose are recorded.")
    return context.amber("Place, height or purpose is not recorded.", fix="Complete the plan.")


@operation_rule(
    "PREFLIGHT-CHECKLIST",
    title="Pre-flight checklist",
    citation="Operations manual",
    confidence="design",
    inputs=("checklist",),
)
def checklist(facts: OperationFacts, context: RuleContext) -> Finding:
    """Every required item of the checklist is answered, none failed, none has run out."""
    if facts.checklist is None or not facts.checklist.items:
        return context.missing("The pre-flight checklist", fix="Open it and answer every item.")
    required = [item for item in facts.checklist.items if item.is_required]
    failed = [item.title for item in required if item.answer == ItemAnswer.FAILED]
    if failed:
        return context.red(f"Failed: {failed[0]}.", value=failed, fix="Put it right, look again.")
    late = [i for i in required if i.valid_until is not None and i.valid_until <= context.at]
    unanswered = [item.title for item in required if not item.answer or item in late]
    if unanswered:
        return context.missing(
            f"{len(unanswered)} checklist items, first '{unanswered[0]}': the answer",
            fix="Answer the checklist.",
        )
    return context.green("The checklist is complete.", value=len(required))

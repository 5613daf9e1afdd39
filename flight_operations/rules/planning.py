"""Does the plan hang together: volumes, times, sites (company practice)."""

from common.compliance.findings import Finding, Stage
from common.compliance.registry import RuleContext
from flight_operations.facts.operation import OperationFacts
from flight_operations.rules.basis import operation_rule


@operation_rule(
    "PLAN-COMPLETE",
    title="The plan",
    citation="Company practice; MOS 10.03(1)(c)",
    confidence="design",
    inputs=("has_plan", "volumes", "start_at", "end_at"),
)
def complete(facts: OperationFacts, context: RuleContext) -> Finding:
    """There is a plan with volumes that together cover the planned time."""
    if not facts.has_plan or not facts.volumes:
        return context.missing("Where the flight goes", fix="Make a plan and draw its volumes.")
    reach = facts.start_at
    for volume in sorted(facts.volumes, key=lambda volume: volume.starts_at):
        if volume.starts_at > reach:
            break
        reach = max(reach, volume.ends_at)
    if reach < facts.end_at:
        return context.red(
            f"No volume covers the time from {reach:%H:%M}Z.",
            fix="Make the volumes cover the whole flight.",
        )
    return context.green("The volumes cover the planned time.", value=len(facts.volumes))


@operation_rule(
    "PLAN-WINDOW",
    title="The planned time",
    citation="Company practice",
    confidence="design",
    inputs=("start_at", "end_at"),
)
def window(facts: OperationFacts, context: RuleContext) -> Finding | None:
    """A flight is not released or started after its planned end."""
    if context.stage == Stage.POST:
        return None
    if context.at >= facts.end_at:
        color = context.amber if context.stage == Stage.INFLIGHT else context.red
        return color(f"The planned end {facts.end_at:%H:%M}Z has passed.", fix="Plan it anew.")
    return context.green(f"Planned until {facts.end_at:%H:%M}Z.")

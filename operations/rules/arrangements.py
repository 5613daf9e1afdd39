"""Does the plan hang together, and is everything arranged on the ground?"""

from itertools import pairwise

from common.compliance.findings import Finding
from common.compliance.registry import RuleContext
from operations.facts.papers import ServiceFacts
from operations.facts.trip import TripFacts
from operations.rules.basis import Answer, trip_rule

PRACTICE = "Company practice"
SETTLED = ("confirmed", "na")


@trip_rule(
    "OPS-LEGS",
    title="The legs hang together",
    citation=PRACTICE,
    confidence="design",
    inputs=("legs",),
    absolute="An aircraft cannot leave from where it is not.",
)
def legs(facts: TripFacts, context: RuleContext) -> Answer:
    """There are legs; each begins where and after the one before ended."""
    if not facts.legs:
        return context.red("The trip has no legs.", fix="Plan it.")
    found: list[Finding] = []
    for before, after in pairwise(facts.legs):
        if before.destination != after.origin:
            words = f"{after.label} begins at {after.origin}; the one before ends at"
            found.append(context.red(f"{words} {before.destination}.", fix="Plan it anew."))
        if after.out_at < before.in_at:
            words = f"{after.label} leaves at {after.out_at:%d %H%MZ}, before it has arrived"
            found.append(
                context.red(
                    f"{words} at {before.in_at:%d %H%MZ}.",
                    value=after.out_at.isoformat(),
                    limit=before.in_at.isoformat(),
                    fix="Shift the leg.",
                )
            )
    return found or context.green(f"{len(facts.legs)} legs on end.", value=len(facts.legs))


@trip_rule(
    "OPS-SERVICES",
    title="Required services",
    citation=PRACTICE,
    confidence="design",
    inputs=("services", "legs"),
)
def services(facts: TripFacts, context: RuleContext) -> Answer:
    """
    Every required service is confirmed, or not needed; open ones are red at release.

    One that was called off for a flight still to come is open until another takes its place.
    """
    waiting = [s for s in facts.services if s.is_required and not _is_settled(facts, s)]
    if waiting:
        return [
            context.missing(
                f"Whether {entry.kind.replace('_', ' ')}{_where(entry.airport)} is confirmed"
                f" ({entry.status.replace('_', ' ')})",
                fix="Confirm it.",
            )
            for entry in waiting
        ]
    return context.green("Every required service is confirmed.", value=len(facts.services))


def _is_settled(facts: TripFacts, service: ServiceFacts) -> bool:
    if service.status != "cancelled":
        return service.status in SETTLED
    ahead = {leg.sequence for leg in facts.legs_ahead}
    if service.leg is not None and service.leg not in ahead:
        return True
    # Another one of the same kind there is judged by itself.
    return any(
        (other.kind, other.leg, other.airport) == (service.kind, service.leg, service.airport)
        and other.status != "cancelled"
        for other in facts.services
    )


@trip_rule(
    "OPS-RECHECK",
    title="Services after a change",
    citation=PRACTICE,
    confidence="design",
    inputs=("services",),
)
def rechecks(facts: TripFacts, context: RuleContext) -> Answer:
    """Services confirmed before the trip changed were looked at again; else red at release."""
    waiting = [entry for entry in facts.services if entry.needs_recheck]
    if waiting:
        return [
            context.missing(
                f"Whether {entry.kind.replace('_', ' ')}{_where(entry.airport)} still fits"
                f" ({entry.recheck_because or 'the trip changed'})",
                fix="Ask again.",
            )
            for entry in waiting
        ]
    return context.green("No service waits to be looked at again.")


def _where(airport: str) -> str:
    return f" at {airport}" if airport else ""

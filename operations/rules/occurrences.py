"""Accidents and serious incidents: what the NTSB is told, and what comes after them."""

from datetime import datetime

from common.compliance.findings import Finding
from common.compliance.registry import RuleContext, rule
from operations.facts.occurrence import OccurrenceFacts
from operations.facts.trip import TripFacts
from operations.occurrences import NOTICE_RED, REPORT_AMBER, SERIOUS_INCIDENT
from operations.rules.basis import Answer, also_of_trips

CODE = "NTSB-830"
TELL_THEM = "The Board is told, or it is not; a signature does not replace it."


@rule(
    CODE,
    title="Notice and report to the NTSB",
    citation="49 CFR 830.5, 830.15",
    confidence="known-high",
    facts=OccurrenceFacts,
    inputs=("is_notifiable", "aware_at", "notified_at", "report_due_at", "filed_at"),
    is_absolute=True,
    absolute_because=TELL_THEM,
)
def told(occurrence: OccurrenceFacts, context: RuleContext) -> list[Finding]:
    """
    Notice is given immediately: amber at once, red one hour after the operator knew.

    Form 6120.1 within 10 days after an accident, or 7 when an overdue aircraft is still missing, in
    calendar days of the place without the day of the event; for a serious incident by the day that
    the Board names in asking. Amber for the last 3 days, red after. While an accident is open or an
    aircraft missing, the next trips of the aircraft and of its crew are amber.
    """
    found = []
    if occurrence.is_notifiable:
        found.append(_notice(occurrence, context))
    if occurrence.report_due_at is not None:
        found.append(_report(occurrence, occurrence.report_due_at, context))
    return found or [context.green(f"{occurrence.number} asks for neither notice nor report.")]


@also_of_trips(CODE, title="After an accident", inputs=("occurrences",))
def before_the_next_trip(facts: TripFacts, context: RuleContext) -> Answer:
    """An open accident or missing aircraft is amber, an open serious incident is mentioned."""
    found = []
    for entry in facts.occurrences:
        whose = facts.aircraft.tail_number if entry.is_of_aircraft else "somebody in the crew"
        words = f"{entry.number}: {entry.event.replace('_', ' ')} of {whose} is still open."
        if entry.event == SERIOUS_INCIDENT:
            found.append(context.green(words, value=entry.number))
        else:
            fix = "Acknowledge that aircraft and crew may fly, or close the investigation."
            found.append(context.amber(words, value=entry.number, fix=fix))
    return found or None


def _notice(occurrence: OccurrenceFacts, context: RuleContext) -> Finding:
    words = f"{occurrence.number}: the NTSB"
    if occurrence.notified_at is not None:
        return context.green(f"{words} was told.")
    minutes = (context.at - occurrence.aware_at).total_seconds() / 60
    is_late = context.at >= occurrence.aware_at + NOTICE_RED
    color = context.red if is_late else context.amber
    return color(
        f"{words} was not told for {minutes:.0f} minutes.",
        value=round(minutes, 1),
        limit=NOTICE_RED.total_seconds() / 60,
        fix="Call the NTSB's response operations center and record the reference.",
    )


def _report(occurrence: OccurrenceFacts, due_at: datetime, context: RuleContext) -> Finding:
    words = f"{occurrence.number}: form 6120.1"
    if occurrence.filed_at is not None:
        return context.green(f"{words} was filed.")
    shown = {"value": due_at.isoformat(), "fix": "File the report and record it."}
    if context.at >= due_at:
        return context.red(f"{words} is late.", **shown)
    days = (due_at - context.at).total_seconds() / 86_400
    if context.at >= due_at - REPORT_AMBER:
        return context.amber(f"{words} is due in {days:.1f} days.", **shown)
    return context.green(f"{words} is due in {days:.0f} days.", value=due_at.isoformat())

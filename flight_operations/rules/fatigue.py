"""Duty, flight time and rest of remote pilots (REGULATION 1.9: the operator's own limits)."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from common.compliance.findings import Finding
from common.compliance.registry import Parameter, RuleContext
from flight_operations.facts.operation import OperationFacts
from flight_operations.facts.people import WorkPeriod
from flight_operations.rules.basis import operation_rule

MANUAL: dict[str, Any] = {
    "citation": "Operations manual (suggested default)",
    "confidence": "design",
    "inputs": ("pilot", "start_at", "end_at"),
}
NEAR = 0.9
NEAR_REST = timedelta(minutes=60)
WEEK = 7
OTHER = "Assign another pilot, or move the flight."


def _all_work(facts: OperationFacts) -> list[WorkPeriod]:
    this = WorkPeriod(on=facts.rule_date, start_at=facts.start_at, end_at=facts.end_at)
    return sorted([*facts.pilot.work, this], key=lambda period: period.start_at)


def _of_day(periods: Sequence[WorkPeriod], on: date) -> list[WorkPeriod]:
    return [period for period in periods if period.on == on]


def _against(context: RuleContext, what: str, spent: timedelta, limit_h: float) -> Finding:
    """Green to 90 % of a limit, amber up to and including it, red above (C-NEAR)."""
    limit = timedelta(hours=limit_h)
    words = f"{what} {_clock(spent)} with this flight; the limit is {_clock(limit)}."
    shown = {"value": spent.total_seconds() / 60, "limit": limit.total_seconds() / 60}
    if spent > limit:
        return context.red(words, fix=OTHER, **shown)
    if spent > limit * NEAR:
        return context.amber(words, fix="Acknowledge; keep an eye on the clock.", **shown)
    return context.green(words, **shown)


def _clock(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    return f"{minutes // 60}:{minutes % 60:02} h"


@operation_rule(
    "AU-RPAS-FATIGUE-DUTY",
    title="Duty of the day",
    parameters={"max_duty_h": Parameter(12, "lower", "h", "First start to last end of a day")},
    **MANUAL,
)
def duty(facts: OperationFacts, context: RuleContext) -> Finding:
    """From the first start to the last end of the local day at most 12 hours."""
    today = _of_day(_all_work(facts), facts.rule_date)
    span = max(period.end_at for period in today) - today[0].start_at
    return _against(context, f"Duty of {facts.pilot.name}", span, context["max_duty_h"])


@operation_rule(
    "AU-RPAS-FATIGUE-FLIGHT",
    title="Flight time of the day",
    parameters={"max_flight_h": Parameter(8, "lower", "h", "Flight time of a local day")},
    **MANUAL,
)
def flight_time(facts: OperationFacts, context: RuleContext) -> Finding:
    """At most 8 hours of flight on one local day."""
    today = _of_day(_all_work(facts), facts.rule_date)
    spent = sum((period.end_at - period.start_at for period in today), timedelta())
    return _against(context, f"Flight time of {facts.pilot.name}", spent, context["max_flight_h"])


@operation_rule(
    "AU-RPAS-FATIGUE-REST",
    title="Rest before and after the day",
    parameters={"min_rest_h": Parameter(10, "higher", "h", "Rest between two days of work")},
    **MANUAL,
)
def rest(facts: OperationFacts, context: RuleContext) -> Finding:
    """At least 10 hours between the work of two local days; amber under 60 minutes of margin."""
    work = _all_work(facts)
    today = _of_day(work, facts.rule_date)
    start, end = today[0].start_at, max(period.end_at for period in today)
    gaps = [start - period.end_at for period in work if period.on < facts.rule_date]
    gaps += [period.start_at - end for period in work if period.on > facts.rule_date]
    least = timedelta(hours=context["min_rest_h"])
    if not gaps:
        return context.green("No work on the days around.", limit=least.total_seconds() / 60)
    rested = min(gaps)
    words = f"{facts.pilot.name} rests {_clock(rested)}; at least {_clock(least)} is needed."
    shown = {"value": rested.total_seconds() / 60, "limit": least.total_seconds() / 60}
    if rested < least:
        return context.red(words, fix=OTHER, **shown)
    if rested - least < NEAR_REST:
        return context.amber(words, fix="Acknowledge; do not start earlier.", **shown)
    return context.green(words, **shown)


@operation_rule(
    "AU-RPAS-FATIGUE-DAYOFF",
    title="A day off in seven",
    parameters={"max_days": Parameter(6, "lower", "days", "Days of work in any seven")},
    **MANUAL,
)
def day_off(facts: OperationFacts, context: RuleContext) -> Finding:
    """In any seven days in a row at least one without work."""
    days = {period.on for period in _all_work(facts)}
    most = max(
        sum(1 for day in days if first <= day < first + timedelta(days=WEEK))
        for first in (facts.rule_date - timedelta(days=back) for back in range(WEEK))
    )
    limit = int(context["max_days"])
    words = f"{facts.pilot.name} works on {most} of seven days; at most {limit}."
    if most > limit:
        return context.red(words, value=most, limit=limit, fix=OTHER)
    return context.green(words, value=most, limit=limit)

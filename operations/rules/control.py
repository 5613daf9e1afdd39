"""Operations control of helicopter ambulance flights (14 CFR 135.619)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from common.compliance.findings import Finding
from common.compliance.registry import Parameter, RuleContext
from operations.facts.clock import Span, busy, longest_rest
from operations.facts.control import ControlFacts
from operations.facts.trip import TripFacts
from operations.rules.basis import Answer, figure, helicopter_ambulance, trip_rule

WEEK = timedelta(days=7)
HOUR = timedelta(hours=1)


@trip_rule(
    "FAR-135.619-OCS",
    title="Operations control specialist",
    citation="14 CFR 135.619",
    confidence="found",
    inputs=("control", "legs", "kind", "cabin", "crew"),
    parameters={
        "duty_h": Parameter(10, "lower", "h", "Longest duty without rest"),
        "rest_h": Parameter(8, "higher", "h", "Rest before the duty"),
        "off_h": Parameter(24, "higher", "h", "Free of duty in seven days"),
        "helicopters": Parameter(10, "lower", "helicopters", "Fleet that needs a control center"),
    },
)
def operations_control(facts: TripFacts, context: RuleContext) -> Answer:
    """
    A fleet of ten helicopters needs a control specialist for each ambulance flight.

    Whoever is named is on a control duty as the next flight leaves: at most 10 consecutive hours,
    after 8 hours of rest, with 24 hours off in the 7 days to its end; else red. Other duties of the
    same person are no rest. Nobody named, or no duty in the roster: not known.
    """
    ahead = [leg for leg in facts.legs_ahead if helicopter_ambulance(facts, leg)]
    if not ahead:
        return None
    control = facts.control
    if control is None:
        return context.missing("Who controls the flights")
    if control.specialist_id is None:
        return _nobody(control, context)
    leaves_at = ahead[0].out_at
    on_duty = [
        duty
        for duty in control.duties
        if duty.is_control and duty.start_at <= leaves_at < duty.end_at
    ]
    if not on_duty:
        return context.missing(
            f"A control duty of {control.specialist} as {ahead[0].label} leaves",
            fix="Enter it in the roster, or name who is on duty.",
        )
    spans = [Span(duty.start_at, duty.end_at) for duty in control.duties]
    return _judge(control.specialist, spans, leaves_at, context)


def _nobody(control: ControlFacts, context: RuleContext) -> Finding:
    if control.helicopters >= context["helicopters"]:
        return context.missing(
            f"The control specialist, with {control.helicopters} helicopters in the fleet",
            fix="Name who controls the flight.",
        )
    words = f"{control.helicopters} helicopters in the fleet need no control center."
    return context.green(words, value=control.helicopters, limit=context["helicopters"])


def _judge(
    name: str, spans: Sequence[Span], leaves_at: datetime, context: RuleContext
) -> list[Finding]:
    """The stretch of duty that the departure lies in, the rest before it, the day off."""
    joined = busy(spans)
    at = next(n for n, span in enumerate(joined) if span.start_at <= leaves_at < span.end_at)
    stretch = joined[at]
    hours = (stretch.end_at - stretch.start_at) / HOUR
    found = [_held(f"{name} is on duty for", hours, context, "duty_h", is_most=True)]
    if at:
        rest = (stretch.start_at - joined[at - 1].end_at) / HOUR
        found.append(_held(f"{name} rested before it for", rest, context, "rest_h"))
    off = longest_rest(joined, stretch.end_at - WEEK, stretch.end_at) / HOUR
    found.append(_held(f"{name} is off in the seven days to its end for", off, context, "off_h"))
    return found


def _held(
    words: str, hours: float, context: RuleContext, limit: str, *, is_most: bool = False
) -> Finding:
    wanted = context[limit]
    said = f"{words} {figure(hours)} h; {'at most' if is_most else 'at least'} {figure(wanted)}."
    shown = {"value": round(hours, 2), "limit": wanted}
    if hours > wanted if is_most else hours < wanted:
        return context.red(said, fix="Name another specialist.", **shown)
    return context.green(said, **shown)

"""Ask the compliance rules about every operation of a day, with everybody who might fly it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from common.compliance.engine import evaluate
from common.compliance.findings import Finding, Override, Stage
from common.compliance.service import overrides_of, parameters_of
from dispatcher.permitted import Permitted, permitted
from dispatcher.planning.model import Period
from dispatcher.queries.day_rows import OPERATION, DayRows
from dispatcher.starts import moments
from flight_operations.facts.screening import (
    Asking,
    Objection,
    Scope,
    forbids,
    objections,
)
from flight_operations.facts.what_if import Trial, WhatIf, gather_span, gather_trials
from flight_operations.models import FlightOperation

# The plan itself keeps these: shifts, duty and flying time are its limits, over all its work.
KEPT_BY_THE_PLAN = (
    "AU-RPAS-FATIGUE-DUTY",
    "AU-RPAS-FATIGUE-FLIGHT",
    "AU-RPAS-FATIGUE-REST",
)


@dataclass(frozen=True)
class Screened:
    """What was read, the starts that were asked about, and what the rules answered."""

    what_if: WhatIf
    starts: Mapping[int, tuple[datetime, ...]]
    answers: Mapping[int, Permitted]


def nothing() -> None:
    """Nobody has anything to do meanwhile."""


def screen_day(
    rows: DayRows,
    windows: Mapping[int, Sequence[Period]],
    wanted: Mapping[int, Sequence[Period]],
    *,
    now: datetime,
    meanwhile: Callable[[], None] = nothing,
) -> Screened:
    """
    Which starts, aircraft and pilots no rule forbids, for each operation with its windows.

    `wanted` are those of its windows that everybody agrees to as things are. One bounded set of
    statements for the day; the rules then run on what was read, and `meanwhile` before each.
    """
    asked = [each for each in rows.operations if windows.get(each.pk)]
    aircraft = tuple(row.pk for row in rows.aircraft)
    pilots = tuple(sorted({row.user_id for row in rows.members}))
    what_if = gather_span(
        [each.pk for each in asked],
        aircraft=aircraft,
        pilots=pilots,
        span=_span(rows, windows),
        at=now,
    )
    own = parameters_of({rows.center.scope}).get(rows.center.scope, {})
    granted = overrides_of(OPERATION, [each.pk for each in asked]) if asked else {}
    starts, answers = {}, {}
    for operation in asked:
        meanwhile()
        pk = operation.pk
        scope = Scope(pk, _starts(what_if, operation, windows[pk], wanted[pk]), aircraft, pilots)
        asking = _asking(own, granted.get(pk, ()), now)
        found = objections(what_if, scope, asking)
        agreed = _agreed(scope.starts, wanted[pk], what_if.duration(pk))
        starts[pk] = scope.starts
        answers[pk] = _answered(operation, found, scope, agreed)
    return Screened(what_if, starts, answers)


def _asking(
    own: Mapping[str, Mapping[str, float]], granted: Sequence[Override], now: datetime
) -> Asking:
    return Asking(
        at=now,
        parameters=own,
        overrides=granted,
        leaving_out=KEPT_BY_THE_PLAN,
        may_be_missing=settings.DISPATCH_LATER_EVIDENCE,
    )


def _starts(
    what_if: WhatIf,
    operation: FlightOperation,
    windows: Sequence[Period],
    wanted: Sequence[Period],
) -> tuple[datetime, ...]:
    edges = (edge for window in wanted for edge in (window.start, window.end))
    return moments(
        windows,
        what_if.duration(operation.pk),
        grid=timedelta(minutes=settings.DISPATCH_GRID_MIN),
        turns=(*_turns(what_if, operation), *edges),
    )


def _agreed(
    starts: Sequence[datetime], wanted: Sequence[Period], duration: timedelta
) -> frozenset[datetime]:
    return frozenset(
        start
        for start in starts
        if any(each.start <= start <= each.end - duration for each in wanted)
    )


def _answered(
    operation: FlightOperation,
    found: Sequence[Objection],
    scope: Scope,
    wanted: frozenset[datetime],
) -> Permitted:
    return permitted(
        operation.number,
        found,
        starts=scope.starts,
        aircraft=scope.aircraft,
        pilots=scope.pilots,
        wanted=wanted,
    )


def red_trials(
    trials: Sequence[Trial], *, scope: str, now: datetime
) -> dict[int, tuple[Finding, ...]]:
    """What would stop a release in a whole plan, by operation; those without are left out."""
    found = {}
    for pk, findings in judged_trials(trials, scope=scope, now=now).items():
        red = tuple(each for each in findings if forbids(each, settings.DISPATCH_LATER_EVIDENCE))
        if red:
            found[pk] = red
    return found


def judged_trials(
    trials: Sequence[Trial], *, scope: str, now: datetime
) -> dict[int, tuple[Finding, ...]]:
    """Everything the rules say of a whole plan, by operation."""
    facts = gather_trials(trials, at=now)
    own = parameters_of({scope}).get(scope, {}) if facts else {}
    granted = overrides_of(OPERATION, sorted(facts)) if facts else {}
    return {
        pk: evaluate(
            each, stage=Stage.PLANNING, at=now, parameters=own, overrides=granted.get(pk, ())
        ).findings
        for pk, each in facts.items()
    }


def findings_of_trial(trial: Trial, *, scope: str, now: datetime) -> tuple[Finding, ...]:
    """Everything the rules say of one operation done in this way, beside the work there is."""
    return judged_trials([trial], scope=scope, now=now)[trial.operation_id]


def _span(rows: DayRows, windows: Mapping[int, Sequence[Period]]) -> tuple[datetime, datetime]:
    every = [window for mine in windows.values() for window in mine]
    first, last = rows.span
    return (
        min([first, *(window.start for window in every)]),
        max([last, *(window.end for window in every)]),
    )


def _turns(what_if: WhatIf, operation: FlightOperation) -> Iterator[datetime]:
    """When the answer of a rule may change by itself: sun, forecast, approvals, midnight."""
    yield from (event.at for event in what_if.passages(operation.pk))
    site = what_if.sites.get(operation.pk)
    if site is not None and site.weather is not None and site.weather.forecast is not None:
        for group in site.weather.forecast.groups:
            yield group.valid_from
            yield group.valid_until
    for row, _ in what_if.papers.authorizations.get(operation.operator_id, ()):
        yield row.valid_from
        yield row.valid_until

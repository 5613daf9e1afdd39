"""Putting the next flight of a trip back: tried first, so that what breaks is seen before."""

from datetime import datetime
from typing import Any

from django import forms

from common.compliance.findings import Color
from common.desk.standing import Fact, Problem, worst_first
from common.desk.steps import Said, Seen, Step, Trial
from common.desk.wording import clock
from operations.desk.trip_steps import leg_of, legs_of
from operations.models import DelayCode, Trip, TripLeg
from operations.services import delays
from operations.services.rescheduling import HOLDING

LONGEST_MIN = 10_080
MOST = 20


def _waiting(trip: Trip) -> TripLeg | None:
    """The first flight that has not left."""
    return next((leg for leg in legs_of(trip) if leg.status in delays.WAITING), None)


def _can_delay(trip: Trip, at: datetime) -> str | None:
    return "" if trip.status in HOLDING and _waiting(trip) else None


def _leg_shown(trip: Trip, at: datetime) -> Seen:
    leg = _waiting(trip)
    if leg is None:
        return Seen(mark="")
    out = clock(leg.estimated_out_at, leg.origin.timezone)
    return Seen(
        # The time too: minutes are counted from when it is expected now.
        mark=f"{leg.pk}-{leg.estimated_out_at.isoformat()}",
        name=f"leg {leg.sequence}, {leg.origin} to {leg.destination}",
        facts=(Fact(label="Off blocks", value=f"{out} expected"),),
    )


def _try(trip: Trip, said: Said, *, actor: Any, at: datetime) -> Trial:
    minutes = said.fields["minutes"]
    leg = leg_of(trip, said)
    zone = next(each.origin.timezone for each in legs_of(trip) if each.pk == leg.pk)
    found = delays.preview_delay(leg, minutes=minutes, actor=actor, at=at)
    facts = tuple(
        Fact(
            label=shift.label,
            value=f"{clock(shift.start_at, zone)} becomes {clock(shift.new_start_at, zone)}",
        )
        for shift in found.shifts[:MOST]
    )
    problems = worst_first(
        Problem(
            color=Color.RED if each.is_blocking else Color.AMBER,
            message=each.message,
            rule=each.code,
        )
        for each in found.newly_broken
    )
    return Trial(facts=facts, problems=problems[:MOST])


def _delay(trip: Trip, said: Said, *, actor: Any, at: datetime) -> TripLeg:
    return delays.delay_leg(leg_of(trip, said), **said.fields, actor=actor, at=at)


def _minutes() -> forms.Field:
    return forms.IntegerField(
        label="Minutes later than expected now", min_value=1, max_value=LONGEST_MIN
    )


def _code() -> forms.Field:
    return forms.ChoiceField(label="Cause", choices=DelayCode.choices)


def _remarks() -> forms.Field:
    area = forms.Textarea(attrs={"rows": 2})
    return forms.CharField(label="Remarks", required=False, max_length=1000, widget=area)


DELAY = Step(
    key="delay",
    label="Delay the next flight",
    permission="operations.delay_trip",
    perform=_delay,
    done="delayed",
    explained="All that hangs on it moves along. A release falls.",
    when=_can_delay,
    seen=_leg_shown,
    tries=_try,
    fields={"minutes": _minutes, "code": _code, "remarks": _remarks},
)

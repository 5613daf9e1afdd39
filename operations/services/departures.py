"""A flight leaves its blocks: the release is held against the plan, and the rules asked again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from common.compliance.findings import Color, Finding, Stage
from common.compliance.states import not_covered
from common.exceptions import TransitionNotAllowed
from common.models import Verdict
from common.outbox import announce
from operations.events import DepartedUnpermitted
from operations.exceptions import MovementOutOfOrder, ReleaseOutdated
from operations.models import (
    FlightRelease,
    LegDeparture,
    LegStatus,
    Trip,
    TripLeg,
    TripStatus,
)
from operations.services.assessment import assess_trip, plain, record_assessment
from operations.services.gate import refuse_red
from operations.services.releases import (
    refuse_noted_names,
    refuse_unacknowledged,
    release_of_plan,
    unacknowledged,
)

# Times are written to the minute: what was so long ago happened before it was written down.
HAD_LEFT = timedelta(minutes=1)
GOING = (TripStatus.RELEASED, TripStatus.ACTIVE)
PLANNED = (TripStatus.CONFIRMED, TripStatus.PLANNING)


def had_left(out_at: datetime, *, reason: str, at: datetime) -> bool:
    """Whether a departure is a fact, written down afterwards with the reason."""
    return bool(reason) and at - out_at >= HAD_LEFT


def require_going(trip: Trip, leg: TripLeg, *, is_fact: bool) -> None:
    """
    Refuse the departure of a leg that was not released; what had left is only asked to be booked.

    Raises MovementOutOfOrder, TransitionNotAllowed.
    """
    if trip.status not in (*GOING, *PLANNED) or (trip.status in PLANNED and not is_fact):
        raise MovementOutOfOrder(leg=str(leg), reason=f"the trip is {trip.status}")
    if leg.status == LegStatus.SCHEDULED and not is_fact:
        raise TransitionNotAllowed(current=str(leg.status), wanted=str(LegStatus.OUT))


def permit_departure(
    trip: Trip,
    leg: TripLeg,
    *,
    notes: Sequence[dict[str, str]],
    reason: str,
    is_fact: bool,
    actor: Any,
    at: datetime,
) -> LegDeparture:
    """
    Judge a locked trip as one of its legs leaves, and keep what that was decided on.

    Amber that no release and no earlier departure knew asks for a note; a fact is kept with all
    that would have refused it. Raises ReleaseOutdated, NotLegal, AcknowledgementsMissing.
    """
    refuse_noted_names(trip, notes, reason=reason)
    release = release_of_plan(trip)
    if release is None and not is_fact:
        raise ReleaseOutdated(trip=trip.number)
    judged = assess_trip(trip, stage=Stage.RELEASE, at=at)
    unknown = _unknown(trip, release, judged.assessment.cautions)
    if not is_fact:
        refuse_red(trip, judged, doing="begun")
        refuse_unacknowledged(trip, unknown, notes, doing="begun")
    missing = () if release else (_unreleased(),)
    refused = (*missing, *judged.assessment.blockers, *unacknowledged(unknown, notes))
    departure = LegDeparture.objects.create(
        leg=leg,
        out_at=leg.actual_out_at or at,
        verdict=record_assessment(judged),
        acknowledgements=list(notes),
        findings=plain(refused),
        reason=reason,
        recorded_by=actor,
        recorded_at=at,
    )
    if refused:
        announce(DepartedUnpermitted(trip_id=trip.pk, leg_id=leg.pk, departure_id=departure.pk))
    return departure


def _unknown(
    trip: Trip, release: FlightRelease | None, cautions: Sequence[Finding]
) -> tuple[Finding, ...]:
    """The amber findings that neither the release nor a flight since then was permitted with."""
    found = tuple(cautions)
    for verdict in _acknowledged(trip, release):
        found = not_covered(verdict, found)
    return found


def _acknowledged(trip: Trip, release: FlightRelease | None) -> list[Verdict]:
    if release is None:
        return []
    since = LegDeparture.objects.permitted().filter(
        leg__trip=trip, recorded_at__gte=release.released_at
    )
    departures = since.select_related("verdict").order_by("pk")
    return [release.verdict, *(departure.verdict for departure in departures)]


def _unreleased() -> Finding:
    return Finding(
        color=Color.RED,
        rule="OPS-RELEASE",
        title="Release",
        citation="14 CFR 135.77, 135.617",
        message="It was not released as it is planned.",
    )

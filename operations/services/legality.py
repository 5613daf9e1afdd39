"""The compliance rules where the desk asks before it commits itself: one gate at every step."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from common.compliance.findings import Color, Stage, gist
from operations.itinerary import Finding
from operations.models import Trip
from operations.services.assessment import assess_trip
from operations.services.gate import require_no_red
from operations.services.gates import Moment, asked_at, judges


@asked_at(Moment.BOOKING)
def proposed_may_fly(trip: Trip, actor: Any, at: datetime) -> None:
    """Whom the offer proposed is asked about again: hours may have been flown since. NotLegal."""
    offer = trip.quote_version
    if offer is not None and offer.proposed_crew:
        require_no_red(offer, stage=Stage.PLANNING, at=at, doing="booked")


@asked_at(Moment.BOOKING, Moment.AMENDMENT)
def may_be_booked(trip: Trip, actor: Any, at: datetime) -> None:
    """No trip is booked, or planned anew, on which a rule is red. Raises NotLegal."""
    require_no_red(trip, stage=Stage.PLANNING, at=at, doing="booked")


@asked_at(Moment.CREW)
def may_be_crewed_so(trip: Trip, actor: Any, at: datetime) -> None:
    """Nobody is put on a trip that this makes red. Raises NotLegal."""
    require_no_red(trip, stage=Stage.PLANNING, at=at, doing="crewed so")


def what_the_rules_find(trip: Trip, at: datetime) -> Sequence[Finding]:
    """Red and amber findings on a trip as it stands, for previews; nothing is stored."""
    judged = assess_trip(trip, stage=Stage.PLANNING, at=at)
    return [
        Finding(
            code=finding.rule,
            message=finding.message,
            is_blocking=finding.color == Color.RED,
            value=finding.value,
            limit=finding.limit,
            subject=gist(finding.message),
        )
        for finding in judged.assessment.findings
        if finding.color != Color.GREEN
    ]


if what_the_rules_find not in judges:
    judges.append(what_the_rules_find)

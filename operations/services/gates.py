"""
Where the desk asks the rules before it commits itself, without knowing them.

Whoever judges registers here. A check runs inside the transaction, after the locks and after the
change, so that it sees the trip as it would be; it raises a DomainError to refuse. A judge says
what is wrong with a trip as it stands and refuses nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from operations.itinerary import Finding
from operations.models import Trip


class Moment(StrEnum):
    """What is about to be committed."""

    BOOKING = "booking"
    AMENDMENT = "amendment"
    CREW = "crew"


Check = Callable[[Trip, Any, datetime], None]
Judge = Callable[[Trip, datetime], Sequence[Finding]]

checks: dict[Moment, list[Check]] = defaultdict(list)
judges: list[Judge] = []


def asked_at(*moments: Moment) -> Callable[[Check], Check]:
    """Register a check for some moments."""

    def register(check: Check) -> Check:
        for moment in moments:
            if check not in checks[moment]:
                checks[moment].append(check)
        return check

    return register


def ask(moment: Moment, trip: Trip, *, actor: Any, at: datetime) -> None:
    """Run every check of a moment; the first refusal undoes the transaction."""
    for check in checks[moment]:
        check(trip, actor, at)


def judged(trip: Trip, *, at: datetime) -> list[Finding]:
    """Everything that the registered judges find with a trip as it stands."""
    return [finding for judge in judges for finding in judge(trip, at)]

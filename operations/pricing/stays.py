"""Waits on the ground between two flights, and which of them the plan's nights are spent on."""

from collections.abc import Sequence
from datetime import timedelta

from msgspec import Struct

from operations.itinerary import Itinerary, PlannedLeg

# A shorter one is no night, though a plan made by hand has nights.
SHORTEST_NIGHT = timedelta(hours=8)
# From so long on the crew is released, rests and reports again: what the planner counts a night.
REST = timedelta(hours=11, minutes=30)


class Stay(Struct, frozen=True):
    """A wait after one leg; `nights` are those of the plan that are spent on it."""

    leg: PlannedLeg
    wait: timedelta
    nights: int = 0

    def waited(self, free: timedelta) -> timedelta:
        """
        The time to be charged as waiting.

        Where it is a night, no more than the longest wait that is none, for each night.
        """
        longest = self.wait if not self.nights else min(self.wait, REST * self.nights)
        return max(longest - free, timedelta())


def stays_of(plan: Itinerary) -> list[Stay]:
    """Every wait but that at a technical stop, in order, with the plan's nights on the longest."""
    waits = [
        (leg, after.out_at - leg.in_at)
        for leg, after in zip(plan.legs, plan.legs[1:], strict=False)
        if not leg.is_technical_stop
    ]
    nights = _shared([wait for _, wait in waits], plan.nights)
    return [Stay(leg, wait, nights[number]) for number, (leg, wait) in enumerate(waits)]


def _shared(waits: Sequence[timedelta], nights: int) -> list[int]:
    """A night for each of the longest waits first; what is left by whole days, longest first."""
    found = [0] * len(waits)
    long = [n for n, wait in enumerate(waits) if wait >= SHORTEST_NIGHT]
    long.sort(key=lambda n: (-waits[n], n))
    for most in (lambda wait: 1, lambda wait: wait // timedelta(days=1) + 1):
        for number in long:
            more = min(max(most(waits[number]) - found[number], 0), nights)
            found[number] += more
            nights -= more
    return found

"""What the checker of plans follows: stops, outings, and its own geometry and reading of spans."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import asin, cos, hypot, radians, sin

from dispatcher.planning.model import Assignment, Commitment, Exclusion, Period, Place, Stint

# Plans are made in whole seconds; a fraction of one is nobody's lateness.
TOLERANCE = timedelta(seconds=1)
RADIUS_M = 6_371_008.8
ZERO = timedelta(0)


@dataclass(frozen=True)
class Stop:
    """Something one of the two does, at a place for a time."""

    place: Place
    period: Period
    setup: timedelta = ZERO
    wait: timedelta = ZERO
    flight: timedelta = ZERO
    task: str = ""
    is_pinned: bool = True


@dataclass
class Outing:
    """An aircraft with a pilot away from its base."""

    aircraft: str
    pilot: str
    stops: list[Stop] = field(default_factory=list)
    leaves: datetime | None = None
    returns: datetime | None = None

    @property
    def is_planned(self) -> bool:
        return any(not stop.is_pinned for stop in self.stops)

    def within(self, begin: datetime, end: datetime, allowed: Period) -> bool:
        """Whether it keeps to hours, but for pinned work that begins or ends it outside them."""
        begins = self.stops[0].is_pinned or allowed.start <= begin + TOLERANCE
        ends = self.stops[-1].is_pinned or end <= allowed.end + TOLERANCE
        return begins and ends

    @property
    def out(self) -> datetime:
        return self.leaves or self.stops[0].period.start

    @property
    def back(self) -> datetime:
        return self.returns or self.stops[-1].period.end


def great_circle_m(a: Place, b: Place) -> float:
    """Twice the arc whose sine is half the chord between two points of the sphere."""
    points = []
    for place in (a, b):
        lat, lon = radians(place.lat), radians(place.lon)
        points.append((cos(lat) * cos(lon), cos(lat) * sin(lon), sin(lat)))
    chord = hypot(*(one - other for one, other in zip(*points, strict=True)))
    return 2 * RADIUS_M * asin(min(1.0, chord / 2))


def forbids(exclusion: Exclusion, each: Assignment) -> bool:
    """Whether an exclusion means this task with these two."""
    named = ("task", "aircraft", "pilot")
    wanted = {name: getattr(exclusion, name) for name in named}
    return all(value is None or value == getattr(each, name) for name, value in wanted.items())


def inside(period: Period, allowed: Iterable[Period]) -> bool:
    """Whether one of the periods has all of it."""
    return any(
        one.start <= period.start + TOLERANCE and period.end <= one.end + TOLERANCE
        for one in allowed
    )


def joined(periods: Iterable[Period]) -> list[Period]:
    """Periods in order, those that touch made one."""
    found: list[Period] = []
    for period in sorted(periods):
        if found and period.start <= found[-1].end:
            found[-1] = Period(found[-1].start, max(found[-1].end, period.end))
        else:
            found.append(period)
    return found


def binds(each: Commitment, outing: Outing) -> bool:
    """Whether a commitment is of one of the two."""
    return each.aircraft == outing.aircraft or each.pilot == outing.pilot


def covers(stint: Stint, outing: Outing) -> bool:
    """Whether a stint is of the same two and as long as they are away."""
    period = stint.period
    return (
        same(stint, outing)
        and period.start <= outing.out + TOLERANCE
        and outing.back <= period.end + TOLERANCE
    )


def same(stint: Stint, outing: Outing) -> bool:
    """Whether a stint is of the same two."""
    return (stint.aircraft, stint.pilot) == (outing.aircraft, outing.pilot)

"""Where pilot and aircraft come from and go to when somebody assigns by hand."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.gis.geos import Point
from django.db.models import Q

from dispatcher.models import Assignment, DispatchSchedule, ResourceProfile
from dispatcher.queries.day_resources import place
from dispatcher.queries.day_roads import Roads, known_roads
from flight_operations.models import FlightOperation
from rpas.models import RPASAircraft
from users.models import User


@dataclass(frozen=True)
class Placed:
    """
    An assignment by hand with the travel it takes, and what changes for those beside it.

    `beside` are proposals of the same two that go on to its site, or come from there, instead of
    by way of the base. Nothing of it is saved.
    """

    row: Assignment
    beside: tuple[Assignment, ...] = ()


def by_hand(
    schedule: DispatchSchedule,
    operation: FlightOperation,
    aircraft: RPASAircraft,
    pilot: User,
    start_at: datetime,
    *,
    at: datetime,
) -> Placed:
    """
    An assignment that is not saved, with the travel it takes.

    From the last site of that day when the same pilot or aircraft is still out there, else from
    the base; back to the base, unless their next work can be reached from the site in time. What
    the same two are proposed for before and after leaves the base out where there is no time.
    """
    end_at = start_at + (operation.planned_end_at - operation.planned_start_at)
    base = _base(schedule, aircraft, pilot)
    site = operation.plan.launch_site
    row = Assignment(
        schedule=schedule,
        operation=operation,
        aircraft=aircraft,
        pilot=pilot,
        start_at=start_at,
        end_at=end_at,
        travel_to=site,
        is_by_hand=True,
    )
    before, after = _neighbors(row)
    around = [(each, _held(each)) for each in (before, after) if each is not None]
    roads = known_roads([place(each) for each in (site, base, *(_site(row) for row, _ in around))])
    out = _still_out(row, before, base, roads)
    row.travel_from = base if out is None else _site(out)
    row.travel_km = round(roads.kilometers(place(row.travel_from), place(site)), 3)
    row.occupied_from = _leaves(start_at - _way(roads, row.travel_from, site), out, at)
    row.occupied_until = end_at + _way(roads, site, base)
    led = _led_on(row, after, roads)
    if led is not None:
        row.occupied_until = max(end_at, min(row.occupied_until, led.occupied_from))
    return Placed(row, tuple(each for each, held in around if _held(each) != held))


def _still_out(
    row: Assignment, before: Assignment | None, base: Point, roads: Roads
) -> Assignment | None:
    """The work before, from whose site they come; its way home is left out where it must be."""
    if before is None or before.occupied_until == before.end_at:
        return before
    drives = row.start_at - _way(roads, base, row.operation.plan.launch_site)
    is_late = before.occupied_until > drives
    arrives = before.end_at + _way(roads, _site(before), row.operation.plan.launch_site)
    if not (is_late and arrives <= row.start_at and _may_be_led(row, before)):
        return None
    before.occupied_until = before.end_at
    return before


def _led_on(row: Assignment, after: Assignment | None, roads: Roads) -> Assignment | None:
    """The work after, where it can be reached in time; from here, where there is no other."""
    if after is None:
        return None
    way = _way(roads, row.operation.plan.launch_site, _site(after))
    if row.end_at + way > after.start_at:
        return None
    if after.occupied_from < row.end_at and _may_be_led(row, after):
        setup = timedelta(minutes=settings.DISPATCH_SETUP_MIN)
        after.occupied_from = max(row.end_at, after.start_at - way - setup)
        after.travel_from = row.operation.plan.launch_site
        there = place(_site(after))
        after.travel_km = round(roads.kilometers(place(after.travel_from), there), 3)
    return after


def _may_be_led(row: Assignment, other: Assignment) -> bool:
    """Whether another is a proposal of the same two on the same day, that nobody has pinned."""
    same = ("schedule_id", "aircraft_id", "pilot_id")
    return (
        other.published_at is None
        and not other.is_pinned
        and all(getattr(row, name) == getattr(other, name) for name in same)
    )


def _leaves(drives: datetime, before: Assignment | None, at: datetime) -> datetime:
    """
    When they are under way, with time to set up before the start.

    Setting up may be hurried, after other work or by somebody who moves a start up to now; the way
    there cannot: then the ledger says who is in the way.
    """
    leaves = drives - timedelta(minutes=settings.DISPATCH_SETUP_MIN)
    soonest = at if before is None else max(at, before.end_at)
    return max(leaves, min(soonest, drives))


def _site(row: Assignment) -> Point:
    return row.operation.plan.launch_site


def _held(row: Assignment) -> tuple[datetime, datetime]:
    return row.occupied_from, row.occupied_until


def _way(roads: Roads, start: Point, end: Point) -> timedelta:
    return roads.duration(place(start), place(end))


def _base(schedule: DispatchSchedule, aircraft: RPASAircraft, pilot: User) -> Point:
    profiles = ResourceProfile.objects.filter(
        Q(aircraft=aircraft) | Q(person=pilot), center=schedule.center_id, base__isnull=False
    )
    own = profiles.order_by("person", "pk").first()
    return own.base if own is not None and own.base is not None else schedule.center.point


def _neighbors(row: Assignment) -> tuple[Assignment | None, Assignment | None]:
    """The same pilot's or aircraft's assignments before and after one."""
    schedule = row.schedule
    rows = Assignment.objects.live().filter(Q(aircraft=row.aircraft_id) | Q(pilot=row.pilot_id))
    rows = rows.between(schedule.opens_at, schedule.closes_at).exclude(operation=row.operation_id)
    rows = rows.select_related("operation__plan")
    before = rows.filter(start_at__lt=row.start_at).order_by("-start_at", "-pk").first()
    after = rows.filter(start_at__gte=row.start_at).order_by("start_at", "pk").first()
    return before, after

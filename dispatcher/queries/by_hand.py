"""What somebody who assigns by hand brings about: the way there and back, and what is told."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.gis.geos import Point
from django.db.models import Q

from common.compliance.findings import Color, Finding
from dispatcher.models import Assignment, DispatchSchedule, ResourceProfile
from dispatcher.queries.day_resources import place
from dispatcher.queries.day_roads import Roads, known_roads
from dispatcher.queries.responsible import is_outside
from dispatcher.queries.screened import findings_of_trial
from flight_operations.facts.what_if import Trial
from flight_operations.models import FlightOperation
from rpas.models import RPASAircraft
from users.models import User

OUTSIDE = "DISPATCH-AREA"


def by_hand(
    schedule: DispatchSchedule,
    operation: FlightOperation,
    aircraft: RPASAircraft,
    pilot: User,
    start_at: datetime,
    *,
    at: datetime,
) -> Assignment:
    """
    An assignment that is not saved, with the travel it takes.

    From the last site of that day when the same two are still out there, else from the base; back
    to the base, unless their next work together can be reached from the site in time.
    """
    end_at = start_at + (operation.planned_end_at - operation.planned_start_at)
    base = _base(schedule, aircraft, pilot)
    site = operation.plan.launch_site
    before, after = _neighbors(schedule, operation, aircraft, pilot, start_at)
    came_from = before.operation.plan.launch_site if before is not None else base
    ahead = [] if after is None else [_site(after)]
    roads = known_roads([place(each) for each in (came_from, site, base, *ahead)])
    leaves = _leaves(start_at - _way(roads, came_from, site), before, at)
    returns = end_at + _way(roads, site, base)
    if after is not None and end_at + _way(roads, site, _site(after)) <= after.start_at:
        returns = max(end_at, min(returns, after.occupied_from))
    return Assignment(
        schedule=schedule,
        operation=operation,
        aircraft=aircraft,
        pilot=pilot,
        start_at=start_at,
        end_at=end_at,
        occupied_from=leaves,
        occupied_until=returns,
        travel_from=came_from,
        travel_to=site,
        travel_km=round(roads.kilometers(place(came_from), place(site)), 3),
        is_by_hand=True,
    )


def findings_by_hand(row: Assignment, *, now: datetime) -> tuple[Finding, ...]:
    """What the rules say of an assignment, and whether its site is in the center's area."""
    center = row.schedule.center
    trial = Trial(row.operation_id, row.aircraft_id, row.pilot_id, row.start_at)
    found = findings_of_trial(trial, scope=center.scope, now=now)
    if not is_outside(center, row.operation_id):
        return found
    outside = Finding(
        color=Color.AMBER,
        rule=OUTSIDE,
        title="Area of the center",
        message=f"The launch site lies outside the area of {center.code}.",
        fix="Give the operation to the center whose area it lies in, or keep it here knowingly.",
    )
    return (*found, outside)


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


def _way(roads: Roads, start: Point, end: Point) -> timedelta:
    return roads.duration(place(start), place(end))


def _base(schedule: DispatchSchedule, aircraft: RPASAircraft, pilot: User) -> Point:
    profiles = ResourceProfile.objects.filter(
        Q(aircraft=aircraft) | Q(person=pilot), center=schedule.center_id, base__isnull=False
    )
    own = profiles.order_by("person", "pk").first()
    return own.base if own is not None and own.base is not None else schedule.center.point


def _neighbors(
    schedule: DispatchSchedule,
    operation: FlightOperation,
    aircraft: RPASAircraft,
    pilot: User,
    start_at: datetime,
) -> tuple[Assignment | None, Assignment | None]:
    """
    What the two do before, when they are still out there, and after; none where either is apart.

    Whoever has other work between meets the other at the base.
    """
    rows = Assignment.objects.live().filter(Q(aircraft=aircraft) | Q(pilot=pilot))
    rows = rows.between(schedule.opens_at, schedule.closes_at).exclude(operation=operation)
    rows = rows.select_related("operation__plan")
    before = rows.filter(start_at__lt=start_at).order_by("-start_at", "-pk").first()
    after = rows.filter(start_at__gte=start_at).order_by("start_at", "pk").first()
    together = aircraft.pk, pilot.pk
    if before is not None and before.occupied_until != before.end_at:
        before = None
    before, after = (
        each if each is not None and (each.aircraft_id, each.pilot_id) == together else None
        for each in (before, after)
    )
    return before, after

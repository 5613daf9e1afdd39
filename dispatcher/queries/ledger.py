"""What the ledger has in the way of assignments, in one read for any number of them."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q

from common.booking import Resource
from common.models import ResourceBooking
from dispatcher.models import Assignment
from dispatcher.queries.day_rows import ASSIGNMENT, OPERATION
from flight_operations.models import FlightOperation


def resources_of_assignment(row: Assignment) -> list[Resource]:
    """Who and what travels for an assignment."""
    return [
        Resource("rpas_aircraft", row.aircraft_id, row.aircraft.registration),
        Resource("person", row.pilot_id, row.pilot.full_name),
    ]


def bookings_in_the_way(
    rows: Sequence[Assignment], *, leaving: Iterable[FlightOperation] = (), operator_id: int
) -> list[dict[str, Any]]:
    """
    Live bookings that overlap assignments, other than those that make way for them.

    One of the same operator is named by its number; another's is only said to be there.
    """
    if not rows:
        return []
    making_way = {(OPERATION, row.operation_id) for row in rows}
    making_way |= {(OPERATION, operation.pk) for operation in leaving}
    pks = [pk for kind, pk in making_way if kind == OPERATION]
    own = Assignment.objects.live().filter(operation__in=pks)
    making_way |= {(ASSIGNMENT, pk) for pk in own.values_list("pk", flat=True)}
    found = []
    bookings = [
        each for each in _bookings(rows) if (each.source_type, each.source_id) not in making_way
    ]
    known = _of_operator(bookings, operator_id)
    for row in rows:
        for resource in resources_of_assignment(row):
            found += [
                _shown(row, resource, each, (each.source_type, each.source_id) in known)
                for each in bookings
                if (each.resource_kind, each.resource_id) == (resource.kind, resource.pk)
                and each.period.lower < row.occupied_until
                and each.period.upper > row.occupied_from
            ]
    return found


def proposals_in_the_way(row: Assignment) -> list[dict[str, Any]]:
    """
    Other proposals of the day for the same aircraft or pilot that overlap one that is not saved.

    The ledger holds none of them yet, so it would refuse them only when they are published.
    """
    others = (
        Assignment.objects.live()
        .filter(schedule=row.schedule_id, published_at=None)
        .filter(Q(aircraft=row.aircraft_id) | Q(pilot=row.pilot_id))
        .filter(occupied_from__lt=row.occupied_until, occupied_until__gt=row.occupied_from)
        .exclude(operation=row.operation_id)
        .select_related("operation")
        .order_by("start_at", "pk")
    )
    return [
        _wanted(row, resource)
        | {
            "held_by": f"proposal {other.operation.number}",
            "held_from": other.occupied_from.isoformat(),
            "held_until": other.occupied_until.isoformat(),
        }
        for other in others
        for resource in resources_of_assignment(row)
        if resource.pk == (other.pilot_id if resource.kind == "person" else other.aircraft_id)
    ]


def _bookings(rows: Sequence[Assignment]) -> list[ResourceBooking]:
    aircraft = {row.aircraft_id for row in rows}
    people = {row.pilot_id for row in rows}
    wanted = Q(resource_kind="rpas_aircraft", resource_id__in=aircraft)
    wanted |= Q(resource_kind="person", resource_id__in=people)
    return list(
        ResourceBooking.objects.filter(
            wanted,
            is_live=True,
            period__startswith__lt=max(row.occupied_until for row in rows),
            period__endswith__gt=min(row.occupied_from for row in rows),
        ).order_by("pk")
    )


def _of_operator(bookings: Sequence[ResourceBooking], operator_id: int) -> set[tuple[str, int]]:
    operations = [each.source_id for each in bookings if each.source_type == OPERATION]
    assignments = [each.source_id for each in bookings if each.source_type == ASSIGNMENT]
    mine = FlightOperation.objects.filter(pk__in=operations, operator=operator_id)
    also = Assignment.objects.filter(pk__in=assignments, operation__operator=operator_id)
    known = {(OPERATION, pk) for pk in mine.values_list("pk", flat=True)}
    return known | {(ASSIGNMENT, pk) for pk in also.values_list("pk", flat=True)}


def _shown(
    row: Assignment, resource: Resource, booking: ResourceBooking, is_own: bool
) -> dict[str, Any]:
    shown = _wanted(row, resource)
    if is_own:
        shown |= {
            "held_by": booking.purpose,
            "held_from": booking.period.lower.isoformat(),
            "held_until": booking.period.upper.isoformat(),
        }
    return shown


def _wanted(row: Assignment, resource: Resource) -> dict[str, Any]:
    return {
        "operation": row.operation.number,
        "resource": resource.label,
        "kind": resource.kind,
        "wanted_from": row.occupied_from.isoformat(),
        "wanted_until": row.occupied_until.isoformat(),
        "held_by": "",
    }

"""Which cached verdicts of drone operations and crewed trips somebody asks for."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from common.models import ComplianceState
from flight_operations.models import FlightOperation
from operations.models import Trip
from rpas.models import RPASOperator

OPERATIONS, TRIPS = "flight_operations.flightoperation", "operations.trip"


@dataclass(frozen=True)
class Choice:
    """
    Records to choose; what is not given chooses nothing away.

    The period is half-open and holds the planned start. An operator leaves crewed trips out: those
    are the company's own.
    """

    numbers: Collection[str] = ()
    operator: RPASOperator | None = None
    starts_from: datetime | None = None
    starts_before: datetime | None = None
    has_operations: bool = True
    has_trips: bool = True


def chosen_records(choice: Choice) -> dict[str, QuerySet[Any]]:
    """The records of each kind, as a query of their keys."""
    found: dict[str, QuerySet[Any]] = {}
    if choice.has_operations:
        rows: QuerySet[Any] = FlightOperation.objects.all()
        if choice.operator is not None:
            rows = rows.filter(operator=choice.operator)
        found[OPERATIONS] = _narrowed(rows, "planned_start_at", choice)
    if choice.has_trips and choice.operator is None:
        found[TRIPS] = _narrowed(Trip.objects.all(), "start_at", choice)
    return found


def unknown_numbers(choice: Choice) -> list[str]:
    """Those of the wanted numbers that no chosen record has."""
    found: set[str] = set()
    for rows in chosen_records(choice).values():
        found |= set(rows.values_list("number", flat=True)) if choice.numbers else set()
    return sorted(set(choice.numbers) - found)


def chosen_states(
    choice: Choice, *, now: datetime, is_stale: bool, after: int = 0
) -> QuerySet[ComplianceState]:
    """
    The verdicts of these records that are still made again, in the order of their keys.

    With `is_stale` those that are marked, or whose answer time may have changed.
    """
    of_chosen = Q(pk__in=[])
    for kind, rows in chosen_records(choice).items():
        of_chosen |= Q(subject_type=kind, subject_id__in=rows.values("pk"))
    states = ComplianceState.objects.filter(of_chosen, pk__gt=after).exclude(dependencies=[])
    if is_stale:
        states = states.filter(Q(is_stale=True) | Q(next_change_at__lte=now))
    return states.order_by("pk")


def count_not_judged(choice: Choice) -> int:
    """How many chosen records have no verdict that is still made again."""
    count = 0
    for kind, rows in chosen_records(choice).items():
        judged = ComplianceState.objects.filter(subject_type=kind).exclude(dependencies=[])
        count += rows.exclude(pk__in=judged.values("subject_id")).count()
    return count


def _narrowed(rows: QuerySet[Any], moment: str, choice: Choice) -> QuerySet[Any]:
    if choice.numbers:
        rows = rows.filter(number__in=choice.numbers)
    if choice.starts_from is not None:
        rows = rows.filter(**{f"{moment}__gte": choice.starts_from})
    if choice.starts_before is not None:
        rows = rows.filter(**{f"{moment}__lt": choice.starts_before})
    return rows

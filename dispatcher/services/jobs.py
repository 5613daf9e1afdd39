"""Work of clients' jobs, as it comes to dispatch."""

from datetime import datetime
from typing import Any

from django.db import transaction

from client_management.queries.dispatch import work_for_dispatch
from dispatcher.models import OperationDemand
from dispatcher.services.demands import set_demand
from flight_operations.models import FlightOperation


@transaction.atomic
def take_job_over(job_id: int, *, only_new: bool, actor: Any, at: datetime) -> int:
    """
    Write down what each operation of a handed-over job asks for: how pressing it is, from when and
    until when the client wants it, what it brings. Returns how many.

    What the desk wrote beside that stays. With `only_new` operations that ask for something already
    are left alone. Safe to repeat; nothing is written of a job that was not handed over.
    """
    work = work_for_dispatch(job=job_id)
    if only_new:
        known = OperationDemand.objects.filter(operation__in=[row.operation_id for row in work])
        asked = set(known.values_list("operation", flat=True))
        work = [row for row in work if row.operation_id not in asked]
    operations = FlightOperation.objects.in_bulk([row.operation_id for row in work])
    for row in sorted(work, key=lambda each: each.operation_id):
        set_demand(
            operations[row.operation_id],
            priority=row.priority,
            value=row.value,
            currency=row.currency,
            earliest_at=row.wanted_from,
            deadline_at=row.wanted_until,
            actor=actor,
            at=at,
        )
    return len(work)

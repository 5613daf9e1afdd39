"""What is paid for a job beside flying: entered as it is known, taken back when it was wrong."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from client_management.exceptions import CostVoided
from client_management.models import COUNTED, JobCost, JobOrder
from common.audit import record
from common.exceptions import InvalidInput
from common.lifecycle import locked
from common.money import Money
from documents.models import Document


@transaction.atomic
def enter_cost(
    job: JobOrder,
    *,
    kind: str,
    description: str,
    amount: Decimal,
    incurred_on: date,
    document: Document | None = None,
    actor: Any,
    at: datetime,
) -> JobCost:
    """Enter a cost in the job's currency. Raises InvalidInput for what is counted from flights."""
    job = locked(job)
    if kind in [str(each) for each in COUNTED]:
        raise InvalidInput("/kind", "It is counted from the flights.")
    if Money(amount, job.currency).amount != amount:
        raise InvalidInput("/amount", f"{job.currency} has no such fraction.")
    if incurred_on > at.date():
        raise InvalidInput("/incurred_on", "In the future.")
    cost = JobCost.objects.create(
        job=job,
        kind=kind,
        description=description,
        amount=amount,
        currency=job.currency,
        incurred_on=incurred_on,
        document=document,
        entered_by=actor,
        entered_at=at,
    )
    record("job.cost_entered", job, actor=actor, at=at, kind=kind, amount=str(amount))
    return cost


@transaction.atomic
def void_cost(cost: JobCost, *, reason: str, actor: Any, at: datetime) -> JobCost:
    """Take a cost back; it stays on record. Raises CostVoided."""
    locked(cost.job)
    cost = locked(cost)
    if cost.voided_at is not None:
        raise CostVoided
    cost.voided_at, cost.voided_by, cost.voided_because = at, actor, reason
    cost.save()
    record("job.cost_voided", cost.job, actor=actor, at=at, reason=reason, cost=cost.pk)
    return cost

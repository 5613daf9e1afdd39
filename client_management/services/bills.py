"""A job and its bills: drawn up through finance, before acceptance only for a reason."""

from datetime import datetime
from typing import Any

from django.db import transaction

from client_management.exceptions import AlreadyBillable, NotAcceptedYet
from client_management.models import JobOrder, JobStatus
from client_management.queries.bills import (
    ACCEPTED,
    JOB,
    NEVER,
    is_open,
    open_lines,
    payment_days_of,
)
from client_management.services.jobs import take_step
from common.audit import record
from common.lifecycle import locked
from finance.models import Invoice, InvoiceKind, InvoiceStatus
from finance.queries.billing import works_billed
from finance.services.drafts import draft_invoice, edit_draft

PAID = (InvoiceStatus.PAID,)
GONE = (InvoiceStatus.VOID,)


@transaction.atomic
def bill_job(job: JobOrder, *, reference: str = "", actor: Any, at: datetime) -> Invoice:
    """
    Draft the bill of what is due of a job, on the terms of payment agreed with the client.

    Raises NotAcceptedYet, NothingToBill, AlreadyBilled, InvalidInput.
    """
    draft = draft_invoice(
        subject=JOB,
        subject_id=job.pk,
        basis="actuals",
        reference=reference or job.purchase_order or job.contract.purchase_order,
        actor=actor,
        at=at,
    )
    terms = {"payment_days": payment_days_of(job)}
    return edit_draft(draft, changes=terms, version=None, actor=actor, at=at)


@transaction.atomic
def bill_early(job: JobOrder, *, reason: str, actor: Any, at: datetime) -> JobOrder:
    """
    Let all of a job be billed before it was accepted, saying why.

    Raises AlreadyBillable, NotAcceptedYet for a job that was not confirmed or was called off.
    """
    job = locked(job)
    if is_open(job):
        raise AlreadyBillable(job=job.number)
    if job.status in NEVER:
        raise NotAcceptedYet(job=job.number, status=job.get_status_display().lower())
    job.billed_early_because, job.billed_early_by, job.billed_early_at = reason, actor, at
    job.save()
    record("job.billed_early", job, actor=actor, at=at, reason=reason)
    return job


@transaction.atomic
def settle_job(job: JobOrder, *, at: datetime) -> JobOrder:
    """
    Take an accepted job along with its bills: billed when all of it is, completed when it is paid.

    Safe to repeat; goes back as well, where a bill is void or money was returned.
    """
    job = locked(job)
    if job.status not in ACCEPTED:
        return job
    wanted = _standing(job, at)
    steps = [JobStatus.ACCEPTED, JobStatus.INVOICED, JobStatus.COMPLETED]
    here, there = steps.index(JobStatus(job.status)), steps.index(wanted)
    onward = 1 if there > here else -1
    for place in range(here + onward, there + onward, onward) if here != there else ():
        take_step(job, steps[place], "job.settled", actor=None, at=at)
    return job


def _standing(job: JobOrder, at: datetime) -> JobStatus:
    kinds = (InvoiceKind.INVOICE,)
    bills = Invoice.objects.about(JOB, job.pk).filter(kind__in=kinds).exclude(status__in=GONE)
    statuses = set(bills.values_list("status", flat=True))
    if InvoiceStatus.DRAFT in statuses or open_lines(job, works_billed(JOB, job.pk), at=at):
        return JobStatus.ACCEPTED
    return JobStatus.COMPLETED if statuses <= set(PAID) else JobStatus.INVOICED

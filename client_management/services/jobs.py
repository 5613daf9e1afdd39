"""
Jobs: made of an approved request, amended, cut into milestones, confirmed.

One order of locks: client, request, job.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from msgspec import Struct

from client_management.events import JobAmended, JobCreated, JobMoved, MilestoneWasReached
from client_management.exceptions import (
    CreditLimitReached,
    JobNotPlannable,
    MilestoneReached,
    MilestonesDoNotAddUp,
    PurchaseOrderMissing,
)
from client_management.models import (
    OFFERED,
    BillingTrigger,
    ClientOrganization,
    Contract,
    JobOrder,
    JobStatus,
    Milestone,
    RequestStatus,
    ServiceQuote,
    ServiceQuoteStatus,
    ServiceRequest,
)
from client_management.queries.credit import exposure_of
from client_management.queries.prices import contract_of
from client_management.services.organizations import require_active, require_onboarded
from client_management.services.quotes import standing_assessment
from client_management.services.requests import require_window
from common.audit import record
from common.exceptions import InvalidInput, TransitionNotAllowed
from common.lifecycle import locked, move
from common.money import Money
from common.numbering import next_number
from common.outbox import announce

OVER = (
    JobStatus.ACCEPTED,
    JobStatus.INVOICED,
    JobStatus.COMPLETED,
    JobStatus.CANCELLED,
)


class PlannedMilestone(Struct, frozen=True, kw_only=True):
    """A part of a job as it is agreed on; the amount is before tax."""

    title: str
    amount: Decimal = Decimal(0)
    due_on: date | None = None


@transaction.atomic
def approve_and_create_job(
    request: ServiceRequest,
    *,
    quote: ServiceQuote | None = None,
    amount: Decimal | None = None,
    reason: str = "",
    purchase_order: str = "",
    actor: Any,
    at: datetime,
) -> JobOrder:
    """
    Approve a request and draft the job that comes of it: what was asked, agreed and when to bill.

    With the accepted quote, or as a call-off from a contract for an amount and a reason. Raises
    OrganizationNotActive, NoContract, InvalidInput, TransitionNotAllowed; for a call-off also
    RequestNotReady, NotAssessed, NotFeasible, PurchaseOrderMissing.
    """
    organization = locked(request.organization)
    request = locked(request)
    require_active(organization)
    order = purchase_order or request.purchase_order
    if quote is None:
        _require_callable(organization, request, order)
    today = at.astimezone(ZoneInfo(request.timezone)).date()
    contract = quote.contract if quote else contract_of(request, on=today)
    agreed = quote.subtotal if quote else _called_off_for(amount, reason, request.currency)
    request.approved_budget = agreed
    move(request, RequestStatus.APPROVED, actor=actor, at=at, reason=reason)
    if quote is None:
        _withdraw_offers(request, actor=actor, at=at)
    job = _drafted(request, contract, agreed)
    job.quote = quote
    job.purchase_order = order
    job.number = next_number("JOB", year=at.year)
    job.save()
    record("job.created", job, actor=actor, at=at, reason=reason, amount=str(agreed))
    announce(JobCreated(job_id=job.pk, organization_id=organization.pk))
    return job


@transaction.atomic
def amend_job(
    job: JobOrder, *, changes: Mapping[str, Any], version: int | None, actor: Any, at: datetime
) -> JobOrder:
    """Change who runs and who flies a job, when and how pressing. Raises StaleVersion."""
    job = locked(job, version=version)
    if job.status in OVER:
        raise JobNotPlannable(status=job.get_status_display().lower())
    for name, value in changes.items():
        setattr(job, name, value)
    require_window(job.wanted_from, job.wanted_until)
    job.save()
    record("job.amended", job, actor=actor, at=at, fields=sorted(changes))
    announce(JobAmended(job_id=job.pk, organization_id=job.organization_id))
    return job


@transaction.atomic
def set_milestones(
    job: JobOrder, milestones: Sequence[PlannedMilestone], *, actor: Any, at: datetime
) -> JobOrder:
    """Write down the parts of a job before it is confirmed; these replace others."""
    job = locked(job)
    if job.status != JobStatus.DRAFT:
        raise JobNotPlannable(status=job.get_status_display().lower())
    for index, each in enumerate(milestones):
        if Money(each.amount, job.currency).amount != each.amount:
            raise InvalidInput(f"/milestones/{index}/amount", "There is no such fraction.")
    job.milestones.all().delete()
    Milestone.objects.bulk_create(
        Milestone(job=job, sequence=n, title=each.title, amount=each.amount, due_on=each.due_on)
        for n, each in enumerate(milestones, start=1)
    )
    record("job.milestones_set", job, actor=actor, at=at, count=len(milestones))
    return job


@transaction.atomic
def confirm_job(job: JobOrder, *, actor: Any, at: datetime) -> JobOrder:
    """
    Commit to a job: the client is known, active and within its credit limit, and the milestones
    come to what is agreed.

    Raises OrganizationNotActive, NotOnboarded, CreditLimitReached, MilestonesDoNotAddUp,
    TransitionNotAllowed.
    """
    organization = locked(job.organization)
    job = locked(job)
    if job.status != JobStatus.DRAFT:
        raise TransitionNotAllowed(current=str(job.status), wanted=str(JobStatus.CONFIRMED))
    require_active(organization)
    require_onboarded(organization, at=at)
    _require_credit(organization, job)
    if job.billing_trigger == BillingTrigger.MILESTONES:
        come_to = sum((each.amount for each in job.milestones.all()), Decimal(0))
        if come_to != job.agreed_amount:
            raise MilestonesDoNotAddUp(
                job=job.number, sum=str(come_to), agreed=str(job.agreed_amount)
            )
    return take_step(job, JobStatus.CONFIRMED, "job.confirmed", actor=actor, at=at)


@transaction.atomic
def reach_milestone(
    milestone: Milestone, *, evidence: str = "", actor: Any, at: datetime
) -> Milestone:
    """Say that a part of a job is done. Raises MilestoneReached, JobNotPlannable."""
    job = locked(milestone.job)
    milestone = locked(milestone)
    if milestone.reached_at is not None:
        raise MilestoneReached
    if job.status in (JobStatus.DRAFT, JobStatus.ON_HOLD, JobStatus.CANCELLED):
        raise JobNotPlannable(status=job.get_status_display().lower())
    milestone.reached_at, milestone.reached_by = at, actor
    milestone.evidence = evidence
    milestone.save()
    record("job.milestone_reached", job, actor=actor, at=at, sequence=milestone.sequence)
    announce(
        MilestoneWasReached(
            job_id=job.pk, organization_id=job.organization_id, milestone_id=milestone.pk
        )
    )
    return milestone


def take_step(
    job: JobOrder, to: str, deed: str, *, actor: Any, at: datetime, reason: str = ""
) -> JobOrder:
    """Move a locked job, keep the deed and tell of it."""
    move(job, to, actor=actor, at=at, reason=reason)
    record(deed, job, actor=actor, at=at, reason=reason)
    announce(JobMoved(job_id=job.pk, organization_id=job.organization_id, status=str(to)))
    return job


def _drafted(request: ServiceRequest, contract: Contract, agreed: Decimal) -> JobOrder:
    return JobOrder(
        organization_id=request.organization_id,
        request=request,
        contract=contract,
        title=request.title,
        priority=request.priority,
        wanted_from=request.wanted_from,
        wanted_until=request.wanted_until,
        currency=request.currency,
        agreed_amount=agreed,
        billing_trigger=contract.billing_trigger,
    )


def _require_callable(
    organization: ClientOrganization, request: ServiceRequest, order: str
) -> None:
    """What an offer would have asked holds for work without one."""
    standing_assessment(request)
    if organization.is_purchase_order_required and not order:
        raise PurchaseOrderMissing(organization=organization.number)


def _called_off_for(amount: Decimal | None, reason: str, currency: str) -> Decimal:
    """What a call-off from a contract is agreed for, without an offer."""
    if amount is None or not reason:
        raise InvalidInput("/amount", "Without an accepted quote, the amount and the reason.")
    if Money(amount, currency).amount != amount:
        raise InvalidInput("/amount", f"{currency} has no such fraction.")
    return amount


def _require_credit(organization: ClientOrganization, job: JobOrder) -> None:
    # The client is locked, so that two jobs do not both take what is left of the limit.
    limit = organization.credit_limit
    if limit is None or job.currency != organization.currency or job.status != JobStatus.DRAFT:
        return
    exposure = exposure_of(organization)
    if exposure + job.agreed_amount > limit:
        raise CreditLimitReached(
            organization=organization.number,
            exposure=str(exposure),
            job=job.number,
            agreed=str(job.agreed_amount),
            limit=f"{limit} {organization.currency}",
        )


def _withdraw_offers(request: ServiceRequest, *, actor: Any, at: datetime) -> None:
    """A call-off leaves no offer that could still be accepted."""
    rows = request.quotes.filter(status__in=[*OFFERED, ServiceQuoteStatus.PRICED])
    for quote in rows.select_for_update(no_key=True).order_by("pk"):
        move(quote, ServiceQuoteStatus.WITHDRAWN, actor=actor, at=at)

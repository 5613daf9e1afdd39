"""
What of a job is to be billed: all of it on acceptance, its milestones, or what was flown by a day.

By schedule a job is billed for the share of its area that was flown by the end of each period, less
what is on a bill already (client_management.instalments): the parts come to what was agreed to the
cent, and a flight that became known late is on the next bill.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal

from client_management.exceptions import NotAcceptedYet
from client_management.instalments import Bit, bits_of, name_of, steps
from client_management.models import (
    BillingTrigger,
    Contract,
    JobOperation,
    JobOrder,
    JobStatus,
    OperationPurpose,
    ServiceLineKind,
    ServiceQuoteLine,
)
from client_management.specifications import specification_of
from client_management.survey.estimate import visits_of
from common.money import Money
from common.time import day_bounds
from finance.billables import Bill, BillLine
from finance.days import local_day, operator_zone
from finance.queries.billing import works_billed
from finance.services.taxes import percentage
from flight_operations.models import FLOWN, OperationStatus

JOB = "client_management.joborder"
ACCEPTED = (JobStatus.ACCEPTED, JobStatus.INVOICED, JobStatus.COMPLETED)
# Nothing is billed of what was not confirmed or was called off.
NEVER = (JobStatus.DRAFT, JobStatus.CANCELLED)
# What is reported for work that more than one aircraft flew.
SEVERAL = "several"
GIVEN_UP = (OperationStatus.CANCELLED, OperationStatus.REJECTED)
WHOLE = Decimal("0.9995")
# When a flight of a job ended, and how many square metres of the area it covered.
Flown = tuple[datetime, float]


def job_of(pk: int) -> JobOrder:
    """A job with what its bills are made from; raises DoesNotExist. 1 query."""
    rows = JobOrder.objects.select_related("organization", "request", "contract", "quote")
    return rows.get(pk=pk)


def as_agreed(job: JobOrder, *, at: datetime) -> Bill:
    """All that was agreed: what deposits and fees are a part of; 2 queries."""
    return bill_of(job, list(_agreed(job, at)))


def as_due(job: JobOrder, *, at: datetime) -> Bill:
    """
    What is to be billed now and is on no bill yet.

    Raises NotAcceptedYet where the job is billed on acceptance and was not accepted.
    """
    if job.status in NEVER:
        raise NotAcceptedYet(job=job.number, status=job.get_status_display().lower())
    billed = works_billed(JOB, job.pk)
    if job.billing_trigger == BillingTrigger.ACCEPTANCE:
        if not is_open(job):
            raise NotAcceptedYet(job=job.number, status=job.get_status_display().lower())
        # Billed twice it is refused by finance, which knows the bill.
        return bill_of(job, list(_agreed(job, at)))
    lines = open_lines(job, billed, at=at)
    return bill_of(job, lines, covers_all=_is_rest(job, billed, lines))


def open_lines(job: JobOrder, billed: Iterable[str], *, at: datetime) -> list[BillLine]:
    """The lines of work that are to be billed now and that no bill claims."""
    claimed = set(billed)
    if job.billing_trigger == BillingTrigger.SCHEDULE:
        return list(_instalments(job, bits_of(claimed), at))
    by_parts = job.billing_trigger == BillingTrigger.MILESTONES
    lines = _milestones(job, at) if by_parts else _agreed(job, at)
    return [line for line in lines if line.is_work and (line.work or line.key) not in claimed]


def is_open(job: JobOrder) -> bool:
    """Whether all of a job may be billed: it was accepted, or somebody said why before."""
    return job.status in ACCEPTED or job.billed_early_at is not None


def payment_days_of(job: JobOrder) -> int:
    """Days to pay: those of the client's own contract, under standard terms those of the client."""
    contract = job.contract
    has_own = contract.organization_id is not None
    return contract.payment_days if has_own else job.organization.payment_days


def _is_rest(job: JobOrder, billed: Iterable[str], lines: Iterable[BillLine]) -> bool:
    """Whether nothing of a job that is billed in parts is left after these lines."""
    if is_open(job):
        return True
    if job.billing_trigger == BillingTrigger.MILESTONES:
        return not job.milestones.filter(reached_at__isnull=True, amount__gt=0).exists()
    bits = bits_of({*billed, *(line.key for line in lines)})
    return sum((last - first for first, last in bits), Decimal(0)) >= job.agreed_amount


def bill_of(job: JobOrder, lines: Sequence[BillLine], *, covers_all: bool = True) -> Bill:
    """Lines as the bill of a job."""
    organization = job.organization
    return Bill(
        subject_number=job.number,
        currency=job.currency,
        customer_id=organization.contact_id,
        bill_to={"name": organization.name, "tax_number": organization.tax_number},
        lines=tuple(lines),
        aircraft=_aircraft_of(job),
        service=str(job.request.service_type),
        terms=job.quote.terms if job.quote else job.contract.terms,
        covers_all=covers_all,
        details={"purchase_order": job.purchase_order},
    )


def _aircraft_of(job: JobOrder) -> str:
    """The registration of who flew, or is to fly, all of a job; 1 query."""
    planned = job.operations.exclude(operation__status__in=GIVEN_UP)
    names = set(planned.values_list("operation__aircraft__registration", flat=True))
    return str(names.pop()) if len(names) == 1 else SEVERAL if names else ""


def due_days(contract: Contract, *, after: date, until: date) -> list[date]:
    """The days on which a contract's bills are drawn up, in a half-open period after a day."""
    found, months = [], contract.billing_months
    day = _months_later(contract.effective_from, months)
    while day <= until:
        if day > after:
            found.append(day)
        months += contract.billing_months
        day = _months_later(contract.effective_from, months)
    return found


def _agreed(job: JobOrder, at: datetime) -> Iterator[BillLine]:
    if job.quote is None:
        yield _line(job, "agreed", job.title, job.agreed_amount, at=at)
        return
    for line in job.quote.lines.order_by("sequence"):
        yield _quoted(line)


def _quoted(line: ServiceQuoteLine) -> BillLine:
    """A line of the accepted quote; a tax charges nothing by itself and claims no work."""
    if line.kind == ServiceLineKind.TAX:
        return BillLine(
            key=f"tax:{line.code}",
            description=line.description,
            quantity=Decimal(1),
            unit="",
            unit_price=Decimal(0),
            amount=Decimal(0),
            tax_code=line.code,
            tax_rate=line.quantity,
            tax_amount=line.amount,
            formula=line.formula,
            is_work=False,
        )
    is_agreed = line.amount != line.computed
    return BillLine(
        key=f"line:{line.sequence}:{line.code}",
        description=line.description,
        quantity=line.quantity or Decimal(1),
        unit=line.unit,
        unit_price=line.unit_price,
        amount=line.amount,
        formula=f"agreed, instead of {line.computed}" if is_agreed else line.formula,
        service=line.code,
    )


def _milestones(job: JobOrder, at: datetime) -> Iterator[BillLine]:
    for milestone in job.milestones.order_by("sequence"):
        if milestone.amount and (milestone.reached_at is not None or is_open(job)):
            yield _line(job, f"milestone:{milestone.pk}", milestone.title, milestone.amount, at=at)


def _instalments(job: JobOrder, billed: Sequence[Bit], at: datetime) -> Iterator[BillLine]:
    """A line for each period in which something was flown, and the rest on acceptance."""
    flights = _flown_of(job)
    whole = area_to_fly(job)
    for label, bit in instalments_due(job, flights, billed, whole_m2=whole, at=at):
        text = f"{job.title[:150]}: {label}"
        yield _line(job, name_of(bit), text, bit[1] - bit[0], at=at)


def instalments_due(
    job: JobOrder, flights: Sequence[Flown], billed: Sequence[Bit], *, whole_m2: float, at: datetime
) -> list[tuple[str, Bit]]:
    """What of a job by schedule is to be billed: what for, and which bit of what was agreed."""
    began = local_day(job.created_at)
    last = min(local_day(at), local_day(job.accepted_at or at))
    amounts = [
        (
            f"flown before {day}",
            Money(job.agreed_amount * share_flown(flights, whole_m2, day), job.currency).amount,
        )
        for day in due_days(job.contract, after=began, until=last)
    ]
    if is_open(job):
        amounts.append(("what was left", job.agreed_amount))
    return list(steps(amounts, billed))


def area_to_fly(job: JobOrder) -> float:
    """Square metres of a job's area, once for each visit."""
    visits = visits_of(specification_of(job.request.service_type, job.request.specifications))
    return job.request.area_m2 * visits


def share_flown(flights: Iterable[Flown], whole_m2: float, before: date) -> Decimal:
    """The share of an area that was flown before a day of the books."""
    end = day_bounds(before, operator_zone())[0]
    # An exact sum: the same flights give the same share in whatever order they are read.
    flown = math.fsum(m2 for moment, m2 in flights if moment < end)
    share = Decimal(str(flown)) / Decimal(str(whole_m2))
    return Decimal(1) if share >= WHOLE else share


def flown_rows(jobs: Iterable[int]) -> list[tuple[int, datetime, float]]:
    """Job, landing and square metres of each flight of what was ordered; 1 query."""
    rows = JobOperation.objects.filter(
        job__in=list(jobs),
        purpose=OperationPurpose.SURVEY,
        operation__status__in=FLOWN,
        operation__actual_end_at__isnull=False,
    )
    found = rows.values_list("job", "operation__actual_end_at", "part_m2").order_by("pk")
    return [(job, end, area_m2) for job, end, area_m2 in found if end is not None]


def _flown_of(job: JobOrder) -> list[Flown]:
    return [(end, m2) for _, end, m2 in flown_rows([job.pk])]


def _line(job: JobOrder, key: str, text: str, amount: Decimal, *, at: datetime) -> BillLine:
    code = job.organization.tax_code
    rate = percentage(code, on=local_day(at))
    return BillLine(
        key=key,
        description=text[:200],
        quantity=Decimal(1),
        unit="each",
        unit_price=amount,
        amount=amount,
        tax_code=code,
        tax_rate=rate,
        tax_amount=Money(amount * rate / 100, job.currency).amount,
        formula="as agreed",
        service=str(job.request.service_type),
    )


def _months_later(day: date, months: int) -> date:
    """The same day of a later month, or its last."""
    count = day.month - 1 + months
    year, month = day.year + count // 12, count % 12 + 1
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month, min(day.day, last))
        except ValueError:
            continue
    raise ValueError(f"no such month: {year}-{month}")

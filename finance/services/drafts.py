"""
Bills before they leave the house: drawn up from work that was done, or by hand.

What the work gave is not edited: a draft takes lines of its own, or is discarded and drawn up anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from django.db import IntegrityError, connection, transaction
from django.db.models import Max, Sum
from django.db.models.functions import Coalesce

from common.audit import record
from common.exceptions import DomainError, InvalidInput
from common.lifecycle import locked, move
from common.money import Money
from contacts.models import Contact
from finance.billables import Basis, Bill, Billable, BillLine, also_known_as, billable_of
from finance.days import local_day
from finance.exceptions import AlreadyBilled, InvoiceIssuedAlready, NotBillable, NothingToBill
from finance.models import (
    BilledWork,
    Invoice,
    InvoiceBasis,
    InvoiceKind,
    InvoiceStatus,
    LineItem,
)
from finance.queries.bill_to import bill_to
from finance.queries.exchange import Conversion, conversion
from finance.services.taxes import percentage

EDITABLE = ("reference", "notes", "terms", "payment_days", "due_on", "authorization", "bill_to")


@dataclass(frozen=True, kw_only=True)
class OwnLine:
    """A line that somebody adds by hand; below zero it is a discount."""

    description: str
    quantity: Decimal
    unit_price: Decimal
    unit: str = ""
    service: str = ""
    tax_code: str = ""


@transaction.atomic
def draft_invoice(
    *,
    subject: str,
    subject_id: int,
    basis: str,
    payer: Contact | None = None,
    authorization: str = "",
    currency: str = "",
    reference: str = "",
    actor: Any,
    at: datetime,
) -> Invoice:
    """
    Draw up a bill for work on one basis: the accepted offer, what happened, or what was spent.

    Lines carry what the offer had for the same, so that the variance shows. Raises NotBillable,
    NothingToBill, AlreadyBilled, RateMissing, DoesNotExist, and what the work's app refuses by.
    """
    billable = billable_for(subject, basis)
    hold_subject(subject, subject_id)
    if basis != "expenses" and billable.cancelled and billable.cancelled(subject_id):
        raise NotBillable(subject="What was called off", basis=basis)
    bill = billable.draw_up(subject_id, cast(Basis, basis), at)
    if not bill.lines or bill.customer_id is None:
        raise NothingToBill(subject=bill.subject_number)
    quoted = _quoted(billable, subject_id, basis, at)
    draft = draft_from(
        bill,
        subject=subject,
        subject_id=subject_id,
        basis=basis,
        payer=payer,
        currency=currency,
        quoted=quoted,
        actor=actor,
        at=at,
    )
    draft.authorization, draft.reference = authorization, reference
    draft.save()
    return draft


def draft_from(
    bill: Bill,
    *,
    subject: str,
    subject_id: int,
    basis: str,
    kind: str = InvoiceKind.INVOICE,
    payer: Contact | None = None,
    currency: str = "",
    quoted: Mapping[str, Decimal] | None = None,
    actor: Any,
    at: datetime,
) -> Invoice:
    """Store a bill as a draft and claim its work. Raises AlreadyBilled, RateMissing."""
    customer = Contact.objects.get(pk=bill.customer_id or 0)
    change = _conversion(bill.currency, currency, at)
    draft = Invoice(
        kind=kind,
        basis=basis,
        subject=subject,
        subject_id=subject_id,
        subject_number=bill.subject_number,
        customer=customer,
        payer=payer or customer,
        bill_to=_addressed(bill, customer, payer),
        aircraft=bill.aircraft,
        service=bill.service,
        currency=currency or bill.currency,
        terms=bill.terms,
        covers_all=bill.covers_all,
        created_by=actor if getattr(actor, "pk", None) else None,
    )
    lines, before = _in_currency(draft, bill, quoted or {}, change)
    _total(draft, lines)
    draft.save()
    items = [_item(draft, line, n, basis, before) for n, line in enumerate(lines, start=1)]
    LineItem.objects.bulk_create(items)
    _claim(draft, items)
    record("invoice.drafted", draft, actor=actor, at=at, basis=basis, total=str(draft.total))
    return draft


@transaction.atomic
def draft_by_hand(
    *,
    customer: Contact,
    currency: str,
    lines: Sequence[OwnLine],
    payer: Contact | None = None,
    authorization: str = "",
    reference: str = "",
    actor: Any,
    at: datetime,
) -> Invoice:
    """Draft a bill that no work stands behind. Raises InvalidInput."""
    draft = Invoice.objects.create(
        kind=InvoiceKind.INVOICE,
        basis=InvoiceBasis.MANUAL,
        customer=customer,
        payer=payer or customer,
        authorization=authorization,
        reference=reference,
        bill_to=bill_to(payer or customer),
        currency=currency,
        created_by=actor if getattr(actor, "pk", None) else None,
    )
    for line in lines:
        _add(draft, line, at)
    sum_up(draft)
    record("invoice.drafted", draft, actor=actor, at=at, basis="manual", total=str(draft.total))
    return draft


@transaction.atomic
def edit_draft(
    invoice: Invoice, *, changes: Mapping[str, Any], version: int | None, actor: Any, at: datetime
) -> Invoice:
    """
    Change what is printed beside the lines, or who pays: then the bill is addressed to them.

    Raises InvoiceIssuedAlready, StaleVersion.
    """
    draft = _draft(invoice, version)
    for name in EDITABLE:
        if name in changes:
            setattr(draft, name, changes[name])
    payer = changes.get("payer")
    if payer is not None and payer.pk != draft.payer_id:
        draft.payer = payer
        if "bill_to" not in changes:
            draft.bill_to = bill_to(payer)
    if "bill_to" in changes:
        draft.bill_to = bill_to(draft.payer) | dict(changes["bill_to"])
    draft.save()
    record("invoice.edited", draft, actor=actor, at=at, fields=sorted(changes))
    return draft


@transaction.atomic
def add_line(
    invoice: Invoice, line: OwnLine, *, version: int | None = None, actor: Any, at: datetime
) -> Invoice:
    """Add a line of one's own to a draft. Raises InvoiceIssuedAlready, InvalidInput."""
    draft = _draft(invoice, version)
    item = _add(draft, line, at)
    sum_up(draft)
    record("invoice.line_added", draft, actor=actor, at=at, amount=str(item.amount))
    return draft


@transaction.atomic
def remove_line(
    invoice: Invoice, *, sequence: int, version: int | None = None, actor: Any, at: datetime
) -> Invoice:
    """Take a line of one's own off a draft. Raises InvoiceIssuedAlready, InvalidInput."""
    draft = _draft(invoice, version)
    item = draft.lines.filter(sequence=sequence).first()
    if item is None:
        raise InvalidInput("/sequence", "There is no such line.")
    if item.basis != InvoiceBasis.MANUAL:
        raise InvalidInput("/sequence", "It comes from the work; discard the draft instead.")
    item.delete()
    sum_up(draft)
    record("invoice.line_removed", draft, actor=actor, at=at, amount=str(item.amount))
    return draft


@transaction.atomic
def discard(invoice: Invoice, *, reason: str, actor: Any, at: datetime) -> Invoice:
    """Throw a draft away; its work may be billed again. Raises InvoiceIssuedAlready."""
    draft = _draft(invoice, None)
    draft.work.live().update(released_at=at)
    move(draft, InvoiceStatus.VOID, actor=actor, at=at, reason=reason)
    record("invoice.discarded", draft, actor=actor, at=at, reason=reason)
    return draft


def billable_for(subject: str, basis: str) -> Billable:
    """How a model is billed; raises NotBillable."""
    billable = billable_of(subject)
    if billable is None or basis not in (*billable.bases, "deposit", "cancellation"):
        raise NotBillable(subject=subject, basis=basis)
    return billable


def hold_subject(subject: str, subject_id: int) -> None:
    """
    Let bills of one piece of work be drawn up one after the other, till the transaction ends.

    It is held under each name that it has, in one order.
    """
    names = sorted(f"{label}:{pk}" for label, pk in also_known_as(subject, subject_id))
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def sum_up(draft: Invoice) -> None:
    """Bring a draft's totals to its lines'. Raises InvalidInput where they come to less than 0."""
    sums = draft.lines.aggregate(
        net=Coalesce(Sum("amount"), Decimal(0)), tax=Coalesce(Sum("tax_amount"), Decimal(0))
    )
    if sums["net"] + sums["tax"] < 0:
        raise InvalidInput("/lines", "The bill would come to less than nothing.")
    draft.subtotal, draft.tax_total = sums["net"], sums["tax"]
    draft.total = draft.subtotal + draft.tax_total
    draft.save()


def _draft(invoice: Invoice, version: int | None) -> Invoice:
    draft = locked(invoice, version=version)
    if draft.status != InvoiceStatus.DRAFT:
        raise InvoiceIssuedAlready(invoice=str(draft))
    return draft


def _quoted(billable: Billable, subject_id: int, basis: str, at: datetime) -> dict[str, Decimal]:
    """What the accepted offer has by key; nothing where there is none."""
    if basis == "quote" or not (billable.has_offer or "quote" in billable.bases):
        return {}
    try:
        bill = billable.draw_up(subject_id, "quote", at)
    except DomainError:
        return {}
    return {line.key: line.amount + line.tax_amount for line in bill.lines}


def _conversion(base: str, wanted: str, at: datetime) -> Conversion | None:
    if not wanted or wanted == base:
        return None
    return conversion(base, wanted, on=local_day(at))


def _in_currency(
    draft: Invoice, bill: Bill, quoted: Mapping[str, Decimal], change: Conversion | None
) -> tuple[Sequence[BillLine], Mapping[str, Decimal]]:
    """Lines and quoted amounts in the draft's currency; the draft names the rate."""
    if change is None:
        return bill.lines, quoted
    draft.quoted_in, draft.exchange_rate = bill.currency, change.row
    lines = [change.line(line, bill.currency) for line in bill.lines]
    return lines, {key: change.money(amount) for key, amount in quoted.items()}


def _addressed(bill: Bill, customer: Contact, payer: Contact | None) -> dict[str, str]:
    if payer is not None and payer != customer:
        return bill_to(payer)
    return bill_to(customer) | {name: text for name, text in bill.bill_to.items() if text}


def _total(draft: Invoice, lines: Sequence[BillLine]) -> None:
    draft.subtotal = sum((line.amount for line in lines), Decimal(0))
    draft.tax_total = sum((line.tax_amount for line in lines), Decimal(0))
    draft.total = draft.subtotal + draft.tax_total


def _item(
    draft: Invoice, line: BillLine, sequence: int, basis: str, quoted: Mapping[str, Decimal]
) -> LineItem:
    return LineItem(
        invoice=draft,
        sequence=sequence,
        key=line.key,
        description=line.description[:200],
        quantity=line.quantity,
        unit=line.unit,
        unit_price=line.unit_price,
        currency=draft.currency,
        amount=line.amount,
        tax_code=line.tax_code,
        tax_rate=line.tax_rate,
        tax_amount=line.tax_amount,
        formula=line.formula[:200],
        service=line.service,
        basis=basis,
        work=(line.work or line.key) if line.is_work else "",
        quoted_amount=quoted.get(line.key),
    )


def _claim(draft: Invoice, items: Sequence[LineItem]) -> None:
    works = list(dict.fromkeys(item.work for item in items if item.work))
    if not draft.subject_id:
        return
    rows = [
        BilledWork(subject=draft.subject, subject_id=draft.subject_id, work=work, invoice=draft)
        for work in works
    ]
    try:
        with transaction.atomic():
            BilledWork.objects.bulk_create(rows)
    except IntegrityError as fault:
        taken = BilledWork.objects.live().filter(
            subject=draft.subject, subject_id=draft.subject_id, work__in=works
        )
        first = taken.select_related("invoice").order_by("work").first()
        if first is None:
            raise
        raise AlreadyBilled(
            work=first.work, subject=draft.subject_number, invoice=str(first.invoice)
        ) from fault


def _add(draft: Invoice, line: OwnLine, at: datetime) -> LineItem:
    amount = Money(line.quantity * line.unit_price, draft.currency).amount
    rate = percentage(line.tax_code, on=local_day(at))
    last = draft.lines.aggregate(last=Coalesce(Max("sequence"), 0))["last"]
    return LineItem.objects.create(
        invoice=draft,
        sequence=last + 1,
        key=f"manual:{last + 1}",
        description=line.description,
        quantity=line.quantity,
        unit=line.unit,
        unit_price=line.unit_price,
        currency=draft.currency,
        amount=amount,
        tax_code=line.tax_code,
        tax_rate=rate,
        tax_amount=Money(amount * rate / 100, draft.currency).amount,
        formula="quantity x unit price",
        service=line.service,
        basis=InvoiceBasis.MANUAL,
    )

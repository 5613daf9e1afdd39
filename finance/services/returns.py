"""
Taking back what a payment settled, when its money goes back.

First what is left of credit that came of it, then the invoices it paid, then invoices that were
paid by such credit. Money paid for an invoice that was credited later is the customer's credit.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q, Sum

from finance.models import (
    AccountRole,
    Allocation,
    AllocationKind,
    CreditUse,
    CustomerCredit,
    Invoice,
    JournalEntry,
    Payment,
)
from finance.services.accounts import Chart
from finance.services.allocations import Settlement, Share, lock_invoices, settle
from finance.services.ledger import Line

_PAYING = (AllocationKind.PAYMENT, AllocationKind.CREDIT)


@dataclass
class _Traces:
    """Where the money of a payment went: invoices it settled, credit that came of it."""

    invoices: set[int] = field(default_factory=set)
    credits: set[int] = field(default_factory=set)


def give_back(
    payment: Payment,
    amount: Decimal,
    *,
    event: Settlement,
    chart: Chart,
    actor: Any,
    at: datetime,
) -> JournalEntry:
    """
    Take an amount back of what a payment settled, against the event's own lines.

    The caller holds the party and the payment. Raises ValueError when more is asked for than the
    payment can still have settled, which the payment's own figures rule out.
    """
    plan = _plan(payment, amount)
    whole = replace(event, shares=plan.shares, lines=[*event.lines, plan.line(payment, chart)])
    entry = settle(whole, chart=chart, actor=actor, at=at)
    CreditUse.objects.bulk_create(
        CreditUse(
            credit=credit,
            amount=used,
            refund=event.about.refund,
            dispute=event.about.dispute,
            entry=entry,
            used_at=at,
        )
        for credit, used in plan.credits
    )
    return entry


def _plan(payment: Payment, amount: Decimal) -> "_Plan":
    traces = _follow(payment)
    invoices = lock_invoices(Invoice.objects.filter(pk__in=traces.invoices).order_by("pk"))
    given = list(
        CustomerCredit.objects.select_for_update(no_key=True)
        .filter(pk__in=traces.credits)
        .order_by("pk")
    )
    plan = _Plan(left=amount)
    plan.of_credits(given)
    plan.of_invoices(invoices, _nets(Q(payment=payment), "payment"), payment=payment)
    for credit in given:
        plan.of_invoices(invoices, _nets(Q(credit=credit), "credit"), credit=credit)
    if plan.left:
        raise ValueError(f"{plan.left} of {payment} cannot be traced")
    return plan


@dataclass
class _Plan:
    left: Decimal
    shares: list[Share] = field(default_factory=list)
    credits: list[tuple[CustomerCredit, Decimal]] = field(default_factory=list)
    taken: dict[int, Decimal] = field(default_factory=dict)

    def of_credits(self, given: Sequence[CustomerCredit]) -> None:
        for credit in given:
            used = min(self.left, credit.remaining)
            if used:
                self.credits.append((credit, used))
                self.left -= used

    def of_invoices(
        self,
        invoices: Sequence[Invoice],
        nets: dict[int, Decimal],
        *,
        payment: Payment | None = None,
        credit: CustomerCredit | None = None,
    ) -> None:
        """What the source settled of each invoice, and no more than is still paid of it."""
        for invoice in invoices:
            there = invoice.paid - self.taken.get(invoice.pk, Decimal(0))
            back = min(self.left, nets.get(invoice.pk, Decimal(0)), there)
            if back <= 0:
                continue
            kind = AllocationKind.PAYMENT if payment else AllocationKind.CREDIT
            self.shares.append(
                Share(invoice=invoice, kind=kind, amount=-back, payment=payment, credit=credit)
            )
            if credit is not None:
                # Put back to the credit by its share, and paid out of it.
                self.credits.append((credit, back))
            self.taken[invoice.pk] = self.taken.get(invoice.pk, Decimal(0)) + back
            self.left -= back

    def line(self, payment: Payment, chart: Chart) -> Line:
        """What is taken of the customer's credit."""
        return Line(
            account=chart.role(AccountRole.CREDIT),
            amount=sum((amount for _, amount in self.credits), Decimal(0)),
            currency=payment.currency,
            party_id=payment.customer_id,
        )


def _nets(source: Q, kind: str) -> dict[int, Decimal]:
    """What a source still settles of each invoice."""
    rows = Allocation.objects.filter(source, kind=kind).values("invoice")
    return dict(rows.annotate(net=Sum("amount")).values_list("invoice", "net"))


def _follow(payment: Payment) -> _Traces:
    """Every invoice and credit that money of a payment may be in; a few rounds of two queries."""
    traces = _Traces()
    while True:
        given = CustomerCredit.objects.filter(
            Q(payment=payment)
            | Q(credit_note__corrects__in=traces.invoices)
            | Q(pk__in=traces.credits)
        )
        found = set(given.values_list("pk", flat=True))
        settled = Allocation.objects.filter(
            Q(payment=payment)
            | Q(credit__in=found, kind__in=_PAYING)
            | Q(document__in=traces.invoices, kind=AllocationKind.DEPOSIT)
        )
        invoices = set(settled.values_list("invoice", flat=True))
        if found == traces.credits and invoices == traces.invoices:
            return traces
        traces = _Traces(invoices=invoices | traces.invoices, credits=found)

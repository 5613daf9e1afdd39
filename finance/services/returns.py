"""
Taking back what a payment settled, when its money goes back.

First what is left of credit that came of it, then the invoices it paid, then invoices that were
paid by such credit. Money paid for an invoice that was credited later is the customer's credit;
where several payments had paid that invoice, each takes of the credit what it had paid, as far as
that can be told. What then cannot be told is taken of whatever else the customer's money settles:
money of one customer in one currency is one like another, and a lost dispute has to be booked.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
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
from finance.services.allocations import Settlement, Share, lock_invoices, same_party, settle
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
    invoices = lock_invoices(sorted(traces.invoices))
    given = list(
        CustomerCredit.objects.select_for_update(of=("self",), no_key=True)
        .filter(pk__in=traces.credits)
        .select_related("credit_note")
        .order_by("pk")
    )
    settled = _nets(Q(payment=payment), "payment")
    of_credit = {credit.pk: _nets(Q(credit=credit), "credit") for credit in given}
    plan = _Plan(left=amount)
    plan.of_credits(given, _parts(payment, given, settled, of_credit))
    plan.of_invoices(invoices, settled, payment=payment)
    for credit in given:
        plan.of_invoices(invoices, of_credit[credit.pk], credit=credit)
    if plan.left:
        _take_elsewhere(plan, payment)
    if plan.left:
        raise ValueError(f"{plan.left} of {payment} cannot be traced")
    return plan


def _parts(
    payment: Payment,
    given: Sequence[CustomerCredit],
    settled: dict[int, Decimal],
    of_credit: dict[int, dict[int, Decimal]],
) -> dict[int, Decimal]:
    """How much of a credit note's credit was this payment's: by credit, of those that have one."""
    gone = dict(
        CreditUse.objects.filter(
            Q(refund__payment=payment) | Q(dispute__payment=payment), credit__in=given
        )
        .values("credit")
        .annotate(sum=Sum("amount"))
        .values_list("credit", "sum")
    )
    none = Decimal(0)
    parts = {}
    for credit in given:
        if credit.credit_note is None or credit.credit_note.corrects_id is None:
            continue
        invoice = credit.credit_note.corrects_id
        ways = [settled, *(nets for pk, nets in of_credit.items() if pk != credit.pk)]
        put = sum((way.get(invoice, none) for way in ways), none)
        parts[credit.pk] = max(put - gone.get(credit.pk, none), none)
    return parts


def _take_elsewhere(plan: "_Plan", payment: Payment) -> None:
    """What the traces do not lead to: the customer's other credit, then what else is paid."""
    party = same_party(payment.customer)
    others = CustomerCredit.objects.open().filter(customer__in=party, currency=payment.currency)
    plan.of_credits(list(others.select_for_update(no_key=True).order_by("pk")), {})
    rows = (
        Allocation.objects.filter(
            invoice__payer__in=party,
            invoice__currency=payment.currency,
            invoice__paid__gt=0,
            kind__in=_PAYING,
        )
        .values("invoice", "payment", "credit")
        .annotate(net=Sum("amount"))
        .filter(net__gt=0)
        .order_by("-invoice", "payment", "credit")
    )
    for row in rows.iterator(chunk_size=200):
        if not plan.left:
            return
        plan.of_invoices(
            lock_invoices([row["invoice"]]),
            {row["invoice"]: row["net"]},
            payment=Payment.objects.filter(pk=row["payment"]).first(),
            credit=CustomerCredit.objects.filter(pk=row["credit"]).first(),
        )


@dataclass
class _Plan:
    left: Decimal
    shares: list[Share] = field(default_factory=list)
    credits: list[tuple[CustomerCredit, Decimal]] = field(default_factory=list)
    # Taken so far: of what remained of a credit, of an invoice, and of what one source paid of it.
    drawn: defaultdict[int, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    taken: defaultdict[int, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    undone: defaultdict[tuple[Any, ...], Decimal] = field(
        default_factory=lambda: defaultdict(Decimal)
    )

    def of_credits(self, given: Sequence[CustomerCredit], parts: Mapping[int, Decimal]) -> None:
        """What remains of each credit, no more than the part named for it."""
        for credit in given:
            there = credit.remaining - self.drawn[credit.pk]
            used = min(self.left, there, parts.get(credit.pk, there))
            if used > 0:
                self.credits.append((credit, used))
                self.drawn[credit.pk] += used
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
        kind = AllocationKind.PAYMENT if payment else AllocationKind.CREDIT
        for invoice in invoices:
            source = (invoice.pk, payment and payment.pk, credit and credit.pk)
            net = nets.get(invoice.pk, Decimal(0)) - self.undone[source]
            back = min(self.left, net, invoice.paid - self.taken[invoice.pk])
            if back <= 0:
                continue
            self.shares.append(
                Share(invoice=invoice, kind=kind, amount=-back, payment=payment, credit=credit)
            )
            if credit is not None:
                # Put back to the credit by its share, and paid out of it.
                self.credits.append((credit, back))
            self.taken[invoice.pk] += back
            self.undone[source] += back
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

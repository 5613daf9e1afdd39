"""
Random deeds with the money of two customers, and what must hold after each of them.

Every deed is four small numbers, so that a walk that fails can be made shorter.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from common.exceptions import DomainError
from finance.days import local_day
from finance.models import (
    Allocation,
    CustomerCredit,
    Invoice,
    InvoiceStatus,
    Payment,
    Refund,
    Transaction,
)
from finance.queries.verification import faults
from finance.services.allocations import status_of
from finance.services.credit_notes import CreditedLine, credit_invoice, void_invoice
from finance.services.disputes import apply_dispute
from finance.services.drafts import OwnLine, draft_by_hand
from finance.services.issuing import issue
from finance.services.receivables import (
    apply_credit,
    mark_overdue,
    record_payment,
    write_off,
)
from finance.services.settlement import (
    apply_payment,
    apply_refund,
    fail_refund,
    request_refund,
)

Deed = tuple[int, int, int, int]
SERIES = ["CN", "DEP", "INV"]


class Walk:
    """One walk: deeds one after the other, each of which happens whole or is refused."""

    def __init__(self, customers: Sequence[Any], *, at: datetime) -> None:
        self.customers, self.at = customers, at
        self.done: list[str] = []
        self.deeds: list[Callable[[int, int, int], Any]] = [
            self._bill,
            self._bill,
            self._pay,
            self._pay,
            self._pay_late,
            self._refund,
            self._refund,
            self._return_refund,
            self._credit,
            self._void,
            self._dispute,
            self._dispute,
            self._use_credit,
            self._write_off,
            self._wait,
        ]

    def step(self, deed: Deed) -> None:
        """Do one deed; a refusal in the trade's words is fine and changes nothing."""
        number, a, b, c = deed
        do = self.deeds[number % len(self.deeds)]
        try:
            do(a, b, c)
        except DomainError as refusal:
            self.done.append(f"{do.__name__} refused: {refusal.code}")
        else:
            self.done.append(do.__name__)

    def check(self) -> None:
        """Debits are credits, every figure is its rows' sum, every status its figures' word."""
        found = list(faults(invoice_series=SERIES))
        assert found == [], (found, self.done)
        today = local_day(self.at)
        for invoice in Invoice.objects.issued():
            assert invoice.status == status_of(invoice, today), (invoice, self.done)
        self._check_money()

    def _check_money(self) -> None:
        """Where the money is: what came and did not go back settles invoices or is credit."""
        sums = Payment.objects.aggregate(came=Sum("amount"), back=Sum("charged_back"))
        refunded = Refund.objects.filter(status="succeeded").aggregate(sum=Sum("amount"))["sum"]
        kept = (sums["came"] or 0) - (sums["back"] or 0) - (refunded or 0)
        settled = Allocation.objects.filter(kind__in=["payment", "credit", "to_credit"])
        paid = settled.aggregate(sum=Sum("amount"))["sum"] or 0
        left = CustomerCredit.objects.aggregate(sum=Sum("remaining"))["sum"] or 0
        assert kept == paid + left, (kept, paid, left, self.done)
        lines = Transaction.objects.aggregate(debit=Sum("debit"), credit=Sum("credit"))
        assert lines["debit"] == lines["credit"]

    def _bill(self, a: int, b: int, c: int) -> None:
        lines = [
            OwnLine(description="x", quantity=Decimal(1), unit_price=Decimal(1 + b) / 4),
            OwnLine(description="y", quantity=Decimal(1), unit_price=Decimal(c)),
        ]
        draft = draft_by_hand(
            customer=self.customers[a % len(self.customers)],
            currency="AUD",
            lines=lines,
            actor=None,
            at=self.at,
        )
        issue(draft, actor=None, at=self.at)

    def _pay(self, a: int, b: int, c: int) -> None:
        invoice = self._invoice(a)
        if invoice is not None:
            amount = max(invoice.balance, Decimal(1)) * (1 + b % 5) / 3
            apply_payment(
                customer=invoice.payer,
                amount=amount.quantize(Decimal("0.01")),
                currency="AUD",
                channel="card",
                received_at=self.at,
                invoices=[invoice],
                provider="stripe",
                provider_id=f"pi_{c % 40}",
                actor=None,
                at=self.at,
            )

    def _pay_late(self, a: int, b: int, c: int) -> None:
        invoice = self._invoice(a)
        if invoice is not None:
            amount = Decimal(1 + b) / 2
            record_payment(invoice, amount=amount, channel="cash", actor=None, at=self.at)

    def _refund(self, a: int, b: int, c: int) -> None:
        payment = self._payment(a)
        if payment is None:
            return
        left = payment.amount - payment.refunded - payment.charged_back
        amount = (left * (1 + b % 4) / 4).quantize(Decimal("0.01"))
        refund = request_refund(payment, amount=amount, reason="x", actor=None, at=self.at)
        if c % 4:
            apply_refund(refund, actor=None, at=self.at)
            apply_refund(refund, actor=None, at=self.at)

    def _return_refund(self, a: int, b: int, c: int) -> None:
        rows = list(Refund.objects.order_by("pk"))
        if rows:
            fail_refund(rows[a % len(rows)], code="returned", actor=None, at=self.at)

    def _credit(self, a: int, b: int, c: int) -> None:
        invoice = self._invoice(a)
        if invoice is not None:
            part = [CreditedLine(sequence=1 + c % 2, amount=Decimal(1 + b) / 4)]
            credit_invoice(
                invoice, lines=part if c % 3 else None, reason="x", actor=None, at=self.at
            )

    def _void(self, a: int, b: int, c: int) -> None:
        invoice = self._invoice(a)
        if invoice is not None:
            void_invoice(invoice, reason="x", actor=None, at=self.at)

    def _dispute(self, a: int, b: int, c: int) -> None:
        payment = self._payment(a)
        if payment is not None:
            apply_dispute(
                payment,
                provider_id=f"dp_{b % 2}",
                amount=payment.amount,
                status=("open", "under_review", "won", "lost")[c % 4],
                opened_at=self.at,
                actor=None,
                at=self.at,
            )

    def _use_credit(self, a: int, b: int, c: int) -> None:
        invoice = self._invoice(a)
        if invoice is not None:
            apply_credit(invoice, actor=None, at=self.at)

    def _write_off(self, a: int, b: int, c: int) -> None:
        invoice = self._invoice(a)
        if invoice is not None:
            write_off(invoice, reason="x", actor=None, at=self.at)

    def _wait(self, a: int, b: int, c: int) -> None:
        self.at += timedelta(days=1 + a % 10)
        mark_overdue(at=self.at)

    def _invoice(self, a: int) -> Invoice | None:
        rows = list(Invoice.objects.issued().claims().select_related("payer").order_by("pk"))
        rows = [row for row in rows if row.status != InvoiceStatus.VOID] or rows
        return rows[a % len(rows)] if rows else None

    def _payment(self, a: int) -> Payment | None:
        rows = list(Payment.objects.select_related("customer").order_by("pk"))
        return rows[a % len(rows)] if rows else None

from dataclasses import dataclass
from typing import ClassVar

from common.events import Event


@dataclass(frozen=True, kw_only=True)
class RatesChanged(Event):
    """A price of a card was added or ended."""

    name: ClassVar[str] = "finance.rates_changed"
    card_id: int
    rate_id: int


@dataclass(frozen=True, kw_only=True)
class TaxRatesChanged(Event):
    """A tax rate was added or ended."""

    name: ClassVar[str] = "finance.tax_rates_changed"
    rule_id: int


@dataclass(frozen=True, kw_only=True)
class InvoiceIssued(Event):
    """An invoice, a deposit invoice or a credit note left the house."""

    name: ClassVar[str] = "finance.invoice_issued"
    invoice_id: int


@dataclass(frozen=True, kw_only=True)
class InvoiceSettled(Event):
    """What is owed on an invoice changed its status: paid, in part, void, written off, late."""

    name: ClassVar[str] = "finance.invoice_settled"
    invoice_id: int
    status: str


@dataclass(frozen=True, kw_only=True)
class PaymentReceived(Event):
    """Money came in."""

    name: ClassVar[str] = "finance.payment_received"
    payment_id: int


@dataclass(frozen=True, kw_only=True)
class PaymentReturned(Event):
    """Money went back: by a refund, or because of a dispute."""

    name: ClassVar[str] = "finance.payment_returned"
    payment_id: int


@dataclass(frozen=True, kw_only=True)
class PaymentIntentSettled(Event):
    """An attempt to pay came to an end: it succeeded, failed or was given up."""

    name: ClassVar[str] = "finance.payment_intent_settled"
    intent_id: int
    status: str


@dataclass(frozen=True, kw_only=True)
class RefundSettled(Event):
    """A refund went, or failed."""

    name: ClassVar[str] = "finance.refund_settled"
    refund_id: int
    status: str


@dataclass(frozen=True, kw_only=True)
class DisputeChanged(Event):
    """A customer's bank questions a payment, or decided."""

    name: ClassVar[str] = "finance.dispute_changed"
    dispute_id: int
    status: str


@dataclass(frozen=True, kw_only=True)
class PaymentMethodSaved(Event):
    """A customer left a means of payment with a provider."""

    name: ClassVar[str] = "finance.payment_method_saved"
    method_id: int

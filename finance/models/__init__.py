from finance.models.accounts import Account, AccountKind, AccountRole
from finance.models.cancellation import CancellationTerm
from finance.models.currency_rates import CurrencyRate
from finance.models.invoices import (
    ISSUED,
    UNSETTLED,
    BilledWork,
    Invoice,
    InvoiceBasis,
    InvoiceKind,
    InvoiceStatus,
    LineItem,
)
from finance.models.ledger import (
    Allocation,
    AllocationKind,
    CreditUse,
    CustomerCredit,
    EntryKind,
    JournalEntry,
    Transaction,
)
from finance.models.payment_accounts import PaymentAccount, PaymentLink, ProviderName
from finance.models.payment_methods import (
    MethodSaving,
    PaymentChannel,
    PaymentMethod,
    Provider,
)
from finance.models.payments import (
    INTENT_RANKS,
    Dispute,
    DisputeStatus,
    IntentStatus,
    Payment,
    PaymentIntent,
    PaymentStatus,
    Refund,
    RefundStatus,
)
from finance.models.provider_events import EventStatus, ProviderEvent
from finance.models.rates import UNITS, Rate, RateCard, RateKind, RateUnit
from finance.models.taxes import TaxBasis, TaxRule

__all__ = [
    "INTENT_RANKS",
    "ISSUED",
    "UNITS",
    "UNSETTLED",
    "Account",
    "AccountKind",
    "AccountRole",
    "Allocation",
    "AllocationKind",
    "BilledWork",
    "CancellationTerm",
    "CreditUse",
    "CurrencyRate",
    "CustomerCredit",
    "Dispute",
    "DisputeStatus",
    "EntryKind",
    "EventStatus",
    "IntentStatus",
    "Invoice",
    "InvoiceBasis",
    "InvoiceKind",
    "InvoiceStatus",
    "JournalEntry",
    "LineItem",
    "MethodSaving",
    "Payment",
    "PaymentAccount",
    "PaymentChannel",
    "PaymentIntent",
    "PaymentLink",
    "PaymentMethod",
    "PaymentStatus",
    "Provider",
    "ProviderEvent",
    "ProviderName",
    "Rate",
    "RateCard",
    "RateKind",
    "RateUnit",
    "Refund",
    "RefundStatus",
    "TaxBasis",
    "TaxRule",
    "Transaction",
]

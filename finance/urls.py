from typing import Any

from django.urls import path
from rest_framework.routers import SimpleRouter

from finance.views.invoices import InvoiceViewSet
from finance.views.ledger import (
    AccountViewSet,
    CancellationTermViewSet,
    CurrencyRateViewSet,
    CustomerCreditViewSet,
    JournalEntryViewSet,
    StatementViewSet,
    TransactionViewSet,
)
from finance.views.pay_links import PaymentLinkViewSet, PayViewSet
from finance.views.payments import (
    DisputeViewSet,
    PaymentIntentViewSet,
    PaymentMethodViewSet,
    PaymentViewSet,
    ProviderEventViewSet,
    RefundViewSet,
)
from finance.views.rates import RateCardViewSet, RateViewSet, TaxRuleViewSet
from finance.views.reports import ReportViewSet
from finance.views.webhooks import WebhookViewSet

router = SimpleRouter()
router.register("rate-cards", RateCardViewSet, basename="rate-card")
router.register("rates", RateViewSet, basename="rate")
router.register("tax-rules", TaxRuleViewSet, basename="tax-rule")
router.register("invoices", InvoiceViewSet, basename="invoice")
router.register("customer-credits", CustomerCreditViewSet, basename="customer-credit")
router.register("accounts", AccountViewSet, basename="account")
router.register("transactions", TransactionViewSet, basename="transaction")
router.register("journal-entries", JournalEntryViewSet, basename="journal-entry")
router.register("currency-rates", CurrencyRateViewSet, basename="currency-rate")
router.register("cancellation-terms", CancellationTermViewSet, basename="cancellation-term")
router.register("statements", StatementViewSet, basename="statement")
router.register("reports", ReportViewSet, basename="report")
router.register("payments", PaymentViewSet, basename="payment")
router.register("payment-intents", PaymentIntentViewSet, basename="payment-intent")
router.register("payment-methods", PaymentMethodViewSet, basename="payment-method")
router.register("payment-links", PaymentLinkViewSet, basename="payment-link")
router.register("refunds", RefundViewSet, basename="refund")
router.register("disputes", DisputeViewSet, basename="dispute")
router.register("provider-events", ProviderEventViewSet, basename="provider-event")

# The token of a link is longer than a router's pattern of rows would say.
PAY: dict[str, tuple[dict[str, Any], str]] = {
    "": ({"get": "retrieve"}, "pay"),
    "checkout/": ({"post": "checkout"}, "pay-checkout"),
    "back/": ({"post": "back"}, "pay-back"),
}
WEBHOOKS = ("stripe", "square", "paypal")

app_name = "finance"
urlpatterns = [
    *router.urls,
    *[
        path(f"pay/<str:token>/{end}", PayViewSet.as_view(verbs, detail=True), name=name)
        for end, (verbs, name) in PAY.items()
    ],
    *[
        path(f"webhooks/{name}/", WebhookViewSet.as_view({"post": name}), name=f"webhook-{name}")
        for name in WEBHOOKS
    ],
]

"""What other systems may hear of invoices and payments."""

from common.webhooks.offers import Record, offer
from finance import events
from finance.models import Invoice, Payment

INVOICE = Record(
    kind="invoice",
    model=Invoice,
    number="number",
    path="/api/finance/invoices/{id}/",
    permission="finance.view_invoice",
    scope_prefix="company",
)
PAYMENT = Record(
    kind="payment",
    model=Payment,
    number="number",
    path="/api/finance/payments/{number}/",
    permission="finance.view_payment",
    scope_prefix="company",
)

offer(
    INVOICE,
    "invoice_id",
    [
        ("issued", events.InvoiceIssued, "An invoice or a credit note left the house."),
        ("settled", events.InvoiceSettled, "What is owed on an invoice changed its status."),
    ],
)
offer(
    PAYMENT,
    "payment_id",
    [
        ("received", events.PaymentReceived, "Money came in."),
        ("returned", events.PaymentReturned, "Money went back."),
    ],
)

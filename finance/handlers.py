from django.utils import timezone

from common.events import handles
from common.scheduler import schedule_on_commit
from documents.services.reissues import mark_for_reissue
from finance.events import (
    InvoiceIssued,
    InvoiceSettled,
    PaymentReceived,
    PaymentReturned,
    RefundSettled,
)
from finance.models import (
    IntentStatus,
    Invoice,
    InvoiceKind,
    InvoiceStatus,
    JournalEntry,
    Payment,
    PaymentIntent,
)
from finance.queries.pay_links import providers_in_use
from finance.services.payment_links import link_to_pay
from finance.services.receipts import mail_receipt


@handles(InvoiceSettled)
def have_a_void_invoice_say_so(event: InvoiceSettled) -> None:
    """What was paid of an invoice stands on a statement; that it is void, on the invoice."""
    if event.status == "void":
        _have_made_anew("finance.invoice", event.invoice_id, "invoice", because="void")


@handles(InvoiceIssued)
def have_a_deposit_be_paid_online(event: InvoiceIssued) -> None:
    """Who accepted the offer finds the way to pay its deposit there."""
    invoice = Invoice.objects.unsettled().filter(pk=event.invoice_id, kind=InvoiceKind.DEPOSIT)
    found = invoice.first()
    if found is not None and providers_in_use():
        link_to_pay(found, actor=None, at=timezone.now())


@handles(PaymentReceived)
def have_the_receipt_mailed(event: PaymentReceived) -> None:
    """A receipt goes to who paid; a second time is the first one again."""
    mail_receipt(Payment.objects.get(pk=event.payment_id), at=timezone.now())


@handles(InvoiceSettled)
def close_the_pages_it_was_paid_on(event: InvoiceSettled) -> None:
    """What is settled cannot be paid once more on a page that was left open."""
    if event.status in (InvoiceStatus.PAID, InvoiceStatus.VOID):
        pages = PaymentIntent.objects.filter(invoice=event.invoice_id, status=IntentStatus.PENDING)
        for pk in pages.exclude(link=None).values_list("pk", flat=True):
            schedule_on_commit("finance.tasks.close_page", intent_id=pk)


@handles(PaymentReturned)
def have_the_receipt_made_anew(event: PaymentReturned) -> None:
    """A receipt says what went back."""
    _have_made_anew("finance.payment", event.payment_id, "receipt", because="money returned")


@handles(RefundSettled)
def have_the_receipt_say_that_it_came_back(event: RefundSettled) -> None:
    """A receipt that says what went back is wrong once a bank has sent it back."""
    back = JournalEntry.objects.filter(refund=event.refund_id, key__endswith=":returned")
    for payment_id in back.values_list("payment", flat=True):
        _have_made_anew("finance.payment", payment_id, "receipt", because="refund came back")


def _have_made_anew(subject: str, subject_id: int, kind: str, *, because: str) -> None:
    mark_for_reissue(subject, subject_id, at=timezone.now(), kinds=[kind], reason=because)

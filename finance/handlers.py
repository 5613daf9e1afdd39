from django.utils import timezone

from common.events import handles
from documents.services.reissues import mark_for_reissue
from finance.events import InvoiceSettled, PaymentReturned


@handles(InvoiceSettled)
def have_a_void_invoice_say_so(event: InvoiceSettled) -> None:
    """What was paid of an invoice stands on a statement; that it is void, on the invoice."""
    if event.status == "void":
        _have_made_anew("finance.invoice", event.invoice_id, "invoice", because="void")


@handles(PaymentReturned)
def have_the_receipt_made_anew(event: PaymentReturned) -> None:
    """A receipt says what went back."""
    _have_made_anew("finance.payment", event.payment_id, "receipt", because="money returned")


def _have_made_anew(subject: str, subject_id: int, kind: str, *, because: str) -> None:
    mark_for_reissue(subject, subject_id, at=timezone.now(), kinds=[kind], reason=because)

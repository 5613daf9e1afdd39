"""Telling who paid that the money came."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.mail.outbox import post
from common.mail.words import day_said, money_said
from common.models import Mail
from documents.services.generation import generate
from finance.days import local_day
from finance.mails import RECEIPT
from finance.models import AllocationKind, Invoice, Payment
from finance.queries.bill_to import bill_to


@transaction.atomic
def mail_receipt(payment: Payment, *, at: datetime) -> Mail | None:
    """
    Make a payment's receipt, and send it to where its bill went, else to the payer's address.

    Once for each payment, whoever asks again; None, and the receipt among the documents, where no
    address is on file.
    """
    document = generate("receipt", payment.pk, actor=None, at=at)
    used = payment.allocations.filter(kind=AllocationKind.PAYMENT, amount__gt=0)
    bills = list(Invoice.objects.filter(pk__in=used.values("invoice")).order_by("pk"))
    addresses = [str(bill.bill_to.get("email") or "") for bill in bills]
    address = next(filter(None, addresses), "") or bill_to(payment.customer)["email"]
    if not address:
        return None
    return post(
        RECEIPT.key,
        to=address,
        context={
            "number": payment.number,
            "amount": money_said(payment.amount, payment.currency),
            "received": day_said(local_day(payment.received_at)),
            "bills": ", ".join(str(bill.number) for bill in bills) or _("credit on your account"),
            "document": document.number,
        },
        once=payment.number,
        about=payment,
        at=at,
    )

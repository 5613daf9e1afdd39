"""Links at which an invoice is paid without an account."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from common.audit import record
from common.lifecycle import locked
from finance.exceptions import NothingToPay, PaymentLinkClosed
from finance.models import UNSETTLED, Invoice, PaymentLink
from finance.pay_tokens import digest_of, new_salt, token_of


@transaction.atomic
def link_to_pay(invoice: Invoice, *, actor: Any, at: datetime) -> PaymentLink:
    """
    The link at which an invoice is paid: the one that stands, else a new one.

    Raises NothingToPay.
    """
    invoice = locked(invoice)
    if invoice.status not in UNSETTLED:
        raise NothingToPay(invoice=str(invoice))
    standing = PaymentLink.objects.filter(invoice=invoice, revoked_at=None, expires_at__gt=at)
    found = standing.order_by("-expires_at", "-pk").first()
    if found is not None:
        return found
    salt = new_salt()
    link = PaymentLink.objects.create(
        invoice=invoice,
        salt=salt,
        digest=digest_of(token_of(salt)),
        expires_at=at + timedelta(days=settings.PAYMENT_LINK_DAYS),
        created_by=actor if getattr(actor, "pk", None) else None,
    )
    record("paymentlink.made", link, actor=actor, at=at, invoice=str(invoice))
    return link


@transaction.atomic
def revoke_link(link: PaymentLink, *, actor: Any, at: datetime) -> PaymentLink:
    """Make a link useless. Raises PaymentLinkClosed for one that is."""
    link = locked(link)
    if link.revoked_at is not None:
        raise PaymentLinkClosed
    link.revoked_at = at
    link.save(update_fields=["revoked_at", "updated_at"])
    record("paymentlink.revoked", link, actor=actor, at=at, invoice=str(link.invoice))
    return link

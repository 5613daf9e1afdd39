"""Receipts by mail, after a payment."""

from decimal import Decimal

import pytest
from django.core import mail

from common.models import Mail
from documents.models import Document
from finance.models import Payment
from finance.services.receipts import mail_receipt
from finance.services.settlement import apply_payment
from tests.contacts.factories import ContactFactory
from tests.finance.billing import issued

pytestmark = pytest.mark.django_db


def pay(invoice, amount, now, **more):
    return apply_payment(
        customer=invoice.payer,
        amount=Decimal(amount),
        currency=invoice.currency,
        channel="card",
        received_at=now,
        invoices=[invoice],
        actor=None,
        at=now,
        **more,
    )


def test_who_paid_gets_the_receipt_once_with_its_file(now, run_tasks):
    payer = ContactFactory(name="Quiet Payer", email="bills@payer.example")
    invoice = issued(payer, "1250.00", at=now)

    payment = pay(invoice, "1250.00", now)
    run_tasks()
    mail_receipt(payment, at=now)
    run_tasks()

    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == (["bills@payer.example"], f"Receipt {payment.number}")
    assert "AUD 1,250.00 on 15 Mar 2026" in sent.body
    assert invoice.number in sent.body
    assert "Quiet Payer" not in sent.body
    ((name, content, kind),) = sent.attachments
    assert (name.endswith(".pdf"), bytes(content[:4]), kind) == (True, b"%PDF", "application/pdf")
    assert Document.objects.get(kind="receipt").subject_id == payment.pk


def test_it_goes_to_where_the_bill_went(now, run_tasks):
    payer = ContactFactory(email="front-desk@payer.example")
    invoice = issued(payer, "10.00", at=now)
    # As it was when the bill was drawn up.
    payer.emails.update(address="another@payer.example")

    pay(invoice, "10.00", now)
    run_tasks()

    assert [each.to for each in mail.outbox] == [["front-desk@payer.example"]]


def test_the_receipt_of_who_has_no_address_is_made_and_not_mailed(now, run_tasks):
    pay(issued(ContactFactory(), "10.00", at=now), "10.00", now)

    run_tasks()

    assert (mail.outbox, Mail.objects.count()) == ([], 0)
    assert Document.objects.get(kind="receipt").subject_id == Payment.objects.get().pk


def test_money_for_no_bill_is_said_to_be_credit(now, run_tasks):
    payer = ContactFactory(email="bills@payer.example")
    void = issued(payer, "10.00", currency="USD", at=now)

    apply_payment(
        customer=payer,
        amount=Decimal(5),
        currency="AUD",
        channel="card",
        received_at=now,
        invoices=[void],
        actor=None,
        at=now,
    )
    run_tasks()

    assert "For: credit on your account" in mail.outbox[0].body

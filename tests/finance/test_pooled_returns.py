"""Whose money goes back where several payments had settled what was credited later."""

from decimal import Decimal

import pytest

from finance.models import CustomerCredit
from finance.queries.verification import faults
from finance.services.credit_notes import credit_invoice
from finance.services.disputes import apply_dispute
from finance.services.receivables import apply_credit
from finance.services.settlement import apply_payment, apply_refund, request_refund
from tests.contacts.factories import ContactFactory
from tests.finance.billing import issued
from tests.finance.books import at_commit

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(db):
    return ContactFactory()


@pytest.fixture
def bill(customer, now):
    return lambda amount: issued(customer, amount, at=now)


@pytest.fixture
def pay(customer, now):
    def paid(amount, *invoices):
        return apply_payment(
            customer=customer,
            amount=Decimal(amount),
            currency="AUD",
            channel="card",
            received_at=now,
            invoices=invoices,
            provider="manual",
            provider_id="",
            actor=None,
            at=now,
        )

    return paid


@pytest.fixture
def refund(now):
    def refunded(payment, amount):
        asked = request_refund(payment, amount=Decimal(amount), reason="x", actor=None, at=now)
        return apply_refund(asked, actor=None, at=now)

    return refunded


@pytest.fixture
def lose(now):
    def lost(payment):
        return apply_dispute(
            payment,
            provider_id="dp_1",
            amount=payment.amount,
            status="lost",
            opened_at=now,
            actor=None,
            at=now,
        )

    return lost


def credited(invoice, now):
    return credit_invoice(invoice, lines=None, reason="x", actor=None, at=now)


def books_hold():
    at_commit()
    return list(faults(invoice_series=["CN", "DEP", "INV"])) == []


def test_a_refund_takes_of_shared_credit_only_what_its_payment_had_paid(
    bill, pay, refund, lose, now
):
    credited_later, kept = bill("1000.00"), bill("500.00")
    first = pay("600.00", kept, credited_later)
    second = pay("900.00", credited_later)
    credited(credited_later, now)
    refund(first, "600.00")
    kept.refresh_from_db()
    assert kept.paid == 0
    shared = CustomerCredit.objects.get(credit_note__isnull=False)
    assert shared.remaining == Decimal("900.00")
    lose(second)
    shared.refresh_from_db()
    assert shared.remaining == 0
    assert books_hold()


def test_a_dispute_is_booked_where_the_payments_money_can_no_longer_be_told(
    bill, pay, refund, lose, now
):
    shared, other, kept = bill("200.00"), bill("100.00"), bill("50.00")
    first = pay("150.00", kept, shared)
    second = pay("100.00", shared)
    credited(shared, now)
    credited(apply_credit(other, actor=None, at=now), now)
    # Both payments are in the credit of the second note, which keeps no account of whose it was.
    refund(first, "150.00")
    kept.refresh_from_db()
    assert kept.paid == Decimal("50.00")
    lose(second)
    kept.refresh_from_db()
    assert kept.paid == 0
    assert not CustomerCredit.objects.open().exists()
    assert books_hold()

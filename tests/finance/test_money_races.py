"""Two at once, on connections of their own: one effect, and the control without the guard."""

from contextlib import nullcontext
from decimal import Decimal

import pytest
from django.db import connection

from finance.exceptions import AlreadyBilled, RefundTooLarge
from finance.models import BilledWork, Invoice, Payment
from finance.services import settlement
from finance.services.drafts import draft_invoice
from finance.services.issuing import issue
from finance.services.receivables import record_payment
from finance.services.settlement import apply_payment, apply_refund, request_refund
from tests.common.concurrency import at_once, kinds
from tests.contacts.factories import ContactFactory
from tests.finance.billing import SUBJECT, issued
from tests.finance.books import balances
from tests.flush import as_superuser

pytestmark = pytest.mark.django_db(transaction=True)


def drafted(at):
    return lambda: draft_invoice(subject=SUBJECT, subject_id=1, basis="quote", actor=None, at=at)


def test_two_bills_at_once_for_one_piece_of_work_are_one(job, now):
    results = at_once(*[drafted(now)] * 4)

    assert kinds(results) == ["AlreadyBilled"] * 3 + ["Invoice"]
    assert Invoice.objects.count() == 1
    assert {type(x) for x in results} == {AlreadyBilled, Invoice}


def test_without_the_constraint_work_would_be_billed_twice(job, now):
    with as_superuser() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'work_is_billed_once'")
        (definition,) = cursor.fetchone()
        cursor.execute("DROP INDEX work_is_billed_once")
    try:
        results = at_once(*[drafted(now)] * 2)
        doubles = BilledWork.objects.filter(work="landing").count()
    finally:
        with as_superuser() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute("DELETE FROM finance_billedwork")
            cursor.execute("SET session_replication_role = origin")
            cursor.execute(definition)

    assert (kinds(results), doubles) == (["Invoice", "Invoice"], 2)


def test_two_payments_at_once_pay_once_and_leave_a_credit(now):
    invoice = issued(at=now)

    def pay():
        return record_payment(invoice, amount=Decimal(1000), channel="card", actor=None, at=now)

    results = at_once(pay, pay)

    invoice.refresh_from_db()
    # The second waited, and found that nothing was owed any more.
    assert kinds(results) == ["InvoiceNotOpen", "Payment"]
    assert (invoice.status, invoice.paid) == ("paid", Decimal(1000))
    assert balances() == {"1000": Decimal(1000), "4010": Decimal(-1000)}


def _news(customer, invoice, now):
    return lambda: apply_payment(
        customer=customer,
        amount=Decimal(1000),
        currency="AUD",
        channel="card",
        received_at=now,
        invoices=[invoice],
        provider="stripe",
        provider_id="pi_1",
        actor=None,
        at=now,
    )


@pytest.mark.parametrize("is_guarded", [True, False])
def test_the_same_news_at_once_count_once(now, monkeypatch, is_guarded):
    customer = ContactFactory()
    invoice = issued(customer, at=now)
    if not is_guarded:
        monkeypatch.setattr(settlement, "lock_party", lambda contact: contact)

    results = at_once(*[_news(customer, invoice, now)] * 3)

    # Without the lock the database still refuses the double: no answer, but no second payment.
    expected = ["Payment"] * 3 if is_guarded else ["IntegrityError", "IntegrityError", "Payment"]
    assert kinds(results) == expected
    assert Payment.objects.count() == 1
    assert balances() == {"1051": Decimal(1000), "4010": Decimal(-1000)}


def test_refunds_at_once_give_no_more_back_than_came(now):
    customer = ContactFactory()
    invoice = issued(customer, at=now)
    payment = _news(customer, invoice, now)()

    def refund():
        asked = request_refund(payment, amount=Decimal(600), reason="x", actor=None, at=now)
        return apply_refund(asked, actor=None, at=now)

    results = at_once(refund, refund)

    payment.refresh_from_db()
    assert kinds(results) == ["Refund", "RefundTooLarge"]
    assert any(isinstance(x, RefundTooLarge) for x in results)
    assert payment.refunded == Decimal(600)
    assert balances()["1051"] == Decimal(400)


def test_invoices_issued_at_once_have_numbers_without_a_gap(job, now):
    drafts = [
        draft_invoice(subject=SUBJECT, subject_id=pk, basis="quote", actor=None, at=now)
        for pk in range(6)
    ]

    at_once(*[lambda one=one: issue(one, actor=None, at=now) for one in drafts])

    numbers = sorted(Invoice.objects.values_list("number", flat=True))
    assert numbers == [f"INV-2026-{n:05d}" for n in range(1, 7)]
    with nullcontext(), connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM common_numberseries WHERE prefix = 'INV'")
        assert cursor.fetchone() == (6,)

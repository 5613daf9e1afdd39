"""Money that comes and goes, and what becomes of the invoices it was for."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from common.exceptions import InvalidInput, TransitionNotAllowed
from finance.exceptions import (
    EntryUnbalanced,
    InvoiceNotOpen,
    NotEnough,
    PaymentConflicts,
    RefundTooLarge,
)
from finance.models import (
    Allocation,
    CustomerCredit,
    Dispute,
    Invoice,
    JournalEntry,
    Payment,
    Transaction,
)
from finance.services.accounts import Chart, seed_accounts
from finance.services.credit_notes import credit_invoice
from finance.services.disputes import apply_dispute
from finance.services.fees import follow_fee, record_fee
from finance.services.ledger import Line, post
from finance.services.receivables import apply_credit, mark_overdue, record_payment, write_off
from finance.services.settlement import (
    apply_payment,
    apply_refund,
    fail_refund,
    request_refund,
)
from tests.contacts.factories import ContactFactory
from tests.finance.billing import issued
from tests.finance.books import at_commit, balances

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(db):
    return ContactFactory()


@pytest.fixture
def pay(customer, now):
    def paid(amount, *invoices, provider_id="", **more):
        return apply_payment(
            customer=customer,
            amount=Decimal(amount),
            currency=more.pop("currency", "AUD"),
            channel="card",
            received_at=now,
            invoices=invoices,
            provider="stripe" if provider_id else "manual",
            provider_id=provider_id,
            actor=None,
            at=now,
            **more,
        )

    return paid


@pytest.fixture
def refund(now):
    def refunded(payment, amount):
        asked = request_refund(
            payment, amount=Decimal(amount), reason="Asked for", actor=None, at=now
        )
        return apply_refund(asked, actor=None, at=now)

    return refunded


@pytest.fixture
def dispute(now):
    def told(payment, status, amount="1000.00"):
        return apply_dispute(
            payment,
            provider_id="dp_1",
            amount=Decimal(amount),
            status=status,
            opened_at=now,
            actor=None,
            at=now,
        )

    return told


def figures(invoice):
    invoice.refresh_from_db()
    return invoice.status, invoice.paid, invoice.credited, invoice.written_off


def test_parts_are_paid_and_too_much_is_the_customers_credit(customer, pay, now):
    first, second = (issued(customer, at=now) for _ in range(2))

    pay("400.00", first)
    after = figures(first)
    pay("1700.00", first, second)

    at_commit()
    assert after == ("part_paid", Decimal("400.00"), 0, 0)
    assert figures(first) == ("paid", Decimal("1000.00"), 0, 0)
    assert figures(second) == ("paid", Decimal("1000.00"), 0, 0)
    assert CustomerCredit.objects.get().remaining == Decimal("100.00")
    assert balances() == {
        "1000": Decimal("2100.00"),
        "2100": Decimal("-100.00"),
        "4010": Decimal("-2000.00"),
    }


def test_news_of_one_payment_come_twice_and_count_once(customer, pay, now):
    invoice = issued(customer, at=now)

    one = pay("1000.00", invoice, provider_id="pi_1")
    again = pay("1000.00", invoice, provider_id="pi_1")

    assert (one, Payment.objects.count()) == (again, 1)
    assert balances()["1051"] == Decimal("1000.00")
    with pytest.raises(PaymentConflicts):
        pay("999.00", invoice, provider_id="pi_1")


def test_money_is_taken_in_whatever_became_of_the_invoice(customer, pay, now):
    void = issued(customer, at=now)
    credit_invoice(void, reason="Error", actor=None, at=now)
    foreign = issued(customer, at=now, currency="USD")
    strange = issued(at=now)

    pay("50.00", void, foreign, strange)

    at_commit()
    assert Allocation.objects.filter(kind="payment").count() == 0
    assert CustomerCredit.objects.get().amount == Decimal("50.00")


def test_credit_settles_other_invoices_the_oldest_first(customer, pay, now):
    pay("30.00")
    pay("100.00")
    invoice = issued(customer, "110.00", at=now)

    apply_credit(invoice, amount=Decimal("40.00"), actor=None, at=now)
    part = figures(invoice)
    apply_credit(invoice, actor=None, at=now)

    at_commit()
    assert part == ("part_paid", Decimal("40.00"), 0, 0)
    assert figures(invoice) == ("paid", Decimal("110.00"), 0, 0)
    left = CustomerCredit.objects.order_by("pk").values_list("remaining", flat=True)
    assert list(left) == [Decimal(0), Decimal("20.00")]
    with pytest.raises(InvoiceNotOpen):
        apply_credit(invoice, actor=None, at=now)
    other = issued(customer, at=now)
    with pytest.raises(NotEnough):
        apply_credit(other, amount=Decimal("21.00"), actor=None, at=now)


def test_a_refund_makes_the_invoice_owed_again(customer, pay, refund, now):
    invoice = issued(customer, at=now)
    payment = pay("1000.00", invoice, provider_id="pi_1")

    refund(payment, "300.00")

    at_commit()
    payment.refresh_from_db()
    assert figures(invoice) == ("part_paid", Decimal("700.00"), 0, 0)
    assert (payment.status, payment.refunded) == ("part_refunded", Decimal("300.00"))
    assert balances() == {
        "1051": Decimal("700.00"),
        "1100": Decimal("300.00"),
        "4010": Decimal("-1000.00"),
    }
    refund(payment, "700.00")
    payment.refresh_from_db()
    assert (payment.status, figures(invoice)[0]) == ("refunded", "open")


def test_no_more_goes_back_than_came_also_while_refunds_wait(customer, pay, now):
    payment = pay("100.00")
    given = {"reason": "x", "actor": None, "at": now}
    waiting = request_refund(payment, amount=Decimal(60), **given)

    with pytest.raises(RefundTooLarge):
        request_refund(payment, amount=Decimal(41), **given)
    fail_refund(waiting, code="declined", actor=None, at=now)
    request_refund(payment, amount=Decimal(100), **given)

    assert JournalEntry.objects.filter(kind="refund").count() == 0
    with pytest.raises(TransitionNotAllowed):
        apply_refund(waiting, actor=None, at=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.filter(pk=payment.pk).update(charged_back=1)


def test_a_refund_after_a_credit_note_takes_the_credit_and_leaves_the_invoice_void(
    customer, pay, refund, now
):
    invoice = issued(customer, at=now)
    payment = pay("1000.00", invoice)
    credit_invoice(invoice, reason="Not flown", actor=None, at=now)

    refund(payment, "1000.00")

    at_commit()
    assert figures(invoice) == ("void", 0, Decimal("1000.00"), 0)
    assert CustomerCredit.objects.get().remaining == 0
    assert balances() == {}


def test_a_refund_follows_money_through_credit_to_the_invoice_it_paid(customer, pay, refund, now):
    first = issued(customer, at=now)
    payment = pay("1000.00", first)
    credit_invoice(first, reason="Not flown", actor=None, at=now)
    second = issued(customer, "800.00", at=now)
    apply_credit(second, actor=None, at=now)

    refund(payment, "1000.00")

    at_commit()
    assert figures(second) == ("open", 0, 0, 0)
    assert balances() == {"1100": Decimal("800.00"), "4010": Decimal("-800.00")}


def test_a_refund_that_the_bank_sends_back_is_the_customers_credit(customer, pay, refund, now):
    payment = pay("100.00")
    sent = refund(payment, "100.00")

    fail_refund(sent, code="account_closed", actor=None, at=now)

    at_commit()
    payment.refresh_from_db()
    assert (payment.status, payment.refunded) == ("succeeded", 0)
    assert balances() == {"1000": Decimal("100.00"), "2100": Decimal("-100.00")}
    refund(payment, "100.00")
    assert balances() == {}


def test_a_won_dispute_leaves_everything_as_it_was(customer, pay, dispute, now):
    invoice = issued(customer, at=now)
    payment = pay("1000.00", invoice, provider_id="pi_1")

    dispute(payment, "open")
    during = balances()
    payment.refresh_from_db()
    was = payment.status
    dispute(payment, "won")
    dispute(payment, "open")

    at_commit()
    payment.refresh_from_db()
    assert during == {"1190": Decimal("1000.00"), "4010": Decimal("-1000.00")}
    assert (was, payment.status, figures(invoice)[0]) == ("disputed", "succeeded", "paid")
    assert balances() == {"1051": Decimal("1000.00"), "4010": Decimal("-1000.00")}


def test_a_lost_dispute_makes_the_invoice_owed_again(customer, pay, dispute, now):
    invoice = issued(customer, at=now)
    payment = pay("1000.00", invoice, provider_id="pi_1")

    dispute(payment, "lost")
    dispute(payment, "under_review")

    at_commit()
    payment.refresh_from_db()
    assert (payment.status, payment.charged_back) == ("charged_back", Decimal("1000.00"))
    assert figures(invoice)[0] == "open"
    assert balances() == {"1100": Decimal("1000.00"), "4010": Decimal("-1000.00")}


def test_what_was_refunded_before_the_dispute_was_lost_is_our_loss(
    customer, pay, refund, dispute, now
):
    invoice = issued(customer, at=now)
    payment = pay("1000.00", invoice, provider_id="pi_1")
    refund(payment, "600.00")

    dispute(payment, "lost")

    at_commit()
    assert figures(invoice) == ("open", 0, 0, 0)
    assert balances() == {
        "1051": Decimal("-600.00"),
        "1100": Decimal("1000.00"),
        "4010": Decimal("-1000.00"),
        "5920": Decimal("600.00"),
    }


def test_money_that_comes_for_a_written_off_invoice_is_owed_first(customer, pay, now):
    invoice = issued(customer, at=now)
    record_payment(invoice, amount=Decimal(100), channel="cash", actor=None, at=now)

    write_off(invoice, reason="Insolvent", actor=None, at=now)
    off = figures(invoice)
    pay("250.00", invoice)

    at_commit()
    assert off == ("uncollectible", Decimal(100), 0, Decimal(900))
    assert figures(invoice) == ("uncollectible", Decimal(350), 0, Decimal(650))
    assert balances() == {
        "1000": Decimal("250.00"),
        "1010": Decimal("100.00"),
        "4010": Decimal("-1000.00"),
        "5900": Decimal("650.00"),
    }


def test_crediting_a_written_off_invoice_gives_up_the_loss(customer, now):
    invoice = issued(customer, at=now)
    write_off(invoice, reason="Insolvent", actor=None, at=now)

    credit_invoice(invoice, reason="Never flown", actor=None, at=now)

    at_commit()
    assert figures(invoice) == ("void", 0, Decimal(1000), 0)
    assert balances() == {}


def test_invoices_are_late_from_the_day_after_they_are_due_where_the_operator_is(customer, now):
    invoice = issued(customer, at=now)  # due on 29 March in Sydney
    last = now + timedelta(days=14)  # 09:30 on 29 March there

    assert mark_overdue(at=last) == 0
    assert mark_overdue(at=last + timedelta(hours=14)) == 0
    # 00:30 on the 30th, still the 29th in UTC.
    assert mark_overdue(at=last + timedelta(hours=15)) == 1
    assert mark_overdue(at=last + timedelta(hours=15)) == 0

    assert figures(invoice)[0] == "overdue"
    record_payment(invoice, amount=Decimal(1), channel="cash", actor=None, at=last)
    assert figures(invoice)[0] == "overdue"
    record_payment(invoice, amount=Decimal(999), channel="cash", actor=None, at=last)
    assert figures(invoice)[0] == "paid"


def test_fees_of_the_provider_are_posted_once(pay, now):
    payment = pay("100.00", provider_id="pi_1")

    record_fee(payment, fee=Decimal("3.20"), actor=None, at=now)

    with pytest.raises(IntegrityError), transaction.atomic():
        record_fee(payment, fee=Decimal("3.20"), actor=None, at=now)
    assert balances()["5910"] == Decimal("3.20")
    assert balances()["1051"] == Decimal("96.80")


def test_nothing_unbalanced_is_posted_by_the_service_or_behind_it(now):
    seed_accounts()
    chart = Chart()
    given = {"kind": "manual", "description": "x", "actor": None, "at": now}
    bank, tax = chart.role("bank"), chart.role("tax")

    def both(amount, other, currency="AUD"):
        return [
            Line(account=bank, amount=Decimal(amount), currency="AUD"),
            Line(account=tax, amount=Decimal(other), currency=currency),
        ]

    for key, lines in (
        ("a", both("10", "-9.99")),
        ("b", both("10", "-10", "USD")),
        ("c", both("10.001", "-10.001")),
        ("d", both("0", "0")),
        ("e", []),
    ):
        with pytest.raises(EntryUnbalanced):
            post(key=key, lines=lines, **given)
    entry = post(key="f", lines=both("10", "-10"), **given)
    at_commit()
    with pytest.raises(IntegrityError, match="debits"), transaction.atomic():
        Transaction.objects.create(
            entry=entry, sequence=3, account=bank, currency="AUD", debit=Decimal(1)
        )
        at_commit()
    with pytest.raises(IntegrityError, match="no lines"), transaction.atomic():
        JournalEntry.objects.create(
            key="g", kind="manual", description="x", posted_on=now.date(), posted_at=now
        )
        at_commit()


@pytest.mark.parametrize("model", [JournalEntry, Transaction, Allocation])
def test_the_books_are_append_only(model, customer, pay, now):
    pay("10.00", issued(customer, at=now))

    with pytest.raises(DatabaseError), transaction.atomic():
        model.objects.update(id=99)
    with pytest.raises(DatabaseError), transaction.atomic():
        model.objects.all().delete()


def test_no_allocation_in_another_currency_or_beyond_the_total(customer, pay, now):
    payment = pay("10.00", issued(customer, at=now))
    invoice = Invoice.objects.get()
    entry = payment.entries.get()
    given = {
        "invoice": invoice,
        "kind": "payment",
        "payment": payment,
        "entry": entry,
        "allocated_at": now,
    }

    for amount, currency in (("991.00", "AUD"), ("-11.00", "AUD"), ("1.00", "USD")):
        with pytest.raises(DatabaseError), transaction.atomic():
            Allocation.objects.create(amount=Decimal(amount), currency=currency, **given)


def test_amounts_are_real_and_not_of_tomorrow(customer, pay, now):
    invoice = issued(customer, at=now)

    for amount in ("0", "-1", "0.001"):
        with pytest.raises(InvalidInput):
            pay(amount, invoice)
    with pytest.raises(InvalidInput):
        record_payment(
            invoice,
            amount=Decimal(1),
            channel="cash",
            received_at=now + timedelta(seconds=1),
            actor=None,
            at=now,
        )


def test_an_entry_takes_no_lines_once_it_is_committed(pay, now):
    entry = JournalEntry.objects.get(payment=pay("100.00"))
    line = entry.lines.first()
    # As if another transaction had made it.
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET ROLE none")
        cursor.execute("ALTER TABLE finance_journalentry DISABLE TRIGGER append_only_rows")
        cursor.execute("UPDATE finance_journalentry SET made_in = 1 WHERE id = %s", [entry.pk])
        cursor.execute("ALTER TABLE finance_journalentry ENABLE TRIGGER append_only_rows")
        cursor.execute("SET ROLE windsock_app")

    for debit, credit in ((5, 0), (0, 5)):
        with pytest.raises(IntegrityError, match="takes no more lines"), transaction.atomic():
            Transaction.objects.create(
                entry=entry, sequence=90, account=line.account, currency=line.currency,
                debit=debit, credit=credit,
            )  # fmt: skip


def test_what_was_charged_back_moves_by_a_lost_dispute_alone(pay, now):
    payment = pay("100.00", provider_id="pi_1")
    given = {"provider_id": "dp_1", "amount": payment.amount, "opened_at": now}
    dispute = apply_dispute(payment, status="lost", **given, actor=None, at=now)
    payment.refresh_from_db()
    assert payment.charged_back == payment.amount

    for change in (
        lambda: Payment.objects.filter(pk=payment.pk).update(charged_back=0),
        lambda: Dispute.objects.filter(pk=dispute.pk).update(status="won"),
        lambda: Dispute.objects.filter(pk=dispute.pk).update(amount=1),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_a_fee_is_brought_up_to_what_the_provider_says_and_never_down(pay, now):
    payment = pay("100.00", provider_id="pi_1")
    for total in ("3.20", "3.20", "3.50", "3.20"):
        follow_fee(payment, total=Decimal(total), actor=None, at=now)

    at_commit()
    fees = Transaction.objects.filter(account__role="fees", entry__payment=payment)
    assert sorted(fees.values_list("debit", flat=True)) == [Decimal("0.30"), Decimal("3.20")]

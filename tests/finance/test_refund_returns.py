"""Refunds whose end is told late, twice or the other way round."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from finance.exceptions import RefundNotPossible, RefundTooLarge
from finance.gateways.base import RefundState
from finance.models import CustomerCredit, Payment, ProviderEvent, Refund
from finance.services import payments, reconciliation, refunds
from finance.services.credit_notes import credit_invoice
from finance.services.outcomes import record_refund_state
from finance.services.payment_accounts import gateway_of
from finance.services.receivables import record_payment
from finance.services.settlement import reopen_refund
from tests.finance.books import at_commit, balances
from tests.finance.pay_desk import pay_desk

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["stripe", "square", "paypal"])
def desk(request):
    with pay_desk(request.param) as found:
        yield found


@pytest.fixture
def at():
    return timezone.now()


def paid(desk, at, amount="900.00"):
    invoice = desk.invoice(amount)
    intent = payments.record_checkout(desk.link(invoice), provider=desk.provider, at=at)
    intent = payments.carry_out(intent, actor=None, at=at)
    desk.stand_in.pay(desk.page_name(intent))
    reconciliation.ask_for_payer(intent, at=at)
    invoice.refresh_from_db()
    return invoice, Payment.objects.get(intent=intent)


def given_up(desk, payment, at):
    """A refund whose request was on its way for so long that nobody waits for it."""
    desk.stand_in.fail("dropped", "refund")
    refund = refunds.record_refund(payment, reason="Back", actor=None, at=at)
    refund = refunds.carry_out_refund(refund, actor=None, at=at)
    desk.stand_in.kept.faults.clear()
    reconciliation.resolve_lost(at=at + timedelta(minutes=11))
    refund.refresh_from_db()
    assert (refund.status, refund.failure_code) == ("failed", "never_received")
    return refund


def test_a_refund_that_arrived_after_it_was_given_up_on_is_in_the_books(desk, at):
    invoice, payment = paid(desk, at)
    refund = given_up(desk, payment, at)
    gateway_of(desk.account).refund(refunds.order_of(refund))

    desk.hear_all()

    at_commit()
    for row in (refund, payment, invoice):
        row.refresh_from_db()
    assert (refund.status, refund.failure_code) == ("succeeded", "")
    assert (payment.status, payment.refunded) == ("refunded", Decimal("900"))
    assert (invoice.status, invoice.paid) == ("open", 0)
    assert Refund.objects.count() == 1


def test_one_that_another_refund_took_the_place_of_is_for_a_person_to_look_at(at):
    with pay_desk("stripe") as desk:
        _, payment = paid(desk, at)
        first = given_up(desk, payment, at)
        gateway_of(desk.account).refund(refunds.order_of(first))
        late = list(desk.stand_in.kept.events)
        Refund.objects.create(
            payment=payment, amount=900, currency="AUD", reason="x", idempotency_key="second"
        )

        kept = desk.hear(late[-1])

    assert ProviderEvent.objects.filter(status="failed").count() == 1
    assert (kept.status, kept.note) == ("failed", str(_too_large(first)))
    payment.refresh_from_db()
    assert payment.refunded == Decimal("900")


def _too_large(refund):
    with pytest.raises(RefundTooLarge) as refusal:
        reopen_refund(refund, actor=None, at=timezone.now())
    return refusal.value


def state(payment, status):
    return RefundState(
        provider_id="re_bounced",
        reference="",
        payment_ids=tuple(payment.intent.names),
        status=status,
        amount=90000,
        currency="AUD",
        failure="account_closed" if status == "failed" else "",
    )


@pytest.mark.parametrize("order", [("succeeded", "failed"), ("failed", "succeeded")])
def test_a_refund_that_came_back_leaves_the_same_in_whichever_order_it_is_told(at, order):
    with pay_desk("stripe") as desk:
        invoice, payment = paid(desk, at)
        for status in order:
            record_refund_state(desk.account, state(payment, status), actor=None, at=at)

    at_commit()
    payment.refresh_from_db()
    invoice.refresh_from_db()
    assert (payment.status, payment.refunded) == ("succeeded", 0)
    assert (invoice.status, invoice.paid) == ("paid", Decimal("900"))
    assert balances() == {"1051": Decimal("900.00"), "4010": Decimal("-900.00")}
    assert [row.remaining for row in CustomerCredit.objects.all()] in ([], [Decimal(0)])


def test_what_came_back_is_credit_where_the_invoice_was_paid_otherwise_meanwhile(at):
    with pay_desk("stripe") as desk:
        invoice, payment = paid(desk, at)
        record_refund_state(desk.account, state(payment, "succeeded"), actor=None, at=at)
        record_payment(invoice, amount=Decimal(600), channel="cash", actor=None, at=at)
        record_refund_state(desk.account, state(payment, "failed"), actor=None, at=at)
        again = refunds.record_refund(payment, reason="Again", actor=None, at=at)
        during = CustomerCredit.objects.get().remaining
        refunds.carry_out_refund(again, actor=None, at=at)

    at_commit()
    invoice.refresh_from_db()
    assert during == Decimal("600.00")
    assert (invoice.status, invoice.paid) == ("part_paid", Decimal("600"))
    assert CustomerCredit.objects.get().remaining == 0


def test_what_came_back_of_an_invoice_that_was_credited_is_credit(at):
    with pay_desk("stripe") as desk:
        invoice, payment = paid(desk, at)
        credit_invoice(invoice, reason="Not flown", actor=None, at=at)
        record_refund_state(desk.account, state(payment, "succeeded"), actor=None, at=at)
        record_refund_state(desk.account, state(payment, "failed"), actor=None, at=at)

    at_commit()
    invoice.refresh_from_db()
    assert (invoice.status, invoice.paid) == ("void", 0)
    assert sum(row.remaining for row in CustomerCredit.objects.all()) == Decimal("900")


def test_a_refund_over_an_account_that_was_closed_is_refused_before_it_is_recorded(at):
    with pay_desk("stripe") as desk:
        _, payment = paid(desk, at)
        desk.account.is_active = False
        desk.account.save()

        with pytest.raises(RefundNotPossible):
            refunds.record_refund(payment, reason="Back", actor=None, at=at)

    payment.refresh_from_db()
    assert (Refund.objects.count(), payment.refunded) == (0, 0)


def test_a_refund_is_not_asked_for_again_when_its_key_may_be_forgotten(at):
    with pay_desk("stripe") as desk:
        _, payment = paid(desk, at)
        desk.stand_in.fail("lost", "refund")
        refund = refunds.record_refund(payment, reason="Back", actor=None, at=at)
        refund = refunds.carry_out_refund(refund, actor=None, at=at)
        desk.stand_in.kept.faults.clear()
        calls = len(desk.stand_in.kept.calls)

        later = refunds.carry_out_refund(refund, actor=None, at=at + timedelta(days=2))

        assert (later.status, len(desk.stand_in.kept.calls)) == ("unknown", calls)
        reconciliation.resolve_lost(at=at + timedelta(days=2))
    refund.refresh_from_db()
    assert refund.status == "succeeded"


def test_money_that_came_by_hand_goes_back_by_hand(at):
    with pay_desk("stripe") as desk:
        invoice = desk.invoice("100.00")
    payment = record_payment(invoice, amount=Decimal(1000), channel="cash", actor=None, at=at)

    refund = refunds.record_refund(
        payment, amount=Decimal(900), reason="Typed a nought too many", actor=None, at=at
    )
    refund = refunds.carry_out_refund(refund, actor=None, at=at)

    at_commit()
    invoice.refresh_from_db()
    assert (refund.status, invoice.status) == ("succeeded", "paid")
    assert balances() == {"1010": Decimal("100.00"), "4010": Decimal("-100.00")}
    with pytest.raises(RefundTooLarge):
        refunds.record_refund(payment, amount=Decimal(101), reason="x", actor=None, at=at)

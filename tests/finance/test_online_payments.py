"""Taking money over Stripe, Square and PayPal: the real SDKs against local servers."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from finance.exceptions import (
    IntentNotOpen,
    MethodNotUsable,
    MoreThanOwed,
    NothingToPay,
    PaymentLinkClosed,
    ProviderRefused,
    RefundTooLarge,
)
from finance.gateways.base import RefundOrder
from finance.models import (
    Dispute,
    Invoice,
    Payment,
    PaymentIntent,
    PaymentMethod,
    ProviderEvent,
    Refund,
)
from finance.services import methods, payments, reconciliation, refunds
from finance.services.payment_accounts import gateway_of
from finance.services.payment_links import link_to_pay, revoke_link
from tests.contacts.factories import ContactFactory
from tests.finance.books import balances
from tests.finance.pay_desk import pay_desk
from tests.finance.providers import square, stripe

pytestmark = pytest.mark.django_db
DECLINED = {"stripe": stripe.DECLINED, "square": square.DECLINED}


@pytest.fixture(params=["stripe", "square"])
def cards(request):
    """A provider whose cards can be charged."""
    with pay_desk(request.param) as desk:
        yield desk


@pytest.fixture(params=["stripe", "square", "paypal"])
def desk(request):
    with pay_desk(request.param) as found:
        yield found


@pytest.fixture
def at():
    return timezone.now()


def charged(desk, invoice, at, *, token="", **more):
    intent = payments.record_charge(
        invoice, method=desk.method(invoice.payer, token), actor=None, at=at, **more
    )
    return payments.carry_out(intent, actor=None, at=at)


def paid_online(desk, invoice, at):
    """An invoice paid on the provider's page; nothing has been told of it yet."""
    intent = payments.record_checkout(desk.link(invoice), provider=desk.provider, at=at)
    intent = payments.carry_out(intent, actor=None, at=at)
    desk.stand_in.pay(desk.page_name(intent))
    return intent


def status(row):
    row.refresh_from_db()
    return row.status


def test_a_saved_card_is_charged_and_the_invoice_is_paid(cards, at):
    invoice = cards.invoice("1210.00")

    intent = charged(cards, invoice, at)

    assert (intent.status, status(invoice)) == ("succeeded", "paid")
    payment = Payment.objects.get(intent=intent)
    assert (payment.amount, payment.currency, payment.channel) == (Decimal("1210"), "AUD", "card")
    (call,) = cards.stand_in.calls_to("payment")
    sent = call.headers.get("idempotency-key") or call.body["idempotency_key"]
    assert sent == intent.idempotency_key
    assert str(call.body.get("amount") or call.body["amount_money"]["amount"]) == "121000"


def test_a_declined_card_is_an_answer_and_the_invoice_stays_open(cards, at):
    invoice = cards.invoice()

    intent = charged(cards, invoice, at, token=DECLINED[cards.provider])

    assert (intent.status, status(invoice)) == ("failed", "open")
    assert intent.failure_code in ("generic_decline", "card_declined")
    assert not Payment.objects.exists()


def test_carrying_a_charge_out_twice_takes_the_money_once(cards, at):
    invoice = cards.invoice()
    intent = payments.record_charge(invoice, method=cards.method(invoice.payer), actor=None, at=at)

    first = payments.carry_out(intent, actor=None, at=at)
    # As another process would that found it recorded and not asked for.
    again = payments.carry_out(intent, actor=None, at=at)
    PaymentIntent.objects.filter(pk=intent.pk).update(status="unknown")
    payments.carry_out(intent, actor=None, at=at)

    assert first.status == again.status == "succeeded"
    assert Payment.objects.count() == 1
    assert status(invoice) == "paid"


@pytest.mark.parametrize("fault", ["error", "dropped", "limited"])
def test_an_answer_that_never_comes_leaves_the_outcome_open(cards, at, fault):
    invoice = cards.invoice()
    cards.stand_in.fail(fault, "/payment")

    intent = charged(cards, invoice, at)

    assert (intent.status, status(invoice)) == ("unknown", "open")
    assert not Payment.objects.exists()


def test_money_taken_while_the_answer_was_lost_is_found_by_our_reference(cards, at):
    invoice = cards.invoice()
    cards.stand_in.fail("lost", "/payment")
    intent = charged(cards, invoice, at)
    assert intent.status == "unknown"
    cards.stand_in.kept.faults.clear()

    found = reconciliation.resolve_lost(at=at + timedelta(minutes=2))

    assert (found.settled, found.waiting) == (1, 0)
    assert (status(intent), status(invoice)) == ("succeeded", "paid")
    assert Payment.objects.count() == 1


def test_a_request_that_never_arrived_fails_only_when_it_cannot_be_on_its_way(cards, at):
    invoice = cards.invoice()
    cards.stand_in.fail("dropped", "/payment")
    intent = charged(cards, invoice, at)
    cards.stand_in.kept.faults.clear()

    soon = reconciliation.resolve_lost(at=at + timedelta(minutes=2))
    assert (soon.settled, soon.waiting, status(intent)) == (0, 1, "unknown")

    reconciliation.resolve_lost(at=at + timedelta(minutes=11))
    intent.refresh_from_db()
    assert (intent.status, intent.failure_code) == ("failed", "never_received")


def test_money_that_came_after_all_is_taken_in(cards, at):
    invoice = cards.invoice()
    cards.stand_in.fail("lost", "/payment")
    intent = charged(cards, invoice, at)
    PaymentIntent.objects.filter(pk=intent.pk).update(status="failed")

    cards.hear_all()

    assert (status(intent), status(invoice)) == ("succeeded", "paid")


def test_more_than_is_owed_is_not_asked_for(cards, at):
    invoice = cards.invoice("100.00")
    with pytest.raises(MoreThanOwed):
        charged(cards, invoice, at, amount=Decimal("100.01"))
    cards.stand_in.fail("lost", "/payment")
    charged(cards, invoice, at, amount=Decimal("60.00"))

    # What is under way counts as taken until it is known not to be.
    with pytest.raises(MoreThanOwed) as refusal:
        charged(cards, invoice, at, token="other", amount=Decimal("40.01"))

    assert refusal.value.details["left"] == "40.00"


def test_a_card_of_somebody_else_or_one_removed_is_not_charged(cards, at):
    invoice = cards.invoice()
    other = cards.method(ContactFactory(), "other-card")
    removed = cards.method(invoice.payer)
    methods.remove_method(removed, actor=None, at=at)

    for method in (other, removed):
        with pytest.raises(MethodNotUsable):
            payments.record_charge(invoice, method=method, actor=None, at=at)

    assert not PaymentIntent.objects.exists()


def test_an_authorized_payment_is_taken_or_given_up_once(cards, at):
    invoice = cards.invoice("500.00")
    held = charged(cards, invoice, at, amount=Decimal("300"), is_captured=False)
    given_up = charged(cards, invoice, at, token="b", amount=Decimal("200"), is_captured=False)
    assert (held.status, given_up.status) == ("authorized", "authorized")
    assert not Payment.objects.exists()

    held = payments.take_authorized(held, actor=None, at=at)
    given_up = payments.cancel_payment(given_up, actor=None, at=at)

    assert (held.status, given_up.status) == ("succeeded", "cancelled")
    assert (status(invoice), invoice.paid) == ("part_paid", Decimal("300"))
    with pytest.raises(IntentNotOpen):
        payments.take_authorized(held, actor=None, at=at)
    with pytest.raises(IntentNotOpen):
        payments.cancel_payment(held, actor=None, at=at)


def test_an_invoice_is_paid_on_the_providers_page(desk, at, run_tasks):
    invoice = desk.invoice("750.00")
    intent = paid_online(desk, invoice, at)
    assert (status(intent), status(invoice)) == ("pending", "open")

    desk.hear_all()
    run_tasks()
    desk.hear_all()

    assert (status(intent), status(invoice)) == ("succeeded", "paid")
    assert Payment.objects.get().amount == Decimal("750")


def test_a_payer_who_comes_back_is_not_kept_waiting_for_the_notification(desk, at):
    invoice = desk.invoice()
    intent = paid_online(desk, invoice, at)

    reconciliation.ask_for_payer(intent, at=at)

    assert (status(intent), status(invoice)) == ("succeeded", "paid")
    desk.hear_all()
    assert Payment.objects.count() == 1


def test_every_tab_gets_the_same_page_while_it_is_open(desk, at):
    invoice = desk.invoice()
    link = desk.link(invoice)

    def page(moment):
        intent = payments.record_checkout(link, provider=desk.provider, at=moment)
        return payments.carry_out(intent, actor=None, at=moment)

    first, second = page(at), page(at + timedelta(minutes=5))
    next_day = page(at + timedelta(days=1))

    assert (first.pk, first.checkout_url) == (second.pk, second.checkout_url)
    assert next_day.pk != first.pk
    assert status(first) == "cancelled"
    assert next_day.checkout_url != first.checkout_url


def test_a_page_whose_address_was_lost_is_asked_for_again_with_the_same_key(desk, at):
    invoice = desk.invoice()
    desk.stand_in.fail("lost", "orders|sessions|payment-links")
    intent = payments.record_checkout(desk.link(invoice), provider=desk.provider, at=at)
    intent = payments.carry_out(intent, actor=None, at=at)
    assert (intent.status, intent.checkout_url) == ("unknown", "")
    desk.stand_in.kept.faults.clear()

    reconciliation.resolve_lost(at=at + timedelta(minutes=2))

    assert status(intent) == "pending"
    pages = [name for name in desk.stand_in.kept.objects if name in intent.checkout_url]
    assert len(pages) == 1


def test_a_link_that_is_closed_opens_no_page(desk, at):
    invoice = desk.invoice()
    link = desk.link(invoice)
    revoke_link(link, actor=None, at=at)

    with pytest.raises(PaymentLinkClosed):
        payments.record_checkout(link, provider=desk.provider, at=at)

    other = link_to_pay(invoice, actor=None, at=at)
    with pytest.raises(PaymentLinkClosed):
        payments.record_checkout(other, provider=desk.provider, at=other.expires_at)
    assert PaymentIntent.objects.count() == 0


def test_nothing_can_be_paid_twice_over_a_link(desk, at):
    invoice = desk.invoice()
    link = desk.link(invoice)
    reconciliation.ask_for_payer(paid_online(desk, invoice, at), at=at)

    with pytest.raises(NothingToPay):
        payments.record_checkout(link, provider=desk.provider, at=at)


def test_a_part_and_then_the_rest_goes_back_through_the_provider(desk, at):
    invoice = desk.invoice("900.00")
    reconciliation.ask_for_payer(paid_online(desk, invoice, at), at=at)
    payment = Payment.objects.get()

    part = refunds.record_refund(
        payment, amount=Decimal("200.00"), reason="Shorter", actor=None, at=at
    )
    part = refunds.carry_out_refund(part, actor=None, at=at)
    with pytest.raises(RefundTooLarge):
        refunds.record_refund(payment, amount=Decimal("700.01"), reason="x", actor=None, at=at)
    rest = refunds.record_refund(payment, reason="Cancelled", actor=None, at=at)
    refunds.carry_out_refund(rest, actor=None, at=at)
    desk.hear_all()

    assert {each.status for each in Refund.objects.all()} == {"succeeded"}
    assert (status(payment), payment.refunded) == ("refunded", Decimal("900"))
    assert (status(invoice), invoice.paid) == ("open", Decimal(0))
    assert Refund.objects.count() == 2


def test_a_refund_whose_answer_was_lost_is_found_and_made_once(desk, at):
    invoice = desk.invoice("900.00")
    reconciliation.ask_for_payer(paid_online(desk, invoice, at), at=at)
    desk.stand_in.fail("lost", "refund")
    refund = refunds.record_refund(Payment.objects.get(), reason="Back", actor=None, at=at)
    refund = refunds.carry_out_refund(refund, actor=None, at=at)
    assert refund.status == "unknown"
    desk.stand_in.kept.faults.clear()

    reconciliation.resolve_lost(at=at + timedelta(minutes=2))

    assert status(refund) == "succeeded"
    desk.hear_all()
    assert Refund.objects.count() == 1
    assert Payment.objects.get().refunded == Decimal("900")


def test_a_refund_that_the_provider_refuses_failed_and_frees_the_money(desk, at):
    invoice = desk.invoice("900.00")
    reconciliation.ask_for_payer(paid_online(desk, invoice, at), at=at)
    payment = Payment.objects.get()
    for row in desk.stand_in.kept.objects.values():
        # The provider knows of less than we do.
        row["amount_received"] = 1
        if "payment" in row:
            row["payment"]["amount_money"] = {"amount": 1, "currency": "AUD"}
        if "capture" in row:
            row["capture"]["amount"] = {"value": "0.01", "currency_code": "AUD"}

    refund = refunds.record_refund(payment, reason="Back", actor=None, at=at)
    refund = refunds.carry_out_refund(refund, actor=None, at=at)

    assert refund.status == "failed"
    payment.refresh_from_db()
    assert (payment.refunded, payment.status, status(invoice)) == (Decimal(0), "succeeded", "paid")


def test_a_refund_made_on_the_providers_page_is_taken_in(desk, at):
    invoice = desk.invoice("900.00")
    intent = paid_online(desk, invoice, at)
    reconciliation.ask_for_payer(intent, at=at)
    intent.refresh_from_db()
    gateway_made(desk, intent, 10000)

    desk.hear_all()
    desk.hear_all()

    refund = Refund.objects.get()
    assert (refund.amount, refund.status) == (Decimal("100"), "succeeded")
    assert refund.reason.startswith("Made at ")


def gateway_made(desk, intent, amount):
    """A refund that somebody makes on the provider's own page."""
    order = RefundOrder(
        reference="",
        payment=payments.name_of(intent),
        amount=amount,
        currency=intent.currency,
        since=timezone.now(),
    )
    return gateway_of(desk.account).refund(order)


def test_a_dispute_takes_the_money_apart_until_it_is_decided(desk, at):
    won, lost = desk.invoice("100.00"), desk.invoice("200.00")
    for invoice in (won, lost):
        reconciliation.ask_for_payer(paid_online(desk, invoice, at), at=at)
    first, second = (desk.stand_in.dispute(money_name(desk, invoice)) for invoice in (won, lost))
    desk.hear_all()
    assert {each.status for each in Payment.objects.all()} == {"disputed"}

    desk.stand_in.decide(first.get("id") or first["dispute_id"], "won")
    desk.stand_in.decide(second.get("id") or second["dispute_id"], "lost")
    desk.hear_all()

    assert sorted(Dispute.objects.values_list("status", flat=True)) == ["lost", "won"]
    assert (status(won), status(lost)) == ("paid", "open")
    clearing = {"stripe": "1020", "square": "1030", "paypal": "1040"}
    assert balances().get(clearing[desk.provider], Decimal(100)) == Decimal("100")


def money_name(desk, invoice):
    intent = PaymentIntent.objects.get(invoice=invoice)
    return intent.provider_id.rpartition(":")[2]


def test_a_card_is_saved_in_the_providers_form_and_removed(cards, at):
    customer = ContactFactory()
    if cards.provider == "stripe":
        begun = methods.begin_saving(customer, provider="stripe", actor=None, at=at)
        assert "secret" in begun.client_secret
        cards.stand_in.save_card(begun.client_secret.partition("_secret")[0])
        cards.hear_all()
    else:
        methods.save_token(customer, provider="square", token="cnon:ok", actor=None, at=at)
        cards.hear_all()

    method = PaymentMethod.objects.get()
    assert (method.customer, method.last_four, method.is_default) == (
        customer,
        {"stripe": "", "square": "1111"}[cards.provider],
        True,
    )

    methods.remove_method(method, actor=None, at=at)
    cards.hear_all()
    method.refresh_from_db()
    assert (method.detached_at, method.is_default) == (at, False)


def test_a_provider_refuses_to_cancel_what_is_being_paid(at):
    with pay_desk("paypal") as desk:
        intent = paid_online(desk, desk.invoice(), at)

        with pytest.raises(ProviderRefused):
            payments.cancel_payment(intent, actor=None, at=at)

    assert status(intent) == "pending"


def test_events_that_no_notification_came_for_are_listed(desk, at, run_tasks):
    invoice = desk.invoice()
    intent = paid_online(desk, invoice, at)
    desk.stand_in.kept.events.reverse()

    later = at + timedelta(hours=1)
    missed = reconciliation.list_missed(desk.account, at=later)
    run_tasks()
    again = reconciliation.list_missed(desk.account, at=later)

    assert missed > 0
    assert again <= 2
    assert (status(intent), status(invoice)) == ("succeeded", "paid")
    desk.account.refresh_from_db()
    assert desk.account.reconciled_until == later
    assert not ProviderEvent.objects.filter(status="failed").exists()
    assert Invoice.objects.get().paid == Decimal("1000")

"""What providers keep of payments, in the shapes in which they tell it."""

import copy
from decimal import Decimal

import pytest
from django.utils import timezone

from finance.gateways import paypal_shapes, square_shapes, stripe_shapes
from finance.models import PaymentIntent, ProviderEvent, Transaction
from finance.services import payments, reconciliation
from tests.finance.books import at_commit
from tests.finance.pay_desk import pay_desk

pytestmark = pytest.mark.django_db


def fees():
    return sum(Transaction.objects.filter(account__role="fees").values_list("debit", flat=True))


def paid_online(desk):
    at = timezone.now()
    intent = payments.record_checkout(
        desk.link(desk.invoice("1210.00")), provider=desk.provider, at=at
    )
    intent = payments.carry_out(intent, actor=None, at=at)
    desk.stand_in.pay(desk.page_name(intent))
    return intent


def test_fees_are_read_as_each_provider_documents_them():
    square = {
        "id": "p", "status": "COMPLETED", "amount_money": {"amount": 1000, "currency": "USD"},
        "processing_fee": [
            {"type": "INITIAL", "amount_money": {"amount": 59, "currency": "USD"}},
            {"type": "ADJUSTMENT", "amount_money": {"amount": -9, "currency": "USD"}},
        ],
    }  # fmt: skip
    paypal = {
        "id": "c", "status": "COMPLETED", "amount": {"currency_code": "USD", "value": "10.00"},
        "seller_receivable_breakdown": {
            "gross_amount": {"currency_code": "USD", "value": "10.00"},
            "paypal_fee": {"currency_code": "USD", "value": "0.59"},
            "net_amount": {"currency_code": "USD", "value": "9.41"},
        },
    }  # fmt: skip
    stripe = {
        "id": "pi_1", "status": "succeeded", "amount": 1000, "amount_received": 1000,
        "currency": "usd",
        "latest_charge": {
            "id": "ch_1",
            "balance_transaction": {"id": "txn_1", "amount": 1000, "currency": "usd", "fee": 59},
        },
    }  # fmt: skip

    assert square_shapes.payment_state(square).fee == 50
    assert paypal_shapes.capture_state(paypal).fee == 59
    assert stripe_shapes.payment_state(stripe).fee == 59
    # Kept in the currency of the account, not of the payment: nothing to post beside it.
    paypal["seller_receivable_breakdown"]["paypal_fee"]["currency_code"] = "AUD"
    stripe["latest_charge"]["balance_transaction"]["currency"] = "aud"
    square["processing_fee"][0]["amount_money"]["currency"] = "AUD"
    assert paypal_shapes.capture_state(paypal).fee == 0
    assert stripe_shapes.payment_state(stripe).fee == 0
    assert square_shapes.payment_state(square).fee == 0
    # Named and not expanded, as in a notification; or not settled yet.
    for charge in ("ch_1", {"id": "ch_1", "balance_transaction": None}):
        assert stripe_shapes.payment_state({**stripe, "latest_charge": charge}).fee == 0


def test_stripe_is_asked_what_it_kept_until_it_says_so():
    with pay_desk("stripe") as desk:
        intent = paid_online(desk)
        reconciliation.ask_for_payer(intent, at=timezone.now())
        assert reconciliation.ask_for_fees(at=timezone.now()) == 0
        intent.refresh_from_db()
        name = next(each for each in intent.names if each.startswith("pi_"))
        desk.stand_in.kept.objects[name]["kept_fee"] = 2087

        assert reconciliation.ask_for_fees(at=timezone.now()) == 1
        asked = len(desk.stand_in.kept.calls)
        assert reconciliation.ask_for_fees(at=timezone.now()) == 0

        assert len(desk.stand_in.kept.calls) == asked
    at_commit()
    assert fees() == Decimal("20.87")


@pytest.mark.parametrize("provider", ["square", "paypal"])
def test_a_fee_that_a_notification_tells_is_posted_once(provider):
    with pay_desk(provider) as desk:
        paid_online(desk)
        desk.hear_all()
        intent = PaymentIntent.objects.get()
        if intent.status == "authorized":
            payments.take_approved(intent, at=timezone.now())
            desk.hear_all()
        told = copy.deepcopy(desk.stand_in.kept.events[-1])
        if provider == "square":
            told["event_id"] = "event-fee"
            payment = told["data"]["object"]["payment"]
            money = {"amount": 2662, "currency": "AUD"}
            payment["processing_fee"] = [{"type": "INITIAL", "amount_money": money}]
        else:
            told["id"] = "WH-fee"
            told["resource"]["seller_receivable_breakdown"] = {
                "paypal_fee": {"currency_code": "AUD", "value": "26.62"}
            }

        heard = [desk.hear(told), desk.hear(told)]

    at_commit()
    assert heard[0] == heard[1]
    assert PaymentIntent.objects.get().status == "succeeded"
    assert ProviderEvent.objects.get(pk=heard[0].pk).status == "applied"
    assert fees() == Decimal("26.62")


def test_two_accounts_of_one_provider_may_name_their_events_alike():
    with pay_desk("stripe") as desk:
        paid_online(desk)
        event = desk.stand_in.kept.events[-1]
        first = desk.hear(event)
    with pay_desk("stripe") as other:
        copied = {**event, "type": "payment_intent.created"}
        other.account.__class__.objects.exclude(pk=other.account.pk).update(is_active=False)
        second = other.hear(copied)

    assert (first.event_id, first.account_id) == (second.event_id, desk.account.pk)
    assert second.account_id == other.account.pk

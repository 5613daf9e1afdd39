"""Money at the same moment from two sides: one effect each, and what would happen unguarded."""

from contextlib import suppress
from decimal import Decimal
from threading import Barrier, BrokenBarrierError
from unittest.mock import patch

import pytest
from django.db.models import Sum
from django.utils import timezone
from rest_framework.test import APIClient

from finance.models import (
    Invoice,
    Payment,
    PaymentIntent,
    ProviderEvent,
    Refund,
    Transaction,
)
from finance.services import inbox, outcomes, payments, refunds
from tests.common.concurrency import at_once
from tests.finance.pay_desk import pay_desk
from tests.users.factories import UserFactory, hold
from users.models import Role
from users.services.seeding import seed_roles

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk():
    with pay_desk("stripe") as found:
        yield found


@pytest.fixture
def at():
    return timezone.now()


def books_are_even():
    sums = Transaction.objects.aggregate(debit=Sum("debit"), credit=Sum("credit"))
    return sums["debit"] == sums["credit"]


def charge(invoice, method, at, **more):
    def run():
        fresh = Invoice.objects.get(pk=invoice.pk)
        intent = payments.record_charge(fresh, method=method, actor=None, at=at, **more)
        return payments.carry_out(intent, actor=None, at=at)

    return run


def test_two_charges_at_once_never_take_more_than_is_owed(desk, at):
    invoice = desk.invoice("100.00")
    method = desk.method(invoice.payer)

    outcomes_ = at_once(*[charge(invoice, method, at) for _ in range(4)])

    invoice.refresh_from_db()
    refused = [each for each in outcomes_ if isinstance(each, Exception)]
    assert {getattr(each, "code", each) for each in refused} <= {"more_than_owed", "nothing_to_pay"}
    assert (len(refused), Payment.objects.count(), invoice.paid) == (3, 1, Decimal(100))
    assert books_are_even()


def test_control_without_the_locks_every_charge_would_be_asked_for(desk, at):
    invoice = desk.invoice("100.00")
    method = desk.method(invoice.payer)
    gate = Barrier(2)

    def looked_at_together(*given, real=payments._owed):  # noqa: SLF001
        owed = real(*given)
        with suppress(BrokenBarrierError):
            gate.wait(timeout=10)
        return owed

    with (
        patch.object(payments, "locked", lambda row, **_: type(row).objects.get(pk=row.pk)),
        patch.object(payments, "lock_party", lambda contact: contact),
        patch.object(payments, "_owed", looked_at_together),
    ):
        at_once(
            *[
                lambda: payments.record_charge(
                    Invoice.objects.get(pk=invoice.pk), method=method, actor=None, at=at
                )
            ]
            * 2
        )

    assert PaymentIntent.objects.count() == 2


def test_a_double_click_with_one_key_is_one_payment(desk, client_for):
    seed_roles()
    person = UserFactory()
    hold(person, Role.objects.get(code="accountant"))
    invoice = desk.invoice("100.00")
    body = {"invoice": invoice.number, "payment_method": desk.method(invoice.payer).pk}

    def click():
        headers = {"Idempotency-Key": "click"}
        return client_for(person).post("/api/finance/payment-intents/", body, headers=headers)

    answers = at_once(click, click, click)

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert (PaymentIntent.objects.count(), Payment.objects.count()) == (1, 1)
    paid = [o for o in desk.stand_in.kept.objects.values() if o["object"] == "payment_intent"]
    assert len(paid) == 1


@pytest.mark.parametrize("provider", ["stripe", "square", "paypal"])
def test_two_tabs_of_the_link_get_one_page(provider):
    with pay_desk(provider) as desk:
        address = desk.address(desk.invoice("100.00"), "checkout/")

        answers = at_once(*[lambda: APIClient().post(address, {"provider": provider})] * 4)

        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.json()["url"] for answer in answers}) == 1
        assert PaymentIntent.objects.count() == 1


def test_the_notification_and_the_payer_coming_back_at_once_take_the_money_once(desk, at):
    invoice = desk.invoice("100.00")
    link = desk.link(invoice)
    intent = payments.record_checkout(link, provider="stripe", at=at)
    intent = payments.carry_out(intent, actor=None, at=at)
    desk.stand_in.pay(desk.page_name(intent))
    events = list(desk.stand_in.kept.events)
    back = desk.address(invoice, "back/")

    outcomes_ = at_once(
        *[lambda event=event: desk.hear(event) for event in events * 2],
        lambda: APIClient().post(back),
        lambda: APIClient().post(back),
    )

    assert [each for each in outcomes_ if isinstance(each, Exception)] == []
    invoice.refresh_from_db()
    assert (Payment.objects.count(), invoice.paid) == (1, Decimal(100))
    assert ProviderEvent.objects.count() == len(events)
    assert books_are_even()


def test_control_without_the_lock_a_refund_told_twice_at_once_would_be_two(desk, at):
    _, event = refunded_at_the_provider(desk, at)
    twin = {**event, "id": "evt_twin"}
    gate = Barrier(2)

    def unlocked(payment):
        with suppress(BrokenBarrierError):
            gate.wait(timeout=3)
        return payment

    with patch.object(outcomes, "hold_payment", unlocked):
        found = at_once(lambda: desk.hear(event), lambda: desk.hear(twin))

    # The key that names it is the last word: the second of them breaks instead of doubling.
    assert sum(isinstance(each, Exception) for each in found) == 1
    assert Refund.objects.count() == 1


def test_a_refund_told_twice_at_once_is_one(desk, at):
    _, event = refunded_at_the_provider(desk, at)
    twin = {**event, "id": "evt_twin"}

    found = at_once(lambda: desk.hear(event), lambda: desk.hear(twin))

    assert [each for each in found if isinstance(each, Exception)] == []
    assert (Refund.objects.count(), Payment.objects.get().refunded) == (1, Decimal(40))
    assert books_are_even()


def refunded_at_the_provider(desk, at):
    """A payment, and the event of a refund that was made on the provider's own page."""
    invoice = desk.invoice("100.00")
    intent = charge(invoice, desk.method(invoice.payer), at)()
    refund = desk.stand_in.keep(
        {
            "id": "re_made_there",
            "object": "refund",
            "amount": 4000,
            "charge": None,
            "currency": "aud",
            "metadata": {},
            "payment_intent": intent.provider_id,
            "status": "succeeded",
        }
    )
    desk.stand_in.emit("refund.created", refund)
    return invoice, desk.stand_in.kept.events[-1]


def test_a_payment_and_a_refund_at_once_leave_even_books(desk, at):
    invoice = desk.invoice("100.00")
    method = desk.method(invoice.payer)
    charge(invoice, method, at, amount=Decimal(60))()
    first = Payment.objects.get()

    def give_back():
        refund = refunds.record_refund(
            Payment.objects.get(pk=first.pk), amount=Decimal(50), reason="x", actor=None, at=at
        )
        return refunds.carry_out_refund(refund, actor=None, at=at)

    found = at_once(charge(invoice, method, at, amount=Decimal(40)), give_back, give_back)

    refused = [each for each in found if isinstance(each, Exception)]
    assert [getattr(each, "code", each) for each in refused] == ["refund_too_large"]
    invoice.refresh_from_db()
    assert (invoice.paid, invoice.status) == (Decimal(50), "part_paid")
    assert books_are_even()


def test_one_event_from_many_senders_at_once_is_one_row_and_one_effect(desk, at):
    invoice = desk.invoice("100.00")
    desk.stand_in.fail("lost", "payment_intents")
    charge(invoice, desk.method(invoice.payer), at)()
    event = desk.stand_in.kept.events[-1]

    found = at_once(*[lambda: desk.hear(event)] * 6)

    assert [each for each in found if isinstance(each, Exception)] == []
    assert (ProviderEvent.objects.count(), Payment.objects.count()) == (1, 1)


def test_control_without_the_inbox_the_effect_would_be_tried_every_time(desk, at):
    invoice = desk.invoice("100.00")
    desk.stand_in.fail("lost", "payment_intents")
    charge(invoice, desk.method(invoice.payer), at)()
    event = desk.stand_in.kept.events[-1]
    tried = []

    def effect(row, state, *, at):
        tried.append(row.pk)
        return inbox.EventStatus.APPLIED

    def forgetful(**given):
        row = ProviderEvent(**given.pop("defaults"), **given)
        row.event_id = f"{row.event_id}-{len(tried)}-{id(row)}"
        row.save()
        return row, True

    with (
        patch.object(inbox, "_take_effect", effect),
        patch.object(ProviderEvent.objects, "get_or_create", forgetful),
    ):
        at_once(*[lambda: desk.hear(event)] * 3)

    assert len(tried) == 3

"""
Yen, which has no smaller unit, from the bill to the provider and back; and money that is not dealt
in here (three decimals, none but not yen), refused where somebody would begin with it.
"""

from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from common.exceptions import InvalidInput
from common.money import EXPONENTS, Money
from finance.gateways.base import PaymentState
from finance.models import (
    CurrencyRate,
    Invoice,
    LineItem,
    Payment,
    RateCard,
    Transaction,
)
from finance.services import payments, refunds
from finance.services.credit_notes import CreditedLine, credit_invoice
from finance.services.deposits import add_step, draft_cancellation_fee, draft_deposit
from finance.services.drafts import OwnLine, draft_by_hand, draft_invoice
from finance.services.exchange import record_rate
from finance.services.issuing import issue
from finance.services.outcomes import NewsConflicts, record_payment_state
from finance.services.receivables import record_payment
from tests.contacts.factories import ContactFactory
from tests.finance.billing import SUBJECT, issued, line
from tests.finance.books import at_commit, balances
from tests.finance.factories import RateCardFactory
from tests.finance.pay_desk import pay_desk
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
# Three decimals; none, like yen; none by PayPal's own rule; and no money at all.
NOT_DEALT_IN = ["KWD", "BHD", "JOD", "KRW", "HUF", "TWD", "jpy", "JPYX", ""]


@pytest.fixture(params=["stripe", "square", "paypal"])
def desk(request):
    with pay_desk(request.param) as found:
        yield found


@pytest.fixture
def yen(job):
    job.currency = "JPY"
    return job


def is_whole(amount):
    return amount == amount.to_integral_value()


def every_amount_is_whole():
    """In every row of the books and the bills that is in yen."""
    for row in Transaction.objects.filter(currency="JPY"):
        assert is_whole(row.debit)
        assert is_whole(row.credit)
    for row in LineItem.objects.filter(currency="JPY"):
        assert is_whole(row.amount)
        assert is_whole(row.tax_amount)
    for row in Invoice.objects.filter(currency="JPY"):
        assert is_whole(row.total)
        assert row.total == row.subtotal + row.tax_total
    at_commit()
    assert sum(balances("JPY").values(), Decimal(0)) == 0


def asked_for(desk, name):
    """The amounts in the requests of one sort, as they went over the wire."""
    found = []
    for call in desk.stand_in.calls_to(name):
        body = call.body or {}
        found.extend(_amounts(body))
    return found


def _amounts(body):
    if isinstance(body, dict):
        for key, value in body.items():
            if key in ("amount", "unit_amount", "value") and not isinstance(value, dict):
                yield value
            else:
                yield from _amounts(value)
    elif isinstance(body, list):
        for each in body:
            yield from _amounts(each)


def test_yen_are_paid_and_given_back_in_yen_and_never_in_hundredths(desk):
    at = timezone.now()
    invoice = desk.invoice("12345", currency="JPY")

    intent = payments.record_checkout(desk.link(invoice), provider=desk.provider, at=at)
    intent = payments.carry_out(intent, actor=None, at=at)
    desk.stand_in.pay(desk.page_name(intent))
    desk.hear_all()
    intent.refresh_from_db()
    if intent.status == "authorized":
        intent = payments.take_authorized(intent, actor=None, at=at)
    invoice.refresh_from_db()

    assert (invoice.status, invoice.paid) == ("paid", Decimal("12345"))
    sent = {str(each) for each in asked_for(desk, "") if str(each).strip("0123456789.") == ""}
    assert "12345" in sent
    assert not sent & {"1234500", "12345.00", "123.45"}
    payment = Payment.objects.get()
    assert (payment.amount, payment.currency) == (Decimal("12345"), "JPY")

    refund = refunds.record_refund(
        payment, amount=Decimal("2345"), reason="Less flown", actor=None, at=at
    )
    refund = refunds.carry_out_refund(refund, actor=None, at=at)

    assert (refund.status, refund.amount) in (
        ("succeeded", Decimal("2345")),
        # Square gives back in its own time.
        ("pending", Decimal("2345")),
    )
    given_back = {str(each) for each in asked_for(desk, "refund")}
    assert "2345" in given_back
    assert not given_back & {"234500", "2345.00"}
    every_amount_is_whole()


def test_half_a_yen_is_rounded_up_in_every_kind_of_bill(yen, actor, now):
    job, customer = yen, yen.customer
    own = [
        OwnLine(description="Hours", quantity=Decimal("1.5"), unit_price=Decimal("333")),
        OwnLine(description="Discount", quantity=Decimal(1), unit_price=Decimal("-0.5")),
    ]
    by_hand = draft_by_hand(customer=customer, currency="JPY", lines=own, actor=actor, at=now)
    assert [each.amount for each in by_hand.lines.order_by("sequence")] == [500, -1]
    issue(by_hand, actor=actor, at=now)

    job.lines["quote"] = (line("flight", "1005", tax="101"),)
    deposit = draft_deposit(
        subject=SUBJECT, subject_id=1, percent=Decimal("33.33"), actor=actor, at=now
    )
    assert deposit.total == Decimal("369")
    with pytest.raises(InvalidInput, match="fraction"):
        draft_deposit(subject=SUBJECT, subject_id=1, amount=Decimal("10.50"), actor=actor, at=now)

    invoice = issue(
        draft_invoice(subject=SUBJECT, subject_id=1, basis="quote", actor=actor, at=now),
        actor=actor,
        at=now,
    )
    note = credit_invoice(
        invoice,
        lines=[CreditedLine(sequence=1, amount=Decimal(333))],
        reason="Less flown",
        actor=actor,
        at=now,
    )
    # 101 x 333 / 1005 is 33.47.
    assert (note.subtotal, note.tax_total) == (333, 33)
    with pytest.raises(InvalidInput, match="fraction"):
        credit_invoice(
            invoice,
            lines=[CreditedLine(sequence=1, amount=Decimal("0.50"))],
            reason="x",
            actor=actor,
            at=now,
        )
    credit_invoice(invoice, reason="All of it", actor=actor, at=now)
    invoice.refresh_from_db()
    assert invoice.credited == invoice.total == Decimal(1106)
    every_amount_is_whole()


def test_a_fee_for_calling_off_is_in_whole_yen(yen, actor, now):
    step = {"hours_before": 24, "percent": Decimal(50), "effective_from": date(2026, 1, 1)}
    add_step(**step, actor=actor, at=now)
    yen.lines["quote"] = (line("flight", "1001"),)
    yen.call_off(now, hours_before=1, agreed_at=now)

    fee = draft_cancellation_fee(subject=SUBJECT, subject_id=1, actor=actor, at=now)

    assert fee.total == Decimal(501)


def test_a_bill_turned_into_yen_is_the_sum_of_its_rounded_lines(job, actor, now):
    job.currency = "AUD"
    job.lines["quote"] = (line("flight", "10.01", tax="1.00"), line("landing", "0.01"))
    record_rate(
        base="AUD",
        quote="JPY",
        rate=Decimal("98.765"),
        source="RBA",
        rate_on=now.date(),
        actor=actor,
        at=now,
    )

    draft = draft_invoice(
        subject=SUBJECT, subject_id=1, basis="quote", currency="JPY", actor=actor, at=now
    )

    # 988.63765, 98.765 and 0.98765.
    assert [(x.amount, x.tax_amount) for x in draft.lines.order_by("sequence")] == [
        (989, 99),
        (1, 0),
    ]
    assert draft.total == Decimal(1089)
    issue(draft, actor=actor, at=now)
    every_amount_is_whole()


@pytest.mark.parametrize("fraction", ["0.01", "0.5", "1.10"])
def test_the_database_takes_no_part_of_a_yen(actor, now, fraction):
    invoice = issued(amount="1000", currency="JPY", at=now)
    for rows, field in (
        (LineItem.objects.filter(invoice=invoice), "amount"),
        (Transaction.objects.filter(currency="JPY", debit__gt=0), "debit"),
        (Invoice.objects.filter(pk=invoice.pk), "total"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(**{field: Decimal(fraction)})


@pytest.mark.parametrize("currency", NOT_DEALT_IN)
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("invoices/by-hand", {"lines": [{"description": "x", "quantity": "1", "unit_price": "1"}]}),
        ("invoices", {"subject": "operations.trip", "subject_id": 1, "basis": "quote"}),
        ("rate-cards", {"code": "x", "name": "X"}),
        ("currency-rates", {"base": "AUD", "rate": "1.1", "rate_on": "2026-01-01", "source": "x"}),
    ],
)
def test_money_that_is_not_dealt_in_is_refused_where_it_would_begin(
    client_for, path, body, currency
):
    clerk = UserFactory()
    grant(
        clerk,
        "finance.add_invoice",
        "finance.add_line_invoice",
        "finance.add_ratecard",
        "finance.add_currencyrate",
        "contacts.view_contact",
    )
    field = "quote" if path == "currency-rates" else "currency"
    given = {**body, field: currency}
    if path == "invoices/by-hand":
        given["customer"] = ContactFactory().pk
    before = [model.objects.count() for model in (Invoice, RateCard, CurrencyRate)]

    answer = client_for(clerk).post(
        f"/api/finance/{path}/", given, headers={"Idempotency-Key": "k"}
    )

    assert answer.status_code == 400
    assert f"/{field}" in [each["pointer"] for each in answer.json()["errors"]]
    assert [model.objects.count() for model in (Invoice, RateCard, CurrencyRate)] == before


def test_the_database_knows_no_other_money_either(actor, now):
    invoice = issued(amount="1000", at=now)
    payment = record_payment(invoice, amount=Decimal(1), channel="cash", actor=actor, at=now)
    card = RateCardFactory()
    for row in (invoice, invoice.lines.get(), payment, card):
        with pytest.raises(DatabaseError), transaction.atomic():
            type(row).objects.filter(pk=row.pk).update(currency="KWD")


@pytest.mark.parametrize("currency", ["KWD", "KRW"])
def test_news_of_other_money_change_nothing(currency, actor):
    at = timezone.now()
    with pay_desk("stripe") as desk:
        invoice = desk.invoice("1000")
        intent = payments.record_checkout(desk.link(invoice), provider="stripe", at=at)
        intent = payments.carry_out(intent, actor=None, at=at)
        state = PaymentState(
            ids=tuple(intent.names),
            reference=intent.idempotency_key,
            status="succeeded",
            amount=1_000_000,
            currency=currency,
            captured=1_000_000,
        )
        with pytest.raises(NewsConflicts), transaction.atomic():
            record_payment_state(intent, state, actor=None, at=at)

    assert not Payment.objects.exists()


def test_every_known_currency_is_rounded_by_its_own_unit():
    assert {code: Money(Decimal("1.005"), code).amount for code in EXPONENTS} == {
        code: Decimal("1") if code == "JPY" else Decimal("1.01") for code in EXPONENTS
    }

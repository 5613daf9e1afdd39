"""A customer with bills and payments is merged into another."""

from datetime import timedelta
from decimal import Decimal

import pytest

from contacts.services.merges import merge_contacts
from finance.models import CustomerCredit, Invoice, Payment
from finance.queries.receivables import ageing
from finance.services.accounts import seed_accounts
from finance.services.drafts import OwnLine, draft_by_hand
from finance.services.receivables import apply_credit, record_payment
from tests.contacts.factories import ContactFactory
from tests.finance.billing import issued
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_bills_and_payments_that_stand_keep_their_name_and_the_merge_goes_through(now):
    seed_accounts()
    merged, survivor, actor = ContactFactory(), ContactFactory(), UserFactory()
    invoice = issued(merged, "100.00", at=now)
    record_payment(invoice, amount=Decimal(40), channel="bank_transfer", actor=actor, at=now)

    merge_contacts(survivor, merged, reason="The same", actor=actor, at=now)

    assert Invoice.objects.get().payer_id == merged.pk
    assert Payment.objects.get().customer_id == merged.pk
    (owed,) = ageing(as_of=now.date() + timedelta(days=1), currency=invoice.currency)
    assert (owed["party"], owed["total"]) == (survivor.pk, Decimal(60))


def test_a_credit_is_the_survivors_and_a_draft_goes_along(now):
    seed_accounts()
    merged, survivor, actor = ContactFactory(), ContactFactory(), UserFactory()
    paid = issued(merged, "100.00", at=now)
    record_payment(paid, amount=Decimal(130), channel="bank_transfer", actor=actor, at=now)
    line = OwnLine(description="Flying", quantity=Decimal(1), unit_price=Decimal(9))
    draft = draft_by_hand(customer=merged, currency="AUD", lines=[line], actor=actor, at=now)

    merge_contacts(survivor, merged, reason="The same", actor=actor, at=now)
    bill = issued(survivor, "50.00", at=now)
    apply_credit(bill, actor=actor, at=now)

    draft.refresh_from_db()
    bill.refresh_from_db()
    assert (draft.customer_id, draft.payer_id) == (survivor.pk, survivor.pk)
    assert (bill.balance, CustomerCredit.objects.get().remaining) == (Decimal(20), Decimal(0))

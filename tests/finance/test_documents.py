"""Invoices, credit notes, receipts and statements on paper."""

from decimal import Decimal

import pytest

from common.money import EXPONENTS
from common.outbox import announce
from documents.exceptions import NothingToShow
from documents.layout import filling
from documents.models import Document
from documents.queries.layouts import known_kind
from documents.services.generation import gather, generate
from finance.documents import payments
from finance.events import RefundSettled
from finance.services.accounts import seed_accounts
from finance.services.credit_notes import CreditedLine, credit_invoice
from finance.services.deposits import draft_deposit
from finance.services.drafts import OwnLine, draft_by_hand, draft_invoice
from finance.services.issuing import issue
from finance.services.settlement import apply_payment, apply_refund, fail_refund, request_refund
from tests.contacts.factories import ContactFactory
from tests.documents.reading import data_of, text_of, unprinted
from tests.finance.billing import SUBJECT, issued
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
GRANTS = ("finance.view_invoice", "finance.view_payment", "finance.view_journalentry",
          "contacts.view_contact")  # fmt: skip


@pytest.fixture
def accountant(db):
    seed_accounts()
    user = UserFactory()
    grant(user, *GRANTS)
    return user


@pytest.fixture
def bill(job, accountant, now):
    """A bill with tax and terms, half of it paid by a deposit, a line of it credited."""
    told = {"actor": None, "at": now}
    about = {"subject": SUBJECT, "subject_id": 7}
    deposit = issue(draft_deposit(**about, percent=Decimal(50), **told), **told)
    pay(deposit, "650.00", now)
    draft = draft_invoice(**about, basis="quote", reference="PO 4711", **told)
    draft.terms, draft.notes = "Net 14 days.\nNo discount.", "Thank you."
    draft.save()
    return issue(draft, **told)


def pay(invoice, amount, now):
    return apply_payment(
        customer=invoice.payer, amount=Decimal(amount), currency=invoice.currency,
        channel="card", received_at=now, invoices=[invoice], reference="WIRE 7", actor=None, at=now,
    )  # fmt: skip


def data(kind, subject, reader, now):
    return gather(known_kind(kind), subject.pk, actor=reader, at=now).data


def test_an_invoice_is_printed_whole_with_what_a_deposit_paid(bill, accountant, now):
    document = generate("invoice", bill.pk, actor=accountant, at=now)

    said = data_of(document)
    assert unprinted(said, text_of(document)) == []
    assert (said["total"], said["amount_due"]) == ("1,300.00", "650.00")
    assert [row["amount"] for row in said["deposits"]] == ["650.00"]
    assert said["taxes"] == [{"tax": "GST 10 %", "base": "1,000.00", "amount": "100.00"}]
    assert (said["bill_to"]["tax_number"], said["reference"]) == ("51 824 753 556", "PO 4711")
    assert document.retained_until.year == now.year + 7


def test_paying_an_invoice_changes_nothing_on_it(bill, accountant, now):
    before = data("invoice", bill, accountant, now)

    pay(bill, "650.00", now)

    assert data("invoice", bill, accountant, now) == before


def test_a_credit_note_names_the_invoice_it_corrects(bill, accountant, now):
    taken = [CreditedLine(sequence=2, amount=Decimal("200.00"))]
    note = credit_invoice(bill, lines=taken, reason="Not landed", actor=None, at=now)

    document = generate("credit_note", note.pk, actor=accountant, at=now)

    said = data_of(document)
    assert unprinted(said, text_of(document)) == []
    assert (said["corrects"], said["total"]) == (bill.number, "200.00")
    with pytest.raises(NothingToShow, match="credit note"):
        data("invoice", note, accountant, now)
    with pytest.raises(NothingToShow, match="an invoice"):
        data("credit_note", bill, accountant, now)


def test_a_draft_is_on_no_paper(job, accountant, now):
    draft = draft_invoice(subject=SUBJECT, subject_id=7, basis="quote", actor=None, at=now)

    with pytest.raises(NothingToShow, match="not issued"):
        data("invoice", draft, accountant, now)


def test_a_receipt_says_what_the_money_was_used_for(bill, accountant, now):
    payment = pay(bill, "300.00", now)

    document = generate("receipt", payment.pk, actor=accountant, at=now)

    said = data_of(document)
    assert unprinted(said, text_of(document)) == []
    assert [(row["invoice"], row["amount"]) for row in said["used"]] == [(bill.number, "300.00")]


def test_a_receipt_says_what_went_back_and_not_what_is_on_its_way_or_came_back(
    bill, accountant, now, run_tasks
):
    told = {"actor": None, "at": now}
    payment = pay(bill, "300.00", now)
    refund = request_refund(payment, amount=Decimal(100), reason="x", **told)
    assert data("receipt", payment, accountant, now)["returned"] == []

    apply_refund(refund, provider_id="re_1", **told)
    run_tasks()
    document = generate("receipt", payment.pk, actor=accountant, at=now)
    said = data("receipt", payment, accountant, now)["returned"]
    assert said == [{"what": "Refunded", "amount": "100.00"}]
    assert not Document.objects.get(pk=document.pk).is_reissue_due

    fail_refund(refund, code="account_closed", **told)
    announce(RefundSettled(refund_id=refund.pk, status="failed"))
    run_tasks()
    assert data("receipt", payment, accountant, now)["returned"] == []
    assert Document.objects.get(pk=document.pk).is_reissue_due


def test_a_statement_runs_from_opening_to_closing_balance(bill, accountant, now):
    pay(bill, "300.00", now)

    document = generate("statement", bill.payer_id, actor=accountant, at=now)

    said = data_of(document)
    assert unprinted(said, text_of(document)) == []
    (account,) = said["accounts"]
    assert (account["opening"], account["closing"], account["currency"]) == (
        "0.00",
        "350.00",
        "AUD",
    )
    assert account["lines"][-1]["balance"] == "350.00"


def test_a_statement_has_each_currency_apart_and_none_of_who_was_never_billed(accountant, now):
    payer = ContactFactory()
    issued(payer, "100.00", at=now)
    issued(payer, "70.00", currency="USD", at=now)

    accounts = data("statement", payer, accountant, now)["accounts"]

    assert [(row["currency"], row["closing"]) for row in accounts] == [
        ("AUD", "100.00"),
        ("USD", "70.00"),
    ]
    with pytest.raises(NothingToShow, match="nothing was billed"):
        data("statement", ContactFactory(), accountant, now)


def test_a_statement_of_more_lines_than_a_paper_takes_is_cut_and_says_so(
    accountant, now, monkeypatch
):
    assert payments.MOST_LINES + 2 * len(EXPONENTS) < filling.MOST_ROWS
    payer = ContactFactory()
    for amount in ("1.00", "2.00", "4.00"):
        issued(payer, amount, at=now)
        issued(payer, amount, currency="USD", at=now)
    monkeypatch.setattr(payments, "MOST_LINES", 4)
    monkeypatch.setattr(filling, "MOST_ROWS", 4 + 2)

    document = generate("statement", payer.pk, actor=accountant, at=now)

    accounts = data_of(document)["accounts"]
    assert [(row["closing"], row["is_cut"], len(row["lines"])) for row in accounts] == [
        ("7.00", True, 2),
        ("7.00", True, 2),
    ]
    assert "Thereismorethanfitshere" in text_of(document)


def test_small_prices_and_parts_are_printed_whole(accountant, now):
    own = OwnLine(
        description="Data", quantity=Decimal("0.1667"), unit="hour", unit_price=Decimal("0.1250")
    )
    draft = draft_by_hand(
        customer=ContactFactory(), currency="AUD", lines=[own], actor=None, at=now
    )

    (line,) = data("invoice", issue(draft, actor=None, at=now), accountant, now)["lines"]

    assert (line["quantity"], line["unit_price"]) == ("0.1667 hours", "0.125")

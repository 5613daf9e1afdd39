"""Bills: drawn up, issued, fixed, taken back."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from common.exceptions import InvalidInput, TransitionNotAllowed
from finance.exceptions import (
    AlreadyBilled,
    CreditTooLarge,
    InvoiceIssuedAlready,
    LadderMissing,
    NotBillable,
    NothingToBill,
    RateMissing,
)
from finance.models import (
    Allocation,
    BilledWork,
    CancellationTerm,
    CustomerCredit,
    Invoice,
    LineItem,
)
from finance.queries.exchange import conversion
from finance.queries.snapshots import hash_of, snapshot_of
from finance.services.credit_notes import CreditedLine, credit_invoice, void_invoice
from finance.services.deposits import add_step, draft_cancellation_fee, draft_deposit
from finance.services.drafts import (
    OwnLine,
    add_line,
    draft_by_hand,
    draft_invoice,
    edit_draft,
    remove_line,
)
from finance.services.exchange import record_rate
from finance.services.issuing import issue
from finance.services.receivables import apply_deposit, record_payment
from tests.contacts.factories import ContactFactory
from tests.finance.billing import SUBJECT, issued, line
from tests.finance.books import at_commit, balances
from tests.finance.factories import TaxRuleFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(job, actor, now):
    def drawn_up(basis="quote", subject_id=1, **more):
        return draft_invoice(
            subject=SUBJECT, subject_id=subject_id, basis=basis, actor=actor, at=now, **more
        )

    return drawn_up


def test_a_bill_is_drawn_up_from_the_offer_and_issued_into_the_books(draft, job, actor, now):
    invoice = draft()

    issue(invoice, actor=actor, at=now)

    at_commit()
    invoice.refresh_from_db()
    assert (invoice.number, invoice.status) == ("INV-2026-00001", "open")
    assert (invoice.subtotal, invoice.tax_total, invoice.total) == (
        Decimal("1200.00"),
        Decimal("100.00"),
        Decimal("1300.00"),
    )
    # 22:30 UTC on the 14th is the 15th in the operator's zone.
    assert (invoice.issued_on, invoice.due_on) == (date(2026, 3, 15), date(2026, 3, 29))
    assert invoice.bill_to["name"] == "Sunrise Hospital"
    assert invoice.bill_to["tax_number"] == "51 824 753 556"
    assert invoice.snapshot_hash == hash_of(snapshot_of(invoice))
    assert balances() == {
        "1100": Decimal("1300.00"),
        "2200": Decimal("-100.00"),
        "4010": Decimal("-1200.00"),
    }


def test_actuals_show_the_variance_against_the_offer(draft):
    invoice = draft("actuals")

    rows = invoice.lines.order_by("sequence").values_list("key", "amount", "quoted_amount")
    assert list(rows) == [
        ("leg:1:flight", Decimal("1150.00"), Decimal("1100.00")),
        ("landing", Decimal("200.00"), Decimal("200.00")),
    ]


def test_nothing_is_billed_twice_until_its_bill_is_voided(draft, actor, now):
    first = draft()
    with pytest.raises(AlreadyBilled) as refused:
        draft("actuals")
    expenses = draft("expenses")
    other = draft(subject_id=2)

    void_invoice(first, reason="Wrong basis", actor=actor, at=now)
    again = draft("actuals")

    assert refused.value.details["work"] == "landing"
    assert [x.lines.count() for x in (expenses, other, again)] == [1, 2, 2]


def test_an_issued_invoice_never_changes(draft, actor, now):
    invoice = issue(draft(), actor=actor, at=now)

    with pytest.raises(InvoiceIssuedAlready):
        edit_draft(invoice, changes={"notes": "x"}, version=None, actor=actor, at=now)
    with pytest.raises(TransitionNotAllowed):
        issue(invoice, actor=actor, at=now)
    for change in ({"total": 1}, {"notes": "x"}, {"paid": 5}, {"due_on": date(2027, 1, 1)}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Invoice.objects.filter(pk=invoice.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        LineItem.objects.filter(invoice=invoice).update(amount=1)
    with pytest.raises(DatabaseError), transaction.atomic():
        invoice.lines.all().delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        invoice.delete()


def test_totals_that_are_not_the_lines_sums_do_not_commit(draft):
    invoice = draft()

    with pytest.raises(IntegrityError, match="come to"), transaction.atomic():
        Invoice.objects.filter(pk=invoice.pk).update(subtotal=1, total=101)
        at_commit()


def test_a_draft_takes_lines_of_ones_own_and_gives_only_these_back(draft, actor, now):
    TaxRuleFactory(code="GST", jurisdiction="AU", rate="10.0000", currency="AUD")
    invoice = draft()
    discount = OwnLine(
        description="Discount",
        quantity=Decimal(1),
        unit_price=Decimal("-100.00"),
        tax_code="GST",
    )

    add_line(invoice, discount, actor=actor, at=now)
    invoice.refresh_from_db()
    after = (invoice.subtotal, invoice.tax_total, invoice.total)
    with pytest.raises(InvalidInput):
        remove_line(invoice, sequence=1, actor=actor, at=now)
    remove_line(invoice, sequence=3, actor=actor, at=now)

    invoice.refresh_from_db()
    assert after == (Decimal("1100.00"), Decimal("90.00"), Decimal("1190.00"))
    assert invoice.total == Decimal("1300.00")
    with pytest.raises(InvalidInput, match="less than nothing"):
        huge = OwnLine(description="x", quantity=Decimal(1), unit_price=Decimal(-9999))
        add_line(invoice, huge, actor=actor, at=now)


def test_an_insurer_pays_only_with_its_number(draft, actor, now):
    insurer = ContactFactory(name="Allied Cover", roles=["insurer"])
    invoice = draft(payer=insurer)

    with pytest.raises(InvalidInput):
        issue(invoice, actor=actor, at=now)
    edit_draft(invoice, changes={"authorization": "A-77"}, version=None, actor=actor, at=now)
    issue(invoice, actor=actor, at=now)

    invoice.refresh_from_db()
    assert (invoice.bill_to["name"], invoice.customer.name) == ("Allied Cover", "Sunrise Hospital")
    owed = invoice.entries.get().lines.get(account__role="receivable")
    assert owed.party == insurer


def test_numbers_run_by_series_and_year_without_gaps(actor, now):
    first = issued(at=now)
    note = credit_invoice(first, reason="Error", actor=actor, at=now)
    later = issued(at=now + timedelta(days=300))
    second = issued(at=now)

    numbers = [x.number for x in (first, note, second, later)]
    assert numbers == ["INV-2026-00001", "CN-2026-00001", "INV-2026-00002", "INV-2027-00001"]


def test_a_refused_issue_gives_its_number_back(draft, actor, now):
    empty = draft_by_hand(customer=ContactFactory(), currency="AUD", lines=[], actor=actor, at=now)

    with pytest.raises(NothingToBill):
        issue(empty, actor=actor, at=now)

    assert issue(draft(), actor=actor, at=now).number == "INV-2026-00001"


def test_a_part_of_a_line_is_credited_with_its_share_of_the_tax(draft, actor, now):
    invoice = issue(draft(), actor=actor, at=now)

    part = [CreditedLine(sequence=1, amount=Decimal("333.33"))]
    note = credit_invoice(invoice, lines=part, reason="Shorter", actor=actor, at=now)
    rest = credit_invoice(invoice, reason="All of it", actor=actor, at=now)

    at_commit()
    invoice.refresh_from_db()
    assert (note.subtotal, note.tax_total, note.status) == (
        Decimal("333.33"),
        Decimal("33.33"),
        "paid",
    )
    assert (rest.subtotal, rest.tax_total) == (Decimal("866.67"), Decimal("66.67"))
    assert (invoice.status, invoice.credited) == ("void", Decimal("1300.00"))
    assert balances() == {}
    with pytest.raises(CreditTooLarge):
        credit_invoice(invoice, reason="Again", actor=actor, at=now)


def test_more_than_a_line_has_is_not_credited(draft, actor, now):
    invoice = issue(draft(), actor=actor, at=now)

    for bad in (
        [CreditedLine(sequence=2, amount=Decimal("200.01"))],
        [CreditedLine(sequence=2, amount=Decimal("-1.00"))],
        [CreditedLine(sequence=2, amount=Decimal(0))],
        [CreditedLine(sequence=9, amount=Decimal(1))],
        [CreditedLine(sequence=2, amount=Decimal(1))] * 2,
        [CreditedLine(sequence=2, amount=Decimal("0.001"))],
        [],
    ):
        with pytest.raises((CreditTooLarge, InvalidInput)):
            credit_invoice(invoice, lines=bad, reason="Error", actor=actor, at=now)
    assert Invoice.objects.filter(kind="credit_note").count() == 0


def test_what_was_paid_of_a_credited_invoice_is_the_customers_credit(draft, actor, now):
    invoice = issue(draft(), actor=actor, at=now)
    record_payment(invoice, amount=Decimal(1000), channel="bank_transfer", actor=actor, at=now)

    credit_invoice(invoice, reason="Not flown", actor=actor, at=now)

    at_commit()
    invoice.refresh_from_db()
    credit = CustomerCredit.objects.get()
    assert (invoice.status, invoice.paid, invoice.credited) == (
        "void",
        Decimal(0),
        Decimal("1300.00"),
    )
    assert (credit.remaining, credit.customer) == (Decimal("1000.00"), invoice.payer)
    assert balances() == {"1000": Decimal("1000.00"), "2100": Decimal("-1000.00")}


def test_a_credited_line_may_be_billed_again(draft, job, actor, now):
    invoice = issue(draft(), actor=actor, at=now)
    landing = [CreditedLine(sequence=2, amount=Decimal("200.00"))]

    credit_invoice(invoice, lines=landing, reason="By actuals", actor=actor, at=now)
    job.lines["expenses"] = (line("landing", "250.00"),)

    assert draft("expenses").total == Decimal("250.00")


def test_a_deposit_is_owed_until_its_work_is_billed(draft, job, actor, now):
    deposit = draft_deposit(subject=SUBJECT, subject_id=1, percent=Decimal(50), actor=actor, at=now)
    deposit = issue(deposit, actor=actor, at=now)
    record_payment(deposit, amount=Decimal(650), channel="card", actor=actor, at=now)
    before = balances()

    invoice = issue(draft(), actor=actor, at=now)

    at_commit()
    invoice.refresh_from_db()
    assert (deposit.number, deposit.total) == ("DEP-2026-00001", Decimal("650.00"))
    assert before == {"1000": Decimal("650.00"), "2150": Decimal("-650.00")}
    assert (invoice.status, invoice.paid) == ("part_paid", Decimal("650.00"))
    assert "2150" not in balances()
    with pytest.raises(CreditTooLarge):
        credit_invoice(deposit, reason="Back", actor=actor, at=now)
    with pytest.raises(InvalidInput):
        draft_deposit(subject=SUBJECT, subject_id=1, amount=Decimal(651), actor=actor, at=now)


@pytest.mark.parametrize(("paid", "credited"), [(0, "650.00"), (250, "400.00")])
def test_what_nobody_paid_of_a_deposit_is_asked_for_once(draft, actor, now, paid, credited):
    given = {"subject": SUBJECT, "subject_id": 1, "actor": actor, "at": now}
    deposit = issue(draft_deposit(percent=Decimal(50), **given), actor=actor, at=now)
    if paid:
        record_payment(deposit, amount=Decimal(paid), channel="card", actor=actor, at=now)

    invoice = issue(draft(), actor=actor, at=now)

    at_commit()
    deposit.refresh_from_db()
    invoice.refresh_from_db()
    assert (deposit.credited, deposit.balance) == (Decimal(credited), Decimal(0))
    assert (invoice.total, invoice.paid) == (Decimal("1300.00"), Decimal(paid))
    assert balances()["1100"] == Decimal(1300 - paid)
    assert "2150" not in balances()
    note = Invoice.objects.get(corrects=deposit)
    assert (note.total, note.notes) == (Decimal(credited), f"Taken in by {invoice.number}.")
    assert list(Invoice.objects.unsettled()) == [invoice]


def test_a_deposit_stays_open_for_expenses_and_is_not_asked_for_after_the_bill(draft, actor, now):
    given = {"subject": SUBJECT, "subject_id": 1, "actor": actor, "at": now}
    deposit = issue(draft_deposit(amount=Decimal(300), **given), actor=actor, at=now)
    late = draft_deposit(amount=Decimal(100), **given)

    issue(draft(basis="expenses"), actor=actor, at=now)
    deposit.refresh_from_db()
    assert deposit.balance == Decimal("300.00")
    issue(draft(), actor=actor, at=now)

    with pytest.raises(AlreadyBilled):
        issue(late, actor=actor, at=now)


def test_a_deposit_is_applied_by_hand_up_to_what_was_paid(draft, actor, now):
    deposit = draft_deposit(subject=SUBJECT, subject_id=7, amount=Decimal(300), actor=actor, at=now)
    issue(deposit, actor=actor, at=now)
    invoice = issue(draft(), actor=actor, at=now)
    record_payment(deposit, amount=Decimal(300), channel="cash", actor=actor, at=now)

    apply_deposit(invoice, deposit, amount=Decimal(120), actor=actor, at=now)

    invoice.refresh_from_db()
    assert invoice.paid == Decimal("120.00")
    note = credit_invoice(
        deposit,
        lines=[CreditedLine(sequence=1, amount=Decimal(180))],
        reason="Rest",
        actor=actor,
        at=now,
    )
    at_commit()
    assert note.total == Decimal("180.00")
    assert balances()["2100"] == Decimal("-180.00")


@pytest.mark.parametrize(
    ("hours", "percent"), [(80, "0"), (72, "0"), (71.9, "25"), (24, "25"), (23, "50"), (-1, "100")]
)
def test_the_fee_for_calling_off_follows_the_ladder_that_was_agreed_on(
    job, actor, now, hours, percent
):
    ladder = [(72, 25), (24, 50), (1, 100)]
    for before, rate in ladder:
        add_step(
            hours_before=before,
            percent=Decimal(rate),
            effective_from=date(2026, 1, 1),
            effective_until=date(2026, 3, 1),
            actor=actor,
            at=now,
        )
    add_step(
        hours_before=72, percent=Decimal(90), effective_from=date(2026, 3, 1), actor=actor, at=now
    )
    job.call_off(now, hours_before=hours, agreed_at=now - timedelta(days=30))
    given = {"subject": SUBJECT, "subject_id": 1, "actor": actor, "at": now}

    if percent == "0":
        with pytest.raises(NothingToBill):
            draft_cancellation_fee(**given)
        return
    fee = draft_cancellation_fee(**given)

    assert fee.total == Decimal("1200.00") * Decimal(percent) / 100
    with pytest.raises(AlreadyBilled):
        draft_cancellation_fee(**given)


def test_no_fee_without_a_ladder_or_without_a_cancellation(job, actor, now):
    given = {"subject": SUBJECT, "subject_id": 1, "actor": actor, "at": now}
    with pytest.raises(NotBillable):
        draft_cancellation_fee(**given)
    job.call_off(now, hours_before=1, agreed_at=now)

    with pytest.raises(LadderMissing):
        draft_cancellation_fee(**given)
    with pytest.raises(NotBillable):
        draft_invoice(subject="tests.other", subject_id=1, basis="quote", actor=actor, at=now)


def test_a_bill_in_another_currency_names_the_rate_its_source_and_its_day(draft, actor, now):
    with pytest.raises(RateMissing):
        draft(currency="USD")
    given = {"base": "USD", "quote": "AUD", "source": "RBA", "actor": actor, "at": now}
    record_rate(rate=Decimal("1.60"), rate_on=date(2026, 3, 13), **given)
    record_rate(rate=Decimal("9.99"), rate_on=date(2026, 3, 1), **given)

    invoice = issue(draft(currency="USD"), actor=actor, at=now)

    at_commit()
    invoice.refresh_from_db()
    assert (invoice.currency, invoice.quoted_in, invoice.total) == ("USD", "AUD", Decimal("812.50"))
    assert invoice.exchange_rate.rate_on == date(2026, 3, 13)
    assert invoice.lines.get(sequence=2).formula == "200.00 AUD x 0.625 (RBA, 2026-03-13)"
    assert balances("USD")["1100"] == Decimal("812.50")


def test_yen_have_no_fraction(actor, now):
    invoice = issued(amount="1000", currency="JPY", at=now)

    with pytest.raises(InvalidInput, match="fraction"):
        record_payment(invoice, amount=Decimal("10.50"), channel="cash", actor=actor, at=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        Allocation.objects.create(
            invoice=invoice,
            kind="write_off",
            amount=Decimal("0.50"),
            currency="JPY",
            entry=invoice.entries.get(),
            allocated_at=now,
        )


def test_work_that_was_billed_owes_no_fee_for_calling_it_off_before_it_is_credited(
    draft, job, actor, now
):
    add_step(
        hours_before=24,
        percent=Decimal(50),
        effective_from=date(2026, 1, 1),
        actor=actor,
        at=now,
    )
    invoice = issue(draft(), actor=actor, at=now)
    job.call_off(now, hours_before=1, agreed_at=now)
    given = {"subject": SUBJECT, "subject_id": 1, "actor": actor, "at": now}

    with pytest.raises(AlreadyBilled, match=invoice.number):
        draft_cancellation_fee(**given)
    credit_invoice(invoice, reason="Called off", actor=actor, at=now)

    assert draft_cancellation_fee(**given).total == Decimal("600.00")


def test_a_deposit_of_who_was_merged_into_the_payer_counts(draft, job, actor, now):
    deposit = draft_deposit(subject=SUBJECT, subject_id=1, amount=Decimal(300), actor=actor, at=now)
    deposit = issue(deposit, actor=actor, at=now)
    record_payment(deposit, amount=Decimal(300), channel="card", actor=actor, at=now)
    other = draft_deposit(subject=SUBJECT, subject_id=9, amount=Decimal(10), actor=actor, at=now)
    other = issue(other, actor=actor, at=now)
    record_payment(other, amount=Decimal(10), channel="card", actor=actor, at=now)
    survivor = ContactFactory()
    type(survivor).objects.filter(pk=job.customer.pk).update(merged_into=survivor, is_active=False)
    job.customer = survivor

    invoice = issue(draft(), actor=actor, at=now)
    apply_deposit(invoice, other, actor=actor, at=now)

    at_commit()
    invoice.refresh_from_db()
    assert invoice.paid == Decimal("310.00")


def test_a_rate_that_is_turned_round_is_right_to_the_cent_of_a_large_bill(actor, now):
    given = {"source": "RBA", "rate_on": date(2026, 3, 13), "actor": actor, "at": now}
    record_rate(base="USD", quote="JPY", rate=Decimal("153.85"), **given)

    change = conversion("JPY", "USD", on=date(2026, 3, 14))

    assert change.money(Decimal(100_000_000)) == Decimal("649983.75")


def test_what_a_bill_claimed_and_a_step_of_a_ladder_are_never_forgotten(draft, actor, now):
    draft()
    step = add_step(
        hours_before=24,
        percent=Decimal(50),
        effective_from=date(2026, 1, 1),
        actor=actor,
        at=now,
    )

    for change in (
        lambda: BilledWork.objects.all().delete(),
        lambda: CancellationTerm.objects.filter(pk=step.pk).update(percent=1),
        lambda: CancellationTerm.objects.filter(pk=step.pk).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()

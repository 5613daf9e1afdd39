"""The federal excise tax by quarter: as billed, less credit notes, beside the ledger."""

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from finance import billables
from finance.queries.excise import excise_by_quarter
from finance.services.credit_notes import CreditedLine, credit_invoice, void_invoice
from finance.services.deposits import add_step, draft_cancellation_fee, draft_deposit
from finance.services.drafts import draft_invoice
from finance.services.issuing import issue
from operations.models import Trip
from tests.finance.billing import SUBJECT, Job, line
from tests.flush import as_superuser
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
URL = "/api/finance/reports/excise/"
# 23:30 on 31 March where the books are kept, and an hour later.
LATE = datetime(2026, 3, 31, 12, 30, tzinfo=UTC)
AFTER = LATE + timedelta(hours=1)


@pytest.fixture
def job(db, monkeypatch):
    """A flight that can be billed in dollars, as trips are registered."""
    made = Job("USD")
    row = replace(made.billable(), is_air_transport=True)
    monkeypatch.setattr(billables, "_BILLABLES", {SUBJECT: row})
    return made


def tax(code, amount):
    return replace(line(code, "0.00", tax=amount, service=""), tax_code=code, is_work=False)


@pytest.fixture
def bill(job):
    def make(number, *lines, at):
        job.lines["quote"] = [line("flight", "10000.00"), *lines]
        given = {"subject": SUBJECT, "subject_id": number, "basis": "quote"}
        return issue(draft_invoice(**given, actor=None, at=at), actor=None, at=at)

    return make


def shown(*names, year=2026):
    return [tuple(str(row[name]) for name in names) for row in excise_by_quarter(year)]


def test_each_kind_is_summed_in_the_quarter_of_its_document(bill, django_assert_num_queries):
    bill(1, tax("FET-PCT", "750.00"), tax("FET-SEG", "15.90"), at=LATE)
    bill(2, tax("FET-PCT", "300.00"), tax("FET-INTL", "46.80"), tax("FET-NEW", "1.00"), at=LATE)
    bill(3, tax("FET-PCT", "75.00"), tax("FET-AKHI", "11.70"), tax("FET-CARGO", "5.00"), at=AFTER)

    with django_assert_num_queries(3):
        excise_by_quarter(2026)

    assert shown("quarter", "kind", "documents", "collected", "booked", "difference") == [
        ("2026-Q1", "international_facilities", "1", "46.80", "46.80", "0.00"),
        ("2026-Q1", "other", "1", "1.00", "1.00", "0.00"),
        ("2026-Q1", "percentage", "2", "1050.00", "1050.00", "0.00"),
        ("2026-Q1", "segment", "1", "15.90", "15.90", "0.00"),
        ("2026-Q2", "alaska_hawaii", "1", "11.70", "11.70", "0.00"),
        ("2026-Q2", "property", "1", "5.00", "5.00", "0.00"),
        ("2026-Q2", "percentage", "1", "75.00", "75.00", "0.00"),
    ]
    assert shown("kind", year=2025) == []


def test_a_credit_note_takes_back_in_its_own_quarter(bill):
    first = bill(1, tax("FET-PCT", "750.00"), at=LATE)
    second = bill(2, tax("FET-PCT", "300.00"), at=LATE)
    void_invoice(first, reason="Not flown", actor=None, at=AFTER)
    part = CreditedLine(sequence=2, amount=Decimal(0), tax_amount=Decimal("100.00"))
    credit_invoice(second, lines=[part], reason="Exempt leg", actor=None, at=AFTER)

    assert shown("quarter", "charged", "taken_back", "collected", "booked") == [
        ("2026-Q1", "1050.00", "0", "1050.00", "1050.00"),
        ("2026-Q2", "0", "850.00", "-850.00", "-850.00"),
    ]


def test_what_was_billed_without_any_tax_stands_apart(bill, job):
    untaxed = bill(1, at=LATE)
    bill(2, tax("GST", "1000.00"), at=LATE)
    taxed = bill(3, tax("FET-PCT", "750.00"), at=LATE)
    deposit = draft_deposit(subject=SUBJECT, subject_id=4, amount=Decimal(9), actor=None, at=LATE)
    issue(deposit, actor=None, at=LATE)
    job.lines["quote"] = []
    flying = CreditedLine(sequence=1, amount=Decimal("4000.00"))
    credit_invoice(untaxed, lines=[flying], reason="Rebate", actor=None, at=LATE)
    credit_invoice(taxed, lines=[flying], reason="Rebate", actor=None, at=LATE)

    assert shown("kind", "tax_code", "documents", "billed", "collected") == [
        ("untaxed", "", "2", "6000.00", "0"),
        ("percentage", "FET-PCT", "1", "0", "750.00"),
    ]


def test_drafts_and_work_that_is_no_transport_are_left_out(bill, job, monkeypatch):
    bill(1, at=LATE)
    job.lines["quote"] = [tax("FET-PCT", "750.00")]
    draft_invoice(subject=SUBJECT, subject_id=2, basis="quote", actor=None, at=LATE)
    monkeypatch.setattr(billables, "_BILLABLES", {SUBJECT: job.billable()})

    assert excise_by_quarter(2026) == []


def test_a_fee_for_a_flight_that_was_called_off_is_no_transport(bill, job):
    terms = {"percent": Decimal(100), "effective_from": date(2025, 1, 1), "actor": None}
    add_step(hours_before=48, at=LATE, **terms)
    job.call_off(LATE, hours_before=1, agreed_at=LATE)
    job.lines["quote"] = [line("flight", "1000.00")]
    work = {"subject": SUBJECT, "subject_id": 2, "actor": None, "at": LATE}
    fee = issue(draft_cancellation_fee(**work), actor=None, at=LATE)
    part = CreditedLine(sequence=1, amount=Decimal("100.00"))
    credit_invoice(fee, lines=[part], reason="Rebate", actor=None, at=LATE)

    assert shown("kind", "billed") == []
    job.cancelled = None
    bill(1, at=LATE)
    assert shown("kind", "documents", "billed") == [("untaxed", "1", "10000.00")]


def test_currencies_are_never_added_up(bill, job):
    bill(1, tax("FET-PCT", "750.00"), at=LATE)
    job.currency = "AUD"
    bill(2, tax("FET-PCT", "300.00"), at=LATE)

    assert shown("currency", "collected") == [("AUD", "300.00"), ("USD", "750.00")]


def test_books_that_do_not_hold_show_the_difference(bill):
    bill(1, tax("FET-PCT", "750.00"), at=LATE)
    with as_superuser() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET session_replication_role = replica")
        try:
            cursor.execute("UPDATE finance_lineitem SET tax_amount = 740 WHERE tax_amount = 750")
        finally:
            cursor.execute("SET session_replication_role = origin")

    assert shown("collected", "booked", "difference") == [("740.00", "750.00", "10.00")]


def test_trips_are_registered_as_air_transport():
    flying = {each.subject for each in billables.billables() if each.is_air_transport}

    assert flying == {Trip._meta.label_lower}


def test_the_report_comes_as_json_and_csv_to_who_keeps_the_books(bill, client_for, api):
    bill(1, tax("FET-PCT", "750.00"), at=LATE)
    keeper, other = UserFactory(), UserFactory()
    grant(keeper, "finance.view_invoice", "finance.view_journalentry")
    grant(other, "finance.view_invoice")
    person = client_for(keeper)

    [row] = person.get(f"{URL}?year=2026").json()
    sheet = person.get(f"{URL}?year=2026&format=csv")

    assert (row["quarter"], row["kind"], row["collected"]) == ("2026-Q1", "percentage", "750.00")
    lines = list(csv.reader(io.StringIO(sheet.content.decode("utf-8-sig"))))
    assert (lines[0][:3], lines[1][:3]) == (
        ["Quarter", "Kind", "Tax code"],
        ["2026-Q1", "percentage", "FET-PCT"],
    )
    wrong = ["", "?year=x", "?year=1969", "?year=9999", "?year=2026&format=pdf", "?year=2026&q=1"]
    assert [person.get(f"{URL}{query}").status_code for query in wrong] == [400] * len(wrong)
    assert client_for(other).get(f"{URL}?year=2026").status_code == 403
    assert api.get(f"{URL}?year=2026").status_code == 401


def test_the_page_of_the_money_shows_the_quarters(bill, client, monkeypatch):
    monkeypatch.setattr("finance.admin.reports.timezone.now", lambda: LATE)
    bill(1, tax("FET-PCT", "750.00"), at=LATE)
    bill(2, tax("FET-SEG", "15.90"), at=LATE - timedelta(days=120))
    keeper = UserFactory()
    grant(keeper, "finance.view_journalentry")
    client.force_login(keeper, backend="users.backends.RoleBackend")

    with CaptureQueriesContext(connection) as queries:
        page = client.get(reverse("admin:finance_reports")).content.decode()

    assert "Federal excise tax of 2025 and 2026 by quarter" in page
    assert page.index("2025-Q4</td><td>segment") < page.index(
        "2026-Q1</td><td>percentage (FET-PCT)"
    )
    assert [f"excise/?year={year}&amp;format=csv" in page for year in (2025, 2026)] == [True] * 2
    assert "differs by" not in page
    assert len(queries) <= 20

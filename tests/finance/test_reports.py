"""Statements, ageing, revenue, taxes, the trial balance; their exports; and whether books hold."""

import csv
import io
import json
import re
import zipfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from django.core.management import call_command

from common.tables import Table, as_csv, as_xlsx, begins_like_a_formula, safe_text
from contacts.models import Contact
from finance.models import Invoice
from finance.queries.receivables import ageing, statement
from finance.queries.reports import revenue, tax_summary, trial_balance
from finance.queries.verification import faults
from finance.services.credit_notes import credit_invoice
from finance.services.deposits import draft_deposit
from finance.services.drafts import draft_invoice
from finance.services.issuing import issue
from finance.services.receivables import record_payment
from tests.contacts.factories import ContactFactory
from tests.finance.billing import SUBJECT, issued, line
from tests.flush import as_superuser
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
SERIES = ["CN", "DEP", "INV"]
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture
def api(client_for):
    user = UserFactory()
    grant(user, "finance.view_invoice", "finance.view_journalentry", "contacts.view_contact")
    return client_for(user)


@pytest.fixture
def busy(job, now):
    """Four customers with a bill each, and four jobs without."""
    for number in range(4):
        issued(ContactFactory(), "10.00", at=now)
        job.ready.append((number, f"JB-{number}", job.customer.pk, now))


def cells_of(book):
    """The rows of the first sheet as cells, read as the format says."""
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        sheet = ElementTree.fromstring(parts.read("xl/worksheets/sheet1.xml"))  # noqa: S314 - ours
    return [row.findall(f"{SHEET}c") for row in sheet.iter(f"{SHEET}row")]


def days(now, count):
    return now + timedelta(days=count)


def pay(invoice, amount, at):
    record_payment(invoice, amount=Decimal(amount), channel="cash", actor=None, at=at)


def test_what_is_owed_is_told_by_how_long_as_of_any_day(now):
    payer = ContactFactory(name="Slow Payers")
    # Each is due 14 days later: 29 March 2026 in Sydney.
    first = issued(payer, "100.00", at=now)
    issued(payer, "30.00", at=days(now, 60))
    pay(first, "40.00", days(now, 100))

    def at(count):
        (row,) = ageing(as_of=date(2026, 3, 29) + timedelta(days=count))
        return [int(row[name]) for name in list(row)[3:]]

    # Not due, 1-30, 31-60, 61-90, over 90 days; in all; credit.
    assert at(0) == [100, 0, 0, 0, 0, 100, 0]
    assert at(1) == [0, 100, 0, 0, 0, 100, 0]
    assert at(30) == [0, 100, 0, 0, 0, 100, 0]
    assert at(31) == [0, 0, 100, 0, 0, 100, 0]
    assert at(61) == [0, 30, 0, 100, 0, 130, 0]
    # What was paid later had not been paid on that day.
    assert at(85) == [0, 30, 0, 100, 0, 130, 0]
    assert at(91) == [0, 0, 30, 0, 60, 90, 0]
    assert ageing(as_of=date(2026, 3, 14)) == []


def test_credit_stands_beside_what_is_owed(now):
    payer = ContactFactory()
    pay(issued(payer, "100.00", at=now), "130.00", now)

    (row,) = ageing(as_of=date(2026, 4, 1))

    assert (row["total"], row["customer_credit"]) == (Decimal("0.00"), Decimal("30.00"))


def test_a_statement_runs_from_what_was_owed_to_what_is(now, django_assert_num_queries):
    payer = ContactFactory()
    issued(payer, "70.00", at=days(now, -40))
    invoice = issued(payer, "100.00", at=now)
    pay(invoice, "60.00", days(now, 3))
    issued(payer, "5.00", at=days(now, 40))

    with django_assert_num_queries(2):
        found = statement(payer, currency="AUD", since=date(2026, 3, 1), until=date(2026, 3, 31))

    assert (found.opening, found.closing) == (Decimal("70.00"), Decimal("110.00"))
    assert [(str(x.posted_on), x.debit, x.credit, x.balance) for x in found.lines] == [
        ("2026-03-15", Decimal("100.00"), 0, Decimal("170.00")),
        ("2026-03-18", 0, Decimal("60.00"), Decimal("110.00")),
    ]


def test_revenue_is_what_was_billed_less_what_was_taken_back_in_the_operators_months(job, now):
    # 23:30 on 31 March in Sydney, and an hour later.
    late = datetime(2026, 3, 31, 12, 30, tzinfo=UTC)
    given = {"subject": SUBJECT, "basis": "quote", "actor": None}
    first = issue(draft_invoice(subject_id=1, at=late, **given), actor=None, at=late)
    deposit = draft_deposit(subject=SUBJECT, subject_id=3, amount=Decimal(9), actor=None, at=late)
    issue(deposit, actor=None, at=late)
    after = late + timedelta(hours=1)
    issue(draft_invoice(subject_id=2, at=after, **given), actor=None, at=after)
    credit_invoice(first, reason="Error", actor=None, at=after)
    year = {"since": date(2026, 1, 1), "until": date(2026, 12, 31)}

    by_month = revenue(by="month", **year)

    assert [(f"{x['group']:%Y-%m}", x["net"], x["tax"]) for x in by_month] == [
        ("2026-03", Decimal("1200.00"), Decimal("100.00")),
        ("2026-04", Decimal("0.00"), Decimal("0.00")),
    ]
    assert [(x["group"], x["net"]) for x in revenue(by="customer", **year)] == [
        ("Sunrise Hospital", Decimal("1200.00"))
    ]
    assert [x["group"] for x in revenue(by="aircraft", **year)] == ["VH-ABC"]
    assert [(x["group"], x["net"]) for x in revenue(by="service", **year)] == [
        ("live_flight", Decimal("1200.00"))
    ]
    (tax,) = tax_summary(**year)
    assert (tax["tax_code"], tax["charged"], tax["taken_back"], tax["owed"]) == (
        "GST",
        Decimal("200.00"),
        Decimal("100.00"),
        Decimal("100.00"),
    )
    rows = trial_balance(as_of=date(2026, 12, 31))
    assert sum(x["net"] for x in rows) == 0
    revenue_booked = -sum(x["net"] for x in rows if x["code"].startswith("4"))
    assert revenue_booked == sum(x["net"] for x in by_month)


@pytest.mark.parametrize(
    ("report", "query"),
    [
        ("revenue", "?by=month&since=2026-01-01&until=2026-12-31"),
        ("revenue", "?by=customer&since=2026-01-01&until=2026-12-31"),
        ("ageing", "?as_of=2026-12-31"),
        ("taxes", "?since=2026-01-01&until=2026-12-31"),
        ("trial-balance", "?as_of=2026-12-31"),
        ("unbilled", "?"),
    ],
)
def test_reports_come_as_json_csv_and_workbook_in_few_queries(
    api, busy, report, query, django_assert_max_num_queries
):
    path = f"/api/finance/reports/{report}/{query}"

    with django_assert_max_num_queries(7):
        rows = api.get(path).json()
    as_text = api.get(f"{path}&format=csv")
    as_book = api.get(f"{path}&format=xlsx")

    lines = list(csv.reader(io.StringIO(as_text.content.decode("utf-8-sig"))))
    cells = cells_of(as_book.content)
    expected = 0 if report == "taxes" else len(rows)
    assert len(rows) == expected
    assert (len(lines), len(cells)) == (len(rows) + 1, len(rows) + 1)
    assert as_text["Content-Disposition"] == f'attachment; filename="{report}.csv"'
    assert api.get(f"{path}&format=pdf").status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        "revenue/",
        "revenue/?since=2026-01-01&until=2025-01-01",
        "revenue/?since=2000-01-01&until=2026-01-01",
        "revenue/?since=2026-01-01&until=2026-02-01&by=pilot",
        "revenue/?since=2026-01-01&until=2026-02-01&currency=XXX",
        "ageing/?as_of=yesterday",
        "ageing/?colour=red",
        "../statements/?payer=999999&currency=AUD&since=2026-01-01&until=2026-01-31",
        "../statements/?currency=AUD&since=2026-01-01&until=2026-01-31",
    ],
)
def test_a_report_that_cannot_be_is_refused(api, query):
    path = f"/api/finance/reports/{query}".replace("reports/../", "")

    assert api.get(path).status_code == 400


def test_a_statement_over_http(api, now):
    payer = ContactFactory()
    issued(payer, "100.00", at=now)

    found = api.get(
        "/api/finance/statements/",
        {"payer": payer.pk, "currency": "AUD", "since": "2026-03-01", "until": "2026-03-31"},
    ).json()

    assert (found["opening"], found["closing"], len(found["lines"])) == ("0.00", "100.00", 1)


FULL_WIDTH = ["\uff1d1", "\uff0b1", "\uff0d1", "\uff20x"]
UNSEEN = ["\u200b=1", "\ufeff=1", "\xa0=1", "\u3000+1", "\x0b@A1", " \u2060\u200e-1", "\x1f\t1"]
DANGEROUS = ["=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1", "  =1", *FULL_WIDTH, *UNSEEN]


@pytest.mark.parametrize("text", DANGEROUS)
def test_no_cell_is_taken_for_a_formula(text):
    table = Table("names", [("name", "Name"), ("net", "Net")], [{"name": text, "net": None}])

    (_, (cell, _)) = csv.reader(io.StringIO(as_csv(table).decode("utf-8-sig"), newline=""))
    (_, (shown, *_)) = cells_of(as_xlsx(table))

    assert cell.startswith("'")
    assert not any(map(begins_like_a_formula, re.split(r"[;|\t\r\n]", cell)))
    assert cell.replace("'", "") == text.replace("'", "")
    assert (shown.get("t"), "".join(shown.itertext())[-2:]) == ("inlineStr", text[-2:])
    assert shown.find(f"{SHEET}f") is None


def test_numbers_stay_numbers_and_other_texts_as_they_are():
    assert [safe_text(x) for x in (Decimal("-12.50"), 3, None, "a=b", date(2026, 1, 2))] == [
        "-12.50",
        "3",
        "",
        "a=b",
        "2026-01-02",
    ]


def found(*args):
    out = io.StringIO()
    code = 0
    try:
        call_command("verify_ledger", *args, stdout=out)
    except SystemExit as stopped:
        code = stopped.code
    return code, out.getvalue()


def test_books_that_hold_are_said_to_hold(job, now):
    invoice = issued(ContactFactory(), "10.00", at=now)
    pay(invoice, "25.00", now)
    credit_invoice(invoice, reason="Error", actor=None, at=now)
    issued(at=days(now, 300))

    code, text = found("--json")

    result = json.loads(text)
    assert (code, result["holds"], result["faults"]) == (0, True, [])
    assert result["rows"]["invoice"] == 3
    assert found()[1].startswith("Holds: ")


@pytest.mark.parametrize(
    ("check", "damage"),
    [
        ("entry_balanced", "UPDATE finance_transaction SET debit = debit + 1 WHERE debit > 0"),
        ("invoice_unaltered", "UPDATE finance_lineitem SET description = 'x'"),
        ("invoice_adds_up", "UPDATE finance_lineitem SET amount = amount + 1"),
        ("invoice_settled_as_allocated", "UPDATE finance_invoice SET paid = 1"),
        ("invoice_owed_as_booked", "UPDATE finance_allocation SET amount = 1"),
        ("credit_booked", "UPDATE finance_customercredit SET remaining = 1"),
        ("credit_left_as_used", "UPDATE finance_customercredit SET remaining = 1"),
        ("payment_returns_as_recorded", "UPDATE finance_payment SET refunded = 1"),
        ("payment_posted", "UPDATE finance_journalentry SET key = key || 'x'"),
        ("entry_has_lines", "DELETE FROM finance_transaction"),
        (
            "numbers_without_gap",
            "UPDATE common_numberseries SET last_value = last_value + 1 WHERE prefix = 'INV'",
        ),
    ],
)
def test_each_damage_behind_the_guards_is_found_and_named(now, check, damage):
    pay(issued(ContactFactory(), "10.00", at=now), "25.00", now)
    with as_superuser() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET session_replication_role = replica")
        try:
            if check == "invoice_owed_as_booked":
                cursor.execute("UPDATE finance_invoice SET paid = 1")
            cursor.execute(damage)
        finally:
            cursor.execute("SET session_replication_role = DEFAULT")

    assert check in {fault.check for fault in faults(invoice_series=SERIES)}
    code, text = found()
    assert (code, "Broken" in text) == (1, True)
    assert Invoice.objects.count() == 1


def test_a_statement_that_is_cut_still_closes_with_all_that_is_owed(now):
    days = {"since": date(2026, 3, 1), "until": date(2026, 3, 31)}
    payer = ContactFactory()
    for amount in ("1.00", "2.00", "4.00"):
        issued(payer, amount, at=now)

    found = statement(payer, currency="AUD", **days, most=2)

    assert (found.is_cut, len(found.lines)) == (True, 2)
    assert (found.lines[-1].balance, found.closing) == (Decimal("3.00"), Decimal("7.00"))


@pytest.mark.parametrize("report", ["ageing", "trial-balance"])
@pytest.mark.parametrize("day", ["0001-01-01", "1969-12-31"])
def test_a_day_before_all_books_is_refused(api, report, day):
    answer = api.get(f"/api/finance/reports/{report}/?as_of={day}")

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/as_of")


def test_those_who_owe_nothing_take_no_place_in_the_ageing(now, monkeypatch):
    for _ in range(3):
        pay(issued(ContactFactory(name="A settled one"), "5.00", at=now), "5.00", now)
    issued(ContactFactory(name="Z"), "5.00", at=now)
    monkeypatch.setattr("finance.queries.receivables.MOST", 2)

    assert [row["name"] for row in ageing(as_of=date(2026, 4, 1))] == ["Z"]


@pytest.mark.parametrize("form", ["json", "csv", "xlsx"])
def test_a_report_that_would_be_cut_is_refused(api, now, monkeypatch, form):
    for name in ("A", "B"):
        issued(ContactFactory(name=name), "5.00", at=now)
    address = f"/api/finance/reports/ageing/?as_of=2026-04-01&format={form}"
    monkeypatch.setattr("finance.queries.reports.MOST", 2)
    assert api.get(address).status_code == 200
    monkeypatch.setattr("finance.queries.reports.MOST", 1)

    answer = api.get(address)

    assert (answer.status_code, answer.json()["code"]) == (400, "report_too_long")


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("a;=1", "a;'=1"),
        ("a; =1|@x", "a;' =1|'@x"),
        ("=1;b", "'=1;b"),
        ("a;b|c", "a;b|c"),
        ("a;", "a;"),
        ("a\n=1\r\n@x\t-2", "a\n'=1\r\n'@x\t'-2"),
    ],
)
def test_no_part_of_a_cell_is_a_formula_where_lists_have_another_separator(text, cell):
    assert safe_text(text) == cell


def test_contacts_that_were_merged_owe_together(now):
    once, now_is = ContactFactory(name="Once"), ContactFactory(name="Now")
    issued(once, "5.00", at=now)
    issued(now_is, "7.00", at=now)
    Contact.objects.filter(pk=once.pk).update(merged_into=now_is, is_active=False)

    (row,) = ageing(as_of=date(2026, 4, 1))

    assert (row["party"], row["name"], row["total"]) == (now_is.pk, "Now", Decimal("12.00"))


def test_revenue_of_lines_that_name_no_service_has_a_name(job, now):
    job.lines["quote"] = [
        line("flight", "100.00"),
        line("tax", "0.00", tax="12.00", service=""),
        line("extra", "30.00", service=""),
    ]
    invoice = draft_invoice(subject=SUBJECT, subject_id=1, basis="quote", actor=None, at=now)
    issue(invoice, actor=None, at=now)

    rows = revenue(by="service", since=now.date(), until=now.date() + timedelta(days=1))

    assert [(row["group"], row["net"], row["tax"]) for row in rows] == [
        ("live_flight", Decimal("100.00"), Decimal("0.00")),
        ("other", Decimal("30.00"), Decimal("0.00")),
        ("taxes", Decimal("0.00"), Decimal("12.00")),
    ]

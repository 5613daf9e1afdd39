"""The accountant's screens: verbs call the services, charts are drawn by the server."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from xml.etree import ElementTree

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from finance.admin import reports
from finance.charts import columns, rows
from finance.models import Invoice
from finance.services.drafts import OwnLine, draft_by_hand
from finance.tasks import mark_overdue_invoices
from tests.contacts.factories import ContactFactory
from tests.finance.billing import issued
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
LIST = "admin:finance_invoice_changelist"


def signed_in(*names):
    user = UserFactory()
    grant(user, "finance.view_invoice", *names)
    client = Client()
    client.force_login(user, backend="users.backends.RoleBackend")
    return client


def drafted():
    line = OwnLine(description="Flying", quantity=Decimal(1), unit_price=Decimal(70))
    return draft_by_hand(
        customer=ContactFactory(), currency="AUD", lines=[line], actor=None, at=timezone.now()
    )


def act(client, action, row, reason=""):
    body = {"action": action, "sure": "1", "_selected_action": [row.pk], "reason": reason}
    return client.post(reverse(LIST), body, follow=True)


def test_a_draft_is_issued_from_the_list():
    draft = drafted()

    page = act(signed_in("finance.issue_invoice"), "issue", draft)

    draft.refresh_from_db()
    assert draft.status == "open"
    assert "issued" in page.content.decode()


def test_voiding_needs_a_reason_and_the_grant():
    invoice = issued(at=timezone.now())

    act(signed_in(), "void", invoice, "Error")
    act(signed_in("finance.void_invoice"), "void", invoice)
    invoice.refresh_from_db()
    before = invoice.status
    act(signed_in("finance.void_invoice"), "void", invoice, "Error")

    invoice.refresh_from_db()
    assert (before, invoice.status) == ("open", "void")


def test_a_refusal_is_told_in_its_own_words():
    draft = drafted()

    page = act(signed_in("finance.write_off_invoice"), "write_off", draft, "Insolvent")

    assert "nothing is owed on it" in page.content.decode()


def test_no_figure_and_no_status_is_a_form_field():
    invoice = issued(at=timezone.now())
    client = signed_in("finance.change_invoice", "finance.add_invoice")

    page = client.get(reverse("admin:finance_invoice_change", args=[invoice.pk]))

    assert page.status_code == 200
    text = page.content.decode()
    assert 'name="status"' not in text
    assert 'name="total"' not in text


def test_the_page_of_the_money_draws_charts_and_escapes_names(django_assert_max_num_queries):
    issued(ContactFactory(name="<b>Bold & Co</b>"), "1234.50", at=timezone.now())
    for _ in range(5):
        issued(ContactFactory(), at=timezone.now())
    client = signed_in("finance.view_journalentry")

    with django_assert_max_num_queries(20):
        page = client.get(reverse("admin:finance_reports"))

    text = page.content.decode()
    assert text.count("<svg") >= 5
    assert "&lt;b&gt;Bold &amp; Co&lt;/b&gt;" in text
    assert "<b>Bold" not in text
    assert signed_in().get(reverse("admin:finance_reports")).status_code == 403


def test_who_owes_beyond_the_first_is_told(monkeypatch):
    monkeypatch.setattr(reports, "MOST_ROWS", 2)
    for _ in range(3):
        issued(ContactFactory(), at=timezone.now())
    client = signed_in("finance.view_journalentry")

    page = client.get(reverse("admin:finance_reports"))

    assert len(page.context["owed"]) == 2
    assert "Who owes what: 3" in page.content.decode()


def test_a_year_of_revenue_counts_no_day_twice():
    # Noon in Sydney, whose days these are.
    noon = datetime(2026, 3, 15, 1, tzinfo=UTC)
    issued(ContactFactory(name="A year ago"), at=noon - timedelta(days=365))
    issued(ContactFactory(name="A day later"), at=noon - timedelta(days=364))
    client = signed_in("finance.view_journalentry")

    with time_machine.travel(noon, tick=False):
        page = client.get(reverse("admin:finance_reports"))

    by_customer = dict(page.context["charts"])["Revenue of a year by customer, AUD"]
    assert "A day later" in by_customer
    assert "A year ago" not in by_customer
    assert (page.context["since"], page.context["until"]) == ("2025-03-16", "2026-03-15")


@pytest.mark.parametrize(
    "values",
    [["0"], ["10.00", "-5.00"], ["-1.00"], ["1", "2", "3"] * 8, ["99999999.99"], ["0.01", "0"]],
)
def test_charts_are_well_formed_and_inside_their_frame(values):
    points = [(f"p{n} & <q>", Decimal(value)) for n, value in enumerate(values)]

    for draw in (columns, rows):
        root = ElementTree.fromstring(draw("Title", points, "AUD"))  # noqa: S314 - our own
        _, _, width, height = (float(x) for x in root.get("viewBox").split())
        bars = root.findall("{http://www.w3.org/2000/svg}rect")
        assert len(bars) == len(values)
        for bar in bars:
            x, y, w, h = (float(bar.get(name)) for name in ("x", "y", "width", "height"))
            assert 0 <= x <= x + w <= width
            assert 0 <= y <= y + h <= height
    assert columns("None", [], "AUD") == rows("None", [], "AUD") == ""


def test_the_task_marks_what_is_late():
    invoice = issued(at=timezone.now() - timedelta(days=20))

    mark_overdue_invoices()

    assert Invoice.objects.get(pk=invoice.pk).status == "overdue"

"""A client pays in the portal: from its page or the API to the paid bill, with a stand-in."""

import re
from decimal import Decimal

import pytest
from django.test import Client as Browser
from django.utils import timezone
from rest_framework.test import APIClient

from finance.models import Invoice, Payment, PaymentIntent, PaymentLink
from finance.services.receivables import record_payment
from tests.client_management.portal.people import peer
from tests.finance.billing import issued
from tests.finance.pay_desk import pay_desk
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db
BASE = "/api/client-management/portal/organizations/"


@pytest.fixture
def ours():
    return peer(UserFactory(), timezone.now())


@pytest.fixture
def desk():
    with pay_desk("stripe") as found:
        yield found


@pytest.fixture
def browser(ours):
    made = Browser()
    made.force_login(ours.person, backend="users.backends.RoleBackend")
    return made


@pytest.fixture
def portal(ours):
    api = APIClient()
    api.force_authenticate(ours.person)
    return api


def page(client, bill, end=""):
    return f"/portal/{client.organization.number}/invoices/{bill.number}/{end}"


def endpoint(client, bill, end=""):
    return f"{BASE}{client.organization.number}/invoices/{bill.number}/{end}"


def paid_at_the_provider(desk):
    """The payer pays on the provider's page, and the provider tells us, out of order."""
    intent = PaymentIntent.objects.get()
    desk.stand_in.pay(desk.page_name(intent))
    desk.hear_all(list(reversed(list(desk.stand_in.kept.events))))
    return intent


def test_a_bill_is_paid_from_its_page_and_shown_as_paid(browser, desk, ours):
    bill = ours.invoice
    shown = browser.get(page(ours, bill)).content.decode()
    assert 'name="provider" value="stripe"' in shown
    assert "<dd>Paid</dd>" not in shown

    first = browser.post(page(ours, bill, "pay/"), {"provider": "stripe"})
    again = browser.post(page(ours, bill, "pay/"), {"provider": "stripe"})
    intent = PaymentIntent.objects.get()
    links = [
        re.search(r'class="button" href="([^"]+)"', each.content.decode())[1]
        for each in (first, again)
    ]
    assert (first.status_code, links) == (200, [intent.checkout_url] * 2)
    assert (intent.amount, intent.currency, intent.invoice) == (bill.total, bill.currency, bill)
    assert not Payment.objects.exists()
    paid_at_the_provider(desk)
    # The provider tells the same news again.
    desk.hear_all()

    bill = Invoice.objects.get(pk=bill.pk)
    assert (bill.status, bill.balance) == ("paid", Decimal(0))
    assert [(each.amount, each.customer_id) for each in Payment.objects.all()] == [
        (bill.total, ours.organization.contact_id)
    ]
    told = browser.get(page(ours, bill)).content.decode()
    assert 'name="provider"' not in told
    assert "<dd>Paid</dd>" in told
    account = browser.get(f"/portal/{ours.organization.number}/invoices/").content.decode()
    assert "To be paid:" not in account


def test_the_api_gives_where_to_pay_and_the_bill_is_paid_there(portal, api, desk, ours):
    bill = ours.invoice
    where = endpoint(ours, bill, "pay/")
    answer = portal.post(where, HTTP_IDEMPOTENCY_KEY="pay-once")
    again = portal.post(where, HTTP_IDEMPOTENCY_KEY="pay-once")
    anew = portal.post(where)
    assert answer.status_code == 200, answer.json()
    found = answer.json()
    assert found["providers"] == ["stripe"]
    assert [each.json()["address"] for each in (again, anew)] == [found["address"]] * 2
    assert PaymentLink.objects.filter(invoice=bill).count() == 1

    token = found["address"].rstrip("/").rpartition("/")[2]
    begun = api.post(f"/api/finance/pay/{token}/checkout/", {"provider": "stripe"}, format="json")
    assert begun.status_code in (200, 201), begun.json()
    paid_at_the_provider(desk)

    read = portal.get(endpoint(ours, bill)).json()
    assert (read["status"], Payment.objects.count()) == ("paid", 1)
    refused = portal.post(where)
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_to_pay")
    dashboard = portal.get(f"{BASE}{ours.organization.number}/dashboard/").json()
    assert dashboard["to_pay"] == []


def test_a_part_that_is_paid_is_not_asked_for_again(browser, desk, ours):
    bill = ours.invoice
    record_payment(bill, amount=Decimal("30.00"), channel="cash", actor=None, at=timezone.now())

    browser.post(page(ours, bill, "pay/"), {"provider": "stripe"})

    assert PaymentIntent.objects.get().amount == bill.total - 30
    paid_at_the_provider(desk)
    assert Invoice.objects.get(pk=bill.pk).status == "paid"


def test_a_bill_in_another_currency_is_paid_in_that_currency(browser, desk, ours):
    bill = issued(ours.organization.contact, "75.00", at=timezone.now(), currency="USD")

    browser.post(page(ours, bill, "pay/"), {"provider": "stripe"})
    intent = PaymentIntent.objects.get()
    paid_at_the_provider(desk)

    assert (intent.amount, intent.currency) == (Decimal("75.00"), "USD")
    payment = Payment.objects.get()
    assert (payment.amount, payment.currency) == (Decimal("75.00"), "USD")
    # The bill in the client's own currency is as it was.
    assert Invoice.objects.get(pk=ours.invoice.pk).balance == ours.invoice.total


def test_an_amount_that_a_form_or_a_body_brings_is_not_what_is_paid(browser, portal, desk, ours):
    bill = ours.invoice
    browser.post(
        page(ours, bill, "pay/"), {"provider": "stripe", "amount": "1.00", "currency": "USD"}
    )
    refused = portal.post(endpoint(ours, bill, "pay/"), {"amount": "1.00"}, format="json")

    intent = PaymentIntent.objects.get()
    assert (intent.amount, intent.currency) == (bill.total, bill.currency)
    assert refused.status_code == 400


def test_another_clients_bill_is_not_there_and_nothing_is_begun(browser, portal, desk, ours):
    theirs = peer(UserFactory(), timezone.now())
    for client in (ours, theirs):
        mixed = f"{client.organization.number}/invoices/{theirs.invoice.number}/"
        assert browser.get(f"/portal/{mixed}").status_code == 404
        answer = browser.post(f"/portal/{mixed}pay/", {"provider": "stripe"})
        assert answer.status_code == 404
        assert portal.post(f"{BASE}{mixed}pay/").status_code == 404
    assert not PaymentIntent.objects.exists()
    assert not PaymentLink.objects.exists()
    assert desk.stand_in.kept.calls == []


@pytest.mark.parametrize("given", [{}, {"provider": ""}, {"provider": "manual"}])
def test_a_form_that_names_nobody_leads_back_and_begins_nothing(browser, desk, ours, given):
    answer = browser.post(page(ours, ours.invoice, "pay/"), given)

    assert (answer.status_code, answer["Location"]) == (
        303,
        f"/portal/{ours.organization.number}/invoices/",
    )
    assert not PaymentIntent.objects.exists()


def test_who_may_not_see_bills_pays_none(desk, ours):
    type(ours.access).objects.filter(pk=ours.access.pk).update(can_view_invoices=False)
    browser, api = Browser(), APIClient()
    browser.force_login(ours.person, backend="users.backends.RoleBackend")
    api.force_authenticate(ours.person)

    assert browser.get(page(ours, ours.invoice)).status_code == 403
    shut = browser.post(page(ours, ours.invoice, "pay/"), {"provider": "stripe"})
    assert shut.status_code == 403
    assert api.post(endpoint(ours, ours.invoice, "pay/")).status_code == 403
    assert not PaymentIntent.objects.exists()
    assert not PaymentLink.objects.exists()


def test_without_a_provider_the_page_says_how_to_pay(browser, ours):
    text = browser.get(page(ours, ours.invoice)).content.decode()

    assert "bank transfer" in text
    assert 'name="provider"' not in text

"""The page where a bill is paid: plain HTML, no script needed, no cookie, a strict policy."""

import re
from decimal import Decimal
from unittest.mock import patch

import pytest
from django.core.cache import cache
from django.test import Client, override_settings
from django.utils import timezone

from finance.models import Payment, PaymentAccount, PaymentIntent
from finance.pay_tokens import token_of
from finance.services.payment_links import revoke_link
from finance.services.receivables import record_payment
from tests.finance.pay_desk import pay_desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser():
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def desk():
    with pay_desk("stripe") as found:
        yield found


def page(desk, invoice):
    return f"/pay/{token_of(desk.link(invoice).salt)}/"


def text_of(answer):
    html = answer.content.decode()
    assert "<script" not in html
    assert not re.search(r'\s(style|on\w+)="', html)
    return html


@pytest.mark.parametrize("provider", ["stripe", "square", "paypal"])
def test_a_bill_is_paid_without_scripts_and_the_payer_comes_back_to_its_page(browser, provider):
    with pay_desk(provider) as desk:
        invoice = desk.invoice("1640.00")
        address = page(desk, invoice)
        shown = text_of(browser.get(address))
        assert f"{invoice.number}: AUD 1,640.00" in shown
        assert f'name="provider" value="{provider}"' in shown

        first = browser.post(address, {"provider": provider})
        again = browser.post(address, {"provider": provider})
        intent = PaymentIntent.objects.get()
        assert (first.status_code, text_of(first)) == (200, text_of(again))
        assert f'href="{intent.checkout_url}"' in text_of(first)
        # A form may not lead to another site; a link may.
        assert "form-action 'self'" in first["Content-Security-Policy"]
        desk.stand_in.pay(desk.page_name(intent))
        called_back = b"".join(call.raw for call in desk.stand_in.kept.calls).decode()
        back = browser.get(f"{address}?back=1")

    assert "Nothing is left to pay" in text_of(back)
    assert address.strip("/").rpartition("/")[2] in called_back
    assert (Payment.objects.get().amount, Payment.objects.count()) == (Decimal("1640"), 1)
    assert back.cookies == {}


def test_its_headers_keep_the_address_to_itself(browser, desk):
    answer = browser.get(page(desk, desk.invoice()))

    assert answer["Cache-Control"] == "no-store, private"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["X-Robots-Tag"] == "noindex"


def test_reading_asks_nobody_and_changes_nothing(browser, desk):
    address = page(desk, desk.invoice())

    for _ in range(2):
        browser.get(address)
    browser.head(f"{address}?back=1")

    assert (desk.stand_in.kept.calls, PaymentIntent.objects.count()) == ([], 0)


def test_a_part_that_is_paid_is_not_asked_for_again(browser, desk):
    invoice = desk.invoice("100.00")
    record_payment(invoice, amount=Decimal("30.00"), channel="cash", actor=None, at=timezone.now())

    html = text_of(browser.get(page(desk, invoice)))

    assert f"{invoice.number}: AUD 70.00" in html
    assert "The bill is AUD 100.00" in html


def test_a_link_that_was_revoked_or_ran_out_shows_no_figures(browser, api, desk):
    invoice = desk.invoice("1234.50")
    address = page(desk, invoice)
    assert "1,234.50" in text_of(browser.get(address))
    until = desk.link(invoice).expires_at
    with patch("django.utils.timezone.now", return_value=until):
        over = [browser.get(address), api.get(f"/api/finance{address}")]
    revoke_link(desk.link(invoice), actor=None, at=timezone.now())

    closed = [browser.get(address), api.get(f"/api/finance{address}")]
    back = [browser.get(f"{address}?back=1"), api.post(f"/api/finance{address}back/")]

    for answer in (*over, *closed, *back):
        shown = answer.content.decode()
        secrets = ("1,234.50", "1234.50", "1234.5", invoice.number)
        assert (answer.status_code, [each for each in secrets if each in shown]) == (410, [])
    assert "was withdrawn" in text_of(closed[0])
    refused = browser.post(address, {"provider": "stripe"})
    assert (refused.status_code, "was withdrawn" in text_of(refused)) == (410, True)
    assert not PaymentIntent.objects.exists()


@pytest.mark.parametrize("given", [{}, {"provider": ""}, {"provider": "manual"}, {"x": "\x00"}])
def test_a_form_that_names_nobody_is_asked_again(browser, desk, given):
    answer = browser.post(page(desk, desk.invoice()), given)

    assert (answer.status_code, "Choose how" in text_of(answer)) == (400, True)


def test_a_provider_that_is_silent_is_said_so_and_the_next_click_works(browser, desk):
    address = page(desk, desk.invoice())
    desk.stand_in.fail("error", "sessions")

    silent = browser.post(address, {"provider": "stripe"})
    after = browser.post(address, {"provider": "stripe"})

    assert (silent.status_code, "does not answer" in text_of(silent)) == (503, True)
    assert after.status_code == 200
    assert PaymentIntent.objects.count() == 1


def test_an_account_of_an_operators_own_takes_no_bills_of_the_company(browser, api, desk):
    PaymentAccount.objects.update(scope="another")
    address = page(desk, desk.invoice())

    assert "not open for paying" in text_of(browser.get(address))
    assert api.get(f"/api/finance{address}").json()["providers"] == []


def test_a_wrong_link_and_too_many_requests_have_pages_of_their_own(browser, settings):
    assert "leads nowhere" in text_of(browser.get("/pay/nothing/"))
    rates = {**settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"], "pay_link": "1/hour"}
    cache.clear()
    with override_settings(
        REST_FRAMEWORK={**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": rates}
    ):
        answers = [browser.get("/pay/nothing/") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [404, 429]
    assert int(answers[1]["Retry-After"]) > 0


def test_a_bill_is_written_as_its_readers_language_writes_numbers_and_days(browser, desk):
    invoice = desk.invoice("1640.00")
    invoice.refresh_from_db()

    shown = text_of(browser.get(page(desk, invoice), headers={"accept-language": "de"}))

    assert f"{invoice.number}: AUD 1.640,00" in shown
    assert f"Zu zahlen bis {invoice.due_on.day}. " in shown

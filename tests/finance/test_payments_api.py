"""Payments over HTTP: keys that make a request one deed, refusals, links, and what is shown."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from common.models import AuditEvent, IdempotencyKey, OutboxEvent
from config.settings.logs import hide_links
from config.settings.payments import payment_hosts
from finance.exceptions import NoPaymentAccount
from finance.models import Payment, PaymentIntent, PaymentLink, PaymentMethod, Refund
from finance.pay_tokens import token_of
from finance.services import payments
from finance.services.payment_accounts import account_for, gateway_of, open_payment_account
from tests.contacts.factories import ContactFactory
from tests.finance.pay_desk import SECRETS, pay_desk
from tests.users.factories import UserFactory, hold
from users.models import Role
from users.services.seeding import seed_roles

pytestmark = pytest.mark.django_db
INTENTS = "/api/finance/payment-intents/"
REFUNDS = "/api/finance/refunds/"


@pytest.fixture
def accountant():
    seed_roles()
    person = UserFactory()
    hold(person, Role.objects.get(code="accountant"))
    return person


@pytest.fixture
def client(client_for, accountant):
    return client_for(accountant)


@pytest.fixture
def desk():
    with pay_desk("stripe") as found:
        yield found


def charge(client, invoice, method, key="k1", **more):
    body = {"invoice": invoice.number, "payment_method": method.pk, **more}
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(INTENTS, body, headers=headers)


def test_a_card_is_charged_and_the_same_key_gets_the_first_answer(client, desk):
    invoice = desk.invoice("1210.00")
    method = desk.method(invoice.payer)

    first = charge(client, invoice, method)
    again = charge(client, invoice, method)

    assert first.status_code == again.status_code == 201
    assert (first.json(), again["Idempotent-Replay"]) == (again.json(), "true")
    body = first.json()
    assert (body["status"], body["total"]) == (
        "succeeded",
        {"amount": "1210.00", "currency": "AUD"},
    )
    assert body["payment"] == Payment.objects.get().number
    assert len(desk.stand_in.calls_to("payment_intents")) == 1
    assert AuditEvent.objects.filter(action="payment.requested").count() == 1


def test_money_does_not_move_without_a_key(client, desk):
    invoice = desk.invoice()

    answer = charge(client, invoice, desk.method(invoice.payer), key="")

    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_required")
    assert not PaymentIntent.objects.exists()


def test_a_key_that_was_used_for_something_else_is_refused(client, desk):
    invoice = desk.invoice()
    method = desk.method(invoice.payer)
    charge(client, invoice, method, amount="10.00")

    answer = charge(client, invoice, method, amount="20.00")

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert PaymentIntent.objects.count() == 1


def test_a_request_that_died_halfway_is_carried_out_by_its_repetition(client, desk, accountant):
    invoice = desk.invoice()
    method = desk.method(invoice.payer)
    first = charge(client, invoice, method)
    # As if the process had ended after the provider was asked and before anything was kept.
    IdempotencyKey.objects.update(
        response_status=None, response_body={"begun": PaymentIntent.objects.get().pk}
    )

    again = charge(client, invoice, method)

    assert (again.status_code, again.json()) == (201, first.json())
    assert Payment.objects.count() == 1


def test_an_answer_that_does_not_come_is_accepted_and_said_so(client, desk):
    invoice = desk.invoice()
    desk.stand_in.fail("error", "payment_intents")

    answer = charge(client, invoice, desk.method(invoice.payer))

    assert (answer.status_code, answer.json()["status"]) == (202, "unknown")


def test_a_declined_card_is_an_answer(client, desk):
    invoice = desk.invoice()

    answer = charge(client, invoice, desk.method(invoice.payer, "pm_card_chargeDeclined"))

    assert (answer.status_code, answer.json()["failure_code"]) == (201, "generic_decline")


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"invoice": "INV-0000-0000"}, 400, "/invoice"),
        ({"payment_method": 10**15}, 400, "/payment_method"),
        ({"amount": "0.00"}, 400, "/amount"),
        ({"amount": "NaN"}, 400, "/amount"),
        ({"amount": "1.001"}, 400, "/amount"),
        ({"number": "x"}, 400, "/number"),
    ],
)
def test_a_malformed_charge_changes_nothing(client, desk, changes, code, field):
    invoice = desk.invoice()
    method = desk.method(invoice.payer)

    answer = (
        charge(client, invoice, method, **changes)
        if "invoice" not in changes
        else (
            client.post(
                INTENTS,
                {"payment_method": method.pk, **changes},
                headers={"Idempotency-Key": "k"},
            )
        )
    )

    assert answer.status_code == code
    assert answer.json()["errors"][0]["pointer"] == field
    assert (PaymentIntent.objects.count(), IdempotencyKey.objects.count()) == (0, 0)


def test_a_card_number_is_refused_wherever_it_stands(client, desk):
    invoice = desk.invoice()

    answer = client.post(
        REFUNDS,
        {"payment": "PAY-1", "reason": "card 4111 1111 1111 1111"},
        headers={"Idempotency-Key": "k"},
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "card_number_refused")
    assert invoice.status == "open"


def test_a_refund_goes_back_once(client, desk):
    invoice = desk.invoice("300.00")
    charge(client, invoice, desk.method(invoice.payer))
    number = Payment.objects.get().number
    body = {"payment": number, "amount": "120.00", "reason": "Shorter route"}

    first = client.post(REFUNDS, body, headers={"Idempotency-Key": "r"})
    again = client.post(REFUNDS, body, headers={"Idempotency-Key": "r"})
    too_much = client.post(REFUNDS, {**body, "amount": "180.01"}, headers={"Idempotency-Key": "r2"})

    assert (first.status_code, first.json()) == (201, again.json())
    assert (first.json()["status"], Refund.objects.count()) == ("succeeded", 1)
    assert (too_much.status_code, too_much.json()["code"]) == (409, "refund_too_large")
    shown = client.get(f"/api/finance/payments/{number}/").json()
    assert (shown["refunded"], shown["status"]) == ("120.00", "part_refunded")


def test_a_payment_recorded_by_hand_is_not_refunded_through_a_provider(client, desk):
    invoice = desk.invoice()
    charge(client, invoice, desk.method(invoice.payer))
    Payment.objects.get()
    PaymentIntent.objects.update(account=None)

    answer = client.post(
        REFUNDS,
        {"payment": Payment.objects.get().number, "reason": "x"},
        headers={"Idempotency-Key": "k"},
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "refund_not_possible")
    assert not Refund.objects.exists()


def test_capture_and_cancel_say_when_it_is_too_late(client, desk):
    invoice = desk.invoice()
    pk = charge(client, invoice, desk.method(invoice.payer), is_captured=False).json()["id"]

    taken = client.post(f"{INTENTS}{pk}/capture/")
    again = client.post(f"{INTENTS}{pk}/capture/")
    cancelled = client.post(f"{INTENTS}{pk}/cancel/")

    assert (taken.status_code, taken.json()["status"]) == (200, "succeeded")
    assert {again.json()["code"], cancelled.json()["code"]} == {"payment_not_open"}
    steps = client.get(f"{INTENTS}{pk}/history/").json()
    assert [step["to_status"] for step in steps] == ["authorized", "succeeded"]


def test_a_provider_that_is_silent_is_a_503_and_the_payment_stays(client, desk):
    invoice = desk.invoice()
    pk = charge(client, invoice, desk.method(invoice.payer), is_captured=False).json()["id"]
    desk.stand_in.fail("error", "capture")

    answer = client.post(f"{INTENTS}{pk}/capture/")

    assert (answer.status_code, answer.json()["code"]) == (503, "provider_silent")
    assert PaymentIntent.objects.get().status == "authorized"


def test_a_card_is_saved_and_shown_without_its_token(client):
    customer = ContactFactory()
    with pay_desk("square"):
        body = {"customer": customer.pk, "provider": "square", "token": "cnon:CBASEG"}
        saved = client.post("/api/finance/payment-methods/", body)
        removed = client.post(f"/api/finance/payment-methods/{saved.json()['id']}/remove/")

    assert (saved.status_code, saved.json()["last_four"]) == (201, "1111")
    assert "token" not in saved.json()
    assert PaymentMethod.objects.get().token not in str(saved.json())
    assert removed.json()["detached_at"] is not None


def test_what_a_provider_does_not_offer_is_said(client):
    body = {"customer": ContactFactory().pk, "provider": "paypal"}
    with pay_desk("paypal"):
        answer = client.post("/api/finance/payment-methods/begin/", body)
        assert (answer.status_code, answer.json()["code"]) == (409, "not_offered")

    PaymentMethod.objects.all().delete()
    body["provider"] = "stripe"
    answer = client.post("/api/finance/payment-methods/begin/", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "no_payment_account")


@pytest.mark.parametrize(
    "name", ["payments", "payment-intents", "payment-methods", "refunds", "provider-events"]
)
def test_lists_ask_the_database_a_fixed_number_of_times(client, desk, name):
    def asked():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/api/finance/{name}/").status_code == 200
        return len(queries)

    one = desk.invoice()
    charge(client, one, desk.method(one.payer), key="a")
    desk.hear_all()
    first = asked()
    for n in range(3):
        other = desk.invoice()
        charge(client, other, desk.method(other.payer), key=f"b{n}")
    desk.hear_all()

    assert asked() <= first


@pytest.mark.parametrize(
    "query",
    ["payments/?status=x", "payments/?wrong=1", "refunds/?status=x", "disputes/?status=x"],
)
def test_an_unknown_filter_is_refused(client, query):
    assert client.get(f"/api/finance/{query}").status_code == 400


@pytest.mark.parametrize("provider", ["stripe", "square", "paypal"])
def test_a_customer_pays_over_the_link_without_an_account(api, provider, run_tasks):
    with pay_desk(provider) as desk:
        invoice = desk.invoice("640.00")
        address = desk.address(invoice)
        page = api.get(address)
        assert page.json() == {
            "invoice": invoice.number,
            "status": "open",
            "due_on": invoice.due_on.isoformat(),
            "total": {"amount": "640.00", "currency": "AUD"},
            "owed": {"amount": "640.00", "currency": "AUD"},
            "providers": [provider],
            "attempt": None,
        }
        assert (page["Cache-Control"], page["Referrer-Policy"]) == ("no-store", "no-referrer")

        first = api.post(f"{address}checkout/", {"provider": provider})
        again = api.post(f"{address}checkout/", {"provider": provider})
        assert (first.status_code, first.json()) == (200, again.json())
        assert first.json()["url"].startswith(desk.stand_in.url)
        desk.stand_in.pay(first.json()["url"].rpartition("/")[2])

        back = api.post(f"{address}back/")

    assert (back.json()["status"], back.json()["attempt"]) == ("paid", "succeeded")
    assert (back.json()["owed"]["amount"], back.json()["providers"]) == ("0.00", [])
    names = set(OutboxEvent.objects.values_list("name", flat=True))
    assert {"finance.payment_received", "finance.payment_intent_settled"} <= names


def test_a_wrong_link_finds_nothing_whatever_is_wrong_with_it(api, desk):
    link = desk.link(desk.invoice())
    token = token_of(link.salt)

    answers = [
        api.get(f"/api/finance/pay/{wrong}/")
        for wrong in (token[:-1], token.swapcase(), "x", "0" * 64, link.digest, "é", "a" * 999)
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert api.post(f"/api/finance/pay/{token[:-1]}/checkout/", {}).status_code == 404
    assert token not in (link.digest, link.salt)


def test_a_revoked_link_opens_no_page_and_shows_nowhere_to_pay(api, client, desk):
    invoice = desk.invoice()
    made = client.post("/api/finance/payment-links/", {"invoice": invoice.number})
    same = client.post("/api/finance/payment-links/", {"invoice": invoice.number})
    address = "/api/finance" + made.json()["address"].partition("8000")[2]
    assert made.json()["address"] == same.json()["address"]

    revoked = client.post(f"/api/finance/payment-links/{made.json()['id']}/revoke/")

    assert (revoked.status_code, revoked.json()["address"]) == (200, "")
    assert "total" not in api.get(address).json()
    answer = api.post(f"{address}checkout/", {"provider": "stripe"})
    assert (answer.status_code, answer.json()["code"]) == (410, "payment_link_closed")
    assert PaymentLink.objects.count() == 1


def test_the_key_of_a_link_is_cut_out_of_log_lines():
    line = {"event": 'GET "/api/finance/pay/abc-DEF_123/checkout/" 200'}

    assert hide_links(None, "info", line)["event"] == 'GET "/api/finance/pay/.../checkout/" 200'


def test_secrets_of_accounts_are_sealed_and_shown_nowhere(desk):
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(a)::text FROM finance_paymentaccount a")
        (stored,) = cursor.fetchone()
        cursor.execute("SELECT row_to_json(e)::text FROM finance_paymentaccountevent e")
        (history,) = cursor.fetchone()

    for text in (stored, history):
        assert "sk_test" not in text
        assert "whsec" not in text
    assert desk.account.key == SECRETS["stripe"]["key"]


@pytest.mark.parametrize("key", ["sk_live_x", "rk_live_x", "pk_test_x", ""])
def test_a_key_of_the_other_side_is_not_kept(key):
    with pytest.raises(Exception, match="not of this mode"):
        open_payment_account(
            code="wrong",
            name="Wrong",
            provider="stripe",
            key=key,
            webhook_secret="whsec",
            actor=None,
            at=timezone.now(),
        )


def test_an_account_of_the_other_side_is_never_asked(desk, settings):
    settings.PAYMENTS_LIVE = True

    with pytest.raises(NoPaymentAccount):
        account_for("stripe")
    with pytest.raises(Exception, match="not of the side in use"):
        gateway_of(desk.account)


LOCAL = "http://127.0.0.1:9999"


@pytest.mark.parametrize(
    ("address", "is_live", "is_trial", "is_taken"),
    [
        ("", False, False, True),
        ("", True, False, True),
        (LOCAL, False, True, True),
        (LOCAL, False, False, False),
        (LOCAL, True, True, False),
        ("https://api.stripe.com.evil.example", False, True, False),
        ("https://evil.example", True, False, False),
    ],
)
def test_a_stand_in_is_never_asked_where_money_is_real(address, is_live, is_trial, is_taken):
    def hosts():
        return payment_hosts({"stripe": address}, is_live=is_live, is_trial=is_trial)

    if is_taken:
        assert hosts()["stripe"] == (address or "https://api.stripe.com")
        assert ("sandbox" in hosts()["paypal"]) is not is_live
    else:
        with pytest.raises(Exception, match="STRIPE_API_URL"):
            hosts()


@pytest.mark.django_db(transaction=True)
def test_no_provider_is_asked_inside_a_transaction(desk):
    invoice = desk.invoice()
    intent = payments.record_charge(
        invoice, method=desk.method(invoice.payer), actor=None, at=timezone.now()
    )

    with pytest.raises(RuntimeError), transaction.atomic():
        payments.carry_out(intent, actor=None, at=timezone.now())

    assert desk.stand_in.kept.calls == []

"""Who sent a notification: the vendors' published vectors, and what they do not cover."""

import gzip
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from django.utils import timezone

from finance.gateways.base import Credentials, NotAuthentic
from finance.gateways.paypal import PayPalGateway
from finance.gateways.signatures import check_square, check_stripe, moment_of
from finance.gateways.square import SquareGateway
from finance.gateways.square_shapes import notice_of as square_notice
from finance.gateways.stripe_shapes import notice_of as stripe_notice
from tests.finance.providers.paypal import PayPalStandIn
from tests.finance.providers.server import Subscription
from tests.shared_data import shared

# Square publishes eleven cases with its SDK. Six are in the shared data; these are the others,
# told as what differs from the one that fits.
SQUARE_PASS = "test_signature_validation_pass"
SQUARE_CHANGES = {
    "another key": ({"signature_key": "MCmhFRxGX82xMwg5FsaoQA"}, False),
    "another body": ({"request_body": '{"merchant_id":"MLEFBHHSJGVHD"}'}, False),
    "an empty key": ({"signature_key": ""}, "error"),
    "an empty address": ({"notification_url": ""}, "error"),
}


def square_vectors():
    return json.loads(shared("payments/square/signature_vectors.json").read_text())


def square_says(vector):
    try:
        check_square(
            vector["request_body"].encode(),
            vector["signature_header"],
            vector["signature_key"] or "",
            vector["notification_url"] or "",
        )
    except NotAuthentic:
        return False
    except ValueError:
        return "error"
    return True


@pytest.mark.parametrize("place", range(6))
def test_square_accepts_and_refuses_as_published(place):
    vector = square_vectors()[place]

    assert square_says(vector) == vector["expect"], vector["name"]


@pytest.mark.parametrize("name", SQUARE_CHANGES)
def test_square_refuses_the_published_one_with(name):
    fits = next(v for v in square_vectors() if v["name"] == SQUARE_PASS)
    changes, expected = SQUARE_CHANGES[name]

    assert square_says(fits) is True
    assert square_says({**fits, **changes}) == expected


def test_square_signs_escaped_letters_as_they_stand():
    vector = {
        "request_body": '{"data":{"type":"webhooks","id":">id<"}}',
        "signature_header": "Cxt7+aTi4rKgcA0bC4g9EHdVtLSDWdqccmL5MvihU4U=",
        "signature_key": "signature-key",
        "notification_url": "https://webhook.site/webhooks",
    }

    assert square_says(vector) is True
    assert square_says({**vector, "request_body": vector["request_body"] + " "}) is False


def test_an_account_of_square_without_a_key_takes_no_notification():
    credentials = Credentials(provider="square", mode="test", base_url="http://x", key="k")
    headers = {"x-square-hmacsha256-signature": "x" * 44}

    with pytest.raises(NotAuthentic):
        SquareGateway(credentials).verify(b"{}", headers, timezone.now())


@pytest.mark.parametrize("place", [0, 1])
def test_stripe_accepts_as_published(place):
    vector = json.loads(shared("payments/stripe/signature_vectors.json").read_text())[place]
    signed_at = datetime.fromtimestamp(vector["timestamp"], UTC)

    check_stripe(vector["payload"].encode(), vector["header"], vector["secret"], signed_at)


BODY, SECRET = b'{"id": "evt_1"}', "whsec_test"
NOW = datetime(2026, 3, 14, 22, 30, tzinfo=UTC)


def header(moment=NOW, *, body=BODY, secret=SECRET, scheme="v1"):
    stamp = int(moment.timestamp())
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={stamp},{scheme}={digest}"


@pytest.mark.parametrize("shift_s", [-300, -1, 0, 1, 300])
def test_stripe_takes_what_was_signed_within_five_minutes(shift_s):
    check_stripe(BODY, header(NOW + timedelta(seconds=shift_s)), SECRET, NOW)


@pytest.mark.parametrize("shift_s", [-301, 301, 86400, -86400 * 400])
def test_stripe_refuses_what_is_old_or_from_the_future(shift_s):
    with pytest.raises(NotAuthentic, match="too long ago"):
        check_stripe(BODY, header(NOW + timedelta(seconds=shift_s)), SECRET, NOW)


def test_stripe_takes_any_of_several_signatures_while_a_secret_is_rolled():
    fits = header().partition(",")[2]

    check_stripe(BODY, f"t={int(NOW.timestamp())},v1={'0' * 64},{fits},v0=x", SECRET, NOW)


STAMP = str(int(NOW.timestamp()))


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "x",
        header(scheme="v0"),
        header(secret="whsec_other"),
        header(body=BODY + b" "),
        f"t={STAMP}",
        f"t={STAMP},v1=",
        f"t={STAMP},v1=é",
        f"t={STAMP},t={STAMP},v1=0",
        f"t=-{STAMP},v1=0",
        f"t={'9' * 400},v1=0",
        f"t=²,v1={'0' * 64}",
        "t=x,v1=0",
        "v1=" + "0" * 64,
        f"t={STAMP}" + ",v1=0" * 50,
    ],
)
def test_stripe_refuses(wrong):
    with pytest.raises(NotAuthentic):
        check_stripe(BODY, wrong, SECRET, NOW)


def test_stripe_without_a_secret_refuses_everything():
    with pytest.raises(NotAuthentic):
        check_stripe(BODY, header(secret=""), "", NOW)


@pytest.fixture
def paypal():
    with PayPalStandIn() as stand_in:
        credentials = Credentials(
            provider="paypal",
            mode="test",
            base_url=stand_in.url,
            key="secret",
            client_id="client",
            webhook_id="4JH86294D6297924G",
            timeout_s=5,
        )
        yield stand_in, PayPalGateway(credentials)


def paypal_event():
    return shared_event().encode()


def shared_event():
    vector = json.loads(shared("payments/paypal/webhook_verify_vector.json").read_text())
    return vector["event_body"]


def test_paypal_is_asked_with_the_very_bytes_that_came(paypal):
    stand_in, gateway = paypal
    # Spaces and an escape that rewriting would lose.
    body = '{"id": "WH-1",  "summary": "caf\\u00e9 é"}'.encode()
    target = Subscription("x", webhook_id=gateway.credentials.webhook_id)

    gateway.verify(body, stand_in.sign(body, target), timezone.now())

    (asked,) = stand_in.calls_to("verify-webhook-signature")
    assert body in asked.raw
    with pytest.raises(NotAuthentic, match="does not fit"):
        gateway.verify(body + b" ", stand_in.sign(body, target), timezone.now())


def test_the_published_event_of_paypal_is_asked_about_as_paypal_documents(paypal):
    stand_in, gateway = paypal
    vector = json.loads(shared("payments/paypal/webhook_verify_vector.json").read_text())
    headers = {
        "PAYPAL-AUTH-ALGO": "SHA256withRSA",
        "PAYPAL-CERT-URL": vector["cert_url"],
        "PAYPAL-TRANSMISSION-ID": vector["transmission_id"],
        "PAYPAL-TRANSMISSION-SIG": vector["actual_signature"],
        "PAYPAL-TRANSMISSION-TIME": vector["timestamp"],
    }
    body = vector["event_body"].encode()
    sent_at = moment_of(vector["timestamp"])

    # Its certificate is not published: the stand-in knows only what was asked and how.
    with pytest.raises(NotAuthentic, match="does not fit"):
        gateway.verify(body, headers, sent_at)

    (asked,) = stand_in.calls_to("verify-webhook-signature")
    assert asked.body["webhook_id"] == vector["webhook_id"]
    assert asked.body["transmission_sig"] == vector["actual_signature"]
    signed = f"{vector['transmission_id']}|{vector['timestamp']}|{vector['webhook_id']}"
    assert vector["signed_string"].startswith(signed)
    documented = published("notifications_webhooks_v1")["components"]["schemas"]
    assert set(documented["verify_webhook_signature"]["required"]) <= set(asked.body)


def published(name):
    with gzip.open(shared(f"payments/paypal/{name}.openapi.json.gz")) as source:
        return json.load(source)


@pytest.mark.parametrize("missing", ["PAYPAL-AUTH-ALGO", "PAYPAL-TRANSMISSION-SIG"])
def test_paypal_is_not_asked_about_what_is_not_signed(paypal, missing):
    stand_in, gateway = paypal
    target = Subscription("x", webhook_id=gateway.credentials.webhook_id)
    headers = {k: v for k, v in stand_in.sign(b"{}", target).items() if k != missing}

    with pytest.raises(NotAuthentic):
        gateway.verify(b"{}", headers, timezone.now())

    assert not stand_in.kept.calls


@pytest.mark.parametrize("shift", [timedelta(minutes=6), -timedelta(minutes=6)])
def test_paypal_is_not_asked_about_what_is_old_or_from_the_future(paypal, shift):
    stand_in, gateway = paypal
    target = Subscription("x", webhook_id=gateway.credentials.webhook_id)
    headers = stand_in.sign(b"{}", target)

    with pytest.raises(NotAuthentic):
        gateway.verify(b"{}", headers, timezone.now() + shift)

    assert not stand_in.kept.calls


def test_no_address_in_a_header_is_ever_fetched(paypal):
    stand_in, gateway = paypal
    target = Subscription("x", webhook_id=gateway.credentials.webhook_id)
    headers = {**stand_in.sign(b"{}", target), "PAYPAL-CERT-URL": f"{stand_in.url}/evil.pem"}

    with patch("paypalrestsdk.notifications.WebhookEvent.verify") as own_check:
        gateway.verify(b"{}", headers, timezone.now())

    own_check.assert_not_called()
    assert stand_in.calls_to("evil") == []


def test_credentials_show_no_secret_when_printed():
    credentials = Credentials(
        provider="stripe", mode="test", base_url="x", key="sk_test_k", webhook_secret="whsec_s"
    )

    assert "sk_test_k" not in repr(credentials)
    assert "whsec_s" not in repr(credentials)


def test_every_published_event_of_square_is_read():
    events = json.loads(shared("payments/square/webhook_events.json").read_text())
    states = {
        name: square_notice(event).state for name, event in events.items() if "event_id" in event
    }

    assert states["payment.updated"].status == "succeeded"
    assert states["payment.created"].status == "authorized"
    # The object inside counts: `data.id` of this one names another payment.
    assert states["payment.created"].ids[0] == "payment:hYy9pRFVxpDsO1FB05SunFWUe9JZY"
    assert states["refund.created"].status == "pending"
    assert states["refund.updated"].status == "succeeded"
    assert states["dispute.state.changed"].status == "won"
    assert states["dispute.evidence.created"].status == "needs_response"
    assert states["order.updated"] is None


def test_the_published_objects_of_stripe_are_read():
    with gzip.open(shared("payments/stripe/fixtures3.json.gz")) as source:
        resources = json.load(source)["resources"]

    def read(name):
        event = {**resources["event"], "data": {"object": resources[name]}}
        return stripe_notice(event).state

    assert read("payment_intent").status == "pending"
    assert read("refund").status == "succeeded"
    assert read("dispute").status == "inquiry"
    assert read("checkout.session").status == "pending"
    assert read("setup_intent") is None
    assert read("plan") is None

"""Stripe's API v1: form bodies, `Idempotency-Key`, events signed by scheme v1."""

import hashlib
import hmac
import re
from typing import Any
from urllib.parse import parse_qsl

from tests.finance.providers.server import PAGE, Answer, Call, Route, StandIn, Subscription, route

DECLINED = "pm_card_chargeDeclined"
NEEDS_ACTION = "pm_card_authenticationRequired"
_PART = re.compile(r"\[([^\]]*)\]")


def unflatten(text: str) -> dict[str, Any]:
    """`metadata[a]=b&expand[0]=c` as nested dictionaries; lists stay keyed by their place."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        head, *_ = name.split("[", 1)
        path = [head, *_PART.findall(name)]
        place = found
        for part in path[:-1]:
            place = place.setdefault(part, {})
        place[path[-1]] = value
    return found


class StripeStandIn(StandIn):
    """PaymentIntents, Checkout Sessions, refunds, disputes, customers, saved cards, events."""

    name = "stripe"

    def routes(self) -> list[Route]:
        one = r"(?P<name>[A-Za-z0-9_]+)"
        return [
            route("POST", "/v1/payment_intents", self.create_intent),
            route("GET", "/v1/payment_intents", self.list_intents),
            route("GET", f"/v1/payment_intents/{one}", self.read_intent),
            route("POST", f"/v1/payment_intents/{one}/capture", self.capture),
            route("POST", f"/v1/payment_intents/{one}/cancel", self.cancel),
            route("POST", "/v1/checkout/sessions", self.create_session),
            route("GET", "/v1/checkout/sessions", self.list_sessions),
            route("GET", f"/v1/checkout/sessions/{one}", self.read_session),
            route("POST", f"/v1/checkout/sessions/{one}/expire", self.expire_session),
            route("POST", "/v1/refunds", self.create_refund),
            route("GET", "/v1/refunds", self.list_refunds),
            route("POST", "/v1/customers", self.create_customer),
            route("POST", "/v1/setup_intents", self.create_setup),
            route("POST", f"/v1/payment_methods/{one}/attach", self.attach),
            route("POST", f"/v1/payment_methods/{one}/detach", self.detach),
            route("GET", "/v1/events", self.list_events),
        ]

    def parse(self, call: Call) -> Any:
        return unflatten(call.raw.decode())

    def key_of(self, call: Call) -> str:
        return call.headers.get("idempotency-key", "")

    def problem(self, status: int, code: str, text: str = "", **more: Any) -> Answer:
        kinds = {402: "card_error", 429: "rate_limit_error", 500: "api_error"}
        kind = "idempotency_error" if code == "key_reused" else kinds.get(status)
        error = {"type": kind or "invalid_request_error", "code": code, "message": text or code}
        return status, {"error": {**error, **more}}

    def sign(self, body: bytes, target: Subscription) -> dict[str, str]:
        moment = str(int(self.clock()))
        signed = f"{moment}.".encode() + body
        digest = hmac.new(target.secret.encode(), signed, hashlib.sha256).hexdigest()
        return {"Stripe-Signature": f"t={moment},v1={digest}"}

    # Requests

    def create_intent(self, call: Call) -> Answer:
        given = call.body
        intent = self.keep(
            {
                "id": self.new_id("pi_"),
                "object": "payment_intent",
                "amount": int(given["amount"]),
                "amount_capturable": 0,
                "amount_received": 0,
                "capture_method": given.get("capture_method", "automatic"),
                "created": int(self.clock()),
                "currency": given["currency"],
                "customer": given.get("customer"),
                "last_payment_error": None,
                "latest_charge": None,
                "livemode": False,
                "metadata": given.get("metadata", {}),
                "payment_method": given.get("payment_method"),
                "status": "requires_confirmation",
            }
        )
        if given.get("confirm") == "true":
            token = str(given["payment_method"])
            if token == DECLINED:
                self.decline(intent["id"])
                shown = self.shown(intent)
                return self.problem(
                    402, "card_declined", decline_code="generic_decline", payment_intent=shown
                )
            if token == NEEDS_ACTION:
                intent["status"] = "requires_action"
                self.emit("payment_intent.requires_action", intent)
            else:
                self.confirm(intent["id"])
        return 200, self.shown(intent, call.body)

    def list_intents(self, call: Call) -> Answer:
        return self.listed(call, "payment_intent")

    def read_intent(self, call: Call, name: str) -> Answer:
        found = self.kept.objects.get(name)
        return (200, self.shown(found, call.query)) if found else self.missing(name)

    def capture(self, call: Call, name: str) -> Answer:
        intent = self.kept.objects.get(name)
        if intent is None or intent["status"] != "requires_capture":
            return self.problem(400, "payment_intent_unexpected_state")
        self.succeed(intent, int(call.body.get("amount_to_capture", intent["amount"])))
        return 200, self.shown(intent)

    def cancel(self, call: Call, name: str) -> Answer:
        intent = self.kept.objects.get(name)
        if intent is None or intent["status"] in ("succeeded", "canceled"):
            return self.problem(400, "payment_intent_unexpected_state")
        if any(each.get("payment_intent") == name for each in self.kept.objects.values()):
            # Of a page: only the page can be closed.
            return self.problem(400, "payment_intent_unexpected_state")
        intent["status"] = "canceled"
        self.emit("payment_intent.canceled", intent)
        return 200, self.shown(intent)

    def create_session(self, call: Call) -> Answer:
        given, name = call.body, self.new_id("cs_test_")
        price = given["line_items"]["0"]["price_data"]
        session = self.keep(
            {
                "id": name,
                "object": "checkout.session",
                "amount_total": int(price["unit_amount"]),
                "cancel_url": given["cancel_url"],
                "client_reference_id": given.get("client_reference_id"),
                "created": int(self.clock()),
                "currency": price["currency"],
                "expires_at": int(given["expires_at"]),
                "livemode": False,
                "metadata": given.get("metadata", {}),
                "mode": "payment",
                "payment_intent": None,
                "payment_status": "unpaid",
                "status": "open",
                "success_url": given["success_url"],
                "url": f"{self.url}/pay/{name}",
            }
        )
        return 200, session

    def list_sessions(self, call: Call) -> Answer:
        return self.listed(call, "checkout.session")

    def read_session(self, call: Call, name: str) -> Answer:
        found = self.kept.objects.get(name)
        if found is None:
            return self.missing(name)
        intent = self.kept.objects.get(found["payment_intent"] or "")
        return 200, {**found, "payment_intent": self.shown(intent, call.query) if intent else None}

    def expire_session(self, call: Call, name: str) -> Answer:
        found = self.kept.objects.get(name)
        if found is None or found["status"] != "open":
            return self.problem(400, "checkout_session_not_open")
        found["status"] = "expired"
        self.emit("checkout.session.expired", found)
        return 200, found

    def create_refund(self, call: Call) -> Answer:
        given = call.body
        intent = self.kept.objects.get(str(given["payment_intent"]))
        if intent is None or intent["status"] != "succeeded":
            return self.problem(400, "charge_not_refundable")
        amount = int(given.get("amount", intent["amount_received"]))
        before = [
            each["amount"]
            for each in self.kept.objects.values()
            if each["object"] == "refund"
            and each["payment_intent"] == intent["id"]
            and each["status"] not in ("failed", "canceled")
        ]
        if amount > intent["amount_received"] - sum(before):
            return self.problem(400, "charge_already_refunded")
        refund = self.keep(
            {
                "id": self.new_id("re_"),
                "object": "refund",
                "amount": amount,
                "charge": intent["latest_charge"],
                "created": int(self.clock()),
                "currency": intent["currency"],
                "metadata": given.get("metadata", {}),
                "payment_intent": intent["id"],
                "reason": None,
                "status": "pending",
            }
        )
        self.emit("refund.created", refund)
        refund["status"] = "succeeded"
        self.emit("refund.updated", refund)
        return 200, refund

    def list_refunds(self, call: Call) -> Answer:
        status, body = self.listed(call, "refund")
        wanted = call.query.get("payment_intent")
        body["data"] = [each for each in body["data"] if each["payment_intent"] == wanted]
        return status, body

    def create_customer(self, call: Call) -> Answer:
        customer = {"id": self.new_id("cus_"), "object": "customer"}
        return 200, self.keep(
            {**customer, "created": int(self.clock()), "livemode": False, "metadata": {}}
        )

    def create_setup(self, call: Call) -> Answer:
        name = self.new_id("seti_")
        return 200, self.keep(
            {
                "id": name,
                "object": "setup_intent",
                "client_secret": f"{name}_secret_stand_in",
                "created": int(self.clock()),
                "customer": call.body.get("customer"),
                "livemode": False,
                "metadata": call.body.get("metadata", {}),
                "payment_method": None,
                "status": "requires_payment_method",
                "usage": call.body.get("usage"),
            }
        )

    def attach(self, call: Call, name: str) -> Answer:
        return 200, self.keep(_card(name, call.body.get("customer"), int(self.clock())))

    def detach(self, call: Call, name: str) -> Answer:
        card = self.keep(_card(name, None, int(self.clock())))
        self.emit("payment_method.detached", card)
        return 200, card

    def list_events(self, call: Call) -> Answer:
        period = unflatten("&".join(f"{k}={v}" for k, v in call.query.items())).get("created", {})
        found = [
            event
            for event in reversed(self.kept.events)
            if int(period.get("gte", 0)) <= event["created"] < int(period.get("lt", 1 << 40))
        ]
        return 200, self.page(call, found)

    # What payers and banks do

    def confirm(self, name: str) -> dict[str, Any]:
        """Somebody pays: the card is authorized, and charged unless capture is manual."""
        intent = self.kept.objects[name]
        intent["latest_charge"] = self.new_id("ch_")
        self.emit("payment_intent.processing", {**intent, "status": "processing"})
        if intent["capture_method"] == "manual":
            intent |= {"status": "requires_capture", "amount_capturable": intent["amount"]}
            self.emit("payment_intent.amount_capturable_updated", intent)
        else:
            self.succeed(intent, intent["amount"])
        return intent

    def succeed(self, intent: dict[str, Any], amount: int) -> None:
        intent |= {"status": "succeeded", "amount_received": amount, "amount_capturable": 0}
        intent["last_payment_error"] = None
        self.emit("payment_intent.succeeded", intent)

    def decline(self, name: str) -> None:
        """The bank says no; the intent can be tried again."""
        intent = self.kept.objects[name]
        intent["status"] = "requires_payment_method"
        intent["last_payment_error"] = {
            "code": "card_declined",
            "decline_code": "generic_decline",
            "type": "card_error",
        }
        self.emit("payment_intent.payment_failed", intent)

    def pay(self, session_name: str) -> dict[str, Any]:
        """Somebody pays on the page of a session."""
        with self.lock:
            session = self.kept.objects[session_name]
            if session["status"] != "open":
                return session
            intent = self.keep(
                {
                    "id": self.new_id("pi_"),
                    "object": "payment_intent",
                    "amount": session["amount_total"],
                    "amount_capturable": 0,
                    "amount_received": 0,
                    "capture_method": "automatic",
                    "created": int(self.clock()),
                    "currency": session["currency"],
                    "customer": None,
                    "last_payment_error": None,
                    "latest_charge": None,
                    "livemode": False,
                    "metadata": session["metadata"],
                    "payment_method": "pm_card_visa",
                    "status": "requires_confirmation",
                }
            )
            session |= {
                "payment_intent": intent["id"],
                "payment_status": "paid",
                "status": "complete",
            }
            self.confirm(intent["id"])
            self.emit("checkout.session.completed", session)
            return session

    def dispute(self, intent_name: str, amount: int | None = None) -> dict[str, Any]:
        """The payer's bank takes the money back until it is decided."""
        intent = self.kept.objects[intent_name]
        dispute = self.keep(
            {
                "id": self.new_id("dp_"),
                "object": "dispute",
                "amount": amount or intent["amount_received"],
                "charge": intent["latest_charge"],
                "created": int(self.clock()),
                "currency": intent["currency"],
                "evidence_details": {"due_by": int(self.clock()) + 7 * 86400},
                "livemode": False,
                "metadata": {},
                "payment_intent": intent["id"],
                "reason": "fraudulent",
                "status": "needs_response",
            }
        )
        self.emit("charge.dispute.created", dispute)
        return dispute

    def decide(self, dispute_name: str, outcome: str) -> None:
        """The bank decides: won or lost."""
        dispute = self.kept.objects[dispute_name]
        dispute["status"] = "under_review"
        self.emit("charge.dispute.updated", dispute)
        dispute["status"] = outcome
        self.emit("charge.dispute.closed", dispute)

    def bounce(self, refund_name: str) -> None:
        """The payer's bank sends a refund back."""
        refund = self.kept.objects[refund_name]
        refund |= {"status": "failed", "failure_reason": "lost_or_stolen_card"}
        self.emit("refund.failed", refund)

    def save_card(self, setup_name: str) -> None:
        """Somebody fills in the form of a SetupIntent."""
        setup = self.kept.objects[setup_name]
        name = self.new_id("pm_")
        card = self.keep(_card(name, setup["customer"], int(self.clock())))
        setup |= {"status": "succeeded", "payment_method": card["id"]}
        self.emit("setup_intent.succeeded", setup)

    def hosted_page(self, call: Call) -> tuple[int, str, str]:
        session = self.kept.objects.get(call.path.removeprefix("/pay/"))
        if session is None:
            return 404, "No such page.", ""
        if call.method == "GET":
            amount = f"{session['amount_total']} {session['currency']}"
            return 200, PAGE.format(name="Stripe", what="Checkout", amount=amount), ""
        if b"decline" in call.raw:
            return 303, "", session["cancel_url"]
        self.pay(session["id"])
        return 303, "", session["success_url"]

    # Bookkeeping

    def keep(self, found: dict[str, Any]) -> dict[str, Any]:
        self.kept.objects[found["id"]] = found
        return found

    def emit(self, kind: str, found: dict[str, Any]) -> None:
        self.publish(
            {
                "id": self.new_id("evt_"),
                "object": "event",
                "api_version": "2026-10-28.endive",
                "created": int(self.clock()),
                "data": {"object": dict(found)},
                "livemode": False,
                "pending_webhooks": 1,
                "request": {"id": None, "idempotency_key": None},
                "type": kind,
            }
        )

    def shown(self, intent: dict[str, Any], asked: dict[str, Any] | None = None) -> dict[str, Any]:
        if "balance_transaction" in str(asked) and intent["latest_charge"]:
            intent = {**intent, "latest_charge": self.charge_of(intent)}
        method = intent["payment_method"]
        if method and "payment_method" in str(asked):
            card = self.kept.objects.get(method) or _card(
                method, intent["customer"], int(self.clock())
            )
            return {**intent, "payment_method": card}
        return intent

    def charge_of(self, intent: dict[str, Any]) -> dict[str, Any]:
        """The charge as it shows expanded; what was kept of it is in its balance transaction."""
        moved = None
        if intent.get("kept_fee"):
            moved = {
                "id": f"txn_{intent['id']}",
                "object": "balance_transaction",
                "amount": intent["amount_received"],
                "currency": intent["currency"],
                "fee": intent["kept_fee"],
                "net": intent["amount_received"] - intent["kept_fee"],
                "type": "charge",
            }
        return {"id": intent["latest_charge"], "object": "charge", "balance_transaction": moved}

    def missing(self, name: str) -> Answer:
        return self.problem(404, "resource_missing", f"No such object: {name}")

    def listed(self, call: Call, kind: str) -> Answer:
        found = [each for each in self.kept.objects.values() if each["object"] == kind]
        return 200, self.page(call, list(reversed(found)))

    def page(self, call: Call, found: list[dict[str, Any]]) -> dict[str, Any]:
        after = call.query.get("starting_after")
        if after:
            names = [each["id"] for each in found]
            found = found[names.index(after) + 1 :]
        size = int(call.query.get("limit", 10))
        return {
            "object": "list",
            "url": call.path,
            "has_more": len(found) > size,
            "data": found[:size],
        }


def _card(name: str, customer: Any, created: int) -> dict[str, Any]:
    return {
        "id": name,
        "object": "payment_method",
        "card": {"brand": "visa", "exp_month": 8, "exp_year": 2030, "last4": "4242"},
        "created": created,
        "customer": customer,
        "livemode": False,
        "metadata": {},
        "type": "card",
    }

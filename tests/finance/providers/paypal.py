"""PayPal: tokens, orders v2, captures, refunds, webhooks v1 with the check of their signatures."""

import base64
import hashlib
import hmac
import zlib
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from tests.finance.providers.server import PAGE, Answer, Call, Route, StandIn, Subscription, route

TOKEN = "A21AA-stand-in"
_SECRET = b"stand-in signing key"
_SIGNED = ("auth_algo", "cert_url", "transmission_id", "transmission_sig", "transmission_time")


class PayPalStandIn(StandIn):
    """
    The signature is an HMAC here where PayPal signs with its certificate: whoever is asked whether
    it fits is this server, as it is PayPal for the real ones. What is signed is PayPal's string:
    transmission id, time, webhook id and CRC-32 of the body, with bars between.
    """

    name = "paypal"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.tokens: set[str] = set()

    def routes(self) -> list[Route]:
        one = r"(?P<name>[A-Za-z0-9]+)"
        return [
            route("POST", "/v1/oauth2/token", self.token),
            route("POST", "/v2/checkout/orders", self.create_order),
            route("GET", f"/v2/checkout/orders/{one}", self.read_order),
            route("POST", f"/v2/checkout/orders/{one}/capture", self.capture_order),
            route("POST", f"/v2/payments/captures/{one}/refund", self.refund),
            route("POST", "/v1/notifications/verify-webhook-signature", self.check),
            route("GET", "/v1/notifications/webhooks-events", self.list_events),
        ]

    def authorized(self, call: Call) -> bool:
        given = call.headers.get("authorization", "")
        if call.path == "/v1/oauth2/token":
            return given.startswith("Basic ")
        return given.removeprefix("Bearer ") in self.tokens

    def parse(self, call: Call) -> Any:
        if call.path == "/v1/oauth2/token":
            return parse_qs(call.raw.decode())
        return super().parse(call)

    def key_of(self, call: Call) -> str:
        key = call.headers.get("paypal-request-id", "")
        return f"{call.path}:{key}" if key else ""

    def problem(self, status: int, code: str, text: str = "") -> Answer:
        names = {400: "INVALID_REQUEST", 404: "RESOURCE_NOT_FOUND", 422: "UNPROCESSABLE_ENTITY"}
        details = [{"issue": code.upper(), "description": text or code}]
        return status, {"name": names.get(status, "ERROR"), "message": code, "details": details}

    def sign(self, body: bytes, target: Subscription) -> dict[str, str]:
        name, moment = self.new_id("tx"), self.stamp()
        signed = self.signature(name, moment, target.webhook_id, body)
        return {
            "PAYPAL-AUTH-ALGO": "SHA256withRSA",
            "PAYPAL-CERT-URL": f"{self.url}/v1/notifications/certs/CERT-1",
            "PAYPAL-TRANSMISSION-ID": name,
            "PAYPAL-TRANSMISSION-SIG": signed,
            "PAYPAL-TRANSMISSION-TIME": moment,
        }

    def signature(self, name: str, moment: str, webhook_id: str, body: bytes) -> str:
        text = f"{name}|{moment}|{webhook_id}|{zlib.crc32(body)}".encode()
        return base64.b64encode(hmac.new(_SECRET, text, hashlib.sha256).digest()).decode()

    # Requests

    def token(self, call: Call) -> Answer:
        name = self.new_id(TOKEN)
        self.tokens.add(name)
        return 200, {"access_token": name, "token_type": "Bearer", "expires_in": 32400}

    def create_order(self, call: Call) -> Answer:
        name = self.new_id("ORDER")
        (unit,) = call.body["purchase_units"]
        back = call.body["payment_source"]["paypal"]["experience_context"]
        order = {
            "id": name,
            "create_time": self.stamp(),
            "intent": "CAPTURE",
            "links": [
                {"href": f"{self.url}/v2/checkout/orders/{name}", "rel": "self", "method": "GET"},
                {"href": f"{self.url}/pay/{name}", "rel": "payer-action", "method": "GET"},
            ],
            "payment_source": {"paypal": {}},
            "purchase_units": [{"reference_id": "default", **unit}],
            "status": "PAYER_ACTION_REQUIRED",
        }
        self.kept.objects[name] = {"order": order, "back": back}
        return 201, order

    def read_order(self, call: Call, name: str) -> Answer:
        found = self.kept.objects.get(name)
        return (200, found["order"]) if found else self.problem(404, "INVALID_RESOURCE_ID")

    def capture_order(self, call: Call, name: str) -> Answer:
        found = self.kept.objects.get(name)
        if found is None:
            return self.problem(404, "INVALID_RESOURCE_ID")
        order = found["order"]
        if order["status"] == "COMPLETED":
            return self.problem(422, "ORDER_ALREADY_CAPTURED")
        if order["status"] != "APPROVED":
            return self.problem(422, "ORDER_NOT_APPROVED")
        (unit,) = order["purchase_units"]
        capture = {
            "id": self.new_id("CAP"),
            "amount": unit["amount"],
            "create_time": self.stamp(),
            "custom_id": unit["custom_id"],
            "final_capture": True,
            "invoice_id": unit["invoice_id"],
            "status": "PENDING",
            "supplementary_data": {"related_ids": {"order_id": name}},
        }
        self.kept.objects[capture["id"]] = {"capture": capture, "order_id": name}
        self.emit("PAYMENT.CAPTURE.PENDING", "capture", capture)
        capture["status"] = "COMPLETED"
        unit["payments"] = {"captures": [capture]}
        order["status"] = "COMPLETED"
        self.emit("PAYMENT.CAPTURE.COMPLETED", "capture", capture)
        return 201, order

    def refund(self, call: Call, name: str) -> Answer:
        found = self.kept.objects.get(name)
        if found is None:
            return self.problem(404, "INVALID_RESOURCE_ID")
        capture = found["capture"]
        (unit,) = self.kept.objects[found["order_id"]]["order"]["purchase_units"]
        refunds = unit["payments"].setdefault("refunds", [])
        amount = call.body["amount"]
        before = sum(float(r["amount"]["value"]) for r in refunds if r["status"] == "COMPLETED")
        if float(amount["value"]) > float(capture["amount"]["value"]) - before + 0.001:
            return self.problem(422, "REFUND_AMOUNT_EXCEEDED")
        refund = {
            "id": self.new_id("REF"),
            "amount": amount,
            "create_time": self.stamp(),
            "custom_id": call.body.get("custom_id"),
            "links": [{"href": f"{self.url}/v2/payments/captures/{name}", "rel": "up"}],
            "status": "COMPLETED",
        }
        refunds.append(refund)
        self.kept.objects[refund["id"]] = {"refund": refund}
        self.emit("PAYMENT.CAPTURE.REFUNDED", "refund", refund)
        return 201, refund

    def check(self, call: Call) -> Answer:
        given = call.body
        if any(not given.get(name) for name in (*_SIGNED, "webhook_id")):
            return self.problem(400, "MISSING_REQUIRED_PARAMETER")
        # Over the bytes of the event as they stand in the request: rewritten JSON does not fit.
        inside = call.raw.partition(b'"webhook_event": ')[2][:-1]
        fits = self.signature(
            given["transmission_id"], given["transmission_time"], given["webhook_id"], inside
        )
        is_same = hmac.compare_digest(fits, given["transmission_sig"])
        return 200, {"verification_status": "SUCCESS" if is_same else "FAILURE"}

    def list_events(self, call: Call) -> Answer:
        since, until = (
            datetime.fromisoformat(call.query[name]) for name in ("start_time", "end_time")
        )
        found = [
            event
            for event in self.kept.events
            if since <= datetime.fromisoformat(event["create_time"]) <= until
        ]
        start, size = int(call.query.get("start", 0)), int(call.query["page_size"])
        links = []
        if len(found) > start + size:
            query = "&".join(f"{name}={value}" for name, value in call.query.items())
            href = f"{self.url}{call.path}?{query}&start={start + size}"
            links = [{"rel": "next", "href": href, "method": "GET"}]
        shown = found[start : start + size]
        return 200, {"events": shown, "count": len(shown), "links": links}

    # What payers do

    def pay(self, order_name: str) -> dict[str, Any]:
        """Somebody approves an order on PayPal's page; the money is taken by a capture."""
        with self.lock:
            order = self.kept.objects[order_name]["order"]
            if order["status"] in ("PAYER_ACTION_REQUIRED", "CREATED"):
                order["status"] = "APPROVED"
                self.emit("CHECKOUT.ORDER.APPROVED", "checkout-order", order)
            return order

    def dispute(self, capture_name: str, amount: str = "") -> dict[str, Any]:
        capture = self.kept.objects[capture_name]["capture"]
        dispute = {
            "dispute_id": self.new_id("PP-D-"),
            "create_time": self.stamp(),
            "disputed_transactions": [{"seller_transaction_id": capture["id"]}],
            "dispute_amount": {**capture["amount"], **({"value": amount} if amount else {})},
            "reason": "MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
            "seller_response_due_date": "2030-03-04T00:00:00.000Z",
            "status": "WAITING_FOR_SELLER_RESPONSE",
        }
        self.kept.objects[dispute["dispute_id"]] = {"dispute": dispute}
        self.emit("CUSTOMER.DISPUTE.CREATED", "dispute", dispute)
        return dispute

    def decide(self, dispute_name: str, outcome: str) -> None:
        dispute = self.kept.objects[dispute_name]["dispute"]
        dispute["status"] = "UNDER_REVIEW"
        self.emit("CUSTOMER.DISPUTE.UPDATED", "dispute", dispute)
        whose = "SELLER" if outcome == "won" else "BUYER"
        dispute |= {
            "status": "RESOLVED",
            "dispute_outcome": {"outcome_code": f"RESOLVED_{whose}_FAVOUR"},
        }
        self.emit("CUSTOMER.DISPUTE.RESOLVED", "dispute", dispute)

    def bounce(self, refund_name: str) -> None:
        refund = self.kept.objects[refund_name]["refund"]
        refund["status"] = "FAILED"
        self.emit("PAYMENT.REFUND.FAILED", "refund", refund)

    def hosted_page(self, call: Call) -> tuple[int, str, str]:
        found = self.kept.objects.get(call.path.removeprefix("/pay/"))
        if found is None:
            return 404, "No such page.", ""
        amount = found["order"]["purchase_units"][0]["amount"]
        if call.method == "GET":
            text = f"{amount['value']} {amount['currency_code']}"
            return 200, PAGE.format(name="PayPal", what="Order", amount=text), ""
        if b"decline" in call.raw:
            return 303, "", found["back"]["cancel_url"]
        self.pay(found["order"]["id"])
        return 303, "", found["back"]["return_url"]

    # Bookkeeping

    def stamp(self) -> str:
        return self.now().strftime("%Y-%m-%dT%H:%M:%SZ")

    def emit(self, kind: str, what: str, resource: dict[str, Any]) -> None:
        self.publish(
            {
                "id": self.new_id("WH-"),
                "create_time": self.stamp(),
                "event_type": kind,
                "event_version": "1.0",
                "resource": dict(resource),
                "resource_type": what,
                "summary": kind,
            }
        )

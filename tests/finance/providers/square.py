"""Square's API v2: JSON bodies with their key inside, events signed with the address."""

import base64
import hashlib
import hmac
from datetime import datetime
from typing import Any

from tests.finance.providers.server import PAGE, Answer, Call, Route, StandIn, Subscription, route

DECLINED = "cnon:card-nonce-declined"


class SquareStandIn(StandIn):
    """Payments, payment links and their orders, refunds, disputes, customers, cards, events."""

    name = "square"
    merchant = "6SSW7HV8K2ST5"

    def routes(self) -> list[Route]:
        one = r"(?P<name>[A-Za-z0-9_:-]+)"
        return [
            route("POST", "/v2/payments", self.create_payment),
            route("GET", "/v2/payments", self.list_payments),
            route("GET", f"/v2/payments/{one}", self.read_payment),
            route("POST", f"/v2/payments/{one}/complete", self.complete),
            route("POST", f"/v2/payments/{one}/cancel", self.cancel),
            route("POST", "/v2/online-checkout/payment-links", self.create_link),
            route("DELETE", f"/v2/online-checkout/payment-links/{one}", self.delete_link),
            route("GET", f"/v2/orders/{one}", self.read_order),
            route("POST", "/v2/refunds", self.create_refund),
            route("GET", "/v2/refunds", self.list_refunds),
            route("POST", "/v2/customers", self.create_customer),
            route("POST", "/v2/cards", self.create_card),
            route("POST", f"/v2/cards/{one}/disable", self.disable_card),
            route("POST", "/v2/events", self.search_events),
        ]

    def key_of(self, call: Call) -> str:
        return str(call.body.get("idempotency_key") or "")

    def problem(self, status: int, code: str, text: str = "") -> Answer:
        category = {402: "PAYMENT_METHOD_ERROR", 401: "AUTHENTICATION_ERROR", 429: "RATE_LIMIT"}
        code = "IDEMPOTENCY_KEY_REUSED" if code == "key_reused" else code.upper()
        error = {"category": category.get(status, "INVALID_REQUEST_ERROR"), "code": code}
        return status, {"errors": [{**error, "detail": text or code}]}

    def sign(self, body: bytes, target: Subscription) -> dict[str, str]:
        digest = hmac.new(target.secret.encode(), target.url.encode() + body, hashlib.sha256)
        return {"x-square-hmacsha256-signature": base64.b64encode(digest.digest()).decode()}

    # Requests

    def create_payment(self, call: Call) -> Answer:
        given = call.body
        if given["source_id"] == DECLINED:
            return self.problem(402, "CARD_DECLINED", "Authorization error")
        payment = self.payment(
            given["amount_money"], self.new_id("order"), given.get("reference_id")
        )
        self.emit("payment.created", "payment", payment["id"], payment)
        if given.get("autocomplete", True):
            self.finish(payment)
        return 200, {"payment": payment}

    def list_payments(self, call: Call) -> Answer:
        return 200, {"payments": self.since(call, "payment")}

    def read_payment(self, call: Call, name: str) -> Answer:
        found = self.kept.objects.get(name)
        return (200, {"payment": found["payment"]}) if found else self.problem(404, "NOT_FOUND")

    def complete(self, call: Call, name: str) -> Answer:
        payment = self.kept.objects[name]["payment"]
        if payment["status"] != "APPROVED":
            return self.problem(400, "BAD_REQUEST", "The payment is not approved.")
        self.finish(payment)
        return 200, {"payment": payment}

    def cancel(self, call: Call, name: str) -> Answer:
        payment = self.kept.objects[name]["payment"]
        if payment["status"] != "APPROVED":
            return self.problem(400, "BAD_REQUEST", "The payment is not approved.")
        payment |= {"status": "CANCELED", "updated_at": self.stamp()}
        self.emit("payment.updated", "payment", payment["id"], payment)
        return 200, {"payment": payment}

    def create_link(self, call: Call) -> Answer:
        given = call.body
        order = {
            "id": self.new_id("order"),
            "created_at": self.stamp(),
            "line_items": given["order"]["line_items"],
            "location_id": given["order"]["location_id"],
            "reference_id": given["order"].get("reference_id"),
            "state": "OPEN",
            "version": 1,
        }
        self.keep("order", order)
        name = self.new_id("LINK")
        link = {
            "id": name,
            "created_at": self.stamp(),
            "order_id": order["id"],
            "url": f"{self.url}/pay/{name}",
            "long_url": f"{self.url}/pay/{name}",
            "version": 1,
        }
        self.keep("link", link)
        self.kept.objects[name]["back"] = given["checkout_options"]["redirect_url"]
        return 200, {"payment_link": link, "related_resources": {"orders": [order]}}

    def delete_link(self, call: Call, name: str) -> Answer:
        link = self.kept.objects.pop(name, None)
        if link is None:
            return self.problem(404, "NOT_FOUND")
        self.kept.objects[link["link"]["order_id"]]["order"]["state"] = "CANCELED"
        return 200, {"id": name, "cancelled_order_id": link["link"]["order_id"]}

    def read_order(self, call: Call, name: str) -> Answer:
        found = self.kept.objects.get(name)
        return (200, {"order": found["order"]}) if found else self.problem(404, "NOT_FOUND")

    def create_refund(self, call: Call) -> Answer:
        given = call.body
        found = self.kept.objects.get(str(given["payment_id"]))
        if found is None or found["payment"]["status"] != "COMPLETED":
            return self.problem(404, "NOT_FOUND")
        payment, amount = found["payment"], int(given["amount_money"]["amount"])
        before = sum(
            each["refund"]["amount_money"]["amount"]
            for each in self.kept.objects.values()
            if each.get("refund", {}).get("payment_id") == payment["id"]
            and each["refund"]["status"] in ("PENDING", "COMPLETED")
        )
        if amount > payment["amount_money"]["amount"] - before:
            return self.problem(400, "REFUND_AMOUNT_INVALID")
        refund = {
            "id": f"{payment['id']}_{self.new_id('R')}",
            "amount_money": given["amount_money"],
            "created_at": self.stamp(),
            "location_id": payment["location_id"],
            "order_id": payment["order_id"],
            "payment_id": payment["id"],
            "reason": given.get("reason", ""),
            "status": "PENDING",
            "updated_at": self.stamp(),
        }
        self.keep("refund", refund)
        self.emit("refund.created", "refund", refund["id"], refund)
        answer = dict(refund)
        refund["status"] = "COMPLETED"
        self.emit("refund.updated", "refund", refund["id"], refund)
        return 200, {"refund": answer}

    def list_refunds(self, call: Call) -> Answer:
        return 200, {"refunds": self.since(call, "refund")}

    def create_customer(self, call: Call) -> Answer:
        customer = {"id": self.new_id("CUST"), "created_at": self.stamp()}
        self.keep("customer", customer)
        return 200, {"customer": customer}

    def create_card(self, call: Call) -> Answer:
        card = {
            "id": self.new_id("ccof:"),
            "card_brand": "VISA",
            "customer_id": call.body["card"].get("customer_id"),
            "enabled": True,
            "exp_month": 11,
            "exp_year": 2030,
            "last_4": "1111",
            "reference_id": call.body["card"].get("reference_id"),
        }
        self.keep("card", card)
        self.emit("card.created", "card", card["id"], card)
        return 200, {"card": card}

    def disable_card(self, call: Call, name: str) -> Answer:
        found = self.kept.objects.get(name) or {"card": {"id": name}}
        card = self.keep("card", {**found["card"], "enabled": False})
        self.emit("card.updated", "card", card["id"], card)
        return 200, {"card": card}

    def search_events(self, call: Call) -> Answer:
        period = call.body["query"]["filter"]["created_at"]
        since, until = (datetime.fromisoformat(period[end]) for end in ("start_at", "end_at"))
        found = [
            event
            for event in self.kept.events
            if since <= datetime.fromisoformat(event["created_at"]) < until
        ]
        start, size = int(call.body.get("cursor") or 0), int(call.body.get("limit", 100))
        more = {"cursor": str(start + size)} if len(found) > start + size else {}
        return 200, {"events": found[start : start + size], **more}

    # What payers and banks do

    def pay(self, link_name: str) -> dict[str, Any]:
        """Somebody pays on the page of a link."""
        with self.lock:
            link = self.kept.objects[link_name]["link"]
            order = self.kept.objects[link["order_id"]]["order"]
            if order["state"] != "OPEN":
                return order
            money = order["line_items"][0]["base_price_money"]
            # A payment on a link has the order's id and no reference of its own.
            payment = self.payment(money, order["id"], None)
            order |= {
                "state": "COMPLETED",
                "tenders": [{"id": payment["id"], "type": "CARD", "payment_id": payment["id"]}],
            }
            self.emit("payment.created", "payment", payment["id"], payment)
            self.finish(payment)
            return payment

    def dispute(self, payment_name: str, amount: int | None = None) -> dict[str, Any]:
        payment = self.kept.objects[payment_name]["payment"]
        money = payment["amount_money"]
        dispute = {
            "id": self.new_id("DISPUTE"),
            "amount_money": {**money, "amount": amount or money["amount"]},
            "card_brand": "VISA",
            "created_at": self.stamp(),
            "disputed_payment": {"payment_id": payment["id"]},
            "due_at": "2030-03-04T00:00:00.000Z",
            "location_id": payment["location_id"],
            "reason": "AMOUNT_DIFFERS",
            "state": "EVIDENCE_REQUIRED",
            "updated_at": self.stamp(),
            "version": 1,
        }
        self.keep("dispute", dispute)
        self.emit("dispute.created", "dispute", dispute["id"], dispute)
        return dispute

    def decide(self, dispute_name: str, outcome: str) -> None:
        dispute = self.kept.objects[dispute_name]["dispute"]
        for state in ("PROCESSING", outcome.upper()):
            dispute |= {"state": state, "updated_at": self.stamp()}
            self.emit("dispute.state.changed", "dispute", dispute["id"], dispute)

    def bounce(self, refund_name: str) -> None:
        refund = self.kept.objects[refund_name]["refund"]
        refund |= {"status": "FAILED", "updated_at": self.stamp()}
        self.emit("refund.updated", "refund", refund["id"], refund)

    def hosted_page(self, call: Call) -> tuple[int, str, str]:
        found = self.kept.objects.get(call.path.removeprefix("/pay/"))
        if found is None or "link" not in found:
            return 404, "No such page.", ""
        order = self.kept.objects[found["link"]["order_id"]]["order"]
        money = order["line_items"][0]["base_price_money"]
        if call.method == "GET":
            amount = f"{money['amount']} {money['currency']}"
            return 200, PAGE.format(name="Square", what="Payment link", amount=amount), ""
        if b"decline" not in call.raw:
            self.pay(found["link"]["id"])
        return 303, "", found["back"]

    # Bookkeeping

    def payment(self, money: dict[str, Any], order_id: str, reference: Any) -> dict[str, Any]:
        payment = {
            "id": self.new_id("PAY"),
            "amount_money": money,
            "approved_money": money,
            "card_details": {
                "card": {"card_brand": "VISA", "exp_month": 11, "exp_year": 2030, "last_4": "1111"},
                "status": "AUTHORIZED",
            },
            "created_at": self.stamp(),
            "location_id": "L88917AVBK2S5",
            "order_id": order_id,
            "reference_id": reference,
            "source_type": "CARD",
            "status": "APPROVED",
            "total_money": money,
            "updated_at": self.stamp(),
        }
        return self.keep("payment", {k: v for k, v in payment.items() if v is not None})

    def finish(self, payment: dict[str, Any]) -> None:
        payment |= {"status": "COMPLETED", "updated_at": self.stamp()}
        payment["card_details"] = {**payment["card_details"], "status": "CAPTURED"}
        self.emit("payment.updated", "payment", payment["id"], payment)

    def keep(self, kind: str, found: dict[str, Any]) -> dict[str, Any]:
        self.kept.objects[found["id"]] = {kind: found}
        return found

    def since(self, call: Call, kind: str) -> list[dict[str, Any]]:
        start = datetime.fromisoformat(call.query["begin_time"])
        rows = [each[kind] for each in self.kept.objects.values() if kind in each]
        return [row for row in rows if datetime.fromisoformat(row["created_at"]) >= start]

    def stamp(self) -> str:
        return self.now().strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"

    def emit(self, kind: str, what: str, name: str, found: dict[str, Any]) -> None:
        self.publish(
            {
                "merchant_id": self.merchant,
                "type": kind,
                "event_id": self.new_id("event-"),
                "created_at": self.stamp(),
                "data": {"type": what, "id": name, "object": {what: dict(found)}},
            }
        )

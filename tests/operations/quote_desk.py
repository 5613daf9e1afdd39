"""Who works with quotes and prices over HTTP in tests, and what they send."""

from typing import Any

from operations.links import token_of
from operations.models import QuoteVersion
from operations.pricing.storage import as_json
from tests.operations.plans import Desk
from tests.users.factories import UserFactory, grant
from users.models import User

QUOTES = "/api/operations/quotes/"
EVERY = [
    *(f"operations.{verb}_quote" for verb in ("view", "add", "change", "price", "send")),
    *(f"operations.{verb}_quote" for verb in ("accept", "withdraw", "override_line")),
    "operations.view_quoteversion",
    "operations.view_decline",
    "operations.add_decline",
    "operations.view_medicalrequirement",
    "aircraft.view_aircraft",
    "airports.view_airport",
    "contacts.view_contact",
    "finance.view_ratecard",
    "finance.add_ratecard",
    "finance.change_ratecard",
    "finance.view_rate",
    "finance.add_rate",
    "finance.end_rate",
    "finance.view_taxrule",
    "finance.add_taxrule",
    "finance.end_taxrule",
]


def make_coordinator() -> User:
    """Somebody who may do everything with quotes and prices."""
    user: User = UserFactory()
    grant(user, *EVERY)
    return user


def price_body(desk: Desk, **more: Any) -> dict[str, Any]:
    """The desk's own plan, to be priced with its card."""
    return {
        "aircraft": desk.aircraft.tail_number,
        "rate_card": desk.card.code,
        "itinerary": as_json(desk.itinerary),
        **more,
    }


def offer(version: QuoteVersion, end: str = "") -> str:
    """The link of an offer that was sent, or a verb on it."""
    return f"/api/operations/offers/{token_of(version.link_salt)}/{end}"

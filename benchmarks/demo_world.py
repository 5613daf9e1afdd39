"""Both demos with a trip that is released but not flown yet, in this process and its database."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.core.management import call_command
from django.utils import timezone
from rest_framework.test import APIClient

from common.demo_client import Answer
from contacts.models import FBO, GroundProvider
from finance.models import Invoice
from finance.services.accounts import seed_accounts
from finance.services.credit_notes import CreditedLine, credit_invoice
from finance.services.deposits import draft_deposit
from finance.services.drafts import draft_invoice
from finance.services.issuing import issue
from finance.services.settlement import apply_payment
from flight_operations.demo.load import load_demo
from operations.demo import cast, desk, flight
from operations.demo.crews import rested_crew
from operations.demo.load import load_trip_demo
from operations.demo.scene import TripWalk
from operations.models import GroundLeg, QuoteVersion, ServiceItem, Trip, TripEvidence
from operations.services.offers import accept_version, record_view
from users.demo_people import Person
from users.models import User, UserProfile

PASSWORD = "a-password-of-no-server"  # noqa: S105 - nobody can sign in to a database that goes
TERMS = (
    "Prices hold for the route, times and people named here.\n"
    "A deposit of 50 % is due on acceptance, the rest before departure.\n"
    "Cancelled more than 24 hours before departure: 25 % of the total; later: 50 %; after the"
    " aircraft has left its base: 100 %."
)
HEALTH = {
    "health": "Injured, not infectious.",
    "communicable": "None",
    "other_conditions": "None",
    "disinsection": "KNEW, residual spray, on the day before, 18:00 UTC",
    "signatory": "S. Brook, pilot in command",
}
CARGO = {
    "items": [
        {"air_waybill": "000-12345675", "packages": 2, "nature": "Spare parts, tires",
         "mass_kg": 38.5},
        {"air_waybill": "000-12345686", "packages": 1, "nature": "Medical equipment",
         "mass_kg": 12.0},
    ]
}  # fmt: skip


class Desk:
    """The API as one person sees it, called without a network."""

    def __init__(self, person: Person) -> None:
        self._client = APIClient(SERVER_NAME="127.0.0.1")
        self._client.force_authenticate(User.objects.get(email=person.email))

    def get(self, path: str, **query: Any) -> Answer:
        return self._answer(self._client.get(path, query))

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self._answer(self._client.post(path, body, format="json", headers=headers))

    def patch(self, path: str, body: Any, *, etag: str) -> Answer:
        headers = {"If-Match": etag}
        return self._answer(self._client.patch(path, body, format="json", headers=headers))

    def _answer(self, response: Any) -> Answer:
        text = response.content
        found = {name.lower(): value for name, value in response.items()}
        return Answer(response.status_code, json.loads(text) if text else None, found)


@dataclass
class QuietWalk(TripWalk):
    """A walk of the demo trip without a server."""

    def person(self, who: Person) -> Any:
        return self.people.setdefault(who.key, Desk(who))  # type: ignore[arg-type]


def make_world(say: Callable[[str], None]) -> Trip:
    """Load the demos, walk the trip up to its release, fly nothing."""
    at = timezone.now()
    say("aerodromes and taxes")
    call_command("load_reference_data")
    call_command("seed_taxes")
    load_demo(password=PASSWORD, at=at, progress=say)
    load_trip_demo(password=PASSWORD, at=at, progress=say)
    crew = rested_crew(PASSWORD, at=at)
    walk = QuietWalk("http://127.0.0.1", PASSWORD, say, timezone.now, *crew)
    for step in (
        desk.weather_of_the_hour,
        desk.take_the_request,
        desk.ask_for_a_flight,
        desk.review_it,
        desk.find_the_aircraft,
        desk.price_it,
        accept_it,
        desk.book_it,
        flight.crew_it,
        flight.arrange_it,
        flight.name_who_travels,
        flight.brief_it,
        complete_papers,
        name_providers,
        flight.sign_the_risk,
        flight._release,  # noqa: SLF001 - the step of the demo, without its delay
    ):
        step(walk)
    trip = Trip.objects.get(number=walk.trip)
    bill_it(trip)
    return trip


def accept_it(walk: TripWalk) -> None:
    """The offer with its terms, sent and accepted."""
    QuoteVersion.objects.filter(pk=walk.offer["id"]).update(terms=TERMS)
    body = {"sequence": walk.offer["sequence"], "acknowledged_declines": []}

    walk.post(cast.COORDINATOR, f"quotes/{walk.quote}/send/", body, 200, "send")
    version = QuoteVersion.objects.get(pk=walk.offer["id"])
    at = timezone.now() + timedelta(seconds=1)
    record_view(version, at=at)
    accept_version(
        version,
        content_hash=version.content_hash,
        name="R. Castell",
        address="127.0.0.1",
        actor=None,
        at=at,
    )


def complete_papers(walk: TripWalk) -> None:
    """All answers of the General Declaration, and cargo on the first leg."""
    rows = TripEvidence.objects.filter(trip__number=walk.trip)
    for row in rows.filter(kind="gendec").select_related("leg"):
        row.details = HEALTH if row.leg and row.leg.has_patient else HEALTH | {"health": "None"}
        row.save()
    for row in rows.filter(kind="cargo_manifest", leg__sequence=1):
        row.details = CARGO
        row.save()


def name_providers(walk: TripWalk) -> None:
    """Handlers and ambulances at the places of the trip, and telephone numbers."""
    FBO.objects.filter(phone="").update(phone="+1 504 555 0140")
    GroundProvider.objects.filter(phone="").update(phone="+1 504 555 0150")
    UserProfile.objects.filter(phone="").update(phone="+1 504 555 0160")
    services = ServiceItem.objects.filter(trip__number=walk.trip)
    for row in services.filter(kind="handling"):
        row.fbo = FBO.objects.filter(airport=row.airport).first()
        row.save()
    for road in GroundLeg.objects.filter(trip__number=walk.trip).select_related("leg"):
        place = road.leg.origin if road.is_pickup else road.leg.destination
        road.provider = GroundProvider.objects.filter(airport=place).first()
        road.save()


def bill_it(trip: Trip) -> None:
    """A deposit that was paid, the bill of the offer, a part paid of it, and a credit note."""
    at = timezone.now()
    seed_accounts()
    told: dict[str, Any] = {"actor": User.objects.get(email=cast.ADMIN.email), "at": at}
    about: dict[str, Any] = {"subject": "operations.trip", "subject_id": trip.pk}
    deposit = issue(draft_deposit(**about, percent=Decimal(50), **told), **told)
    _paid(deposit, deposit.total, **told)
    draft = draft_invoice(**about, basis="quote", reference="PO 4711", **told)
    bill = issue(draft, **told)
    line = bill.lines.get(sequence=9)
    taken = [CreditedLine(sequence=line.sequence, amount=line.amount)]
    credit_invoice(bill, reason="Landed elsewhere", lines=taken, **told)
    bill.refresh_from_db()
    _paid(bill, bill.balance / 2, **told)


def _paid(bill: Invoice, amount: Decimal, **told: Any) -> None:
    apply_payment(
        customer=bill.payer,
        amount=amount.quantize(Decimal("0.01")),
        currency=bill.currency,
        channel="bank_transfer",
        received_at=told["at"],
        invoices=[bill],
        reference="WIRE 20261122-7",
        **told,
    )

"""What a customer asks for, until it is answered or taken back."""

import pytest

from common.exceptions import InvalidInput, StaleVersion
from common.models import OutboxEvent
from contacts.exceptions import ContactInactive
from contacts.services.contacts import deactivate_contact
from operations.exceptions import (
    OfferClosed,
    RequestSettled,
)
from operations.queries.offers import (
    state_of,
)
from operations.services.offers import (
    accept_version,
)
from operations.services.requests import (
    WantedLeg,
    change_request,
    record_decline,
    request_quote,
    withdraw_quote,
)
from tests.airports.factories import AirportFactory
from tests.contacts.factories import ContactFactory
from tests.operations.factories import PatientFactory, RequirementFactory
from tests.operations.plans import HOUR, Desk
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(now):
    return Desk(now=now)


def accept(version, at, **more):
    given = {"content_hash": version.content_hash, "name": "J. García", "actor": None, **more}
    return accept_version(version, **given, at=at)


def status(desk):
    desk.quote.refresh_from_db()
    return desk.quote.status


def wanted(now, **more):
    origin, destination = AirportFactory(), AirportFactory()
    return WantedLeg(
        origin=origin, destination=destination, earliest_departure_at=now + HOUR, **more
    )


def test_a_request_is_numbered_and_announced(now):
    actor, customer = UserFactory(), ContactFactory()

    quote = request_quote(
        customer=customer, title="Transfer", legs=[wanted(now)], actor=actor, at=now
    )

    assert quote.number.startswith("QT-2026-")
    assert quote.requested_legs.get().sequence == 1
    assert OutboxEvent.objects.get(name="operations.quote_requested").payload == {
        "quote_id": quote.pk
    }


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"destination": "origin"}, "/legs/0/destination"),
        ({"latest_arrival_at": -1}, "/legs/0/latest_arrival_at"),
        ({"earliest_departure_at": -2}, "/legs/0/earliest_departure_at"),
    ],
)
def test_a_journey_that_cannot_be_flown_is_refused(now, change, pointer):
    given = vars(wanted(now)).copy()
    for name, value in change.items():
        given[name] = given["origin"] if value == "origin" else now + value * HOUR

    with pytest.raises(InvalidInput) as refusal:
        request_quote(
            customer=ContactFactory(),
            title="x",
            legs=[WantedLeg(**given)],
            actor=UserFactory(),
            at=now,
        )

    assert refusal.value.details["pointer"] == pointer


@pytest.mark.parametrize("field", ["title", "notes"])
def test_neither_title_nor_notes_name_the_patient(now, field):
    patient = PatientFactory(known=True)
    given = {"title": "Transfer", "requirement": RequirementFactory(patient=patient)}
    actor, legs = UserFactory(), [wanted(now)]
    named = {field: "Transfer of Mrs EXAMPLE"}

    with pytest.raises(InvalidInput) as refused:
        request_quote(customer=ContactFactory(), legs=legs, actor=actor, at=now, **given | named)
    quote = request_quote(customer=ContactFactory(), legs=legs, actor=actor, at=now, **given)
    with pytest.raises(InvalidInput) as unchanged:
        change_request(quote, changes=named, actor=actor, at=now)

    assert refused.value.details == unchanged.value.details
    assert refused.value.details["pointer"] == f"/{field}"
    assert "xample" not in str(refused.value.details)


def test_a_request_changes_until_an_offer_is_out(desk, now):
    other = ContactFactory()

    quote = change_request(
        desk.quote,
        changes={"title": "Two patients", "customer": other},
        legs=[wanted(now), wanted(now)],
        version=desk.quote.version,
        actor=desk.actor,
        at=now,
    )

    assert (quote.title, quote.customer, quote.requested_legs.count()) == ("Two patients", other, 2)
    with pytest.raises(StaleVersion):
        change_request(quote, changes={}, version=99, actor=desk.actor, at=now)
    desk.quote = quote
    # The plan at hand is of the request before.
    desk.send(desk.price(at=now + HOUR), at=now + HOUR, unserved_reason="Agreed by telephone")
    with pytest.raises(RequestSettled):
        change_request(quote, changes={"title": "x"}, actor=desk.actor, at=now)


def test_nothing_new_is_asked_for_by_a_contact_out_of_use(desk, now):
    gone = ContactFactory()
    deactivate_contact(gone, reason="Closed", actor=desk.actor, at=now)

    with pytest.raises(ContactInactive):
        change_request(desk.quote, changes={"customer": gone}, actor=desk.actor, at=now)


def test_a_quote_is_withdrawn_with_the_reason(desk, now):
    version = desk.send()

    withdraw_quote(desk.quote, reason="Aircraft sold", actor=desk.actor, at=now)

    assert status(desk) == "withdrawn"
    assert state_of(version, desk.quote, at=now) == "withdrawn"
    with pytest.raises(OfferClosed):
        accept(version, now)


def refusal(desk, now, **more):
    given = {"by": "other_operator", "reason": "weather", "actor": desk.actor, "at": now, **more}
    return record_decline(**given)

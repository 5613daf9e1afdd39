"""What takes the place of an offer or of a whole request, and what then no longer stands."""

from datetime import timedelta

import pytest
from django.utils import timezone

from common.compliance.service import touch
from common.compliance.subjects import subjects
from common.exceptions import InvalidInput, TransitionNotAllowed
from common.models import AuditEvent, ComplianceState, Delivery, OutboxEvent, StatusChange
from common.tasks import deliver
from operations.exceptions import OfferClosed, OfferSuperseded, QuoteNotBookable
from operations.models import QuoteStatus, QuoteVersion, TripStatus
from operations.services.assessment import OFFER
from operations.services.offers import accept_version, decline_offer, record_view
from operations.services.requests import supersede_quote, withdraw_quote
from operations.services.trips import hold_aircraft, release_holds_of_closed
from tests.operations import legal_world
from tests.operations.factories import QuoteFactory
from tests.operations.plans import HOUR, Desk
from tests.operations.quote_desk import QUOTES, make_coordinator, offer

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    now = timezone.now()
    return Desk(now=now, aircraft=legal_world.aircraft(now))


@pytest.fixture
def client(client_for):
    return client_for(make_coordinator())


def again(desk, **more):
    """The same customer's second request for the same flight."""
    return QuoteFactory(**{"customer": desk.quote.customer, **more})


def answer_to(version):
    return {"content_hash": version.content_hash, "name": "J. G."}


EVERY_VERB = [("get", ""), ("post", ""), ("post", "accept/"), ("post", "decline/")]


@pytest.mark.parametrize(("method", "end"), EVERY_VERB)
def test_an_older_link_is_gone_and_says_which_version_took_its_place(api, desk, method, end):
    first = desk.send()
    second = desk.send(desk.price())
    body = (answer_to(first),) if end == "accept/" else ()

    answer = getattr(api, method)(offer(first, end), *body)

    assert answer.status_code == 410
    assert answer["Content-Type"] == "application/problem+json"
    assert (answer["Cache-Control"], answer["Referrer-Policy"]) == ("no-store", "no-referrer")
    found = answer.json()
    assert (found["code"], found["type"]) == ("offer_superseded", "/problems/offer_superseded")
    sent = f"{second.sent_at:%Y-%m-%d %H:%MZ}"
    assert found["details"] == {"offer": str(first), "newest": 2, "sent_at": sent}
    assert found["detail"] == f"{first} no longer stands: version 2 took its place at {sent}."
    first.refresh_from_db()
    desk.quote.refresh_from_db()
    assert (first.viewed_at, first.answered_at, desk.quote.status) == (None, None, "sent")
    assert api.get(offer(second)).json()["state"] == "open"


def test_a_link_is_gone_as_soon_as_another_offer_is_in_the_making(client, api, desk):
    first = desk.send()
    desk.price()

    answer = api.get(offer(first))

    assert (answer.status_code, answer.json()["code"]) == (410, "offer_superseded")
    assert answer.json()["details"] == {"offer": str(first)}
    states = client.get(f"{QUOTES}{desk.quote.number}/versions/").json()
    assert [row["state"] for row in states] == ["draft", "superseded"]


def test_what_was_answered_taken_back_or_ran_out_is_still_shown(api, desk):
    version = desk.send()
    withdraw_quote(desk.quote, reason="Aircraft sold", actor=desk.actor, at=desk.now)

    shown = api.get(offer(version))

    assert (shown.status_code, shown.json()["state"]) == (200, "withdrawn")


def test_the_older_version_is_judged_no_more(desk):
    first = desk.price()
    second = desk.price()
    states = {row.subject_id: row for row in ComplianceState.objects.filter(subject_type=OFFER)}

    touch(f"aircraft:{desk.aircraft.pk}", because="a defect")

    assert states[first.pk].dependencies == []
    stale = ComplianceState.objects.filter(subject_type=OFFER, is_stale=True)
    assert [row.subject_id for row in stale] == [second.pk]
    stages = subjects[OFFER].stages([first.pk, second.pk])
    assert {pk: stage and str(stage) for pk, stage in stages.items()} == {
        first.pk: None,
        second.pk: "planning",
    }


def test_a_request_made_again_takes_the_place_of_the_first(api, desk):
    version = desk.send()
    other = again(desk)

    supersede_quote(desk.quote, by=other, actor=desk.actor, at=desk.now)

    desk.quote.refresh_from_db()
    assert desk.quote.status == QuoteStatus.SUPERSEDED
    step = StatusChange.objects.get(object_id=desk.quote.pk, to_status="superseded")
    assert step.reason == f"{other.number} took its place."
    assert AuditEvent.objects.get(action="quote.superseded").details["by"] == other.number
    assert OutboxEvent.objects.filter(name="operations.quote_closed").count() == 1
    link = api.get(offer(version))
    assert (link.status_code, link.json()["details"]) == (410, {"offer": str(version)})
    with pytest.raises(OfferClosed):
        accept_version(version, **answer_to(version), actor=None, at=desk.now)
    with pytest.raises(TransitionNotAllowed):
        desk.price()


@pytest.mark.parametrize(
    ("by", "reason"),
    [
        (lambda desk: desk.quote, "same customer"),
        (lambda desk: QuoteFactory(), "same customer"),
        (lambda desk: again(desk, status="withdrawn"), "is withdrawn"),
    ],
)
def test_only_a_standing_request_of_the_customer_takes_its_place(desk, by, reason):
    other = by(desk)

    with pytest.raises(InvalidInput, match=reason):
        supersede_quote(desk.quote, by=other, actor=desk.actor, at=desk.now)

    desk.quote.refresh_from_db()
    assert desk.quote.status == "requested"


def test_what_was_accepted_is_not_superseded(desk):
    version = desk.send()
    accept_version(version, **answer_to(version), actor=None, at=desk.now)

    with pytest.raises(TransitionNotAllowed):
        supersede_quote(desk.quote, by=again(desk), actor=desk.actor, at=desk.now)


def test_a_request_is_superseded_over_http_once(client, desk):
    other = again(desk)
    address = f"{QUOTES}{desk.quote.number}/supersede/"
    key = {"headers": {"Idempotency-Key": "again"}}

    answers = [client.post(address, {"by": other.number}, **key) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["status"] == "superseded"
    assert client.post(address, {"by": other.number}).json()["code"] == "transition_not_allowed"
    assert client.post(address, {"by": "QT-2020-0000"}).status_code == 400
    assert client.post(address, {"by": other.number, "extra": 1}).status_code == 400
    assert client.post(address, {}).status_code == 400


def test_the_aircraft_is_held_for_the_offer_that_stands_alone(desk):
    first = desk.send()
    second = desk.send(desk.price())

    with pytest.raises(QuoteNotBookable, match="newer version"):
        hold_aircraft(first, actor=desk.actor, at=desk.now)

    assert hold_aircraft(second, actor=desk.actor, at=desk.now).status == TripStatus.TENTATIVE


def run_what_follows(name):
    """Let the worker do what it was asked to after the last event of a name."""
    event = OutboxEvent.objects.filter(name=name).latest("pk")
    for delivery in Delivery.objects.filter(event=event):
        deliver(delivery_id=delivery.pk)


@pytest.mark.parametrize(
    "closing",
    [
        lambda desk, version: withdraw_quote(
            desk.quote, reason="Aircraft sold", actor=desk.actor, at=desk.now
        ),
        lambda desk, version: decline_offer(version, reason="price", name="J. G.", at=desk.now),
        lambda desk, version: supersede_quote(
            desk.quote, by=again(desk), actor=desk.actor, at=desk.now
        ),
    ],
    ids=["withdrawn", "declined", "superseded"],
)
def test_a_hold_ends_with_its_quote(desk, closing):
    version = desk.send()
    held = hold_aircraft(version, actor=desk.actor, at=desk.now)

    closing(desk, version)
    run_what_follows("operations.quote_closed")

    held.refresh_from_db()
    assert (held.status, held.quote) == (TripStatus.CANCELLED, None)
    step = StatusChange.objects.get(
        object_id=held.pk, content_type__model="trip", to_status="cancelled"
    )
    assert desk.quote.number in step.reason
    assert release_holds_of_closed(desk.quote.pk, at=desk.now) == 0


def test_a_hold_stays_while_the_quote_may_still_be_accepted(desk):
    version = desk.send()
    held = hold_aircraft(version, actor=desk.actor, at=desk.now)
    record_view(version, at=desk.now)

    assert release_holds_of_closed(desk.quote.pk, at=desk.now) == 0

    held.refresh_from_db()
    assert held.status == TripStatus.TENTATIVE


def test_who_answers_while_the_newer_one_goes_out_is_told(desk):
    first = desk.send()
    desk.send(desk.price())

    with pytest.raises(OfferSuperseded) as refusal:
        accept_version(first, **answer_to(first), actor=None, at=desk.now + timedelta(minutes=1))

    assert (refusal.value.status, refusal.value.code) == (409, "offer_superseded")
    assert QuoteVersion.objects.filter(answered_at__isnull=False).count() == 0


def test_an_offer_is_never_valid_beyond_its_departure(desk):
    version = desk.price(valid_for=timedelta(days=30))

    assert version.valid_until == desk.itinerary.start_at
    assert desk.price(valid_for=HOUR).valid_until == desk.now + HOUR

"""An offer with the customer: sent, opened, answered, run out, replaced."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from aircraft.exceptions import AircraftRetired
from aircraft.models import Aircraft
from common.exceptions import TransitionNotAllowed
from common.models import AuditEvent, OutboxEvent, StatusChange
from operations.exceptions import (
    ContentDiffers,
    OfferClosed,
    OfferExpired,
    OfferNotSent,
    OfferOutdated,
    OfferSent,
    OfferStillValid,
    OfferSuperseded,
)
from operations.links import token_of
from operations.models import Decline, Quote, QuoteVersion
from operations.queries.offers import (
    hash_of,
    offer_by_token,
    quotes_run_out,
    state_of,
)
from operations.services.offers import (
    accept_version,
    decline_offer,
    expire_quote,
    record_view,
    send_version,
)
from operations.services.requests import (
    change_request,
)
from operations.services.requirements import change_requirement, review_requirement
from operations.tasks import expire_offers
from tests.operations.plans import HOUR, Desk

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


def test_sending_freezes_the_offer_and_keeps_only_the_digest_of_its_link(desk, now):
    desk.quote.requester_email = "desk@hospital.example"
    desk.quote.save()

    version = desk.send()

    token = token_of(version.link_salt)
    assert (len(token), status(desk)) == (43, "sent")
    assert token not in str(list(QuoteVersion.objects.values_list()))
    assert (version.sent_to, version.sent_by) == ("desk@hospital.example", desk.actor)
    assert version.content_hash == hash_of(version, version.lines.all())
    assert OutboxEvent.objects.get(name="operations.quote_sent").payload == {
        "quote_id": desk.quote.pk,
        "version_id": version.pk,
    }
    assert token not in str(list(AuditEvent.objects.values_list("details", "subject_label")))
    assert offer_by_token(token) == version
    assert offer_by_token(token[:-1]) is None
    with pytest.raises(OfferSent):
        desk.send(version)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE operations_quoteversion SET total = total + 1, subtotal = subtotal + 1",
        "UPDATE operations_quoteversion SET terms = 'other'",
        "UPDATE operations_quoteversion SET valid_until = valid_until + interval '1 day'",
        "UPDATE operations_quoteversion SET sent_at = NULL, link_digest = ''",
        "DELETE FROM operations_quoteversion",
        "UPDATE operations_quoteline SET amount = computed, description = 'other'",
        "DELETE FROM operations_quoteline",
        "INSERT INTO operations_quoteline SELECT * FROM operations_quoteline",
    ],
)
def test_the_database_refuses_to_change_what_was_sent(desk, statement):
    desk.send()

    with pytest.raises(DatabaseError) as fault, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    assert "sent" in str(fault.value)


def test_an_answer_is_written_once(desk, now):
    version = accept(desk.send(), now)

    with pytest.raises(DatabaseError, match="once"), transaction.atomic():
        QuoteVersion.objects.filter(pk=version.pk).update(answered_by="Somebody else")


def test_a_newer_version_takes_the_place_of_the_one_that_is_out(desk, now):
    first = desk.send()
    second = desk.price()

    assert (second.sequence, status(desk)) == (2, "priced")
    assert state_of(first, desk.quote, at=now) == "superseded"
    with pytest.raises(OfferSuperseded):
        accept(first, now)
    desk.send(second)
    assert status(desk) == "sent"
    desk.quote.refresh_from_db()
    assert state_of(second, desk.quote, at=now) == "open"
    with pytest.raises(OfferSuperseded):
        accept(first, now)
    third = desk.price()
    desk.price()
    with pytest.raises(OfferSuperseded):
        desk.send(third)


def test_an_offer_priced_before_the_request_changed_is_not_sent(desk, now):
    version = desk.price()
    change_request(desk.quote, changes={"title": "Other"}, actor=desk.actor, at=now + HOUR)

    with pytest.raises(OfferOutdated):
        send_version(version, actor=desk.actor, at=now + HOUR)


def test_an_offer_priced_while_the_change_waited_for_the_quote_is_not_sent(desk, now):
    version = desk.price(at=now + HOUR)
    change_request(desk.quote, changes={"title": "Other"}, actor=desk.actor, at=now)

    with pytest.raises(OfferOutdated):
        send_version(version, actor=desk.actor, at=now + HOUR)


def test_a_plan_of_what_was_asked_for_before_the_change_is_not_priced(desk, now):
    change_request(Quote(pk=desk.quote.pk), changes={"title": "Other"}, actor=desk.actor, at=now)

    with pytest.raises(OfferOutdated):
        desk.price(at=now + HOUR)

    desk.quote.refresh_from_db()
    assert desk.price(at=now + HOUR).sequence == 1


def test_an_offer_planned_before_the_patient_needed_more_is_not_sent(desk, now):
    version, given = desk.price(), {"version": None, "actor": desk.actor, "at": now}
    needs = change_requirement(
        desk.quote.requirement, changes={"oxygen_flow_lpm": Decimal(12)}, **given
    )
    review_requirement(needs, decision="fit", **given)

    with pytest.raises(OfferOutdated):
        desk.send(version)

    desk.quote.refresh_from_db()
    assert desk.send(desk.price()).sequence == 2


def test_a_review_that_changes_no_need_leaves_the_offer_as_it_is(desk, now):
    version = desk.price()
    review_requirement(
        desk.quote.requirement, decision="fit", version=None, actor=desk.actor, at=now
    )

    assert desk.send(version).sent_at == now


def test_an_aircraft_retired_since_is_not_offered(desk):
    version = desk.price()
    Aircraft.objects.filter(pk=desk.aircraft.pk).update(status="retired")

    with pytest.raises(AircraftRetired):
        desk.send(version)


def test_exactly_what_was_read_is_accepted_once(desk, now):
    version = desk.send()
    record_view(version, at=now)
    assert status(desk) == "viewed"

    with pytest.raises(ContentDiffers):
        accept(version, now, content_hash="0" * 64)
    accepted = accept(version, now, address="192.0.2.7", note="Please call")

    assert (status(desk), desk.quote.accepted_version) == ("accepted", version)
    assert (accepted.answered_by, accepted.answered_from) == ("J. García", "192.0.2.7")
    with pytest.raises(OfferClosed):
        accept(version, now)
    with pytest.raises(TransitionNotAllowed):
        desk.price()
    steps = StatusChange.objects.filter(object_id=desk.quote.pk, content_type__model="quote")
    assert list(steps.order_by("pk").values_list("to_status", flat=True)) == [
        "priced",
        "sent",
        "viewed",
        "accepted",
    ]


def test_what_was_never_sent_or_ran_out_is_not_accepted(desk, now):
    version = desk.price()
    with pytest.raises(OfferNotSent):
        accept(version, now)
    desk.send(version)
    with pytest.raises(OfferExpired):
        accept(version, version.valid_until)
    accept(version, version.valid_until - timedelta(microseconds=1))


def test_offers_that_ran_out_are_closed_and_priced_again(desk, now):
    version = desk.send()
    with pytest.raises(OfferStillValid):
        expire_quote(desk.quote, at=now)
    assert list(quotes_run_out(now)) == []
    assert list(quotes_run_out(version.valid_until)) == [desk.quote]

    expire_offers()

    assert status(desk) == "expired"
    assert state_of(version, desk.quote, at=now) == "expired"
    with pytest.raises(OfferClosed):
        expire_quote(desk.quote, at=version.valid_until)
    assert desk.price().sequence == 2
    assert status(desk) == "priced"


def test_the_first_look_counts(desk, now):
    version = desk.send()

    record_view(version, at=now)
    record_view(version, at=now + HOUR)

    version.refresh_from_db()
    assert version.viewed_at == now
    assert OutboxEvent.objects.filter(name="operations.quote_viewed").count() == 1


def test_a_customers_no_closes_the_quote_and_is_kept(desk, now):
    version = desk.send()

    decline_offer(version, reason="price", note="Too dear", name="J. G.", at=now)

    decline = Decline.objects.get()
    assert (status(desk), decline.by, decline.reason) == ("declined", "customer", "price")
    assert decline.point == desk.airports[1].point
    assert decline.patient == desk.quote.requirement.patient
    with pytest.raises(OfferClosed):
        accept(version, now)
    assert desk.price().sequence == 2

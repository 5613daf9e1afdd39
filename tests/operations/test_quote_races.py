"""Two answers at once, and an answer against an expiry or a newer version."""

from contextlib import suppress
from datetime import timedelta
from threading import Barrier, BrokenBarrierError
from unittest.mock import patch

import pytest

from common.exceptions import DomainError, InvalidInput, TransitionNotAllowed
from common.models import StatusChange
from operations.exceptions import (
    OfferClosed,
    OfferExpired,
    OfferOutdated,
    OfferSent,
    OfferSuperseded,
)
from operations.models import Quote, QuoteVersion
from operations.services import offers, prices, requests
from operations.services.offers import accept_version, expire_quote, send_version
from operations.services.requests import change_request, supersede_quote
from tests.common.concurrency import at_once
from tests.operations.factories import QuoteFactory
from tests.operations.plans import Desk

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(now):
    return Desk(now=now)


def fresh(version):
    return QuoteVersion.objects.select_related("quote", "aircraft").get(pk=version.pk)


def accepting(version, at, name="J. García"):
    row = fresh(version)
    return lambda: accept_version(row, content_hash=row.content_hash, name=name, actor=None, at=at)


def steps(quote):
    rows = StatusChange.objects.filter(content_type__model="quote", object_id=quote.pk)
    return list(rows.order_by("pk").values_list("to_status", flat=True))


def failures(outcomes):
    return [each for each in outcomes if isinstance(each, Exception)]


def test_of_many_acceptances_at_once_one_counts(desk, now):
    version = desk.send()

    outcomes = at_once(*[accepting(version, now, f"Caller {n}") for n in range(6)])

    assert [type(each) for each in failures(outcomes)] == [OfferClosed] * 5
    assert steps(desk.quote).count("accepted") == 1
    winner = next(each for each in outcomes if isinstance(each, QuoteVersion))
    assert fresh(version).answered_by == winner.answered_by


def unlocked(*modules):
    """Take the row locks away: everybody decides on what was read before anybody wrote."""
    gate = Barrier(2)

    def read(instance, *, version=None):
        row = type(instance)._default_manager.get(pk=instance.pk)
        if isinstance(row, QuoteVersion):
            with suppress(BrokenBarrierError):
                gate.wait(timeout=3)
        return row

    return [patch.object(module, "locked", read) for module in modules]


def test_control_without_the_locks_two_acceptances_would_both_pass_the_checks(desk, now):
    version = desk.send()
    (guard_off,) = unlocked(offers)

    with guard_off:
        outcomes = at_once(accepting(version, now, "One"), accepting(version, now, "Two"))

    # The database alone stops the second then, by refusing to change what is answered.
    assert not any(isinstance(each, DomainError) for each in outcomes)
    assert "answered once" in str(failures(outcomes)[0])


@pytest.mark.parametrize("round_number", range(5))
def test_an_acceptance_in_the_last_moment_against_the_expiry(desk, now, round_number):
    version = desk.send()
    quote = Quote.objects.get(pk=desk.quote.pk)
    until = version.valid_until

    accepted, expired = at_once(
        accepting(version, until.replace(microsecond=0) - (until - now) / 100),
        lambda: expire_quote(quote, at=until),
    )

    quote.refresh_from_db()
    if quote.status == "accepted":
        assert isinstance(expired, OfferClosed)
    else:
        assert (quote.status, type(accepted)) == ("expired", OfferExpired)
        assert fresh(version).answered_at is None
    assert len({"accepted", "expired"} & set(steps(quote))) == 1


def test_control_without_the_locks_an_offer_would_be_accepted_and_expired(desk, now):
    version = desk.send()
    quote = Quote.objects.get(pk=desk.quote.pk)
    gate = Barrier(2)

    def read(instance, *, version=None):
        row = type(instance)._default_manager.get(pk=instance.pk)
        if isinstance(row, Quote):
            with suppress(BrokenBarrierError):
                gate.wait(timeout=3)
        return row

    with patch.object(offers, "locked", read):
        at_once(accepting(version, now), lambda: expire_quote(quote, at=version.valid_until))

    assert {"accepted", "expired"} <= set(steps(quote))


@pytest.mark.parametrize("round_number", range(5))
def test_an_acceptance_against_a_newer_version(desk, now, round_number):
    version = desk.send()

    accepted, priced = at_once(accepting(version, now), desk.price)

    desk.quote.refresh_from_db()
    if desk.quote.status == "accepted":
        assert isinstance(priced, TransitionNotAllowed)
        assert desk.quote.versions.count() == 1
    else:
        assert (desk.quote.status, type(accepted)) == ("priced", OfferSuperseded)
        assert fresh(version).answered_at is None


def test_control_without_the_locks_a_superseded_version_would_be_accepted(desk, now):
    version = desk.send()
    gate = Barrier(2)

    def read(instance, *, version=None):
        row = type(instance)._default_manager.get(pk=instance.pk)
        if isinstance(row, Quote):
            with suppress(BrokenBarrierError):
                gate.wait(timeout=3)
        return row

    with patch.object(offers, "locked", read), patch.object(prices, "locked", read):
        outcomes = at_once(accepting(version, now), desk.price)

    assert failures(outcomes) == []
    assert {"accepted", "priced"} <= set(steps(desk.quote)[2:])


@pytest.mark.parametrize("round_number", range(3))
def test_a_price_against_a_change_of_the_request_leaves_no_offer_of_what_was(
    desk, now, round_number
):
    """Whichever comes first: the price is refused, or what was priced is not sent."""
    quote, later = Quote.objects.get(pk=desk.quote.pk), now + timedelta(minutes=1)
    changed = {"changes": {"title": "Other"}, "actor": desk.actor, "at": now}

    outcomes = at_once(lambda: change_request(quote, **changed), lambda: desk.price(at=later))

    version = QuoteVersion.objects.filter(quote=quote).first()
    if version is None:
        assert [type(each) for each in failures(outcomes)] == [OfferOutdated]
    else:
        with pytest.raises(OfferOutdated):
            send_version(fresh(version), actor=desk.actor, at=later)


def test_an_offer_sent_twice_at_once_goes_out_once(desk, now):
    version = desk.price()

    def send():
        return send_version(fresh(version), actor=desk.actor, at=now)

    outcomes = at_once(send, send, send)

    assert [type(each) for each in failures(outcomes)] == [OfferSent] * 2
    assert steps(desk.quote).count("sent") == 1


def test_versions_priced_at_once_are_numbered_one_after_the_other(desk):
    outcomes = at_once(desk.price, desk.price, desk.price)

    assert failures(outcomes) == []
    assert sorted(each.sequence for each in outcomes) == [1, 2, 3]


def test_two_requests_that_supersede_each_other_end_with_one_standing(desk, now):
    first, second = desk.quote, QuoteFactory(customer=desk.quote.customer)

    outcomes = at_once(
        lambda: supersede_quote(first, by=second, actor=desk.actor, at=now),
        lambda: supersede_quote(second, by=first, actor=desk.actor, at=now),
    )

    assert [type(each) for each in failures(outcomes)] == [InvalidInput]
    assert Quote.objects.filter(status="superseded").count() == 1


def test_control_without_the_locks_both_requests_would_be_superseded(desk, now):
    first, second = desk.quote, QuoteFactory(customer=desk.quote.customer)
    gate = Barrier(2)

    def read(instance, *, version=None):
        row = type(instance)._default_manager.get(pk=instance.pk)
        with suppress(BrokenBarrierError):
            gate.wait(timeout=3)
        return row

    with patch.object(requests, "locked", read):
        at_once(
            lambda: supersede_quote(first, by=second, actor=desk.actor, at=now),
            lambda: supersede_quote(second, by=first, actor=desk.actor, at=now),
        )

    assert Quote.objects.filter(status="superseded").count() == 2

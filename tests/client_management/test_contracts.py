"""Contracts, their prices and currencies; what they mean for requests, offers and limits."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from client_management.exceptions import (
    AboveApprovalLimit,
    ContractNotDraft,
    EndsInThePast,
    NoContract,
    PriceEnded,
    PriceNotOnFile,
    UnitDoesNotFit,
)
from client_management.models import Contract, ContractRate
from client_management.queries.prices import contract_for
from client_management.services import accesses, contracts, offers, quotes
from common.exceptions import InvalidInput
from tests.client_management import scene
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_a_contract_in_force_is_ended_and_followed_and_never_changed(client_org, actor, now):
    standing = Contract.objects.get(organization=client_org)
    told = {"actor": actor, "at": now}
    with pytest.raises(ContractNotDraft):
        contracts.amend_contract(standing, changes={"payment_days": 5}, version=None, **told)
    amended = contracts.amend_contract(
        standing, changes={"purchase_order": "PO 9"}, version=None, **told
    )
    assert amended.purchase_order == "PO 9"
    with pytest.raises(IntegrityError), transaction.atomic():
        scene.contract(actor, now, client_org)
    with pytest.raises(IntegrityError), transaction.atomic():
        Contract.objects.filter(pk=standing.pk).update(payment_days=5)
    with pytest.raises(EndsInThePast):
        contracts.end_contract(standing, until=now.date() - timedelta(days=1), reason="x", **told)
    until = now.date() + timedelta(days=30)
    contracts.end_contract(standing, until=until, reason="Renewed", **told)
    follower = contracts.open_contract(
        organization=client_org, title="Next", effective_from=until, **told
    )
    with pytest.raises(PriceNotOnFile):
        contracts.activate_contract(follower, **told)
    contracts.add_rate(
        follower, kind="flight", unit="hour", amount=Decimal(500), effective_from=until, **told
    )
    contracts.activate_contract(follower, **told)

    days = {"last": until - timedelta(days=1), "first": until}
    found = {
        name: contract_for(client_org, on=day, currency="AUD").number for name, day in days.items()
    }
    assert found == {"last": standing.number, "first": follower.number}


def test_a_price_is_ended_once_and_followed_and_quotes_take_the_narrower_one(
    client_org, actor, now
):
    standing = Contract.objects.get(organization=client_org)
    given = {"effective_from": scene.LONG_AGO, "actor": actor, "at": now}
    contracts.add_rate(
        standing,
        kind="flight",
        unit="hour",
        service_type="mapping",
        amount=Decimal("399.00"),
        **given,
    )
    with pytest.raises(UnitDoesNotFit):
        contracts.add_rate(standing, kind="flight", unit="km", amount=Decimal(1), **given)
    with pytest.raises(IntegrityError), transaction.atomic():
        contracts.add_rate(standing, kind="flight", unit="hour", amount=Decimal(1), **given)
    general = ContractRate.objects.get(contract=standing, kind="flight", service_type="")
    until = now.date() + timedelta(days=1)
    contracts.end_rate(general, until=until, actor=actor, at=now)
    with pytest.raises(PriceEnded):
        contracts.end_rate(general, until=until + timedelta(days=9), actor=actor, at=now)
    quote = scene.sent(scene.request(client_org, actor, now), actor, now)

    assert quote.lines.get(code="flight").unit_price == Decimal("399.0000")


def test_without_terms_that_stand_nothing_is_priced(actor, now):
    bare = scene.client(actor, now)
    made = scene.request(bare, actor, now)

    with pytest.raises(NoContract):
        scene.assessed(made, actor, now)
    contracts.open_contract(title="Standard", effective_from=date(2026, 1, 1), actor=actor, at=now)
    with pytest.raises(NoContract):
        scene.assessed(made, actor, now)


def test_a_contract_in_another_currency_is_no_contract_for_a_request(client_org, actor, now):
    standard = scene.contract(actor, now, currency="USD")

    with pytest.raises(InvalidInput) as refusal:
        scene.request(client_org, actor, now, contract=standard)

    assert refusal.value.details["pointer"] == "/contract"


def test_an_approval_limit_covers_no_offer_in_another_currency(client_org, actor, now):
    scene.contract(actor, now, currency="USD")
    quote = scene.sent(scene.request(client_org, actor, now, currency="USD"), actor, now)
    person = UserFactory()
    key = accesses.grant_access(
        client_org,
        user=person,
        level="approver",
        approval_limit=quote.total + 1,
        actor=actor,
        at=now,
    )

    assert quote.currency == "USD"
    with pytest.raises(AboveApprovalLimit):
        offers.accept_quote(
            quote, access=key, content_hash=quote.content_hash, actor=person, at=now
        )
    job = offers.accept_quote(quote, content_hash=quote.content_hash, actor=actor, at=now)
    assert (job.currency, job.agreed_amount) == ("USD", quote.subtotal)


def test_short_notice_is_told_by_the_day_of_the_price_not_of_the_assessment(client_org, actor, now):
    made = scene.request(client_org, actor, now)
    scene.assessed(made, actor, now)
    made.refresh_from_db()
    soon = quotes.price_request(made, actor=actor, at=now)
    late = quotes.price_request(made, actor=actor, at=now + timedelta(days=10))

    assert not soon.lines.filter(code="rush").exists()
    assert late.lines.filter(code="rush").exists()


def test_percentages_of_a_contract_in_yen_have_fractions_and_its_prices_have_none(actor, now):
    yen = scene.contract(actor, now, currency="JPY", rates=[("flight", "hour", "42000")])
    given = {"effective_from": scene.LONG_AGO, "actor": actor, "at": now}
    rate = contracts.add_rate(yen, kind="night", unit="percent", amount=Decimal("12.50"), **given)

    assert rate.amount == Decimal("12.50")
    with pytest.raises(InvalidInput):
        contracts.add_rate(yen, kind="area", unit="hectare", amount=Decimal("9.50"), **given)

"""Dated prices and taxes."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, transaction

from common.exceptions import InvalidInput, StaleVersion
from finance.days import local_day
from finance.exceptions import EndsInThePast, RateEnded, UnitDoesNotFit
from finance.models import UNITS, Rate, RateKind, TaxRule
from finance.services.rates import add_rate, amend_card, create_card, end_rate, replace_rate
from finance.services.taxes import add_tax_rule, end_tax_rule, percentage, seed_taxes
from tests.finance.factories import RateCardFactory, RateFactory, TaxRuleFactory
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def actor():
    return UserFactory()


def test_a_price_is_replaced_from_a_day_on_and_the_old_one_stays(actor, now):
    rate = RateFactory()
    day = now.date() + timedelta(days=10)

    after = replace_rate(rate, amount=Decimal("5450.00"), effective_from=day, actor=actor, at=now)

    rate.refresh_from_db()
    assert (rate.amount, rate.effective_until) == (Decimal("5200.00"), day)
    assert (after.amount, after.effective_from, after.effective_until) == (
        Decimal("5450.00"),
        day,
        None,
    )
    assert [r.amount for r in Rate.objects.in_force(day - timedelta(1))] == [Decimal("5200.00")]
    assert [r.amount for r in Rate.objects.in_force(day)] == [Decimal("5450.00")]


def test_a_price_is_not_replaced_before_it_began(actor, now):
    rate = RateFactory()

    with pytest.raises(InvalidInput) as refused:
        replace_rate(
            rate, amount=Decimal(1), effective_from=rate.effective_from, actor=actor, at=now
        )

    assert refused.value.details["pointer"] == "/effective_from"


def test_a_price_ends_once_after_it_began_and_not_in_the_past(actor, now):
    rate, today = RateFactory(), local_day(now)
    given = {"actor": actor, "at": now}

    with pytest.raises(EndsInThePast):
        end_rate(rate, until=today - timedelta(days=1), **given)
    with pytest.raises(InvalidInput):
        end_rate(rate, until=rate.effective_from, **given)
    with pytest.raises(StaleVersion):
        end_rate(rate, until=today, version=99, **given)
    end_rate(rate, until=today, **given)
    with pytest.raises(RateEnded):
        end_rate(rate, until=today, **given)


@pytest.mark.parametrize(
    "change", [{"amount": 1}, {"unit": "leg"}, {"effective_from": date(2024, 1, 1)}]
)
def test_the_database_refuses_to_change_a_price(change):
    rate = RateFactory()

    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        Rate.objects.filter(pk=rate.pk).update(**change)
    with pytest.raises(DatabaseError, match="never removed"), transaction.atomic():
        rate.delete()


def test_the_currency_of_a_card_is_fixed():
    card = RateCardFactory()

    with pytest.raises(DatabaseError, match="fixed"), transaction.atomic():
        type(card).objects.filter(pk=card.pk).update(currency="USD")


def test_two_prices_for_the_same_never_stand_on_one_day(actor, now):
    rate = RateFactory(effective_until=date(2026, 1, 1))
    given = {"kind": "live_hour", "unit": "hour", "amount": Decimal(9), "actor": actor, "at": now}

    with pytest.raises(IntegrityError), transaction.atomic():
        add_rate(rate.card, effective_from=date(2025, 12, 31), **given)
    add_rate(rate.card, effective_from=date(2026, 1, 1), **given)
    add_rate(rate.card, effective_from=date(2025, 6, 1), aircraft_type="B350", **given)


def test_a_price_is_per_something_that_can_be_counted(actor, now):
    card = RateCardFactory(currency="JPY")
    given = {"effective_from": date(2026, 1, 1), "actor": actor, "at": now}

    with pytest.raises(UnitDoesNotFit):
        add_rate(card, kind="oxygen", unit="night", amount=Decimal(1), **given)
    with pytest.raises(InvalidInput, match="fraction"):
        add_rate(card, kind="oxygen", unit="liter", amount=Decimal("0.50"), **given)
    with pytest.raises(InvalidInput, match="Not after"):
        add_rate(
            card,
            kind="oxygen",
            unit="liter",
            amount=Decimal(1),
            effective_until=date(2026, 1, 1),
            **given,
        )
    assert set(UNITS) == set(RateKind.values)


def test_a_card_is_opened_and_taken_out_of_use(actor, now):
    card = create_card(code="std", name="Standard", currency="AUD", actor=actor, at=now)

    amended = amend_card(
        card, changes={"is_active": False}, version=card.version, actor=actor, at=now
    )

    assert not amended.is_active
    with pytest.raises(StaleVersion):
        amend_card(card, changes={"name": "x"}, version=99, actor=actor, at=now)


def test_tax_rates_are_ended_and_never_changed(actor, now):
    rule = TaxRuleFactory()
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        TaxRule.objects.filter(pk=rule.pk).update(rate=8)

    end_tax_rule(rule, until=date(2027, 1, 1), actor=actor, at=now)
    values = {
        name: getattr(rule, name)
        for name in ("code", "name", "jurisdiction", "basis", "currency", "citation")
    }
    after = add_tax_rule(
        **values, rate=Decimal(8), effective_from=date(2027, 1, 1), actor=actor, at=now
    )

    assert after.effective_until is None
    with pytest.raises(InvalidInput):
        add_tax_rule(
            **values,
            rate=Decimal(8),
            effective_from=date(2027, 1, 1),
            effective_until=date(2026, 1, 1),
            actor=actor,
            at=now,
        )


def test_the_rates_that_come_with_the_installation_are_added_once(capsys):
    report = seed_taxes()
    call_command("seed_taxes")

    assert (report.added, report.kept) == (33, 0)
    assert capsys.readouterr().out == "0 tax rates added, 33 were there.\n"
    in_2017 = TaxRule.objects.in_force(date(2017, 6, 1))
    assert {rule.code: rule.rate for rule in in_2017} == {
        "FET-PCT": Decimal("7.5"),
        "FET-CARGO": Decimal("6.25"),
        "FET-SEG": Decimal("4.10"),
        "FET-INTL": Decimal("18.00"),
        "FET-AKHI": Decimal("9.00"),
        "GST": Decimal(10),
    }
    # Not known, so not on file: a flight of that year is refused, not taxed at a guess.
    assert not TaxRule.objects.in_force(date(2021, 6, 1)).filter(code="FET-SEG").exists()
    assert set(TaxRule.objects.values_list("confidence", flat=True)) == {
        "found",
        "known-high",
        "known-medium",
    }


def test_a_price_is_not_ended_on_a_day_that_is_over_where_the_operator_is(actor, now):
    # 07:00 on the 15th in Sydney; the 14th in UTC.
    early = now.replace(day=14, hour=20)

    with pytest.raises(EndsInThePast) as refusal:
        end_rate(RateFactory(), until=date(2026, 3, 14), actor=actor, at=early)

    assert refusal.value.details["today"] == "2026-03-15"


def test_a_code_that_several_countries_charge_by_is_no_answer(now):
    TaxRuleFactory(code="GST", jurisdiction="AU", rate="10.0000", currency="AUD")
    assert percentage("GST", on=now.date()) == Decimal(10)
    TaxRuleFactory(code="GST", jurisdiction="NZ", rate="15.0000", currency="NZD")

    with pytest.raises(InvalidInput, match="Several countries"):
        percentage("GST", on=now.date())

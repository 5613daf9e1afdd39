from datetime import date

import factory
from factory.django import DjangoModelFactory

from finance.models import Rate, RateCard, TaxRule


class RateCardFactory(DjangoModelFactory):
    """A card in Australian dollars for everybody."""

    code = factory.Sequence(lambda n: f"card-{n}")
    name = "Standard prices"
    currency = "AUD"

    class Meta:
        model = RateCard


class RateFactory(DjangoModelFactory):
    """5,200.00 for a flight hour, since 2025."""

    card = factory.SubFactory(RateCardFactory)
    kind = "live_hour"
    unit = "hour"
    amount = "5200.00"
    effective_from = date(2025, 1, 1)

    class Meta:
        model = Rate


class TaxRuleFactory(DjangoModelFactory):
    """7.5 % on domestic transportation in the United States, for ever."""

    code = "FET-PCT"
    name = "Federal excise tax"
    jurisdiction = "US"
    basis = "percent"
    rate = "7.5000"
    currency = "USD"
    effective_from = date(1997, 10, 1)
    citation = "26 USC 4261(a)"

    class Meta:
        model = TaxRule

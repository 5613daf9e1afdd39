from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from finance.models.constraints import known_currency
from finance.models.scoping import MoneyQuerySet


class CurrencyRateQuerySet(MoneyQuerySet):
    def between(self, base: str, quote: str) -> Self:
        """Rates of a pair, either way round."""
        return self.filter(Q(base=base, quote=quote) | Q(base=quote, quote=base))


class CurrencyRate(models.Model):
    """
    What one unit of a currency cost in another on a day, as a source published it.

    A fact of that day: never changed. Another source's, or another day's, is another row.
    """

    IS_APPEND_ONLY = True

    base = models.CharField(max_length=3)
    quote = models.CharField(max_length=3)
    rate = models.DecimalField(max_digits=18, decimal_places=8)
    rate_on = models.DateField()
    source = models.CharField(max_length=100, help_text="Who published it.")
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    recorded_at = models.DateTimeField()

    objects = CurrencyRateQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["base", "quote", "source", "rate_on"], name="one_rate_per_source_and_day"
            ),
            known_currency("currency_rate_base_is_known", "base"),
            known_currency("currency_rate_quote_is_known", "quote"),
            models.CheckConstraint(name="currency_rate_is_of_two", condition=~Q(base=F("quote"))),
            models.CheckConstraint(name="currency_rate_is_positive", condition=Q(rate__gt=0)),
        ]
        indexes = [models.Index(fields=["base", "quote", "-rate_on"], name="currency_rate_latest")]

    def __str__(self) -> str:
        return f"1 {self.base} = {self.rate} {self.quote} on {self.rate_on}"

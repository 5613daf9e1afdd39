"""Shapes of database constraints that several models of this app share."""

from django.db import models
from django.db.models import Q
from django.db.models.expressions import NegatedExpression
from django.db.models.functions import Round

from common.money import EXPONENTS

WHOLE = sorted(code for code, exponent in EXPONENTS.items() if exponent == 0)


class HoldsCardNumber(models.Func):
    """Whether a text holds a card number, as `common.card_numbers` knows one; in the database."""

    function = "finance_holds_card_number"
    output_field = models.BooleanField()


def known_currency(name: str, field: str = "currency") -> models.CheckConstraint:
    """The column holds the code of a currency that amounts can be rounded in."""
    return models.CheckConstraint(name=name, condition=Q(**{f"{field}__in": sorted(EXPONENTS)}))


def exact(name: str, *fields: str) -> models.CheckConstraint:
    """Amounts in a currency without a smaller unit (yen) are whole."""
    whole = Q()
    for field in fields:
        whole &= Q(**{field: Round(field)})
    return models.CheckConstraint(name=name, condition=~Q(currency__in=WHOLE) | whole)


def no_card_number(name: str, *fields: str) -> models.CheckConstraint:
    """None of the texts holds a card number."""
    clean = [NegatedExpression(HoldsCardNumber(field)) for field in fields]
    return models.CheckConstraint(name=name, condition=Q(*clean))

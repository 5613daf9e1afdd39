"""Shapes of database constraints that several models of this app share."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Round

from common.money import EXPONENTS

WHOLE = sorted(code for code, exponent in EXPONENTS.items() if exponent == 0)
# A card number, also written in groups: 12 to 19 digits. Never kept anywhere.
CARD_NUMBER = r"([0-9][ -]?){12,19}"


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
    """None of the texts holds what could be a card number."""
    clean = Q()
    for field in fields:
        clean &= ~Q(**{f"{field}__regex": CARD_NUMBER})
    return models.CheckConstraint(name=name, condition=clean)

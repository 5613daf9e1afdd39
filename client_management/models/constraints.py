"""Shapes of database constraints that several models of this app share."""

from django.db import models
from django.db.models import F, Q

from common.money import EXPONENTS


def currency(name: str, field: str = "currency") -> models.CheckConstraint:
    """The column holds the code of a currency that amounts can be rounded in."""
    return models.CheckConstraint(name=name, condition=Q(**{f"{field}__in": sorted(EXPONENTS)}))


def not_negative(name: str, *fields: str) -> models.CheckConstraint:
    """Each column, when known, is zero or more."""
    condition = Q()
    for field in fields:
        condition &= Q(**{f"{field}__isnull": True}) | Q(**{f"{field}__gte": 0})
    return models.CheckConstraint(name=name, condition=condition)


def ordered(name: str, earlier: str, later: str) -> models.CheckConstraint:
    """The later day or moment, when both are known, comes after the earlier one."""
    return models.CheckConstraint(
        name=name,
        condition=Q(**{f"{earlier}__isnull": True})
        | Q(**{f"{later}__isnull": True})
        | Q(**{f"{later}__gt": F(earlier)}),
    )

"""Shapes of database constraints that several models of this app share."""

from django.db import models
from django.db.models import F, Q

from common.money import EXPONENTS


def after(name: str, earlier: str, later: str) -> models.CheckConstraint:
    """The later moment, when both are known, comes after the earlier one."""
    return models.CheckConstraint(
        name=name,
        condition=Q(**{f"{earlier}__isnull": True})
        | Q(**{f"{later}__isnull": True})
        | Q(**{f"{later}__gt": F(earlier)}),
    )


def currency(name: str, field: str = "currency") -> models.CheckConstraint:
    """The column holds the code of a currency that amounts can be rounded in."""
    return models.CheckConstraint(name=name, condition=Q(**{f"{field}__in": sorted(EXPONENTS)}))

"""Shapes of database constraints that several models of this app share."""

from collections.abc import Sequence

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q


class DateRange(Func):
    """A half-open range of two dates; an unknown upper bound is open."""

    function = "DATERANGE"
    output_field = DateRangeField()


def one_of(name: str, field: str, choices: type[models.TextChoices]) -> models.CheckConstraint:
    """The column holds one of the listed values."""
    return models.CheckConstraint(name=name, condition=Q(**{f"{field}__in": choices.values}))


def within(name: str, field: str, least: float, most: float) -> models.CheckConstraint:
    """The column, when known, lies between two values; PostgreSQL sorts NaN above every number."""
    return models.CheckConstraint(
        name=name,
        condition=Q(**{f"{field}__isnull": True})
        | Q(**{f"{field}__gte": least, f"{field}__lte": most}),
    )


def all_or_none(
    name: str, known: Sequence[str], texts: Sequence[str] = ()
) -> models.CheckConstraint:
    """A deed with who and when is either wholly written down or not at all."""
    every, nothing = Q(), Q()
    for field in known:
        every &= Q(**{f"{field}__isnull": False})
        nothing &= Q(**{f"{field}__isnull": True})
    for field in texts:
        every &= ~Q(**{field: ""})
        nothing &= Q(**{field: ""})
    return models.CheckConstraint(name=name, condition=every | nothing)


def one_at_a_time(name: str, *fields: str) -> ExclusionConstraint:
    """No two rows with these columns equal are valid on the same day."""
    return ExclusionConstraint(
        name=name,
        expressions=[
            *((field, RangeOperators.EQUAL) for field in fields),
            (DateRange("valid_from", "valid_until"), RangeOperators.OVERLAPS),
        ],
    )


def dates_in_order(name: str) -> models.CheckConstraint:
    """`valid_until`, when known, comes after `valid_from`."""
    return models.CheckConstraint(
        name=name, condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from"))
    )

"""Shapes of database constraints that the models of several apps share."""

from collections.abc import Sequence

from django.contrib.postgres.fields import DateRangeField
from django.db import models
from django.db.models import Func, Q


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


def whole_deed(known: Sequence[str], texts: Sequence[str] = ()) -> Q:
    """Everything that a deed is made of is written down."""
    every = Q()
    for field in known:
        every &= Q(**{f"{field}__isnull": False})
    for field in texts:
        every &= ~Q(**{field: ""})
    return every


def no_deed(known: Sequence[str], texts: Sequence[str] = ()) -> Q:
    """Nothing of a deed is written down."""
    nothing = Q()
    for field in known:
        nothing &= Q(**{f"{field}__isnull": True})
    for field in texts:
        nothing &= Q(**{field: ""})
    return nothing


def all_or_none(
    name: str, known: Sequence[str], texts: Sequence[str] = ()
) -> models.CheckConstraint:
    """A deed with who and when is either wholly written down or not at all."""
    return models.CheckConstraint(
        name=name, condition=whole_deed(known, texts) | no_deed(known, texts)
    )

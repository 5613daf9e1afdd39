"""Shapes of fields and database constraints that several models of this app share."""

from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import IntegerRangeField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Func, Q

COUNTRY = r"^[A-Z]{2}$"
# ITU-T E.164.
E164 = r"^\+[1-9][0-9]{6,14}$"


class NumberRange(Func):
    """A half-open range of two whole numbers; an unknown upper bound is open."""

    function = "INT4RANGE"
    output_field = IntegerRangeField()


def some_of(name: str, field: str, choices: type[models.TextChoices]) -> models.CheckConstraint:
    """The array holds nothing but listed values."""
    return models.CheckConstraint(
        name=name, condition=Q(**{f"{field}__contained_by": choices.values})
    )


def said(name: str, field: str) -> models.CheckConstraint:
    """The text holds something beside blanks."""
    return models.CheckConstraint(name=name, condition=Q(**{f"{field}__regex": r"[^[:space:]]"}))


def shaped(name: str, field: str, pattern: str) -> models.CheckConstraint:
    """The text is empty or fits a pattern."""
    return models.CheckConstraint(
        name=name, condition=Q(**{field: ""}) | Q(**{f"{field}__regex": pattern})
    )


def validate_zone(name: str) -> None:
    """Refuse a time zone that is not in the IANA database."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValidationError(f"{name!r} is not an IANA time zone.", code="timezone") from error

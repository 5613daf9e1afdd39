"""Shapes of database constraints that several models of this app share."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q

from common.constraints import DateRange


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

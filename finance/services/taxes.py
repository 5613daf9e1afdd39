"""Dated tax rates, and those that come with the installation."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction

from common.audit import record
from common.exceptions import InvalidInput
from common.lifecycle import locked
from common.outbox import announce
from finance.events import TaxRatesChanged
from finance.models import TaxBasis, TaxRule
from finance.services.rates import check_end

SEED = Path(__file__).parents[1] / "reference" / "taxes.csv"


@dataclass(frozen=True)
class TaxSeedReport:
    """How many tax rates came new and how many were there."""

    added: int
    kept: int


@transaction.atomic
def add_tax_rule(*, actor: Any, at: datetime, **values: Any) -> TaxRule:
    """Enter a dated tax rate; the database refuses two of one tax at one time."""
    rule = TaxRule(**values)
    if rule.effective_until is not None and rule.effective_until <= rule.effective_from:
        raise InvalidInput("/effective_until", "Not after effective_from.")
    rule.save()
    record("taxrule.added", rule, actor=actor, at=at)
    announce(TaxRatesChanged(rule_id=rule.pk))
    return rule


@transaction.atomic
def end_tax_rule(
    rule: TaxRule, *, until: date, version: int | None = None, actor: Any, at: datetime
) -> TaxRule:
    """
    Let a tax rate stand until the day before `until`.

    Raises RateEnded, EndsInThePast, InvalidInput, StaleVersion.
    """
    rule = locked(rule, version=version)
    check_end(rule.effective_from, rule.effective_until, until, at)
    rule.effective_until = until
    rule.save(update_fields=["effective_until", "updated_at"])
    record("taxrule.ended", rule, actor=actor, at=at, until=until.isoformat())
    announce(TaxRatesChanged(rule_id=rule.pk))
    return rule


def percentage(code: str, *, on: date) -> Decimal:
    """
    The percentage of a tax that stands on a day, 0 for no tax.

    Raises InvalidInput, also for a code that several countries charge by.
    """
    if not code:
        return Decimal(0)
    rules = TaxRule.objects.in_force(on).filter(code=code, basis=TaxBasis.PERCENT)
    found = list(rules.order_by("pk")[:2])
    if not found:
        raise InvalidInput("/tax_code", f"There is no such percentage on {on}.")
    if len(found) > 1:
        raise InvalidInput("/tax_code", f"Several countries have a {code}; name one of its own.")
    return found[0].rate


@transaction.atomic
def seed_taxes() -> TaxSeedReport:
    """Add the tax rates that come with the installation; those that are there are left alone."""
    with SEED.open(newline="", encoding="utf-8") as source:
        rows = [_seeded(row) for row in csv.DictReader(source)]
    before = TaxRule.objects.count()
    TaxRule.objects.bulk_create(rows, ignore_conflicts=True)
    added = TaxRule.objects.count() - before
    return TaxSeedReport(added=added, kept=len(rows) - added)


def _seeded(row: Mapping[str, str]) -> TaxRule:
    until = row["effective_until"]
    return TaxRule(
        code=row["code"],
        name=row["name"],
        jurisdiction=row["jurisdiction"],
        basis=row["basis"],
        rate=Decimal(row["rate"]),
        currency=row["currency"],
        effective_from=date.fromisoformat(row["effective_from"]),
        effective_until=date.fromisoformat(until) if until else None,
        citation=row["citation"],
        confidence=row["confidence"],
    )

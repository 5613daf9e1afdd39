"""
Cards of dated prices. A price is never changed: it is ended, and another one follows it.

One order of locks: the card, then its price.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from common.audit import record
from common.exceptions import InvalidInput
from common.lifecycle import locked
from common.money import Money
from common.outbox import announce
from finance.days import local_day
from finance.events import RatesChanged
from finance.exceptions import EndsInThePast, RateEnded, UnitDoesNotFit
from finance.models import UNITS, Rate, RateCard


@transaction.atomic
def create_card(*, code: str, actor: Any, at: datetime, **values: Any) -> RateCard:
    """Open a list of prices in one currency."""
    card = RateCard.objects.create(code=code, **values)
    record("ratecard.created", card, actor=actor, at=at)
    return card


@transaction.atomic
def amend_card(
    card: RateCard, *, changes: Mapping[str, Any], version: int | None, actor: Any, at: datetime
) -> RateCard:
    """Rename a card, or take it out of use or back. Raises StaleVersion."""
    card = locked(card, version=version)
    for name, value in changes.items():
        setattr(card, name, value)
    card.save()
    record("ratecard.amended", card, actor=actor, at=at, fields=sorted(changes))
    return card


@transaction.atomic
def add_rate(card: RateCard, *, actor: Any, at: datetime, **values: Any) -> Rate:
    """
    Put a price on a card.

    Raises UnitDoesNotFit, InvalidInput; the database refuses two for the same at one time.
    """
    card = locked(card)
    rate = Rate(card=card, **values)
    _check(rate)
    rate.save()
    _changed(rate, "rate.added", actor=actor, at=at)
    return rate


@transaction.atomic
def end_rate(
    rate: Rate, *, until: date, version: int | None = None, actor: Any, at: datetime
) -> Rate:
    """
    Let a price stand until the day before `until`.

    Raises RateEnded, EndsInThePast, InvalidInput, StaleVersion.
    """
    locked(rate.card)
    rate = locked(rate, version=version)
    _end(rate, until, at)
    _changed(rate, "rate.ended", actor=actor, at=at, until=until.isoformat())
    return rate


@transaction.atomic
def replace_rate(
    rate: Rate,
    *,
    amount: Decimal,
    effective_from: date,
    minimum_quantity: Decimal | None = None,
    version: int | None = None,
    actor: Any,
    at: datetime,
) -> Rate:
    """
    End a price and let another one follow it from the same day on; returns the new one.

    Raises RateEnded, EndsInThePast, InvalidInput, StaleVersion.
    """
    card = locked(rate.card)
    rate = locked(rate, version=version)
    _end(rate, effective_from, at, pointer="/effective_from")
    _changed(rate, "rate.ended", actor=actor, at=at, until=effective_from.isoformat())
    after = Rate(
        card=card,
        kind=rate.kind,
        unit=rate.unit,
        aircraft_type=rate.aircraft_type,
        airport=rate.airport,
        amount=amount,
        minimum_quantity=rate.minimum_quantity if minimum_quantity is None else minimum_quantity,
        effective_from=effective_from,
    )
    _check(after)
    after.save()
    _changed(after, "rate.added", actor=actor, at=at)
    return after


def _end(rate: Rate, until: date, at: datetime, *, pointer: str = "/until") -> None:
    check_end(rate.effective_from, rate.effective_until, until, at, pointer=pointer)
    rate.effective_until = until
    rate.save(update_fields=["effective_until", "updated_at"])


def check_end(
    start: date, end: date | None, until: date, at: datetime, *, pointer: str = "/until"
) -> None:
    """Refuse to end a dated row twice, before it begins, or on a day that is over."""
    if end is not None:
        raise RateEnded(until=end)
    if until <= start:
        raise InvalidInput(pointer, f"Not after {start}, when it begins.")
    today = local_day(at)
    if until < today:
        raise EndsInThePast(today=today)


def _check(rate: Rate) -> None:
    fitting = UNITS[rate.kind]
    if rate.unit not in fitting:
        raise UnitDoesNotFit(kind=rate.kind, units=", ".join(sorted(fitting)), unit=rate.unit)
    if Money(rate.amount, rate.card.currency).amount != rate.amount:
        raise InvalidInput("/amount", f"{rate.card.currency} has no such fraction.")
    if rate.effective_until is not None and rate.effective_until <= rate.effective_from:
        raise InvalidInput("/effective_until", "Not after effective_from.")


def _changed(rate: Rate, deed: str, *, actor: Any, at: datetime, **details: Any) -> None:
    record(deed, rate, actor=actor, at=at, card=rate.card.code, kind=rate.kind, **details)
    announce(RatesChanged(card_id=rate.card_id, rate_id=rate.pk))

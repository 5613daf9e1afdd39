"""
Contracts and their dated prices. A price is never changed: it is ended, and another follows it.

One order of locks: the contract, then its price.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from client_management.exceptions import (
    ContractNotDraft,
    EndsInThePast,
    PriceEnded,
    PriceNotOnFile,
    UnitDoesNotFit,
)
from client_management.models import (
    UNITS,
    Contract,
    ContractRate,
    ContractStatus,
    CostRate,
    PriceUnit,
)
from client_management.pricing import CORE
from common.audit import record
from common.exceptions import InvalidInput
from common.lifecycle import locked, move
from common.money import Money
from common.numbering import next_number

# Of a contract in force these may still be written.
STANDING = frozenset({"purchase_order", "document"})


@transaction.atomic
def open_contract(*, actor: Any, at: datetime, **values: Any) -> Contract:
    """Draft a contract; without an organization the house's standard terms."""
    contract = Contract(**values)
    _check(contract)
    contract.number = next_number("CON", year=at.year)
    contract.save()
    record("contract.opened", contract, actor=actor, at=at)
    return contract


@transaction.atomic
def amend_contract(
    contract: Contract, *, changes: Mapping[str, Any], version: int | None, actor: Any, at: datetime
) -> Contract:
    """
    Change a draft; of a contract in force only its order number and its paper.

    Raises ContractNotDraft, StaleVersion, InvalidInput.
    """
    contract = locked(contract, version=version)
    if contract.status != ContractStatus.DRAFT and not changes.keys() <= STANDING:
        raise ContractNotDraft(contract=contract.number, status=contract.status)
    for name, value in changes.items():
        setattr(contract, name, value)
    _check(contract)
    contract.save()
    record("contract.amended", contract, actor=actor, at=at, fields=sorted(changes))
    return contract


@transaction.atomic
def activate_contract(contract: Contract, *, actor: Any, at: datetime) -> Contract:
    """
    Put a contract in force; the database refuses two of one client at one time.

    Raises PriceNotOnFile while nothing of the flying has a price, TransitionNotAllowed.
    """
    contract = locked(contract)
    if not contract.rates.filter(kind__in=sorted(CORE)).exists():
        raise PriceNotOnFile(contract=contract.number, reason="no price for flying")
    move(contract, ContractStatus.ACTIVE, actor=actor, at=at)
    record("contract.activated", contract, actor=actor, at=at)
    return contract


@transaction.atomic
def end_contract(
    contract: Contract, *, until: date, reason: str, actor: Any, at: datetime
) -> Contract:
    """
    Let a contract stand until the day before `until`; one whose end is over is closed.

    Raises EndsInThePast, InvalidInput, TransitionNotAllowed.
    """
    contract = locked(contract)
    if until <= contract.effective_from and contract.status != ContractStatus.DRAFT:
        raise InvalidInput("/until", f"Not after {contract.effective_from}, when it begins.")
    if until < at.date():
        raise EndsInThePast(today=at.date())
    # A draft that never stood has no day to end on.
    if until > contract.effective_from:
        contract.effective_until = until
    if contract.status == ContractStatus.DRAFT or until <= at.date():
        move(contract, ContractStatus.ENDED, actor=actor, at=at, reason=reason)
    else:
        contract.save()
    record("contract.ended", contract, actor=actor, at=at, reason=reason, until=until.isoformat())
    return contract


@transaction.atomic
def add_rate(contract: Contract, *, actor: Any, at: datetime, **values: Any) -> ContractRate:
    """
    Put a price on a contract. Raises UnitDoesNotFit, InvalidInput, ContractNotDraft if it ended.

    The database refuses two for the same at one time.
    """
    contract = locked(contract)
    if contract.status == ContractStatus.ENDED:
        raise ContractNotDraft(contract=contract.number, status=contract.status)
    rate = ContractRate(contract=contract, **values)
    fitting = UNITS[rate.kind]
    if rate.unit not in fitting:
        raise UnitDoesNotFit(kind=rate.kind, units=", ".join(sorted(fitting)), unit=rate.unit)
    is_money = rate.unit != PriceUnit.PERCENT
    if is_money and Money(rate.amount, contract.currency).amount != rate.amount:
        raise InvalidInput("/amount", f"{contract.currency} has no such fraction.")
    _check_days(rate.effective_from, rate.effective_until)
    rate.save()
    record("contract.rate_added", contract, actor=actor, at=at, kind=rate.kind)
    return rate


@transaction.atomic
def end_rate(
    rate: ContractRate, *, until: date, version: int | None = None, actor: Any, at: datetime
) -> ContractRate:
    """
    Let a price stand until the day before `until`.

    Raises PriceEnded, EndsInThePast, InvalidInput, StaleVersion.
    """
    locked(rate.contract)
    rate = locked(rate, version=version)
    _end(rate, until, at)
    record("contract.rate_ended", rate.contract, actor=actor, at=at, kind=rate.kind)
    return rate


@transaction.atomic
def add_cost_rate(*, actor: Any, at: datetime, **values: Any) -> CostRate:
    """Enter what flying costs an operator. The database refuses two at one time."""
    rate = CostRate(**values)
    if Money(rate.amount, rate.currency).amount != rate.amount:
        raise InvalidInput("/amount", f"{rate.currency} has no such fraction.")
    _check_days(rate.effective_from, rate.effective_until)
    rate.save()
    record("cost_rate.added", rate, actor=actor, at=at, kind=rate.kind)
    return rate


@transaction.atomic
def end_cost_rate(rate: CostRate, *, until: date, actor: Any, at: datetime) -> CostRate:
    """Let a cost stand until the day before `until`. Raises as `end_rate`."""
    rate = locked(rate)
    _end(rate, until, at)
    record("cost_rate.ended", rate, actor=actor, at=at, kind=rate.kind)
    return rate


def _end(rate: Any, until: date, at: datetime) -> None:
    if rate.effective_until is not None:
        raise PriceEnded(until=rate.effective_until)
    _check_days(rate.effective_from, until, pointer="/until")
    if until < at.date():
        raise EndsInThePast(today=at.date())
    rate.effective_until = until
    rate.save(update_fields=["effective_until", "updated_at"])


def _check(contract: Contract) -> None:
    _check_days(contract.effective_from, contract.effective_until)
    organization = contract.organization
    if organization is not None and organization.currency != contract.currency:
        raise InvalidInput("/currency", f"{organization.number} is billed in another currency.")


def _check_days(start: date, end: date | None, *, pointer: str = "/effective_until") -> None:
    if end is not None and end <= start:
        raise InvalidInput(pointer, f"Not after {start}, when it begins.")

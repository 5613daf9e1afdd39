"""What can be billed: apps that fly register how a bill is drawn up from their rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

Basis = Literal["quote", "actuals", "expenses"]


@dataclass(frozen=True, kw_only=True)
class BillLine:
    """
    One line of a bill, in the currency of the bill.

    `key` tells the same piece of work in quote, actuals and expenses apart from others, so that a
    variance can be shown and nothing is billed twice ("leg:3:flight-hours"). `amount` is the whole
    line before tax, `tax_rate` in percent, `tax_amount` what the dated rule gave. A tax on several
    lines is a line of its own with amount 0. `work` names the piece of work where several lines are
    one ("leg:1:handling"). A line with `is_work` False, such as a tax, claims no work.
    """

    key: str
    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    amount: Decimal
    tax_code: str = ""
    tax_rate: Decimal = Decimal(0)
    tax_amount: Decimal = Decimal(0)
    formula: str = ""
    service: str = ""
    work: str = ""
    is_work: bool = True


@dataclass(frozen=True, kw_only=True)
class Cancelled:
    """When work was called off, when it was to begin, and when its terms were agreed on."""

    departs_at: datetime
    cancelled_at: datetime
    agreed_at: datetime
    ladder: str = "standard"


@dataclass(frozen=True, kw_only=True)
class Bill:
    """
    What a customer owes for one piece of work, as the app that did it draws it up.

    Bill-to is copied, not pointed at: name, address, email, tax_number; where it is empty the
    contact's own is taken. `aircraft` and `service` are labels for reports. With `covers_all` False
    more of the work is billed later: deposits for it stay asked for.
    """

    subject_number: str
    currency: str
    customer_id: int | None
    bill_to: Mapping[str, str]
    lines: tuple[BillLine, ...]
    aircraft: str = ""
    service: str = ""
    terms: str = ""
    covers_all: bool = True
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Billable:
    """
    A model that can be billed ("operations.trip"), and how.

    `draw_up(subject_id, basis, at)` gives the bill; it raises ObjectDoesNotExist for no such row
    and a DomainError where that basis is not ready (actuals of a trip that has not closed).
    `unbilled(at)` gives (subject_id, number, customer_id, ready since) of work that waits.
    `cancelled(subject_id)` says when work was called off, None where it was not;
    `known_before(subject_id)` names rows the same work is known as, before or since, whose deposits
    count for it;
    `has_offer` says that "quote" is drawn up to compare with, also where nothing is billed by it;
    `view` is the permission to see such a row; `is_air_transport` that bills of it may owe the
    federal excise tax on air transportation.
    """

    subject: str
    title: str
    bases: tuple[Basis, ...]
    draw_up: Callable[[int, Basis, datetime], Bill]
    unbilled: Callable[[datetime], list[tuple[int, str, int | None, datetime]]]
    cancelled: Callable[[int], Cancelled | None] | None = None
    known_before: Callable[[int], list[tuple[str, int]]] | None = None
    has_offer: bool = False
    view: str = ""
    is_air_transport: bool = False


_BILLABLES: dict[str, Billable] = {}


def register(billable: Billable) -> Billable:
    """Add a billable model at start-up. Raises ValueError for one that is there."""
    if billable.subject in _BILLABLES:
        raise ValueError(f"{billable.subject} is registered twice")
    _BILLABLES[billable.subject] = billable
    return billable


def billables() -> tuple[Billable, ...]:
    """Every billable model, by label."""
    return tuple(_BILLABLES[key] for key in sorted(_BILLABLES))


def billable_of(subject: str) -> Billable | None:
    """How a model is billed, or None."""
    return _BILLABLES.get(subject)


def also_known_as(subject: str, subject_id: int) -> list[tuple[str, int]]:
    """A piece of work under each name it had, the present one first."""
    billable = _BILLABLES.get(subject)
    before = billable.known_before(subject_id) if billable and billable.known_before else []
    return [(subject, subject_id), *before]

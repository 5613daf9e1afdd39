"""Work that can be billed in these tests: a job with an offer, its actuals and its expenses."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from finance.billables import Bill, Billable, BillLine, Cancelled
from finance.models import Invoice
from finance.services.drafts import OwnLine, draft_by_hand
from finance.services.issuing import issue
from tests.contacts.factories import ContactFactory

SUBJECT = "tests.job"


def line(key: str, amount: str, *, tax: str = "0", service: str = "live_flight", **more: Any):
    """One line of a job's bill; a tax of 10 % where there is one."""
    return BillLine(
        key=key,
        description=key.replace(":", " "),
        quantity=Decimal(1),
        unit="each",
        unit_price=Decimal(amount),
        amount=Decimal(amount),
        tax_code="GST" if Decimal(tax) else "",
        tax_rate=Decimal(10) if Decimal(tax) else Decimal(0),
        tax_amount=Decimal(tax),
        service=service,
        **more,
    )


class Job:
    """A job for one customer; its lines by basis can be set."""

    def __init__(self, currency: str = "AUD") -> None:
        self.customer = ContactFactory(name="Sunrise Hospital")
        self.currency = currency
        self.lines: dict[str, Sequence[BillLine]] = {
            "quote": (line("leg:1:flight", "1000.00", tax="100.00"), line("landing", "200.00")),
            "actuals": (line("leg:1:flight", "1150.00", tax="115.00"), line("landing", "200.00")),
            "expenses": (line("hotel", "90.00", service="hotel"),),
        }
        self.cancelled: Cancelled | None = None
        self.ready: list[tuple[int, str, int | None, datetime]] = []

    def billable(self) -> Billable:
        """How it is registered."""
        return Billable(
            subject=SUBJECT,
            title="Job",
            bases=("quote", "actuals", "expenses"),
            draw_up=self._draw_up,
            unbilled=lambda at: self.ready,
            cancelled=lambda pk: self.cancelled,
        )

    def call_off(self, at: datetime, *, hours_before: float, agreed_at: datetime) -> None:
        """Cancel it so many hours before it was to begin."""
        departs_at = at + timedelta(hours=hours_before)
        self.cancelled = Cancelled(departs_at=departs_at, cancelled_at=at, agreed_at=agreed_at)

    def _draw_up(self, subject_id: int, basis: Any, at: datetime) -> Bill:
        return Bill(
            subject_number=f"JB-{subject_id}",
            currency=self.currency,
            customer_id=self.customer.pk,
            bill_to={"tax_number": "51 824 753 556"},
            lines=tuple(self.lines[basis]),
            aircraft="VH-ABC",
            service="charter",
        )


def issued(
    customer: Any = None,
    amount: str = "1000.00",
    *,
    currency: str = "AUD",
    service: str = "live_flight",
    at: datetime,
    **more: Any,
) -> Invoice:
    """An issued invoice of one line without tax."""
    own = OwnLine(
        description="Flying", quantity=Decimal(1), unit_price=Decimal(amount), service=service
    )
    draft = draft_by_hand(
        customer=customer or ContactFactory(),
        currency=currency,
        lines=[own],
        actor=None,
        at=at,
        **more,
    )
    return issue(draft, actor=None, at=at)

"""A customer's bank takes a payment back: the money is apart until somebody decides."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from common.audit import record
from common.lifecycle import move
from common.outbox import announce
from finance.events import DisputeChanged, PaymentReturned
from finance.models import AccountRole, Dispute, DisputeStatus, EntryKind, Payment
from finance.services.accounts import Chart
from finance.services.allocations import Settlement, hold_payment
from finance.services.ledger import About, Line, post
from finance.services.returns import give_back
from finance.services.settlement import check_amount, follow_returns, money_line

_ORDER = (DisputeStatus.OPEN, DisputeStatus.UNDER_REVIEW, DisputeStatus.WON, DisputeStatus.LOST)
DECIDED = (DisputeStatus.WON, DisputeStatus.LOST)


@transaction.atomic
def apply_dispute(
    payment: Payment,
    *,
    provider_id: str,
    amount: Decimal,
    status: str,
    opened_at: datetime,
    reason: str = "",
    answer_due_at: datetime | None = None,
    actor: Any,
    at: datetime,
) -> Dispute:
    """
    Bring a dispute to the status its provider tells; news may come twice and in any order.

    Opened: the money is apart. Won: it is back. Lost: what it paid is owed again, and what a
    refund gave back is our loss.
    """
    check_amount(amount, payment.currency)
    payment = hold_payment(payment)
    held = payment.disputes.select_for_update(of=("self",), no_key=True)
    dispute = held.filter(provider_id=provider_id).first()
    before = dispute and dispute.status
    if dispute is None:
        new = Dispute(
            payment=payment,
            provider_id=provider_id,
            amount=amount,
            currency=payment.currency,
            reason=reason[:100],
            opened_at=opened_at,
            answer_due_at=answer_due_at,
        )
        dispute = _open(new, actor=actor, at=at)
    if _ORDER.index(DisputeStatus(status)) > _ORDER.index(DisputeStatus(dispute.status)):
        _advance(dispute, payment, status, actor=actor, at=at)
    if dispute.status != before:
        follow_returns(payment, actor=actor, at=at)
        announce(DisputeChanged(dispute_id=dispute.pk, status=dispute.status))
    return dispute


def _open(dispute: Dispute, *, actor: Any, at: datetime) -> Dispute:
    payment, chart = dispute.payment, Chart()
    dispute.save()
    post(
        key=f"dispute:{dispute.pk}:opened",
        kind=EntryKind.DISPUTE,
        description=f"Dispute of {payment.number}",
        lines=[
            _apart(chart, dispute, dispute.amount),
            money_line(chart, payment, -dispute.amount),
        ],
        about=About(payment=payment, dispute=dispute),
        actor=actor,
        at=at,
    )
    record("dispute.opened", dispute, actor=actor, at=at, amount=str(dispute.amount))
    return dispute


def _advance(dispute: Dispute, payment: Payment, status: str, *, actor: Any, at: datetime) -> None:
    if dispute.status in DECIDED:
        return
    if status == DisputeStatus.WON:
        _win(dispute, payment, actor=actor, at=at)
    elif status == DisputeStatus.LOST:
        _lose(dispute, payment, actor=actor, at=at)
    dispute.decided_at = at if status in DECIDED else None
    move(dispute, status, actor=actor, at=at)
    record(f"dispute.{status}", dispute, actor=actor, at=at, amount=str(dispute.amount))


def _win(dispute: Dispute, payment: Payment, *, actor: Any, at: datetime) -> None:
    chart = Chart()
    post(
        key=f"dispute:{dispute.pk}:won",
        kind=EntryKind.DISPUTE,
        description=f"Dispute of {payment.number} won",
        lines=[
            money_line(chart, payment, dispute.amount),
            _apart(chart, dispute, -dispute.amount),
        ],
        about=About(payment=payment, dispute=dispute),
        actor=actor,
        at=at,
    )


def _lose(dispute: Dispute, payment: Payment, *, actor: Any, at: datetime) -> None:
    chart = Chart()
    owed = min(dispute.amount, payment.amount - payment.refunded - payment.charged_back)
    loss, about = dispute.amount - owed, About(payment=payment, dispute=dispute)
    if loss:
        lost = Line(
            account=chart.role(AccountRole.DISPUTE_LOSS), amount=loss, currency=dispute.currency
        )
        post(
            key=f"dispute:{dispute.pk}:loss",
            kind=EntryKind.DISPUTE,
            description=f"Dispute of {payment.number} lost after it went back",
            lines=[lost, _apart(chart, dispute, -loss)],
            about=about,
            actor=actor,
            at=at,
        )
    if owed:
        event = Settlement(
            key=f"dispute:{dispute.pk}:lost",
            kind=EntryKind.DISPUTE,
            description=f"Dispute of {payment.number} lost",
            lines=[_apart(chart, dispute, -owed)],
            about=about,
        )
        # How much of the payment is gone is counted where the dispute is moved to lost.
        give_back(payment, owed, event=event, chart=chart, actor=actor, at=at)
        announce(PaymentReturned(payment_id=payment.pk))


def _apart(chart: Chart, dispute: Dispute, amount: Decimal) -> Line:
    return Line(
        account=chart.role(AccountRole.DISPUTED),
        amount=amount,
        currency=dispute.currency,
        party_id=dispute.payment.customer_id,
    )

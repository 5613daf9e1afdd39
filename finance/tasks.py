import logging

from celery import shared_task
from django.utils import timezone

from common.exceptions import DomainError
from finance.gateways.base import GatewayError
from finance.models import IntentStatus, PaymentIntent
from finance.services import payments, receivables, reconciliation

logger = logging.getLogger(__name__)


@shared_task
def take_approved(*, intent_id: int) -> None:
    """Take the money of a payment that was approved; if the provider is silent, the sweep does."""
    intent = PaymentIntent.objects.select_related("account", "customer").get(pk=intent_id)
    if intent.status != IntentStatus.AUTHORIZED:
        return
    try:
        payments.take_approved(intent, at=timezone.now())
    except DomainError as refusal:
        logger.warning("Payment %s is approved and not taken: %s", intent.pk, refusal.code)


@shared_task
def close_page(*, intent_id: int) -> None:
    """Close a page on which nothing is to be paid any more; one that stays open ends by itself."""
    intent = PaymentIntent.objects.select_related("account", "customer").get(pk=intent_id)
    try:
        payments.close_page(intent, at=timezone.now())
    except DomainError as refusal:
        logger.warning("The page of payment %s is not closed: %s", intent.pk, refusal.code)


@shared_task
def mark_overdue_invoices() -> None:
    """Mark the invoices that were due before today where the operator is."""
    late = receivables.mark_overdue(at=timezone.now())
    if late:
        logger.info("%s invoices became overdue", late)


@shared_task
def resolve_lost_payments() -> None:
    """Ask providers about payments and refunds whose outcome is not known."""
    found = reconciliation.resolve_lost(at=timezone.now())
    if found.waiting:
        logger.warning("%s payments or refunds wait for their provider", found.waiting)


@shared_task
def retry_parked_events() -> None:
    """Try events again that speak of what was not known when they came."""
    reconciliation.retry_parked(at=timezone.now())


@shared_task
def list_missed_events() -> None:
    """Take in every event that providers list and no notification came for."""
    for account in reconciliation.accounts_to_ask():
        try:
            missed = reconciliation.list_missed(account, at=timezone.now())
        except (GatewayError, DomainError) as error:
            logger.warning("Events of %s cannot be listed: %s", account, type(error).__name__)
        else:
            logger.info("Account %s: %s events had not come", account, missed)


@shared_task
def ask_for_fees() -> None:
    """Ask what providers kept of payments, where they have not said so."""
    found = reconciliation.ask_for_fees(at=timezone.now())
    if found:
        logger.info("%s fees became known", found)

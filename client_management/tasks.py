import logging

from celery import shared_task
from django.utils import timezone

from client_management.models import JobOrder
from client_management.queries.quotes import quotes_run_out
from client_management.queries.unbilled import due_by_schedule
from client_management.services.bills import bill_job
from client_management.services.offers import expire_quote
from common.exceptions import DomainError

logger = logging.getLogger(__name__)


@shared_task
def expire_quotes() -> None:
    """Close the offers that ran out; one that is answered meanwhile stays answered."""
    at = timezone.now()
    for quote in quotes_run_out(at):
        try:
            expire_quote(quote, at=at)
        except DomainError as refusal:
            logger.info("%s did not expire: %s", quote.number, refusal.code)


@shared_task
def draft_scheduled_bills() -> None:
    """Draft the bills of contracts that bill by schedule; somebody looks at each and issues it."""
    at = timezone.now()
    for pk, number, _, _ in due_by_schedule(at):
        try:
            bill_job(JobOrder.objects.get(pk=pk), actor=None, at=at)
        except DomainError as refusal:
            logger.info("%s was not billed: %s", number, refusal.code)

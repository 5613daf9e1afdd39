import logging

from celery import shared_task
from django.utils import timezone

from client_management.queries.quotes import quotes_run_out
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

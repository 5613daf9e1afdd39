import logging

from celery import shared_task
from django.utils import timezone

from common.exceptions import DomainError
from operations.queries.offers import quotes_run_out
from operations.services import breaches, occurrence_reminders, trips
from operations.services.offers import expire_quote

logger = logging.getLogger(__name__)


@shared_task
def expire_holds() -> None:
    """Give back aircraft that are held beyond their time."""
    trips.expire_holds(at=timezone.now())


@shared_task
def expire_offers() -> None:
    """Close the offers that ran out; one that is answered meanwhile stays answered."""
    at = timezone.now()
    for quote in quotes_run_out(at):
        try:
            expire_quote(quote, at=at)
        except DomainError as refusal:
            logger.info("%s did not expire: %s", quote.number, refusal.code)


@shared_task
def remind_of_occurrences() -> None:
    """Say once for each step that the NTSB waits for a notice or a report."""
    sent = occurrence_reminders.remind_of_occurrences(at=timezone.now())
    if sent:
        logger.info("%s reminders of occurrences", sent)


@shared_task
def remind_of_breaches() -> None:
    """Say once for each step that the persons of a breach wait for a notice."""
    sent = breaches.remind_of_breaches(at=timezone.now())
    if sent:
        logger.info("%s reminders of privacy breaches", sent)

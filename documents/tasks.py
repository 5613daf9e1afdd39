import logging

from celery import shared_task
from django.utils import timezone

from common.exceptions import DomainError
from documents.queries.agreements import run_out
from documents.services.agreements import expire_agreement

logger = logging.getLogger(__name__)


@shared_task
def expire_agreements() -> None:
    """Close the agreements that ran out; one that is signed meanwhile stays signed."""
    at = timezone.now()
    for agreement in run_out(at):
        try:
            expire_agreement(agreement, at=at)
        except DomainError as refusal:
            logger.info("%s did not expire: %s", agreement.number, refusal.code)

import logging

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.utils import timezone

from common.exceptions import DomainError
from documents.models import Agreement, DocumentPack
from documents.queries.agreements import run_out, unsealed
from documents.services import packs
from documents.services.agreements import expire_agreement
from documents.services.leftovers import drop_leftovers
from documents.services.sealing import seal_agreement

logger = logging.getLogger(__name__)


@shared_task
def make_pack(*, pack_id: int) -> None:
    """Make the documents of one pack; safe to run again."""
    pack = DocumentPack.objects.select_related("requested_by").get(pk=pack_id)
    packs.make_pack(pack, clock=timezone.now)


@shared_task
def sweep_packs() -> None:
    """Begin lost packs again, and drop old files."""
    packs.sweep_packs(at=timezone.now())


@shared_task
def expire_agreements() -> None:
    """Close the agreements that ran out; one that is signed meanwhile stays signed."""
    at = timezone.now()
    for agreement in run_out(at):
        try:
            expire_agreement(agreement, at=at)
        except DomainError as refusal:
            logger.info("%s did not expire: %s", agreement.number, refusal.code)


@shared_task
def seal_agreements() -> None:
    """
    Seal what was signed while nothing could be sealed, however long that lasted.

    One that cannot be sealed keeps none of the later ones waiting.
    """
    at = timezone.now()
    last: Agreement | None = None
    while waiting := list(unsealed(at, after=last)):
        for agreement in waiting:
            try:
                seal_agreement(agreement, at=at)
            except SoftTimeLimitExceeded:
                raise
            except Exception:  # what ails one, a store that does not answer too, is its own
                logger.exception("%s is signed and could not be sealed", agreement.number)
        last = waiting[-1]


@shared_task
def drop_leftover_files() -> None:
    """Remove files that no row names."""
    drop_leftovers(at=timezone.now())

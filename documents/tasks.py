from celery import shared_task
from django.utils import timezone

from documents.models import DocumentPack
from documents.services import packs


@shared_task
def make_pack(*, pack_id: int) -> None:
    """Make the documents of one pack; safe to run again."""
    pack = DocumentPack.objects.select_related("requested_by").get(pk=pack_id)
    packs.make_pack(pack, clock=timezone.now)


@shared_task
def sweep_packs() -> None:
    """Begin lost packs again, and drop old files."""
    packs.sweep_packs(at=timezone.now())

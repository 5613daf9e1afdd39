from celery import shared_task
from django.utils import timezone

from rpas.models import RPASAircraft
from rpas.services.aircraft import check_technical_log


@shared_task
def check_technical_logs() -> None:
    """Read every technical log against its hash chain; for a nightly schedule."""
    for aircraft in RPASAircraft.objects.order_by("pk").iterator(chunk_size=200):
        check_technical_log(aircraft, at=timezone.now())

import logging

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from airports.exceptions import SourceUnavailable
from airports.services import scraping

logger = logging.getLogger(__name__)


@shared_task(name="airports.tasks.fetch_metars")
def fetch_metars() -> None:
    """Fetch the latest observations. A source that is down is asked again later."""
    if not settings.FETCH_WEATHER:
        return
    try:
        scraping.fetch_metars(at=timezone.now())
    except SourceUnavailable as refusal:
        logger.warning("No observations: %s", refusal)


@shared_task(name="airports.tasks.fetch_tafs")
def fetch_tafs() -> None:
    """Fetch the latest forecasts of the stations watched."""
    if not settings.FETCH_WEATHER:
        return
    try:
        scraping.fetch_tafs(at=timezone.now())
    except SourceUnavailable as refusal:
        logger.warning("No forecasts: %s", refusal)


@shared_task(name="airports.tasks.fetch_airports")
def fetch_airports() -> None:
    """Fetch the aerodrome files, when they have changed."""
    if not settings.FETCH_WEATHER:
        return
    try:
        scraping.fetch_airports(at=timezone.now())
    except SourceUnavailable as refusal:
        logger.warning("No aerodromes: %s", refusal)

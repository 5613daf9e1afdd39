"""The doctor's examinations of aerodromes and weather."""

from collections.abc import Iterator

from django.conf import settings
from django.utils import timezone

from airports.models import Runway
from airports.queries.reference import is_reference_loaded
from airports.queries.reports import newest_received_at
from common.diagnosis import Trouble, examination


@examination("airports.reference", "Aerodromes are loaded")
def reference_is_loaded() -> Iterator[Trouble]:
    """Without aerodromes no place is near one, and nothing can be planned."""
    if not is_reference_loaded() or not Runway.objects.exists():
        yield Trouble(
            "The aerodromes that come with the installation are not loaded.",
            "script/manage load_reference_data --again",
        )


@examination("weather.age", "Weather comes in")
def weather_comes_in() -> Iterator[Trouble]:
    """Old weather makes no rule green: operations stay unreleased."""
    received_at = newest_received_at()
    remedy = (
        "script/manage fetch_weather, and see what it says; where that works, see worker.heartbeat."
    )
    if not settings.FETCH_WEATHER:
        yield Trouble(
            "FETCH_WEATHER is off: reports come by hand alone.",
            "Set FETCH_WEATHER=1.",
            is_fault=False,
        )
    if received_at is None:
        yield Trouble("No report was ever stored.", remedy)
        return
    age_s = (timezone.now() - received_at).total_seconds()
    if age_s > settings.WEATHER_OLD_AFTER_S:
        yield Trouble(f"The newest report came {age_s / 3600:.1f} h ago.", remedy)

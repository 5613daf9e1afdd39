"""What an aircraft had flown on a day that is over."""

from datetime import date

from django.db.models import Sum

from aircraft.models import Aircraft, FlightHours

TOTALS = ("time_in_service_min", "cycles", "landings")


def totals_on(aircraft: Aircraft, day: date) -> dict[str, int]:
    """Its totals by the end of a local day: what it has now without what was flown since."""
    since = (
        FlightHours.objects.on_aircraft(aircraft.pk)
        .filter(flown_on__gt=day)
        .aggregate(**{name: Sum(name, default=0) for name in TOTALS})
    )
    return {name: getattr(aircraft, name) - since[name] for name in TOTALS}

from common.compliance.service import touch
from common.events import handles
from operations.events import TripClosed
from operations.models import CrewLogEntry, Trip
from operations.queries.workload import flown_by_trips

# Imported for what it registers: the maintenance forecast asks it how much trips fly.
__all__ = ["count_what_was_flown_in_the_pilots_other_work", "flown_by_trips"]


@handles(TripClosed)
def count_what_was_flown_in_the_pilots_other_work(event: TripClosed) -> None:
    """What the log now says counts in the limits and recency of the pilots' next trips."""
    # Here and not in the service: the aircraft's verdicts are marked there, and two statements
    # that lock verdicts in one transaction could wait for each other.
    trip = Trip.objects.get(pk=event.trip_id)
    pilots = CrewLogEntry.objects.filter(leg__trip=trip).values_list("person_id", flat=True)
    touch(*(f"user:{pk}" for pk in set(pilots)), because=f"{trip.number} closed")

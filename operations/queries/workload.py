"""What booked trips will fly, for the maintenance forecast."""

from collections.abc import Mapping, Sequence

from django.db.models import Count, Sum

from aircraft.planned_flying import Workload, flying_source
from operations.models import LegStatus, TripLeg

# Not yet counted by the aircraft's own hours: these are written when the trip is closed.
DROPPED = (LegStatus.CANCELLED,)


@flying_source("operations.trip")
def flown_by_trips(ids: Sequence[int]) -> Mapping[int, Workload]:
    """
    Flight minutes and cycles of trips by key: those of legs whose hours are still to be written.

    One statement. A trip that is closed flies nothing more.
    """
    rows = (
        TripLeg.objects.filter(trip__in=list(ids), trip__closed_at=None)
        .exclude(status__in=DROPPED)
        .values("trip")
        .annotate(minutes=Sum("flight_min"), cycles=Count("pk"))
    )
    flown = {row["trip"]: Workload(minutes=row["minutes"], cycles=row["cycles"]) for row in rows}
    return {pk: flown.get(pk, Workload(minutes=0, cycles=0)) for pk in ids}

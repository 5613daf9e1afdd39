from django.utils import timezone

from common.compliance.events import VerdictChanged
from common.events import handles
from common.models import Verdict
from operations.events import TripChanged
from operations.models import Trip
from operations.services.assessment import TRIP, mark_trip
from operations.services.releases import recheck_plan, recheck_release


@handles(VerdictChanged)
def hold_new_verdict_against_the_flight_release(event: VerdictChanged) -> None:
    """Revoke a release that the new verdict of its trip no longer supports."""
    if event.subject_type != TRIP:
        return
    trip = Trip.objects.filter(pk=event.subject_id).first()
    if trip is not None:
        recheck_release(trip, Verdict.objects.get(pk=event.verdict_id), at=timezone.now())


@handles(TripChanged)
def hold_the_changed_plan_against_the_flight_release(event: TripChanged) -> None:
    """Revoke a release when the trip is no longer planned as it was released."""
    trip = Trip.objects.filter(pk=event.trip_id).first()
    if trip is not None and not recheck_plan(trip, at=timezone.now()):
        mark_trip(trip, "trip changed")

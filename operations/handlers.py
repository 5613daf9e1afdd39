from django.db import transaction
from django.utils import timezone

from common.compliance.events import VerdictChanged
from common.compliance.service import touch
from common.events import handles
from common.models import Verdict
from operations.events import (
    MedicalRequirementChanged,
    PassengersChanged,
    QuoteClosed,
    TripChanged,
    TripClosed,
)
from operations.models import CrewLogEntry, Trip
from operations.queries.workload import flown_by_trips
from operations.services import legality
from operations.services.assessment import TRIP, mark_trip
from operations.services.ledger import lock_trip
from operations.services.releases import recheck_plan, recheck_release
from operations.services.trip_changes import trip_changed
from operations.services.trips import release_holds_of_closed

# Imported for what they register: the maintenance forecast asks the one how much trips fly, the
# desk asks the other before it commits itself.
__all__ = ["count_what_was_flown_in_the_pilots_other_work", "flown_by_trips", "legality"]


@handles(TripClosed)
def count_what_was_flown_in_the_pilots_other_work(event: TripClosed) -> None:
    """What the log now says counts in the limits and recency of the pilots' next trips."""
    # Here and not in the service: the aircraft's verdicts are marked there, and two statements
    # that lock verdicts in one transaction could wait for each other.
    trip = Trip.objects.get(pk=event.trip_id)
    pilots = CrewLogEntry.objects.filter(leg__trip=trip).values_list("person_id", flat=True)
    touch(*(f"user:{pk}" for pk in set(pilots)), because=f"{trip.number} closed")


@handles(QuoteClosed)
def give_back_what_was_held_for_the_quote(event: QuoteClosed) -> None:
    """An aircraft is not kept for an offer that nobody can accept any more."""
    release_holds_of_closed(event.quote_id, at=timezone.now())


@handles(PassengersChanged)
def hold_the_manifest_against_the_plan(event: PassengersChanged) -> None:
    """Who travels is part of what a release binds."""
    _seal([event.trip_id], "passengers changed")


@handles(MedicalRequirementChanged)
def hold_the_patients_needs_against_the_plan(event: MedicalRequirementChanged) -> None:
    """So is what the patient needs."""
    trips = Trip.objects.live().filter(requirement=event.requirement_id).order_by("pk")
    _seal(list(trips.values_list("pk", flat=True)), "what the patient needs changed")


def _seal(ids: list[int], because: str) -> None:
    for trip in Trip.objects.live().filter(pk__in=ids).order_by("pk"):
        with transaction.atomic():
            trip_changed(lock_trip(trip), because, actor=None, at=timezone.now())


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

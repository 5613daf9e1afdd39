"""What the desk hears of crewed flying, each as one event however often it is delivered."""

from typing import Any

from django.utils import timezone

from aircraft.events import DefectChanged as CrewedDefectChanged
from aircraft.events import DefectRaised as CrewedDefectRaised
from aircraft.events import MaintenanceDue as CrewedMaintenanceDue
from aircraft.models import Aircraft
from aircraft.models import Defect as CrewedDefect
from common.events import handles
from dispatcher.models import EventKind, EventSeverity
from dispatcher.queries.responsible import (
    crewed_center,
)
from dispatcher.services import board, watch
from dispatcher.services.events import raise_event, resolve_by_itself
from operations.events import (
    LegMoved,
    TripChanged,
    TripDelayed,
    TripEnded,
    TripOverruns,
    TripReleased,
    TripReleaseRevoked,
)
from operations.models import LegDelay, Trip, TripLeg

LONG_DELAY_MIN = 60


@handles(CrewedDefectRaised)
def tell_of_a_crewed_defect(event: CrewedDefectRaised) -> None:
    """A crewed aircraft has a defect; until it is deferred or put right it may not fly."""
    defect = CrewedDefect.objects.select_related("aircraft").get(pk=event.defect_id)
    _about_crewed(
        defect.aircraft,
        kind=EventKind.DEFECT,
        severity=EventSeverity.CRITICAL,
        title=f"{defect.aircraft}: {defect.number}",
        occurred_at=min(defect.found_at, timezone.now()),
        source_key=f"crewed-defect:{defect.pk}",
    )


@handles(CrewedDefectChanged)
def resolve_a_crewed_defect(event: CrewedDefectChanged) -> None:
    """It was deferred or put right: the aircraft may fly again as far as this goes."""
    defect = CrewedDefect.objects.get(pk=event.defect_id)
    if defect.status != "open":
        because = f"{defect.number} is {defect.get_status_display().lower()}."
        resolve_by_itself(f"crewed-defect:{defect.pk}", because=because, at=timezone.now())


@handles(CrewedMaintenanceDue)
def tell_of_crewed_maintenance(event: CrewedMaintenanceDue) -> None:
    """Maintenance of a crewed aircraft comes near or is passed."""
    aircraft = Aircraft.objects.get(pk=event.aircraft_id)
    for task_id in event.task_ids:
        _about_crewed(
            aircraft,
            kind=EventKind.MAINTENANCE,
            severity=EventSeverity.WARNING,
            title=f"{aircraft}: maintenance is due",
            occurred_at=timezone.now(),
            source_key=f"crewed-maintenance:{task_id}",
        )


@handles(TripDelayed)
def tell_of_a_delay(event: TripDelayed) -> None:
    """A leg goes later."""
    delay = LegDelay.objects.filter(leg=event.leg_id).order_by("-pk").first()
    leg = TripLeg.objects.select_related("trip").get(pk=event.leg_id)
    late = leg.estimated_out_at - leg.planned_out_at
    late_min = max(0, round(late.total_seconds() / 60))
    cause = f" ({delay.get_code_display().lower()})" if delay else ""
    _about_crewed(
        leg.trip,
        kind=EventKind.DELAY,
        severity=EventSeverity.WARNING if late_min >= LONG_DELAY_MIN else EventSeverity.INFO,
        title=f"{leg.trip.number} leg {leg.sequence} is {late_min} min late{cause}",
        occurred_at=timezone.now(),
        source_key=f"delay:{leg.pk}",
    )


@handles(TripOverruns)
def tell_of_an_overrun(event: TripOverruns) -> None:
    """A trip lasts longer than its aircraft or crew are free."""
    trip = Trip.objects.get(pk=event.trip_id)
    _about_crewed(
        trip,
        kind=EventKind.DELAY,
        severity=EventSeverity.CRITICAL,
        title=f"{trip.number} lasts longer than its aircraft or crew are free",
        occurred_at=timezone.now(),
        source_key=f"overrun:{trip.pk}",
    )


@handles(TripEnded)
def resolve_what_a_trip_raised(event: TripEnded) -> None:
    """A trip that is over is late no more, and its verdict troubles nobody."""
    at = timezone.now()
    legs = TripLeg.objects.filter(trip=event.trip_id).order_by("pk").values_list("pk", flat=True)
    keys = [f"overrun:{event.trip_id}", *(f"delay:{pk}" for pk in legs)]
    for key in keys:
        resolve_by_itself(key, because="The trip is over.", at=at)
    watch.review_trip(event.trip_id, at=at)


@handles(TripReleaseRevoked)
def tell_of_a_revoked_flight_release(event: TripReleaseRevoked) -> None:
    """A crewed trip that was released may not go."""
    trip = Trip.objects.get(pk=event.trip_id)
    now = timezone.now()
    is_soon = trip.start_at < now + watch.SOON
    _about_crewed(
        trip,
        kind=EventKind.COMPLIANCE,
        severity=EventSeverity.CRITICAL if is_soon else EventSeverity.WARNING,
        title=f"{trip.number}: release revoked",
        occurred_at=now,
        source_key=f"trip-release:{trip.pk}",
    )


@handles(TripReleased)
def resolve_a_revoked_flight_release(event: TripReleased) -> None:
    """It was released again."""
    resolve_by_itself(f"trip-release:{event.trip_id}", because="Released.", at=timezone.now())


@handles(TripChanged)
def show_a_changed_trip(event: TripChanged) -> None:
    """The board shows where its legs stand now."""
    _show_legs(event.trip_id)


@handles(LegMoved)
def show_a_moved_leg(event: LegMoved) -> None:
    """The board shows the leg, and the later ones that moved with it."""
    _show_legs(event.trip_id)


def _about_crewed(subject: Any, **what: Any) -> None:
    center = crewed_center()
    if center is not None:
        raise_event(center, subject=subject, actor=None, at=timezone.now(), **what)


def _show_legs(trip_id: int) -> None:
    fields = ("id", "trip_id", "sequence", "status", "estimated_out_at", "estimated_in_at")
    legs = TripLeg.objects.filter(trip=trip_id).order_by("sequence").values(*fields)
    board.tell_of_times(board.CREWED, "leg", list(legs), at=timezone.now())

"""What the desk hears of crewed flying, each as one event however often it is delivered."""

from typing import Any

from django.utils import timezone

from aircraft.events import DefectChanged as CrewedDefectChanged
from aircraft.events import DefectRaised as CrewedDefectRaised
from aircraft.events import MaintenanceCompleted as CrewedMaintenanceCompleted
from aircraft.events import MaintenanceDue as CrewedMaintenanceDue
from aircraft.models import Aircraft, DefectStatus
from aircraft.models import Defect as CrewedDefect
from common.events import handles
from dispatcher.models import DispatchEvent, EventKind, EventSeverity
from dispatcher.queries.responsible import crewed_center
from dispatcher.services import board, upkeep, watch
from dispatcher.services.events import raise_event, resolve_by_itself
from operations.events import (
    CrewAnswered,
    DepartedUnpermitted,
    LegMoved,
    TripChanged,
    TripDelayed,
    TripEnded,
    TripOverruns,
    TripReleased,
    TripReleaseRevoked,
)
from operations.models import (
    CrewLine,
    CrewStatus,
    DelayCode,
    FlightRelease,
    LegDelay,
    LegDeparture,
    Trip,
    TripLeg,
)
from users.models import User

LONG_DELAY_MIN = 60
# Whom a trip waits for is nobody's business but the trip's.
OF_THE_CARRIED = (DelayCode.PATIENT, DelayCode.PASSENGER, DelayCode.MEDICAL_TEAM)


@handles(CrewedDefectRaised)
def tell_of_a_crewed_defect(event: CrewedDefectRaised) -> None:
    """A crewed aircraft has a defect; until it is deferred or put right it may not fly."""
    defect = CrewedDefect.objects.select_related("aircraft").get(pk=event.defect_id)
    if defect.status != DefectStatus.OPEN:
        # Dealt with before this was heard, or heard again since.
        return
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
    if defect.status != DefectStatus.OPEN:
        because = f"{defect.number} is {defect.get_status_display().lower()}."
        resolve_by_itself(f"crewed-defect:{defect.pk}", because=because, at=timezone.now())


@handles(CrewedMaintenanceDue)
def tell_of_crewed_maintenance(event: CrewedMaintenanceDue) -> None:
    """Maintenance of a crewed aircraft comes near or is passed."""
    aircraft = Aircraft.objects.get(pk=event.aircraft_id)
    upkeep.note_due_of_crewed(aircraft, event.task_ids, at=timezone.now())


@handles(CrewedMaintenanceCompleted)
def resolve_crewed_maintenance_that_is_done(event: CrewedMaintenanceCompleted) -> None:
    """What is neither near nor passed any more is closed."""
    aircraft = Aircraft.objects.get(pk=event.aircraft_id)
    upkeep.close_done_of_crewed(aircraft, at=timezone.now())


@handles(TripDelayed)
def tell_of_a_delay(event: TripDelayed) -> None:
    """A leg goes later."""
    delay = LegDelay.objects.filter(leg=event.leg_id).order_by("-pk").first()
    leg = TripLeg.objects.select_related("trip").get(pk=event.leg_id)
    if not _is_live(leg.trip_id):
        return
    late = leg.estimated_out_at - leg.planned_out_at
    late_min = max(0, round(late.total_seconds() / 60))
    is_told = delay is not None and delay.code not in OF_THE_CARRIED
    cause = f" ({delay.get_code_display().lower()})" if delay and is_told else ""
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
    if not _is_live(trip.pk):
        return
    _about_crewed(
        trip,
        kind=EventKind.DELAY,
        severity=EventSeverity.CRITICAL,
        title=f"{trip.number} lasts longer than its aircraft or crew are free",
        occurred_at=timezone.now(),
        source_key=f"overrun:{trip.pk}",
    )


@handles(DepartedUnpermitted)
def tell_of_a_departure_against_the_rules(event: DepartedUnpermitted) -> None:
    """A leg had left though it should have been refused."""
    leg = TripLeg.objects.select_related("trip").get(pk=event.leg_id)
    departure = LegDeparture.objects.get(pk=event.departure_id)
    if DispatchEvent.objects.filter(source_key=f"departure:{departure.pk}").exists():
        return
    _about_crewed(
        leg.trip,
        kind=EventKind.CONFORMANCE,
        severity=EventSeverity.CRITICAL,
        title=f"{leg.trip.number} leg {leg.sequence} left although it was not permitted to",
        occurred_at=min(departure.out_at, timezone.now()),
        source_key=f"departure:{departure.pk}",
    )


@handles(CrewAnswered)
def tell_of_a_declined_place(event: CrewAnswered) -> None:
    """Somebody declined a place on a trip; resolved when they take one after all."""
    key = f"declined:{event.trip_id}:{event.person_id}"
    lines = CrewLine.objects.filter(leg__trip=event.trip_id, person=event.person_id)
    if lines.assigned().exists():
        resolve_by_itself(key, because="Has a place now.", at=timezone.now())
        return
    declined = lines.filter(status=CrewStatus.DECLINED)
    if not (declined.exists() and _is_live(event.trip_id)):
        return
    last = declined.order_by("-pk").values_list("pk", flat=True)[0]
    if DispatchEvent.objects.filter(source_key=key, details__line__gte=last).exists():
        return
    trip, person = Trip.objects.get(pk=event.trip_id), User.objects.get(pk=event.person_id)
    _about_crewed(
        trip,
        kind=EventKind.PEOPLE,
        severity=EventSeverity.WARNING,
        title=f"{trip.number}: {person.full_name} declined a place",
        occurred_at=timezone.now(),
        source_key=key,
        details={"line": last},
    )


@handles(TripEnded)
def resolve_what_a_trip_raised(event: TripEnded) -> None:
    """A trip that is over is late no more, and its verdict troubles nobody."""
    at = timezone.now()
    legs = TripLeg.objects.filter(trip=event.trip_id).order_by("pk").values_list("pk", flat=True)
    keys = [
        f"overrun:{event.trip_id}",
        f"trip-release:{event.trip_id}",
        *(f"delay:{pk}" for pk in legs),
    ]
    declined = DispatchEvent.objects.unresolved().filter(
        source_key__startswith=f"declined:{event.trip_id}:"
    )
    keys += sorted(set(declined.values_list("source_key", flat=True)))
    for key in keys:
        resolve_by_itself(key, because="The trip is over.", at=at)
    watch.review_trip(event.trip_id, at=at)


@handles(TripReleaseRevoked)
def tell_of_a_revoked_flight_release(event: TripReleaseRevoked) -> None:
    """A crewed trip that was released may not go."""
    trip = Trip.objects.get(pk=event.trip_id)
    now = timezone.now()
    if FlightRelease.objects.live().filter(trip=trip).exists():
        # Released anew meanwhile.
        return
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


def _is_live(trip_id: int) -> bool:
    """Whether a trip is still to be flown; of one that is over nothing is late."""
    return Trip.objects.live().filter(pk=trip_id).exists()


def _show_legs(trip_id: int) -> None:
    fields = ("id", "trip_id", "sequence", "status", "estimated_out_at", "estimated_in_at")
    legs = TripLeg.objects.filter(trip=trip_id).order_by("sequence").values(*fields)
    board.tell_of_times(board.CREWED, "leg", list(legs), at=timezone.now())

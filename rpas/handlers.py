from django.utils import timezone

from common.events import handles
from documents.services.reissues import mark_for_reissue
from rpas.events import (
    AircraftChanged,
    DefectRaised,
    DefectRectified,
    FlightRecorded,
    MaintenanceCompleted,
    TechnicalLogIssued,
)
from rpas.models import F2TechnicalLogPartA

LOG = "rpas.f2technicallogparta"


@handles(AircraftChanged)
def have_the_log_made_anew_after_a_change(event: AircraftChanged) -> None:
    """An inspection, a deferred defect or an item of maintenance stands in the log."""
    _have_made_anew(event.aircraft_id, because="aircraft changed")


@handles(DefectRaised)
def have_the_log_made_anew_after_a_defect(event: DefectRaised) -> None:
    """Part A lists every defect."""
    _have_made_anew(event.aircraft_id, because="defect raised")


@handles(DefectRectified)
def have_the_log_made_anew_after_a_repair(event: DefectRectified) -> None:
    """Part A says who rectified a defect and when."""
    _have_made_anew(event.aircraft_id, because="defect rectified")


@handles(FlightRecorded)
def have_the_log_made_anew_after_a_flight(event: FlightRecorded) -> None:
    """Part B carries the time of every flight, and what is due follows it."""
    _have_made_anew(event.aircraft_id, because="flight recorded")


@handles(MaintenanceCompleted)
def have_the_log_made_anew_after_maintenance(event: MaintenanceCompleted) -> None:
    """Part A says what was done, by whom, and when it is due again."""
    _have_made_anew(event.aircraft_id, because="maintenance completed")


@handles(TechnicalLogIssued)
def have_the_log_made_anew_when_it_is_issued(event: TechnicalLogIssued) -> None:
    """The Part A before is superseded, and its paper must say so."""
    _have_made_anew(event.aircraft_id, because="Part A issued")


def _have_made_anew(aircraft_id: int, *, because: str) -> None:
    now = timezone.now()
    logs = F2TechnicalLogPartA.objects.on_aircraft(aircraft_id).order_by("pk")
    for pk in logs.values_list("pk", flat=True):
        mark_for_reissue(LOG, pk, at=now, reason=because)

from django.utils import timezone

from airports.events import WeatherReported
from common.compliance.events import VerdictChanged
from common.compliance.service import touch
from common.events import handles
from common.models import Verdict
from documents.services.reissues import mark_for_reissue
from flight_operations.events import (
    FlightRecordChanged,
    OperationLanded,
    OperationReleased,
    OperationStarted,
    ReleaseRevoked,
    TelemetryAlertEnded,
    TelemetryAlertRaised,
    TelemetryAlertWorsened,
)
from flight_operations.models import FlightOperation
from flight_operations.queries.checklists import preparing, preparing_near
from flight_operations.services.assessment import SUBJECT, work_keys
from flight_operations.services.checklists import refresh_system_items
from flight_operations.services.releases import recheck_release
from flight_operations.services.telemetry_alerts import end_alerts, settle_conformance
from rpas.events import AircraftChanged


@handles(VerdictChanged)
def hold_new_verdict_against_the_release(event: VerdictChanged) -> None:
    """Revoke a release that the new verdict of its operation no longer supports."""
    if event.subject_type != SUBJECT:
        return
    operation = FlightOperation.objects.filter(pk=event.subject_id).first()
    if operation is not None:
        verdict = Verdict.objects.get(pk=event.verdict_id)
        recheck_release(operation, verdict, at=timezone.now())


@handles(OperationLanded)
def end_alerts_of_a_flight_that_is_over(event: OperationLanded) -> None:
    """Nothing more will show a return within the limits."""
    end_alerts(event.operation_id)


@handles(OperationStarted)
def count_the_start_in_the_pilots_other_work(event: OperationStarted) -> None:
    """A flight that began at another time than planned moves its pilots' duty of the day."""
    _mark_work(event.operation_id)


@handles(OperationLanded)
def count_the_landing_in_the_pilots_other_work(event: OperationLanded) -> None:
    """A flight that took another time than planned moves its pilots' duty, rest and recency."""
    _mark_work(event.operation_id)


def _mark_work(operation_id: int) -> None:
    # Here and not in the service: the aircraft's verdicts are marked there, and two statements
    # that lock verdicts in one transaction could wait for each other.
    operation = FlightOperation.objects.get(pk=operation_id)
    touch(*work_keys(operation), because=f"{operation.number} flown")


@handles(TelemetryAlertRaised)
def mark_flight_as_nonconforming(event: TelemetryAlertRaised) -> None:
    """Show on the operation that it is outside a limit."""
    settle_conformance(event.operation_id, at=timezone.now())


@handles(TelemetryAlertWorsened)
def judge_records_by_a_worse_alert(event: TelemetryAlertWorsened) -> None:
    """Positions that come late may make an alert of a flight that is over worse."""
    settle_conformance(event.operation_id, at=timezone.now())


@handles(TelemetryAlertEnded)
def mark_flight_as_conforming_again(event: TelemetryAlertEnded) -> None:
    """Show on the operation that it keeps its limits again, if it keeps all of them."""
    settle_conformance(event.operation_id, at=timezone.now())


@handles(OperationReleased)
def have_the_release_printed_anew(event: OperationReleased) -> None:
    """A document shows the newest release."""
    _have_made_anew(event.operation_id, "drone_release", because="released")


@handles(ReleaseRevoked)
def have_the_revocation_printed(event: ReleaseRevoked) -> None:
    """A release on paper that was taken back says so."""
    _have_made_anew(event.operation_id, "drone_release", because="release revoked")


@handles(FlightRecordChanged)
def have_the_flight_report_made_anew(event: FlightRecordChanged) -> None:
    """A report shows log, track and alerts as they are on record."""
    _have_made_anew(event.operation_id, "mission_report", because="flight record changed")


def _have_made_anew(operation_id: int, kind: str, *, because: str) -> None:
    mark_for_reissue(SUBJECT, operation_id, at=timezone.now(), kinds=[kind], reason=because)


@handles(AircraftChanged)
def note_inspections_on_checklists(event: AircraftChanged) -> None:
    """Fill in the aircraft item of the checklists that wait for an inspection."""
    now = timezone.now()
    for operation in preparing(now=now).filter(aircraft=event.aircraft_id):
        refresh_system_items(operation, at=now)


@handles(WeatherReported)
def note_weather_on_checklists(event: WeatherReported) -> None:
    """Fill in the weather item of the checklists of operations near the stations."""
    now = timezone.now()
    for operation in preparing_near(event.stations, now=now):
        refresh_system_items(operation, at=now)

"""Report an incident, keep the aircraft on the ground, tell the ATSB, investigate, close."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from common import audit
from common.compliance.service import touch
from common.exceptions import InvalidInput
from common.lifecycle import locked, move, require_move
from common.numbering import next_number
from common.outbox import announce
from flight_operations.events import IncidentChanged, IncidentReported
from flight_operations.exceptions import (
    AlreadyNotified,
    IncidentNotAmendable,
    IncidentNotClosable,
    NotificationNotDue,
)
from flight_operations.models import FlightOperation, IncidentStatus, SMSIncidentReport
from flight_operations.occurrences import (
    atsb_category,
    is_immediately_reportable,
    is_reportable,
    needs_quarantine,
)
from flight_operations.queries.incidents import outstanding
from flight_operations.services.assessment import judge_closed_again
from flight_operations.services.verdicts import first_verdict
from rpas.models import AircraftStatus, RPASAircraft, RPASOperator
from rpas.services.aircraft import quarantine

AMENDABLE = frozenset(
    {
        "pilot",
        "operating_category",
        "mass_kg",
        "is_type_certified",
        "classification",
        "occurred_at",
        "time_zone",
        "place",
        "position",
        "phase",
        "weather",
        "airspace",
        "narrative",
        "injuries",
        "damage",
        "damage_description",
        "third_party_damage",
        "third_party",
        "immediate_action",
        "evidence",
        "corrective_action",
    }
)
FLYING = frozenset({AircraftStatus.IN_SERVICE, AircraftStatus.IN_MAINTENANCE})
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
CHANNELS = {"phone": "phoned_at", "written": "written_at"}


@transaction.atomic
def report_incident(
    *,
    operator: RPASOperator,
    aware_at: datetime | None = None,
    operation: FlightOperation | None = None,
    aircraft: RPASAircraft | None = None,
    actor: Any,
    at: datetime,
    **particulars: Any,
) -> SMSIncidentReport:
    """
    Report that something went wrong; the ATSB's clocks run from `aware_at` (now when not given).

    Aircraft, pilot, category and mass are those of the operation unless given. After harm or loss
    of control the aircraft is quarantined in the same transaction. Raises InvalidInput.
    """
    incident = SMSIncidentReport(
        operator=operator,
        operation=operation,
        aircraft=aircraft,
        aware_at=aware_at or at,
        reported_by=actor,
    )
    _fill_from_operation(incident)
    for name in sorted(AMENDABLE & set(particulars)):
        setattr(incident, name, particulars[name])
    incident.time_zone = incident.time_zone or operator.timezone
    _judge(incident, at)
    _quarantine(incident, actor=actor, at=at)
    year = at.astimezone(ZoneInfo(operator.timezone)).year
    incident.number = next_number("IN", year=year)
    incident.save()
    _note(incident, "reported", actor=actor, at=at)
    first_verdict(incident, at=at)
    if operation is not None:
        judge_closed_again(operation, at=at)
    announce(IncidentReported(incident_id=incident.pk))
    return incident


@transaction.atomic
def amend_incident(
    incident: SMSIncidentReport,
    *,
    changes: Mapping[str, Any],
    actor: Any,
    at: datetime,
    version: int | None = None,
) -> SMSIncidentReport:
    """
    Correct or complete the particulars; whether and how to report it is judged again.

    What becomes worse grounds the aircraft now. Raises IncidentNotAmendable, StaleVersion,
    InvalidInput.
    """
    if incident.aircraft is not None:
        locked(incident.aircraft)
    incident = locked(incident, version=version)
    if incident.status == IncidentStatus.CLOSED:
        raise IncidentNotAmendable(status=incident.status)
    for name in sorted(AMENDABLE & set(changes)):
        setattr(incident, name, changes[name])
    _judge(incident, at)
    _quarantine(incident, actor=actor, at=at)
    incident.save()
    _note(incident, "amended", actor=actor, at=at)
    announce(IncidentChanged(incident_id=incident.pk))
    return incident


@transaction.atomic
def record_notification(
    incident: SMSIncidentReport,
    *,
    channel: str,
    notified_at: datetime,
    reference: str = "",
    actor: Any,
    at: datetime,
) -> SMSIncidentReport:
    """
    Record that the ATSB was told, by `phone` or by `written` report; that clock stops.

    Raises NotificationNotDue, AlreadyNotified, InvalidInput.
    """
    incident = locked(incident)
    if not incident.is_reportable:
        raise NotificationNotDue(incident=incident.number)
    field = CHANNELS[channel]
    if getattr(incident, field) is not None:
        raise AlreadyNotified(channel=channel, incident=incident.number)
    if not incident.aware_at <= notified_at <= at:
        raise InvalidInput("/notified_at", "Not between the moment of awareness and now.")
    setattr(incident, field, notified_at)
    incident.atsb_reference = reference or incident.atsb_reference
    incident.save()
    _note(incident, f"notified_{channel}", actor=actor, at=at, reference=reference)
    announce(IncidentChanged(incident_id=incident.pk))
    return incident


@transaction.atomic
def investigate_incident(
    incident: SMSIncidentReport, *, reason: str = "", actor: Any, at: datetime
) -> SMSIncidentReport:
    """Open the investigation, or open it again. Raises TransitionNotAllowed."""
    incident = locked(incident)
    return _step(incident, IncidentStatus.UNDER_INVESTIGATION, reason=reason, actor=actor, at=at)


@transaction.atomic
def record_action(
    incident: SMSIncidentReport, *, corrective_action: str, actor: Any, at: datetime
) -> SMSIncidentReport:
    """Record what is done so that it does not happen again. Raises TransitionNotAllowed."""
    incident = locked(incident)
    incident.corrective_action = corrective_action
    return _step(incident, IncidentStatus.ACTION, reason="", actor=actor, at=at)


@transaction.atomic
def close_incident(
    incident: SMSIncidentReport, *, reason: str, actor: Any, at: datetime
) -> SMSIncidentReport:
    """
    Close an incident that is dealt with.

    Raises IncidentNotClosable while a report or the corrective action is missing,
    TransitionNotAllowed.
    """
    incident = locked(incident)
    require_move(incident, IncidentStatus.CLOSED)
    missing = list(outstanding(incident))
    if missing:
        raise IncidentNotClosable(incident=incident.number, open=", ".join(missing))
    return _step(incident, IncidentStatus.CLOSED, reason=reason, actor=actor, at=at)


def _step(
    incident: SMSIncidentReport, to: str, *, reason: str, actor: Any, at: datetime
) -> SMSIncidentReport:
    move(incident, to, actor=actor, at=at, reason=reason)
    _note(incident, to, actor=actor, at=at, reason=reason)
    announce(IncidentChanged(incident_id=incident.pk))
    return incident


def _fill_from_operation(incident: SMSIncidentReport) -> None:
    operation = incident.operation
    if operation is not None:
        if operation.operator_id != incident.operator_id:
            raise InvalidInput("/operation", "The operation belongs to another operator.")
        if incident.aircraft is not None and incident.aircraft != operation.aircraft:
            raise InvalidInput("/aircraft", "The operation is flown with another aircraft.")
        incident.aircraft = operation.aircraft
        incident.pilot = operation.pilot_in_command
        incident.operating_category = operation.category
        plan = getattr(operation, "plan", None)
        incident.mass_kg = plan.take_off_mass_kg if plan else None
    aircraft = incident.aircraft
    if aircraft is not None:
        if aircraft.operator_id != incident.operator_id:
            raise InvalidInput("/aircraft", "The aircraft belongs to another operator.")
        incident.mass_kg = incident.mass_kg or aircraft.mtow_kg


def _judge(incident: SMSIncidentReport, at: datetime) -> None:
    if incident.aware_at > at:
        raise InvalidInput("/aware_at", "The moment of awareness lies in the future.")
    if incident.occurred_at < EARLIEST:
        raise InvalidInput("/occurred_at", "Before there were such aircraft.")
    if incident.occurred_at > incident.aware_at:
        raise InvalidInput("/occurred_at", "It cannot be known before it happened.")
    incident.atsb_category = atsb_category(
        mass_kg=incident.mass_kg,
        category=incident.operating_category,
        is_type_certified=incident.is_type_certified,
    )
    facts = {"atsb": incident.atsb_category, **_harm(incident)}
    incident.is_immediately_reportable = is_immediately_reportable(**facts)
    incident.is_reportable = is_reportable(**facts) or incident.is_immediately_reportable


def _quarantine(incident: SMSIncidentReport, *, actor: Any, at: datetime) -> None:
    """Ground the aircraft once for an incident that calls for it (SMS-INC)."""
    if incident.aircraft is None or incident.is_aircraft_quarantined:
        return
    if not needs_quarantine(**_harm(incident)):
        return
    aircraft = locked(incident.aircraft)
    if aircraft.status in FLYING:
        reason = f"Incident on {incident.occurred_at:%Y-%m-%d %H:%MZ}: {incident.classification}"
        quarantine(aircraft, reason=reason, actor=actor, at=at)
    incident.is_aircraft_quarantined = True


def _harm(incident: SMSIncidentReport) -> dict[str, str]:
    return {
        "injuries": incident.injuries,
        "classification": incident.classification,
        "damage": incident.damage,
        "third_party_damage": incident.third_party_damage,
    }


def _note(
    incident: SMSIncidentReport,
    deed: str,
    *,
    actor: Any,
    at: datetime,
    reason: str = "",
    **details: Any,
) -> None:
    audit.record(
        f"incident.{deed}",
        incident,
        actor=actor,
        at=at,
        reason=reason,
        scope=incident.scope,
        **details,
    )
    keys = [f"incident:{incident.pk}", f"rpas_incidents:{incident.operator_id}"]
    if incident.aircraft_id is not None:
        keys.append(f"rpas_aircraft:{incident.aircraft_id}")
    if incident.operation_id is not None:
        keys.append(f"flight_operation:{incident.operation_id}")
    touch(*keys, because=incident.number)

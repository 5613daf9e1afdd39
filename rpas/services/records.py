"""What every write of this app does besides its own change: who signs, and who must hear."""

from datetime import datetime
from typing import Any

from common import audit
from common.compliance.service import touch
from common.events import Event
from common.lifecycle import locked
from common.outbox import announce
from rpas.exceptions import AircraftRetired, NoReferenceNumber
from rpas.models import AircraftStatus, RPASAircraft, RPASOperator
from rpas.queries.people import Signature, signature_of


def lock_aircraft(
    aircraft: RPASAircraft, *, version: int | None = None, even_retired: bool = False
) -> RPASAircraft:
    """
    Lock the aircraft's row before anything else of it is read or written.

    One order of locks for all: aircraft, then its log, defects, schedules and batteries. Raises
    AircraftRetired, StaleVersion.
    """
    row = locked(aircraft, version=version)
    if row.status == AircraftStatus.RETIRED and not even_retired:
        raise AircraftRetired(aircraft=row.registration)
    return row


def aircraft_changed(
    aircraft: RPASAircraft,
    deed: str,
    *events: Event,
    actor: Any,
    at: datetime,
    reason: str = "",
    **details: Any,
) -> None:
    """Audit a deed on an aircraft, mark verdicts that rest on it stale, announce what happened."""
    scope = f"rpas_operator:{aircraft.operator_id}"
    audit.record(
        f"aircraft.{deed}", aircraft, actor=actor, at=at, reason=reason, scope=scope, **details
    )
    touch(f"rpas_aircraft:{aircraft.pk}", because=f"{aircraft.registration}: {deed}")
    for event in events:
        announce(event)


def operator_changed(
    operator: RPASOperator,
    deed: str,
    *events: Event,
    actor: Any,
    at: datetime,
    reason: str = "",
    **details: Any,
) -> None:
    """Audit a deed on an operator, mark verdicts that rest on it stale, announce what happened."""
    audit.record(
        f"operator.{deed}",
        operator,
        actor=actor,
        at=at,
        reason=reason,
        scope=operator.scope,
        **details,
    )
    touch(f"rpas_operator:{operator.pk}", because=f"{operator.name[:40]}: {deed}")
    for event in events:
        announce(event)


def certifier(user: Any) -> Signature:
    """The name and ARN that a person certifies with. Raises NoReferenceNumber without an ARN."""
    signed = signature_of(user)
    if not signed.number:
        raise NoReferenceNumber(person=signed.name)
    return signed


def stated_or_own(user: Any, *, name: str, arn: str) -> Signature:
    """Who did the work: somebody named with an ARN, else the person who records it."""
    return Signature(name, arn) if name and arn else certifier(user)

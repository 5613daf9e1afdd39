"""What every write of this app does besides its own change: who signs, and who must hear."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from aircraft.exceptions import AircraftRetired
from aircraft.models import FLEET_SCOPE, HELICOPTERS, Aircraft, AircraftStatus
from common import audit
from common.compliance.findings import Stage
from common.compliance.service import assess, record, touch
from common.events import Event
from common.lifecycle import locked
from common.outbox import announce

# As long as the columns that keep it; two names or an address may be longer.
LONGEST_NAME = 200


@dataclass(frozen=True)
class Signature:
    """Who signs for work, and the number of the license under which."""

    name: str
    license_number: str


def lock_aircraft(
    aircraft: Aircraft, *, version: int | None = None, even_retired: bool = False
) -> Aircraft:
    """
    Lock the aircraft's row before anything else of it is read or written.

    One order of locks for all: aircraft, then its tasks, defects and visits, then the time ledger.
    Raises AircraftRetired, StaleVersion.
    """
    row = locked(aircraft, version=version)
    if row.status == AircraftStatus.RETIRED and not even_retired:
        raise AircraftRetired(aircraft=row.tail_number)
    return row


def local_day(aircraft: Aircraft, at: datetime) -> date:
    """The calendar day at the aircraft's base."""
    return at.astimezone(aircraft.zone).date()


def signed(actor: Any, *, name: str, license_number: str) -> Signature:
    """Who signs: somebody named, else the person who records it, always with a license number."""
    return Signature(name.strip() or actor.full_name[:LONGEST_NAME], license_number.strip().upper())


def aircraft_changed(
    aircraft: Aircraft,
    deed: str,
    *events: Event,
    actor: Any,
    at: datetime,
    reason: str = "",
    is_of_count: bool = False,
    **details: Any,
) -> None:
    """
    Audit a deed on an aircraft, mark verdicts that rest on it stale, announce what happened.

    `is_of_count` where the fleet has another number of helicopters from now on.
    """
    audit.record(
        f"aircraft.{deed}",
        aircraft,
        actor=actor,
        at=at,
        reason=reason,
        scope=FLEET_SCOPE,
        **details,
    )
    # One statement marks them all: two in one transaction could wait for another's two.
    counted = [HELICOPTERS] if is_of_count else []
    touch(f"aircraft:{aircraft.pk}", *counted, because=f"{aircraft.tail_number}: {deed}")
    for event in events:
        announce(event)


def first_verdict(aircraft: Aircraft, *, at: datetime) -> None:
    """Give a new aircraft its first verdict, which later touches keep up to date."""
    record([assess("aircraft.aircraft", aircraft.pk, stage=Stage.RELEASE, at=at)])

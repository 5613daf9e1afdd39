from datetime import datetime
from typing import Any

from django.db import transaction

from common import audit
from common.compliance.service import touch
from common.exceptions import InvalidInput
from common.lifecycle import locked
from users.models import FlightExperience, User
from users.services.guards import require_own_or_granted


@transaction.atomic
def declare_experience(user: User, *, actor: User, at: datetime, **fields: Any) -> FlightExperience:
    """
    Write down hours flown elsewhere; for another person only who may change declarations.

    Raises InvalidInput when they contradict themselves, BeyondOwnAuthority.
    """
    require_own_or_granted(actor, user, "users.change_flightexperience")
    row = FlightExperience(user=user, declared_by=actor, declared_at=at, **fields)
    _require_sense(row)
    row.save(force_insert=True)
    audit.record("experience.declare", row, actor=actor, at=at, person=user.email)
    touch(f"user:{user.pk}")
    return row


@transaction.atomic
def change_experience(
    row: FlightExperience, *, version: int | None, actor: User, at: datetime, **changes: Any
) -> FlightExperience:
    """Declare other figures in place of these. Raises InvalidInput, StaleVersion."""
    row = locked(row, version=version)
    for name, value in changes.items():
        setattr(row, name, value)
    row.declared_by, row.declared_at = actor, at
    _require_sense(row)
    row.save()
    audit.record("experience.change", row, actor=actor, at=at, fields=sorted(changes))
    touch(f"user:{row.user_id}")
    return row


def _require_sense(row: FlightExperience) -> None:
    if row.night_minutes > row.flown_minutes:
        raise InvalidInput("/night_minutes", "Not more than the time flown.")
    if (row.cross_country_minutes or 0) > row.flown_minutes:
        raise InvalidInput("/cross_country_minutes", "Not more than the time flown.")
    if (row.instrument_flight_minutes or 0) > row.flown_minutes:
        raise InvalidInput("/instrument_flight_minutes", "Not more than the time flown.")

"""What crewed pilots fly elsewhere, and the checks they pass."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from common import audit
from common.compliance.service import touch
from common.exceptions import InvalidInput
from common.lifecycle import locked
from users.exceptions import AlreadyWithdrawn, NotOneself
from users.models import CheckRecord, DeclaredFlight, FlyingDeclaration, User
from users.queries.flying import due_month
from users.services.guards import require_own_or_granted

# A longer stay in the air is a slip of the pen; a declaration reaches a year and a day ahead.
LONGEST_FLIGHT = timedelta(days=31)
FURTHEST_AHEAD = timedelta(days=366)


@transaction.atomic
def record_check(
    user: User, *, actor: User, at: datetime, base_month: date | None = None, **fields: Any
) -> CheckRecord:
    """
    Write down a check or a training event a person passed or failed.

    Without `base_month` the check counts for the month it was due when it was done in that month,
    the one before or the one after, else for its own month (14 CFR 135.301(a)). Raises NotOneself
    for one's own check (a superuser may), InvalidInput.
    """
    if user.pk == actor.pk and not actor.is_superuser:
        raise NotOneself
    # Two checks of one person at once: the base month of the second counts on the first.
    locked(user)
    check = CheckRecord(user=user, recorded_by=actor, recorded_at=at, **fields)
    check.base_month = base_month or due_month(check)
    _require_sensible_check(check, at=at)
    check.save(force_insert=True)
    audit.record("check.record", check, actor=actor, at=at, person=user.email)
    _mark(user.pk, "a check recorded")
    return check


@transaction.atomic
def change_check(
    check: CheckRecord, *, version: int | None, actor: User, at: datetime, **changes: Any
) -> CheckRecord:
    """Correct the record of a check. Raises AlreadyWithdrawn, InvalidInput, StaleVersion."""
    check = locked(check, version=version)
    _require_standing(check)
    if check.user_id == actor.pk and not actor.is_superuser:
        raise NotOneself
    for name, value in changes.items():
        setattr(check, name, value)
    if "done_on" in changes and "base_month" not in changes:
        check.base_month = due_month(check)
    _require_sensible_check(check, at=at)
    check.save()
    audit.record("check.change", check, actor=actor, at=at, fields=sorted(changes))
    _mark(check.user_id, "a check corrected")
    return check


@transaction.atomic
def declare_flight(user: User, *, actor: User, at: datetime, **fields: Any) -> DeclaredFlight:
    """
    Write down a flight made elsewhere; for another person only who may change declarations.

    Raises InvalidInput when it contradicts itself, BeyondOwnAuthority.
    """
    require_own_or_granted(actor, user, "users.change_declaredflight")
    flight = DeclaredFlight(user=user, declared_by=actor, declared_at=at, **fields)
    _require_sensible_flight(flight, at=at)
    flight.save(force_insert=True)
    audit.record("flight.declare", flight, actor=actor, at=at, person=user.email)
    _mark(user.pk, "a flight declared")
    return flight


@transaction.atomic
def change_declared_flight(
    flight: DeclaredFlight, *, version: int | None, actor: User, at: datetime, **changes: Any
) -> DeclaredFlight:
    """Correct a declared flight. Raises AlreadyWithdrawn, InvalidInput, StaleVersion."""
    flight = locked(flight, version=version)
    _require_standing(flight)
    for name, value in changes.items():
        setattr(flight, name, value)
    flight.declared_by, flight.declared_at = actor, at
    _require_sensible_flight(flight, at=at)
    flight.save()
    audit.record("flight.correct", flight, actor=actor, at=at, fields=sorted(changes))
    _mark(flight.user_id, "a declared flight corrected")
    return flight


@transaction.atomic
def declare_flying(user: User, *, actor: User, at: datetime, **fields: Any) -> FlyingDeclaration:
    """
    State that everything flown elsewhere in a period is declared.

    For another person only who may change declarations. Raises InvalidInput, BeyondOwnAuthority.
    """
    require_own_or_granted(actor, user, "users.change_flyingdeclaration")
    row = FlyingDeclaration(user=user, declared_by=actor, declared_at=at, **fields)
    if row.until_on < row.from_on:
        raise InvalidInput("/until_on", "Not before the first day.")
    if row.until_on > at.date() + FURTHEST_AHEAD:
        raise InvalidInput("/until_on", "At most a year ahead.")
    row.save(force_insert=True)
    audit.record("flying.declare", row, actor=actor, at=at, person=user.email)
    _mark(user.pk, "flying elsewhere declared")
    return row


@transaction.atomic
def withdraw(
    row: CheckRecord | DeclaredFlight | FlyingDeclaration,
    *,
    reason: str,
    actor: User,
    at: datetime,
) -> Any:
    """
    Take back what was stated; it stays on file and counts no more.

    Raises AlreadyWithdrawn, NotOneself for one's own check: a failed one stands in one's way.
    """
    row = locked(row)
    _require_standing(row)
    if isinstance(row, CheckRecord) and row.user_id == actor.pk and not actor.is_superuser:
        raise NotOneself
    row.withdrawn_at, row.withdrawn_reason = at, reason
    row.save(update_fields=["withdrawn_at", "withdrawn_reason", "updated_at"])
    audit.record("paper.withdraw", row, actor=actor, at=at, reason=reason)
    _mark(row.user_id, f"{row._meta.verbose_name} withdrawn")
    return row


def _require_standing(row: CheckRecord | DeclaredFlight | FlyingDeclaration) -> None:
    if row.withdrawn_at is not None:
        raise AlreadyWithdrawn


def _require_sensible_check(check: CheckRecord, *, at: datetime) -> None:
    # A day of slack: where the check was flown it may be tomorrow already.
    if check.done_on > at.date() + timedelta(days=1):
        raise InvalidInput("/done_on", "Not a day to come.")
    if check.base_month.day != 1:
        raise InvalidInput("/base_month", "The first day of a month.")
    if abs(_months(check.base_month) - _months(check.done_on)) > 1:
        raise InvalidInput("/base_month", "At most a month from the month it was done in.")


def _require_sensible_flight(flight: DeclaredFlight, *, at: datetime) -> None:
    if flight.on_at <= flight.off_at:
        raise InvalidInput("/on_at", "After the start.")
    if flight.on_at > at:
        raise InvalidInput("/on_at", "Not a moment to come: declare what was flown.")
    if flight.on_at - flight.off_at > LONGEST_FLIGHT:
        raise InvalidInput("/on_at", "At most 31 days after the start.")
    if timedelta(minutes=flight.flight_min) > flight.on_at - flight.off_at:
        raise InvalidInput("/flight_min", "Not more than from start to end.")


def _months(day: date) -> int:
    return day.year * 12 + day.month


def _mark(user_id: int, because: str) -> None:
    touch(f"user:{user_id}", because=because)

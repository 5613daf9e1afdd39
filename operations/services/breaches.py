"""Report a privacy breach, assess it, tell its persons, close it; remind of its clock."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from common import audit
from common.compliance.findings import Color
from common.exceptions import InvalidInput
from common.lifecycle import locked, move, require_move
from common.numbering import next_number
from common.outbox import announce
from operations.events import BreachReminded, BreachReported
from operations.exceptions import BreachNotAmendable
from operations.models import BreachStatus, PrivacyBreach, Trip
from operations.queries.breaches import breach_color, with_breach_color
from operations.services.access import refuse_patient_of

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
AMENDABLE = frozenset({"occurred_at", "discovered_at", "narrative", "persons_affected"})


@transaction.atomic
def report_breach(
    *,
    narrative: str,
    persons_affected: int,
    discovered_at: datetime | None = None,
    occurred_at: datetime | None = None,
    trip: Trip | None = None,
    actor: Any,
    at: datetime,
) -> PrivacyBreach:
    """
    Report a breach; the clock of the notice runs from `discovered_at` (now when not given).

    Raises InvalidInput.
    """
    breach = PrivacyBreach(
        trip=trip,
        occurred_at=occurred_at,
        discovered_at=discovered_at or at,
        narrative=narrative,
        persons_affected=persons_affected,
        reported_by=actor,
    )
    _require_sense(breach, at)
    breach.number = next_number("PB", year=at.year)
    breach.save()
    _note(breach, "reported", actor=actor, at=at)
    announce(BreachReported(breach_id=breach.pk))
    return breach


@transaction.atomic
def amend_breach(
    breach: PrivacyBreach,
    *,
    changes: Mapping[str, Any],
    actor: Any,
    at: datetime,
    version: int | None = None,
) -> PrivacyBreach:
    """
    Correct the particulars while the persons are not told; another day moves the clock.

    Raises BreachNotAmendable, StaleVersion, InvalidInput.
    """
    breach = locked(breach, version=version)
    if breach.status != BreachStatus.REPORTED:
        raise BreachNotAmendable(breach=breach.number, status=breach.status)
    fields = sorted(AMENDABLE & set(changes))
    for name in fields:
        setattr(breach, name, changes[name])
    if "discovered_at" in fields:
        breach.reminded = ""
    _require_sense(breach, at)
    breach.save()
    _note(breach, "amended", actor=actor, at=at, fields=fields)
    return breach


@transaction.atomic
def record_persons_told(
    breach: PrivacyBreach, *, notified_at: datetime, notice: str, actor: Any, at: datetime
) -> PrivacyBreach:
    """
    Record when and how the persons were told; the clock stops (164.404(d)).

    Raises TransitionNotAllowed, InvalidInput.
    """
    breach = locked(breach)
    require_move(breach, BreachStatus.NOTIFIED)
    if not breach.discovered_at <= notified_at <= at:
        raise InvalidInput("/notified_at", "Not between the discovery and now.")
    if not notice:
        raise InvalidInput("/notice", "Say how the persons were told.")
    _refuse_patient(breach, notice=notice)
    breach.notified_at, breach.notice = notified_at, notice
    move(breach, BreachStatus.NOTIFIED, actor=actor, at=at)
    _note(breach, "notified", actor=actor, at=at)
    return breach


@transaction.atomic
def rule_out_breach(
    breach: PrivacyBreach, *, reason: str, actor: Any, at: datetime
) -> PrivacyBreach:
    """
    Say that it was no breach: the data were, by a risk assessment, hardly compromised (164.402(2)).

    The clock stops; reopening starts it again from the same day. Raises TransitionNotAllowed,
    InvalidInput.
    """
    return _step(breach, BreachStatus.RULED_OUT, reason=reason, actor=actor, at=at)


@transaction.atomic
def reopen_breach(breach: PrivacyBreach, *, reason: str, actor: Any, at: datetime) -> PrivacyBreach:
    """Presume a breach again. Raises TransitionNotAllowed, InvalidInput."""
    return _step(breach, BreachStatus.REPORTED, reason=reason, actor=actor, at=at)


@transaction.atomic
def close_breach(breach: PrivacyBreach, *, reason: str, actor: Any, at: datetime) -> PrivacyBreach:
    """Close a breach whose persons were told. Raises TransitionNotAllowed, InvalidInput."""
    return _step(breach, BreachStatus.CLOSED, reason=reason, actor=actor, at=at)


def remind_of_breaches(*, at: datetime) -> int:
    """Announce each breach whose clock turned amber or red, once a step; gives how many."""
    running = PrivacyBreach.objects.running()
    red = with_breach_color(running, Color.RED, now=at).exclude(reminded=Color.RED)
    amber = with_breach_color(running, Color.AMBER, now=at).exclude(reminded=Color.AMBER)
    return sum(_remind(row, at=at) for row in (red | amber).order_by("pk"))


@transaction.atomic
def _remind(breach: PrivacyBreach, *, at: datetime) -> int:
    breach = locked(breach)
    color = breach_color(breach, now=at)
    if color in (Color.GREEN, breach.reminded):
        return 0
    breach.reminded = color
    breach.save(update_fields=["reminded", "updated_at"])
    announce(BreachReminded(breach_id=breach.pk, color=color))
    return 1


def _step(breach: PrivacyBreach, to: str, *, reason: str, actor: Any, at: datetime) -> Any:
    breach = locked(breach)
    require_move(breach, to)
    if not reason:
        raise InvalidInput("/reason", "Say why.")
    _refuse_patient(breach, reason=reason)
    if to == BreachStatus.REPORTED:
        breach.reminded = ""
        announce(BreachReported(breach_id=breach.pk))
    move(breach, to, actor=actor, at=at, reason=reason)
    _note(breach, to, actor=actor, at=at, reason=reason)
    return breach


def _require_sense(breach: PrivacyBreach, at: datetime) -> None:
    if not EARLIEST <= breach.discovered_at <= at:
        raise InvalidInput("/discovered_at", "The discovery lies in the future, or too long ago.")
    happened = breach.occurred_at
    if happened is not None and not EARLIEST <= happened <= breach.discovered_at:
        raise InvalidInput("/occurred_at", "It cannot be known before it happened, nor be so old.")
    _refuse_patient(breach, narrative=breach.narrative)


def _refuse_patient(breach: PrivacyBreach, **texts: str) -> None:
    if breach.trip is not None:
        refuse_patient_of(breach.trip.requirement, **texts)


def _note(
    breach: PrivacyBreach, deed: str, *, actor: Any, at: datetime, reason: str = "", **more: Any
) -> None:
    audit.record(
        f"privacy_breach.{deed}",
        breach,
        actor=actor,
        at=at,
        reason=reason,
        scope=breach.scope,
        **more,
    )

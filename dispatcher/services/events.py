"""What happens at a desk: raised once a cause, acknowledged, given to somebody, resolved."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, models, transaction
from psycopg.errors import UniqueViolation

from common import audit
from common.exceptions import InvalidInput
from common.lifecycle import locked, move
from common.numbering import next_number
from common.outbox import announce
from dispatcher.events import (
    DispatchEventOverdue,
    DispatchEventRaised,
    DispatchEventWorsened,
)
from dispatcher.exceptions import AssigneeNotAtTheDesk, EventAlreadyResolved
from dispatcher.models import (
    DispatchCenter,
    DispatchEvent,
    DispatchEventNote,
    EventSeverity,
    EventStatus,
)
from dispatcher.queries.responsible import works_at
from dispatcher.services.board import tell_of_event
from flight_operations.models import FlightOperation
from users.models import User

RANK = {EventSeverity.INFO: 0, EventSeverity.WARNING: 1, EventSeverity.CRITICAL: 2}
# How often one cause has shown itself, in an event's details.
TIMES = "times"


@transaction.atomic
def raise_event(
    center: DispatchCenter,
    *,
    kind: str,
    severity: str,
    title: str,
    occurred_at: datetime,
    source_key: str = "",
    operation: FlightOperation | None = None,
    subject: models.Model | None = None,
    details: Mapping[str, Any] | None = None,
    is_anew: bool = False,
    actor: Any,
    at: datetime,
) -> DispatchEvent:
    """
    Put something before a desk and start its clock, from now where it `is_anew`. While one of the
    same source is unresolved it is that one again. `actor` is None for what a handler noticed.
    Raises InvalidInput for what is to come or of another operator.
    """
    _check(center, operation, occurred_at, at)
    event = DispatchEvent(
        center=center,
        kind=kind,
        severity=severity,
        title=title[:200],
        details=dict(details or {}),
        operation=operation,
        source_key=source_key,
        occurred_at=occurred_at,
        **_named(subject),
    )
    if _same(center, source_key) is not None or not _is_first(event, is_anew=is_anew, at=at):
        return raise_event_again(
            center, source_key, severity=severity, title=title, details=details, at=at
        )
    _note_deed(event, "raised", actor=actor, at=at, severity=severity)
    announce(DispatchEventRaised(event_id=event.pk))
    tell_of_event(event)
    return event


@transaction.atomic
def raise_event_again(
    center: DispatchCenter,
    source_key: str,
    *,
    severity: str,
    title: str,
    details: Mapping[str, Any] | None = None,
    at: datetime,
) -> DispatchEvent:
    """
    The same cause once more: counted, with the newest details, as bad as the worst of them, and
    with the newest title that is as bad. One that becomes critical is told and open again.
    """
    event = _same(center, source_key)
    if event is None:
        raise DispatchEvent.DoesNotExist
    event.details = {**event.details, **(details or {}), TIMES: event.details.get(TIMES, 1) + 1}
    rise = RANK[EventSeverity(severity)] - RANK[EventSeverity(event.severity)]
    if rise >= 0:
        event.severity, event.title = severity, title[:200]
    if rise > 0:
        event.escalated_at = None
        _set_clock(event, since=at)
    _save_known(event, became_critical=rise > 0 and severity == EventSeverity.CRITICAL, at=at)
    return event


@transaction.atomic
def acknowledge_event(event: DispatchEvent, *, actor: Any, at: datetime) -> DispatchEvent:
    """Say that one looks after an event; it becomes one's own unless somebody has it."""
    event = locked(event)
    event.acknowledged_by, event.acknowledged_at = actor, at
    if event.assignee_id is None:
        event.assignee = actor
    move(event, EventStatus.ACKNOWLEDGED, actor=actor, at=at)
    _note_deed(event, "acknowledged", actor=actor, at=at)
    return event


@transaction.atomic
def assign_event(
    event: DispatchEvent, *, assignee: User, actor: Any, at: datetime
) -> DispatchEvent:
    """Give an event to somebody of the desk. Raises AssigneeNotAtTheDesk, EventAlreadyResolved."""
    event = _unresolved(event)
    if not assignee.is_superuser and not works_at(event.center, [assignee]):
        raise AssigneeNotAtTheDesk(person=assignee.full_name, center=event.center.code)
    event.assignee = assignee
    event.save()
    _note_deed(event, "assigned", actor=actor, at=at, assignee=assignee.pk)
    tell_of_event(event)
    return event


@transaction.atomic
def reclassify_event(
    event: DispatchEvent, *, severity: str, actor: Any, at: datetime, version: int | None
) -> DispatchEvent:
    """
    Say that an event is worse or less bad than thought; its clock follows, from now if it is
    worse, else from when it happened. One that was acknowledged and becomes critical is open again.

    Raises EventAlreadyResolved, StaleVersion.
    """
    event = _unresolved(event, version=version)
    is_worse = RANK[EventSeverity(severity)] > RANK[EventSeverity(event.severity)]
    became_critical = is_worse and severity == EventSeverity.CRITICAL
    event.severity = severity
    _set_clock(event, since=at if is_worse else None)
    if is_worse:
        event.escalated_at = None
    _save_known(event, became_critical=became_critical, actor=actor, at=at)
    _note_deed(event, "reclassified", actor=actor, at=at, severity=severity)
    return event


@transaction.atomic
def note_event(event: DispatchEvent, *, text: str, actor: Any, at: datetime) -> DispatchEventNote:
    """Write something down about an event, resolved or not."""
    note = DispatchEventNote.objects.create(
        event=locked(event), author=actor, text=text, written_at=at
    )
    tell_of_event(note.event)
    return note


@transaction.atomic
def resolve_event(
    event: DispatchEvent, *, resolution: str, actor: Any, at: datetime
) -> DispatchEvent:
    """
    Close an event and say how it ended; `actor` is None where the cause went away by itself.

    Raises TransitionNotAllowed when it is resolved already.
    """
    event = locked(event)
    event.resolved_by, event.resolved_at, event.resolution = actor, at, resolution
    move(event, EventStatus.RESOLVED, actor=actor, at=at, reason=resolution)
    _note_deed(event, "resolved", actor=actor, at=at)
    return event


@transaction.atomic
def resolve_by_itself(source_key: str, *, because: str, at: datetime) -> list[DispatchEvent]:
    """
    Close what one source raised, at every desk, because the cause is no more.

    None is fine: nobody may have been told of it, or somebody was quicker.
    """
    rows = DispatchEvent.objects.unresolved().filter(source_key=source_key).order_by("pk")
    live = rows.select_for_update(of=("self",), no_key=True)
    return [resolve_event(event, resolution=because, actor=None, at=at) for event in live]


@transaction.atomic
def escalate_event(event: DispatchEvent, *, at: datetime) -> DispatchEvent | None:
    """Note that an event was not acknowledged, or not resolved, in time; None when it is not so."""
    event = locked(event)
    if not is_overdue(event, at=at):
        return None
    event.escalated_at = at
    event.save()
    _note_deed(event, "overdue", actor=None, at=at)
    announce(DispatchEventOverdue(event_id=event.pk))
    tell_of_event(event)
    return event


def is_overdue(event: DispatchEvent, *, at: datetime) -> bool:
    """Whether a due time has passed that nobody was told of yet."""
    told = event.escalated_at
    waits = event.status == EventStatus.OPEN and event.acknowledge_by_at
    due = [event.acknowledge_by_at] if waits else []
    if event.status != EventStatus.RESOLVED:
        due.append(event.resolve_by_at)
    return any(by is not None and by <= at and (told is None or told < by) for by in due)


def _unresolved(event: DispatchEvent, *, version: int | None = None) -> DispatchEvent:
    event = locked(event, version=version)
    if event.status == EventStatus.RESOLVED:
        raise EventAlreadyResolved(event=event.number)
    return event


def _check(
    center: DispatchCenter, operation: FlightOperation | None, occurred: datetime, at: datetime
) -> None:
    if occurred > at:
        raise InvalidInput("/occurred_at", "That is still to come.")
    if operation is not None and operation.operator_id != center.operator_id:
        raise InvalidInput("/operation", "The operation belongs to another operator.")


def _same(center: DispatchCenter, source_key: str) -> DispatchEvent | None:
    """The unresolved event of a source, locked."""
    if not source_key:
        return None
    rows = DispatchEvent.objects.unresolved().filter(center=center, source_key=source_key)
    return rows.select_for_update(of=("self",), no_key=True).first()


def _save_known(
    event: DispatchEvent, *, became_critical: bool, actor: Any = None, at: datetime
) -> None:
    """Store a known event; who acknowledged it when it was milder has not seen the worse one."""
    if became_critical and event.status == EventStatus.ACKNOWLEDGED:
        event.acknowledged_by, event.acknowledged_at = None, None
        move(event, EventStatus.OPEN, actor=actor, at=at, reason="It became critical.")
    else:
        event.save()
        tell_of_event(event)
    if became_critical:
        announce(DispatchEventWorsened(event_id=event.pk))


def _set_clock(event: DispatchEvent, *, since: datetime | None = None) -> None:
    """When it is to be acknowledged and resolved; the clock runs from when it happened."""
    start, severity = since or event.occurred_at, str(event.severity)
    answer_min = settings.DISPATCH_ACKNOWLEDGE_MIN.get(severity)
    event.needs_acknowledgement = answer_min is not None
    event.acknowledge_by_at = start + timedelta(minutes=answer_min) if answer_min else None
    event.resolve_by_at = start + timedelta(minutes=settings.DISPATCH_RESOLVE_MIN[severity])


def _is_first(event: DispatchEvent, *, is_anew: bool, at: datetime) -> bool:
    """Time, number and store an event, unless somebody noticed the same at the same moment."""
    _set_clock(event, since=at if is_anew else None)
    year = at.astimezone(ZoneInfo(event.center.timezone)).year
    try:
        with transaction.atomic():
            event.number = next_number("DE", year=year)
            event.save(force_insert=True)
    except IntegrityError as error:
        is_known = isinstance(error.__cause__, UniqueViolation)
        if not is_known or _same(event.center, event.source_key) is None:
            raise
        return False
    return True


def _named(subject: models.Model | None) -> dict[str, Any]:
    if subject is None:
        return {}
    kind, label = subject._meta.label_lower, str(subject)[:64]
    return {"subject_type": kind, "subject_id": subject.pk, "subject_label": label}


def _note_deed(
    event: DispatchEvent, deed: str, *, actor: Any, at: datetime, **details: Any
) -> None:
    audit.record(f"dispatch_event.{deed}", event, actor=actor, at=at, scope=event.scope, **details)

"""What pilots and dispatchers are told, and who has to say that they heard it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from common import audit
from common.lifecycle import locked
from common.mail.outbox import post
from common.outbox import announce
from dispatcher.events import NoticeIssued, SchedulePublished
from dispatcher.exceptions import NoticeAlreadyAcknowledged, NoticeNotYours
from dispatcher.models import (
    Assignment,
    DispatchCenter,
    DispatchEvent,
    DispatchNotice,
    DispatchSchedule,
    EventKind,
    EventSeverity,
    NoticeKind,
)
from dispatcher.models.scoping import sees_trips
from dispatcher.queries.responsible import dispatchers_of
from dispatcher.services import webhooks
from dispatcher.services.board import tell_of_notice
from dispatcher.services.events import raise_event, resolve_by_itself
from flight_operations.models import FlightOperation
from users.models import User

MAIL = "dispatch_notice"


@dataclass(frozen=True, kw_only=True)
class Change:
    """
    What happened to one operation of one pilot.

    `cause` names it, so that it is told once; `starts_at` is when the flight begins or should have
    begun, before the change or after it, whichever is nearer.
    """

    kind: str
    operation: FlightOperation
    cause: str
    text: str
    details: str = ""
    starts_at: datetime


@transaction.atomic
def tell_pilot(
    pilot: User, center: DispatchCenter, change: Change, *, at: datetime
) -> DispatchNotice:
    """
    Tell a pilot of a change of their work: by mail, webhook and on their own live channel.

    What changes within two hours of the flight must be acknowledged, also after it should have
    begun: its pilot waits at the site. The same cause again is the first notice again.
    """
    near = timedelta(minutes=settings.DISPATCH_NOTICE_WITHIN_MIN)
    needs_word = abs(change.starts_at - at) < near
    return _issue(
        pilot,
        center,
        source_key=change.cause,
        at=at,
        kind=change.kind,
        operation=change.operation,
        text=change.text[:1000],
        details={"more": change.details[:1000], "version": change.operation.version},
        needs_acknowledgement=needs_word,
        acknowledge_by_at=_answer_by(change.starts_at, at) if needs_word else None,
    )


@transaction.atomic
def tell_dispatchers(event: DispatchEvent, *, cause: str, at: datetime) -> list[DispatchNotice]:
    """
    Tell everybody who answers for the desk of an event, once a cause; of crewed flying only who
    may see trips.
    """
    people = dispatchers_of(event.center, at=at).order_by("pk")
    lead = "Overdue: " if event.escalated_at else ""
    return [
        _issue(
            person,
            event.center,
            source_key=cause,
            at=at,
            kind=NoticeKind.EVENT,
            event=event,
            operation=event.operation,
            text=f"{lead}{event.number} {event.title}"[:1000],
            details={"more": f"{event.get_kind_display()}, {event.get_severity_display()}."},
        )
        for person in people
        if not event.is_crewed or sees_trips(person)
    ]


@transaction.atomic
def tell_of_publication(event: SchedulePublished, *, at: datetime) -> list[DispatchNotice]:
    """
    Tell everybody else who answers for the desk that a day has another plan: whose, and how much.

    Once a publication, by a plan or by hand; nobody has to say that they heard it.
    """
    schedule = DispatchSchedule.objects.select_related("center").get(pk=event.schedule_id)
    center = schedule.center
    author = User.objects.filter(pk=event.published_by_id).first()
    deed = "was changed by hand" if event.is_by_hand else "was published"
    by = f" by {author.full_name}" if author else ""
    people = dispatchers_of(center, at=at).exclude(pk=event.published_by_id).order_by("pk")
    return [
        _issue(
            person,
            center,
            source_key=f"publication:{schedule.pk}:{event.revision}",
            at=at,
            kind=NoticeKind.EVENT,
            text=f"{center.code}: the plan of {schedule.day:%a %d %b} {deed}{by}"[:1000],
            details={"more": _counts(event)},
        )
        for person in people
    ]


def _counts(event: SchedulePublished) -> str:
    """How much a publication did; what was withdrawn to be replaced counts as changed only."""
    again = Assignment.objects.filter(pk__in=event.assignment_ids).values("operation")
    gone = Assignment.objects.filter(pk__in=event.withdrawn_ids).exclude(operation__in=again)
    return (
        f"Assignments new or changed: {len(event.assignment_ids)}. Withdrawn: {gone.count()}."
        f" Operations stood down: {event.stood_down}."
    )


@transaction.atomic
def acknowledge_notice(notice: DispatchNotice, *, actor: Any, at: datetime) -> DispatchNotice:
    """
    Say that one has heard; the desk's reminder, if there is one, is resolved by it.

    Raises NoticeNotYours, NoticeAlreadyAcknowledged.
    """
    notice = locked(notice)
    if notice.recipient_id != actor.pk:
        raise NoticeNotYours
    if notice.acknowledged_at is not None:
        raise NoticeAlreadyAcknowledged(at=notice.acknowledged_at)
    notice.acknowledged_at = at
    notice.save()
    audit.record(
        "dispatch_notice.acknowledged", notice, actor=actor, at=at, scope=notice.center.scope
    )
    resolve_by_itself(chase_key(notice), because="Acknowledged.", at=at)
    tell_of_notice(notice)
    return notice


@transaction.atomic
def chase_notice(notice: DispatchNotice, *, at: datetime) -> DispatchEvent | None:
    """Put an unanswered notice before the desk; None when it was answered meanwhile."""
    notice = locked(notice)
    due = notice.acknowledge_by_at
    is_answered = notice.acknowledged_at is not None or notice.reminded_at is not None
    if is_answered or due is None or due > at:
        return None
    notice.reminded_at = at
    notice.save()
    return raise_event(
        notice.center,
        kind=EventKind.PEOPLE,
        severity=EventSeverity.CRITICAL,
        title=f"{notice.recipient.full_name} has not acknowledged: {notice.text}",
        occurred_at=due,
        source_key=chase_key(notice),
        operation=notice.operation,
        subject=notice,
        actor=None,
        at=at,
    )


def chase_key(notice: DispatchNotice) -> str:
    """The source of the event that an unanswered notice raises."""
    return f"notice:{notice.pk}"


def tell_pilots(
    center: DispatchCenter, changes: Iterable[tuple[User, Change]], *, at: datetime
) -> list[DispatchNotice]:
    """Tell several pilots, each of their own changes."""
    return [tell_pilot(pilot, center, change, at=at) for pilot, change in changes]


def _issue(
    recipient: User, center: DispatchCenter, *, source_key: str, at: datetime, **fields: Any
) -> DispatchNotice:
    notice, is_new = DispatchNotice.objects.get_or_create(
        recipient=recipient,
        source_key=source_key,
        defaults={"center": center, "issued_at": at, **fields},
    )
    if is_new:
        _send(notice, at)
        webhooks.queue(notice, at=at)
        announce(NoticeIssued(notice_id=notice.pk))
        tell_of_notice(notice)
    return notice


def _send(notice: DispatchNotice, at: datetime) -> None:
    answer_by = notice.acknowledge_by_at
    zone = ZoneInfo(notice.center.timezone)
    context = {
        "text": notice.text,
        "details": notice.details.get("more", ""),
        "answer_by": f"{answer_by.astimezone(zone):%H:%M} ({zone.key})" if answer_by else "",
        "link": _address(notice),
        "center": notice.center.name,
    }
    post(
        MAIL,
        to=notice.recipient.email,
        context=context,
        once=f"notice:{notice.pk}",
        about=notice,
        at=at,
    )


def _address(notice: DispatchNotice) -> str:
    path = reverse("admin:dispatcher_dispatchnotice_change", args=[notice.pk])
    return f"{settings.PUBLIC_URL}{path}"


def _answer_by(starts_at: datetime, at: datetime) -> datetime:
    """As soon as the settings say, and before the flight begins; of one that should have, soon."""
    soon = at + timedelta(minutes=settings.DISPATCH_NOTICE_ANSWER_MIN)
    return min(starts_at, soon) if starts_at > at else soon

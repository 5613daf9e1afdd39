"""Keeps the desks' events in step with what the other apps know: verdicts, starts, due times."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac

from common.compliance.registry import rules
from dispatcher.models import (
    DispatchCenter,
    DispatchEvent,
    EventKind,
    EventSeverity,
)
from dispatcher.queries.responsible import center_of_operation, crewed_center
from dispatcher.queries.watching import (
    OF_THE_CARRIED,
    OPERATION,
    TRIP,
    Trouble,
    late_starts,
    overdue_events,
    planned,
    red_operations,
    red_trips,
    troubles_of,
    unanswered_notices,
)
from dispatcher.services.events import escalate_event, raise_event, resolve_by_itself
from dispatcher.services.notices import chase_notice
from flight_operations.models import FlightOperation, OperationStatus
from operations.models import Trip

# What may be wrong with a verdict, each an event of its own.
SORTS = (
    EventKind.WEATHER,
    EventKind.PEOPLE,
    EventKind.MAINTENANCE,
    EventKind.DEFECT,
    EventKind.COMPLIANCE,
)
NO_LONGER_RED = "It is no longer red for it."
# A flight this near is in trouble now.
SOON = timedelta(hours=2)


@transaction.atomic
def review_operation(operation_id: int, *, at: datetime) -> list[DispatchEvent]:
    """
    Hold the events of one operation against its verdict: raise what is newly red, by sort, and
    close what is red no more. One that is not to be flown within the watch raises nothing.
    """
    operation = FlightOperation.objects.get(pk=operation_id)
    center = center_of_operation(operation_id)
    if center is None:
        return []
    is_flying = operation.status == OperationStatus.ACTIVE
    is_ahead = operation.status in planned() and operation.planned_end_at > at
    is_watched = is_flying or (is_ahead and _is_near(operation.planned_start_at, at))
    found = troubles_of(OPERATION, operation_id) if is_watched else {}
    is_soon = is_flying or operation.planned_start_at < at + SOON
    return _hold(
        center,
        f"operation:{operation_id}",
        found,
        about={"operation": operation},
        says=lambda trouble: f"{operation.number}: {trouble.text}",
        is_soon=is_soon,
        at=at,
    )


@transaction.atomic
def review_trip(trip_id: int, *, at: datetime) -> list[DispatchEvent]:
    """The same of a crewed trip, at the desk that hears of these."""
    trip = Trip.objects.get(pk=trip_id)
    center = crewed_center()
    if center is None:
        return []
    is_watched = Trip.objects.live().filter(pk=trip_id).exists() and _is_near(trip.start_at, at)
    found = troubles_of(TRIP, trip_id) if is_watched else {}
    return _hold(
        center,
        f"trip:{trip_id}",
        found,
        about={"subject": trip},
        says=lambda trouble: f"{trip.number}: {trouble.heading}",
        is_soon=trip.start_at < at + SOON,
        at=at,
    )


@transaction.atomic
def note_late_start(operation: FlightOperation, *, at: datetime) -> DispatchEvent | None:
    """Tell the desk that a flight should have begun; None where no desk answers for it."""
    center = center_of_operation(operation.pk)
    if center is None:
        return None
    late_min = int((at - operation.planned_start_at).total_seconds() // 60)
    return raise_event(
        center,
        kind=EventKind.DELAY,
        severity=EventSeverity.WARNING,
        title=f"{operation.number} has not started, {late_min} min after it was planned to",
        occurred_at=operation.planned_start_at + timedelta(minutes=settings.DISPATCH_ON_TIME_MIN),
        source_key=late_key(operation.pk),
        operation=operation,
        actor=None,
        at=at,
    )


def late_key(operation_id: int) -> str:
    """The source of the event that a flight which does not start raises."""
    return f"late:{operation_id}"


def watch_the_day(*, at: datetime) -> int:
    """
    Look at everything near that is red or late, and raise what no desk was told of yet.

    Handlers do so when something changes; this finds what only time brought within the watch.
    Returns how many records were looked at.
    """
    operations, trips, late = red_operations(at=at), red_trips(at=at), list(late_starts(at=at))
    known = _known()
    # Told once, whatever became of it.
    told = set(
        DispatchEvent.objects.filter(source_key__in=[late_key(each.pk) for each in late])
        .order_by("pk")
        .values_list("source_key", flat=True)
    )
    for pk in operations:
        if f"operation:{pk}" not in known:
            review_operation(pk, at=at)
    for pk in trips:
        if f"trip:{pk}" not in known:
            review_trip(pk, at=at)
    for operation in late:
        if late_key(operation.pk) not in told:
            note_late_start(operation, at=at)
    return len(operations) + len(trips) + len(late)


def sweep_overdue(*, at: datetime) -> int:
    """Tell of every event and notice whose time ran out. Returns how many were told."""
    told = [escalate_event(event, at=at) for event in overdue_events(at=at)]
    chased = [chase_notice(notice, at=at) for notice in unanswered_notices(at=at)]
    return sum(1 for each in (*told, *chased) if each is not None)


def _is_near(start: datetime, at: datetime) -> bool:
    return start < at + timedelta(hours=settings.DISPATCH_WATCH_H)


def _known() -> set[str]:
    """What the unresolved events came from, without the sort of trouble."""
    keys = DispatchEvent.objects.unresolved().exclude(source_key="")
    return {
        key.removeprefix("verdict:").rpartition("/")[0] or key
        for key in keys.values_list("source_key", flat=True)
    }


def _hold(
    center: DispatchCenter,
    source: str,
    found: Mapping[str, Trouble],
    *,
    about: Mapping[str, Any],
    says: Callable[[Trouble], str],
    is_soon: bool,
    at: datetime,
) -> list[DispatchEvent]:
    raised = []
    live = DispatchEvent.objects.unresolved().filter(source_key__startswith=f"verdict:{source}/")
    known = set(live.values_list("source_key", flat=True))
    for sort in SORTS:
        key, trouble = f"verdict:{source}/{sort}", found.get(sort)
        if trouble is None:
            if key in known:
                resolve_by_itself(key, because=NO_LONGER_RED, at=at)
        elif key not in known and not _is_settled(key, trouble):
            event = raise_event(
                center,
                kind=sort,
                severity=EventSeverity.CRITICAL if is_soon else EventSeverity.WARNING,
                title=says(trouble),
                occurred_at=at,
                source_key=key,
                details={"rules": _rules(trouble), "mark": _mark(key, trouble)},
                actor=None,
                at=at,
                **about,
            )
            raised.append(event)
    return raised


def _rules(trouble: Trouble) -> list[dict[str, str]]:
    # Not even which rule: it says what a patient needs.
    codes = sorted(
        {
            "ON-BOARD" if finding.rule.startswith(OF_THE_CARRIED) else finding.rule
            for finding in trouble.findings
        }
    )
    return [{"rule": code, "title": rules[code].title if code in rules else ""} for code in codes]


def _mark(key: str, trouble: Trouble) -> str:
    """Tells which rules are broken from which others, those too that are not to be named."""
    codes = sorted({finding.rule for finding in trouble.findings})
    return salted_hmac(key, " ".join(codes), algorithm="sha256").hexdigest()[:16]


def _is_settled(key: str, trouble: Trouble) -> bool:
    """Whether somebody closed this very trouble, who may live with it; another is raised."""
    last = DispatchEvent.objects.filter(source_key=key).order_by("-pk").first()
    if last is None or last.resolved_by_id is None:
        return False
    if "mark" in last.details:
        return last.details["mark"] == _mark(key, trouble)
    # Raised before marks were kept.
    return last.details["rules"] == _rules(trouble)

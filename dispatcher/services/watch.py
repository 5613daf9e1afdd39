"""Keeps the desks' events in step with what the other apps know: verdicts, starts, due times."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.crypto import salted_hmac

from common.compliance.registry import rules
from common.lifecycle import locked
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
    SOON,
    TRIP,
    Trouble,
    late_starts,
    overdue_events,
    overdue_landings,
    planned,
    red_operations,
    red_trips,
    troubles_of,
    unanswered_notices,
)
from dispatcher.services.events import (
    RANK,
    escalate_event,
    raise_event,
    raise_event_again,
    resolve_by_itself,
)
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
# Whether it was told that the flight is near, in an event's details.
NEAR = "is_near"
NO_LONGER_RED = "It is no longer red for it."


@transaction.atomic
def review_operation(operation_id: int, *, at: datetime) -> list[DispatchEvent]:
    """
    Hold the events of one operation against its verdict: raise what is newly red, by sort, tell
    what is worse or near now, and close what is red no more. One that is not to be flown within
    the watch raises nothing.
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
    """
    Tell the desk that a flight should have begun; None where no desk answers for it, or where it
    began or was put off since it was listed.
    """
    start, operation = operation.planned_start_at, locked(operation)
    center = center_of_operation(operation.pk)
    is_late = operation.status in planned() and operation.planned_start_at == start
    if center is None or not is_late or DispatchEvent.objects.filter(_unmarked(operation)).exists():
        return None
    late_min = int((at - operation.planned_start_at).total_seconds() // 60)
    return raise_event(
        center,
        kind=EventKind.DELAY,
        severity=EventSeverity.WARNING,
        title=f"{operation.number} has not started, {late_min} min after it was planned to",
        occurred_at=operation.planned_start_at + timedelta(minutes=settings.DISPATCH_ON_TIME_MIN),
        source_key=late_key(operation),
        operation=operation,
        actor=None,
        at=at,
    )


def late_key(operation: FlightOperation) -> str:
    """The source of the event that a flight raises which does not start when it is planned to."""
    return f"late:{operation.pk}:{int(operation.planned_start_at.timestamp())}"


def _unmarked(operation: FlightOperation) -> Q:
    """What was told of the same start when sources did not name it."""
    occurred = operation.planned_start_at + timedelta(minutes=settings.DISPATCH_ON_TIME_MIN)
    return Q(source_key=f"late:{operation.pk}", occurred_at=occurred)


@transaction.atomic
def close_late_start(
    operation_id: int, *, because: str, at: datetime, but: Q | None = None
) -> list[DispatchEvent]:
    """Close what said that a flight does not start, save `but`."""
    of_any_time = Q(source_key=f"late:{operation_id}") | Q(
        source_key__startswith=f"late:{operation_id}:"
    )
    live = DispatchEvent.objects.unresolved().filter(of_any_time)
    live = live.exclude(but) if but is not None else live
    keys = sorted(set(live.values_list("source_key", flat=True)))
    return [event for key in keys for event in resolve_by_itself(key, because=because, at=at)]


@transaction.atomic
def follow_late_start(operation: FlightOperation, *, at: datetime) -> list[DispatchEvent]:
    """Close what said that an amended flight does not start, unless its start is the same."""
    same = Q(source_key=late_key(operation)) | _unmarked(operation)
    but = same if operation.status in planned() else None
    because = f"{operation.number} was amended: it is to start at another time, or not at all."
    return close_late_start(operation.pk, because=because, at=at, but=but)


@transaction.atomic
def note_overdue_landing(operation: FlightOperation, *, at: datetime) -> DispatchEvent | None:
    """
    Tell the desk that a flight should have landed, and which next one waits for its aircraft or
    pilot; None where no desk answers for it, or where it landed since it was listed. `operation`
    as `overdue_landings` has it.
    """
    touches, end, operation = _touches(operation), operation.planned_end_at, locked(operation)
    key = aloft_key(operation.pk)
    center = center_of_operation(operation.pk)
    is_aloft = operation.status == OperationStatus.ACTIVE and operation.planned_end_at == end
    if center is None or not is_aloft:
        return None
    late_min = int((at - operation.planned_end_at).total_seconds() // 60)
    title = f"{operation.number} is in the air {late_min} min after it was planned to land"
    return raise_event(
        center,
        kind=EventKind.DELAY,
        severity=EventSeverity.CRITICAL if touches else EventSeverity.WARNING,
        title=f"{title}; {touches} waits for it" if touches else title,
        occurred_at=operation.planned_end_at + timedelta(minutes=settings.DISPATCH_ON_TIME_MIN),
        source_key=key,
        operation=operation,
        details={"touches": touches},
        is_anew=DispatchEvent.objects.filter(source_key=key).exists(),
        actor=None,
        at=at,
    )


def aloft_key(operation_id: int) -> str:
    """The source of the event that a flight raises which does not land."""
    return f"aloft:{operation_id}"


def _touches(operation: Any) -> str:
    return operation.touches or ""


def watch_the_day(*, at: datetime) -> int:
    """
    Look at everything near that is red or late, and raise what no desk was told of yet.

    Handlers do so when something changes; this finds what only time brought within the watch, or
    so near that it is critical. Returns how many records were looked at.
    """
    operations, trips = red_operations(at=at), red_trips(at=at)
    late, aloft = list(late_starts(at=at)), list(overdue_landings(at=at))
    known = _known()
    for pk, is_soon in operations.items():
        if not _is_told(known, f"operation:{pk}", is_soon=is_soon):
            review_operation(pk, at=at)
    for pk, is_soon in trips.items():
        if not _is_told(known, f"trip:{pk}", is_soon=is_soon):
            review_trip(pk, at=at)
    _note_late(late, aloft, at=at)
    return len(operations) + len(trips) + len(late) + len(aloft)


def _note_late(
    late: Iterable[FlightOperation], aloft: Iterable[FlightOperation], *, at: datetime
) -> None:
    """Tell of each once, whatever became of it, and of one in the air for each that waits."""
    told = _ever_told([*map(late_key, late), *(aloft_key(each.pk) for each in aloft)])
    for operation in late:
        if late_key(operation) not in told:
            note_late_start(operation, at=at)
    for operation in aloft:
        named, touches = told.get(aloft_key(operation.pk)), _touches(operation)
        if named is None or (touches and touches not in named):
            note_overdue_landing(operation, at=at)


def sweep_overdue(*, at: datetime) -> int:
    """Tell of every event and notice whose time ran out. Returns how many were told."""
    told = [escalate_event(event, at=at) for event in overdue_events(at=at)]
    chased = [chase_notice(notice, at=at) for notice in unanswered_notices(at=at)]
    return sum(1 for each in (*told, *chased) if each is not None)


def _is_near(start: datetime, at: datetime) -> bool:
    return start < at + timedelta(hours=settings.DISPATCH_WATCH_H)


def _known() -> dict[str, bool]:
    """
    What the unresolved events of verdicts came from, without the sort of trouble, and whether each
    of its events was told as near.
    """
    known: dict[str, bool] = {}
    rows = DispatchEvent.objects.unresolved().filter(source_key__startswith="verdict:")
    for key, is_near in rows.values_list("source_key", f"details__{NEAR}"):
        source = key.removeprefix("verdict:").rpartition("/")[0]
        known[source] = known.get(source, True) and bool(is_near)
    return known


def _is_told(known: Mapping[str, bool], source: str, *, is_soon: bool) -> bool:
    return source in known and (known[source] or not is_soon)


def _ever_told(keys: Iterable[str]) -> dict[str, set[str]]:
    """Which of these sources raised an event, resolved or not, and what it was said to touch."""
    told: dict[str, set[str]] = {}
    rows = DispatchEvent.objects.filter(source_key__in=list(keys)).order_by("pk")
    for key, touches in rows.values_list("source_key", "details__touches"):
        told.setdefault(key, set()).add(touches or "")
    return told


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
    known = _live(source)
    for sort in SORTS:
        key, trouble = f"verdict:{source}/{sort}", found.get(sort)
        if trouble is None:
            if key in known:
                resolve_by_itself(key, because=NO_LONGER_RED, at=at)
        elif key in known:
            for event in known[key]:
                _tell_again(event, trouble, title=says(trouble), is_soon=is_soon, at=at)
        elif not _is_settled(key, trouble):
            event = raise_event(
                center,
                kind=sort,
                severity=EventSeverity.CRITICAL if is_soon else EventSeverity.WARNING,
                title=says(trouble),
                occurred_at=at,
                source_key=key,
                details=_details(key, trouble, is_soon=is_soon),
                actor=None,
                at=at,
                **about,
            )
            raised.append(event)
    return raised


def _live(source: str) -> dict[str, list[DispatchEvent]]:
    """The unresolved events of a record's verdict by key, locked; several desks may have one."""
    rows = DispatchEvent.objects.unresolved().filter(source_key__startswith=f"verdict:{source}/")
    live: dict[str, list[DispatchEvent]] = {}
    locking = rows.select_for_update(of=("self",), no_key=True).select_related("center")
    for event in locking.order_by("pk"):
        live.setdefault(event.source_key, []).append(event)
    return live


def _tell_again(
    event: DispatchEvent, trouble: Trouble, *, title: str, is_soon: bool, at: datetime
) -> None:
    """
    Say once that known trouble is near, and what else is broken now; the desk's own word on how
    bad it is holds until then, and where less is broken.
    """
    key, severity = event.source_key, EventSeverity(event.severity)
    is_near_now = is_soon and not event.details.get(NEAR)
    if _is_same(event, trouble) and not is_near_now:
        return
    if is_near_now or _has_grown(event, trouble):
        found = EventSeverity.CRITICAL if is_soon else EventSeverity.WARNING
        severity = max(found, severity, key=RANK.__getitem__)
    raise_event_again(
        event.center,
        key,
        severity=severity,
        title=title,
        details=_details(key, trouble, is_soon=is_soon or bool(event.details.get(NEAR))),
        at=at,
    )


def _details(key: str, trouble: Trouble, *, is_soon: bool) -> dict[str, Any]:
    mark, marks = _mark(key, _codes(trouble)), _marks(key, trouble)
    return {"rules": _rules(trouble), "mark": mark, "marks": marks, NEAR: is_soon}


def _rules(trouble: Trouble) -> list[dict[str, str]]:
    # Not even which rule: it says what a patient needs.
    codes = sorted(
        {
            "ON-BOARD" if finding.rule.startswith(OF_THE_CARRIED) else finding.rule
            for finding in trouble.findings
        }
    )
    return [{"rule": code, "title": rules[code].title if code in rules else ""} for code in codes]


def _codes(trouble: Trouble) -> list[str]:
    return sorted({finding.rule for finding in trouble.findings})


def _mark(key: str, codes: Iterable[str]) -> str:
    """Tells which rules are broken from which others, those too that are not to be named."""
    return salted_hmac(key, " ".join(codes), algorithm="sha256").hexdigest()[:16]


def _marks(key: str, trouble: Trouble) -> list[str]:
    return sorted(_mark(key, [code]) for code in _codes(trouble))


def _has_grown(event: DispatchEvent, trouble: Trouble) -> bool:
    """Whether a rule is broken that the event does not tell of."""
    return not set(_marks(event.source_key, trouble)) <= set(event.details.get("marks", ()))


def _is_settled(key: str, trouble: Trouble) -> bool:
    """Whether somebody closed this very trouble, who may live with it; another is raised."""
    last = DispatchEvent.objects.filter(source_key=key).order_by("-pk").first()
    return last is not None and last.resolved_by_id is not None and _is_same(last, trouble)


def _is_same(event: DispatchEvent, trouble: Trouble) -> bool:
    """Whether an event tells of the very rules that are broken."""
    if "mark" in event.details:
        return bool(event.details["mark"] == _mark(event.source_key, _codes(trouble)))
    # Raised before marks were kept.
    return bool(event.details.get("rules") == _rules(trouble))

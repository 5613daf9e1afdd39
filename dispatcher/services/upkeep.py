"""Keeps the desks' events in step with the maintenance that is near or passed."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

from django.db import transaction

from aircraft.models import Aircraft
from aircraft.queries.maintenance import due_now
from dispatcher.models import DispatchCenter, DispatchEvent, EventKind, EventSeverity
from dispatcher.queries.responsible import centers_of_aircraft, crewed_center
from dispatcher.services.events import raise_event, resolve_by_itself
from rpas.models import RPASAircraft
from rpas.queries.maintenance import due_after
from rpas.queries.people import local_day

DONE = "The maintenance was done."


class Due(Protocol):
    """What is near or passed, of a drone or of a crewed aircraft."""

    @property
    def title(self) -> str: ...
    @property
    def is_near(self) -> bool: ...
    @property
    def is_exceeded(self) -> bool: ...


@transaction.atomic
def note_due_of_drone(
    aircraft: RPASAircraft, items: Collection[int], *, at: datetime
) -> list[DispatchEvent]:
    """Tell the desks that plan with a drone which of some items are near or passed."""
    due = {pk: item for pk, item in _due_of_drone(aircraft, at).items() if pk in items}
    return [
        event
        for center in centers_of_aircraft(aircraft.pk)
        for event in _raised(center, aircraft, _drone_key(aircraft), due, at)
    ]


@transaction.atomic
def close_done_of_drone(aircraft: RPASAircraft, *, at: datetime) -> None:
    """Close what is neither near nor passed any more."""
    _close(_drone_key(aircraft), _due_of_drone(aircraft, at), at)


@transaction.atomic
def note_due_of_crewed(
    aircraft: Aircraft, tasks: Collection[int], *, at: datetime
) -> list[DispatchEvent]:
    """Tell the desk that hears of crewed flying which of some tasks are near or passed."""
    center = crewed_center()
    if center is None:
        return []
    due = {pk: item for pk, item in _due_of_crewed(aircraft, at).items() if pk in tasks}
    return _raised(center, aircraft, _crewed_key(aircraft), due, at)


@transaction.atomic
def close_done_of_crewed(aircraft: Aircraft, *, at: datetime) -> None:
    """Close what is neither near nor passed any more."""
    _close(_crewed_key(aircraft), _due_of_crewed(aircraft, at), at)


def _drone_key(aircraft: RPASAircraft) -> str:
    return f"maintenance:{aircraft.pk}:"


def _crewed_key(aircraft: Aircraft) -> str:
    return f"crewed-maintenance:{aircraft.pk}:"


def _due_of_drone(aircraft: RPASAircraft, at: datetime) -> dict[int, Due]:
    found = due_after(aircraft, on=local_day(aircraft.operator, at))
    return _worst((item.schedule_id, item) for item in found)


def _due_of_crewed(aircraft: Aircraft, at: datetime) -> dict[int, Due]:
    return _worst((item.task_id, item) for item in due_now(aircraft, now=at))


def _worst(items: Iterable[tuple[int, Due]]) -> dict[int, Due]:
    """Of each item that is near or passed in some unit the worst."""
    found: dict[int, Due] = {}
    for pk, item in items:
        is_due = item.is_near or item.is_exceeded
        if is_due and (pk not in found or item.is_exceeded):
            found[pk] = item
    return found


def _raised(
    center: DispatchCenter, aircraft: Any, key: str, due: Mapping[int, Due], at: datetime
) -> list[DispatchEvent]:
    return [
        raise_event(
            center,
            kind=EventKind.MAINTENANCE,
            severity=EventSeverity.CRITICAL if item.is_exceeded else EventSeverity.WARNING,
            title=f"{aircraft}: {item.title} is {'overdue' if item.is_exceeded else 'due soon'}",
            occurred_at=at,
            source_key=f"{key}{pk}",
            subject=aircraft,
            actor=None,
            at=at,
        )
        for pk, item in sorted(due.items())
    ]


def _close(key: str, due: Mapping[int, Due], at: datetime) -> None:
    open_ones = DispatchEvent.objects.unresolved().filter(source_key__startswith=key)
    for source in sorted(set(open_ones.values_list("source_key", flat=True))):
        if int(source.removeprefix(key)) not in due:
            resolve_by_itself(source, because=DONE, at=at)

"""Remind of notices and reports to the NTSB that are due or late, once for each step."""

from datetime import datetime

from django.db import transaction

from common.compliance.findings import Color
from common.lifecycle import locked
from common.outbox import announce
from operations.events import OccurrenceReminded
from operations.models import Occurrence, OccurrenceReminder
from operations.queries.occurrences import clocks, with_clock


def remind_of_occurrences(*, at: datetime) -> int:
    """
    Note a reminder for every clock that turned amber or red and was not spoken of yet.

    Gives how many. A date that moves is another step; what was done meanwhile is not asked for.
    """
    open_rows = Occurrence.objects.open()
    due = with_clock(open_rows, Color.RED, now=at) | with_clock(open_rows, Color.AMBER, now=at)
    rows = due.order_by("pk").prefetch_related("reminders")
    # What was spoken of stays open for days: nobody at work on it waits for a lock of this sweep.
    return sum(_remind(row, at=at) for row in rows if _unspoken(row, at=at))


def _unspoken(occurrence: Occurrence, *, at: datetime) -> bool:
    said = {(each.clock, each.color, each.due_at) for each in occurrence.reminders.all()}
    return any(
        clock.color != Color.GREEN and (clock.kind, clock.color, clock.due_at) not in said
        for clock in clocks(occurrence, now=at)
    )


@transaction.atomic
def _remind(occurrence: Occurrence, *, at: datetime) -> int:
    occurrence = locked(occurrence)
    sent = 0
    for clock in clocks(occurrence, now=at):
        if clock.color == Color.GREEN:
            continue
        reminder, is_new = OccurrenceReminder.objects.get_or_create(
            occurrence=occurrence,
            clock=clock.kind,
            color=clock.color,
            due_at=clock.due_at,
            defaults={"reminded_at": at},
        )
        if is_new:
            announce(OccurrenceReminded(occurrence_id=occurrence.pk, reminder_id=reminder.pk))
            sent += 1
    return sent

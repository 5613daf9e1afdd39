"""What happens to an occurrence from two desks at once."""

from contextlib import suppress
from datetime import timedelta
from threading import Barrier, BrokenBarrierError
from unittest.mock import patch

import pytest

from common.exceptions import TransitionNotAllowed
from common.models import AuditEvent, OutboxEvent, StatusChange
from operations.exceptions import BoardAlreadyTold, OccurrenceNotAmendable
from operations.models import Occurrence, OccurrenceReminder
from operations.services import occurrences
from operations.services.occurrence_reminders import remind_of_occurrences
from tests.common.concurrency import at_once
from tests.operations.factories import OccurrenceFactory
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def row():
    return OccurrenceFactory()


def fresh(row):
    return Occurrence.objects.select_related("aircraft", "trip", "leg").get(pk=row.pk)


def telling(row, reference, now, desk):
    mine = fresh(row)
    return lambda: occurrences.record_notice(
        mine, notified_at=now, reference=reference, actor=desk, at=now
    )


def told(row):
    rows = AuditEvent.objects.filter(action="occurrence.notified", subject_id=row.pk)
    return [each.details["reference"] for each in rows]


def test_of_two_who_told_the_board_one_is_on_record(row, now):
    desk = UserFactory()

    outcomes = at_once(*[telling(row, f"ROC {n}", now, desk) for n in range(4)])

    refused = [each for each in outcomes if isinstance(each, Exception)]
    assert [type(each) for each in refused] == [BoardAlreadyTold] * 3
    assert told(row) == [fresh(row).notice_reference]


def test_control_without_the_lock_both_would_be_on_record(row, now):
    desk, gate = UserFactory(), Barrier(2)

    def read(instance, *, version=None):
        found = fresh(instance)
        with suppress(BrokenBarrierError):
            gate.wait(timeout=3)
        return found

    with patch.object(occurrences, "locked", read):
        at_once(telling(row, "ROC 1", now, desk), telling(row, "ROC 2", now, desk))

    assert sorted(told(row)) == ["ROC 1", "ROC 2"]


def test_an_occurrence_is_closed_once_and_not_amended_after_it(row, now):
    desk = UserFactory()
    occurrences.record_notice(row, notified_at=now, reference="ROC", actor=desk, at=now)
    occurrences.investigate_occurrence(fresh(row), actor=desk, at=now)
    mine = [fresh(row) for _ in range(4)]

    outcomes = at_once(
        lambda: occurrences.close_occurrence(mine[0], reason="Done", actor=desk, at=now),
        lambda: occurrences.close_occurrence(mine[1], reason="Done", actor=desk, at=now),
        lambda: occurrences.amend_occurrence(mine[2], changes={"place": "A"}, actor=desk, at=now),
        lambda: occurrences.amend_occurrence(mine[3], changes={"place": "B"}, actor=desk, at=now),
    )

    refused = {type(each) for each in outcomes if isinstance(each, Exception)}
    assert refused <= {TransitionNotAllowed, OccurrenceNotAmendable}
    steps = StatusChange.objects.filter(content_type__model="occurrence", object_id=row.pk)
    assert [each.to_status for each in steps.order_by("pk")].count("closed") == 1
    # Whoever amended did so before it was closed, and is on record.
    amended = sum(isinstance(each, Occurrence) for each in outcomes[2:])
    assert AuditEvent.objects.filter(action="occurrence.amended").count() == amended


def test_two_sweeps_at_once_remind_once(row, now):
    later = now + timedelta(hours=2)

    sent = at_once(*[lambda: remind_of_occurrences(at=later) for _ in range(3)])

    assert sorted(sent) == [0, 0, 1]
    assert OccurrenceReminder.objects.count() == 1
    assert OutboxEvent.objects.filter(name="operations.occurrence_reminded").count() == 1

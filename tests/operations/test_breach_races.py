"""What happens to a privacy breach from two desks, or two sweeps, at once."""

from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from unittest.mock import patch

import pytest

from common.exceptions import TransitionNotAllowed
from common.models import AuditEvent, OutboxEvent, StatusChange
from operations.models import PrivacyBreach
from operations.services import breaches
from tests.common.concurrency import at_once
from tests.operations.factories import PrivacyBreachFactory
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def fresh(row):
    return PrivacyBreach.objects.select_related("trip").get(pk=row.pk)


def telling(row, desk):
    mine, at = fresh(row), row.discovered_at
    return lambda: breaches.record_persons_told(
        mine, notified_at=at, notice="Mail", actor=desk, at=at
    )


def ruling_out(row, desk):
    mine, at = fresh(row), row.discovered_at
    return lambda: breaches.rule_out_breach(mine, reason="Sealed", actor=desk, at=at)


def test_of_notice_and_assessment_at_once_one_is_on_record():
    row, desk = PrivacyBreachFactory(), UserFactory()

    outcomes = at_once(*[make(row, desk) for make in (telling, ruling_out) * 2])

    refused = [each for each in outcomes if isinstance(each, Exception)]
    assert [type(each) for each in refused] == [TransitionNotAllowed] * 3
    assert [step.to_status for step in StatusChange.objects.all()] == [fresh(row).status]


def test_control_without_the_lock_both_would_be_on_record():
    row, desk, gate = PrivacyBreachFactory(), UserFactory(), Barrier(2)

    def read(instance, *, version=None):
        found = fresh(instance)
        with suppress(BrokenBarrierError):
            gate.wait(timeout=3)
        return found

    with patch.object(breaches, "locked", read):
        at_once(telling(row, desk), ruling_out(row, desk))

    deeds = AuditEvent.objects.filter(subject_id=row.pk).values_list("action", flat=True)
    assert sorted(deeds) == ["privacy_breach.notified", "privacy_breach.ruled_out"]


def test_two_sweeps_at_once_remind_once_of_each():
    rows = [PrivacyBreachFactory() for _ in range(3)]
    late = rows[0].due_at

    outcomes = at_once(*[lambda: breaches.remind_of_breaches(at=late) for _ in range(3)])

    assert sum(outcomes) == 3
    events = OutboxEvent.objects.filter(name="operations.breach_reminded")
    assert sorted(event.payload["breach_id"] for event in events) == sorted(r.pk for r in rows)

"""Two who notice the same at the same moment raise one event."""

import pytest

from dispatcher.models import DispatchEvent
from dispatcher.services import events
from tests.common.concurrency import at_once, kinds
from tests.dispatcher.live_scene import NOW, happened, make_desk
from tests.flush import as_superuser

GUARD = "one_unresolved_event_per_source"


@pytest.mark.django_db(transaction=True)
def test_one_cause_noticed_by_many_at_once_is_one_event():
    desk = make_desk()

    found = at_once(*[lambda: happened(desk, source_key="van:1")] * 4)

    assert kinds(found) == ["DispatchEvent"] * 4
    assert len({event.pk for event in found}) == 1
    event = DispatchEvent.objects.get()
    assert event.details["times"] == 4


@pytest.mark.django_db(transaction=True)
def test_without_the_guard_they_would_be_several(monkeypatch):
    """The control: with nobody looking and no constraint, each raises its own."""
    desk = make_desk()
    monkeypatch.setattr(events, "_same", lambda *given: None)
    with as_superuser() as cursor:
        cursor.execute(f"SELECT pg_get_indexdef('{GUARD}'::regclass)")
        (definition,) = cursor.fetchone()
        cursor.execute(f"DROP INDEX {GUARD}")
    try:
        at_once(*[lambda: happened(desk, source_key="van:1")] * 4)

        assert DispatchEvent.objects.count() == 4
    finally:
        # Beside each other they would not let the guard come back.
        DispatchEvent.objects.update(source_key="")
        with as_superuser() as cursor:
            cursor.execute(definition)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_acknowledge_at_once_one_has_it():
    desk = make_desk()
    event = happened(desk)

    found = at_once(
        lambda: events.acknowledge_event(event, actor=desk.dispatcher, at=NOW),
        lambda: events.acknowledge_event(event, actor=desk.pilot, at=NOW),
    )

    assert kinds(found) == ["DispatchEvent", "TransitionNotAllowed"]

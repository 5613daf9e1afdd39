"""Events at a desk: one a cause, on a clock, somebody's own, resolved."""

from datetime import timedelta

import pytest

from common.exceptions import InvalidInput, StaleVersion, TransitionNotAllowed
from common.models import AuditEvent, OutboxEvent, StatusChange
from dispatcher.exceptions import AssigneeNotAtTheDesk, EventAlreadyResolved
from dispatcher.models import DispatchEvent, DispatchEventNote
from dispatcher.services import events
from dispatcher.services.watch import sweep_overdue
from tests.dispatcher.live_scene import NOW, happened, make_desk, make_operation
from tests.rpas.factories import MemberFactory
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock(settings):
    settings.DISPATCH_ACKNOWLEDGE_MIN = {"critical": 5, "warning": 15}
    settings.DISPATCH_RESOLVE_MIN = {"critical": 60, "warning": 240, "info": 1440}


@pytest.fixture(scope="module")
def desk(kept_rows):
    return make_desk()


def after(minutes: int):
    return NOW + timedelta(minutes=minutes)


def test_an_event_is_numbered_on_record_announced_and_on_the_clock(desk):
    event = happened(desk, severity="warning")

    assert event.number.startswith("DE-2026-")
    assert (event.status, event.needs_acknowledgement) == ("open", True)
    assert (event.acknowledge_by_at, event.resolve_by_at) == (after(15), after(240))
    assert OutboxEvent.objects.get(name="dispatcher.dispatch_event_raised").payload == {
        "event_id": event.pk
    }
    assert AuditEvent.objects.get(action="dispatch_event.raised").scope == desk.operator.scope


def test_the_clock_runs_from_when_it_happened_and_information_waits_for_nobody(desk):
    late = happened(desk, severity="critical", occurred_at=after(-3))
    information = happened(desk, severity="info")

    assert (late.acknowledge_by_at, late.resolve_by_at) == (after(2), after(57))
    assert (information.needs_acknowledgement, information.acknowledge_by_at) == (False, None)


def test_one_cause_is_one_event_until_it_is_resolved(desk):
    first = happened(desk, source_key="van:1")
    again = happened(desk, source_key="van:1")
    other = happened(desk, source_key="van:2")
    events.resolve_event(first, resolution="Towed", actor=desk.dispatcher, at=after(1))
    anew = happened(desk, source_key="van:1", at=after(2))

    assert again.pk == first.pk
    assert DispatchEvent.objects.get(pk=first.pk).details["times"] == 2
    assert len({first.pk, other.pk, anew.pk}) == 3
    # What has no source is never taken for another.
    assert happened(desk).pk != happened(desk).pk


def test_the_same_cause_grown_worse_restarts_the_clock(desk):
    happened(desk, source_key="van:1", severity="info", title="Slow")
    worse = happened(desk, source_key="van:1", severity="critical", title="Burns", at=after(10))
    better = happened(desk, source_key="van:1", severity="info", title="Smokes", at=after(11))

    assert (worse.severity, worse.title) == ("critical", "Burns")
    assert worse.acknowledge_by_at == after(15)
    assert (better.severity, better.title, better.details["times"]) == ("critical", "Burns", 3)


def test_what_is_still_to_come_or_of_another_operator_is_refused(desk):
    foreign = make_operation(make_desk())

    with pytest.raises(InvalidInput):
        happened(desk, occurred_at=after(1))
    with pytest.raises(InvalidInput):
        happened(desk, operation=foreign)
    assert not DispatchEvent.objects.exists()


def test_who_acknowledges_looks_after_it_unless_somebody_has_it(desk):
    mine, given = happened(desk), happened(desk)
    colleague = MemberFactory(operator=desk.operator).user
    events.assign_event(given, assignee=colleague, actor=desk.dispatcher, at=after(1))

    mine = events.acknowledge_event(mine, actor=desk.dispatcher, at=after(2))
    given = events.acknowledge_event(given, actor=desk.dispatcher, at=after(2))

    assert (mine.status, mine.assignee, mine.acknowledged_at) == (
        "acknowledged", desk.dispatcher, after(2),
    )  # fmt: skip
    assert given.assignee == colleague
    with pytest.raises(TransitionNotAllowed):
        events.acknowledge_event(mine, actor=desk.dispatcher, at=after(3))


def test_an_event_is_given_to_nobody_from_elsewhere(desk):
    event = happened(desk)

    with pytest.raises(AssigneeNotAtTheDesk):
        events.assign_event(event, assignee=UserFactory(), actor=desk.dispatcher, at=after(1))


def test_a_resolved_event_says_how_it_ended_and_stays_as_it_is(desk):
    event = happened(desk)
    done = events.resolve_event(event, resolution="Towed", actor=desk.dispatcher, at=after(9))

    assert (done.status, done.resolution, done.resolved_by) == (
        "resolved", "Towed", desk.dispatcher,
    )  # fmt: skip
    step = StatusChange.objects.get(object_id=event.pk, to_status="resolved")
    assert (step.from_status, step.reason, step.actor) == ("open", "Towed", desk.dispatcher)
    for deed in (
        lambda: events.assign_event(
            done, assignee=desk.dispatcher, actor=desk.dispatcher, at=after(10)
        ),
        lambda: events.reclassify_event(
            done, severity="info", actor=desk.dispatcher, at=after(10), version=None
        ),
    ):
        with pytest.raises(EventAlreadyResolved):
            deed()
    with pytest.raises(TransitionNotAllowed):
        events.resolve_event(done, resolution="Twice", actor=desk.dispatcher, at=after(10))


def test_a_worse_severity_is_a_clock_that_begins_anew(desk):
    event = happened(desk, severity="info")

    worse = events.reclassify_event(
        event, severity="critical", actor=desk.dispatcher, at=after(3), version=event.version
    )

    assert (worse.acknowledge_by_at, worse.resolve_by_at) == (after(8), after(63))
    with pytest.raises(StaleVersion):
        events.reclassify_event(
            event, severity="info", actor=desk.dispatcher, at=after(4), version=99
        )


def test_notes_are_added_to_resolved_events_too_and_never_changed(desk):
    event = happened(desk)
    events.resolve_event(event, resolution="Towed", actor=desk.dispatcher, at=after(1))

    events.note_event(event, text="The tow truck was late.", actor=desk.dispatcher, at=after(2))

    note = DispatchEventNote.objects.get(event=event)
    assert (note.text, note.author, note.written_at) == (
        "The tow truck was late.", desk.dispatcher, after(2),
    )  # fmt: skip


def test_what_went_away_by_itself_is_resolved_at_every_desk_by_nobody(desk):
    elsewhere = make_desk()
    both = [happened(each, source_key="defect:9") for each in (desk, elsewhere)]

    closed = events.resolve_by_itself("defect:9", because="Rectified.", at=after(5))

    assert {event.pk for event in closed} == {event.pk for event in both}
    assert {(event.resolution, event.resolved_by) for event in closed} == {("Rectified.", None)}
    assert events.resolve_by_itself("defect:9", because="Again.", at=after(6)) == []


def test_overdue_is_told_once_a_due_time(desk):
    event = happened(desk, severity="warning")

    assert sweep_overdue(at=after(14)) == 0
    assert sweep_overdue(at=after(15)) == 1
    assert sweep_overdue(at=after(16)) == 0
    event.refresh_from_db()
    assert event.escalated_at == after(15)
    # Answered: now only to be resolved in time.
    events.acknowledge_event(event, actor=desk.dispatcher, at=after(17))
    assert sweep_overdue(at=after(239)) == 0
    assert sweep_overdue(at=after(240)) == 1
    assert sweep_overdue(at=after(1000)) == 0
    told = OutboxEvent.objects.filter(name="dispatcher.dispatch_event_overdue")
    assert told.count() == 2


def test_an_event_answered_in_time_is_never_overdue(desk):
    event = happened(desk)
    events.acknowledge_event(event, actor=desk.dispatcher, at=after(14))
    events.resolve_event(event, resolution="Towed", actor=desk.dispatcher, at=after(200))

    assert sweep_overdue(at=after(10_000)) == 0

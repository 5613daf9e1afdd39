"""A known event that becomes critical is told to the desk and must be acknowledged again."""

from datetime import timedelta

import pytest

from common.models import Mail, OutboxEvent, StatusChange
from dispatcher.events import DispatchEventRaised, DispatchEventWorsened
from dispatcher.models import DispatchEvent, DispatchNotice
from dispatcher.services import events
from dispatcher.services.watch import sweep_overdue
from flight_operations.events import TelemetryAlertRaised, TelemetryAlertWorsened
from flight_operations.models import ConformanceAlert
from tests.dispatcher.live_scene import NOW, happened, hear, make_desk, make_operation

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock(settings, time_machine):
    settings.DISPATCH_ACKNOWLEDGE_MIN = {"critical": 5, "warning": 15}
    settings.DISPATCH_RESOLVE_MIN = {"critical": 60, "warning": 240, "info": 1440}
    time_machine.move_to(NOW, tick=False)


@pytest.fixture(scope="module")
def desk(kept_rows):
    return make_desk()


def after(minutes: int):
    return NOW + timedelta(minutes=minutes)


def worsened() -> list[int]:
    rows = OutboxEvent.objects.filter(name=DispatchEventWorsened.name).order_by("pk")
    return [row.payload["event_id"] for row in rows]


def acknowledged(desk, **fields) -> DispatchEvent:
    event = happened(desk, source_key="van:1", **fields)
    return events.acknowledge_event(event, actor=desk.dispatcher, at=after(1))


@pytest.fixture
def alert(desk):
    operation = make_operation(desk, status="active", actual_start_at=NOW, number="FO-2026-0001")
    alert = ConformanceAlert.objects.create(
        operation=operation, kind="height", severity="amber", limit_value=120, worst_value=121,
        worst_at=NOW, started_at=NOW, last_at=NOW, raised_at=NOW,
    )  # fmt: skip
    hear(TelemetryAlertRaised(alert_id=alert.pk, operation_id=operation.pk))
    return alert


def turn_red(alert) -> None:
    ConformanceAlert.objects.filter(pk=alert.pk).update(severity="red", worst_value=200)
    hear(TelemetryAlertWorsened(alert_id=alert.pk, operation_id=alert.operation_id))


def test_the_event_of_an_alert_that_turns_red_becomes_critical(alert, time_machine):
    event = DispatchEvent.objects.get()
    assert (event.severity, event.acknowledge_by_at) == ("warning", after(15))
    time_machine.move_to(after(2), tick=False)

    turn_red(alert)

    event.refresh_from_db()
    assert (event.severity, event.details["worst_value"]) == ("critical", 200)
    assert (event.acknowledge_by_at, event.resolve_by_at) == (after(7), after(62))
    assert worsened() == [event.pk]


def test_one_that_somebody_closed_when_it_was_amber_is_raised_again_once(desk, alert):
    event = DispatchEvent.objects.get()
    events.resolve_event(event, resolution="Seen.", actor=desk.dispatcher, at=NOW)

    turn_red(alert)

    again = DispatchEvent.objects.unresolved().get()
    assert (again.severity, again.pk != event.pk) == ("critical", True)
    events.reclassify_event(
        again, severity="info", actor=desk.dispatcher, at=NOW, version=again.version
    )
    events.resolve_event(again, resolution="Seen.", actor=desk.dispatcher, at=NOW)
    turn_red(alert)
    assert not DispatchEvent.objects.unresolved().exists()


def test_who_acknowledged_the_milder_one_is_asked_again(desk):
    event = acknowledged(desk, severity="warning")

    happened(desk, source_key="van:1", severity="critical", title="Burns", at=after(20))

    event.refresh_from_db()
    assert (event.status, event.severity, event.assignee) == ("open", "critical", desk.dispatcher)
    assert (event.acknowledged_at, event.acknowledged_by) == (None, None)
    assert event.acknowledge_by_at == after(25)
    step = StatusChange.objects.get(object_id=event.pk, to_status="open")
    assert (step.from_status, step.reason) == ("acknowledged", "It became critical.")
    # Not answered by then, it is overdue once more.
    assert sweep_overdue(at=after(24)) == 0
    assert sweep_overdue(at=after(25)) == 1
    events.acknowledge_event(event, actor=desk.dispatcher, at=after(26))


def test_one_that_becomes_critical_by_hand_is_acknowledged_anew_too(desk):
    event = acknowledged(desk, severity="info")

    worse = events.reclassify_event(
        event, severity="critical", actor=desk.dispatcher, at=after(90), version=None
    )

    assert (worse.status, worse.acknowledge_by_at) == ("open", after(95))
    assert worsened() == [event.pk]


def test_less_bad_or_a_warning_asks_nobody_again(desk):
    event = acknowledged(desk, severity="info")
    happened(desk, source_key="van:1", severity="warning", at=after(2))
    events.reclassify_event(
        event, severity="info", actor=desk.dispatcher, at=after(3), version=None
    )

    event.refresh_from_db()
    assert (event.status, worsened()) == ("acknowledged", [])


def test_the_desk_is_told_by_mail_each_time_it_becomes_critical(desk):
    event = happened(desk, source_key="van:1", severity="warning")
    hear(DispatchEventRaised(event_id=event.pk))
    assert not DispatchNotice.objects.exists()
    happened(desk, source_key="van:1", severity="critical", title="Burns", at=after(10))

    hear(DispatchEventWorsened(event_id=event.pk))
    # Heard late: told already.
    hear(DispatchEventRaised(event_id=event.pk))

    told = DispatchNotice.objects.get()
    assert (told.recipient, told.text) == (desk.dispatcher, f"{event.number} Burns")
    assert Mail.objects.filter(recipient=desk.dispatcher.email).count() == 1

    events.acknowledge_event(event, actor=desk.dispatcher, at=after(11))
    for severity in ("info", "critical"):
        events.reclassify_event(
            event, severity=severity, actor=desk.dispatcher, at=after(12), version=None
        )
    hear(DispatchEventWorsened(event_id=event.pk))
    assert DispatchNotice.objects.count() == 2


def test_what_was_overdue_before_it_became_critical_is_not_overdue_then(desk):
    event = happened(desk, source_key="van:1", severity="warning")
    assert sweep_overdue(at=after(15)) == 1

    happened(desk, source_key="van:1", severity="critical", title="Burns", at=after(20))

    event.refresh_from_db()
    assert event.escalated_at is None
    assert sweep_overdue(at=after(25)) == 1


def test_a_cause_as_bad_as_before_has_its_newest_title(desk):
    happened(desk, source_key="van:1", title="20 min late")

    event = happened(desk, source_key="van:1", title="40 min late", at=after(20))

    assert (event.title, event.acknowledge_by_at) == ("40 min late", after(15))

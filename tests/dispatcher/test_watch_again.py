"""What changes between two looks of the watch, and what a cause that shows again does."""

from datetime import timedelta

import pytest

from common.models import OutboxEvent
from dispatcher.events import DispatchEventWorsened
from dispatcher.models import DispatchEvent
from dispatcher.queries.watching import late_starts, overdue_landings
from dispatcher.services import events
from dispatcher.services.watch import (
    follow_late_start,
    note_late_start,
    note_overdue_landing,
    sweep_overdue,
    watch_the_day,
)
from flight_operations.events import TelemetryAlertRaised, TelemetryAlertWorsened
from flight_operations.models import ConformanceAlert, FlightOperation
from tests.dispatcher.live_scene import NOW, happened, hear, make_desk, make_operation
from tests.dispatcher.test_watch import WIND, live_trip, unresolved, verdict_of
from tests.dispatcher.test_watch_carried import DECISION, OXYGEN
from tests.dispatcher.test_watch_time import STORM

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _settings(settings, time_machine):
    settings.DISPATCH_WATCH_H = 24
    settings.DISPATCH_ON_TIME_MIN = 15
    settings.DISPATCH_ACKNOWLEDGE_MIN = {"critical": 5, "warning": 15}
    settings.DISPATCH_RESOLVE_MIN = {"critical": 60, "warning": 240, "info": 1440}
    time_machine.move_to(NOW, tick=False)


@pytest.fixture(scope="module")
def desk(kept_rows):
    return make_desk()


def after(minutes: int):
    return NOW + timedelta(minutes=minutes)


def in_the_air(desk, **fields) -> FlightOperation:
    """A flight that was to land an hour after now."""
    return make_operation(
        desk, NOW, status="active", actual_start_at=NOW, number="FO-2026-0001", **fields
    )


@pytest.mark.parametrize(
    "change",
    [
        {"status": "active", "actual_start_at": after(15)},
        {"status": "cancelled"},
        {"planned_start_at": after(10), "planned_end_at": after(70)},
    ],
)
def test_a_flight_that_starts_or_is_put_off_while_it_is_looked_at_is_not_late(desk, change):
    make_operation(desk, NOW)
    (listed,) = late_starts(at=after(16))
    FlightOperation.objects.filter(pk=listed.pk).update(**change)

    assert note_late_start(listed, at=after(16)) is None
    assert unresolved() == []


@pytest.mark.parametrize(
    "change",
    [{"status": "landed", "actual_end_at": after(70)}, {"planned_end_at": after(90)}],
)
def test_a_flight_that_lands_while_it_is_looked_at_is_not_awaited(desk, change):
    in_the_air(desk)
    (listed,) = overdue_landings(at=after(76))
    FlightOperation.objects.filter(pk=listed.pk).update(**change)

    assert note_overdue_landing(listed, at=after(76)) is None
    assert unresolved() == []


def test_what_waits_at_another_operator_is_not_named(desk):
    in_the_air(desk)
    elsewhere = make_desk()
    make_operation(
        elsewhere, after(65), pilot_in_command=desk.pilot, number="FO-2026-0002", title="Secret"
    )

    watch_the_day(at=after(76))

    event = DispatchEvent.objects.get(center=desk.center)
    assert (event.severity, event.details["touches"]) == ("critical", "other work")
    assert event.title == (
        "FO-2026-0001 is in the air 16 min after it was planned to land; other work waits for it"
    )


def test_a_landing_that_is_awaited_anew_is_not_overdue_at_birth(desk):
    operation = in_the_air(desk)
    watch_the_day(at=after(76))
    event = DispatchEvent.objects.get()
    assert event.acknowledge_by_at == after(90)
    events.resolve_event(event, resolution="On the way.", actor=desk.dispatcher, at=after(77))
    make_operation(desk, after(190), aircraft=operation.aircraft)

    watch_the_day(at=after(191))

    again = DispatchEvent.objects.unresolved().get()
    assert (again.severity, again.occurred_at) == ("critical", after(75))
    assert (again.acknowledge_by_at, again.resolve_by_at) == (after(196), after(251))
    assert sweep_overdue(at=after(195)) == 0


def test_an_alert_that_turns_red_after_it_was_closed_is_not_overdue_at_birth(desk, time_machine):
    alert = ConformanceAlert.objects.create(
        operation=in_the_air(desk), kind="height", severity="amber", limit_value=120,
        worst_value=121, worst_at=NOW, started_at=NOW, last_at=NOW, raised_at=NOW,
    )  # fmt: skip
    hear(TelemetryAlertRaised(alert_id=alert.pk, operation_id=alert.operation_id))
    event = DispatchEvent.objects.get()
    events.resolve_event(event, resolution="Seen.", actor=desk.dispatcher, at=NOW)
    ConformanceAlert.objects.filter(pk=alert.pk).update(severity="red", worst_value=200)
    time_machine.move_to(after(90), tick=False)

    hear(TelemetryAlertWorsened(alert_id=alert.pk, operation_id=alert.operation_id))

    again = DispatchEvent.objects.unresolved().get()
    assert (again.severity, again.occurred_at) == ("critical", NOW)
    assert (again.acknowledge_by_at, again.resolve_by_at) == (after(95), after(150))


def test_an_old_warning_that_is_made_critical_by_hand_is_not_overdue_then(desk):
    event = happened(desk, severity="warning")
    assert sweep_overdue(at=after(179)) == 1

    worse = events.reclassify_event(
        event, severity="critical", actor=desk.dispatcher, at=after(180), version=None
    )

    assert (worse.acknowledge_by_at, worse.resolve_by_at) == (after(185), after(240))
    assert worse.escalated_at is None
    assert (sweep_overdue(at=after(184)), sweep_overdue(at=after(185))) == (0, 1)


def test_trouble_that_shrinks_leaves_the_desks_word_and_one_that_grows_does_not(desk):
    operation = make_operation(desk, after(60), number="FO-2026-0001")
    verdict_of(operation, WIND, STORM)
    event = DispatchEvent.objects.get()
    events.reclassify_event(
        event, severity="info", actor=desk.dispatcher, at=after(1), version=None
    )

    verdict_of(operation, STORM)
    assert unresolved() == [("weather", "info", "FO-2026-0001: Thunderstorms.")]
    event.refresh_from_db()
    assert [each["rule"] for each in event.details["rules"]] == ["WXD-TS"]
    assert not OutboxEvent.objects.filter(name=DispatchEventWorsened.name).exists()

    verdict_of(operation, STORM, WIND)
    assert [severity for _, severity, _ in unresolved()] == ["critical"]


def test_rules_that_are_not_named_grow_too(desk, settings):
    settings.DISPATCH_CREWED_CENTER = desk.center.code
    trip = live_trip()
    verdict_of(trip, DECISION, OXYGEN)
    event = DispatchEvent.objects.get()
    events.reclassify_event(event, severity="info", actor=desk.dispatcher, at=NOW, version=None)

    verdict_of(trip, DECISION)
    assert [severity for _, severity, _ in unresolved()] == ["info"]

    verdict_of(trip, OXYGEN)
    assert [severity for _, severity, _ in unresolved()] == ["warning"]


def test_what_was_told_of_a_start_before_sources_named_it_counts_for_that_start(desk):
    operation = make_operation(desk, NOW)
    watch_the_day(at=after(16))
    DispatchEvent.objects.update(source_key=f"late:{operation.pk}")

    watch_the_day(at=after(17))
    follow_late_start(operation, at=after(17))
    assert len(unresolved()) == 1

    operation.planned_start_at = after(5)
    follow_late_start(operation, at=after(18))
    assert unresolved() == []
    watch_the_day(at=after(19))
    assert DispatchEvent.objects.count() == 1

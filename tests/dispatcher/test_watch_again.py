"""What changes between two looks of the watch, and what a cause that shows again does."""

from datetime import timedelta

import pytest

from dispatcher.models import DispatchEvent
from dispatcher.queries.watching import late_starts, overdue_landings
from dispatcher.services.watch import note_late_start, note_overdue_landing, watch_the_day
from flight_operations.models import FlightOperation
from tests.dispatcher.live_scene import NOW, make_desk, make_operation
from tests.dispatcher.test_watch import unresolved

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

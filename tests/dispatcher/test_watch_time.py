"""What time alone brings to the desk: late again, overdue to land, red and near."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dispatcher.models import DispatchEvent
from dispatcher.services import events
from dispatcher.services.watch import watch_the_day
from flight_operations.events import (
    OperationCancelled,
    OperationLanded,
    OperationStarted,
    PlanAmended,
)
from flight_operations.models import FlightOperation
from tests.dispatcher.live_scene import NOW, hear, make_desk, make_operation, make_schedule, publish
from tests.dispatcher.test_watch import REPL, WIND, live_trip, unresolved, verdict_of
from tests.flight_operations.factories import PlanFactory

pytestmark = pytest.mark.django_db
STORM = ("WXD-TS", "red", "Thunderstorms.")


@pytest.fixture(autouse=True)
def _settings(settings, time_machine):
    settings.DISPATCH_WATCH_H = 24
    settings.DISPATCH_ON_TIME_MIN = 15
    settings.DISPATCH_CREWED_CENTER = ""
    time_machine.move_to(NOW, tick=False)


@pytest.fixture(scope="module")
def desk(kept_rows):
    return make_desk()


def after(minutes: int):
    return NOW + timedelta(minutes=minutes)


def amend(operation, minutes: int, **changes) -> None:
    FlightOperation.objects.filter(pk=operation.pk).update(
        planned_start_at=after(minutes), planned_end_at=after(minutes + 60), **changes
    )
    hear(PlanAmended(operation_id=operation.pk))


def late(desk) -> FlightOperation:
    operation = make_operation(desk, NOW, number="FO-2026-0001")
    PlanFactory(operation=operation)
    watch_the_day(at=after(16))
    assert len(unresolved()) == 1
    return operation


def test_a_late_flight_that_is_put_off_and_late_again_is_told_again(desk):
    operation = late(desk)

    amend(operation, 240)
    assert unresolved() == []
    assert DispatchEvent.objects.get().resolution == (
        "FO-2026-0001 was amended: it is to start at another time, or not at all."
    )

    watch_the_day(at=after(255))
    assert unresolved() == []
    watch_the_day(at=after(256))
    watch_the_day(at=after(257))
    assert unresolved() == [
        ("delay", "warning", "FO-2026-0001 has not started, 16 min after it was planned to")
    ]
    hear(OperationStarted(operation_id=operation.pk))
    assert unresolved() == []


def test_an_amendment_of_another_thing_leaves_a_late_flight_late(desk):
    amend(late(desk), 0, title="Another survey")

    assert len(unresolved()) == 1


def test_a_late_flight_that_is_to_be_flown_no_more_is_late_no_more(desk):
    amend(late(desk), 0, status="rejected")
    assert unresolved() == []


def test_a_late_flight_that_is_cancelled_is_late_no_more(desk):
    operation = late(desk)

    hear(OperationCancelled(operation_id=operation.pk))

    assert unresolved() == []


def in_the_air(desk, **fields) -> FlightOperation:
    """A flight that was to land an hour after now."""
    return make_operation(
        desk, NOW, status="active", actual_start_at=NOW, number="FO-2026-0001", **fields
    )


def test_a_drone_in_the_air_past_its_planned_end_is_the_desks_until_it_lands(desk):
    operation = in_the_air(desk)

    watch_the_day(at=after(75))
    assert unresolved() == []
    watch_the_day(at=after(76))
    watch_the_day(at=after(77))

    title = "FO-2026-0001 is in the air 16 min after it was planned to land"
    assert unresolved() == [("delay", "warning", title)]
    event = DispatchEvent.objects.get()
    assert (event.operation, event.occurred_at) == (operation, after(75))
    assert "times" not in event.details
    hear(OperationLanded(operation_id=operation.pk))
    event.refresh_from_db()
    assert (event.status, event.resolution) == ("resolved", "The flight has landed.")


def test_it_is_critical_when_the_next_waits_for_the_aircraft_and_says_which(desk):
    operation = in_the_air(desk)
    following = make_operation(
        desk, after(120), aircraft=operation.aircraft, pilot_in_command=desk.second,
        number="FO-2026-0002",
    )  # fmt: skip
    publish(make_schedule(desk, NOW.date()), following, before=30)
    watch_the_day(at=after(80))
    assert [severity for _, severity, _ in unresolved()] == ["warning"]

    watch_the_day(at=after(91))
    watch_the_day(at=after(92))

    title = "FO-2026-0001 is in the air 31 min after it was planned to land; FO-2026-0002 waits"
    assert unresolved() == [("delay", "critical", f"{title} for it")]
    assert DispatchEvent.objects.get().details["times"] == 2


def test_the_next_of_the_pilot_is_touched_too_and_that_of_others_is_not(desk):
    in_the_air(desk)
    make_operation(desk, after(65), pilot_in_command=desk.second)
    make_operation(desk, after(70), number="FO-2026-0003")

    watch_the_day(at=after(76))

    assert DispatchEvent.objects.get().details["touches"] == "FO-2026-0003"


def test_one_that_somebody_closed_stays_closed_until_another_waits(desk):
    operation = in_the_air(desk)
    watch_the_day(at=after(76))
    event = DispatchEvent.objects.get()
    events.resolve_event(event, resolution="On the way.", actor=desk.dispatcher, at=after(77))

    watch_the_day(at=after(78))
    assert unresolved() == []

    make_operation(desk, after(90), aircraft=operation.aircraft)
    watch_the_day(at=after(91))
    assert [severity for _, severity, _ in unresolved()] == ["critical"]


def test_trouble_that_is_still_there_when_the_flight_is_near_is_critical(desk):
    operation = make_operation(desk, after(20 * 60), number="FO-2026-0001")
    verdict_of(operation, WIND)
    event = DispatchEvent.objects.get()
    events.acknowledge_event(event, actor=desk.dispatcher, at=after(1))

    watch_the_day(at=after(18 * 60 - 1))
    event.refresh_from_db()
    assert (event.severity, event.status) == ("warning", "acknowledged")

    watch_the_day(at=after(19 * 60 + 30))
    watch_the_day(at=after(19 * 60 + 31))
    event.refresh_from_db()
    assert (event.severity, event.status) == ("critical", "open")
    assert event.acknowledge_by_at == after(19 * 60 + 35)
    assert event.details["times"] == 2


def test_what_a_desk_says_of_near_trouble_holds(desk):
    operation = make_operation(desk, after(90), number="FO-2026-0001")
    verdict_of(operation, WIND)
    event = DispatchEvent.objects.get()
    events.reclassify_event(
        event, severity="info", actor=desk.dispatcher, at=NOW, version=event.version
    )

    watch_the_day(at=after(30))
    verdict_of(operation, WIND)

    assert [severity for _, severity, _ in unresolved()] == ["info"]


def test_trouble_of_a_trip_that_is_near_is_critical(desk, settings):
    settings.DISPATCH_CREWED_CENTER = desk.center.code
    verdict_of(live_trip(), ("FAR-61.23-MED", "red", "The medical of Ann has expired."))

    watch_the_day(at=after(61))

    assert [severity for _, severity, _ in unresolved()] == ["critical"]


def test_a_second_broken_rule_of_the_same_sort_is_named(desk):
    operation = make_operation(desk, after(20 * 60), number="FO-2026-0001")
    verdict_of(operation, WIND, REPL)
    events.acknowledge_event(
        DispatchEvent.objects.get(kind="weather"), actor=desk.dispatcher, at=NOW
    )

    verdict_of(operation, WIND, STORM, REPL)

    event = DispatchEvent.objects.get(kind="weather")
    assert event.title == "FO-2026-0001: Gusts of 14 m/s; the limit is 12. And 1 more."
    assert [each["rule"] for each in event.details["rules"]] == ["WXD-TS", "WXD-WIND"]
    assert (event.severity, event.status) == ("warning", "acknowledged")
    assert "times" not in DispatchEvent.objects.get(kind="people").details
    # The other one that is named now is the one that was settled with it.
    events.resolve_event(event, resolution="We wait.", actor=desk.dispatcher, at=NOW)
    verdict_of(operation, WIND, STORM, REPL)
    assert [kind for kind, _, _ in unresolved()] == ["people"]


def statements(at) -> int:
    with CaptureQueriesContext(connection) as asked:
        watch_the_day(at=at)
    return len(asked)


def test_a_watch_that_finds_nothing_new_costs_the_same_however_much_is_known(desk):
    def more(n: int) -> None:
        verdict_of(make_operation(desk, after(30), number=f"FO-2026-1{n}"), WIND)
        make_operation(desk, after(-300), minutes=600, number=f"FO-2026-2{n}")
        make_operation(desk, after(-300), status="active", actual_start_at=NOW)
        watch_the_day(at=after(1))

    more(1)
    before = statements(after(2))
    for n in range(2, 5):
        more(n)

    assert len(unresolved()) == 12
    assert statements(after(3)) == before <= 8

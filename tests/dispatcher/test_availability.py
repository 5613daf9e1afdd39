"""
When drones could fly, and what is written down late, against the same day counted by hand.

Sunday 15 March 2026 in Sydney, five drones, local times:

    A  an item due on Saturday; done on Sunday, recorded at 10:00     0:00 to 10:00 overdue, 600 min
    B  an item due at 100 min; has 90, 20 more recorded at 09:00       from 09:00 overdue, 900 min
    C  in the workshop from 12:00 to 15:00, a major defect from 14:00 to 16:00               240 min
    D  added at 06:00                                                     1080 min on the fleet
    E  retired at 18:00                                                   1080 min on the fleet

On the fleet: 3 x 1440 + 2 x 1080 = 6480 min, less 600 + 900 + 240 = 1740: 4740; 73.15 %.
"""

import logging
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.booking import Resource, book
from common.models import StatusChange
from dispatcher.models import MetricsSpan, OperationalMetrics
from dispatcher.queries.metrics import facts_of_day
from dispatcher.services.metrics import count_center, count_day
from rpas.models import EntryKind, F2MaintenanceSchedule, RPASAircraft, TriggerKind
from tests.dispatcher.live_scene import Desk, make_desk, make_drone, make_operation
from tests.rpas.factories import DefectFactory, EntryFactory, ScheduleFactory

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 15)
MIDNIGHT = datetime(2026, 3, 14, 13, tzinfo=UTC)
NEXT_DAY = MIDNIGHT + timedelta(days=1)
SATURDAY = date(2026, 3, 14)


def local(hour: float) -> datetime:
    return MIDNIGHT + timedelta(hours=hour)


def written(item: F2MaintenanceSchedule, at: datetime, **changes) -> None:
    """Have the history say that an item stood like this from a moment on."""
    (history,) = set(F2MaintenanceSchedule.pgh_event_models.values())
    stood = {field.attname: getattr(item, field.attname) for field in item._meta.concrete_fields}
    with time_machine.travel(at, tick=False):
        history.objects.create(pgh_obj=item, pgh_label="update", **(stood | changes))


def due_on(aircraft: RPASAircraft, day: date) -> F2MaintenanceSchedule:
    """A yearly item of an aircraft, due on a day, as it was written a month before."""
    item = ScheduleFactory(
        aircraft=aircraft, kind=TriggerKind.CALENDAR, interval_days=365,
        last_done_on=day - timedelta(days=365),
    )  # fmt: skip
    written(item, MIDNIGHT - timedelta(days=30))
    return item


def retire(aircraft: RPASAircraft, at: datetime) -> None:
    StatusChange.objects.create(
        content_type=ContentType.objects.get_for_model(RPASAircraft), object_id=aircraft.pk,
        from_status="in_service", to_status="retired", changed_at=at,
    )  # fmt: skip
    RPASAircraft.objects.filter(pk=aircraft.pk).update(status="retired")


@pytest.fixture(scope="module")
def desk(kept_rows) -> Desk:
    return make_desk()


@pytest.fixture(scope="module")
def fleet(desk) -> list[RPASAircraft]:
    a, b, c, d, e = (make_drone(desk.operator, time_in_service_min=90) for _ in range(5))
    written(due_on(a, SATURDAY), local(10), next_due_on=date(2027, 3, 15))
    by_hours = ScheduleFactory(aircraft=b, interval_min=100)
    written(by_hours, MIDNIGHT - timedelta(days=30))
    EntryFactory(
        aircraft=b, kind=EntryKind.FLIGHT, time_in_service_min=20, cycles=1, flights=1,
        entry_on=SATURDAY, recorded_at=local(9),
    )  # fmt: skip
    in_the_shop = [Resource("rpas_aircraft", c.pk)]
    book(in_the_shop, start=local(12), end=local(15), source=c, purpose="maintenance")
    DefectFactory(
        aircraft=c, found_at=local(14), status="rectified", rectified_at=local(16),
        rectified_by=desk.dispatcher, rectified_name="Pat", rectified_arn="1",
        rectified_action="Replaced.",
    )  # fmt: skip
    RPASAircraft.objects.filter(pk=d.pk).update(created_at=local(6))
    retire(e, local(18))
    return [a, b, c, d, e]


def row(desk: Desk, span: str = MetricsSpan.DAY, at: datetime = MIDNIGHT) -> OperationalMetrics:
    return OperationalMetrics.objects.get(center=desk.center, span=span, starts_at=at)


def test_the_fleet_of_the_day_is_what_it_comes_to_by_hand(desk, fleet):
    count_day(desk.center, DAY, at=NEXT_DAY)

    day = row(desk)
    assert (day.aircraft_min, day.available_min, day.availability_percent) == (6480, 4740, 73.15)
    buckets = OperationalMetrics.objects.buckets().filter(center=desk.center)
    for name in ("aircraft_min", "available_min"):
        assert sum(getattr(each, name) for each in buckets) == pytest.approx(getattr(day, name))
    # At 09:30 A and B are overdue; C, D and E could fly.
    early = row(desk, MetricsSpan.BUCKET, local(9.5))
    assert (early.aircraft_min, early.available_min) == (25, 15)


def test_who_is_added_or_retired_later_changes_nothing_of_the_day_before(desk, fleet):
    before = facts_of_day(desk.center, SATURDAY).aircraft
    after = facts_of_day(desk.center, date(2026, 3, 16)).aircraft

    a, b, c, d, e = (each.pk for each in fleet)
    assert [each.aircraft_id for each in before] == [a, b, c, e]
    assert [each.aircraft_id for each in after] == [a, b, c, d]


def test_flying_and_the_way_to_it_keep_no_aircraft_away(desk, fleet):
    operation = make_operation(desk, local(12), aircraft=fleet[0])
    taken = [Resource("rpas_aircraft", fleet[0].pk)]
    book(taken, start=local(12), end=local(13), source=operation, purpose="flight")

    booked = [
        each for each in facts_of_day(desk.center, DAY).groundings if each.end_at == local(13)
    ]

    assert booked == []


def test_an_item_that_is_given_up_or_not_yet_due_grounds_nobody(desk):
    idle, coming = make_drone(desk.operator), make_drone(desk.operator)
    written(due_on(idle, SATURDAY), MIDNIGHT - timedelta(days=1), is_active=False)
    due_on(coming, DAY)

    grounded = {each.aircraft_id for each in facts_of_day(desk.center, DAY).groundings}

    assert not grounded & {idle.pk, coming.pk}


def test_a_condition_that_is_reported_grounds_from_then_on(desk):
    drone = make_drone(desk.operator)
    item = ScheduleFactory(
        aircraft=drone, kind=TriggerKind.CONDITIONAL, interval_min=None, condition="Hard landing"
    )
    written(item, MIDNIGHT - timedelta(days=30))
    written(item, local(11), is_triggered=True)

    down = [
        each for each in facts_of_day(desk.center, DAY).groundings if each.aircraft_id == drone.pk
    ]

    assert [(each.start_at, each.end_at) for each in down] == [(local(11), NEXT_DAY)]


def test_the_statements_do_not_grow_with_the_fleet(desk, fleet):
    with CaptureQueriesContext(connection) as few:
        facts_of_day(desk.center, DAY)
    for _ in range(3):
        due_on(make_drone(desk.operator), SATURDAY)
    with CaptureQueriesContext(connection) as many:
        facts_of_day(desk.center, DAY)

    assert len(many) <= len(few) <= 12


def test_a_landing_that_is_written_down_at_noon_reaches_its_day(desk):
    operation = make_operation(
        desk,
        local(20),
        status="active",
        actual_start_at=local(20),
        aircraft=make_drone(desk.operator),
    )
    count_center(desk.center, at=NEXT_DAY)
    assert (row(desk).completed_operations, row(desk).flight_min) == (0, 240)

    type(operation).objects.filter(pk=operation.pk).update(status="landed", actual_end_at=local(21))
    count_center(desk.center, at=NEXT_DAY + timedelta(hours=12))

    assert (row(desk).completed_operations, row(desk).flight_min) == (1, 60)
    # A bucket of then is counted again by the command only.
    assert row(desk, MetricsSpan.BUCKET, local(22)).flight_min == 5
    count_day(desk.center, DAY, at=NEXT_DAY + timedelta(hours=12))
    assert row(desk, MetricsSpan.BUCKET, local(22)).flight_min == 0


def test_a_gap_too_long_to_be_made_up_for_is_said_with_its_remedy(desk, caplog):
    count_center(desk.center, at=NEXT_DAY)

    with caplog.at_level(logging.WARNING, logger="dispatcher"):
        count_center(desk.center, at=NEXT_DAY + timedelta(days=2))
        assert caplog.messages == []
        count_center(desk.center, at=NEXT_DAY + timedelta(days=4, minutes=5))

    (said,) = caplog.messages
    assert "count_metrics" in said

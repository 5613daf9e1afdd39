"""
The figures of one day at one center, against the same day counted by hand.

Sunday 15 March 2026 in Sydney (UTC+11) begins on Saturday at 13:00 UTC. Two drones, A and B, and
two pilots, P and Q. Local times:

    07:00  P leaves for the first site (12 km), published until 12:30
    08:00  A takes off with P, planned for 08:00; lands 08:50            50 min flown, on time
    09:00  Q leaves (8 km), published until 11:00
    09:20  A takes off with P, planned for 09:00; lands 10:00            40 min, 20 min late
    09:30  B takes off with Q, planned for 09:30; lands 10:30            60 min, on time
    10:45  B has a major defect until 13:00                              135 min grounded
    14:00  an operation of A was planned and is cancelled at 11:00

Turn-round: A was on the ground from 08:50 to 09:20, 30 min; it is the only one.
Duty: P from 07:00 to 12:30, 330 min; Q from 09:00 to 11:00, 120 min; together 450.
Flown: 50 + 40 + 60 = 150 min, one pilot each; utilization 150 / 450 = 33.33 %.
Aircraft: 2 x 1440 = 2880 min, less 135 grounded = 2745; availability 95.31 %.
On time (15 min): 2 of 3 = 66.67 %.
Cost: 450 min x 95.00/h = 712.50; 150 min x 60.00/h = 150.00; 20 km x 0.88 = 17.60; 880.10 AUD,
for 2.5 flight hours: 352.04 an hour.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.models import StatusChange
from dispatcher.measuring import Duty, Facts, Flight, Grounding, Rates, measure
from dispatcher.models import MetricsSpan, OperationalMetrics, ResourceProfile
from dispatcher.queries.metrics import facts_of_day
from dispatcher.services.metrics import count_center, count_day
from flight_operations.models import FlightOperation
from tests.dispatcher.live_scene import (
    Desk,
    make_center,
    make_desk,
    make_drone,
    make_operation,
    make_schedule,
    publish,
)
from tests.rpas.factories import DefectFactory

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 15)
MIDNIGHT = datetime(2026, 3, 14, 13, tzinfo=UTC)
NEXT_DAY = MIDNIGHT + timedelta(days=1)
RATES = Rates(
    pilot_hour=Decimal(95),
    aircraft_hour=Decimal(60),
    road_km=Decimal("0.88"),
    currency="AUD",
    on_time=timedelta(minutes=15),
)


def local(hour: int, minute: int = 0) -> datetime:
    return MIDNIGHT + timedelta(hours=hour, minutes=minute)


@dataclass
class Day:
    desk: Desk

    def row(self, span: str, at: datetime) -> OperationalMetrics:
        return OperationalMetrics.objects.get(center=self.desk.center, span=span, starts_at=at)


@pytest.fixture(autouse=True)
def _rates(settings):
    settings.DISPATCH_COST_PILOT_HOUR = "95.00"
    settings.DISPATCH_COST_AIRCRAFT_HOUR = "60.00"
    settings.DISPATCH_COST_ROAD_KM = "0.88"
    settings.DISPATCH_COST_CURRENCY = "AUD"
    settings.DISPATCH_ON_TIME_MIN = 15


@pytest.fixture(scope="module")
def kept_day(kept_rows) -> Day:
    desk = make_desk()
    schedule = make_schedule(desk, DAY)
    first, second = make_drone(desk.operator), make_drone(desk.operator)
    flown = [
        (first, desk.pilot, local(8), local(8), local(8, 50)),
        (first, desk.pilot, local(9), local(9, 20), local(10)),
        (second, desk.second, local(9, 30), local(9, 30), local(10, 30)),
    ]
    made = [
        make_operation(
            desk, planned, aircraft=drone, pilot_in_command=pilot, status="landed",
            actual_start_at=off, actual_end_at=on,
        )
        for drone, pilot, planned, off, on in flown
    ]  # fmt: skip
    publish(schedule, made[0], occupied_from=local(7), occupied_until=local(12, 30), travel_km=12)
    publish(schedule, made[2], occupied_from=local(9), occupied_until=local(11), travel_km=8)
    called_off = make_operation(desk, local(14), aircraft=first, status="cancelled")
    StatusChange.objects.create(
        content_type=ContentType.objects.get_for_model(FlightOperation), object_id=called_off.pk,
        from_status="planned", to_status="cancelled", changed_at=local(11),
    )  # fmt: skip
    DefectFactory(
        aircraft=second, severity="major", found_at=local(10, 45), status="rectified",
        rectified_at=local(13), rectified_by=desk.dispatcher, rectified_name="Pat",
        rectified_arn="1", rectified_action="Replaced.",
    )  # fmt: skip
    return Day(desk)


def test_the_day_is_what_it_comes_to_by_hand(kept_day):
    count_day(kept_day.desk.center, DAY, at=NEXT_DAY)

    day = kept_day.row(MetricsSpan.DAY, MIDNIGHT)
    assert (day.starts_at, day.ends_at, day.computed_at) == (MIDNIGHT, NEXT_DAY, NEXT_DAY)
    assert (day.active_operations, day.planned_operations) == (3, 4)
    assert (day.completed_operations, day.cancelled_operations) == (3, 1)
    assert (day.aircraft_min, day.available_min, day.availability_percent) == (2880, 2745, 95.31)
    assert (day.duty_min, day.flying_min, day.pilot_utilization_percent) == (450, 150, 33.33)
    assert (day.turnrounds, day.turnround_total_min, day.turnround_min) == (1, 30, 30)
    assert (day.departures, day.on_time_departures, day.on_time_percent) == (3, 2, 66.67)
    assert (day.flight_min, day.cost, day.currency) == (150, Decimal("880.10"), "AUD")
    assert day.cost_per_flight_hour == Decimal("352.04")


def test_the_buckets_add_up_to_the_day(kept_day):
    written = count_day(kept_day.desk.center, DAY, at=NEXT_DAY)

    buckets = OperationalMetrics.objects.buckets().filter(center=kept_day.desk.center)
    day = kept_day.row(MetricsSpan.DAY, MIDNIGHT)
    assert (written, buckets.count()) == (289, 288)
    for name in ("aircraft_min", "available_min", "duty_min", "flying_min", "flight_min",
                 "turnrounds", "turnround_total_min", "departures", "on_time_departures",
                 "planned_operations", "completed_operations", "cancelled_operations"):  # fmt: skip
        assert sum(getattr(row, name) for row in buckets) == pytest.approx(getattr(day, name)), name
    assert float(sum(row.cost for row in buckets)) == pytest.approx(880.10, abs=0.5)


def test_a_bucket_shows_its_five_minutes(kept_day):
    count_day(kept_day.desk.center, DAY, at=NEXT_DAY)

    # 09:30 to 09:35: A and B in the air, both pilots at work, B just off, on time.
    busy = kept_day.row(MetricsSpan.BUCKET, local(9, 30))
    assert (busy.active_operations, busy.flying_min, busy.duty_min) == (2, 10, 10)
    assert (busy.pilot_utilization_percent, busy.departures, busy.on_time_percent) == (100, 1, 100)
    assert (busy.available_min, busy.aircraft_min) == (10, 10)
    # 09:20: A goes again, half an hour after its landing, twenty minutes late.
    again = kept_day.row(MetricsSpan.BUCKET, local(9, 20))
    assert (again.turnrounds, again.turnround_min, again.on_time_percent) == (1, 30, 0)
    # 11:00: nobody flies, B is grounded; a ratio of nothing is empty.
    quiet = kept_day.row(MetricsSpan.BUCKET, local(11))
    assert (quiet.active_operations, quiet.availability_percent) == (0, 50)
    assert (quiet.on_time_percent, quiet.cost_per_flight_hour) == (None, None)
    assert (quiet.cancelled_operations, quiet.turnround_min) == (1, None)


def test_counting_again_changes_nothing(kept_day):
    count_day(kept_day.desk.center, DAY, at=NEXT_DAY)
    rows = OperationalMetrics.objects.filter(center=kept_day.desk.center).order_by("pk")
    before = list(rows.values())

    count_day(kept_day.desk.center, DAY, at=NEXT_DAY)

    assert list(rows.values()) == before


def test_a_day_that_lasts_is_counted_up_to_now(kept_day):
    # At 09:40 A and B are up: what is not over lasts until now.
    FlightOperation.objects.filter(actual_end_at__gt=local(9, 40)).update(
        actual_end_at=None, status="active"
    )

    count_center(kept_day.desk.center, at=local(9, 40))

    day = kept_day.row(MetricsSpan.DAY, MIDNIGHT)
    assert (day.active_operations, day.flight_min) == (3, 50 + 20 + 10)
    assert (day.aircraft_min, day.completed_operations) == (2 * 580, 1)
    # P since 07:00, Q since 09:00.
    assert day.duty_min == 160 + 40
    ends = OperationalMetrics.objects.buckets().order_by("-starts_at").values_list("ends_at")
    assert ends.first() == (local(9, 40),)
    assert ends.count() == 24


def test_a_beat_that_stood_still_is_made_up_for(kept_day):
    center = kept_day.desk.center
    count_center(center, at=local(6))
    count_center(center, at=local(12))

    starts = set(
        OperationalMetrics.objects.buckets()
        .filter(center=center)
        .values_list("starts_at", flat=True)
    )
    assert {local(4) + timedelta(minutes=5 * n) for n in range(96)} <= starts


@pytest.mark.parametrize(
    ("day", "begins", "hours"),
    [
        # At two o'clock the clocks of Sydney go to three, and at three back to two.
        (date(2026, 10, 4), datetime(2026, 10, 3, 14, tzinfo=UTC), 23),
        (date(2026, 4, 5), datetime(2026, 4, 4, 13, tzinfo=UTC), 25),
    ],
)
def test_a_day_on_which_the_clocks_change_is_counted_whole(kept_day, day, begins, hours):
    written = count_day(kept_day.desk.center, day, at=begins + timedelta(hours=hours))

    rows = OperationalMetrics.objects.filter(center=kept_day.desk.center)
    spans = rows.buckets().order_by("starts_at").values_list("starts_at", "ends_at")
    five = timedelta(minutes=5)
    assert written == 12 * hours + 1
    assert list(spans) == [(begins + n * five, begins + (n + 1) * five) for n in range(12 * hours)]
    whole = kept_day.row(MetricsSpan.DAY, begins)
    assert whole.ends_at == begins + timedelta(hours=hours)


def test_two_nights_of_work_are_two_duties_of_the_date_that_they_touch():
    desk = make_desk()
    schedule = make_schedule(desk, DAY)
    nights = [(local(-2), local(2)), (local(22), local(26))]
    for leaves, returns in nights:
        operation = make_operation(desk, leaves + timedelta(hours=1), minutes=120)
        publish(schedule, operation, occupied_from=leaves, occupied_until=returns)

    facts = facts_of_day(desk.center, DAY)

    assert facts.duties == tuple(
        Duty(pilot_id=desk.pilot.pk, start_at=leaves, end_at=returns) for leaves, returns in nights
    )
    # From midnight to two, and from ten to midnight; not the day between.
    assert measure(facts, (MIDNIGHT, NEXT_DAY), RATES).duty_min == 240


def test_work_with_a_long_break_is_one_duty_and_a_night_off_ends_it():
    desk = make_desk()
    schedule = make_schedule(desk, DAY)
    for hour in (0, 4, 14):
        operation = make_operation(desk, local(hour), minutes=60)
        publish(schedule, operation)

    duties = [(each.start_at, each.end_at) for each in facts_of_day(desk.center, DAY).duties]

    assert duties == [(local(0), local(5)), (local(14), local(15))]


def test_an_aircraft_of_another_center_counts_there(kept_day):
    other = make_center(kept_day.desk.operator)
    drone = make_drone(kept_day.desk.operator)
    ResourceProfile.objects.create(center=other, aircraft=drone)

    here = facts_of_day(kept_day.desk.center, DAY)
    there = facts_of_day(other, DAY)

    assert (len(here.aircraft), len(there.aircraft)) == (2, 3)
    assert (len(here.flights), len(there.flights)) == (3, 0)
    # Both count the one that works for no center in particular; the first answers for operations.
    assert drone.pk not in {each.aircraft_id for each in here.aircraft}


def test_the_statements_do_not_grow_with_the_day(kept_day):
    with CaptureQueriesContext(connection) as few:
        facts_of_day(kept_day.desk.center, DAY)
    for n in range(4):
        make_operation(
            kept_day.desk, local(15 + n), status="landed",
            actual_start_at=local(15 + n), actual_end_at=local(15 + n, 30),
        )  # fmt: skip
    with CaptureQueriesContext(connection) as many:
        facts_of_day(kept_day.desk.center, DAY)

    assert len(many) <= len(few) <= 11


def test_times_out_of_service_come_from_the_aircrafts_own_steps(kept_day):
    drone = make_drone(kept_day.desk.operator)
    kind = ContentType.objects.get_for_model(type(drone))
    for to, moment in (("in_maintenance", local(6)), ("in_service", local(8))):
        StatusChange.objects.create(
            content_type=kind, object_id=drone.pk, from_status="", to_status=to, changed_at=moment
        )

    down = [
        g for g in facts_of_day(kept_day.desk.center, DAY).groundings if g.aircraft_id == drone.pk
    ]

    assert down == [Grounding(aircraft_id=drone.pk, start_at=local(6), end_at=local(8))]


def test_before_its_first_step_an_aircraft_was_where_it_went_from(kept_day):
    drone = make_drone(kept_day.desk.operator)
    StatusChange.objects.create(
        content_type=ContentType.objects.get_for_model(type(drone)), object_id=drone.pk,
        from_status="quarantined", to_status="in_service", changed_at=local(8),
    )  # fmt: skip

    facts = facts_of_day(kept_day.desk.center, DAY)

    (down,) = [each for each in facts.groundings if each.aircraft_id == drone.pk]
    assert (down.start_at < MIDNIGHT, down.end_at) == (True, local(8))


def test_an_empty_center_divides_nothing_by_nothing():
    figures = measure(Facts(), (MIDNIGHT, NEXT_DAY), RATES)

    assert figures.availability_percent is None
    assert figures.pilot_utilization_percent is None
    assert (figures.cost, figures.cost_per_flight_hour) == (Decimal("0.00"), None)


def test_two_flights_of_one_pilot_at_once_are_one_time_of_work():
    flights = tuple(
        Flight(aircraft_id=n, pilot_id=1, planned_start_at=local(8), started_at=local(8),
               ended_at=local(9))
        for n in (1, 2)
    )  # fmt: skip
    duty = Duty(pilot_id=1, start_at=local(8), end_at=local(9))

    figures = measure(Facts(flights=flights, duties=(duty,)), (MIDNIGHT, NEXT_DAY), RATES)

    assert (figures.flight_min, figures.flying_min) == (120, 60)
    assert figures.pilot_utilization_percent == 100


def test_the_hours_that_an_aircraft_rests_are_no_turn_round():
    # Down at 17:00, up at 08:00 and at 10:00 the next morning.
    flights = tuple(
        Flight(aircraft_id=1, pilot_id=1, planned_start_at=local(hour), started_at=local(hour),
               ended_at=local(hour + 1))
        for hour in (16, 24 + 8, 24 + 10)
    )  # fmt: skip

    span = NEXT_DAY, NEXT_DAY + timedelta(days=1)
    figures = measure(Facts(flights=flights), span, RATES)

    assert (figures.turnrounds, figures.turnround_min) == (1, 60)


def test_the_day_before_is_counted_again_until_the_day_after_it_is_over(night):
    center = night.desk.center
    late, too_late = NEXT_DAY + timedelta(hours=23, minutes=55), NEXT_DAY + timedelta(days=1)
    for at in (NEXT_DAY - timedelta(minutes=5), late, too_late):
        count_center(center, at=at)

    day = night.row(MetricsSpan.DAY, MIDNIGHT)
    assert (day.duty_min, day.computed_at) == (120, late)


@pytest.fixture
def night() -> Day:
    """One night's work with a break over midnight: 22:00 to 23:30, and from 00:30 to 02:00."""
    desk = make_desk()
    schedule, drone = make_schedule(desk, DAY), make_drone(desk.operator)
    for leaves, returns in ((local(22), local(23, 30)), (local(24, 30), local(26))):
        off, on = leaves + timedelta(minutes=20), returns - timedelta(minutes=20)
        operation = make_operation(
            desk, off, aircraft=drone, status="landed", actual_start_at=off, actual_end_at=on
        )
        publish(schedule, operation, occupied_from=leaves, occupied_until=returns, travel_km=10)
    return Day(desk)


def test_a_break_over_midnight_is_a_part_of_the_duty_on_both_sides_of_it(night):
    following = DAY + timedelta(days=1)
    for day in (DAY, following):
        count_day(night.desk.center, day, at=NEXT_DAY + timedelta(days=1))

    before = night.row(MetricsSpan.DAY, MIDNIGHT)
    after = night.row(MetricsSpan.DAY, NEXT_DAY)
    # From ten to midnight, and from midnight to two: four hours, as one night comes to.
    assert (before.duty_min, after.duty_min) == (120, 120)
    assert (before.flying_min, after.flying_min) == (50, 50)
    assert (before.pilot_utilization_percent, after.pilot_utilization_percent) == (41.67, 41.67)
    # 2 h at 95, 50 min at 60 and 10 km at 0.88, each.
    assert (before.cost, after.cost) == (Decimal("248.80"), Decimal("248.80"))
    assert (before.departures, after.departures) == (1, 1)
    assert (before.completed_operations, after.planned_operations) == (1, 1)


def test_a_turn_round_over_midnight_counts_with_its_take_off(night):
    following = DAY + timedelta(days=1)
    for day in (DAY, following):
        count_day(night.desk.center, day, at=NEXT_DAY + timedelta(days=1))

    before = night.row(MetricsSpan.DAY, MIDNIGHT)
    after = night.row(MetricsSpan.DAY, NEXT_DAY)
    # Down at 23:10, up at 00:50.
    assert (before.turnrounds, after.turnrounds, after.turnround_min) == (0, 1, 100)
    take_off = night.row(MetricsSpan.BUCKET, local(24, 50))
    assert (take_off.turnrounds, take_off.turnround_min) == (1, 100)

"""The pure calculations, over values of every kind."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircraft import deferral
from aircraft.airworthiness import TaskFacts, add_months, due_items, first_due
from aircraft.forecast import PlannedFlight, first_reached, forecast
from aircraft.performance import (
    Band,
    Ground,
    NoSuchAltitude,
    RangePoint,
    WindTooStrong,
    band_at,
    fly_leg,
    is_falling,
    range_nm_with,
)
from aircraft.surfaces import surface_group

LOW = Band(floor_ft=0, ceiling_ft=10_000, cruise_ktas=250, burn_kg_h=380)
HIGH = Band(
    floor_ft=10_000,
    ceiling_ft=35_000,
    cruise_ktas=300,
    burn_kg_h=300,
    climb_allowance_min=9,
    climb_allowance_kg=60,
    descent_allowance_min=4,
    descent_allowance_kg=5,
)
GROUND = Ground(taxi_min=10, taxi_fuel_kg=40, reserve_min=45)
DAYS = st.dates(date(2000, 1, 1), date(2060, 1, 1))
ZONES = st.sampled_from(
    ["America/Boise", "Australia/Lord_Howe", "Europe/London", "Pacific/Apia", "Asia/Kathmandu"]
).map(ZoneInfo)


def test_a_leg_worked_by_hand():
    leg = fly_leg([LOW, HIGH], distance_nm=600, wind_kt=-60, altitude_ft=25_000, ground=GROUND)

    # 600 NM at 240 kt is 2 h 30; 13 min of allowances; 10 min of taxi.
    assert (leg.ground_speed_kt, leg.flight_min, leg.block_min) == (240, 163, 173)
    assert leg.trip_fuel_kg == 2.5 * 300 + 65 + 40
    assert leg.reserve_fuel_kg == 225
    assert leg.required_fuel_kg == leg.trip_fuel_kg + 225
    assert leg.still_air_nm == 750


def test_the_best_altitude_depends_on_what_is_preferred_and_how_far_it_is():
    near = fly_leg([LOW, HIGH], distance_nm=60, ground=GROUND)
    far = fly_leg([LOW, HIGH], distance_nm=600, ground=GROUND)
    sparing = fly_leg([LOW, HIGH], distance_nm=600, prefer="least_fuel", ground=GROUND)

    assert (near.floor_ft, far.floor_ft, sparing.floor_ft) == (0, 10_000, 10_000)


def test_an_altitude_outside_every_band_and_a_wind_too_strong_are_refused():
    with pytest.raises(NoSuchAltitude):
        fly_leg([LOW, HIGH], distance_nm=60, altitude_ft=35_000)
    with pytest.raises(NoSuchAltitude):
        fly_leg([], distance_nm=60)
    with pytest.raises(WindTooStrong):
        fly_leg([LOW, HIGH], distance_nm=60, wind_kt=-300)
    # Against 260 kt the slow band cannot, the fast one can.
    assert fly_leg([LOW, HIGH], distance_nm=60, wind_kt=-260).floor_ft == 10_000
    assert band_at([LOW, HIGH], 10_000) is HIGH


@given(
    distance=st.floats(0, 5000),
    wind=st.floats(-240, 240),
    altitude=st.sampled_from([None, 5000, 20_000]),
    prefer=st.sampled_from(["fastest", "least_fuel"]),
)
def test_block_time_is_never_less_than_distance_by_ground_speed(distance, wind, altitude, prefer):
    leg = fly_leg(
        [LOW, HIGH],
        distance_nm=distance,
        wind_kt=wind,
        altitude_ft=altitude,
        prefer=prefer,
        ground=GROUND,
    )

    assert leg.block_min >= distance / leg.ground_speed_kt * 60
    assert leg.block_min >= leg.flight_min >= 0
    assert leg.required_fuel_kg >= leg.trip_fuel_kg >= 0


@given(distance=st.floats(1, 5000), wind=st.floats(-200, 200), more=st.floats(0.1, 40))
def test_farther_or_against_more_wind_is_never_quicker(distance, wind, more):
    leg = fly_leg([HIGH], distance_nm=distance, wind_kt=wind, ground=GROUND)

    assert fly_leg([HIGH], distance_nm=distance + more, wind_kt=wind).flight_min > leg.flight_min
    assert fly_leg([HIGH], distance_nm=distance, wind_kt=wind - more).flight_min > leg.flight_min


@st.composite
def diagrams(draw):
    payloads = sorted(draw(st.sets(st.integers(0, 3000), min_size=1, max_size=6)))
    ranges = draw(st.lists(st.integers(1, 5000), min_size=len(payloads), max_size=len(payloads)))
    falling = sorted(ranges, reverse=True)
    return [RangePoint(*pair) for pair in zip(payloads, falling, strict=True)]


@given(diagram=diagrams(), one=st.floats(0, 3000), more=st.floats(0, 3000))
def test_more_payload_never_goes_farther(diagram, one, more):
    assert is_falling(diagram)
    light, heavy = sorted((one, more))
    near, far = range_nm_with(diagram, heavy), range_nm_with(diagram, light)

    if far is None:
        assert near is None
    elif near is not None:
        assert near <= far
        assert diagram[-1].range_nm <= near <= diagram[0].range_nm


@given(diagram=diagrams())
def test_a_diagram_is_exact_at_its_corners_and_silent_beyond(diagram):
    assert all(range_nm_with(diagram, point.payload_kg) == point.range_nm for point in diagram)
    assert range_nm_with(diagram, diagram[-1].payload_kg + 1) is None
    assert range_nm_with([], 0) is None


@given(category=st.sampled_from("BCD"), day=DAYS, zone=ZONES)
def test_a_deferral_ends_after_so_many_whole_local_days(category, day, zone):
    limit = deferral.last_day(category, day)
    over_at = deferral.ends_at(limit, zone)

    assert (limit - day).days == {"B": 3, "C": 10, "D": 120}[category]
    # A second before the end it is still the last day at the base, whatever its clocks do.
    last = (over_at.astimezone(UTC) - timedelta(seconds=1)).astimezone(zone).date()
    assert deferral.days_left(limit, last) == 0 or zone.key == "Pacific/Apia"
    after = over_at.astimezone(UTC).astimezone(zone).date()
    assert deferral.days_left(limit, after) < 0


@pytest.mark.parametrize(
    ("recorded_on", "limit", "hours"),
    [
        # Clocks go forward on 8 March and back on 1 November 2026 in Boise.
        (date(2026, 3, 6), date(2026, 3, 9), 71),
        (date(2026, 10, 30), date(2026, 11, 2), 73),
        (date(2026, 1, 29), date(2026, 2, 1), 72),
        (date(2028, 2, 27), date(2028, 3, 1), 72),
    ],
)
def test_three_days_over_clock_changes_and_month_ends(recorded_on, limit, hours):
    zone = ZoneInfo("America/Boise")
    found = deferral.last_day("B", recorded_on)
    begins = datetime.combine(recorded_on + timedelta(days=1), datetime.min.time(), tzinfo=zone)

    assert found == limit
    lasts = deferral.ends_at(found, zone).astimezone(UTC) - begins.astimezone(UTC)
    assert lasts == timedelta(hours=hours)


@given(category=st.sampled_from("ABCD"), day=DAYS)
def test_only_b_and_c_may_be_extended_by_as_long_again(category, day):
    if category in "AD":
        with pytest.raises(ValueError, match="cannot be extended"):
            deferral.longest_extension(category, day)
    else:
        longest = deferral.longest_extension(category, day)
        assert longest - day == timedelta(days=3 if category == "B" else 10)


@given(day=DAYS, months=st.integers(1, 120))
def test_calendar_months_run_through_the_last_day(day, months):
    due = add_months(day, months)

    assert (due + timedelta(days=1)).day == 1
    assert (due.year - day.year) * 12 + due.month - day.month == months


@pytest.mark.parametrize(("left", "is_near"), [(73, True), (74, False)])
def test_ten_percent_of_calendar_months_are_of_the_days_they_really_last(left, is_near):
    # 24 months to the end of March 2028 are 731 days.
    due_on = date(2028, 3, 31)
    task = TaskFacts(
        task_id=1, title="Task", kind="transponder", interval_months=24, next_due_on=due_on
    )

    (item,) = due_items([task], on=due_on - timedelta(days=left), time_min=0, cycles=0)

    assert (item.interval, item.is_near) == (731, is_near)


TASKS = st.builds(
    TaskFacts,
    task_id=st.integers(1, 99),
    title=st.just("Task"),
    kind=st.just("program"),
    interval_days=st.integers(1, 400),
    interval_min=st.integers(1, 9000),
    interval_cycles=st.integers(1, 900),
    next_due_on=st.none() | st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    next_due_min=st.none() | st.integers(59_000, 70_000),
    next_due_cycles=st.none() | st.integers(890, 990),
)


@given(tasks=st.lists(TASKS, max_size=5), on=st.dates(date(2026, 1, 1), date(2026, 12, 31)))
def test_a_task_is_due_as_soon_as_its_first_limit_is_passed(tasks, on):
    items = due_items(tasks, on=on, time_min=60_000, cycles=900)
    worst = first_due(items)

    any_passed = any(
        (task.next_due_on is not None and task.next_due_on < on)
        or (task.next_due_min is not None and task.next_due_min < 60_000)
        or (task.next_due_cycles is not None and task.next_due_cycles < 900)
        for task in tasks
    )
    assert bool(worst and worst.is_exceeded) == any_passed
    assert all(item.is_exceeded == (item.remaining < 0) for item in items)


START = datetime(2026, 3, 14, 22, 30, tzinfo=UTC)
FLIGHTS = st.lists(
    st.builds(
        lambda hours, minutes, cycles: PlannedFlight(
            aircraft_id=1,
            starts_at=START + timedelta(hours=hours),
            ends_at=START + timedelta(hours=hours, minutes=minutes),
            minutes=minutes,
            cycles=cycles,
        ),
        st.integers(0, 2000),
        st.integers(1, 600),
        st.integers(0, 6),
    ),
    max_size=12,
)


@given(task=TASKS, flights=FLIGHTS)
def test_the_first_limit_that_the_schedule_reaches_makes_a_task_due(task, flights):
    zone = ZoneInfo("America/Boise")
    limits = forecast(task, flights, now=START, zone=zone, time_min=60_000, cycles=900)
    first = first_reached(limits)

    times = [limit.at for limit in limits if limit.at is not None]
    assert (first.at if first else None) == (min(times) if times else None)
    for limit in limits:
        if limit.unit == "minutes":
            before = sum(f.minutes for f in flights if limit.at and f.starts_at < limit.at)
            assert limit.remaining - before >= 0 or limit.remaining < 0
            assert (limit.at is not None) == (limit.remaining < 0 or limit.remaining_after < 0)


@pytest.mark.parametrize(
    ("text", "group"),
    [
        ("ASP", "paved"),
        ("ASPH-CONC", "paved"),
        ("CON", "paved"),
        ("Gravel", "gravel"),
        ("GVL", "gravel"),
        ("GRS", "grass"),
        ("GRE", "grass"),
        ("TURF", "grass"),
        ("ASPH-GRVL", "gravel"),
        ("WATER", "water"),
        ("ice", "ice"),
        ("", None),
        ("UNK", None),
        ("GRV/ASP", "gravel"),
        ("GRV", "gravel"),
        ("CONC-GRVD", "paved"),
        ("Hard loam", "gravel"),
        ("CLA", "gravel"),
        ("SNO", "ice"),
    ],
)
def test_surfaces_fall_into_groups(text, group):
    assert surface_group(text) == group

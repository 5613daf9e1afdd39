"""The way there and back of work that somebody assigns by hand, beside other work of that day."""

from datetime import timedelta

import pytest

from dispatcher.exceptions import ResourcesTaken
from dispatcher.models import Assignment
from dispatcher.queries.by_hand import by_hand
from dispatcher.services import assignments, publishing
from dispatcher.services.assignments import Wish
from tests.dispatcher.scene import OPENS

NINE = OPENS + timedelta(hours=3)


@pytest.fixture
def late(desk, now):
    """Published work 60 km east of the center at eleven: 78 km by road, 78 minutes."""
    operation, schedule = desk.draft(now, km_east=60), desk.open(now)
    wish = Wish(operation, desk.aircraft[0], desk.pilots[0], NINE + timedelta(hours=2))
    row = assignments.assign(schedule, wish, actor=desk.dispatcher, at=now)
    publishing.publish_schedule(schedule, actor=desk.dispatcher, at=now)
    row.refresh_from_db()
    return row


def early(desk, late, now, km_east):
    """Half an hour of the same crew at nine, so far east of the center."""
    operation = desk.draft(now, km_east=km_east)
    return by_hand(late.schedule, operation, late.aircraft, late.pilot, NINE, at=now).row


def test_who_works_near_the_next_site_does_not_drive_home_between(desk, late, now):
    row = early(desk, late, now, 50)

    # Home would be 65 minutes; the way to the next site is held from 09:32 on by its own row.
    assert row.occupied_until == late.occupied_from
    assert late.occupied_from - row.end_at < timedelta(minutes=3)


def test_who_cannot_be_at_the_next_work_in_time_still_drives_home(desk, late, now):
    row = early(desk, late, now, -60)

    assert row.occupied_until - row.end_at == pytest.approx(
        timedelta(minutes=78), abs=timedelta(seconds=20)
    )
    wish = Wish(row.operation, late.aircraft, late.pilot, NINE)
    found = assignments.check_assignment(late.schedule, wish, at=now).bookings
    assert {each["held_by"] for each in found} == {f"travel {late.operation.number}"}


def test_who_moves_a_start_up_to_now_has_set_up_before_but_not_driven_faster(desk, now):
    here, far = desk.draft(now, km_east=0), desk.draft(now, km_east=50)
    crew = desk.open(now), desk.aircraft[0], desk.pilots[0]
    soon = NINE - timedelta(seconds=2)

    def leaves(operation, at):
        schedule, aircraft, pilot = crew
        return by_hand(schedule, operation, aircraft, pilot, NINE, at=at).row.occupied_from

    assert NINE - leaves(here, now) == timedelta(minutes=10)
    assert leaves(here, soon) == soon
    assert leaves(far, soon) == leaves(far, now) + timedelta(minutes=10)


def proposed(desk, now, *ways):
    """Half hours of one crew, proposed one after the other: so far east, at so many minutes."""
    schedule = desk.open(now)
    for km_east, minutes in ways:
        start = NINE + timedelta(minutes=minutes)
        wish = Wish(desk.draft(now, km_east=km_east), desk.aircraft[0], desk.pilots[0], start)
        assignments.assign(schedule, wish, actor=desk.dispatcher, at=now)
    rows = Assignment.objects.proposed().filter(schedule=schedule)
    return list(rows.order_by("start_at"))


def test_who_has_no_time_to_drive_home_goes_on_from_the_site(desk, now):
    # Home and out again is 130 minutes; from the first site to the second it is 13.
    first, second = proposed(desk, now, (50, 0), (60, 60))

    assert first.occupied_until == first.end_at
    assert second.travel_from == first.operation.plan.launch_site
    assert second.occupied_from >= first.end_at
    assert second.travel_km == pytest.approx(13, abs=0.1)


def test_who_has_the_time_drives_home_between(desk, now):
    first, second = proposed(desk, now, (50, 0), (60, 240))

    assert first.occupied_until - first.end_at > timedelta(hours=1)
    assert second.travel_from == desk.center.point


def test_what_comes_before_other_work_is_where_that_begins(desk, now):
    first, second = proposed(desk, now, (60, 60), (50, 0))

    assert first.operation.plan.launch_site == second.travel_from
    assert first.end_at <= first.occupied_until <= second.occupied_from < second.start_at


@pytest.mark.parametrize("held", ["pinned", "published", "pilot"])
def test_only_proposals_of_the_same_two_that_nobody_pinned_are_led_on(desk, now, held):
    (first,) = proposed(desk, now, (50, 0))
    pilot = desk.pilots[1] if held == "pilot" else first.pilot
    if held == "pinned":
        assignments.pin_assignment(first, because="Agreed", actor=desk.dispatcher, at=now)
    if held == "published":
        publishing.publish_schedule(first.schedule, actor=desk.dispatcher, at=now)
    start = first.end_at + timedelta(minutes=30)
    wish = Wish(desk.draft(now, km_east=60), first.aircraft, pilot, start)

    with pytest.raises(ResourcesTaken):
        assignments.assign(first.schedule, wish, actor=desk.dispatcher, at=now)

    until = first.occupied_until
    first.refresh_from_db()
    assert first.occupied_until == until > first.end_at


def test_two_that_are_too_far_apart_are_in_each_others_way(desk, now):
    (first,) = proposed(desk, now, (60, 0))
    start = first.end_at + timedelta(minutes=30)
    wish = Wish(desk.draft(now, km_east=-60), first.aircraft, first.pilot, start)

    with pytest.raises(ResourcesTaken):
        assignments.assign(first.schedule, wish, actor=desk.dispatcher, at=now)

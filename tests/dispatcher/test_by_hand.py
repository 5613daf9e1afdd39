"""The way there and back of work that somebody assigns by hand, beside other work of that day."""

from datetime import timedelta

import pytest

from dispatcher.queries.by_hand import by_hand
from dispatcher.services import assignments, publishing
from dispatcher.services.assignments import Wish
from tests.dispatcher.scene import OPENS, add_crew

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
    return by_hand(late.schedule, operation, late.aircraft, late.pilot, NINE, at=now)


def test_who_works_near_the_next_site_does_not_drive_home_between(desk, late, now):
    row = early(desk, late, now, 50)

    # Home would be 65 minutes; the way to the next site is held from 09:32 on by its own row.
    assert row.occupied_until == late.occupied_from
    assert late.occupied_from - row.end_at < timedelta(minutes=3)


@pytest.mark.parametrize("other", ["aircraft", "pilot"])
def test_who_goes_on_with_somebody_else_meets_them_at_the_base(desk, late, now, other):
    add_crew(desk)
    two = {"aircraft": late.aircraft, "pilot": late.pilot}
    two[other] = {"aircraft": desk.aircraft, "pilot": desk.pilots}[other][-1]
    operation = desk.draft(now, km_east=50)

    row = by_hand(late.schedule, operation, two["aircraft"], two["pilot"], NINE, at=now)

    # Home is 65 minutes; the later work begins there.
    assert row.occupied_until - row.end_at == pytest.approx(
        timedelta(minutes=65), abs=timedelta(seconds=20)
    )


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
        return by_hand(schedule, operation, aircraft, pilot, NINE, at=at).occupied_from

    assert NINE - leaves(here, now) == timedelta(minutes=10)
    assert leaves(here, soon) == soon
    assert leaves(far, soon) == leaves(far, now) + timedelta(minutes=10)

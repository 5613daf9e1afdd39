"""What the page of somebody who flies crewed aircraft says of duty, rest, hours and next trips."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from aircraft.models import FLEET_SCOPE
from common.models import RuleSetting
from tests.browser import enter
from tests.conftest import NOW
from tests.desk import facts, page_address, standing_of
from tests.operations.factories import DutyFactory, TripFactory
from tests.users.factories import DeclaredFlightFactory, UserFactory, grant

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
READS = ("users.view_user", "operations.view_dutyperiod", "operations.view_trip")


@pytest.fixture
def pilot():
    with time_machine.travel(NOW, tick=False):
        yield UserFactory()


@pytest.fixture
def screen(pilot):
    return signed_in(*READS)


def signed_in(*permissions):
    person, client = UserFactory(), Client()
    grant(person, *permissions)
    enter(client, person)
    return client


def on_duty(pilot, begins, ends, **values):
    trip = TripFactory(start_at=NOW + begins, end_at=NOW + ends)
    times = {"planned_report_at": NOW + begins, "planned_end_at": NOW + ends}
    return DutyFactory(person=pilot, trip=trip, **times, **values)


def flown(pilot, hours, days_ago=0):
    on_at = NOW - timedelta(days=days_ago) - HOUR
    off_at = on_at - timedelta(hours=hours)
    DeclaredFlightFactory(user=pilot, off_at=off_at, on_at=on_at, flight_min=int(hours * 60))


def test_who_is_on_duty_is_shown_with_what_is_left_of_it(screen, pilot):
    on_duty(pilot, -10 * HOUR, 3 * HOUR)

    now = facts(standing_of(screen, pilot), "Duty and rest")["Now"]

    assert now.value.startswith("on duty since")
    assert now.detail == "4 h 00 min left of 14 h 00 min"
    assert now.color is None


@pytest.mark.parametrize(("begun", "color"), [(12.5, "amber"), (14.5, "red")])
def test_a_duty_that_nears_or_passes_its_end_is_marked(screen, pilot, begun, color):
    on_duty(pilot, -begun * HOUR, HOUR)

    standing = standing_of(screen, pilot)

    assert facts(standing, "Duty and rest")["Now"].color == color
    assert standing.color == color


def test_too_short_a_rest_is_red(screen, pilot):
    on_duty(pilot, -6 * HOUR, -HOUR)
    on_duty(pilot, 5 * HOUR, 9 * HOUR)

    duty = facts(standing_of(screen, pilot), "Duty and rest")

    assert duty["Now"].value == "at rest for 1 h 00 min"
    assert duty["Next duty"].color == "red"
    assert duty["Next duty"].detail == "after 6 h 00 min of rest"


def test_hours_stand_against_the_limits_of_the_rules_and_are_never_called_fine(screen, pilot):
    flown(pilot, 4)

    hours = facts(standing_of(screen, pilot), "Hours, crewed")

    assert hours["Last 24 hours"].value == "4.0 h of 8 h"
    assert hours["This quarter"].value == "4.0 h of 500 h"
    assert hours["This year"].value == "4.0 h of 1400 h"
    assert "135.267" in hours["Last 24 hours"].detail
    # What was flown elsewhere may not have been declared.
    assert {fact.color for fact in hours.values()} == {None}


@pytest.mark.parametrize(("spent", "color"), [(7.5, "amber"), (8.5, "red")])
def test_hours_near_or_over_a_limit_are_marked(screen, pilot, spent, color):
    flown(pilot, spent)

    assert facts(standing_of(screen, pilot), "Hours, crewed")["Last 24 hours"].color == color


def test_a_stricter_limit_of_the_company_counts(screen, pilot):
    flown(pilot, 4)
    RuleSetting.objects.create(
        scope=FLEET_SCOPE,
        rule="FAR-135.267-24H1",
        parameter="max_h",
        value=3,
        set_by=UserFactory(),
        set_at=NOW,
    )

    day = facts(standing_of(screen, pilot), "Hours, crewed")["Last 24 hours"]

    assert (day.value, day.color) == ("4.0 h of 3 h", "red")


def test_the_next_trips_are_named_in_order(screen, pilot):
    later, sooner = (on_duty(pilot, h * HOUR, (h + 2) * HOUR).trip for h in (40, 20))

    coming = facts(standing_of(screen, pilot), "Next trips")

    assert list(coming) == [str(sooner), str(later)]
    assert coming[str(sooner)].link == page_address(sooner)


def test_a_cancelled_duty_is_no_work(screen, pilot):
    on_duty(pilot, -HOUR, HOUR, status="cancelled")

    titles = {group.title for group in standing_of(screen, pilot).groups}

    assert not {"Duty and rest", "Next trips"} & titles


def test_without_the_grants_no_work_is_told(pilot):
    trip = on_duty(pilot, -HOUR, HOUR).trip
    reader = signed_in("users.view_user")
    blind = signed_in("users.view_user", "operations.view_dutyperiod")

    assert [group.title for group in standing_of(reader, pilot).groups] == ["Papers"]
    assert str(trip) not in blind.get(page_address(pilot)).content.decode()

"""The limits that a board shows reach as far as its range, and are no more than it says."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dispatcher.queries import overview as overviews
from dispatcher.queries.forecast import forecast_of
from rpas.models import F2MaintenanceSchedule
from tests.dispatcher.live_scene import NOW, judged, make_desk, make_drone, make_operation
from tests.rpas.factories import ScheduleFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def desk(kept_rows):
    return make_desk()


def board(desk, *, since=NOW, days):
    until = since + days * DAY
    return overviews.overview(desk.center, since=since, until=until, now=NOW, with_trips=True)


def test_a_limit_passed_on_the_twentieth_day_is_shown_on_a_board_of_sixty(desk):
    drone = make_drone(desk.operator, time_in_service_min=2990, brought_forward_min=2990)
    ScheduleFactory(aircraft=drone)
    operation = make_operation(desk, NOW + 20 * DAY, aircraft=drone)

    with CaptureQueriesContext(connection) as asked:
        shown = board(desk, days=60)

    (row,) = shown["operations"]
    assert (row["id"], row["forecast"]["color"]) == (operation.pk, "red")
    assert [each.id for each in shown["forecast"]] == [operation.pk]
    assert len(asked) <= 12
    assert board(desk, days=1)["forecast"] == []


def test_limits_are_looked_at_for_two_months_at_most(desk, monkeypatch):
    asked = []
    monkeypatch.setattr(
        overviews, "forecast_of", lambda center, **how: asked.append(how["until"]) or []
    )

    for since, days in ((NOW, 1), (NOW, 60), (NOW + 300 * DAY, 60)):
        board(desk, since=since, days=days)

    assert asked == [NOW + 14 * DAY, NOW + 60 * DAY, NOW + 62 * DAY]


def test_more_limits_than_a_board_lists_are_said_to_be_cut_off(desk, monkeypatch):
    for hours in (5, 2, 3):
        operation = make_operation(desk, NOW + timedelta(hours=hours))
        judged(operation, ("AU-RPAS-FATIGUE-DUTY", "red", f"In {hours} h."))
    assert not board(desk, days=1)["is_cut_off"]
    monkeypatch.setattr(overviews, "MOST_LIMITS", 2)

    shown = board(desk, days=1)

    assert [each.text for each in shown["forecast"]] == ["In 2 h.", "In 3 h."]
    assert shown["is_cut_off"]
    # Every operation keeps the color of its own.
    assert {row["forecast"]["color"] for row in shown["operations"]} == {"red"}


@pytest.mark.parametrize(("zone", "colors"), [("Australia/Sydney", ["red"]), ("UTC", ["amber"])])
def test_maintenance_falls_due_by_the_operator_s_calendar(desk, zone, colors):
    """The center's own zone is Sydney's, where the 15th has begun."""
    desk.operator.timezone = zone
    drone = make_drone(desk.operator)
    item = ScheduleFactory(aircraft=drone)
    F2MaintenanceSchedule.objects.filter(pk=item.pk).update(
        next_due_min=None, next_due_on=date(2026, 3, 14)
    )
    start = datetime(2026, 3, 14, 23, 30, tzinfo=UTC)
    make_operation(desk, start, minutes=20, aircraft=drone)

    found = forecast_of(desk.center, now=NOW, until=NOW + DAY, with_trips=False)

    assert [each.color for each in found] == colors

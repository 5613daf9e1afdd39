"""Days and times that can only be slips are refused, and one of them spoils nobody's plan."""

from datetime import UTC, datetime, timedelta

import pytest
from psycopg.types.range import TimestamptzRange

from common.exceptions import InvalidInput
from dispatcher.models import OperationDemand
from dispatcher.services import demands
from tests.dispatcher.scene import OPENS
from tests.users.factories import grant

BASE = "/api/dispatcher"


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2028-06-04"])
def test_a_slot_of_a_day_too_far_away_is_refused(client_for, desk, now, day):
    operation = desk.wanted(now, km_east=5)
    grant(desk.dispatcher, "dispatcher.recommend_dispatchcenter", "dispatcher.add_dispatchschedule")
    client = client_for(desk.dispatcher)

    slot = client.post(
        f"{BASE}/centers/{desk.center.code}/recommend-slot/",
        {"operation": operation.number, "day": day},
        format="json",
    )
    opened = client.post(
        f"{BASE}/schedules/", {"center": desk.center.code, "day": day}, format="json"
    )

    assert [each.status_code for each in (slot, opened)] == [400, 400]
    assert slot.json()["errors"][0]["pointer"] == "/day"


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"deadline_at": datetime.max.replace(tzinfo=UTC)}, "/deadline_at"),
        ({"earliest_at": datetime.min.replace(tzinfo=UTC)}, "/earliest_at"),
        ({"promised_at": OPENS + timedelta(days=400)}, "/promised_at"),
        (
            {"windows": [TimestamptzRange(OPENS, datetime.max.replace(tzinfo=UTC), "[)")]},
            "/windows/0/1",
        ),
    ],
    ids=str,
)
def test_a_time_of_another_century_is_no_demand(desk, now, fields, where):
    operation = desk.draft(now)

    with pytest.raises(InvalidInput) as refusal:
        demands.set_demand(operation, actor=desk.dispatcher, at=now, **fields)

    assert refusal.value.details["pointer"] == where
    assert OperationDemand.objects.count() == 0

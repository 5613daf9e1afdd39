"""Ways by road from a matrix service: asked in its format, kept, and done without."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from dispatcher.planning.model import Place
from dispatcher.queries import day_roads
from dispatcher.queries.day_roads import estimated, known_roads, roads_between
from dispatcher.roads import RoadsUnavailable, Spot, Way, ways_between
from tests.dispatcher.road_service import road_service
from tests.flight_operations.factories import LAT, LON


@pytest.fixture
def service(settings):
    with road_service() as server:
        settings.DISPATCH_ROADS_URL = server.url
        yield server


@pytest.fixture
def outside_transactions(monkeypatch):
    """As it is in a worker: a test itself runs within a transaction."""
    monkeypatch.setattr(day_roads, "connection", SimpleNamespace(in_atomic_block=False))


def spots(count):
    return [Spot(f"s{n}", -24.0, 124 + n / 100) for n in range(count)]


def places(count):
    return [Place(f"{-24.0:.6f},{124 + n / 100:.6f}", -24.0, 124 + n / 100) for n in range(count)]


def test_a_table_is_asked_for_in_blocks_that_the_service_takes(service):
    every = spots(120)

    found = ways_between(service.url, every, every, timeout_s=5)

    assert len(found) == 120 * 120
    assert found["s0", "s119"] == Way(11_900, 178_500)
    assert service.asked == [(a, b) for a in (50, 50, 20) for b in (50, 50, 20)]


@pytest.mark.parametrize(
    "body",
    [
        b"not json",
        b'{"code": "InvalidQuery"}',
        b'{"code": "Ok", "durations": [[0]], "distances": [[0]]}',
        b'{"code": "Ok", "durations": [[0, -1], [1, 0]], "distances": [[0, 1], [1, 0]]}',
        b'{"code": "Ok", "durations": [[0, "x"], [1, 0]], "distances": [[0, 1], [1, 0]]}',
        b"[]",
    ],
)
def test_what_is_no_table_is_refused(service, body):
    service.body = body

    with pytest.raises(RoadsUnavailable):
        ways_between(service.url, spots(2), spots(2), timeout_s=5)


def test_a_server_in_trouble_and_one_that_is_not_there_are_told(service):
    service.status = 503

    with pytest.raises(RoadsUnavailable, match="503"):
        ways_between(service.url, spots(2), spots(2), timeout_s=5)
    with pytest.raises(RoadsUnavailable):
        ways_between("http://127.0.0.1:1/table/v1/driving", spots(2), spots(2), timeout_s=1)


def test_what_was_asked_once_is_kept_and_only_the_rest_is_asked_for(service, outside_transactions):
    first, more = places(3), places(4)

    found = roads_between(first)
    again = roads_between(first)
    service.asked.clear()
    grown = roads_between(more)

    assert found.ways == again.ways
    assert found.duration(first[0], first[2]) == timedelta(seconds=200)
    assert found.kilometers(first[0], first[2]) == 3.0
    assert grown.duration(more[3], more[0]) == timedelta(seconds=300)
    # From the new one to all, and from all others to it.
    assert service.asked == [(1, 4), (3, 1)]
    assert known_roads(more).ways == grown.ways


def test_where_no_road_leads_or_nobody_answers_the_way_is_estimated(
    service, outside_transactions, settings
):
    start, end = places(2)
    service.measure = lambda one, other: None

    island = roads_between([start, end])
    settings.DISPATCH_ROADS_URL = f"{service.url}/other"
    service.asked.clear()
    silent = [roads_between([start, end]) for _ in range(2)]

    # 1.0158 km of parallel, times 1.3, at 60 km/h.
    assert island.duration(start, end) == timedelta(seconds=80)
    assert island.kilometers(start, end) == pytest.approx(1.3206, abs=0.0005)
    assert [each.ways for each in silent] == [{}, {}]
    assert silent[0].travel == estimated()


def test_within_a_transaction_nobody_is_asked(service, db):
    assert roads_between(places(2)).ways == {}
    assert service.asked == []


def test_a_day_is_planned_with_times_by_road(desk, now, service, outside_transactions):
    """Straight to the site it is 13 min; by road half an hour."""
    operation = desk.wanted(now, km_east=10.12)
    service.measure = lambda one, other: (1_800, 25_000)

    run = desk.optimised(now)

    (row,) = run.schedule.assignments.proposed()
    assert run.figures["travel_by"] == "road"
    assert row.operation_id == operation.pk
    assert row.travel_km == 25
    assert row.occupied_until - row.end_at == timedelta(minutes=30)
    assert row.start_at - row.occupied_from == timedelta(minutes=30 + 10)
    assert (row.travel_from.x, row.travel_from.y) == (LON, LAT)

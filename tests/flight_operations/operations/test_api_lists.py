"""Lists of operations, pilots' logs and the dashboard: filters, pages, tenants, cost."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flight_operations.models import FlightOperation, OperationStatus
from tests.flight_operations.operations.api_routes import BASE, LISTS, READS
from tests.flight_operations.operations.scene import put_in
from tests.flight_operations.people import stranger


@pytest.mark.parametrize("route", LISTS, ids=str)
@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=x",
        "page=-1",
        "page=9999999",
        "page_size=0",
        "page_size=201",
        "page_size=1e3",
        "whose=mine",
        "page=1%00",
    ],
)
def test_a_list_refuses_what_it_does_not_document(crew, desk, route, query):
    answer = crew.get(f"{route.address()}?{query}")

    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("operations", "ordering=password"),
        ("operations", "ordering=pilot_in_command__password"),
        ("operations", "ordering=number,number,number,number"),
        ("operations", "status=flying"),
        ("operations", "compliance=blue"),
        ("operations", "planned_from=noon"),
        ("operations", "planned_until=2026-13-01T00:00:00Z"),
        ("operations", "aircraft__operator=1"),
        ("pilot-logs", "flown_on__gte=yesterday"),
        ("pilot-logs", "pilot__password=x"),
        ("dashboard", "day=yesterday"),
        ("dashboard", "day=1999-12-31"),
        ("dashboard", "day=2101-01-01"),
        ("dashboard", "day=2026-02-30"),
        ("dashboard", "day="),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(crew, desk, path, query):
    assert crew.get(f"{BASE}/{path}/?{query}").status_code == 400


@pytest.mark.parametrize("route", [*READS, LISTS[1]], ids=str)
def test_a_read_refuses_what_it_does_not_document(crew, desk, now, route):
    operation = desk.plan(now)

    assert crew.get(f"{route.address(operation)}?whose=mine").status_code == 400


def test_operations_are_found_by_what_is_documented(crew, desk, now):
    operation = desk.plan(now)
    other = put_in(OperationStatus.CANCELLED, desk, now + timedelta(days=3), title="Roof of a mill")

    def found(**query):
        answer = crew.get(f"{BASE}/operations/", query)
        assert answer.status_code == 200, answer.content
        return [row["number"] for row in answer.json()["results"]]

    assert found() == [other.number, operation.number]
    assert found(ordering="planned_start_at") == [operation.number, other.number]
    assert found(status=["planned", "ready"]) == [operation.number]
    assert found(search="mill") == [other.number]
    assert found(planned_from=(now + timedelta(days=2)).isoformat()) == [other.number]
    assert found(planned_until=(now + timedelta(days=2)).isoformat()) == [operation.number]
    assert found(aircraft=desk.aircraft.registration) == [other.number, operation.number]
    assert found(pilot_in_command="nobody@example.com") == []
    assert found(page_size=1, page=2) == [operation.number]
    color = crew.get(f"{BASE}/operations/{operation.number}/").json()["compliance"]
    assert found(compliance=color) == [operation.number]


@pytest.mark.parametrize("route", LISTS, ids=str)
def test_a_list_shows_only_ones_own_operators_rows(client_for, desk, now, route):
    put_in(OperationStatus.PLANNED, desk, now)

    foreign = route.send(client_for(stranger(route.permission)), None)

    assert (foreign.status_code, foreign.json()["count"]) == (200, 0)


def test_the_dashboard_is_the_operators_day_not_that_of_utc(crew, desk, now):
    desk.plan(now)  # 10:30 on the 15th in Sydney, still the 14th in UTC.

    def count(day):
        return crew.get(f"{BASE}/dashboard/?day={day}").json()["count"]

    assert (count("2026-03-14"), count("2026-03-15"), count("2026-03-16")) == (0, 1, 0)


@pytest.mark.parametrize("route", LISTS, ids=str)
def test_a_list_costs_as_many_statements_for_many_rows_as_for_few(crew, desk, now, route):
    def cost():
        crew.get(route.address())
        with CaptureQueriesContext(connection) as queries:
            assert crew.get(route.address()).status_code == 200
        return len(queries)

    put_in(OperationStatus.PLANNED, desk, now)
    few = cost()
    for _ in range(5):
        put_in(OperationStatus.PLANNED, desk, now)

    assert cost() == few
    assert FlightOperation.objects.count() == 6


def test_a_page_beyond_the_last_is_not_found(crew, desk):
    assert crew.get(f"{BASE}/operations/?page=2").status_code == 404

"""Who may do what to drone operations over HTTP, and what no body may look like."""

from copy import deepcopy

import pytest

from flight_operations.models import FlightOperation
from tests.flight_operations.factories import OperationFactory
from tests.flight_operations.operations.api_routes import (
    CREATE,
    DETAIL,
    LISTS,
    LOG_READ,
    PATCH,
    VERBS,
    WITH_BODY,
    WITHOUT_BODY,
    everything,
    plan_body,
    pointers,
)
from tests.flight_operations.people import member, nobody, stranger
from tests.users.factories import grant

NOT_JSON = {
    "cut off": b"{",
    "a list": b"[]",
    "a text": b'"text"',
    "a key twice": b'{"reason": "a", "reason": "b"}',
    "not a number": b'{"reason": NaN}',
    "infinity": b'{"reason": -Infinity}',
    "too great a number": b'{"reason": 1e999}',
    "NUL": b'{"reason": "\\u0000"}',
    "half a pair": b'{"reason": "\\ud800"}',
    "not UTF-8": b"\xff\xfe",
    "too deep": b'{"reason": ' + b"[" * 40 + b"]" * 40 + b"}",
    "far too deep": b'{"reason": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "digits without end": b'{"reason": ' + b"9" * 5_000 + b"}",
}
detail = pytest.mark.parametrize("route", [*DETAIL, LOG_READ], ids=str)
every = pytest.mark.parametrize("route", [*DETAIL, LOG_READ, CREATE, *LISTS], ids=str)
with_body = pytest.mark.parametrize("route", [*WITH_BODY, CREATE], ids=str)


@pytest.fixture(scope="module")
def kept_operation(kept_desk):
    return OperationFactory(
        operator=kept_desk.operator, aircraft=kept_desk.aircraft, pilot_in_command=kept_desk.pilot
    )


@pytest.fixture
def operation(kept_operation, desk):
    return deepcopy(kept_operation)


def refused(answer, status, before):
    """A refusal is a problem document, and nothing came of the call."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert (answer.json()["status"], bool(answer.json()["code"])) == (status, True)
    assert everything() == before


@every
def test_nobody_enters_without_signing_in(api, operation, route):
    before = everything()

    answer = route.send(api, operation)

    refused(answer, 401, before)
    assert answer["WWW-Authenticate"].startswith("Bearer")


@every
def test_a_member_without_the_grant_is_refused(client_for, operation, route):
    client, before = client_for(member(operation.operator)), everything()

    refused(route.send(client, operation), 403, before)


@detail
def test_another_operators_operation_does_not_exist(client_for, operation, route):
    client, before = client_for(stranger(route.permission)), everything()

    refused(route.send(client, operation), 404, before)


@detail
def test_somebody_who_works_for_nobody_finds_nothing(client_for, operation, route):
    user = nobody()
    grant(user, f"flight_operations.{route.permission}")
    client, before = client_for(user), everything()

    refused(route.send(client, operation), 404, before)


@detail
def test_a_number_that_nobody_has_is_not_found(client_for, operation, route):
    client, before = client_for(member(operation.operator, route.permission)), everything()

    refused(route.send(client, FlightOperation(number="FO-2026-8999")), 404, before)


def test_nothing_is_planned_for_another_operator(client_for, desk, now):
    client = client_for(stranger("add_flightoperation"))
    before = everything()

    answer = CREATE.send(client, None, body=plan_body(desk, now))

    refused(answer, 400, before)
    assert {"/operator", "/aircraft"} <= set(pointers(answer))


@with_body
def test_unknown_fields_are_refused(client_for, desk, operation, now, route):
    client = client_for(member(operation.operator, route.permission))
    body, before = {**(route.body or plan_body(desk, now)), "surprise": 1}, everything()

    answer = route.send(client, operation, body=body)

    refused(answer, 400, before)
    assert answer.json()["errors"] == [
        {"pointer": "/surprise", "code": "unknown_field", "message": "Unknown field."}
    ]


@pytest.mark.parametrize("route", WITHOUT_BODY, ids=str)
def test_a_verb_that_takes_nothing_is_told_nothing(client_for, operation, route):
    client, before = client_for(member(operation.operator, route.permission)), everything()

    answer = route.send(client, operation, body={"status": "finalised"})

    refused(answer, 400, before)
    assert pointers(answer) == ["/status"]


@pytest.mark.parametrize("route", [*VERBS, PATCH, CREATE], ids=str)
def test_what_is_no_proper_json_is_refused(client_for, operation, route):
    client, before = client_for(member(operation.operator, route.permission)), everything()

    for what, raw in NOT_JSON.items():
        answer = client.generic(
            route.method.upper(),
            route.address(operation),
            raw,
            content_type="application/json",
            **route.headers,
        )

        assert answer.status_code == 400, what
        assert answer["Content-Type"] == "application/problem+json", what
    assert everything() == before


@pytest.mark.parametrize("route", [*VERBS, PATCH, CREATE], ids=str)
def test_only_json_is_taken_and_only_so_much(client_for, operation, route):
    client, before = client_for(member(operation.operator, route.permission)), everything()
    send = client.generic
    call = (route.method.upper(), route.address(operation))

    refused(send(*call, b"a=1", content_type="text/plain", **route.headers), 415, before)
    huge = b'{"title": "' + b"x" * 2_100_000 + b'"}'
    refused(send(*call, huge, content_type="application/json", **route.headers), 413, before)


@pytest.fixture
def given(desk, now, route):
    """The route's own body, or that of a plan."""
    return route.body or plan_body(desk, now)


@with_body
def test_values_of_the_wrong_kind_are_refused(client_for, operation, route, given):
    client, before = client_for(member(operation.operator, route.permission)), everything()

    for wrong in ({"a": 1}, [1], [[]], "x" * 30_000):
        answer = route.send(client, operation, body=dict.fromkeys(given, wrong))

        assert answer.status_code == 400, str(wrong)[:9]
        assert pointers(answer), str(wrong)[:9]
    assert everything() == before


@with_body
def test_null_is_no_answer_to_what_is_required(client_for, operation, route, given):
    client, before = client_for(member(operation.operator, route.permission)), everything()

    answer = route.send(client, operation, body=dict.fromkeys(given))

    refused(answer, 400, before)


@pytest.mark.parametrize("method", ["put", "delete"])
def test_an_operation_is_neither_replaced_nor_deleted(client_for, operation, method):
    client, before = client_for(member(operation.operator, "plan_flightoperation")), everything()

    refused(getattr(client, method)(PATCH.address(operation), {}), 405, before)


@pytest.mark.parametrize("number", ["1", "fo-2026-0001", "FO-2026-1", "FO-2026-%00", "%F0%9F", "x"])
def test_an_address_that_is_no_number_does_not_exist(client_for, operation, number):
    client = client_for(member(operation.operator, "view_flightoperation"))

    assert client.get(f"/api/flight-operations/operations/{number}/").status_code == 404

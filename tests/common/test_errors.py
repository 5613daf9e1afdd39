from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import DataError, IntegrityError, InterfaceError, OperationalError, ProgrammingError
from django.db.models import ProtectedError
from rest_framework.exceptions import ValidationError

from common.api.errors import problem_response
from common.exceptions import DomainError, DoubleBooked, InvalidInput


class Cause(Exception):
    def __init__(self, sqlstate):
        self.sqlstate = sqlstate


def raised(kind, sqlstate):
    error = kind("secret: another party's row")
    error.__cause__ = Cause(sqlstate)
    return error


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (raised(IntegrityError, "23P01"), 409, "double_booked"),
        (raised(IntegrityError, "23505"), 409, "already_exists"),
        (raised(IntegrityError, "23001"), 409, "append_only"),
        (raised(IntegrityError, "23503"), 409, "in_use"),
        (raised(IntegrityError, "23514"), 400, "invalid"),
        (raised(IntegrityError, "23502"), 400, "invalid"),
        (raised(DataError, "22003"), 400, "invalid"),
        (raised(OperationalError, "40P01"), 409, "retry"),
        (raised(OperationalError, "40001"), 409, "retry"),
        (raised(OperationalError, "55P03"), 409, "retry"),
        (raised(OperationalError, "57014"), 503, "timeout"),
        (raised(OperationalError, "57P01"), 503, "unavailable"),
        (OperationalError("server closed the connection"), 503, "unavailable"),
        (InterfaceError("connection is closed"), 503, "unavailable"),
        (ProtectedError("x", set()), 409, "in_use"),
        (RequestDataTooBig(), 413, "too_large"),
        (SuspiciousOperation(), 400, "bad_request"),
        (DoubleBooked(resource="VH-X"), 409, "resource_double_booked"),
    ],
)
def test_each_error_becomes_its_problem_document(error, status, code):
    response = problem_response(error, {})

    assert response.status_code == status
    assert response.data["code"] == code
    assert response.data["status"] == status
    assert "secret" not in str(response.data)
    assert response.content_type == "application/problem+json"


def test_moments_of_a_refusal_are_words_for_people_and_iso_for_programs():
    class Late(DomainError):
        message = "It was good until {until}, for {day}."

    until = datetime(2026, 3, 15, 9, 30, tzinfo=ZoneInfo("Australia/Sydney"))
    refused = problem_response(Late(until=until, day=date(2026, 3, 1)), {}).data

    assert refused["detail"] == "It was good until 14 Mar 2026 22:30Z, for 2026-03-01."
    assert refused["details"] == {"until": "2026-03-15T09:30:00+11:00", "day": "2026-03-01"}


def test_an_unreachable_database_says_when_to_try_again():
    assert problem_response(InterfaceError("gone"), {})["Retry-After"] == "2"


def test_a_defect_of_ours_is_not_dressed_up():
    assert problem_response(raised(ProgrammingError, "42501"), {}) is None
    assert problem_response(ZeroDivisionError(), {}) is None


def test_field_errors_are_pointers_into_the_body():
    error = ValidationError(
        {"volumes": [{}, {"area": ["Not an area."]}], "non_field_errors": ["x"]}
    )

    errors = problem_response(error, {}).data["errors"]

    assert [(e["pointer"], e["message"]) for e in errors] == [
        ("/volumes/1/area", "Not an area."),
        ("", "x"),
    ]


def test_a_services_bad_input_points_at_the_field():
    response = problem_response(InvalidInput("/planned_end_at", "The end is before the start."), {})

    assert response.status_code == 400
    assert response.data["errors"][0]["pointer"] == "/planned_end_at"


class SignIn(DomainError):
    status = 401
    code = "invalid_credentials"
    message = "No."


def test_a_refusal_for_want_of_credentials_names_the_scheme_to_use():
    assert problem_response(SignIn(), {})["WWW-Authenticate"] == 'Bearer realm="windsock"'
    assert "WWW-Authenticate" not in problem_response(DoubleBooked(resource="VH-X"), {})


@pytest.mark.django_db
def test_a_failed_sign_in_names_it_over_http(api):
    answer = api.post("/api/token/", {"email": "nobody@example.com", "password": "x"})

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")
    assert answer["WWW-Authenticate"] == 'Bearer realm="windsock"'

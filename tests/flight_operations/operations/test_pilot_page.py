"""What the page of a remote pilot says of hours, days of work and the next operations."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from tests.browser import enter
from tests.conftest import NOW
from tests.desk import facts, page_address, standing_of
from tests.flight_operations.factories import OperationFactory
from tests.rpas.factories import MemberFactory
from tests.users.factories import grant

pytestmark = pytest.mark.django_db
READS = ("users.view_user", "flight_operations.view_flightoperation")


@pytest.fixture
def operation():
    with time_machine.travel(NOW, tick=False):
        yield OperationFactory(
            planned_start_at=NOW + timedelta(hours=1), planned_end_at=NOW + timedelta(hours=3)
        )


def reader_at(operator, *permissions):
    person, client = MemberFactory(operator=operator).user, Client()
    grant(person, *permissions)
    enter(client, person)
    return client


def test_hours_count_what_is_planned_against_the_limits(operation):
    screen = reader_at(operation.operator, *READS)

    hours = facts(standing_of(screen, operation.pilot_in_command), "Hours, drones")

    assert hours["Flying today"].value == "2.0 of 8 h"
    assert hours["Days of work in 7"].value == "1 of 6 days"
    assert {fact.color for fact in hours.values()} == {"green"}


def test_a_day_that_is_too_long_is_red(operation):
    operation.planned_end_at = NOW + timedelta(hours=10)
    operation.save()
    screen = reader_at(operation.operator, *READS)

    standing = standing_of(screen, operation.pilot_in_command)

    assert facts(standing, "Hours, drones")["Flying today"].color == "red"
    assert standing.color == "red"


def test_the_next_operations_are_named_to_their_operator_only(operation):
    pilot = operation.pilot_in_command
    own = reader_at(operation.operator, *READS)
    other = reader_at(MemberFactory().operator, *READS)

    coming = facts(standing_of(own, pilot), "Next operations")

    assert coming[operation.number].link == page_address(operation)
    titles = {group.title for group in standing_of(other, pilot).groups}
    assert "Next operations" not in titles
    assert operation.number not in other.get(page_address(pilot)).content.decode()


def test_without_the_grant_no_work_is_told(operation):
    screen = reader_at(operation.operator, "users.view_user")

    titles = [group.title for group in standing_of(screen, operation.pilot_in_command).groups]

    assert titles == ["Papers"]

"""The page of a crewed aircraft: may it fly, why not, what next."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from aircraft.models import Aircraft, AircraftStatus
from aircraft.services.records import first_verdict
from common.models import ComplianceState, ResourceBooking
from tests.aircraft.factories import AircraftFactory, DefectFactory, book_flight
from tests.browser import enter
from tests.conftest import NOW
from tests.desk import MOST_STATEMENTS, facts, offered, page_address, press, said, standing_of
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
VERBS = ("view", "ground", "return_to_service")
GRANTS = [
    *(f"aircraft.{verb}_aircraft" for verb in VERBS),
    "aircraft.view_defect",
    "aircraft.view_maintenancetask",
]


@pytest.fixture
def tail():
    with time_machine.travel(NOW, tick=False):
        yield AircraftFactory()


@pytest.fixture
def screen(tail):
    return signed_in(*GRANTS)


def signed_in(*permissions):
    person, client = UserFactory(), Client()
    grant(person, *permissions)
    enter(client, person)
    return client


def test_an_airworthy_aircraft_may_fly(screen, tail):
    first_verdict(tail, at=NOW)

    standing = standing_of(screen, tail)

    assert standing.headline == "In service: may fly"
    assert standing.badge.word in ("green", "amber")
    assert facts(standing, "Open defects")["None"].color == "green"
    assert all(fact.value for fact in facts(standing, "Maintenance due next").values())


def test_an_open_defect_is_red_with_citation(screen, tail):
    defect = DefectFactory(aircraft=tail)
    first_verdict(tail, at=NOW)

    standing = standing_of(screen, tail)

    assert standing.color == "red"
    assert standing.headline.startswith("In service: may not fly, ")
    assert standing.problems[0].color == "red"
    assert standing.problems[0].citation
    assert facts(standing, "Open defects")[defect.number].color == "red"


def test_a_stale_or_missing_answer_is_not_green(screen, tail):
    ComplianceState.objects.all().delete()
    assert standing_of(screen, tail).badge.word == "not judged"
    first_verdict(tail, at=NOW)
    ComplianceState.objects.update(is_stale=True, stale_since=NOW, color="green")
    assert standing_of(screen, tail).badge.word == "stale, was green"


def test_it_is_grounded_and_returned_with_reasons(screen, tail):
    assert press(screen, tail, "ground", reason="").status_code == 400
    answer = press(screen, tail, "ground", reason="Bird strike")

    assert said(answer) == [f"{tail}: grounded."]
    tail.refresh_from_db()
    assert tail.status == AircraftStatus.GROUNDED
    standing = standing_of(screen, tail)
    assert standing.color == "red"
    assert standing.headline.endswith("may not fly")
    assert set(offered(screen, tail)) == {"return"}
    press(screen, tail, "return", reason="Looked at", once="a-form-of-its-own-2")
    tail.refresh_from_db()
    assert tail.status == AircraftStatus.IN_SERVICE


def test_a_refused_return_says_why_and_changes_nothing(screen, tail):
    press(screen, tail, "ground", reason="Bird strike")
    defect = DefectFactory(aircraft=tail)

    answer = press(screen, tail, "return", reason="Looked at")

    assert answer.status_code == 409
    assert defect.number in answer.context["refusal"]
    tail.refresh_from_db()
    assert tail.status == AircraftStatus.GROUNDED


def test_the_same_form_twice_is_one_deed(screen, tail):
    press(screen, tail, "ground", reason="Bird strike")
    again = press(screen, tail, "ground", reason="Bird strike")

    assert said(again)[-1].endswith("sent twice and done once: grounded.")


def test_without_the_grant_nothing_is_offered_or_done(tail):
    reader = signed_in("aircraft.view_aircraft")

    assert offered(reader, tail) == {}
    assert press(reader, tail, "ground", reason="No").status_code == 403
    assert Aircraft.objects.get(pk=tail.pk).status == AircraftStatus.IN_SERVICE


def test_faults_work_due_and_place_are_told_to_who_may_see_them(tail):
    defect = DefectFactory(aircraft=tail)
    reader = signed_in("aircraft.view_aircraft")

    standing = standing_of(reader, tail)

    titles = {group.title for group in standing.groups}
    assert not {"Open defects", "Maintenance due next", "Where it is"} & titles
    assert defect.number not in reader.get(page_address(tail)).content.decode()


def test_it_says_when_it_is_taken(screen, tail):
    book_flight(tail, NOW + timedelta(hours=2), NOW + timedelta(hours=4))

    booked = facts(standing_of(screen, tail), "Booked in the next 7 days")

    assert ResourceBooking.objects.count() == 1
    assert list(booked) != ["Free"]


def test_the_page_asks_little_of_the_database(tail):
    root = Client()
    enter(root, UserFactory(is_superuser=True))
    first_verdict(tail, at=NOW)
    root.get(page_address(tail))

    with CaptureQueriesContext(connection) as asked:
        root.get(page_address(tail))

    assert len(asked) <= MOST_STATEMENTS

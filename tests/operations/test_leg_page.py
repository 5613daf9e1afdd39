"""The page of one flight: how it stands, who flies it, who drives, and what next."""

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from common.compliance.findings import Stage
from operations.models import GroundLeg, OpsSpec
from operations.services.assessment import assess_trip, record_assessment
from tests.browser import enter
from tests.desk import MOST_STATEMENTS, facts, offered, page_address, signed_in, standing_of
from tests.operations.gate.scene import AT, ready_trip
from tests.operations.trip_world import START, leg_of
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db
VIEW = ("operations.view_trip", "operations.view_tripleg")


@pytest.fixture
def trip():
    with time_machine.travel(AT, tick=False):
        yield ready_trip()


@pytest.fixture
def screen(trip):
    return signed_in(*VIEW)


def judge(trip):
    record_assessment(assess_trip(trip, stage=Stage.RELEASE, at=AT))


def test_a_flight_that_nobody_judged_is_not_green(screen, trip):
    standing = standing_of(screen, leg_of(trip, 1))

    assert standing.headline.endswith("scheduled; the trip: nobody has judged the trip")
    assert standing.badge.word == "not judged"


def test_what_is_red_for_the_trip_stands_in_the_way_of_its_flight(screen, trip):
    OpsSpec.objects.all().delete()
    judge(trip)

    standing = standing_of(screen, leg_of(trip, 1))

    assert standing.color == "red"
    assert "OPSPEC-A024" in {problem.rule for problem in standing.problems}


def test_what_dispatch_has_not_entered_is_named(screen, trip):
    judge(trip)
    row = leg_of(trip, 1)
    assert standing_of(screen, row).color == "green"
    row.fuel_on_board_kg = None
    row.save()

    standing = standing_of(screen, row)

    assert standing.color == "amber"
    assert "No fuel is entered" in standing.problems[0].message


def test_it_names_crew_roads_and_its_trip(screen, trip):
    row = leg_of(trip, 1)
    begins = row.planned_out_at
    GroundLeg.objects.create(
        trip=trip, leg=row, is_pickup=True, place_name="St. Luke's", distance_km=9,
        planned_start_at=AT, planned_end_at=begins,
    )  # fmt: skip

    standing = standing_of(screen, row)

    pilot = row.crew.get(role="pic").person.full_name
    assert "Pilot in command, leg 1" in facts(standing, "Crew")[pilot].value
    road = facts(standing, "By road")["Pick-up"]
    assert road.value.startswith("St. Luke's, ")
    assert (road.color, road.detail) == ("amber", "nobody drives yet")
    assert facts(standing, "Trip")["Trip"].link == page_address(trip)


def test_a_flight_that_is_over_says_so(screen, trip):
    judge(trip)
    trip.legs.filter(sequence=1).update(status="cancelled")

    standing = standing_of(screen, leg_of(trip, 1))

    assert standing.color is None
    assert standing.problems == ()
    assert offered(screen, leg_of(trip, 1)) == {}


def test_the_page_asks_little_of_the_database(crew_trip):
    root = Client()
    enter(root, UserFactory(is_superuser=True))
    with time_machine.travel(START, tick=False):
        for row in (leg_of(crew_trip, 2), crew_trip):
            root.get(page_address(row))
            with CaptureQueriesContext(connection) as asked:
                root.get(page_address(row))
            said = [query["sql"][:300] for query in asked.captured_queries]
            assert len(said) <= MOST_STATEMENTS, "\n".join([type(row).__name__, *said])


def test_who_may_not_see_flights_does_not_open_one(trip):
    assert signed_in("operations.view_trip").get(page_address(leg_of(trip, 1))).status_code == 403

"""Itineraries and options over HTTP."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from aircraft.models import Aircraft
from common.geo import point
from operations.models import Quote, Trip
from tests.aircraft.factories import AircraftFactory
from tests.contacts.factories import ContactFactory
from tests.operations.planning.places import airport
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
ITINERARIES, OPTIONS = "/api/operations/itineraries/", "/api/operations/options/"
EVERY = ("operations.plan_trip", "operations.price_quote")


@pytest.fixture
def desk(client_for):
    """Somebody who plans and prices."""
    person = UserFactory()
    grant(person, *EVERY)
    return client_for(person)


@pytest.fixture
def world():
    """Airports, an aircraft at Seattle, and a day after tomorrow at 18:00 UTC."""
    places = {ident: airport(ident) for ident in ("KBOI", "KSLC", "KSEA")}
    day = timezone.now() + timedelta(days=2)
    return SimpleNamespace(
        **places,
        tail=AircraftFactory(base=places["KSEA"]),
        at=day.replace(hour=18, minute=0, second=0, microsecond=0),
    )


def body(world, **more):
    leg = {
        "origin": "KSEA",
        "destination": "KSLC",
        "earliest_departure_at": world.at.isoformat(),
        "has_patient": True,
        **more.pop("leg", {}),
    }
    return {"patient_kg": 82, "team": 2, "legs": [leg], **more}


def itinerary(desk, world, **more):
    return desk.post(
        ITINERARIES, {"tail_number": world.tail.tail_number, **body(world, **more)}, format="json"
    )


def test_an_itinerary_shows_utc_and_local_times_and_stores_nothing(desk, world):
    answer = itinerary(desk, world, wind={"direction_deg": 270, "speed_kt": 60})

    assert answer.status_code == 200
    told = answer.json()
    assert (told["is_able"], told["reasons"], told["price"]) == (True, [], None)
    leg, home = told["itinerary"]["legs"]
    assert leg["out_at"] == world.at.isoformat().replace("+00:00", "Z")
    # Sixteen hundred kilometers apart: an hour on the clocks, the seasons alike.
    out_offset, in_offset = leg["out_local"][-6:], leg["in_local"][-6:]
    assert (out_offset, in_offset) in {("-08:00", "-07:00"), ("-07:00", "-06:00")}
    assert leg["origin"]["timezone"] == "America/Los_Angeles"
    assert (leg["kind"], leg["requested_leg"]) == ("live", 1)
    assert (home["kind"], home["requested_leg"]) == ("positioning", None)
    assert leg["wind_kt"] > 20
    assert {finding["code"] for finding in told["itinerary"]["findings"]} == {
        "fuel_unknown",
        "hours_unknown",
    }
    assert told["block_min"] == leg["block_min"] + home["block_min"]
    assert Trip.objects.count() == Quote.objects.count() == 0


def test_a_hospital_on_file_is_driven_to_and_what_is_said_goes_first(desk, world):
    hospital = ContactFactory(name="St. Mary", point=point(lat=47.6, lon=-122.33))
    roads = {
        "pickup": {"contact": hospital.pk},
        "dropoff": {"contact": hospital.pk, "place_name": "Ward 4", "distance_km": 12.5},
    }

    told = itinerary(desk, world, leg=roads).json()

    pickup, dropoff = told["itinerary"]["ground"]
    assert (pickup["place_name"], pickup["contact"]) == ("St. Mary", hospital.pk)
    # 16.9 km straight.
    assert pickup["distance_km"] == pytest.approx(23.7, abs=0.3)
    assert (dropoff["place_name"], dropoff["distance_km"]) == ("Ward 4", 12.5)


def test_options_name_every_aircraft_with_reasons(desk, world):
    AircraftFactory(base=world.KBOI, stretchers=0)

    answer = desk.post(OPTIONS, body(world), format="json")

    assert answer.status_code == 200
    able, unable = answer.json()
    assert (able["tail_number"], able["is_able"]) == (world.tail.tail_number, True)
    assert unable["reasons"] == [
        {
            "code": "stretchers",
            "message": "1 stretchers needed, 0 carried.",
            "value": 1,
            "limit": 0,
            "leg": None,
        }
    ]
    assert len(unable["itinerary"]["legs"]) == 3


def test_a_journey_that_cannot_be_flown_has_no_itinerary_but_reasons(desk, world):
    airport("EGLL")

    (told,) = desk.post(OPTIONS, body(world, leg={"destination": "EGLL"}), format="json").json()

    assert (told["is_able"], told["itinerary"], told["block_min"]) == (False, None, None)
    assert [reason["code"] for reason in told["reasons"]] == ["no_route", "no_route"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"legs": []}, "/legs"),
        ({"legs": "KSEA"}, "/legs"),
        ({"surprise": 1}, "/surprise"),
        ({"patient_kg": 0}, "/patient_kg"),
        ({"patient_kg": "heavy"}, "/patient_kg"),
        ({"oxygen_lpm": "NaN"}, "/oxygen_lpm"),
        ({"team": -1}, "/team"),
        ({"most_stops": 7}, "/most_stops"),
        ({"wind": {"direction_deg": 361, "speed_kt": 1}}, "/wind/direction_deg"),
        ({"wind": {"direction_deg": 36}}, "/wind/speed_kt"),
        ({"leg": {"origin": "XXXX"}}, "/legs/0/origin"),
        ({"leg": {"origin": "K" * 17}}, "/legs/0/origin"),
        ({"leg": {"destination": "ksea"}}, "/legs/0/destination"),
        ({"leg": {"earliest_departure_at": "soon"}}, "/legs/0/earliest_departure_at"),
        (
            {"leg": {"earliest_departure_at": "2026-05-12T15:00:00"}},
            "/legs/0/earliest_departure_at",
        ),
        (
            {"leg": {"earliest_departure_at": "2001-05-12T15:00:00Z"}},
            "/legs/0/earliest_departure_at",
        ),
        (
            {"leg": {"latest_arrival_at": "2001-05-12T15:00:00Z"}},
            "/legs/0/latest_arrival_at",
        ),
        ({"leg": {"passengers": 901}}, "/legs/0/passengers"),
        ({"leg": {"pickup": {}}}, "/legs/0/pickup/place_name"),
        ({"leg": {"pickup": {"place_name": "A", "lat": 1}}}, "/legs/0/pickup/lon"),
        ({"leg": {"pickup": {"contact": 10**12}}}, "/legs/0/pickup/contact"),
        ({"leg": {"pickup": {"place_name": "A", "distance_km": -1}}}, "/legs/0/pickup/distance_km"),
    ],
)
@pytest.mark.parametrize("address", [ITINERARIES, OPTIONS])
def test_input_that_makes_no_sense_is_refused_where_it_is_wrong(
    desk, world, address, change, pointer
):
    sent = body(world, **change)
    if address == ITINERARIES:
        sent["tail_number"] = world.tail.tail_number

    answer = desk.post(address, sent, format="json")

    assert answer.status_code == 400, answer.json()
    problem = answer.json()
    pointers = [error["pointer"] for error in problem.get("errors", [])]
    assert pointer in pointers or problem.get("details", {}).get("pointer") == pointer


def test_legs_are_asked_for_in_order_and_no_more_than_twenty(desk, world):
    first = body(world)["legs"][0]
    earlier = {
        **first,
        "origin": "KSLC",
        "destination": "KSEA",
        "earliest_departure_at": (world.at - timedelta(hours=1)).isoformat(),
    }

    backwards = desk.post(OPTIONS, {"legs": [first, earlier]}, format="json")
    many = desk.post(OPTIONS, {"legs": [first] * 21}, format="json")

    assert backwards.json()["errors"][0]["pointer"] == "/legs/1/earliest_departure_at"
    assert many.json()["errors"][0]["pointer"].startswith("/legs")


def test_an_aircraft_that_is_not_there_or_retired_is_refused(desk, world):
    Aircraft.objects.filter(pk=world.tail.pk).update(status="retired")

    retired = itinerary(desk, world)
    absent = desk.post(ITINERARIES, {"tail_number": "N0NE", **body(world)}, format="json")

    assert (retired.status_code, retired.json()["code"]) == (409, "aircraft_retired")
    assert (absent.status_code, absent.json()["errors"][0]["pointer"]) == (400, "/tail_number")


@pytest.mark.parametrize("address", [ITINERARIES, OPTIONS])
def test_only_who_plans_or_prices_may_ask(api, client_for, world, address):
    idle, outsider = UserFactory(), UserFactory()
    grant(idle)
    grant(outsider, *EVERY, is_staff_role=False)
    sent = {**body(world)}
    if address == ITINERARIES:
        sent["tail_number"] = world.tail.tail_number

    assert api.post(address, sent, format="json").status_code == 401
    assert client_for(idle).post(address, sent, format="json").status_code == 403
    # Nobody outside of the company sees its fleet, whatever they were granted.
    answer = client_for(outsider).post(address, sent, format="json")
    assert (answer.status_code, answer.json()) == (200, []) or answer.status_code == 400
    assert world.tail.tail_number not in str(answer.json()).replace(sent.get("tail_number", ""), "")

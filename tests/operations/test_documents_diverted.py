"""Papers for borders after a diversion: outward as it was declared, inward as it was flown."""

from typing import Any

import pytest
from django.db import connection

from airports.models import Airport
from documents.queries.layouts import known_kind
from documents.services.generation import gather
from operations.models import Trip, TripLeg
from tests.operations import legal_world, paper_world
from tests.operations.factories import LegFactory
from tests.operations.gate import scene
from tests.operations.paper_world import AT


@pytest.fixture
def trip(seeded: None, db: None) -> Trip:
    trip = paper_world.paper_trip()
    connection.run_on_commit = []
    return trip


@pytest.fixture
def forms(trip, person_in):
    desk = person_in("dispatcher")

    def gathered(kind="general_declaration") -> list[dict[str, Any]]:
        return gather(known_kind(kind), trip.pk, actor=desk, at=AT).data["forms"]

    return gathered


def field(code: str, country: str) -> Airport:
    zone = "America/Vancouver" if country == "CA" else "America/Los_Angeles"
    return legal_world.airport(code, 48.8, -122.5, icao=code, country=country, timezone=zone)


def diverted(trip: Trip, sequence: int, to: Airport, *, goes_on_to: int | None = None) -> None:
    leg = TripLeg.objects.get(trip=trip, sequence=sequence)
    leg.status, leg.diverted_to = "diverted", to
    leg.save()
    if goes_on_to is not None:
        following = TripLeg.objects.get(trip=trip, sequence=goes_on_to)
        following.origin = to
        following.save()


def told(forms: list[dict[str, Any]]) -> list[tuple[str, str, str, list[str]]]:
    return [
        (
            form["leg"],
            form["direction"],
            form["arrival_at"][:4],
            [row["place"][:4] for row in form["routing"]],
        )
        for form in forms
    ]


def test_a_flight_diverted_abroad_declares_inward_where_it_came_down(trip, forms):
    diverted(trip, 2, field("CYXX", "CA"), goes_on_to=3)

    assert told(forms()) == [
        ("2", "Outward", "CYVR", ["KBOI", "KGEG", "CYVR"]),
        ("2", "Inward", "CYXX", ["KBOI", "KGEG", "CYXX"]),
        ("3", "Outward", "KBOI", ["CYXX", "KBOI"]),
        ("3", "Inward", "KBOI", ["CYXX", "KBOI"]),
    ]
    assert [form["disembarking"] for form in _counted(forms())] == ["2"]


def test_a_flight_that_was_to_stay_at_home_declares_inward_abroad(trip, forms):
    diverted(trip, 1, field("CYXX", "CA"), goes_on_to=2)
    TripLeg.objects.filter(trip=trip, sequence=2).update(destination=field("KBLI", "US"))
    TripLeg.objects.filter(trip=trip, sequence=3).update(origin=field("KPAE", "US"))

    found = forms()

    assert told(found) == [
        ("1", "Inward", "CYXX", ["KBOI", "CYXX", "KBLI"]),
        ("2", "Outward", "KBLI", ["KBOI", "CYXX", "KBLI"]),
        ("2", "Inward", "KBLI", ["KBOI", "CYXX", "KBLI"]),
    ]
    assert [(form["embarking"], form["through"]) for form in found] == [
        ("0", "2"),
        ("0", "2"),
        ("2", "0"),
    ]


def test_a_flight_that_never_left_the_country_declares_nothing_inward(trip, forms):
    diverted(trip, 2, field("KBLI", "US"), goes_on_to=3)

    assert told(forms()) == [("2", "Outward", "CYVR", ["KBOI", "KGEG", "CYVR"])]


def test_who_flies_on_from_where_the_flight_was_diverted_goes_through(trip, forms):
    home = TripLeg.objects.get(trip=trip, sequence=3)
    away, vancouver = field("KBLI", "US"), home.origin
    TripLeg.objects.filter(pk=home.pk).update(sequence=4)
    diverted(trip, 2, away)
    LegFactory(
        trip=trip, sequence=3, origin=away, destination=vancouver, passengers=1,
        planned_out_at=home.planned_out_at, **scene.BRIEF,
    )  # fmt: skip

    found = forms()

    assert told(found)[1:3] == [
        ("3", "Outward", "CYVR", ["KBOI", "KGEG", "KBLI", "CYVR"]),
        ("3", "Inward", "CYVR", ["KBOI", "KGEG", "KBLI", "CYVR"]),
    ]
    assert (found[1]["embarking"], found[1]["through"]) == ("0", "2")


def test_cargo_is_unladen_where_the_flight_came_down(trip, forms):
    diverted(trip, 1, field("CYXX", "CA"), goes_on_to=2)

    found = forms("cargo_manifest")

    assert [(form["leg"], form["unlading"][:4]) for form in found] == [("1", "CYXX"), ("3", "KBOI")]


def _counted(forms: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [
        {"disembarking": form["embarking"]}
        for form in forms
        if (form["leg"], form["direction"]) == ("2", "Inward")
    ]

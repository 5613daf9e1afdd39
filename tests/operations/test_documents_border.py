"""The General Declaration, field by field as Annex 9 Appendix 1 and CBP 7507 have it."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from documents.queries.layouts import known_kind
from documents.services.generation import gather, generate
from operations.models import CrewLine, Trip, TripEvidence, TripLeg
from tests.documents.reading import pages_of, squeezed
from tests.operations import paper_world
from tests.operations.paper_world import AT
from tests.users.factories import UserFactory, grant


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[Trip]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield paper_world.paper_trip()
        transaction.set_rollback(True)


@pytest.fixture
def trip(world: Trip, seeded: None, db: None) -> Trip:
    connection.run_on_commit = []
    return Trip.objects.get(pk=world.pk)


@pytest.fixture
def declare(trip, person_in):
    desk = person_in("dispatcher")

    def gathered(kind="general_declaration"):
        return gather(known_kind(kind), trip.pk, actor=desk, at=AT).data["forms"]

    return gathered


def printed(kind: str, trip: Trip) -> list[str]:
    """The text of each page, laid out once."""
    person = UserFactory()
    grant(person, "operations.view_crewline", "operations.view_trip")
    return pages_of(generate(kind, trip.pk, actor=person, at=AT))


# What stands where on the form of the flight into Canada, outward: label and what follows it.
OUTWARD = {
    "operator": "Owner or operator Alpine Air Rescue Inc.",
    "direction": "Direction Outward",
    "marks": "Marks of nationality and registration {tail}",
    "flight number: the registration of a charter": "Flight number {tail}",
    "date of departure in UTC and local": "Date of departure 15 Mar 2026 21:45 UTC"
    " 15 Mar 2026 15:45 MDT",
    "departure from": "Departure from KGEG ",
    "arrival at": "Arrival at CYVR ",
    "total number of crew": "Total number of crew: 3",
    "names of crew: surname, given name, middle initial": "Brook, Sasha J.",
    "second of the crew": "Pike, Devon",
    "medical team": "Cole, Imani",
    "embarking here": "Departure place Embarking: 0",
    "through on the same flight": "Through on the same flight: 2",
    "manifest": "Passenger manifest: attached",
    "cargo, export declarations": "(SED) 3",
    "cargo, air waybills": "(AWB) 1",
    "health (a): the patient is an ill person": "those put off the aircraft earlier"
    " 1 patient carried for medical care. Fractures, not infectious.",
    "health, communicable persons": "together with other signs) Nobody on board",
    "health (b)": "may spread disease No other condition",
    "health (c)": "the most recent KBOI, 14 Mar 2026 18:00 UTC, residual",
    "crew member concerned": "Signature, if required, of the crew member concerned, with time and",
    "official use": "For official use only I declare",
    "declarant": "Authorized agent or pilot in command S. Brook, pilot in command",
    "signature": "Signature",
}


@pytest.mark.parametrize("field", OUTWARD)
def test_general_declaration_has_every_field(field, pages, trip):
    wanted = OUTWARD[field].format(tail=trip.aircraft.tail_number)

    assert squeezed(wanted) in pages[0]


@pytest.fixture(scope="module")
def pages(world: Trip, django_db_blocker: Any) -> list[str]:
    with django_db_blocker.unblock(), transaction.atomic():
        return printed("general_declaration", world)


def test_each_border_has_a_form_outward_and_one_inward(declare, pages):
    forms = declare()

    assert [(form["leg"], form["direction"]) for form in forms] == [
        ("2", "Outward"),
        ("2", "Inward"),
        ("3", "Outward"),
        ("3", "Inward"),
    ]
    assert len(pages) == 4


def test_a_form_with_all_left_for_the_pen_is_signed_on_its_own_page(trip):
    crew = list(CrewLine.objects.filter(leg__trip=trip, leg__sequence=3))
    TripEvidence.objects.filter(trip=trip).update(withdrawn_at=AT, withdrawn_because="Wrong.")

    pages = printed("general_declaration", trip)

    assert (len(pages), len(crew)) == (4, 3)
    assert all(squeezed("Authorized agent or pilot in command") in page for page in pages)


def test_routing_names_origin_every_stop_and_destination_in_order(declare):
    forms = declare()

    codes = [[row["place"].split(" ")[0] for row in form["routing"]] for form in forms]
    assert codes == [["KBOI", "KGEG", "CYVR"]] * 2 + [["CYVR", "KBOI"]] * 2


def test_who_stays_on_board_at_a_fuel_stop_goes_through(declare):
    forms = declare()

    numbers = [(form["embarking"], form["through"], form["persons"]) for form in forms]
    assert numbers == [("0", "2", "2"), ("2", "0", "2"), ("0", "0", "0"), ("0", "0", "0")]


def test_unanswered_health_is_left_for_the_pen(declare, trip):
    rows = TripEvidence.objects.filter(trip=trip, kind="gendec", leg__sequence=3)
    rows.update(withdrawn_at=AT, withdrawn_because="Wrong leg.")

    forms = declare()

    health = forms[2]["health"]
    assert (health["ill_persons"], health["disinsection"], health["is_open"]) == ("", "", True)
    assert forms[2]["declarant"] == ""


def test_what_was_not_answered_is_declared_by_nobody(declare, trip):
    answers = {"health": "None", "signatory": "S. Brook"}
    TripEvidence.objects.filter(trip=trip, kind="gendec", leg__sequence=3).update(details=answers)
    papers = TripEvidence.objects.filter(trip=trip, kind="cargo_manifest", leg__sequence=3)
    papers.update(withdrawn_at=AT, withdrawn_because="Wrong leg.")

    form = declare()[2]

    health = form["health"]
    assert (health["ill_persons"], health["is_open"]) == ("None", False)
    assert {health[name] for name in ("communicable", "other_conditions", "disinsection")} == {""}
    assert (form["export_declarations"], form["air_waybills"]) == ("", "")


def test_dates_follow_the_expected_departure(declare, trip):
    leg = TripLeg.objects.get(trip=trip, sequence=2)
    leg.estimated_out_at += timedelta(minutes=30)
    leg.estimated_in_at += timedelta(minutes=30)
    leg.save()

    forms = declare()

    assert forms[0]["date"] == {
        "utc": "15 Mar 2026 22:15 UTC",
        "local": "15 Mar 2026 16:15 MDT",
    }


def test_passenger_manifest_has_the_fields_of_appendix_2_and_counts_as_the_declaration(
    declare, trip, person_in
):
    forms = declare("passenger_manifest")

    assert [(form["leg"], form["persons"], len(form["rows"])) for form in forms] == [
        ("1", "2", 2),
        ("2", "2", 2),
    ]
    _, escort = forms[0]["rows"]
    apis = ("surname", "sex", "nationality", "residence", "document_kind", "document", "issued_by")
    told = [escort[name] for name in apis]
    assert told == ["Okonkwo", "male", "US", "CA", "Passport", "X1234567", "US"]
    desk = person_in("dispatcher")
    page = pages_of(generate("passenger_manifest", trip.pk, actor=desk, at=AT))[0]
    assert all(word in page for word in ("Residence", "CA", "Passport", "male"))


def test_somebody_planned_and_not_named_is_missed_on_the_manifest(declare, trip):
    TripLeg.objects.filter(trip=trip, sequence=1).update(passengers=3)

    assert declare("passenger_manifest")[0]["missing"] == [{"count": "2"}]


def test_cargo_manifest_lists_consignments_or_says_nil(declare, trip):
    forms, pages = declare("cargo_manifest"), printed("cargo_manifest", trip)

    assert [row["air_waybill"] for row in forms[0]["items"]] == ["000-12345675"]
    assert (forms[0]["is_nil"], forms[1]["is_nil"]) == (False, True)
    assert "000-1234567" in pages[0]
    assert "NIL" in pages[1]


def test_crew_list_has_passports_birth_dates_and_licenses(declare, trip):
    line = CrewLine.objects.get(leg__trip=trip, leg__sequence=1, role="pic")
    profile = line.person.profile
    profile.nationality, profile.travel_document_number = "US", "X0000042"
    profile.travel_document_expires_on = date(2031, 4, 30)
    profile.save()

    forms = declare("crew_list")

    assert [form["leg"] for form in forms] == ["1", "2", "3"]
    captain = forms[0]["rows"][0]
    assert (captain["role"], captain["surname"], captain["born"]) == (
        "Pilot in command",
        "Brook",
        "17 May 1988",
    )
    assert captain["license"].startswith("FAA ")
    told = [captain[name] for name in ("nationality", "document", "document_expires")]
    assert told == ["US", "X0000042", "30 Apr 2031"]
    second = forms[0]["rows"][1]
    assert (second["nationality"], second["document"], second["document_expires"]) == ("", "", "")

"""Every paper of a trip, made by the service and read back: what was gathered is printed."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction

from documents.exceptions import DocumentNotPermitted, NothingToShow, SubjectNotFound
from documents.kinds import kinds_of
from documents.models import Document
from documents.queries.layouts import known_kind
from documents.services.generation import gather, generate, require_grant
from operations.models import PassengerAccess, Patient, PatientAccess, Trip
from operations.services.trip_changes import take_release_back
from tests.airports.factories import AirportFactory
from tests.documents.reading import data_of, text_of, unprinted
from tests.operations import paper_world
from tests.operations.factories import LegFactory, TripFactory
from tests.operations.paper_world import AT
from tests.users.factories import UserFactory, grant

TRIP_KINDS = tuple(kind.key for kind in kinds_of("operations.trip"))
NAMED = {"medical_summary", "border_manifest"}


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[Trip]:
    """One released trip, as long as the module's tests last."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield paper_world.released(paper_world.paper_trip())
        transaction.set_rollback(True)


@pytest.fixture
def trip(world: Trip, seeded: None, db: None) -> Trip:
    connection.run_on_commit = []
    return Trip.objects.get(pk=world.pk)


def made(kind: str, subject: Any, actor: Any) -> Document:
    return generate(kind, subject.pk, actor=actor, at=AT)


def gathered(kind: str, subject: Any, actor: Any) -> Any:
    """What a document would say, without laying it out."""
    known = known_kind(kind)
    require_grant(known, actor)
    return gather(known, subject.pk, actor=actor, at=AT).data


@pytest.mark.parametrize("kind", TRIP_KINDS)
def test_all_that_was_gathered_is_printed_and_patients_are_named_on_two_papers_alone(
    kind, trip, person_in
):
    document = made(kind, trip, person_in("admin"))

    text = text_of(document)
    assert unprinted(data_of(document), text) == []
    assert ("AnaMaria" in text, "Polytrauma" in text) == (kind in NAMED, kind == "medical_summary")


@pytest.mark.parametrize("kind", ["quote", "charter_contract"])
def test_an_offer_is_printed_as_it_was_sent(kind, db, seeded, person_in):
    version = paper_world.offer()

    document = made(kind, version, person_in("flight_coordinator"))

    assert unprinted(data_of(document), text_of(document)) == []
    assert document.source_version.startswith(version.content_hash)


def test_an_offer_that_was_not_sent_is_on_no_paper(person_in):
    version = paper_world.next_version(paper_world.offer(), amount=900)

    with pytest.raises(NothingToShow, match="it was not sent"):
        gathered("quote", version, person_in("flight_coordinator"))


def test_an_agreed_amount_is_not_explained_by_a_formula(person_in):
    version = paper_world.next_version(paper_world.offer(), amount=900)
    version.sent_at, version.sent_by, version.link_digest = AT, version.priced_by, "d" * 64
    version.save()

    data = gathered("quote", version, person_in("flight_coordinator"))

    charge = data["charges"][0]
    assert (charge["formula"], charge["quantity"], charge["amount"]) == (
        "Agreed amount",
        "\u2013",
        "900.00",
    )
    assert "Old friend" not in str(data)


@pytest.mark.parametrize(
    ("role", "kind"),
    [
        ("dispatcher", "medical_summary"),
        ("pilot", "medical_summary"),
        ("dispatcher", "border_manifest"),
        ("medical_staff", "border_manifest"),
        ("medical_staff", "crew_list"),
        ("accountant", "internal_itinerary"),
    ],
)
def test_who_may_not_see_what_a_paper_shows_has_none_made(role, kind, trip, person_in):
    with pytest.raises(DocumentNotPermitted):
        made(kind, trip, person_in(role))

    assert not PatientAccess.objects.exists()


def test_who_is_not_staff_sees_no_trip(trip):
    client = UserFactory()
    grant(client, "operations.view_trip", is_staff_role=False)

    with pytest.raises(SubjectNotFound):
        made("customer_itinerary", trip, client)


def test_looks_at_patient_and_passengers_are_on_record_with_what_was_opened(trip, person_in):
    coordinator = person_in("flight_coordinator")

    gathered("border_manifest", trip, coordinator)

    look = PatientAccess.objects.get(user=coordinator)
    assert (look.groups, look.purpose) == (["needs", "identity"], "border")
    seen = PassengerAccess.objects.get(user=coordinator)
    assert (seen.kind, seen.purpose) == ("manifest", "border")


def test_the_medical_summary_is_sealed_and_its_look_is_for_care(trip, person_in):
    nurse = person_in("medical_staff")

    document = made("medical_summary", trip, nurse)

    look = PatientAccess.objects.get(user=nurse)
    assert (look.groups, look.purpose) == (["needs", "identity", "medical"], "care")
    assert document.snapshot is None
    assert document.classification == "medical"
    assert b"Polytrauma" not in document.file.read()


@pytest.mark.parametrize("kind", ["passenger_manifest", "border_manifest", "ambulance_consent"])
def test_papers_that_name_who_travels_or_are_signed_by_them_are_kept_encrypted(
    kind, trip, person_in
):
    document = made(kind, trip, person_in("flight_coordinator"))

    row = Document.objects.filter(pk=document.pk).values("snapshot", "classification").get()
    assert row == {"snapshot": None, "classification": "confidential"}
    assert b"%PDF" not in document.file.read()
    assert text_of(document)


def test_a_dispatchers_manifest_names_passengers_and_numbers_the_patient(trip, person_in):
    data = gathered("passenger_manifest", trip, person_in("dispatcher"))

    patient, escort = data["forms"][0]["rows"]
    assert (patient["surname"], patient["given"], patient["mass"]) == (
        Patient.objects.get().number,
        "",
        "82 kg",
    )
    assert (escort["surname"], escort["document"]) == ("Okonkwo", "X1234567")


def test_a_revoked_release_says_so_on_paper(trip, person_in):
    chief = person_in("chief_pilot")
    before = made("operational_release", trip, chief)
    take_release_back(trip, because="The wind rose.", actor=chief, at=AT)

    after = made("operational_release", trip, chief)

    assert (before.issue, after.issue) == (1, 2)
    assert "REVOKED" not in text_of(before)
    assert "Thewindrose." in text_of(after)


@pytest.mark.parametrize("kind", ["general_declaration", "passenger_manifest", "crew_list",
                                  "ambulance_consent", "medical_summary",
                                  "operational_release"])  # fmt: skip
def test_papers_that_do_not_apply_are_not_made(kind, person_in):
    trip = TripFactory(requirement=None)
    field = AirportFactory(country="AU")
    LegFactory(trip=trip, origin=field, destination=AirportFactory(country="AU"), has_patient=False)

    with pytest.raises(NothingToShow):
        gathered(kind, trip, person_in("admin"))


def test_the_same_again_is_the_same_document(trip, person_in):
    desk = person_in("dispatcher")

    assert made("crew_list", trip, desk) == made("crew_list", trip, desk)


def test_the_system_has_offers_printed_and_no_paper_of_a_trip(trip):
    assert gathered("quote", paper_world.offer(), None)["total"] == "1,000.00"
    with pytest.raises(SubjectNotFound):
        gathered("customer_itinerary", trip, None)

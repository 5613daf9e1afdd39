"""Which events mark which papers as due to be made anew."""

import pytest

from common.compliance.findings import Color, Stage
from common.compliance.service import assess, record
from common.models import ComplianceState, OutboxEvent
from documents.events import DocumentGenerated, DocumentsDueForReissue, DocumentStands
from documents.kinds import kinds, kinds_of
from documents.models import Document
from finance import events as finance_events
from finance import handlers as finance
from flight_operations import events as drone_events
from flight_operations import handlers as drones
from operations import events, handlers
from operations.models import Trip
from rpas import events as rpas_events
from rpas import handlers as rpas
from rpas.models import F2TechnicalLogPartA
from tests.operations.factories import (
    CrewLineFactory,
    DutyFactory,
    RequirementFactory,
    ServiceItemFactory,
    TripFactory,
)
from tests.rpas.factories import AircraftFactory
from tests.users.factories import UserProfileFactory
from users.events import ProfileChanged, QualificationChanged
from users.services.profiles import change_profile, own_profile

pytestmark = pytest.mark.django_db
ALL = {kind.key for kind in kinds_of("operations.trip")}
CREW = {"customer_itinerary", "internal_itinerary", "crew_list", "general_declaration"}
PASSENGERS = {"general_declaration", "passenger_manifest", "border_manifest", "internal_itinerary"}


@pytest.fixture
def papers(db, now):
    """One document in force of each kind about a record."""

    def made(subject: str, subject_id: int) -> None:
        Document.objects.bulk_create(
            Document(
                number=f"DC-{subject_id}-{kind.key}"[:20],
                kind=kind.key,
                title=kind.title,
                subject_type=subject,
                subject_id=subject_id,
                classification="internal",
                file_name="x.pdf",
                media_type="application/pdf",
                size_bytes=1,
                sha256="0" * 64,
                generated_at=now,
            )
            for kind in kinds()
            if kind.subject == subject
        )

    return made


def due() -> set[str]:
    return set(Document.objects.filter(is_reissue_due=True).values_list("kind", flat=True))


@pytest.fixture
def trip(papers) -> Trip:
    row = TripFactory(requirement=RequirementFactory(), legs=1)
    papers("operations.trip", row.pk)
    return row


@pytest.mark.parametrize(
    ("handler", "event", "marked"),
    [
        ("have_the_papers_of_a_changed_trip_made_anew", events.TripChanged, ALL),
        ("have_manifests_made_anew", events.PassengersChanged, PASSENGERS),
        (
            "have_the_release_printed_anew",
            events.TripReleased,
            {"operational_release", "internal_itinerary"},
        ),
        (
            "have_the_revocation_printed",
            events.TripReleaseRevoked,
            {"operational_release", "internal_itinerary"},
        ),
        ("have_crew_papers_made_anew_for_an_offer", events.CrewOffered, CREW),
        ("have_crew_papers_made_anew_for_an_answer", events.CrewAnswered, CREW),
        ("have_itineraries_follow_the_flight", events.LegMoved, CREW - {"crew_list",
                                                                       "general_declaration"}),
    ],
)  # fmt: skip
def test_events_of_a_trip_mark_what_they_change(handler, event, marked, trip):
    more = {name: 1 for name in event.__dataclass_fields__ if name not in ("name", "trip_id")}

    getattr(handlers, handler)(event(trip_id=trip.pk, **more))

    assert due() == marked


def test_another_trip_stays_as_it_is(trip):
    other = TripFactory()

    handlers.have_the_papers_of_a_changed_trip_made_anew(events.TripChanged(trip_id=other.pk))

    assert due() == set()


def test_patient_services_and_duties_reach_the_trip(trip):
    patient_papers = PASSENGERS | {"medical_summary", "ambulance_consent"}
    handlers.have_papers_of_a_changed_patient_made_anew(
        events.PatientChanged(patient_id=trip.requirement.patient_id)
    )
    assert due() == patient_papers
    Document.objects.update(is_reissue_due=False)

    service = ServiceItemFactory(trip=trip)
    handlers.have_itineraries_made_anew_for_a_service(events.ServiceChanged(service_id=service.pk))
    assert due() == {"customer_itinerary", "internal_itinerary"}
    Document.objects.update(is_reissue_due=False)

    duty = DutyFactory(trip=trip)
    handlers.have_the_brief_made_anew_for_a_duty(events.DutyChanged(duty_id=duty.pk))
    assert due() == {"internal_itinerary"}


def test_what_borders_ask_of_a_crew_marks_the_crew_list_of_trips_ahead(trip, now):
    person = CrewLineFactory(leg=trip.legs.get()).person
    profile = own_profile(person)
    colleague = UserProfileFactory()

    change_profile(colleague, version=None, actor=person, at=now, nationality="NZ")
    change_profile(profile, version=None, actor=person, at=now, phone="+61 2 5550 0100")
    for event in OutboxEvent.objects.filter(name="users.profile_changed").order_by("pk"):
        handlers.have_crew_lists_made_anew_for_a_person(ProfileChanged(**event.payload))
    assert due() == set()

    change_profile(profile, version=None, actor=person, at=now, nationality="NZ")
    told = last("users.profile_changed")
    assert told == {"user_id": person.pk, "fields": ["nationality"]}
    handlers.have_crew_lists_made_anew_for_a_person(ProfileChanged(**told))
    assert due() == {"crew_list"}

    Document.objects.update(is_reissue_due=False)
    license_changed = QualificationChanged(user_id=person.pk, qualification_id=1)
    handlers.have_crew_lists_made_anew_for_a_license(license_changed)
    assert due() == {"crew_list"}
    Document.objects.update(is_reissue_due=False)
    Trip.objects.update(status="cancelled")
    handlers.have_crew_lists_made_anew_for_a_license(license_changed)
    assert due() == set()


def test_an_accepted_offer_a_flight_and_money_mark_theirs(papers):
    papers("operations.quoteversion", 5)
    handlers.have_the_contract_show_the_acceptance(events.QuoteAccepted(quote_id=1, version_id=5))
    papers("flight_operations.flightoperation", 6)
    drones.have_the_flight_report_made_anew(drone_events.FlightRecordChanged(operation_id=6))
    papers("finance.payment", 7)
    finance.have_the_receipt_made_anew(finance_events.PaymentReturned(payment_id=7))
    papers("finance.invoice", 8)
    finance.have_a_void_invoice_say_so(finance_events.InvoiceSettled(invoice_id=8, status="paid"))
    assert due() == {"charter_contract", "mission_report", "receipt"}

    finance.have_a_void_invoice_say_so(finance_events.InvoiceSettled(invoice_id=8, status="void"))
    assert "invoice" in due()


def test_what_happens_to_an_aircraft_marks_its_technical_log(papers):
    aircraft = AircraftFactory()
    log = F2TechnicalLogPartA.objects.create(
        aircraft=aircraft, number="X-2026-001", identification="X", category="small", model="M",
        min_gross_mass_kg=1, max_gross_mass_kg=2, schedule_reference="OM",
    )  # fmt: skip
    papers("rpas.f2technicallogparta", log.pk)

    rpas.have_the_log_made_anew_after_a_flight(
        rpas_events.FlightRecorded(aircraft_id=aircraft.pk, entry_id=1)
    )

    assert due() == {"f2_part_a", "f2_part_b"}


def freeze(trip, now):
    """Judge the trip, keep the verdict; what it says of papers."""
    entry = assess("operations.trip", trip.pk, stage=Stage.PLANNING, at=now)
    record([entry])
    return next(f for f in entry.assessment.findings if f.rule == "DOC-FREEZE")


def last(name: str) -> dict:
    return OutboxEvent.objects.filter(name=name).latest("pk").payload


def test_a_paper_that_is_overtaken_has_its_trip_judged_anew(trip, now):
    assert freeze(trip, now).color == Color.GREEN

    handlers.have_manifests_made_anew(events.PassengersChanged(trip_id=trip.pk))
    handlers.judge_trips_whose_papers_are_overtaken(
        DocumentsDueForReissue(**last("documents.due_for_reissue"))
    )

    assert ComplianceState.objects.get(subject_id=trip.pk).is_stale
    finding = freeze(trip, now)
    assert (finding.color, finding.value) == (Color.AMBER, 3)
    assert finding.message == (
        "Overtaken by a change: General Declaration, Passenger manifest,"
        " Passenger manifest for borders."
    )


def test_the_brief_and_the_printed_release_are_not_held_against_the_trip(trip, now):
    freeze(trip, now)

    handlers.have_the_release_printed_anew(events.TripReleased(trip_id=trip.pk, release_id=1))
    handlers.judge_trips_whose_papers_are_overtaken(
        DocumentsDueForReissue(**last("documents.due_for_reissue"))
    )

    assert not ComplianceState.objects.get(subject_id=trip.pk).is_stale
    assert freeze(trip, now).color == Color.GREEN


def test_a_paper_that_is_made_anew_or_deleted_has_its_trip_judged_anew(trip, now):
    for handler, event in (
        (handlers.judge_trips_whose_paper_was_made, DocumentGenerated),
        (handlers.judge_trips_whose_paper_stands, DocumentStands),
    ):
        freeze(trip, now)
        handler(event(document_id=Document.objects.get(kind="crew_list").pk))
        assert ComplianceState.objects.get(subject_id=trip.pk).is_stale

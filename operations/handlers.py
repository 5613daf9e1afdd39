from django.db import transaction
from django.utils import timezone

from common.compliance.events import VerdictChanged
from common.compliance.service import touch
from common.events import handles
from common.models import Verdict
from contacts.events import ProviderChanged
from contacts.models import FBO
from documents.events import DocumentGenerated, DocumentsDueForReissue, DocumentStands
from documents.models import Document
from documents.services.reissues import mark_for_reissue
from operations.events import (
    BreachReminded,
    BreachReported,
    CrewAnswered,
    CrewOffered,
    DeclineRecorded,
    DutyChanged,
    GlassBroken,
    LegMoved,
    MedicalRequirementChanged,
    OccurrenceReminded,
    OccurrenceReported,
    PassengersChanged,
    PatientChanged,
    PatientMatched,
    QuoteAccepted,
    QuoteClosed,
    ServiceChanged,
    TripChanged,
    TripClosed,
    TripReleased,
    TripReleaseRevoked,
)
from operations.facts.attendance import attended_key
from operations.facts.paperwork import HANDED_OUT
from operations.models import (
    BreakGlass,
    CrewLine,
    CrewLogEntry,
    Decline,
    DutyPeriod,
    Occurrence,
    OccurrenceReminder,
    PatientMatch,
    PrivacyBreach,
    ServiceItem,
    Trip,
)
from operations.queries.declines import trips_refused_by
from operations.queries.workload import flown_by_trips
from operations.services import legality, notices
from operations.services.assessment import TRIP, mark_trip
from operations.services.ledger import lock_trip
from operations.services.releases import recheck_plan, recheck_release
from operations.services.trip_changes import trip_changed
from operations.services.trips import release_holds_of_closed
from users.events import ProfileChanged, QualificationChanged

# Imported for what they register: the maintenance forecast asks the one how much trips fly, the
# desk asks the other before it commits itself.
ITINERARIES = ("customer_itinerary", "internal_itinerary")
RELEASE_PAPERS = ("operational_release", "internal_itinerary")
CREW_PAPERS = (*ITINERARIES, "crew_list", "general_declaration")
PASSENGER_PAPERS = (
    "general_declaration",
    "passenger_manifest",
    "border_manifest",
    "internal_itinerary",
)
PATIENT_PAPERS = ("medical_summary", "ambulance_consent", *PASSENGER_PAPERS)
BORDER_FIELDS = frozenset({"nationality", "travel_document_number", "travel_document_expires_on"})
OFFER = "operations.quoteversion"

__all__ = ["count_what_was_flown_in_the_pilots_other_work", "flown_by_trips", "legality"]


@handles(TripClosed)
def count_what_was_flown_in_the_pilots_other_work(event: TripClosed) -> None:
    """What the log now says counts in the limits and recency of the pilots' next trips."""
    # Here and not in the service: the aircraft's verdicts are marked there, and two statements
    # that lock verdicts in one transaction could wait for each other.
    trip = Trip.objects.get(pk=event.trip_id)
    pilots = CrewLogEntry.objects.filter(leg__trip=trip).values_list("person_id", flat=True)
    touch(*(f"user:{pk}" for pk in set(pilots)), because=f"{trip.number} closed")


@handles(QuoteClosed)
def give_back_what_was_held_for_the_quote(event: QuoteClosed) -> None:
    """An aircraft is not kept for an offer that nobody can accept any more."""
    release_holds_of_closed(event.quote_id, at=timezone.now())


@handles(PassengersChanged)
def hold_the_manifest_against_the_plan(event: PassengersChanged) -> None:
    """Who travels is part of what a release binds."""
    _seal([event.trip_id], "passengers changed")


@handles(MedicalRequirementChanged)
def hold_the_patients_needs_against_the_plan(event: MedicalRequirementChanged) -> None:
    """So is what the patient needs."""
    trips = Trip.objects.live().filter(requirement=event.requirement_id).order_by("pk")
    _seal(list(trips.values_list("pk", flat=True)), "what the patient needs changed")


def _seal(ids: list[int], because: str) -> None:
    for trip in Trip.objects.live().filter(pk__in=ids).order_by("pk"):
        with transaction.atomic():
            trip_changed(lock_trip(trip), because, actor=None, at=timezone.now())


@handles(VerdictChanged)
def hold_new_verdict_against_the_flight_release(event: VerdictChanged) -> None:
    """Revoke a release that the new verdict of its trip no longer supports."""
    if event.subject_type != TRIP:
        return
    trip = Trip.objects.filter(pk=event.subject_id).first()
    if trip is not None:
        recheck_release(trip, Verdict.objects.get(pk=event.verdict_id), at=timezone.now())


@handles(TripChanged)
def hold_the_changed_plan_against_the_flight_release(event: TripChanged) -> None:
    """Revoke a release when the trip is no longer planned as it was released."""
    trip = Trip.objects.filter(pk=event.trip_id).first()
    if trip is not None and not recheck_plan(trip, at=timezone.now()):
        mark_trip(trip, "trip changed")


@handles(TripChanged)
def have_the_papers_of_a_changed_trip_made_anew(event: TripChanged) -> None:
    """Route, times, aircraft or evidence changed: any paper of the trip may say what is over."""
    mark_for_reissue(TRIP, event.trip_id, at=timezone.now(), reason="trip changed")


@handles(LegMoved)
def have_itineraries_follow_the_flight(event: LegMoved) -> None:
    """Papers for borders and releases keep what they said at departure."""
    _have_made_anew(event.trip_id, ITINERARIES, because="leg moved")


@handles(ProfileChanged)
def have_crew_lists_made_anew_for_a_person(event: ProfileChanged) -> None:
    """What borders ask of a crew is kept with the person."""
    if BORDER_FIELDS & set(event.fields):
        _have_crew_lists_made_anew(event.user_id, because="crew's travel document changed")


@handles(QualificationChanged)
def have_crew_lists_made_anew_for_a_license(event: QualificationChanged) -> None:
    """Licenses stand on the crew list."""
    _have_crew_lists_made_anew(event.user_id, because="crew's license changed")


@handles(PassengersChanged)
def have_manifests_made_anew(event: PassengersChanged) -> None:
    """Who travels stands on them."""
    _have_made_anew(event.trip_id, PASSENGER_PAPERS, because="passengers changed")


@handles(CrewOffered)
def have_crew_papers_made_anew_for_an_offer(event: CrewOffered) -> None:
    """Whoever is to fly stands on them."""
    _have_made_anew(event.trip_id, CREW_PAPERS, because="crew offered")


@handles(CrewAnswered)
def have_crew_papers_made_anew_for_an_answer(event: CrewAnswered) -> None:
    """Who declined or was taken off no longer does."""
    _have_made_anew(event.trip_id, CREW_PAPERS, because="crew answered")


@handles(DutyChanged)
def have_the_brief_made_anew_for_a_duty(event: DutyChanged) -> None:
    """When somebody reports and ends stands in the crew's brief."""
    found = DutyPeriod.objects.filter(pk=event.duty_id).values_list("trip_id", flat=True)
    for trip_id in found:
        _have_made_anew(trip_id, ("internal_itinerary",), because="duty changed")


@handles(ServiceChanged)
def have_itineraries_made_anew_for_a_service(event: ServiceChanged) -> None:
    """So does what is arranged on the ground."""
    found = ServiceItem.objects.filter(pk=event.service_id).values_list("trip_id", flat=True)
    for trip_id in found:
        _have_made_anew(trip_id, ITINERARIES, because="service changed")


@handles(TripReleased)
def have_the_release_printed_anew(event: TripReleased) -> None:
    """A document shows the newest release."""
    _have_made_anew(event.trip_id, RELEASE_PAPERS, because="released")


@handles(TripReleaseRevoked)
def have_the_revocation_printed(event: TripReleaseRevoked) -> None:
    """A release on paper that was taken back says so."""
    _have_made_anew(event.trip_id, RELEASE_PAPERS, because="release revoked")


@handles(MedicalRequirementChanged)
def have_the_patients_papers_made_anew(event: MedicalRequirementChanged) -> None:
    """What the patient needs stands on them."""
    for trip_id in _trips(requirement=event.requirement_id):
        _have_made_anew(trip_id, PATIENT_PAPERS, because="what the patient needs changed")


@handles(PatientChanged)
def have_papers_of_a_changed_patient_made_anew(event: PatientChanged) -> None:
    """Who the patient is, and what ails them."""
    for trip_id in _trips(requirement__patient=event.patient_id):
        _have_made_anew(trip_id, PATIENT_PAPERS, because="patient's record changed")


@handles(DeclineRecorded)
def judge_trips_that_others_refused(event: DeclineRecorded) -> None:
    """What another operator would not fly is said where the trip is judged (14 CFR 135.617)."""
    found = trips_refused_by(Decline.objects.get(pk=event.decline_id))
    touch(*(f"trip:{pk}" for pk in found), because="refused by another operator")


@handles(ProviderChanged)
def judge_trips_where_an_aerodrome_is_attended_otherwise(event: ProviderChanged) -> None:
    """When a handler is there decides whether a flight may leave or arrive (OPS-HOURS)."""
    if event.kind == FBO._meta.model_name:
        touch(attended_key(event.airport_id), because="hours of a handler")


@handles(DocumentsDueForReissue)
def judge_trips_whose_papers_are_overtaken(event: DocumentsDueForReissue) -> None:
    """Papers in somebody's hands that are no longer so are said where the trip is judged."""
    _judge_anew(event.document_ids, "papers to be made anew")


@handles(DocumentGenerated)
def judge_trips_whose_paper_was_made(event: DocumentGenerated) -> None:
    """The new issue says what is so."""
    _judge_anew([event.document_id], "paper made")


@handles(DocumentStands)
def judge_trips_whose_paper_stands(event: DocumentStands) -> None:
    """Looked at again, it did all along; or it is gone."""
    _judge_anew([event.document_id], "paper stands")


@handles(QuoteAccepted)
def have_the_contract_show_the_acceptance(event: QuoteAccepted) -> None:
    """A contract made before says nothing of who accepted it."""
    mark_for_reissue(
        OFFER,
        event.version_id,
        at=timezone.now(),
        kinds=["charter_contract"],
        reason="offer accepted",
    )


def _have_crew_lists_made_anew(user_id: int, *, because: str) -> None:
    # Of what is still to be flown; papers of flown trips say what was so.
    trips = Trip.objects.live().filter(legs__crew__in=CrewLine.objects.filter(person=user_id))
    for trip_id in sorted(set(trips.values_list("pk", flat=True))):
        _have_made_anew(trip_id, ("crew_list",), because=because)


def _judge_anew(document_ids: list[int], because: str) -> None:
    rows = Document.objects.filter(pk__in=document_ids, subject_type=TRIP, kind__in=HANDED_OUT)
    found = set(rows.values_list("subject_id", flat=True))
    touch(*(f"trip:{pk}" for pk in found), because=because)


def _trips(**of: int) -> list[int]:
    return list(Trip.objects.filter(**of).order_by("pk").values_list("pk", flat=True))


def _have_made_anew(trip_id: int, kinds: tuple[str, ...], *, because: str) -> None:
    mark_for_reissue(TRIP, trip_id, at=timezone.now(), kinds=kinds, reason=because)


@handles(OccurrenceReported)
def tell_who_tells_the_board(event: OccurrenceReported) -> None:
    """The notice is due at once: nobody should find out by looking."""
    occurrence = Occurrence.objects.select_related("aircraft").get(pk=event.occurrence_id)
    notices.tell_of_occurrence(occurrence, at=timezone.now())


@handles(OccurrenceReminded)
def remind_who_tells_the_board(event: OccurrenceReminded) -> None:
    """A clock of the NTSB turned amber or red."""
    rows = OccurrenceReminder.objects.select_related("occurrence__aircraft")
    notices.tell_of_reminder(rows.get(pk=event.reminder_id), at=timezone.now())


@handles(BreachReported)
def tell_who_tells_the_persons(event: BreachReported) -> None:
    """Without unreasonable delay: nobody should find out by looking."""
    breach = PrivacyBreach.objects.get(pk=event.breach_id)
    notices.tell_of_breach(breach, step="", at=timezone.now())


@handles(BreachReminded)
def remind_who_tells_the_persons(event: BreachReminded) -> None:
    """Half of the time is gone, or all of it."""
    breach = PrivacyBreach.objects.get(pk=event.breach_id)
    notices.tell_of_breach(breach, step=event.color, at=timezone.now())


@handles(PatientMatched)
def ask_whether_two_patients_are_one(event: PatientMatched) -> None:
    """Somebody registered a patient who looks like one on file, and was not told."""
    rows = PatientMatch.objects.select_related("patient", "looks_like")
    notices.tell_of_match(rows.get(pk=event.match_id), at=timezone.now())


@handles(GlassBroken)
def have_the_emergency_reviewed(event: GlassBroken) -> None:
    """Nobody had to be asked before; somebody asks after."""
    rows = BreakGlass.objects.select_related("user")
    notices.tell_of_glass(rows.get(pk=event.glass_id), at=timezone.now())

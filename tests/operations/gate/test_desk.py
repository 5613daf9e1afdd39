"""The page of a trip: can it fly, why not, what next."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from common.compliance.findings import Stage
from common.models import ComplianceState
from operations.models import FlightRelease, Patient, PatientAccess, TripEvidence
from operations.services.assessment import assess_trip, record_assessment
from operations.services.releases import release_trip
from tests.browser import enter
from tests.desk import (
    MOST_STATEMENTS,
    facts,
    mark_of,
    offered,
    page_address,
    press,
    said,
    standing_of,
    step_address,
    text_of,
)
from tests.operations.factories import DEPARTURE, ServiceItemFactory
from tests.operations.gate.scene import AT, statuses
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
VERBS = ("view", "confirm", "plan", "release", "move", "cancel", "abort", "close")
DESK = [f"operations.{verb}_trip" for verb in VERBS]


@pytest.fixture
def trip(trip):
    with time_machine.travel(AT, tick=False):
        yield trip


@pytest.fixture
def screen(trip):
    """A coordinator who may do everything to trips and sees no patient."""
    return signed_in(*DESK)


def signed_in(*permissions):
    person, client = UserFactory(), Client()
    grant(person, *permissions)
    enter(client, person)
    return client


def judged(trip, at=AT):
    record_assessment(assess_trip(trip, stage=Stage.RELEASE, at=at))


def test_a_released_trip_can_fly(screen, trip):
    release_trip(trip, acknowledgements=[], actor=UserFactory(first_name="Bo"), at=AT)

    standing = standing_of(screen, trip)

    assert standing.headline == "Released: can fly, nothing red or amber"
    assert standing.badge.word == "green"
    assert "Bo" in facts(standing, "The trip")["Release"].value
    assert list(facts(standing, "Legs")) == ["1. KBOI to KGEG", "2. KGEG to KBOI"]
    assert facts(standing, "Legs")["1. KBOI to KGEG"].detail == "patient on board"


def test_what_stands_in_the_way_has_citation_and_leads_to_where_it_is_put_right(trip):
    names = [f"operations.view_{name}" for name in ("tripevidence", "tripleg", "crewline")]
    screen = signed_in(*DESK, *names)
    TripEvidence.objects.filter(trip=trip, kind="briefing").delete()
    trip.legs.update(landing_distance_m=2000)
    judged(trip)

    standing = standing_of(screen, trip)

    assert standing.color == "red"
    assert standing.headline.startswith("Planning: cannot fly, ")
    rules = [problem.rule for problem in standing.problems]
    assert rules.index("FAR-135.385") < rules.index("FAR-135.117")
    briefing = standing.problems[rules.index("FAR-135.117")]
    assert "135.117" in briefing.citation
    assert briefing.link.endswith(f"/tripevidence/?q={trip.number}")
    assert screen.get(briefing.link).status_code == 200


def test_a_stale_answer_is_never_shown_as_green(screen, trip):
    release_trip(trip, acknowledgements=[], actor=UserFactory(), at=AT)
    # The report of the destination is too old to speak for the arrival then.
    with time_machine.travel(AT + timedelta(minutes=26), tick=False):
        standing = standing_of(screen, trip)

    assert standing.badge.word == "stale, was green"
    assert "time alone" in standing.stale.because
    assert "can fly" not in standing.headline.split("whether")[0]


def test_a_trip_that_nobody_judged_is_not_green(screen, trip):
    ComplianceState.objects.all().delete()

    assert standing_of(screen, trip).badge.word == "not judged"


def test_a_trip_is_released_and_flown_by_buttons(screen, trip):
    assert press(screen, trip, "release").status_code == 302
    assert FlightRelease.objects.live().filter(trip=trip).exists()
    with time_machine.travel(DEPARTURE, tick=False):
        judged(trip, DEPARTURE)
        assert offered(screen, trip)["move-out"] == ""
        assert "move-off" not in offered(screen, trip)
        answer = press(screen, trip, "move-out")
        if answer.status_code == 409:
            notes = dict.fromkeys(answer.context["form"].notes, "Seen")
            assert notes
            answer = press(screen, trip, "move-out", **notes)
        assert said(answer)[-1] == f"{trip}: off blocks recorded."
    trip.refresh_from_db()
    assert trip.status == "active"
    assert trip.legs.get(sequence=1).actual_out_at == DEPARTURE
    assert "move-off" in offered(screen, trip)


def test_a_button_moves_the_flight_it_names_and_no_other(screen, trip):
    press(screen, trip, "release")
    with time_machine.travel(DEPARTURE, tick=False):
        judged(trip, DEPARTURE)
        shown = str(trip.legs.get(sequence=1).pk)
        assert "Record off blocks, now: leg 1, KBOI to KGEG" in text_of(
            screen.get(page_address(trip))
        )
        trip.legs.filter(sequence=1).update(
            status="in",
            actual_out_at=DEPARTURE - timedelta(hours=3),
            actual_off_at=DEPARTURE - timedelta(hours=3),
            actual_on_at=DEPARTURE - timedelta(hours=2),
            actual_in_at=DEPARTURE - timedelta(hours=2),
        )
        answer = press(screen, trip, "move-out", seen=shown)

    assert answer.status_code == 409
    assert "changed since the page was made" in answer.context["refusal"]
    assert trip.legs.get(sequence=2).actual_out_at is None


def test_a_plan_that_nobody_looked_at_is_not_released(screen, trip):
    shown = mark_of(screen, trip, "release")
    trip.legs.filter(sequence=2).update(landing_distance_m=1990)

    assert press(screen, trip, "release", seen=shown).status_code == 409
    assert not FlightRelease.objects.exists()


def test_a_refused_release_shows_the_reasons_and_changes_nothing(screen, trip):
    trip.legs.update(landing_distance_m=9000)

    answer = press(screen, trip, "release")

    assert answer.status_code == 409
    assert "FAR-135.385" in text_of(answer)
    assert "nothing was changed" in text_of(answer)
    assert not FlightRelease.objects.exists()
    assert statuses(trip)[0] == "planning"


def test_amber_rules_are_acknowledged_one_by_one(screen, trip):
    TripEvidence.objects.filter(trip=trip, kind="briefing").delete()

    bare = press(screen, trip, "release")
    assert bare.status_code == 400
    assert not FlightRelease.objects.exists()
    press(screen, trip, "release", **{"note_FAR-135.117": "By telephone"})

    assert FlightRelease.objects.get().acknowledgements == [
        {"rule": "FAR-135.117", "note": "By telephone"}
    ]


def test_the_same_release_sent_twice_is_one(screen, trip):
    press(screen, trip, "release")
    again = press(screen, trip, "release")

    assert said(again)[-1].endswith("sent twice and done once: released.")
    assert FlightRelease.objects.count() == 1


@pytest.mark.parametrize("reason", ["", "x" * 2001])
def test_a_trip_is_not_cancelled_without_a_reason_of_a_proper_length(screen, trip, reason):
    assert press(screen, trip, "cancel", reason=reason).status_code == 400
    trip.refresh_from_db()
    assert trip.status == "planning"


def test_without_the_grant_there_is_no_button_and_the_post_is_forbidden(trip):
    reader = signed_in("operations.view_trip")

    assert offered(reader, trip) == {}
    assert press(reader, trip, "release").status_code == 403
    assert press(reader, trip, "cancel", reason="No").status_code == 403
    trip.refresh_from_db()
    assert trip.status == "planning"


def test_without_a_look_at_trips_there_is_no_page_and_no_step(trip):
    nobody = signed_in("operations.cancel_trip")

    assert nobody.get(page_address(trip)).status_code == 403
    assert press(nobody, trip, "cancel", reason="No").status_code == 403
    assert Client().get(step_address(trip, "cancel")).status_code == 302
    trip.refresh_from_db()
    assert trip.status == "planning"


def test_a_patient_is_a_mass_and_a_stretcher_to_who_may_know_it_and_a_name_to_nobody(trip):
    patient = trip.requirement.patient
    Patient.objects.get(pk=patient.pk)
    patient.family_name, patient.given_names = "Zwettler", "Ottilie"
    patient.diagnosis = "Polytrauma after a fall"
    patient.save()
    blind, desk = signed_in(*DESK), signed_in(*DESK, "operations.view_needs_patient")
    doctor = signed_in(*DESK, "operations.view_identity_patient", "operations.view_medical_patient")
    root = Client()
    enter(root, UserFactory(is_superuser=True))

    seen = {
        name: screen.get(page_address(trip))
        for name, screen in (("blind", blind), ("desk", desk), ("doctor", doctor), ("root", root))
    }

    for page in seen.values():
        for word in ("Zwettler", "Ottilie", "Polytrauma"):
            assert word not in page.content.decode()
    assert "82 kg" not in text_of(seen["blind"])
    assert patient.number not in text_of(seen["blind"])
    assert "patient, 82 kg, stretcher" in text_of(seen["desk"])
    # A mass is no look at a person.
    assert not PatientAccess.objects.exists()


def test_a_reason_that_names_the_patient_is_refused(screen, trip):
    patient = trip.requirement.patient
    patient.family_name = "Zwettler"
    patient.save()

    answer = press(screen, trip, "cancel", reason="Mrs Zwettler is better")

    assert answer.status_code == 400
    trip.refresh_from_db()
    assert trip.status == "planning"


def test_services_that_are_not_confirmed_are_named(screen, trip):
    ServiceItemFactory(trip=trip, kind="fuel", status="requested", is_required=True)

    left = facts(standing_of(screen, trip), "Services not confirmed")

    assert any("requested" in fact.value.lower() for fact in left.values())


def test_the_page_asks_little_of_the_database(trip):
    root = Client()
    enter(root, UserFactory(is_superuser=True))
    release_trip(trip, acknowledgements=[], actor=UserFactory(), at=AT)
    root.get(page_address(trip))

    with CaptureQueriesContext(connection) as asked:
        root.get(page_address(trip))

    assert len(asked) <= MOST_STATEMENTS, [q["sql"][:90] for q in asked.captured_queries]

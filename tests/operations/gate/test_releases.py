from datetime import timedelta

import pytest
from django.utils import timezone

from common.compliance.decisions import override
from common.compliance.findings import Stage
from common.exceptions import InvalidInput, TransitionNotAllowed
from common.models import AuditEvent, OutboxEvent, Verdict
from documents.models import Document
from operations.exceptions import (
    AcknowledgementsMissing,
    FlightReleaseMissing,
    NotLegal,
    ReleaseOutdated,
    TripMoved,
)
from operations.models import FlightRelease, Trip, TripLeg
from operations.services.assessment import assess_trip, record_assessment
from operations.services.evidence import brief_leg, record_evidence, withdraw_evidence
from operations.services.gate import require_no_red
from operations.services.movements import record_movement
from operations.services.releases import recheck_plan, recheck_release, release_trip, revoke_release
from operations.services.trip_changes import take_release_back
from operations.services.worksheets import sign
from tests.operations import legal_world
from tests.operations.factories import DEPARTURE, PassengerFactory
from tests.operations.gate.scene import AT, SPOKANE, SUBJECT, first_pilot, statuses, weather
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(minutes=5)


def somebody():
    return UserFactory(is_superuser=True)


def released(trip):
    return release_trip(trip, acknowledgements=[], actor=somebody(), at=AT)


def test_a_trip_that_may_go_is_released_with_its_legs(trip):
    release = released(trip)

    assert statuses(trip) == ("released", ["released", "released"])
    assert release.plan_hash == trip.plan_hash
    assert release.verdict.color == "green"
    assert [leg["to"] for leg in release.document["legs"]] == ["KGEG", "KBOI"]
    assert {line["role"] for line in release.document["crew"]} == {"pic", "sic", "flight_nurse"}


@pytest.mark.parametrize("doing", ["sent", "booked", "crewed", "released"])
def test_the_gate_refuses_every_step_with_rule_citation_limit_and_value(doing, trip):
    trip.legs.update(fuel_on_board_kg=600)

    with pytest.raises(NotLegal) as refusal:
        require_no_red(trip, stage=Stage.PLANNING, at=AT, doing=doing)

    assert doing in str(refusal.value)
    found = refusal.value.details["findings"]
    # 400 kg, and 45 min at 360 kg/h, which burns most.
    assert {(f["rule"], f["citation"], f["value"], f["limit"]) for f in found} == {
        ("FAR-135.223-FUEL", "14 CFR 135.223(a)", 600, 670.0),
        ("FAR-91.167", "14 CFR 91.167", 600, 670.0),
    }


def test_the_gate_stores_the_verdict_it_let_pass(trip):
    verdict = require_no_red(trip, stage=Stage.PLANNING, at=AT, doing="booked")

    assert Verdict.objects.get(subject_type=SUBJECT, subject_id=trip.pk) == verdict


def test_an_amber_finding_needs_an_acknowledgement(trip):
    trip.evidence.filter(kind="briefing").delete()

    with pytest.raises(AcknowledgementsMissing) as refusal:
        release_trip(trip, acknowledgements=[], actor=somebody(), at=AT)
    note = {"rule": "FAR-135.117", "note": "Briefed on the apron"}
    release = release_trip(trip, acknowledgements=[note], actor=somebody(), at=AT)

    assert [f["rule"] for f in refusal.value.details["findings"]] == ["FAR-135.117"]
    assert release.acknowledgements == [note]


def test_an_override_lets_it_pass_and_prints_on_the_release(trip):
    boss = somebody()
    trip.legs.update(landing_distance_m=2000)
    record_assessment(assess_trip(trip, stage=Stage.PLANNING, at=AT))
    override(
        subject_type=SUBJECT,
        subject_id=trip.pk,
        rule="FAR-135.385",
        reason="Analysis 14 of the aerodrome",
        actor=boss,
        at=AT,
    )
    # The worksheet was signed for other landing distances.
    sheet = trip.risk_worksheet
    sheet.plan_hash = assess_trip(trip, stage=Stage.PLANNING, at=AT).collected.facts.plan_hash
    sheet.save()

    note = {"rule": "FAR-135.385", "note": "Seen"}
    release = release_trip(trip, acknowledgements=[note], actor=boss, at=AT)

    assert release.document["overrides"] == [
        {
            "rule": "FAR-135.385",
            "citation": "14 CFR 135.385",
            "reason": f"{boss}: Analysis 14 of the aerodrome",
        }
    ]


def test_worse_weather_revokes_the_release_within_one_run_of_the_handlers(
    run_tasks, monkeypatch, trip
):
    monkeypatch.setattr(timezone, "now", lambda: LATER)
    release = released(trip)
    run_tasks()
    assert statuses(trip)[0] == "released"

    weather("KGEG", SPOKANE, metar="27008KT 0400 FG VV001 02/02 A3010", taf="VRB02KT 0400 FG VV001")
    run_tasks()

    release.refresh_from_db()
    assert statuses(trip) == ("planning", ["scheduled", "scheduled"])
    assert "FAR-135.219" in release.revoked_because


def test_a_report_that_grows_old_revokes_no_release_before_it_is_too_old(
    run_tasks, monkeypatch, trip
):
    """The report of ten minutes ago speaks for the arrival from 25 minutes after the release on."""
    release = released(trip)
    for later in (51, 109):
        moment = AT + timedelta(minutes=later)
        monkeypatch.setattr(timezone, "now", lambda moment=moment: moment)
        judged = assess_trip(trip, stage=Stage.RELEASE, at=moment)
        ambers = {f.rule for f in judged.assessment.cautions}
        record_assessment(judged)
        run_tasks()

        assert ambers == {"WX-AGE"}
        assert statuses(trip)[0] == "released"

    too_late = AT + timedelta(minutes=111)
    verdict = record_assessment(assess_trip(trip, stage=Stage.RELEASE, at=too_late))

    assert recheck_release(trip, verdict, at=too_late)
    release.refresh_from_db()
    assert "WX-AGE" in release.revoked_because


def test_a_paper_to_be_made_anew_revokes_no_release(trip):
    """The flight is the one that was released."""
    released(trip)
    Document.objects.create(
        number="DC-2026-0001",
        kind="crew_list",
        title="Crew list",
        subject_type="operations.trip",
        subject_id=trip.pk,
        is_reissue_due=True,
        classification="internal",
        file_name="x.pdf",
        media_type="application/pdf",
        size_bytes=1,
        sha256="0" * 64,
        generated_at=AT,
    )

    judged = assess_trip(trip, stage=Stage.RELEASE, at=AT)

    assert {f.rule for f in judged.assessment.cautions} == {"DOC-FREEZE"}
    assert not recheck_release(trip, record_assessment(judged), at=AT)


def test_another_finding_of_a_rule_that_was_acknowledged_revokes_the_release(
    run_tasks, monkeypatch, trip
):
    monkeypatch.setattr(timezone, "now", lambda: LATER)
    rain = {"metar": "27008KT 9999 -RA SCT050 02/00 A3010", "taf": "27008KT 9999 -RA SCT050"}
    weather("KGEG", SPOKANE, **rain)
    note = {"rule": "WX-ICE", "note": "Wings sprayed"}
    release = release_trip(trip, acknowledgements=[note], actor=somebody(), at=AT)
    run_tasks()
    # The same again, a minute later.
    weather("KGEG", SPOKANE, now=AT + timedelta(minutes=1), **rain)
    run_tasks()
    assert statuses(trip)[0] == "released"

    snow = {"metar": "27008KT 9999 -SN SCT050 02/00 A3010", "taf": "27008KT 9999 -SN SCT050"}
    weather("KGEG", SPOKANE, now=AT + timedelta(minutes=2), **snow)
    run_tasks()

    release.refresh_from_db()
    assert statuses(trip)[0] == "planning"
    assert "-SN" in release.revoked_because


def test_a_changed_plan_revokes_the_release_within_one_run_of_the_handlers(
    run_tasks, monkeypatch, trip
):
    monkeypatch.setattr(timezone, "now", lambda: LATER)
    release = released(trip)
    run_tasks()
    assert statuses(trip)[0] == "released"

    leg = TripLeg.objects.get(trip=trip, sequence=1)
    brief_leg(leg, changes={"fuel_on_board_kg": 1150}, version=None, actor=somebody(), at=LATER)
    run_tasks()

    release.refresh_from_db()
    assert statuses(trip) == ("planning", ["scheduled", "scheduled"])
    assert release.revoked_at == LATER


@pytest.mark.parametrize(
    ("name", "end"), [("alternate", "destination"), ("takeoff_alternate", "origin")]
)
def test_where_a_leg_ends_or_begins_is_no_alternate_for_it(trip, name, end):
    leg = TripLeg.objects.get(trip=trip, sequence=1)

    with pytest.raises(InvalidInput) as refused:
        brief_leg(leg, changes={name: getattr(leg, end)}, version=None, actor=somebody(), at=LATER)

    assert refused.value.details["pointer"] == f"/{name}"


def test_withdrawn_evidence_revokes_the_release(run_tasks, monkeypatch, trip):
    monkeypatch.setattr(timezone, "now", lambda: LATER)
    release = released(trip)
    run_tasks()

    withdraw_evidence(
        trip.evidence.get(kind="consent"), reason="Not signed", actor=somebody(), at=LATER
    )
    run_tasks()

    release.refresh_from_db()
    assert "DOC-CONSENT" in release.revoked_because


def test_news_that_change_nothing_leave_the_release(run_tasks, monkeypatch, trip):
    monkeypatch.setattr(timezone, "now", lambda: LATER)
    released(trip)
    record_evidence(trip=trip, kind="cargo_manifest", reference="nil", actor=somebody(), at=LATER)
    run_tasks()

    assert statuses(trip)[0] == "released"
    assert not recheck_plan(trip, at=LATER)


def test_a_verdict_from_before_the_release_does_not_revoke_it(trip):
    old = record_assessment(assess_trip(trip, stage=Stage.RELEASE, at=AT - timedelta(days=3)))
    release_trip(trip, acknowledgements=[], actor=somebody(), at=AT)

    assert not recheck_release(trip, old, at=LATER)


def test_a_release_is_taken_back_by_hand_once(trip):
    release = released(trip)

    revoke_release(trip, because="Crew ill", actor=somebody(), at=LATER)

    assert statuses(trip) == ("planning", ["scheduled", "scheduled"])
    assert FlightRelease.objects.get(pk=release.pk).revoked_because == "Crew ill"
    assert AuditEvent.objects.filter(action="trip.release_revoked").count() == 1
    with pytest.raises(FlightReleaseMissing):
        revoke_release(trip, because="Again", actor=somebody(), at=LATER)


def test_a_trip_that_is_not_in_planning_is_not_released(trip):
    type(trip).objects.filter(pk=trip.pk).update(status="confirmed")

    with pytest.raises(TransitionNotAllowed):
        release_trip(trip, acknowledgements=[], actor=somebody(), at=AT)


def take_off(trip, number, *, at):
    leg = trip.legs.get(sequence=number)
    out_at = max(at, leg.planned_out_at)
    legal_world.weather(out_at, *legal_world.airports_of([trip]))
    for movement, minutes in (("out", 0), ("off", 5), ("on", 55), ("in", 60)):
        moved_at = leg.planned_out_at + timedelta(minutes=minutes)
        leg = record_movement(
            leg, movement=movement, moved_at=moved_at, actor=somebody(), at=max(at, moved_at)
        )


def test_flights_planned_anew_under_way_are_weighed_and_released_again(trip):
    first = released(trip)
    take_off(trip, 1, at=DEPARTURE)
    at = DEPARTURE + timedelta(minutes=70)
    legal_world.weather(at, *legal_world.airports_of([trip]))
    leg = trip.legs.get(sequence=2)

    brief_leg(leg, changes={"fuel_on_board_kg": 1200}, version=None, actor=somebody(), at=at)
    trip.refresh_from_db()
    assert statuses(trip) == ("active", ["in", "scheduled"])
    with pytest.raises(NotLegal) as refusal:
        release_trip(trip, acknowledgements=[], actor=somebody(), at=at)
    assert {f["rule"] for f in refusal.value.details["findings"]} == {"FAR-135.617-PRA"}
    sign(trip.risk_worksheet, actor=first_pilot(trip), at=at)
    again = release_trip(trip, acknowledgements=[], actor=somebody(), at=at)

    first.refresh_from_db()
    assert first.revoked_because == "leg 2 briefed"
    assert statuses(trip) == ("active", ["in", "released"])
    assert again.plan_hash == trip.plan_hash != first.plan_hash
    take_off(trip, 2, at=at)
    assert statuses(trip)[0] == "completed"


def test_a_trip_under_way_with_nothing_left_to_release_is_not_released_again(trip):
    released(trip)
    take_off(trip, 1, at=DEPARTURE)

    with pytest.raises(TransitionNotAllowed):
        release_trip(trip, acknowledgements=[], actor=somebody(), at=DEPARTURE)


def test_no_flight_leaves_while_the_plan_is_not_the_one_released(trip):
    released(trip)
    # As when somebody was put on the manifest and the news of it are not delivered yet.
    PassengerFactory(trip=trip)

    with pytest.raises(ReleaseOutdated):
        take_off(trip, 1, at=DEPARTURE)

    assert statuses(trip) == ("released", ["released", "released"])


def test_a_release_taken_back_by_a_change_is_audited_and_announced(trip):
    release = released(trip)

    take_release_back(trip, because="amended", actor=None, at=LATER)

    assert AuditEvent.objects.filter(action="trip.release_revoked").count() == 1
    (event,) = OutboxEvent.objects.filter(name="operations.trip_release_revoked")
    assert event.payload == {"trip_id": trip.pk, "release_id": release.pk}


def test_a_trip_whose_aircraft_was_changed_meanwhile_is_not_released_on_the_old_one(trip):
    stale = Trip.objects.select_related("aircraft").get(pk=trip.pk)
    Trip.objects.filter(pk=trip.pk).update(
        aircraft=legal_world.aircraft(AT, base=trip.aircraft.base)
    )

    with pytest.raises(TripMoved):
        release_trip(stale, acknowledgements=[], actor=somebody(), at=AT)


def test_a_trip_under_way_keeps_its_release(trip):
    released(trip)
    type(trip).objects.filter(pk=trip.pk).update(status="active")

    with pytest.raises(TransitionNotAllowed):
        revoke_release(trip, because="Too late", actor=somebody(), at=DEPARTURE)

"""Off blocks: what is red refuses it, what is new and amber asks for a word, facts are kept."""

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.db import IntegrityError, transaction
from django.urls import reverse

from aircraft.services.defects import raise_defect
from common.exceptions import TransitionNotAllowed
from common.models import AuditEvent, OutboxEvent, StatusChange
from operations.exceptions import (
    AcknowledgementsMissing,
    MovementOutOfOrder,
    NotLegal,
    ReleaseOutdated,
)
from operations.models import LegDeparture, LegStatus, Trip, TripStatus
from operations.services import movements, releases, trips
from tests.operations import legal_world
from tests.operations.trip_world import (
    HOUR,
    START,
    accepted_quote,
    fly,
    leg_of,
    minutes,
    piloted,
)
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
SEEN = [{"rule": "WX-AGE", "note": "Seen from the stand"}]
EVENT = "operations.departed_unpermitted"


@pytest.fixture
def desk():
    return UserFactory()


@pytest.fixture
def trip():
    """Released on reports that are 100 minutes old when it leaves."""
    return piloted()


def leave(trip, desk, *, number=1, at=START, **more):
    return movements.record_movement(
        leg_of(trip, number), movement="out", actor=desk, at=at, **{"moved_at": at, **more}
    )


def test_what_turned_amber_since_the_release_is_acknowledged_before_it_leaves(trip, desk):
    with pytest.raises(AcknowledgementsMissing) as refusal:
        leave(trip, desk)

    assert {f["rule"] for f in refusal.value.details["findings"]} == {"WX-AGE"}
    assert "begun" in str(refusal.value)
    assert leg_of(trip, 1).status == LegStatus.RELEASED

    row = leave(trip, desk, acknowledgements=SEEN)

    departure = row.departures.get()
    assert (departure.acknowledgements, departure.findings, departure.reason) == (SEEN, [], "")
    assert (departure.out_at, departure.recorded_by) == (START, desk)
    assert departure.verdict.stage == "release"
    assert not OutboxEvent.objects.filter(name=EVENT).exists()


def test_what_was_acknowledged_with_the_release_needs_no_other_word(desk):
    trip = piloted()
    releases.revoke_release(trip, because="Crew asks", actor=desk, at=START - minutes(20))
    trip.refresh_from_db()
    releases.release_trip(trip, acknowledgements=SEEN, actor=desk, at=START - minutes(10))

    assert leave(trip, desk).status == LegStatus.OUT


def test_what_was_acknowledged_at_one_departure_needs_no_other_word_at_the_next(trip, desk):
    leave(trip, desk, acknowledgements=SEEN)
    movements.return_to_stand(leg_of(trip, 1), reason="Door", actor=desk, at=START + minutes(4))

    assert leave(trip, desk, at=START + minutes(5)).status == LegStatus.OUT
    assert LegDeparture.objects.count() == 2


def test_a_flight_that_had_left_is_written_down_whatever_the_rules_find(trip, desk):
    legal_world.weather(START, *legal_world.airports_of([trip]))
    raise_defect(trip.aircraft, description="Cracked windscreen", actor=desk, at=START)
    later = START + minutes(25)
    told = {"moved_at": START, "reason": "Told by radio"}
    for refused in ({}, {"moved_at": START}, {"reason": "In a hurry"}):
        with pytest.raises(NotLegal):
            leave(trip, desk, at=later, **refused)

    row = leave(trip, desk, at=later, **told)

    departure = row.departures.get()
    reds = [f["rule"] for f in departure.findings if f["color"] == "red"]
    assert reds == ["FAR-135.179-MEL"]
    assert departure.reason == "Told by radio"
    assert (row.actual_out_at, row.status) == (START, LegStatus.OUT)
    event = OutboxEvent.objects.get(name=EVENT)
    assert event.payload["departure_id"] == departure.pk
    deed = AuditEvent.objects.get(action="leg.out")
    assert (deed.reason, deed.details["against"]) == ("Told by radio", reds)


def test_a_flight_that_had_left_without_a_release_is_written_down_too(trip, desk):
    releases.revoke_release(trip, because="Weather", actor=desk, at=START - minutes(5))
    legal_world.weather(START, *legal_world.airports_of([trip]))
    later = START + minutes(20)
    with pytest.raises(MovementOutOfOrder):
        leave(trip, desk, at=later)

    row = leave(trip, desk, at=later, moved_at=START, reason="Nobody told them")

    assert [f["rule"] for f in row.departures.get().findings] == ["OPS-RELEASE"]
    trip.refresh_from_db()
    assert (trip.status, row.status) == (TripStatus.ACTIVE, LegStatus.OUT)
    step = StatusChange.objects.filter(to_status="active").get()
    assert (step.from_status, step.reason) == ("planning", "Nobody told them")
    for name, moment in (("off", 25), ("on", 50), ("in", 55)):
        moved = START + minutes(moment)
        movements.record_movement(
            leg_of(trip, 1), movement=name, moved_at=moved, actor=desk, at=moved
        )
    # The flights that are left wait for a release as ever.
    with pytest.raises(TransitionNotAllowed):
        leave(trip, desk, number=2, at=START + 3 * HOUR)
    now = START + 2.5 * HOUR
    legal_world.file_papers(trip, now)
    legal_world.sign_worksheet(trip, now)
    legal_world.weather(now, *legal_world.airports_of([trip]))
    releases.release_trip(trip, acknowledgements=[], actor=desk, at=now)
    assert fly(leg_of(trip, 2)).status == LegStatus.IN


def test_a_release_of_another_plan_does_not_stop_a_fact(trip, desk):
    legal_world.weather(START, *legal_world.airports_of([trip]))
    trip.legs.filter(sequence=3).update(fuel_on_board_kg=1300)
    with pytest.raises(ReleaseOutdated):
        leave(trip, desk)

    row = leave(trip, desk, at=START + minutes(5), moved_at=START, reason="Radio out")

    assert "OPS-RELEASE" in {f["rule"] for f in row.departures.get().findings}


def test_a_flight_of_a_hold_is_none(desk, now):
    held = trips.hold_aircraft(accepted_quote(status="sent").versions.get(), actor=desk, at=now)

    with pytest.raises(MovementOutOfOrder):
        leave(held, desk, at=START + HOUR, moved_at=START, reason="Left")
    assert Trip.objects.get().status == TripStatus.TENTATIVE


def test_the_database_keeps_no_departure_against_findings_without_a_reason(trip, desk):
    row = leave(trip, desk, acknowledgements=SEEN)

    with pytest.raises(IntegrityError, match="says_why"), transaction.atomic():
        row.departures.update(findings=[{"rule": "OPS-RELEASE"}])


def test_over_http_the_acknowledgement_goes_with_the_departure(trip, client_for):
    pilot = UserFactory()
    grant(pilot, "operations.view_tripleg", "operations.move_trip")
    client, address = client_for(pilot), f"/api/operations/legs/{leg_of(trip, 1).pk}/move/"

    with time_machine.travel(START, tick=False):
        refused = client.post(address, {"movement": "out"})
        wrong = client.post(address, {"movement": "off", "reason": "x"})
        left = client.post(address, {"movement": "out", "acknowledgements": SEEN})

    assert (refused.status_code, refused.json()["code"]) == (409, "acknowledgement_missing")
    assert "WX-AGE" in refused.json()["detail"]
    assert wrong.status_code == 400
    assert left.status_code == 200, left.json()
    (departure,) = left.json()["departures"]
    assert (departure["acknowledgements"], departure["findings"]) == (SEEN, [])


def test_only_who_may_states_that_a_flight_had_left(trip, client_for, person_in):
    raise_defect(trip.aircraft, description="Cracked windscreen", actor=trip.coordinator, at=START)
    address = f"/api/operations/legs/{leg_of(trip, 1).pk}/"
    told = {"moved_at": START.isoformat(), "reason": "Told by radio"}
    mover = UserFactory()
    grant(mover, "operations.view_tripleg", "operations.move_trip")
    nurse, pilot = client_for(person_in("medical_staff")), client_for(person_in("pilot"))

    with time_machine.travel(START + minutes(25), tick=False):
        answers = [
            client_for(mover).post(f"{address}had-left/", told),
            nurse.post(f"{address}had-left/", told),
            # A reason opens no other way around the gate.
            nurse.post(f"{address}move/", {"movement": "out", **told}),
            nurse.post(f"{address}move/", {"movement": "out", "moved_at": told["moved_at"]}),
            pilot.post(f"{address}had-left/", {"moved_at": told["moved_at"]}),
        ]
        assert not LegDeparture.objects.exists()
        done = pilot.post(f"{address}had-left/", told, HTTP_IDEMPOTENCY_KEY="one")
        again = pilot.post(f"{address}had-left/", told, HTTP_IDEMPOTENCY_KEY="one")
        late = pilot.post(f"{address}had-left/", told)

    assert [answer.status_code for answer in answers] == [403, 403, 400, 409, 400]
    assert (done.status_code, again.data, late.status_code) == (200, done.data, 409)
    departure = LegDeparture.objects.get()
    assert "FAR-135.179-MEL" in {finding["rule"] for finding in departure.findings}
    assert (departure.out_at, departure.reason) == (START, "Told by radio")


def test_in_the_admin_amber_is_acknowledged_rule_by_rule(trip, client):
    person = UserFactory()
    grant(person, "operations.view_tripleg", "operations.move_trip")
    client.force_login(person, backend="users.backends.RoleBackend")
    url = reverse("admin:operations_tripleg_changelist")

    def out(notes):
        sent = {"sure": "1", "_selected_action": [leg_of(trip, 1).pk], "acknowledgements": notes}
        with time_machine.travel(START, tick=False):
            answer = client.post(url, {"action": "next_movement", **sent})
        return str(list(get_messages(answer.wsgi_request))[-1])

    assert "not acknowledged, WX-AGE." in out("")
    assert "Write RULE: note" in out("Seen from the stand")
    assert "not acknowledged, WX-AGE." in out("WX-ICE: Seen from the stand")
    assert leg_of(trip, 1).status == LegStatus.RELEASED
    assert "recorded" in out("WX-AGE: Seen from the stand; WX-ICE: None about")

    departure = leg_of(trip, 1).departures.get()
    assert departure.acknowledgements == [*SEEN, {"rule": "WX-ICE", "note": "None about"}]
    assert departure.recorded_by == person

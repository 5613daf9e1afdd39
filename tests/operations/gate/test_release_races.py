"""A release against a change of the trip: never one over a changed plan, but with the guard off."""

import time
from threading import Event
from typing import Any

import pytest
import time_machine

from aircraft.services.defects import raise_defect
from common.exceptions import TransitionNotAllowed
from operations.exceptions import CrewNotAnswered, NotLegal
from operations.models import CrewLine, CrewStatus, FlightRelease, Trip, TripLeg
from operations.plan_hash import plan_hash
from operations.services import releases
from operations.services.amendments import amend_trip
from operations.services.crew import decline_place, release_place
from operations.services.evidence import brief_leg
from operations.services.passengers import add_passenger
from tests.common.concurrency import at_once, kinds
from tests.operations.gate.scene import AT, ready_trip, statuses
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
# Seconds that the change has a head start: either may come first.
HEAD_STARTS = (0.0, 0.02, 0.05)


@pytest.fixture
def trip():
    """A trip that may go."""
    with time_machine.travel(AT, tick=False):
        yield ready_trip()


def fresh(trip: Trip) -> Trip:
    return Trip.objects.select_related("aircraft").get(pk=trip.pk)


def release(trip: Trip, *, later_s: float = 0.0) -> Any:
    row, chief = fresh(trip), UserFactory()

    def give() -> Any:
        time.sleep(later_s)
        return releases.release_trip(row, acknowledgements=[], actor=chief, at=AT)

    return give


def amending(trip: Trip) -> Any:
    row, desk = fresh(trip), UserFactory()
    changes = {"legs": [{"sequence": 1, "landing_distance_m": 950}]}
    return lambda: amend_trip(row, changes=changes, version=None, actor=desk, at=AT)


def briefing(trip: Trip) -> Any:
    leg, desk = TripLeg.objects.get(trip=trip, sequence=1), UserFactory()
    changes = {"fuel_on_board_kg": 1200}
    return lambda: brief_leg(leg, changes=changes, version=None, actor=desk, at=AT)


def nurse_of(trip: Trip) -> CrewLine:
    lines = CrewLine.objects.select_related("person")
    return lines.get(leg__trip=trip, leg__sequence=1, role="flight_nurse")


def declining(trip: Trip) -> Any:
    nurse = nurse_of(trip)
    return lambda: decline_place(nurse, actor=nurse.person, at=AT)


def standing_down(trip: Trip) -> Any:
    nurse, desk = nurse_of(trip), UserFactory()
    return lambda: release_place(nurse, reason="Ill", actor=desk, at=AT)


def boarding(trip: Trip) -> Any:
    row, desk = fresh(trip), UserFactory()
    return lambda: add_passenger(row, legs=[1], role="escort", mass_kg=70, actor=desk, at=AT)


def grounding(trip: Trip) -> Any:
    row, mechanic = fresh(trip).aircraft, UserFactory()
    return lambda: raise_defect(row, description="Cracked windscreen", actor=mechanic, at=AT)


def assert_settled(trip: Trip) -> None:
    """Released on the plan as it stands and was judged, or not released at all."""
    status, legs = statuses(trip)
    live = FlightRelease.objects.live().filter(trip=trip).select_related("verdict").first()
    if live is None:
        assert (status, legs) == ("planning", ["scheduled"] * 2)
        return
    assert (status, legs) == ("released", ["released"] * 2)
    assert live.plan_hash == trip.plan_hash == plan_hash(trip) == live.verdict.facts["plan_hash"]


@pytest.mark.parametrize("head_start", HEAD_STARTS)
@pytest.mark.parametrize("change", [amending, briefing, standing_down])
def test_a_plan_changed_while_it_is_released_is_not_the_one_that_flies(trip, change, head_start):
    released, changed = at_once(release(trip, later_s=head_start), change(trip))

    assert not isinstance(changed, Exception)
    assert isinstance(released, FlightRelease | NotLegal)
    assert_settled(trip)
    # Whoever came second, the worksheet was signed for the plan before the change.
    assert statuses(trip)[0] == "planning"


@pytest.mark.parametrize("head_start", HEAD_STARTS)
def test_a_place_declined_while_the_trip_is_released_keeps_it_from_flying(trip, head_start):
    CrewLine.objects.filter(leg__trip=trip, role="flight_nurse").update(status="offered")

    released, declined = at_once(release(trip, later_s=head_start), declining(trip))

    assert declined.status == CrewStatus.DECLINED
    assert isinstance(released, CrewNotAnswered | NotLegal)
    assert_settled(trip)
    assert statuses(trip)[0] == "planning"


@pytest.mark.parametrize("head_start", HEAD_STARTS)
@pytest.mark.parametrize("change", [boarding, grounding])
def test_what_changes_beside_the_plan_takes_the_release_back_once_it_is_heard_of(
    trip, change, head_start, run_tasks
):
    released, changed = at_once(release(trip, later_s=head_start), change(trip))
    run_tasks()

    assert not isinstance(changed, Exception)
    assert isinstance(released, FlightRelease | NotLegal)
    assert_settled(trip)
    assert statuses(trip)[0] == "planning"


def test_of_four_releases_at_once_one_is_given(trip):
    outcomes = at_once(*[release(trip) for _ in range(4)])

    assert kinds(outcomes) == ["FlightRelease"] + ["TransitionNotAllowed"] * 3
    assert FlightRelease.objects.count() == 1
    assert_settled(trip)


@pytest.mark.parametrize("head_start", HEAD_STARTS)
def test_a_release_taken_back_by_hand_and_by_a_change_at_once_is_taken_back_once(trip, head_start):
    given = release(trip)()
    row, chief = fresh(trip), UserFactory()

    def revoke() -> Any:
        time.sleep(head_start)
        return releases.revoke_release(row, because="Crew ill", actor=chief, at=AT)

    outcomes = at_once(revoke, standing_down(trip))

    lost = [type(each).__name__ for each in outcomes if isinstance(each, Exception)]
    assert lost in ([], ["FlightReleaseMissing"])
    given.refresh_from_db()
    assert given.revoked_at == AT
    assert_settled(trip)


def without_locks(monkeypatch: pytest.MonkeyPatch) -> tuple[Event, Event]:
    """
    Let a release decide on what it read without a lock, and hold it until somebody changed it.

    The first event says that it has judged, the second lets it go on.
    """
    judged, go_on = Event(), Event()
    gate = releases.require_no_red

    def judge_and_wait(*args: Any, **kwargs: Any) -> Any:
        verdict = gate(*args, **kwargs)
        judged.set()
        assert go_on.wait(timeout=10)
        return verdict

    def unlocked_legs(row: Trip, status: str) -> list[TripLeg]:
        return list(TripLeg.objects.filter(trip=row, status=status).order_by("sequence"))

    monkeypatch.setattr(releases, "lock_trip", fresh)
    monkeypatch.setattr(releases, "_lock_legs", unlocked_legs)
    monkeypatch.setattr(releases, "require_no_red", judge_and_wait)
    return judged, go_on


def test_control_without_the_locks_a_trip_would_be_released_over_a_changed_plan(trip, monkeypatch):
    judged, go_on = without_locks(monkeypatch)
    stand_down = standing_down(trip)

    def change() -> Any:
        assert judged.wait(timeout=10)
        try:
            return stand_down()
        finally:
            go_on.set()

    # The crew of a verdict that is not stored yet: nothing waits for it.
    released, changed = at_once(release(trip), change)

    assert isinstance(released, FlightRelease)
    assert changed.status == CrewStatus.RELEASED
    assert statuses(trip)[0] == "released"
    assert released.plan_hash != plan_hash(trip)


def test_control_without_the_move_under_lock_two_releases_would_meet_the_database(
    trip, monkeypatch
):
    monkeypatch.setattr(releases, "lock_trip", fresh)

    outcomes = at_once(release(trip), release(trip))

    # The legs are locked still, and one live release is a constraint.
    lost = [each for each in outcomes if isinstance(each, Exception)]
    assert len(lost) == 1
    assert not isinstance(lost[0], TransitionNotAllowed)

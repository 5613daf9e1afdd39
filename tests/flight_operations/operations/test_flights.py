from datetime import timedelta

import pytest
import time_machine

from common.booking import Resource, conflicts
from common.exceptions import DoubleBooked, InvalidInput, StaleVersion, TransitionNotAllowed
from common.models import ComplianceState, StatusChange
from flight_operations.exceptions import LandedBeforeStart, NotAmendable, StillInTheAir
from flight_operations.models import AuthorizationKind, OperationStatus, PilotLogEntry
from flight_operations.services import flights, operations
from flight_operations.services.authorizations import Terms, create_granted
from rpas.models import F2FlightHoursEntry
from rpas.queries.technical_log import verify_technical_log
from tests.flight_operations.factories import box
from tests.flight_operations.operations.scene import make_scene
from tests.rpas.factories import AircraftFactory


@pytest.fixture
def scene(db, now):
    with time_machine.travel(now, tick=False):
        yield make_scene()


def fly(scene, now, **changes):
    operation = scene.released(now, start=now + timedelta(minutes=5), **changes)
    return flights.start_operation(operation, actor=scene.pilot, at=now)


def test_a_landing_writes_hours_cycles_part_b_and_the_pilots_log(scene, now):
    operation = fly(scene, now)
    before = scene.aircraft.time_in_service_min

    flights.land_operation(operation, actor=scene.pilot, at=now + timedelta(minutes=19, seconds=30))

    scene.aircraft.refresh_from_db()
    entry = F2FlightHoursEntry.objects.get(operation_number=operation.number)
    log = PilotLogEntry.objects.get(pilot=scene.pilot)
    assert scene.aircraft.time_in_service_min == before + 20
    assert (entry.time_in_service_min, entry.cycles) == (20, 1)
    assert entry.progressive_total_min == before + 20
    assert (log.time_in_service_min, log.is_night, log.role) == (20, False, "pilot_in_command")
    assert verify_technical_log(scene.aircraft).faults == ()


def test_after_landing_aircraft_and_pilot_are_free(scene, now):
    operation = fly(scene, now)
    landed = now + timedelta(minutes=10)

    flights.land_operation(operation, actor=scene.pilot, at=landed)

    pilot = Resource("person", scene.pilot.pk)
    assert conflicts([pilot], start=landed, end=landed + timedelta(hours=1)) == []
    state = ComplianceState.objects.get(
        subject_id=operation.pk,
        scope=operation.scope,
        subject_type="flight_operations.flightoperation",
    )
    assert state.dependencies == [f"flight_operation:{operation.pk}"]


def test_an_aborted_flight_counts_its_time_all_the_same(scene, now):
    operation = fly(scene, now)

    flights.land_operation(
        operation,
        actor=scene.pilot,
        at=now + timedelta(minutes=3),
        is_aborted=True,
        reason="Bird strike risk.",
    )

    operation.refresh_from_db()
    assert operation.status == OperationStatus.ABORTED
    assert (
        F2FlightHoursEntry.objects.get(operation_number=operation.number).time_in_service_min == 3
    )


@pytest.mark.parametrize("minutes", [-1, 11])
def test_a_landing_lies_between_start_and_now(scene, now, minutes):
    operation = fly(scene, now)

    with pytest.raises(LandedBeforeStart):
        flights.land_operation(
            operation,
            actor=scene.pilot,
            at=now + timedelta(minutes=10),
            landed_at=now + timedelta(minutes=minutes),
        )


def test_a_flight_lands_once(scene, now):
    operation = fly(scene, now)
    flights.land_operation(operation, actor=scene.pilot, at=now + timedelta(minutes=3))

    with pytest.raises(TransitionNotAllowed):
        flights.land_operation(operation, actor=scene.pilot, at=now + timedelta(minutes=4))


def test_log_and_close_end_the_story_and_every_step_is_on_record(scene, now):
    operation = fly(scene, now)
    flights.land_operation(operation, actor=scene.pilot, at=now + timedelta(minutes=3))
    flights.complete_log(operation, is_as_released=True, actor=scene.pilot, at=now)

    flights.finalise_operation(operation, actor=scene.chief, at=now)

    steps = StatusChange.objects.filter(object_id=operation.pk).order_by("pk")
    assert [s.to_status for s in steps if s.content_type.model == "flightoperation"] == [
        "planned",
        "authorised",
        "ready",
        "active",
        "landed",
        "logged",
        "finalised",
    ]


def test_two_operations_cannot_take_one_aircraft_at_one_time(scene, now):
    scene.plan(now)

    with pytest.raises(DoubleBooked):
        scene.plan(now)


def test_a_draft_takes_nobody(scene, now):
    scene.plan(now)

    draft = scene.plan(now, is_draft=True)

    assert draft.status == OperationStatus.DRAFT
    with pytest.raises(DoubleBooked):
        operations.schedule_operation(draft, actor=scene.chief, at=now)


def test_a_cancelled_operation_frees_its_time(scene, now):
    operation = scene.plan(now)

    operations.cancel_operation(operation, reason="Rain.", actor=scene.chief, at=now)

    scene.plan(now)
    assert StatusChange.objects.get(to_status="cancelled").reason == "Rain."


def test_amending_with_an_old_version_is_refused(scene, now):
    operation = scene.plan(now)

    with pytest.raises(StaleVersion):
        operations.amend_operation(
            operation, changes={"title": "x"}, actor=scene.chief, at=now, version=99
        )


def test_a_moved_operation_takes_its_volumes_along(scene, now):
    operation = scene.plan(now)
    operation.refresh_from_db()
    later = operation.planned_start_at + timedelta(hours=3)

    moved = operations.amend_operation(
        operation,
        changes={"planned_start_at": later, "planned_end_at": later + timedelta(minutes=30)},
        actor=scene.chief,
        at=now,
        version=operation.version,
    )

    assert moved.plan.volumes.get().starts_at == later


def test_a_flown_operation_is_not_amended(scene, now):
    operation = fly(scene, now)

    with pytest.raises(NotAmendable):
        operations.amend_operation(
            operation, changes={"title": "x"}, actor=scene.chief, at=now, version=None
        )


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"planned_end_at": -1}, "/planned_end_at"),
        ({"planned_end_at": 25 * 60}, "/planned_end_at"),
        (
            {"volumes": [{"area": box(), "ceiling_m": 10.0, "floor_m": 20.0}]},
            "/volumes/0/ceiling_m",
        ),
    ],
)
def test_times_and_heights_that_cannot_be_are_refused_with_a_pointer(scene, now, changes, pointer):
    if "planned_end_at" in changes:
        minutes = timedelta(minutes=changes["planned_end_at"])
        changes = {"planned_end_at": now + timedelta(hours=1) + minutes}

    with pytest.raises(InvalidInput) as refusal:
        scene.plan(now, **changes)

    assert refusal.value.details["pointer"] == pointer


def test_an_early_start_takes_the_time_from_then_on_and_gives_all_of_it_back(scene, now):
    operation = fly(scene, now)
    pilot = Resource("person", scene.pilot.pk)
    assert conflicts([pilot], start=now, end=now + timedelta(minutes=1))

    flights.land_operation(operation, actor=scene.pilot, at=now + timedelta(minutes=2))

    later = now + timedelta(minutes=2)
    assert conflicts([pilot], start=later, end=later + timedelta(hours=1)) == []


@pytest.mark.parametrize("has_other_aircraft", [False, True])
def test_nothing_starts_while_its_aircraft_or_pilot_is_still_in_the_air(
    scene, now, has_other_aircraft
):
    first, later = fly(scene, now), now + timedelta(minutes=40)
    other = AircraftFactory(operator=scene.operator) if has_other_aircraft else scene.aircraft
    with time_machine.travel(later, tick=False):
        second = scene.released(later, aircraft=other, start=later + timedelta(minutes=1))

        with pytest.raises(StillInTheAir) as refusal:
            flights.start_operation(second, actor=scene.pilot, at=later)

        second.refresh_from_db()
        assert (second.status, second.actual_start_at) == (OperationStatus.READY, None)
        who = "The pilot in command" if has_other_aircraft else scene.aircraft.registration
        assert str(refusal.value) == (
            f"{second.number} cannot start: {who} is in the air on {first.number}."
            " Land that one first."
        )
        flights.land_operation(first, actor=scene.pilot, at=later)
        flights.start_operation(second, actor=scene.pilot, at=later)


def test_who_may_fly_several_at_a_time_starts_another(scene, now):
    terms = Terms(
        kind=AuthorizationKind.MULTIPLE,
        number="CASA.2026.2",
        valid_from=now - timedelta(days=1),
        valid_until=now + timedelta(days=30),
    )
    create_granted(operator=scene.operator, terms=terms, actor=scene.chief, at=now)
    at_once, moment = {"plan": {"aircraft_per_pilot": 2}}, now
    fly(scene, now, **at_once)
    for is_too_many in (False, True):
        # After the planned end of the one before, which still flies.
        moment += timedelta(minutes=40)
        other = AircraftFactory(operator=scene.operator)
        with time_machine.travel(moment, tick=False):
            start = moment + timedelta(minutes=1)
            another = scene.released(moment, aircraft=other, start=start, **at_once)
            if is_too_many:
                with pytest.raises(StillInTheAir, match="The pilot in command"):
                    flights.start_operation(another, actor=scene.pilot, at=moment)
            else:
                flights.start_operation(another, actor=scene.pilot, at=moment)


def test_what_a_pilot_flies_for_another_operator_is_not_told(scene, now):
    first, later = fly(scene, now), now + timedelta(minutes=40)
    elsewhere = make_scene()
    member = elsewhere.operator.members.get(user=elsewhere.pilot)
    elsewhere.operator.members.filter(user=elsewhere.pilot).delete()
    member.pk, member.user = None, scene.pilot
    member.save(force_insert=True)
    elsewhere.pilot = scene.pilot
    with time_machine.travel(later, tick=False):
        second = elsewhere.released(later, start=later + timedelta(minutes=1))

        with pytest.raises(StillInTheAir) as refusal:
            flights.start_operation(second, actor=scene.pilot, at=later)

    assert "is in the air on another flight" in str(refusal.value)
    assert first.number not in str(refusal.value)

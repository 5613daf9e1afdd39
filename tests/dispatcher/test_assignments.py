from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.exceptions import InvalidInput, StaleVersion
from dispatcher.exceptions import (
    AssignmentNotPermitted,
    AssignmentNotPinned,
    AssignmentPinned,
    NotOfThisDay,
    OperationNotPlannable,
    ResourcesTaken,
    ScheduleNotOpen,
)
from dispatcher.models import AssignmentStatus, ScheduleStatus
from dispatcher.services import assignments, publishing, schedules
from dispatcher.services.assignments import Wish
from flight_operations.models import OperationStatus
from rpas.services.defects import raise_defect
from tests.dispatcher.scene import OPENS
from tests.rpas.factories import AircraftFactory

NINE = OPENS + timedelta(hours=3)


def wish(desk, operation, crew=0, start=NINE):
    return Wish(operation, desk.aircraft[crew], desk.pilots[crew], start)


def test_assigned_by_hand_it_is_proposed_with_its_travel(desk, now):
    operation = desk.draft(now, km_east=20)
    schedule = desk.open(now)

    row = assignments.assign(schedule, wish(desk, operation), actor=desk.dispatcher, at=now)

    schedule.refresh_from_db()
    operation.refresh_from_db()
    assert (row.status, schedule.status) == (AssignmentStatus.PROPOSED, ScheduleStatus.PROPOSED)
    assert operation.status == OperationStatus.DRAFT
    # 20 km as the crow flies, 26 by road at 60 km/h, and ten minutes to set up.
    assert row.travel_km == pytest.approx(26, abs=0.1)
    assert row.start_at - row.occupied_from == pytest.approx(
        timedelta(minutes=36), abs=timedelta(seconds=20)
    )
    assert row.occupied_until - row.end_at == pytest.approx(
        timedelta(minutes=26), abs=timedelta(seconds=20)
    )


def test_a_red_finding_is_refused_unless_somebody_takes_it_on(desk, now):
    operation = desk.draft(now)
    schedule = desk.open(now)
    raise_defect(
        desk.aircraft[0], severity="major", description="Crack", actor=desk.dispatcher, at=now
    )

    checked = assignments.check_assignment(schedule, wish(desk, operation), at=now)
    with pytest.raises(AssignmentNotPermitted) as refusal:
        assignments.assign(schedule, wish(desk, operation), actor=desk.dispatcher, at=now)
    taken_on = assignments.assign(
        schedule,
        wish(desk, operation),
        accepted_because="Repaired by nine.",
        actor=desk.dispatcher,
        at=now,
    )

    assert [each.rule for each in checked.blockers] == ["F2-MAJOR"]
    assert [each["rule"] for each in refusal.value.details["findings"]] == ["F2-MAJOR"]
    assert taken_on.why["accepted_because"] == "Repaired by nine."


def test_what_the_ledger_holds_is_named_before_it_is_saved(desk, now):
    operation = desk.draft(now)
    other = desk.draft(now, start=NINE, is_draft=False)
    schedule = desk.open(now)

    checked = assignments.check_assignment(schedule, wish(desk, operation), at=now)
    with pytest.raises(ResourcesTaken):
        assignments.assign(schedule, wish(desk, operation), actor=desk.dispatcher, at=now)

    assert {each["held_by"] for each in checked.bookings} == {other.number}
    assert schedule.assignments.count() == 0


def test_another_proposal_of_the_day_is_in_the_way_before_anything_is_published(desk, now):
    first, second = desk.draft(now), desk.draft(now, km_east=20)
    schedule = desk.open(now)
    held = assignments.assign(schedule, wish(desk, first), actor=desk.dispatcher, at=now)
    # There by ten, but the way there and setting up take 36 minutes of the first one's time.
    soon = wish(desk, second, start=NINE + timedelta(minutes=50))

    checked = assignments.check_assignment(schedule, soon, at=now)
    with pytest.raises(ResourcesTaken) as refusal:
        assignments.assign(schedule, soon, actor=desk.dispatcher, at=now)

    assert refusal.value.details["bookings"] == checked.bookings
    assert [(each["kind"], each["held_by"]) for each in checked.bookings] == [
        ("rpas_aircraft", f"proposal {first.number}"),
        ("person", f"proposal {first.number}"),
    ]
    assert checked.bookings[0]["held_until"] == held.occupied_until.isoformat()
    # Moving the one that is proposed, it is not in its own way.
    later = wish(desk, first, start=NINE + timedelta(minutes=10))
    assert not assignments.check_assignment(schedule, later, at=now).bookings
    # And another crew is free.
    assert assignments.assign(schedule, wish(desk, second, 1), actor=desk.dispatcher, at=now)


def test_what_the_plan_would_refuse_is_said_before_it_is_saved(desk, now):
    operation = desk.draft(now)
    schedule = desk.open(now)
    row = assignments.assign(schedule, wish(desk, operation), actor=desk.dispatcher, at=now)
    assignments.pin_assignment(row, because="Promised", actor=desk.dispatcher, at=now)
    type(schedule).objects.filter(pk=schedule.pk).update(status="optimising")
    schedule.refresh_from_db()

    checked = assignments.check_assignment(schedule, wish(desk, operation), at=now)

    assert [each.code for each in checked.refusals] == ["schedule_not_open", "assignment_pinned"]
    assert (checked.bookings, checked.blockers) == ([], ())


def test_looking_costs_the_same_however_full_the_day_is(desk, now):
    operation, schedule = desk.draft(now), desk.open(now)

    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            assignments.check_assignment(schedule, wish(desk, operation), at=now)
        assert not [each for each in asked if each["sql"].startswith(("INSERT", "UPDATE"))]
        return len(asked)

    few = statements()
    for n in range(4):
        desk.draft(now, start=NINE + timedelta(hours=2 + n), is_draft=False)

    assert statements() <= few + 2
    assert few <= 60


def test_on_a_published_day_a_change_by_hand_holds_at_once(desk, now):
    operation, late = desk.draft(now), desk.draft(now, km_east=2)
    schedule = desk.open(now)
    assignments.assign(schedule, wish(desk, operation), actor=desk.dispatcher, at=now)
    publishing.publish_schedule(schedule, actor=desk.dispatcher, at=now)
    schedule.refresh_from_db()

    row = assignments.assign(schedule, wish(desk, late, 1), actor=desk.dispatcher, at=now)
    gone = assignments.withdraw_assignment(
        schedule.assignments.published().get(operation=operation),
        because="Not wanted",
        actor=desk.dispatcher,
        at=now,
    )

    row.refresh_from_db()
    late.refresh_from_db()
    operation.refresh_from_db()
    schedule.refresh_from_db()
    assert (row.status, late.status) == (AssignmentStatus.PUBLISHED, OperationStatus.PLANNED)
    assert (gone.status, operation.status) == (AssignmentStatus.WITHDRAWN, OperationStatus.DRAFT)
    assert schedule.revision == 3


def test_a_pinned_assignment_stays_until_it_is_let_go(desk, now):
    operation = desk.draft(now)
    schedule = desk.open(now)
    row = assignments.assign(schedule, wish(desk, operation), actor=desk.dispatcher, at=now)
    actor = {"actor": desk.dispatcher, "at": now}

    assignments.pin_assignment(row, because="Promised", **actor)
    with pytest.raises(AssignmentPinned):
        assignments.assign(schedule, wish(desk, operation, 1), **actor)
    with pytest.raises(AssignmentPinned):
        assignments.withdraw_assignment(row, because="No", **actor)
    with pytest.raises(StaleVersion):
        assignments.unpin_assignment(row, version=1, **actor)
    assignments.unpin_assignment(row, **actor)
    with pytest.raises(AssignmentNotPinned):
        assignments.unpin_assignment(row, **actor)
    moved = assignments.move_assignment(row, wish(desk, operation, 1), version=None, **actor)

    row.refresh_from_db()
    assert (row.status, moved.aircraft) == (AssignmentStatus.WITHDRAWN, desk.aircraft[1])
    with pytest.raises(OperationNotPlannable):
        assignments.pin_assignment(row, because="Again", **actor)


def test_what_makes_no_sense_is_refused(desk, now):
    operation = desk.draft(now)
    schedule = desk.open(now)
    foreign = AircraftFactory()
    at_night = wish(desk, operation, start=OPENS - timedelta(hours=1))

    for bad, refusal in (
        (at_night, NotOfThisDay),
        (Wish(operation, foreign, desk.pilots[0], NINE), InvalidInput),
        (Wish(operation, desk.aircraft[0], desk.dispatcher, NINE), InvalidInput),
    ):
        with pytest.raises(refusal):
            assignments.check_assignment(schedule, bad, at=now)
    schedules.close_schedule(schedule, actor=desk.dispatcher, at=now)
    schedule.refresh_from_db()
    with pytest.raises(ScheduleNotOpen):
        assignments.assign(schedule, wish(desk, operation), actor=desk.dispatcher, at=now)

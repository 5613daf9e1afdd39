from datetime import timedelta

import pytest

from common.booking import Resource, book, release, shorten
from common.exceptions import StaleVersion
from common.models import ResourceBooking
from dispatcher.exceptions import (
    AssignmentNotPermitted,
    NothingProposed,
    PlanChangedSince,
    ResourcesTaken,
)
from dispatcher.models import AssignmentStatus, RunKind, ScheduleStatus
from dispatcher.queries.diffs import plan_diff
from dispatcher.services import assignments, publishing, schedules
from dispatcher.services.assignments import Wish
from flight_operations.models import OperationStatus
from flight_operations.services.operations import amend_operation, cancel_operation
from rpas.services.defects import raise_defect
from tests.dispatcher.scene import OPENS


def held(source):
    """What the ledger holds for a record: kind, from and until."""
    rows = ResourceBooking.objects.filter(
        source_type=source._meta.label_lower, source_id=source.pk, is_live=True
    )
    return sorted((row.resource_kind, row.period.lower, row.period.upper) for row in rows)


def publish(schedule, desk, now, **how):
    return publishing.publish_schedule(schedule, actor=desk.dispatcher, at=now, **how)


def test_publishing_sets_the_operations_and_holds_flight_and_travel(desk, now):
    operation = desk.wanted(now, km_east=20)
    run = desk.optimised(now)

    outcome = publish(run.schedule, desk, now, revision=0)

    (row,) = outcome.assignments
    row.refresh_from_db()
    operation.refresh_from_db()
    assert (row.status, outcome.schedule.status) == (
        AssignmentStatus.PUBLISHED,
        ScheduleStatus.PUBLISHED,
    )
    assert operation.status == OperationStatus.PLANNED
    assert (operation.aircraft_id, operation.pilot_in_command_id) == (row.aircraft_id, row.pilot_id)
    assert (operation.planned_start_at, operation.planned_end_at) == (row.start_at, row.end_at)
    assert (outcome.schedule.revision, outcome.schedule.published_by) == (1, desk.dispatcher)
    assert held(operation) == [
        ("person", row.start_at, row.end_at),
        ("rpas_aircraft", row.start_at, row.end_at),
    ]
    assert held(row) == [
        ("person", row.occupied_from, row.start_at),
        ("person", row.end_at, row.occupied_until),
        ("rpas_aircraft", row.occupied_from, row.start_at),
        ("rpas_aircraft", row.end_at, row.occupied_until),
    ]
    assert (outcome.kept, outcome.changes) == (0, [])


def test_who_looked_at_an_older_publication_sees_the_newer_one(desk, now):
    operation = desk.wanted(now, km_east=5)
    run = desk.optimised(now)
    publish(run.schedule, desk, now, revision=0)

    with pytest.raises(PlanChangedSince) as refusal:
        publish(run.schedule, desk, now, revision=0)
    with pytest.raises(StaleVersion):
        publish(run.schedule, desk, now, version=1)
    with pytest.raises(NothingProposed):
        publish(run.schedule, desk, now, revision=1)

    (change,) = refusal.value.details["changes"]
    assert (change["kind"], change["label"]) == ("published", operation.number)


def test_an_operation_amended_meanwhile_is_not_overwritten_unasked(desk, now):
    operation = desk.wanted(now, km_east=5)
    run = desk.optimised(now)
    amend_operation(
        operation, changes={"title": "Other line"}, actor=desk.dispatcher, at=now, version=None
    )

    with pytest.raises(PlanChangedSince) as refusal:
        publish(run.schedule, desk, now)
    outcome = publish(run.schedule, desk, now, accepts_changes=True)

    told = [{"kind": "operations", "id": operation.pk, "label": operation.number}]
    assert [
        {key: each[key] for key in ("kind", "id", "label")}
        for each in refusal.value.details["changes"]
    ] == told
    assert [each["change"] for each in outcome.changes] == ["changed"]


def test_what_others_took_meanwhile_is_named_and_nothing_is_published(desk, now):
    operation = desk.wanted(now, km_east=5)
    run = desk.optimised(now)
    row = run.schedule.assignments.proposed().get()
    other = desk.draft(
        now,
        start=row.start_at,
        aircraft=row.aircraft,
        pilot_in_command=row.pilot,
        is_draft=False,
    )

    with pytest.raises(ResourcesTaken) as refusal:
        publish(run.schedule, desk, now, accepts_changes=True)

    taken = refusal.value.details["bookings"]
    assert {each["held_by"] for each in taken} == {other.number}
    assert {each["kind"] for each in taken} == {"person", "rpas_aircraft"}
    operation.refresh_from_db()
    row.refresh_from_db()
    assert (operation.status, row.status) == (OperationStatus.DRAFT, AssignmentStatus.PROPOSED)


def test_a_defect_since_the_proposal_stops_the_publication(desk, now):
    operation = desk.wanted(now, km_east=5)
    run = desk.optimised(now)
    row = run.schedule.assignments.proposed().get()
    raise_defect(row.aircraft, severity="major", description="Crack", actor=desk.dispatcher, at=now)

    with pytest.raises(AssignmentNotPermitted) as refusal:
        publish(run.schedule, desk, now, accepts_changes=True)

    assert [each["rule"] for each in refusal.value.details["findings"]] == ["F2-MAJOR"]
    operation.refresh_from_db()
    assert operation.status == OperationStatus.DRAFT


def test_two_operations_may_swap_crews(desk, now):
    first, second = desk.wanted(now, km_east=5), desk.wanted(now, km_east=6)
    schedule = desk.open(now)
    start = OPENS + timedelta(hours=3)
    for operation, n in ((first, 0), (second, 1)):
        wish = Wish(operation, desk.aircraft[n], desk.pilots[n], start)
        assignments.assign(schedule, wish, actor=desk.dispatcher, at=now)
    publish(schedule, desk, now)
    schedule.refresh_from_db()
    rows = {row.operation_id: row for row in schedule.assignments.published()}
    for row, n in ((rows[first.pk], 1), (rows[second.pk], 0)):
        row.pk, row.status, row.published_at = None, AssignmentStatus.PROPOSED, None
        row.aircraft, row.pilot = desk.aircraft[n], desk.pilots[n]
        row.save(force_insert=True)
    schedule.status = ScheduleStatus.PROPOSED
    schedule.save()

    outcome = publish(schedule, desk, now)

    first.refresh_from_db()
    second.refresh_from_db()
    assert [first.aircraft, second.aircraft] == [desk.aircraft[1], desk.aircraft[0]]
    assert len(outcome.assignments) == len(outcome.withdrawn) == 2


def test_a_defect_and_a_shorter_booking_since_the_proposal_are_reported_by_name(desk, now):
    desk.wanted(now, km_east=20)
    (one, _), pilot = desk.aircraft, desk.pilots[0]
    person = Resource("person", pilot.pk, pilot.full_name)
    away = {"start": OPENS - timedelta(hours=30), "source": desk.center}
    book([person], end=OPENS - timedelta(hours=25), **away)
    run = desk.optimised(now)
    assert publishing.changes_since(run.schedule) == []
    raise_defect(one, severity="minor", description="Scratched", actor=desk.dispatcher, at=now)
    shorten(desk.center, end=OPENS - timedelta(hours=26))

    changes = publishing.changes_since(run.schedule)

    assert [(each["kind"], each["label"], each["change"]) for each in changes] == [
        ("bookings", f"{pilot.full_name} taken by other work", "changed"),
        ("defects", one.registration, "added"),
    ]
    snapshot = run.schedule.proposal.snapshot
    # As snapshots were kept before: which bookings there were, and no defects.
    snapshot["bookings"] = [int(key) for key in snapshot["bookings"]]
    del snapshot["defects"]
    assert publishing.changes_since(run.schedule) == []
    release(desk.center)
    (gone,) = publishing.changes_since(run.schedule)
    assert (gone["kind"], gone["label"], gone["change"]) == ("bookings", "other work", "removed")


def test_planned_anew_after_a_defect_only_its_work_changes(desk, now):
    work = [desk.wanted(now, km_east=km) for km in (3, 6)]
    run = desk.optimised(now)
    publish(run.schedule, desk, now)
    broken = run.schedule.assignments.published().order_by("pk").first().aircraft
    raise_defect(broken, severity="major", description="Crack", actor=desk.dispatcher, at=now)

    again = desk.optimised(now, kind=RunKind.REPLAN)

    assert again.error == ""
    rows = {row.operation_id: row for row in again.schedule.assignments.proposed()}
    assert set(rows) == {each.pk for each in work}
    assert broken not in {row.aircraft for row in rows.values()}
    diff = plan_diff(again.schedule)
    assert (len(diff.added), len(diff.removed)) == (0, 0)
    assert len(diff.changed) + diff.unchanged == 2
    outcome = publish(again.schedule, desk, now)
    assert len(outcome.assignments) == len(diff.changed)
    assert outcome.kept == diff.unchanged


def test_what_the_new_plan_has_nobody_for_is_stood_down(desk, now):
    operation = desk.wanted(now, km_east=5)
    run = desk.optimised(now)
    publish(run.schedule, desk, now)
    for aircraft in desk.aircraft:
        raise_defect(aircraft, severity="major", description="Crack", actor=desk.dispatcher, at=now)
    again = desk.optimised(now)

    outcome = publish(again.schedule, desk, now)

    operation.refresh_from_db()
    (row,) = outcome.withdrawn
    row.refresh_from_db()
    assert outcome.stood_down == (operation.number,)
    assert (operation.status, row.status) == (OperationStatus.DRAFT, AssignmentStatus.WITHDRAWN)
    assert held(operation) == held(row) == []


def test_a_cancelled_or_amended_operation_takes_its_assignment_along(desk, now):
    gone, moved = desk.wanted(now, km_east=5), desk.wanted(now, km_east=9)
    run = desk.optimised(now)
    publish(run.schedule, desk, now)
    rows = {row.operation_id: row for row in run.schedule.assignments.published()}

    cancel_operation(gone, reason="Client", actor=desk.dispatcher, at=now)
    moved.refresh_from_db()
    later = moved.planned_start_at + timedelta(minutes=5)
    times = {"planned_start_at": later, "planned_end_at": later + timedelta(minutes=30)}
    amend_operation(moved, changes=times, actor=desk.dispatcher, at=now, version=None)
    for operation in (gone, moved):
        assignments.follow_operation(operation.pk, at=now)

    for row in rows.values():
        row.refresh_from_db()
        assert row.status == AssignmentStatus.WITHDRAWN
        assert held(row) == []
    (kept,) = run.schedule.assignments.published()
    assert (kept.operation_id, kept.start_at) == (moved.pk, later)
    assert assignments.follow_operation(moved.pk, at=now) is None


def test_a_closed_day_is_a_record(desk, now):
    desk.wanted(now, km_east=5)
    run = desk.optimised(now)

    closed = schedules.close_schedule(run.schedule, actor=desk.dispatcher, at=now)

    assert (closed.status, closed.closed_at) == (ScheduleStatus.CLOSED, now)
    assert closed.assignments.live().count() == 0
    with pytest.raises(NothingProposed):
        publish(closed, desk, now)

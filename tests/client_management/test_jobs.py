"""Jobs: operations made from the area, progress by real flights, costs, holds."""

from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import pytest
import shapely
from django.db import IntegrityError, transaction

from client_management.exceptions import (
    CannotBePlanned,
    ClientHasWork,
    CostVoided,
    CreditLimitReached,
    FlightInProgress,
    JobNotPlannable,
    NothingToHandOver,
    NothingToPlan,
    NotOnboarded,
    WorkNotFlown,
)
from client_management.models import JobOperation, JobOrder
from client_management.queries.costs import margin_of
from client_management.queries.dispatch import work_for_dispatch
from client_management.queries.planning import area_left
from client_management.queries.progress import progress_of
from client_management.services import (
    contracts,
    costs,
    job_steps,
    jobs,
    organizations,
    planning,
)
from common.exceptions import TransitionNotAllowed
from common.models import OutboxEvent, ResourceBooking
from flight_operations.models import FlightOperation
from tests.client_management import scene
from tests.client_management.scene import FINE, fly, planned
from tests.flight_operations.factories import box

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_operations_cover_the_area_and_are_drafts_until_dispatch_takes_them(made, team, actor, now):
    added = planned(made, team, actor, now)
    area = shapely.from_wkb(bytes(made.request.area.wkb))
    parts = [shapely.from_wkb(bytes(link.part.wkb)) for link in added]
    operations = [link.operation for link in added]

    assert len(added) == 2
    assert shapely.union_all(parts).symmetric_difference(area).area < 1e-6 * area.area
    assert {operation.status for operation in operations} == {"draft"}
    assert not ResourceBooking.objects.exists()
    assert operations[0].planned_end_at + timedelta(minutes=15) == operations[1].planned_start_at
    for link, part in zip(added, parts, strict=True):
        plan = link.operation.plan
        volume = shapely.from_wkb(bytes(plan.volumes.get().area.wkb))
        assert volume.contains(part)
        assert plan.max_distance_pilot_m <= 500
        assert plan.content_hash
    with pytest.raises(NothingToPlan):
        planned(made, team, actor, now)


def test_what_was_called_off_is_planned_again_and_an_operation_is_flown_for_one_job(
    made, team, actor, now
):
    first = planned(made, team, actor, now)[0]
    FlightOperation.objects.filter(pk=first.operation_id).update(status="cancelled")
    again = planned(made, team, actor, now)

    assert len(again) == 1
    assert again[0].part_m2 == pytest.approx(first.part_m2, rel=1e-6)
    assert area_left(made).is_empty
    for change in (
        lambda: JobOperation.objects.filter(pk=first.pk).update(planned_min=1),
        lambda: JobOperation.objects.filter(pk=first.pk).delete(),
        lambda: JobOperation.objects.create(
            job=made,
            operation=first.operation,
            sequence=99,
            part=first.part,
            part_m2=1,
            planned_min=1,
            height_agl_m=50,
            planned_by=actor,
        ),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_operations_keep_to_the_hours_of_the_site(made, team, actor, now):
    # 15:50 in Perth: no room for a quarter of an hour before four.
    late = (now + timedelta(days=7)).replace(hour=7, minute=50)
    added = planning.plan_job_operations(made, team=team, start_at=late, actor=actor, at=now)

    assert added[0].operation.planned_start_at.strftime("%d %H:%M") == "22 00:00"


def test_a_handed_over_job_is_work_for_dispatch_until_it_is_flown(made, team, actor, now):
    with pytest.raises(NothingToHandOver):
        job_steps.hand_over_job(made, actor=actor, at=now)
    first, second = planned(made, team, actor, now)
    assert work_for_dispatch() == []
    job = job_steps.hand_over_job(made, actor=actor, at=now)
    found = work_for_dispatch()

    assert job.status == "scheduled"
    assert [row.operation_id for row in found] == [first.operation_id, second.operation_id]
    assert found[0].wanted_from.isoformat() == "2026-03-21T00:00:00+08:00"
    fly(first, now, 20)
    assert [row.operation_id for row in work_for_dispatch()] == [second.operation_id]


def test_progress_is_counted_from_flights_and_what_was_called_off_stays_open(
    made, team, actor, now
):
    first, second = planned(made, team, actor, now)
    assert progress_of([made])[made.pk].percent == 0
    fly(first, now, 21)
    job = JobOrder.objects.get(pk=made.pk)
    half = progress_of([job])[job.pk]

    assert job.status == "in_progress"
    assert half.percent == pytest.approx(50, abs=0.2)
    assert (half.flown, half.upcoming, half.operations) == (1, 1, 2)
    FlightOperation.objects.filter(pk=second.operation_id).update(status="cancelled")
    assert progress_of([job])[job.pk].percent == pytest.approx(50, abs=0.2)
    fly(planned(job, team, actor, now)[0], now, 20)
    assert progress_of([job])[job.pk].percent == 100.0
    assert OutboxEvent.objects.filter(name="client_management.job_progressed").count() == 2


def test_a_gap_is_flown_again_and_counts_until_it_is(made, team, actor, now):
    for link in planned(made, team, actor, now):
        fly(link, now, 20)
    gap = planned(made, team, actor, now, area=box(half_m=50))

    assert [link.purpose for link in gap] == ["reflight"]
    assert progress_of([made])[made.pk].percent < 100
    fly(gap[0], now, 5)
    assert progress_of([made])[made.pk].percent == 100.0


def test_gaps_that_are_too_many_at_once_are_refused_whole(made, team, actor, now, monkeypatch):
    monkeypatch.setattr(planning, "MOST_AT_ONCE", 0)

    with pytest.raises(CannotBePlanned):
        planned(made, team, actor, now, area=box(half_m=50))

    assert not made.operations.exists()


def test_a_job_is_delivered_when_it_is_flown_or_for_a_reason(made, team, actor, now):
    first, second = planned(made, team, actor, now)
    fly(first, now, 20)
    with pytest.raises(WorkNotFlown):
        job_steps.deliver_job(made, actor=actor, at=now)
    fly(second, now, 20)
    delivered = job_steps.deliver_job(made, actor=actor, at=now)
    again = job_steps.rework_job(delivered, reason="Clouds", actor=actor, at=now)

    assert (again.status, again.delivered_at) == ("in_progress", None)


def test_holding_a_job_calls_off_what_has_not_flown(made, team, actor, now):
    first, second = planned(made, team, actor, now)
    FlightOperation.objects.filter(pk=first.operation_id).update(
        status="active", actual_start_at=now
    )
    with pytest.raises(FlightInProgress):
        job_steps.hold_job(made, reason="Site closed", actor=actor, at=now)
    fly(first, now, 20)
    held = job_steps.hold_job(made, reason="Site closed", actor=actor, at=now)
    second.operation.refresh_from_db()

    assert (held.status, second.operation.status) == ("on_hold", "cancelled")
    with pytest.raises(JobNotPlannable):
        planned(held, team, actor, now)
    for step in (jobs.confirm_job, partial(job_steps.rework_job, reason="x")):
        with pytest.raises(TransitionNotAllowed):
            step(held, actor=actor, at=now)
    assert job_steps.resume_job(held, actor=actor, at=now).status == "in_progress"
    assert len(planned(held, team, actor, now)) == 1


def test_a_job_is_confirmed_for_a_client_we_know(client_org, actor, now):
    draft = scene.job(client_org, actor, now, is_confirmed=False)
    organizations.amend_organization(
        client_org, changes={"insurance_required": 5}, version=None, actor=actor, at=now
    )
    with pytest.raises(NotOnboarded) as refusal:
        jobs.confirm_job(draft, actor=actor, at=now)
    assert refusal.value.details["missing"] == "insurance"
    with pytest.raises(ClientHasWork):
        organizations.close_organization(client_org, reason="x", actor=actor, at=now)
    assert job_steps.cancel_job(draft, reason="x", actor=actor, at=now).status == "cancelled"


def test_cost_comes_from_flights_and_what_was_entered(made, team, actor, now):
    for kind, amount in (("flight_hour", 60), ("pilot_hour", 90), ("operation", 25)):
        contracts.add_cost_rate(
            operator=team.operator,
            kind=kind,
            amount=Decimal(amount),
            effective_from=date(2026, 1, 1),
            actor=actor,
            at=now,
        )
    for link in planned(made, team, actor, now):
        fly(link, now - HOUR, 24)
    given = {"kind": "travel", "amount": Decimal("80.00"), "incurred_on": now.date()}
    ferry = costs.enter_cost(made, description="Ferry", **given, actor=actor, at=now)
    twice = costs.enter_cost(made, description="Ferry", **given, actor=actor, at=now)
    costs.void_cost(twice, reason="Twice", actor=actor, at=now)
    found = margin_of(JobOrder.objects.get(pk=made.pk))

    # 48 minutes of aircraft and pilot, two outings, one ferry.
    assert found.cost == Decimal("48.00") + Decimal("72.00") + 50 + ferry.amount
    assert found.margin == made.agreed_amount - found.cost
    assert (found.flown_hours, found.unpriced) == (Decimal("0.8"), ())
    with pytest.raises(CostVoided):
        costs.void_cost(twice, reason="Again", actor=actor, at=now)


def test_what_is_planned_while_a_job_is_put_on_hold_is_called_off_too(
    made, team, actor, now, monkeypatch
):
    """The plan commits between the look at the operations and the lock on the job."""
    waited = job_steps.locked

    def after_somebody_planned(row, **how):
        if not JobOperation.objects.exists():
            planned(made, team, actor, now)
        return waited(row, **how)

    monkeypatch.setattr(job_steps, "locked", after_somebody_planned)
    job_steps.hold_job(made, reason="Site closed", actor=actor, at=now)

    operations = FlightOperation.objects.filter(job_operation__job=made)
    assert set(operations.values_list("status", flat=True)) == {"cancelled"}


def test_a_job_beyond_the_clients_credit_is_not_confirmed(client_org, team, actor, now):
    first = scene.job(client_org, actor, now, **FINE)
    second = scene.job(client_org, actor, now, is_confirmed=False, **FINE)
    limit = first.agreed_amount + second.agreed_amount
    organizations.amend_organization(
        client_org,
        changes={"credit_limit": limit - Decimal("0.01")},
        version=None,
        actor=actor,
        at=now,
    )
    with pytest.raises(CreditLimitReached) as refusal:
        jobs.confirm_job(second, actor=actor, at=now)
    assert refusal.value.details["exposure"] == str(first.agreed_amount)
    organizations.amend_organization(
        client_org, changes={"credit_limit": limit}, version=None, actor=actor, at=now
    )

    assert jobs.confirm_job(second, actor=actor, at=now).status == "confirmed"

"""Jobs of clients that are handed over: what their operations ask of dispatch."""

from datetime import timedelta
from decimal import Decimal

import pytest

from client_management.events import JobAmended, JobHandedOver, JobOperationsPlanned
from client_management.models import JobOrder
from client_management.serializers.jobs import OF_PARTS
from client_management.services import job_steps, jobs
from client_management.services.planning import Team, Way
from common.models import Delivery
from dispatcher.handlers.clients import (
    follow_an_amended_job,
    take_a_job_over,
    take_more_of_a_job,
)
from dispatcher.models import OperationDemand
from dispatcher.services.demands import set_demand
from tests.client_management import scene
from tests.flight_operations.operations.scene import point_of_view
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def actor(desk):
    return UserFactory()


@pytest.fixture
def job(desk, actor, now):
    """A confirmed job with four operations, planned for the desk's operator."""
    organization = scene.client(actor, now)
    scene.contract(actor, now, organization)
    made = scene.job(organization, actor, now, priority=4, **scene.FINE)
    team = Team(operator=desk.operator, aircraft=desk.aircraft[0], pilot=desk.pilots[0])
    site = {name: value for name, value in point_of_view().items() if name not in OF_PARTS}
    scene.planned(made, team, actor, now, way=Way(sight_m=300, conditions=site))
    return JobOrder.objects.get(pk=made.pk)


def handed_over(job, actor, now):
    job_steps.hand_over_job(job, actor=actor, at=now)
    take_a_job_over(JobHandedOver(job_id=job.pk, organization_id=job.organization_id))
    return list(OperationDemand.objects.order_by("operation"))


def test_nothing_comes_to_dispatch_before_a_job_is_handed_over(job):
    take_more_of_a_job(JobOperationsPlanned(job_id=job.pk, organization_id=job.organization_id))

    assert not OperationDemand.objects.exists()


def test_each_operation_asks_for_what_its_job_was_agreed_for(job, actor, now):
    asked = handed_over(job, actor, now)
    first = asked[0]

    assert [(each.priority, each.currency, each.center) for each in asked] == 4 * [(4, "AUD", None)]
    # From the first day wanted to the first that is too late, by the clock of the site.
    assert first.earliest_at.isoformat() == "2026-03-20T16:00:00+00:00"
    assert first.deadline_at.isoformat() == "2026-03-27T16:00:00+00:00"
    whole = sum(each.value for each in asked)
    assert whole == pytest.approx(job.agreed_amount, abs=Decimal("0.02"))
    assert Delivery.objects.filter(
        event__name=JobHandedOver.name,
        handler="dispatcher.handlers.clients.take_a_job_over",
    ).exists()


def test_dispatch_hears_of_changes_and_keeps_what_it_wrote_itself(job, actor, desk, now):
    first, *_ = handed_over(job, actor, now)
    promised = first.earliest_at + timedelta(hours=9)
    set_demand(first.operation, promised_at=promised, priority=1, actor=actor, at=now)
    event = {"job_id": job.pk, "organization_id": job.organization_id}
    take_more_of_a_job(JobOperationsPlanned(**event))
    first.refresh_from_db()
    assert first.priority == 1
    jobs.amend_job(
        JobOrder.objects.get(pk=job.pk), changes={"priority": 5}, version=None, actor=actor, at=now
    )
    follow_an_amended_job(JobAmended(**event))
    first.refresh_from_db()

    assert (first.priority, first.promised_at) == (5, promised)


def test_the_operations_of_a_job_are_planned_with_the_day(job, actor, desk, now):
    asked = handed_over(job, actor, now)
    # A day of the window on which nobody meant to fly it.
    run = desk.optimised(now, day=asked[0].earliest_at.date() + timedelta(days=4))

    assert (run.error, run.reasons) == ("", [])
    proposed = set(run.schedule.assignments.proposed().values_list("operation", flat=True))
    assert proposed == {each.operation_id for each in asked}


def test_a_job_on_hold_asks_for_nothing(job, actor, now):
    job_steps.hold_job(job, reason="Site closed", actor=actor, at=now)
    take_a_job_over(JobHandedOver(job_id=job.pk, organization_id=job.organization_id))

    assert not OperationDemand.objects.exists()

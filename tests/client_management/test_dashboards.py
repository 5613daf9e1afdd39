"""What dashboards count, against a count by hand over rows made at random."""

import random
from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from client_management.models import (
    ClientOrganization,
    JobOperation,
    JobOrder,
    ServiceQuote,
    ServiceRequest,
)
from client_management.queries.dashboards import (
    get_active_client_dashboard,
    get_service_request_pipeline,
    pipeline_totals,
)
from flight_operations.models import FLOWN, UPCOMING
from tests.client_management import scene
from tests.flight_operations.factories import OperationFactory, box

pytestmark = pytest.mark.django_db


@pytest.fixture
def portfolio(actor, now):
    """Three clients whose jobs, quotes and operations multiply each other if they are joined."""
    dice = random.Random(5)  # noqa: S311 - reproducible, not secret
    for _ in range(3):
        organization = scene.client(actor, now)
        scene.contract(actor, now, organization)
        scene.sent(scene.request(organization, actor, now), actor, now)
        scene.request(organization, actor, now)
        for _ in range(2):
            job = scene.job(organization, actor, now)
            for place in range(1, 1 + dice.randrange(1, 4)):
                status = dice.choice(["planned", "landed", "active", "cancelled"])
                link(job, place, status, actor, now)
    return list(ClientOrganization.objects.order_by("name", "pk"))


def link(job, place, status, actor, now):
    flown = {"actual_start_at": now, "actual_end_at": now + timedelta(minutes=9)}
    operation = OperationFactory(
        planned_start_at=now + timedelta(hours=place),
        status=status,
        **(flown if status == "landed" else {}),
        **({"actual_start_at": now} if status == "active" else {}),
    )
    JobOperation.objects.create(
        job=job,
        operation=operation,
        sequence=place,
        part=box(),
        part_m2=100,
        planned_min=9,
        height_agl_m=50,
        planned_by=actor,
    )


def test_clients_are_counted_without_one_relation_multiplying_another(portfolio, now):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = get_active_client_dashboard(portfolio, at=now)

    assert len(queries) == 5
    for glance in found:
        pk = glance.organization.pk
        jobs = JobOrder.objects.filter(organization=pk)
        operations = [row.operation for job in jobs for row in job.operations.all()]
        statuses = Counter(operation.status for operation in operations)
        quotes = ServiceQuote.objects.filter(request__organization=pk, status="sent")
        ahead = [o.planned_start_at for o in operations if o.status in UPCOMING]
        assert (glance.open_requests, glance.waiting_requests, glance.quotes_out) == (2, 1, 1)
        assert glance.offered == sum(quote.total for quote in quotes)
        assert glance.active_jobs == 2
        assert glance.agreed == sum((job.agreed_amount for job in jobs), Decimal(0))
        assert glance.upcoming_operations == sum(statuses[status] for status in UPCOMING)
        assert glance.flying_operations == statuses["active"]
        assert glance.flown_recently == sum(statuses[status] for status in FLOWN)
        assert glance.next_operation_at == min(ahead, default=None)


def test_the_pipeline_is_one_statement_with_a_row_for_each_request(portfolio, now):
    with CaptureQueriesContext(connection) as queries:
        rows = list(get_service_request_pipeline(ServiceRequest.objects.all()))

    assert len(queries) == 1
    assert len(rows) == len({row.pk for row in rows}) == 12
    for row in rows:
        newest = row.quotes.order_by("-sequence").first()
        job = JobOrder.objects.filter(request=row).first()
        assert row.quote_total == (newest.total if newest else None)
        assert (row.job_number, row.job_status) == (
            (job.number, job.status) if job else (None, None)
        )
    stages = {row["status"]: row["count"] for row in pipeline_totals(ServiceRequest.objects.all())}
    assert stages == {"submitted": 3, "quoted": 3, "approved": 6}

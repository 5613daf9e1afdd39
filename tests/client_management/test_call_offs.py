"""Jobs without a quote, called off from a contract: what comes of them, and what is refused."""

from decimal import Decimal

import pytest
from django.contrib.gis.geos import MultiPolygon

from airports.models import AirspaceRestriction
from client_management.events import JobCreated
from client_management.models import Contract, JobOrder, ServiceRequest
from client_management.services import organizations, requests
from common.models import AuditEvent, OutboxEvent
from tests.client_management import scene
from tests.flight_operations.factories import box
from tests.users.factories import UserFactory, grant

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("that_day")]
BASE = "/api/client-management/service-requests/"
AGREED = {"amount": "4800.00", "reason": "Monthly survey, clause 4"}


@pytest.fixture
def looked_at(client_org, actor, now):
    made = scene.request(client_org, actor, now, purchase_order="PO 1")
    scene.assessed(made, actor, now)
    made.refresh_from_db()
    return made


def approve(client, request, **more):
    return client.post(f"{BASE}{request.number}/approve/", AGREED | more, format="json")


def refused(answer, status, code):
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.json()
    assert not JobOrder.objects.exists()


def test_a_call_off_makes_a_job_of_its_contract_for_what_was_agreed(boss, looked_at, client_org):
    answer = approve(boss, looked_at)
    job = JobOrder.objects.get()
    looked_at.refresh_from_db()

    assert answer.status_code == 201, answer.json()
    assert answer.json()["agreed"] == {"amount": "4800.00", "currency": "AUD"}
    assert (job.quote, job.agreed_amount, job.status) == (None, Decimal("4800.00"), "draft")
    assert job.contract == Contract.objects.get(organization=client_org)
    assert (job.request, job.purchase_order) == (looked_at, "PO 1")
    assert (looked_at.status, looked_at.approved_budget) == ("approved", Decimal("4800.00"))
    said = AuditEvent.objects.get(action="job.created")
    assert (said.reason, said.details["amount"]) == (AGREED["reason"], "4800.00")
    assert OutboxEvent.objects.filter(name=JobCreated.name, payload__job_id=job.pk).exists()


def test_an_offer_that_is_out_is_taken_back(boss, client_org, actor, now):
    quote = scene.sent(scene.request(client_org, actor, now), actor, now)

    assert approve(boss, quote.request).status_code == 201
    quote.refresh_from_db()
    assert quote.status == "withdrawn"


def test_it_is_called_off_once(boss, looked_at):
    address = f"{BASE}{looked_at.number}/approve/"
    once = {"headers": {"idempotency-key": "call-off"}}
    first, replay = (boss.post(address, AGREED, format="json", **once) for _ in range(2))
    again = approve(boss, looked_at)

    assert (first.status_code, replay.json()) == (201, first.json())
    assert again.status_code == 409
    assert JobOrder.objects.count() == 1


def test_without_a_contract_that_stands_there_is_nothing_to_call_off_from(
    boss, client_org, looked_at, now
):
    Contract.objects.filter(organization=client_org).update(effective_until=now.date())

    refused(approve(boss, looked_at), 409, "no_contract")
    looked_at.refresh_from_db()
    assert (looked_at.status, looked_at.approved_budget) == ("assessing", None)


def test_what_nobody_looked_at_is_not_called_off(boss, client_org, looked_at, actor, now):
    refused(approve(boss, scene.request(client_org, actor, now)), 409, "request_not_ready")
    draft = scene.request(client_org, actor, now, is_submitted=False)
    refused(approve(boss, draft), 409, "request_not_ready")
    requests.amend_request(
        looked_at, changes={"area": box(half_m=300)}, version=None, actor=actor, at=now
    )
    refused(approve(boss, looked_at), 409, "not_assessed")


def test_what_cannot_be_flown_is_not_called_off(boss, client_org, actor, now):
    AirspaceRestriction.objects.create(
        name="P101",
        kind="P",
        area=MultiPolygon(box(half_m=300), srid=4326),
        floor_datum="SFC",
        ceiling_datum="UNL",
        source="test",
        source_ref="1",
        content_hash="P101",
    )
    made = scene.request(client_org, actor, now)
    scene.assessed(made, actor, now)

    refused(approve(boss, made), 409, "not_feasible")


def test_a_client_that_orders_by_number_needs_one_here_too(boss, client_org, looked_at, actor, now):
    ServiceRequest.objects.filter(pk=looked_at.pk).update(purchase_order="")
    organizations.amend_organization(
        client_org,
        changes={"is_purchase_order_required": True},
        version=None,
        actor=actor,
        at=now,
    )

    refused(approve(boss, looked_at), 400, "purchase_order_missing")
    assert approve(boss, looked_at, purchase_order="PO 7").status_code == 201
    assert JobOrder.objects.get().purchase_order == "PO 7"


def test_a_suspended_client_calls_nothing_off(boss, client_org, looked_at, actor, now):
    organizations.suspend_organization(client_org, reason="Overdue", actor=actor, at=now)

    refused(approve(boss, looked_at), 409, "client_not_active")


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": "0.00"},
        {"amount": "-5"},
        {"amount": "1.234"},
        {"amount": "10000000000000"},
        {"amount": None},
        {"reason": ""},
        {"reason": "x" * 2001},
        {"currency": "USD"},
    ],
    ids=str,
)
def test_amount_and_reason_have_to_be_ones(boss, looked_at, wrong):
    answer = approve(boss, looked_at, **wrong)

    refused(answer, 400, "invalid")
    assert answer["Content-Type"] == "application/problem+json"


def test_only_who_may_approve_without_a_quote_does(client_for, api, looked_at):
    plain, reader = UserFactory(), UserFactory()
    grant(reader, "client_management.view_servicerequest")

    assert approve(client_for(plain), looked_at).status_code == 403
    assert approve(client_for(reader), looked_at).status_code == 403
    assert approve(api, looked_at).status_code == 401
    assert not JobOrder.objects.exists()

"""What the desk's dashboards answer over HTTP: whole rows, to whom, and what is refused."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from client_management.models import ClientOrganization, JobOrder, ServiceRequest
from contacts.services.merges import merge_contacts
from finance.models import Invoice
from finance.services.drafts import OwnLine, draft_by_hand
from finance.services.issuing import issue
from tests.client_management import scene
from tests.client_management.test_dashboards import link
from tests.contacts.factories import ContactFactory
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
BASE = "/api/client-management/"
DASHBOARD = f"{BASE}organizations/dashboard/"
PIPELINE = f"{BASE}service-requests/pipeline/"
STAGES = f"{BASE}service-requests/pipeline-stages/"
VIEW_CLIENTS = "client_management.view_clientorganization"
VIEW_REQUESTS = "client_management.view_servicerequest"


@pytest.fixture
def reader(client_for):
    user = UserFactory()
    grant(user, VIEW_CLIENTS, VIEW_REQUESTS)
    return client_for(user)


@pytest.fixture
def at():
    """The present, to the second: the views read the clock."""
    return timezone.now().replace(microsecond=0)


@pytest.fixture
def pit(actor, at):
    """A client with one of everything that the dashboard counts, and amounts in two currencies."""
    organization = scene.client(actor, at, contact=ContactFactory(name="Blue Pit"))
    scene.contract(actor, at, organization)
    scene.request(organization, actor, at, is_submitted=False)
    scene.request(organization, actor, at, budget=Decimal("75.50"), title="Handed in")
    scene.sent(scene.request(organization, actor, at, title="Offered"), actor, at)
    job = scene.job(organization, actor, at, title="Agreed")
    for place, status in enumerate(("planned", "landed", "active", "cancelled"), start=1):
        link(job, place, status, actor, at)
    elsewhere = scene.job(organization, actor, at, title="In dollars")
    JobOrder.objects.filter(pk=elsewhere.pk).update(currency="USD")
    billed(organization.contact, "417.35", actor, at)
    late = billed(once_merged(organization.contact, actor, at), "100.00", actor, at)
    Invoice.objects.filter(pk=late.pk).update(status="overdue")
    return organization


def once_merged(contact, actor, at):
    """A contact that was billed under its own name before it was merged."""
    twin = ContactFactory(name="Blue Pit once")
    merge_contacts(contact, twin, reason="The same", actor=actor, at=at)
    return twin


def billed(contact, price, actor, at):
    line = OwnLine(description="Flying", quantity=Decimal(1), unit_price=Decimal(price))
    draft = draft_by_hand(customer=contact, currency="AUD", lines=[line], actor=actor, at=at)
    return issue(draft, actor=actor, at=at)


def aud(amount):
    return {"amount": amount, "currency": "AUD"}


def iso(moment):
    return moment.isoformat().replace("+00:00", "Z")


def test_the_dashboard_says_of_each_active_client_what_is_going_on(reader, pit, actor, at):
    quiet = scene.client(actor, at, contact=ContactFactory(name="Zinc"), currency="JPY")
    scene.client(actor, at, is_active=False, contact=ContactFactory(name="Prospect"))

    found = reader.get(DASHBOARD).json()

    nothing = {"amount": "0.00", "currency": "JPY"}
    assert found == {
        "count": 2,
        "next": None,
        "previous": None,
        "results": [
            {
                "number": pit.number,
                "name": "Blue Pit",
                "industry": "other",
                "open_requests": 3,
                "waiting_requests": 1,
                "quotes_out": 1,
                "offered": aud("1039.50"),
                "active_jobs": 2,
                "held_jobs": 0,
                "to_accept": 0,
                "to_bill": 0,
                "agreed": aud("945.00"),
                "upcoming_operations": 1,
                "flying_operations": 1,
                "flown_recently": 1,
                "next_operation_at": iso(at + timedelta(hours=1)),
                "last_flown_at": iso(at + timedelta(minutes=9)),
                "owed": aud("517.35"),
                "overdue": aud("100.00"),
            },
            {
                "number": quiet.number,
                "name": "Zinc",
                "industry": "other",
                "open_requests": 0,
                "waiting_requests": 0,
                "quotes_out": 0,
                "offered": nothing,
                "active_jobs": 0,
                "held_jobs": 0,
                "to_accept": 0,
                "to_bill": 0,
                "agreed": nothing,
                "upcoming_operations": 0,
                "flying_operations": 0,
                "flown_recently": 0,
                "next_operation_at": None,
                "last_flown_at": None,
                "owed": nothing,
                "overdue": nothing,
            },
        ],
    }


def test_the_pipeline_lists_what_was_handed_in_with_offer_and_job(reader, pit):
    found = reader.get(PIPELINE, {"status": ["submitted", "approved"], "ordering": "number"})

    asked = list(ServiceRequest.objects.exclude(status="draft").order_by("number"))
    waiting, _, agreed, _ = asked
    same = {
        "organization": pit.number,
        "organization_name": "Blue Pit",
        "service_type": "mapping",
        "priority": 2,
    }
    rows = found.json()["results"]
    assert found.json()["count"] == 3
    assert rows[0] == same | {
        "number": waiting.number,
        "title": "Handed in",
        "status": "submitted",
        "area_m2": waiting.area_m2,
        "wanted_from": str(waiting.wanted_from),
        "wanted_until": str(waiting.wanted_until),
        "submitted_at": iso(waiting.submitted_at),
        "budget": "75.50",
        "approved_budget": None,
        "currency": "AUD",
        "quote": None,
        "quote_status": None,
        "quote_total": None,
        "quote_valid_until": None,
        "job": None,
        "job_status": None,
    }
    quote = agreed.quotes.get()
    assert rows[1] == same | {
        "number": agreed.number,
        "title": "Agreed",
        "status": "approved",
        "area_m2": agreed.area_m2,
        "wanted_from": str(agreed.wanted_from),
        "wanted_until": str(agreed.wanted_until),
        "submitted_at": iso(agreed.submitted_at),
        "budget": None,
        "approved_budget": "945.00",
        "currency": "AUD",
        "quote": quote.number,
        "quote_status": "accepted",
        "quote_total": "1039.50",
        "quote_valid_until": iso(quote.valid_until),
        "job": agreed.job.number,
        "job_status": "confirmed",
    }


def test_a_far_page_of_the_pipeline_goes_on_where_the_one_before_it_ended(reader, pit):
    def page(number):
        found = reader.get(PIPELINE, {"page_size": 1, "page": number, "ordering": "-number"})
        return [row["title"] for row in found.json()["results"]]

    assert [page(n) for n in (1, 2, 3, 4)] == [
        ["In dollars"], ["Agreed"], ["Offered"], ["Handed in"],
    ]  # fmt: skip
    assert reader.get(PIPELINE, {"page_size": 1, "page": 5}).status_code == 404


@pytest.mark.parametrize(
    ("asked", "titles"),
    [
        ({"status": "quoted"}, ["Offered"]),
        ({"search": "handed"}, ["Handed in"]),
        ({"search": "blue pit", "status": "submitted"}, ["Handed in"]),
        ({"service_type": "lidar"}, []),
        ({"priority": "1"}, []),
        ({"organization": "CLI-2020-0001"}, []),
        ({"wanted_until": "2020-01-01"}, []),
    ],
)
def test_the_pipeline_is_narrowed(reader, pit, asked, titles):
    found = reader.get(PIPELINE, asked).json()

    assert ([row["title"] for row in found["results"]], found["count"]) == (titles, len(titles))


def test_the_stages_count_requests_and_budgets_in_their_currency(reader, pit, at):
    ServiceRequest.objects.filter(title="Offered").update(currency="JPY", budget=800)

    day = str((at + timedelta(days=14)).date())
    assert reader.get(STAGES).json() == [
        stage("approved", 2, "0.00", "1890.00", day),
        stage("draft", 1, "0.00", "0.00", day),
        stage("quoted", 1, "800.00", "0.00", day) | {"currency": "JPY"},
        stage("submitted", 1, "75.50", "0.00", day),
    ]


def stage(status, count, budget, approved, first_wanted):
    return {
        "status": status,
        "currency": "AUD",
        "count": count,
        "budget": budget,
        "approved": approved,
        "first_wanted": first_wanted,
    }


@pytest.mark.parametrize(
    "query",
    [
        "status=nonsense",
        "status=submitted&status=nonsense",
        "service_type=painting",
        "priority=99",
        "wanted_from=tomorrow",
        "wanted_until=2026-02-30",
        "ordering=budget",
        "page=0",
        "page=x",
        "page_size=201",
        "colour=red",
        "search=%00",
    ],
)
def test_what_the_pipeline_does_not_know_is_refused(reader, pit, query):
    found = reader.get(f"{PIPELINE}?{query}")

    assert (found.status_code, found["Content-Type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("path", [DASHBOARD, STAGES])
def test_what_takes_no_filter_refuses_one(reader, path):
    assert reader.get(f"{path}?status=submitted").status_code == 400


@pytest.mark.parametrize("query", ["page=0", "page=x", "page_size=201"])
def test_the_dashboard_refuses_pages_that_are_none(reader, query):
    assert reader.get(f"{DASHBOARD}?{query}").status_code == 400


@pytest.mark.parametrize(
    ("path", "needed", "other"),
    [
        (DASHBOARD, VIEW_CLIENTS, VIEW_REQUESTS),
        (PIPELINE, VIEW_REQUESTS, VIEW_CLIENTS),
        (STAGES, VIEW_REQUESTS, VIEW_CLIENTS),
    ],
)
def test_only_the_desk_with_the_grant_reads_them(client_for, pit, path, needed, other):
    may, may_not, outsider = UserFactory(), UserFactory(), UserFactory()
    grant(may, needed)
    grant(may_not, other)
    grant(outsider, needed, is_staff_role=False)

    assert APIClient().get(path).status_code == 401
    assert client_for(may_not).get(path).status_code == 403
    found = client_for(outsider).get(path)
    assert found.status_code == 403 or rows_of(found.json()) == []
    assert rows_of(client_for(may).get(path).json()) != []
    assert client_for(may).post(path, {}).status_code == 405
    assert ClientOrganization.objects.get().status == "active"


def rows_of(body):
    return body["results"] if isinstance(body, dict) else body


def test_only_the_rows_of_a_page_are_looked_into(reader, pit):
    with CaptureQueriesContext(connection) as queries:
        assert reader.get(PIPELINE, {"status": "quoted", "page_size": 1}).json()["count"] == 1

    asked = [q["sql"] for q in queries if "client_management_servicerequest" in q["sql"]]
    assert len(asked) == 3
    assert not [sql for sql in asked if "DISTINCT" in sql]
    assert ["client_management_servicequote" in sql for sql in asked] == [False, False, True]

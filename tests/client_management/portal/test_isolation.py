"""Two clients as peers on every route and page of the portal, and in the database beneath it."""

import re

import pytest
from django.apps import apps
from django.db import ProgrammingError, connection, transaction
from django.test import Client as Browser
from django.urls import reverse
from rest_framework.test import APIClient

from client_management import client_scope, page_urls, portal_urls
from client_management.models import (
    ClientOrganization,
    Deliverable,
    JobOrder,
    MessageThread,
    ServiceRequest,
)
from client_management.queries import portal_access
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db
BASE = "/api/client-management/portal/organizations/"
# Routes whose number in the address is of another kind than the route's name says.
KINDS = {
    "requests": "request",
    "quotes": "quote",
    "jobs": "job",
    "deliverables": "deliverable",
    "documents": "document",
    "invoices": "invoice",
    "messages": "message",
}


@pytest.fixture(autouse=True)
def that_day(monkeypatch, now):
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)


def numbers(client):
    """What stands for `<str:...>` in the addresses of one client."""
    return {
        "requests": client.request.number,
        "quotes": client.quote.number,
        "jobs": client.job.number,
        "deliverables": client.deliverable.number,
        "documents": "DC-2026-000001",
        "invoices": "INV-2026-00001",
        "messages": client.job.number,
    }


def address(end, client):
    kind = end.split("/", 1)[0]
    filled = re.sub(r"<str:(number|about)>", lambda _: numbers(client).get(kind, ""), end)
    return filled.replace("<str:file>", "1")


def asked(client, person):
    api = APIClient()
    api.force_authenticate(person)
    return api


def answers(peers, organization, rows):
    """Status by route and method, as our person, for an organization's address and rows."""
    api = asked(None, peers.ours.person)
    found = {}
    for end, _, verbs, _name in portal_urls.ROUTES:
        where = f"{BASE}{organization.number}/{address(end, rows)}"
        # Once called, a view has added the verb that asks for headers only.
        for method in set(verbs) - {"head"}:
            with transaction.atomic():
                answer = getattr(api, method)(where, {}, format="json", headers={"if-match": "*"})
                found[f"{method} {end}"] = answer.status_code
                transaction.set_rollback(True)
    return found


def test_another_client_is_not_there_on_any_route(peers):
    found = answers(peers, peers.theirs.organization, peers.theirs)

    assert len(found) > 35
    assert found == dict.fromkeys(found, 404)


def test_another_clients_rows_are_not_there_behind_ones_own_door(peers):
    found = answers(peers, peers.ours.organization, peers.theirs)
    of_rows = {route: code for route, code in found.items() if "<str:" in route}
    # A body that lacks fields is refused where the row is looked for after it.
    reached = {route: code for route, code in of_rows.items() if code != 404}

    assert {route: code for route, code in reached.items() if code != 400} == {}
    assert set(reached) <= {
        "patch requests/<str:number>/",
        "post quotes/<str:number>/accept/",
        "post quotes/<str:number>/decline/",
        "post deliverables/<str:number>/accept/",
        "post deliverables/<str:number>/rework/",
        "post messages/<str:about>/",
    }


def test_without_the_scope_of_the_view_the_same_rows_are_there(peers, monkeypatch):
    """The control: what the first test sees is the door's work."""
    monkeypatch.setattr(
        "client_management.views.portal.door.access_to",
        lambda user, number, at: portal_access.access_to(
            peers.theirs.person, peers.theirs.organization.number, at=at
        ),
    )

    found = answers(peers, peers.theirs.organization, peers.theirs)

    assert found["get jobs/<str:number>/"] == found["get requests/<str:number>/"] == 200


def test_ones_own_rows_are_there(peers):
    found = answers(peers, peers.ours.organization, peers.ours)
    # Neither papers nor bills, no measured coverage, no aircraft in the air, no file.
    absent = {route for route, code in found.items() if code == 404}

    assert absent == {
        "get jobs/<str:number>/stream/",
        "get jobs/<str:number>/coverage/",
        "get jobs/<str:number>/coverage/geojson/",
        "get jobs/<str:number>/coverage/map/",
        "get documents/<str:number>/download/",
        "get invoices/<str:number>/",
        "post invoices/<str:number>/pay/",
        "get messages/<str:about>/files/<str:file>/",
    }
    assert not {route: code for route, code in found.items() if code >= 500}
    assert all(
        code == 200
        for route, code in found.items()
        if route.startswith("get") and route not in absent
    )


def test_lists_hold_ones_own_rows_only(peers):
    api = asked(None, peers.ours.person)
    where = f"{BASE}{peers.ours.organization.number}/"

    for end, own, other in (
        ("requests/", peers.ours.request, peers.theirs.request),
        ("quotes/", peers.ours.quote, peers.theirs.quote),
        ("jobs/", peers.ours.job, peers.theirs.job),
        ("deliverables/", peers.ours.deliverable, peers.theirs.deliverable),
    ):
        shown = {row["number"] for row in api.get(where + end).json()["results"]}
        assert own.number in shown, end
        assert other.number not in shown, end


def test_staff_and_strangers_find_no_portal(peers):
    for person in (peers.actor, UserFactory(is_superuser=True), UserFactory()):
        api = asked(None, person)
        assert api.get("/api/client-management/portal/me/").json()["organizations"] == []
        assert api.get(f"{BASE}{peers.ours.organization.number}/").status_code == 404


def test_clients_reach_no_endpoint_of_the_desk(peers):
    api = asked(None, peers.ours.person)
    for end in (
        "deliverables",
        "uploads",
        "threads",
        "coverage-reports",
        "processing-runs",
        "share-links",
    ):
        method = api.post if end == "uploads" else api.get
        assert method(f"/api/client-management/{end}/").status_code == 403, end


def test_pages_show_ones_own_and_nothing_of_another_client(peers):
    browser = Browser()
    browser.force_login(peers.ours.person, backend="users.backends.RoleBackend")
    statuses = {}
    for end, _, name in page_urls.PAGES:
        own = f"/portal/{peers.ours.organization.number}/{address(end, peers.ours)}"
        cross = f"/portal/{peers.ours.organization.number}/{address(end, peers.theirs)}"
        other = f"/portal/{peers.theirs.organization.number}/{address(end, peers.theirs)}"
        with transaction.atomic():
            answer = browser.get(own)
            statuses[name] = answer.status_code
            if not answer.streaming:
                assert peers.theirs.organization.name.encode() not in answer.content
                assert peers.theirs.job.number.encode() not in answer.content
            assert browser.get(other).status_code == 404, name
            if "<str:" in end and name != "pay-on":
                assert browser.get(cross).status_code == 404, name
            transaction.set_rollback(True)

    absent = {name for name, code in statuses.items() if code != 200}
    assert absent == {
        "places",
        "edit-request",
        "coverage",
        "document-file",
        "pay",
        "pay-on",
        "thread-file",
    }


def test_a_page_asks_who_is_not_signed_in(peers):
    answer = Browser().get(reverse("portal:home", args=[peers.ours.organization.number]))

    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/portal/sign-in/")


SCOPED = (ClientOrganization, ServiceRequest, JobOrder, Deliverable, MessageThread)


def test_the_database_shows_one_clients_rows_while_its_scope_is_on(peers):
    ours = peers.ours.organization.pk
    with client_scope.client_scope([ours]):
        for model in SCOPED:
            column = "pk" if model is ClientOrganization else "organization_id"
            assert set(model.objects.values_list(column, flat=True)) == {ours}, model
        assert not Deliverable.objects.filter(pk=peers.theirs.deliverable.pk).exists()
        assert JobOrder.objects.filter(pk=peers.theirs.job.pk).update(title="x") == 0
    with client_scope.client_scope([]):
        assert not JobOrder.objects.exists()
    assert JobOrder.objects.filter(pk=peers.theirs.job.pk).exists()


def test_the_database_takes_no_row_of_another_client(peers):
    theirs = peers.theirs.organization
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        transaction.atomic(),
        client_scope.client_scope([peers.ours.organization.pk]),
    ):
        MessageThread.objects.create(organization=theirs, subject="x", request=peers.theirs.request)


def test_every_table_of_a_client_is_held_by_the_database(peers):
    """The tests run as the application's role, which owns nothing: a policy binds it."""
    open_tables = {"costrate"}
    tables = {
        model._meta.db_table
        for model in apps.get_app_config("client_management").get_models()
        if not model.__name__.endswith("Event")
        and not model._meta.auto_created
        and model._meta.model_name not in open_tables
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid"
            " WHERE c.relrowsecurity AND p.polname = 'client_rows'"
        )
        held = {row[0] for row in cursor.fetchall()}
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_role")
        (is_above,) = cursor.fetchone()

    assert tables - held == set()
    assert not is_above


def test_without_the_setting_the_database_shows_everything(peers, monkeypatch):
    """The control: the scope, not chance, hid the rows."""
    monkeypatch.setattr(client_scope, "_set", lambda value: None)
    with client_scope.client_scope([peers.ours.organization.pk]):
        assert JobOrder.objects.filter(pk=peers.theirs.job.pk).exists()

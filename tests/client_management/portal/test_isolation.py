"""
Two clients as peers on every route and page of the portal, and in the database beneath it.

Two doors stand one behind the other: queries begin with the client, and the database shows its rows
only. Each is taken away by itself, and then both, so that each is known to hold.
"""

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
from client_management.models.scoping import ClientQuerySet
from client_management.queries import portal_access
from finance.models.invoices import InvoiceQuerySet
from tests.users.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("that_day")]
BASE = "/api/client-management/portal/organizations/"


def address(end, client):
    """A route's end with the numbers of one client's rows."""
    number = client.numbers.get(end.split("/", 1)[0], "")
    filled = re.sub(r"<str:(number|about)>", lambda _: number, end)
    return filled.replace("<str:file>", str(client.file.pk)).replace("<str:issue>", "1")


def bodies(client):
    """What the routes take that want something said."""
    return {
        "patch requests/<str:number>/": {"title": "Taken"},
        "post quotes/<str:number>/accept/": {"content_hash": client.quote.content_hash},
        "post quotes/<str:number>/decline/": {"reason": "Taken"},
        "post deliverables/<str:number>/accept/": {"issue": 1},
        "post deliverables/<str:number>/rework/": {"issue": 1, "note": "Taken"},
        "post messages/<str:about>/": {"body": "Taken"},
        "post requests/<str:number>/cancel/": {"reason": "Taken"},
    }


def asked(person):
    api = APIClient()
    api.force_authenticate(person)
    return api


def answers(peers, organization, rows):
    """Status by route and method, as our person, for an organization's address and rows."""
    api, said, found = asked(peers.ours.person), bodies(rows), {}
    for end, _, verbs, _name in portal_urls.ROUTES:
        where = f"{BASE}{organization.number}/{address(end, rows)}"
        # Once called, a view has added the verb that asks for headers only.
        for method in set(verbs) - {"head"}:
            route = f"{method} {end}"
            with transaction.atomic():
                answer = getattr(api, method)(
                    where, said.get(route, {}), format="json", headers={"if-match": "*"}
                )
                found[route] = answer.status_code
                transaction.set_rollback(True)
    return found


def reached(peers):
    """The routes on which our person reaches rows of the other client behind our own door."""
    found = answers(peers, peers.ours.organization, peers.theirs)
    return {route: code for route, code in found.items() if "<str:" in route and code != 404}


def test_another_client_is_not_there_on_any_route(peers):
    found = answers(peers, peers.theirs.organization, peers.theirs)

    assert len(found) > 35
    assert found == dict.fromkeys(found, 404)


def test_another_clients_rows_are_not_there_behind_ones_own_door(peers):
    assert reached(peers) == {}


def test_each_of_the_two_doors_holds_by_itself_and_without_both_the_rows_are_there(
    peers, monkeypatch
):
    """The control: what the test above sees is the doors' work, and either would do."""
    with monkeypatch.context() as patch:
        patch.setattr(client_scope, "_set", lambda value: None)
        assert reached(peers) == {}, "the queries alone"
    # Streams close the connection's scope before they begin: they have the first door only.
    streams = {"get jobs/<str:number>/stream/"}
    monkeypatch.setattr(ClientQuerySet, "for_client", lambda rows, organization: rows.all())
    monkeypatch.setattr(InvoiceQuerySet, "of_payer", lambda rows, contact: rows.all())
    assert reached(peers).keys() - streams == set(), "the database alone"
    monkeypatch.setattr(client_scope, "_set", lambda value: None)
    found = reached(peers)

    assert {route for route, code in found.items() if code == 200} >= {
        "get requests/<str:number>/",
        "get quotes/<str:number>/",
        "get jobs/<str:number>/",
        "get jobs/<str:number>/coverage/",
        "get jobs/<str:number>/coverage/geojson/",
        "get jobs/<str:number>/coverage/map/",
        "get deliverables/<str:number>/",
        "get deliverables/<str:number>/download/",
        "post deliverables/<str:number>/accept/",
        "get documents/<str:number>/download/",
        "get invoices/<str:number>/",
        "post invoices/<str:number>/pay/",
    }
    # There already: a second thread of the same job is a conflict.
    assert found["get messages/<str:about>/"] == 409


def test_without_the_key_of_the_door_another_client_is_there(peers, monkeypatch):
    """The control of the first test: the key, not chance, keeps the client away."""
    monkeypatch.setattr(
        "client_management.views.portal.door.access_to",
        lambda user, number, at: portal_access.access_to(
            peers.theirs.person, peers.theirs.organization.number, at=at
        ),
    )

    found = answers(peers, peers.theirs.organization, peers.theirs)

    assert found["get jobs/<str:number>/"] == found["get invoices/<str:number>/"] == 200


def test_ones_own_rows_are_there(peers):
    found = answers(peers, peers.ours.organization, peers.ours)

    assert {route for route, code in found.items() if code == 404} == set()
    assert not {route: code for route, code in found.items() if code >= 500}
    assert {code for route, code in found.items() if route.startswith("get")} == {200}


def test_lists_hold_ones_own_rows_only(peers):
    api = asked(peers.ours.person)
    where = f"{BASE}{peers.ours.organization.number}/"

    for end, own in (
        ("requests/", peers.ours.request),
        ("quotes/", peers.ours.quote),
        ("jobs/", peers.ours.job),
        ("deliverables/", peers.ours.deliverable),
        ("documents/", peers.ours.document),
        ("invoices/", peers.ours.invoice),
        ("messages/", peers.ours.job),
        ("dashboard/", peers.ours.job),
        ("statement/", peers.ours.invoice),
    ):
        shown = api.get(where + end).content.decode()
        assert own.number in shown, end
        assert not [word for word in peers.theirs.secrets if word in shown], end


def test_staff_and_strangers_find_no_portal(peers):
    for person in (peers.actor, UserFactory(is_superuser=True), UserFactory()):
        api = asked(person)
        assert api.get("/api/client-management/portal/me/").json()["organizations"] == []
        assert api.get(f"{BASE}{peers.ours.organization.number}/").status_code == 404


def test_clients_reach_no_endpoint_of_the_desk(peers):
    api = asked(peers.ours.person)
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
                text = answer.content.decode("utf-8", "replace")
                assert not [word for word in peers.theirs.secrets if word in text], name
            assert browser.get(other).status_code == 404, name
            assert browser.post(other, {"body": "x"}).status_code == 404, name
            if "<str:" in end:
                assert name == "pay-on" or browser.get(cross).status_code == 404, name
                deed = browser.post(cross, {"body": "x", "provider": "stripe"}).status_code
                assert deed in (404, 405), name
            transaction.set_rollback(True)

    # Without a rectangle there are no places; only a draft is edited; paying is posted.
    assert {name: code for name, code in statuses.items() if code != 200} == {
        "places": 400,
        "edit-request": 404,
        "pay-on": 405,
    }


def test_a_key_that_opens_no_jobs_opens_nothing_about_them(peers):
    ours, api = peers.ours, asked(peers.ours.person)
    type(ours.access).objects.filter(pk=ours.access.pk).update(can_view_jobs=False)
    where = f"{BASE}{ours.organization.number}/"

    assert api.get(f"{where}messages/{ours.job.number}/").status_code == 404
    assert api.get(f"{where}messages/").json()["results"] == []
    assert api.get(f"{where}documents/{ours.document.number}/download/").status_code == 404
    assert api.get(f"{where}jobs/{ours.job.number}/").status_code == 403
    assert api.get(f"{where}messages/{ours.request.number}/").status_code == 200


def test_a_refusal_leaves_nothing_written_and_use_is_noted_once_a_day(peers, now):
    ours, api = peers.ours, asked(peers.ours.person)
    where = f"{BASE}{ours.organization.number}/messages/{ours.request.number}/"

    assert api.post(where, {"body": " "}, format="json").status_code == 400
    assert not MessageThread.objects.filter(request=ours.request).exists()
    assert api.post(where, {"body": "Hello"}, format="json").status_code == 201
    assert MessageThread.objects.get(request=ours.request).messages.get().body == "Hello"
    ours.access.refresh_from_db()
    assert ours.access.last_used_at == now


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
    # What work costs the company; no client reads it and it is nobody's of them.
    open_tables = {"costrate", "costrateevent"}
    tables = {
        model._meta.db_table
        for model in apps.get_app_config("client_management").get_models(include_auto_created=True)
        if model._meta.model_name not in open_tables
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

"""The desk's screens of clients: lists, pages and the actions that call services."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from client_management.models import ClientOrganization, JobOrder, ServiceQuote, ServiceRequest
from common.models import StatusChange
from tests.browser import enter
from tests.client_management import scene
from tests.client_management.world_clients import client_rows
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
SCREENS = (
    "clientorganization",
    "contract",
    "costrate",
    "customerportalaccess",
    "invitation",
    "servicerequest",
    "servicequote",
    "joborder",
)


def test_screens_show_the_records_and_actions_call_services():
    client_rows()
    browser = Client()
    enter(browser, UserFactory(is_superuser=True))
    for model in SCREENS:
        page = browser.get(reverse(f"admin:client_management_{model}_changelist"))
        assert page.status_code == 200, model
        assert page.context["cl"].result_count, model
        row = page.context["cl"].result_list[0]
        url = reverse(f"admin:client_management_{model}_change", args=[row.pk])
        shown = browser.get(url)
        assert shown.status_code == 200, model
        assert not {"link_salt", "link_digest"} & set(shown.context["adminform"].form.fields)
        assert b"Link salt" not in shown.content
    deeds = (
        ("clientorganization", "suspend", ClientOrganization.objects.get(), "suspended"),
        ("servicequote", "withdraw", ServiceQuote.objects.get(status="sent"), "withdrawn"),
        ("servicerequest", "decline", ServiceRequest.objects.get(status="quoted"), "declined"),
    )
    for model, action, row, status in deeds:
        browser.post(
            reverse(f"admin:client_management_{model}_changelist"),
            {
                "action": action,
                "sure": "1",
                "_selected_action": [row.pk],
                "reason": "Said so by telephone",
            },
        )
        row.refresh_from_db()
        if model == "servicerequest":
            # Its offer was taken back before, so it is assessed anew.
            assert row.status in (status, "assessing")
        else:
            assert row.status == status, model
    assert StatusChange.objects.filter(reason="Said so by telephone").count() >= 2
    job = JobOrder.objects.get()
    answer = browser.post(
        reverse("admin:client_management_joborder_changelist"),
        {"action": "confirm", "sure": "1", "_selected_action": [job.pk]},
        follow=True,
    )
    job.refresh_from_db()
    assert job.status == "draft"
    assert "no work is taken on" in answer.content.decode()


def browser_of(*permissions: str) -> Client:
    user, browser = UserFactory(), Client()
    grant(user, *permissions)
    browser.force_login(user, backend="users.backends.RoleBackend")
    return browser


PAGES = {
    "admin:clients_at_a_glance": "client_management.view_clientorganization",
    "admin:request_pipeline": "client_management.view_servicerequest",
}


def test_the_desks_pages_show_clients_and_the_pipeline_to_whoever_may_see_them(
    client_org, actor, now
):
    first = scene.job(client_org, actor, now)
    other = scene.client(actor, now)
    scene.request(client_org, actor, now, title="<b>Bold</b>")
    for name, permission in PAGES.items():
        assert browser_of("rpas.view_battery").get(reverse(name)).status_code == 403
        page = browser_of(permission).get(reverse(name), {"page": "x", "status": "nonsense"})
        assert page.status_code == 200
        with CaptureQueriesContext(connection) as queries:
            browser_of(permission).get(reverse(name))
        few = len(queries)
        scene.request(other, actor, now)
        with CaptureQueriesContext(connection) as queries:
            browser_of(permission).get(reverse(name))
        assert len(queries) == few
    glance, pipeline = (
        browser_of(permission).get(reverse(name)) for name, permission in PAGES.items()
    )
    rows = {row.organization.pk: row for row in glance.context["rows"]}

    assert (rows[client_org.pk].active_jobs, rows[client_org.pk].waiting_requests) == (1, 1)
    assert f"{first.agreed_amount} AUD" in glance.content.decode()
    text = pipeline.content.decode()
    assert "&lt;b&gt;Bold" in text
    assert "<b>Bold" not in text
    assert first.number in text
    chosen = browser_of(PAGES["admin:request_pipeline"]).get(
        reverse("admin:request_pipeline"), {"status": "approved"}
    )
    assert [row.number for row in chosen.context["page"]] == [first.request.number]
    found = browser_of(PAGES["admin:clients_at_a_glance"]).get(
        reverse("admin:clients_at_a_glance"), {"q": other.number.lower()}
    )
    assert [row.organization for row in found.context["rows"]] == [other]

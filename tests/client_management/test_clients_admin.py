"""The desk's screens of clients: lists, pages and the actions that call services."""

import pytest
from django.test import Client
from django.urls import reverse

from client_management.models import ClientOrganization, JobOrder, ServiceQuote, ServiceRequest
from tests.client_management.world_clients import client_rows
from tests.users.factories import UserFactory

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
    browser.force_login(UserFactory(is_superuser=True), backend="users.backends.RoleBackend")
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
            {"action": action, "_selected_action": [row.pk]},
        )
        row.refresh_from_db()
        if model == "servicerequest":
            # Its offer was taken back before, so it is assessed anew.
            assert row.status in (status, "assessing")
        else:
            assert row.status == status, model
    job = JobOrder.objects.get()
    answer = browser.post(
        reverse("admin:client_management_joborder_changelist"),
        {"action": "confirm", "_selected_action": [job.pk]},
        follow=True,
    )
    job.refresh_from_db()
    assert job.status == "draft"
    assert "no work is taken on" in answer.content.decode()

"""Agreements and mails on the dispatchers' screen."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from common.mail.dispatch import suppress
from common.models import Mail, SuppressedAddress
from documents.models import DocumentAccess
from tests.browser import enter
from tests.documents.agreements.conftest import NAME
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
LIST = reverse("admin:documents_agreement_changelist")


@pytest.fixture
def browser(clerk):
    client = Client()
    enter(client, clerk)
    return client


def act(browser, action, *rows):
    return browser.post(
        LIST,
        {"action": action, "sure": "1", "_selected_action": [row.pk for row in rows]},
        follow=True,
    )


def test_the_desk_sends_reminds_and_takes_back(browser, desk):
    agreement = desk.draft()

    for action, status in (("send", "sent"), ("remind", "sent"), ("take_back", "withdrawn")):
        act(browser, action, agreement)
        agreement.refresh_from_db()
        assert agreement.status == status

    said = act(browser, "send", agreement).content.decode()
    assert "cannot become sent" in said


def test_a_signature_is_countersigned_and_its_file_downloaded(browser, desk, run_tasks):
    agreement = desk.signed()
    run_tasks()

    act(browser, "countersign", agreement)
    page = browser.get(reverse("admin:documents_agreement_change", args=[agreement.pk]))
    link = reverse("admin:documents_agreement_download", args=[agreement.pk])
    found = browser.post(link, {"purpose": ""})

    agreement.refresh_from_db()
    assert agreement.status == "countersigned"
    assert link in page.content.decode()
    assert found.content.startswith(b"%PDF")
    assert DocumentAccess.objects.filter(user=desk.clerk, deed="download").count() == 1


def test_the_screen_shows_no_name_and_no_link(browser, desk):
    agreement = desk.signed()

    for page in (LIST, reverse("admin:documents_agreement_change", args=[agreement.pk])):
        html = browser.get(page).content.decode()
        assert agreement.number in html
        assert NAME not in html
        assert agreement.link_digest not in html
        assert agreement.link_salt not in html


def test_who_may_not_countersign_has_no_such_action(desk):
    agreement, reader = desk.sent(), UserFactory()
    grant(reader, "contacts.view_contact", "documents.view_agreement")
    browser = Client()
    enter(browser, reader)

    html = browser.get(LIST).content.decode()

    assert agreement.number in html
    assert 'value="countersign"' not in html
    assert (
        browser.get(reverse("admin:documents_agreement_download", args=[agreement.pk])).status_code
        == 404
    )


def test_mails_show_how_they_ended_and_never_what_they_say(browser, desk, clerk):
    grant(clerk, "common.view_mail", "common.view_suppressedaddress")
    desk.sent()

    page = browser.get(reverse("admin:common_mail_changelist")).content.decode()
    row = browser.get(reverse("admin:common_mail_change", args=[Mail.objects.get().pk]))

    assert "agreement_link" in page
    for html in (page, row.content.decode()):
        assert "/sign/" not in html


def test_a_suppressed_address_is_lifted_by_who_may(browser, clerk):
    suppress("a@b.example", reason="550", at=timezone.now())
    row = SuppressedAddress.objects.get()
    screen = reverse("admin:common_suppressedaddress_changelist")
    form = {"action": "lift", "sure": "1", "_selected_action": [row.pk]}
    grant(clerk, "common.view_suppressedaddress")
    browser.post(screen, form)
    row.refresh_from_db()
    assert row.lifted_at is None

    grant(clerk, "common.lift_suppressedaddress")
    browser.post(screen, form)

    row.refresh_from_db()
    assert row.lifted_by == clerk

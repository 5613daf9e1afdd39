"""One mail a day for who wants no more, of what waits for them."""

import json
from datetime import timedelta

import pytest

from client_management.portal_tasks import send_digests
from client_management.services import accesses
from common.models import Mail
from tests.client_management import scene
from tests.client_management.portal.people import key

pytestmark = pytest.mark.django_db


def test_a_digest_counts_what_waits_once_a_day_for_who_asked_for_it(
    client_org, actor, now, monkeypatch
):
    daily, quiet = (key(client_org, actor, now) for _ in range(2))
    told = {"version": None, "at": now}
    accesses.set_preferences(daily, changes={"digest": "daily"}, **told)
    accesses.set_preferences(quiet, changes={"digest": "daily", "notify_quotes": False}, **told)
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    send_digests()
    assert not Mail.objects.exists()
    scene.sent(scene.request(client_org, actor, now), actor, now)

    send_digests()
    send_digests()
    mail = Mail.objects.get()
    monkeypatch.setattr("django.utils.timezone.now", lambda: now + timedelta(days=1))
    send_digests()

    assert mail.recipient == daily.user.email
    assert "Offers to answer: 1" in json.loads(mail.context)["text"]
    assert Mail.objects.filter(recipient=daily.user.email).count() == 2

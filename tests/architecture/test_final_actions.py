"""What cannot be undone is asked for once more, on every list, and done only then."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from common.models import AuditEvent, StatusChange
from tests.architecture.permission_world import full_world
from tests.browser import enter
from tests.users.factories import UserFactory

MOST_STATEMENTS = 20
# Words for deeds with no way back; an action that is called so and is not final is named here.
FINAL_WORDS = {
    "abort", "accept", "activate", "cancel", "certify", "close", "countersign", "decline",
    "drop", "end", "file", "finalise", "issue", "land", "notify", "publish", "refuse", "resolve",
    "retire", "revoke", "sign", "start", "supersede", "take_back", "void", "withdraw", "write_off",
}  # fmt: skip
HAS_A_WAY_BACK = {
    ("client_management.ClientOrganization", "activate"): "suspend",
    ("flight_operations.FlightOperation", "revoke"): "release it again",
    ("flight_operations.SMSHazardRegister", "accept"): "reopen",
    ("flight_operations.SMSHazardRegister", "close"): "reopen",
    ("operations.FlightRelease", "revoke"): "release it again",
    ("dispatcher.OptimizationRun", "cancel"): "plan again",
}


def screens() -> list[tuple[type[Model], Any]]:
    return sorted(admin.site._registry.items(), key=lambda pair: pair[0]._meta.label)  # noqa: SLF001


def final() -> Iterator[tuple[type[Model], Any, str]]:
    for model, screen in screens():
        for name in getattr(screen, "final_actions", ()):
            yield model, screen, name


def test_every_final_action_is_an_action_of_its_screen():
    assert [
        (m._meta.label, name) for m, screen, name in final() if name not in screen.actions
    ] == []
    assert len(list(final())) > 50


def test_what_sounds_final_is_asked_for_or_has_a_way_back():
    told = {
        (model._meta.label, name)
        for model, screen in screens()
        for name in getattr(screen, "actions", None) or ()
        if name in FINAL_WORDS and name not in getattr(screen, "final_actions", ())
    }

    assert told == set(HAS_A_WAY_BACK)


def faults_of(client: Any, model: type[Model], name: str) -> list[Any]:
    path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    keys = list(model._base_manager.order_by("pk").values_list("pk", flat=True)[:1])  # noqa: SLF001
    form = {"action": name, "_selected_action": keys, "reason": "Because <b>so</b>."}
    before = (AuditEvent.objects.count(), StatusChange.objects.count())
    with CaptureQueriesContext(connection) as asked:
        answer = client.post(path, form)
    text = answer.content.decode()
    expected = {
        "status": answer.status_code == 200,
        "asks": 'name="sure"' in text and "cannot be undone" in text,
        "carries the reason": "Because &lt;b&gt;so&lt;/b&gt;." in text,
        "does nothing": before == (AuditEvent.objects.count(), StatusChange.objects.count()),
        "few statements": len(asked) <= MOST_STATEMENTS,
    }
    return [model._meta.label, name, [what for what, is_so in expected.items() if not is_so]]


@pytest.mark.slow
@pytest.mark.django_db
def test_each_final_action_asks_first_and_does_nothing(client):
    with full_world():
        user = UserFactory(is_superuser=True)
        enter(client, user)
        request = RequestFactory().get("/")
        request.user = user
        told = [
            faults_of(client, model, name)
            for model, screen, name in final()
            if name in screen.get_actions(request) and model._base_manager.exists()  # noqa: SLF001
        ]

    assert [each for each in told if each[2]] == []
    assert len(told) > 40

"""Every list and every record's page of the admin is answered, in few statements."""

from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.architecture.permission_world import full_world
from tests.browser import enter
from tests.users.factories import UserFactory

pytestmark = pytest.mark.slow
MOST_STATEMENTS = 20


def pages_of(model: type[Model]) -> list[str]:
    """The addresses of a screen: its list, and the page of its first record."""
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    rows = model._base_manager.all()  # noqa: SLF001 - whatever there is, whoever may see it
    keys = rows.order_by("pk").values_list("pk", flat=True)[:1]
    changes = [reverse(f"{name}_change", args=[key]) for key in keys]
    return [reverse(f"{name}_changelist"), *changes]


def faults_of(client: Client, path: str) -> list[Any]:
    """What is wrong with a page; one that takes more is asked again, when caches are filled."""
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(path)
        if answer.status_code == 200 and len(asked) <= MOST_STATEMENTS:
            return []
    return [(path, answer.status_code, len(asked))]


@pytest.mark.django_db
def test_every_screen_is_answered_in_few_statements(client):
    with full_world():
        enter(client, UserFactory(is_superuser=True))
        screens = list(admin.site._registry)  # noqa: SLF001 - the list of what is there
        pages = [path for model in screens for path in pages_of(model)]

        faults = [fault for path in pages for fault in faults_of(client, path)]

    assert faults == []
    # Not of empty lists alone.
    assert len(pages) > 1.8 * len(screens)

"""The grants that govern the API govern the admin, screen by screen."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib import admin
from django.db import transaction
from django.test import Client
from django.urls import reverse

from tests.users.factories import UserFactory, grant
from users.models import User

pytestmark = pytest.mark.django_db
SCREENS = sorted(admin.site._registry, key=lambda model: model._meta.label)  # noqa: SLF001
# `axes`: the log of sign-in attempts.
KNOWN = (
    "common",
    "users",
    "airports",
    "documents",
    "contacts",
    "aircraft",
    "finance",
    "rpas",
    "flight_operations",
    "client_management",
    "dispatcher",
    "operations",
    "axes",
)


@pytest.fixture(scope="module")
def staff(django_db_setup: None, django_db_blocker: Any) -> Iterator[SimpleNamespace]:
    """Somebody employed without any grant, and somebody with no staff role at all."""
    with django_db_blocker.unblock(), transaction.atomic():
        employed = UserFactory()
        grant(employed)
        yield SimpleNamespace(employed=employed, outsider=UserFactory())
        transaction.set_rollback(True)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="users.backends.RoleBackend")
    return client


def pages(model: Any) -> list[str]:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    return [reverse(f"{name}_changelist"), reverse(f"{name}_add")]


@pytest.mark.parametrize("model", SCREENS, ids=lambda m: m._meta.label)
def test_a_screen_is_closed_without_the_models_permission(staff, model):
    client = signed_in(staff.employed)

    assert [client.get(page).status_code for page in pages(model)] == [403, 403]


@pytest.mark.parametrize("model", SCREENS, ids=lambda m: m._meta.label)
def test_a_screen_opens_with_the_permission_to_view_and_no_further(staff, model):
    names = {f"{model._meta.app_label}.view_{model._meta.model_name}"}
    with transaction.atomic():
        reader = UserFactory()
        grant(reader, *names)
        client = signed_in(reader)

        assert [client.get(page).status_code for page in pages(model)] == [200, 403]
        transaction.set_rollback(True)


@pytest.mark.parametrize("model", SCREENS, ids=lambda m: m._meta.label)
def test_a_screen_sends_who_is_not_employed_to_the_sign_in_page(staff, model):
    for client in (Client(), signed_in(staff.outsider)):
        answer = client.get(pages(model)[0])

        assert answer.status_code == 302
        assert answer["Location"].startswith("/admin/login/")


def test_every_screen_is_of_an_app_that_was_looked_at():
    foreign = [model._meta.label for model in SCREENS if model._meta.app_label not in KNOWN]

    assert foreign == []

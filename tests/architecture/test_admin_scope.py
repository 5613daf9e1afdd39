"""Staff of one operator see nothing of another's: neither rows, nor names in the filters."""

from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from rpas.models import OperatorMember, RPASOperator
from tests.architecture.permission_world import full_world
from tests.browser import enter
from tests.rpas.factories import MemberFactory, OperatorFactory
from tests.users.factories import grant

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
APPS = ("rpas", "flight_operations", "dispatcher")
# Whoever works for an operator sees that, and who else does.
OWN: tuple[type[Model], ...] = (RPASOperator, OperatorMember)


def faults_of(client: Client, model: type[Model], names: list[str]) -> list[Any]:
    """What the list of a screen gives away, and whether the first record opens."""
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    answer = client.get(reverse(f"{name}_changelist"))
    text = answer.content.decode()
    key = model._base_manager.order_by("pk").values_list("pk", flat=True).first()  # noqa: SLF001
    pages = [reverse(f"{name}_{page}", args=[key]) for page in ("change", "history") if key]
    return [
        *([answer.status_code] if answer.status_code != 200 else []),
        *(["rows"] if model not in OWN and answer.context["cl"].result_list else []),
        *[each for each in names if each in text],
        *[page for page in pages if client.get(page).status_code == 200],
    ]


def test_nothing_of_another_operator_is_seen_in_the_admin(client):
    with full_world():
        RPASOperator.objects.filter(name__startswith="Operator").update(legal_name="Foreign Ltd")
        names = [*RPASOperator.objects.values_list("name", flat=True), "Foreign Ltd"]
        user = MemberFactory(operator=OperatorFactory(name="Elsewhere Drones")).user
        screens = [model for model in admin.site._registry if model._meta.app_label in APPS]  # noqa: SLF001
        grant(user, *(f"{m._meta.app_label}.view_{m._meta.model_name}" for m in screens))
        enter(client, user)

        told = {m._meta.label: faults for m in screens if (faults := faults_of(client, m, names))}

    assert told == {}
    assert len(screens) > 30

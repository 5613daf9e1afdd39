"""Staff of one operator see nothing of another's: neither rows, nor names in the filters."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from rpas.models import OperatorMember, RPASAircraft, RPASOperator
from tests.architecture.permission_world import full_world
from tests.browser import enter
from tests.rpas.factories import MemberFactory, OperatorFactory
from tests.users.factories import UserFactory, grant

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


def ways_to_choose() -> dict[type[Model], dict[str, str]]:
    """A field that leads to each screen whose records can be looked for, as the theme asks."""
    found: dict[type[Model], dict[str, str]] = {}
    for source in apps.get_models():
        for field in source._meta.concrete_fields:
            screen = admin.site._registry.get(getattr(field.remote_field, "model", None))  # noqa: SLF001
            if screen is not None and screen.search_fields:
                meta = source._meta
                found[screen.model] = {
                    "app_label": meta.app_label, "model_name": meta.model_name,
                    "field_name": field.name, "term": "",
                }  # fmt: skip
    return found


def test_no_record_of_another_operator_is_offered_to_choose_from(client):
    ways = {m: way for m, way in ways_to_choose().items() if m._meta.app_label in APPS}
    root = Client()
    with full_world():
        user = MemberFactory(operator=OperatorFactory(name="Elsewhere Drones")).user
        grant(user, *(f"{m._meta.app_label}.view_{m._meta.model_name}" for m in ways))
        enter(client, user)
        enter(root, UserFactory(is_superuser=True))

        def offered(browser: Client, model: type[Model]) -> list[str]:
            answer = browser.get("/admin/autocomplete/", ways[model])
            return [each["text"] for each in answer.json()["results"]]

        theirs = {m._meta.label: bool(offered(root, m)) for m in ways}
        told = {m._meta.label: rows for m in ways if m not in OWN and (rows := offered(client, m))}

    assert told == {}
    assert sum(theirs.values()) > 8


def test_no_form_offers_a_record_of_another_operator(client):
    with full_world():
        screens = [m for m in admin.site._registry if m._meta.app_label in APPS]  # noqa: SLF001
        names = [
            *RPASOperator.objects.values_list("name", flat=True),
            *RPASAircraft.objects.values_list("registration", flat=True),
        ]
        user = MemberFactory(operator=OperatorFactory(name="Elsewhere Drones")).user
        metas = [m._meta for m in screens]
        held = [(verb, meta) for meta in metas for verb in meta.default_permissions]
        grant(user, *(f"{meta.app_label}.{verb}_{meta.model_name}" for verb, meta in held))
        enter(client, user)
        forms = {
            m._meta.label: client.get(
                reverse(f"admin:{m._meta.app_label}_{m._meta.model_name}_add")
            )
            for m in screens
        }
        open_ones = {
            k: each.content.decode() for k, each in forms.items() if each.status_code == 200
        }

    assert {k: said for k, t in open_ones.items() if (said := [n for n in names if n in t])} == {}
    assert len(open_ones) > 5
    assert any("Elsewhere Drones" in text for text in open_ones.values())


def foreign_to(user: Any, form: Any) -> dict[str, int]:
    """For each field of a form that names a record: one that the person may not see."""
    found = {}
    for name, field in form.fields.items():
        rows = getattr(getattr(field, "queryset", None), "model", Model)
        if hasattr(getattr(rows, "objects", None), "visible_to"):
            seen = rows.objects.visible_to(user).values("pk")
            key = rows._base_manager.exclude(pk__in=seen).values_list("pk", flat=True).first()  # noqa: SLF001
            found |= {name: key} if key is not None else {}
    return found


def taken(client: Client, page: str, sent: dict[str, int], names: list[str]) -> list[str]:
    """The fields of a form that take what they are sent, and names that it gives away."""
    answer = client.post(page, sent)
    text = answer.content.decode()
    errors = answer.context["adminform"].form.errors if answer.status_code == 200 else {}
    return [*(name for name in sent if name not in errors), *(n for n in names if n in text)]


def test_no_form_takes_a_record_of_another_operator(client):
    with full_world():
        metas = [m._meta for m in admin.site._registry if m._meta.app_label in APPS]  # noqa: SLF001
        names = [
            *RPASOperator.objects.values_list("name", flat=True),
            *RPASAircraft.objects.values_list("registration", flat=True),
        ]
        user = MemberFactory(operator=OperatorFactory(name="Elsewhere Drones")).user
        held = [(verb, meta) for meta in metas for verb in meta.default_permissions]
        grant(user, *(f"{meta.app_label}.{verb}_{meta.model_name}" for verb, meta in held))
        enter(client, user)
        faults, asked = {}, 0
        for meta in metas:
            page = reverse(f"admin:{meta.app_label}_{meta.model_name}_add")
            answer = client.get(page)
            if answer.status_code == 200:
                sent = foreign_to(user, answer.context["adminform"].form)
                asked += len(sent)
                if wrong := taken(client, page, sent, names):
                    faults[meta.label] = wrong

    assert faults == {}
    assert asked > 5

"""Staff of one operator see nothing of another's: neither rows, nor names in the filters."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.messages import get_messages
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from rpas.models import OperatorMember, RPASAircraft, RPASOperator
from tests.architecture.permission_world import full_world, operator_rows
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


def signed_in(client: Client, operator: RPASOperator) -> Any:
    """Somebody of an operator who may do everything at the screens looked at here."""
    user = MemberFactory(operator=operator).user
    metas = [m._meta for m in admin.site._registry if m._meta.app_label in APPS]  # noqa: SLF001
    own = [
        (f"{verb}_{meta.model_name}", meta) for meta in metas for verb in meta.default_permissions
    ]
    more = [(code, meta) for meta in metas for code, _ in meta.permissions]
    grant(user, *(f"{meta.app_label}.{code}" for code, meta in (*own, *more)))
    enter(client, user)
    return user


def forms_of(user: Any, model: type[Model]) -> list[str]:
    """The address of a new record's form, and of that of the first record that somebody sees."""
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    rows: Any = model._default_manager.all()
    seen = rows.visible_to(user) if hasattr(rows, "visible_to") else rows
    first = seen.order_by("pk").first()
    changed = [reverse(f"{name}_change", args=[first.pk])] if first else []
    return [reverse(f"{name}_add"), *changed]


def test_no_form_takes_a_record_of_another_operator(client):
    with full_world():
        names = [
            *RPASOperator.objects.values_list("name", flat=True),
            *RPASAircraft.objects.values_list("registration", flat=True),
        ]
        operator = OperatorFactory(name="Elsewhere Drones", key_staff=True)
        operator_rows(operator)
        user = signed_in(client, operator)
        faults, asked = {}, {"add": 0, "change": 0}
        screens = [m for m in admin.site._registry if m._meta.app_label in APPS]  # noqa: SLF001
        for page in [page for model in screens for page in forms_of(user, model)]:
            answer = client.get(page)
            if answer.status_code == 200 and "adminform" in answer.context:
                sent = foreign_to(user, answer.context["adminform"].form)
                asked[page.rstrip("/").rpartition("/")[2]] += len(sent)
                if wrong := taken(client, page, sent, names):
                    faults[page] = wrong

    assert faults == {}
    assert asked["add"] > 5
    assert asked["change"] > 2


def state() -> dict[str, Any]:
    """Every row of these apps, by kind."""
    kinds = [model for model in apps.get_models() if model._meta.app_label in APPS]
    return {m._meta.label: list(m._base_manager.order_by("pk").values()) for m in kinds}  # noqa: SLF001


def keys_of(model: type[Model]) -> list[Any]:
    """The keys of all rows of a kind, whoever may see them."""
    return list(model._base_manager.order_by("pk").values_list("pk", flat=True))  # noqa: SLF001


def act(client: Client, model: type[Model], keys: list[Any]) -> dict[str, str]:
    """What each action of a list answers that is sent rows as if they had been on it."""
    page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    form = client.get(page).context["action_form"]
    names = [name for name, _ in form.fields["action"].choices if name] if form else []
    sent = {"_selected_action": keys, "sure": "1", "post": "yes", "reason": "Why not"}
    return {f"{page} {n}": text_of(client.post(page, sent | {"action": n})) for n in names}


def text_of(answer: Any) -> str:
    """The body of an answer, whichever way it comes, and what is said on the next page."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    said = [str(message) for message in get_messages(answer.wsgi_request)]
    return " ".join([body.decode(errors="replace"), *said])


def step(client: Client, model: type[Model], keys: list[Any]) -> dict[str, int]:
    """What each step of each record answers that its page is asked for, and that it is sent."""
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_step"
    steps = getattr(getattr(admin.site.get_model_admin(model), "desk", None), "steps", ())
    pages = [reverse(name, args=[key, each.key]) for key in keys for each in steps]
    sent = {"once": "a-form-of-its-own-1", "seen": "", "reason": "Why not"}
    asked = {f"get {page}": client.get(page).status_code for page in pages}
    return asked | {f"post {page}": client.post(page, sent).status_code for page in pages}


def test_nothing_is_done_to_a_record_of_another_operator(client):
    root = Client()
    with full_world():
        names = [
            *RPASOperator.objects.values_list("name", flat=True),
            *RPASAircraft.objects.values_list("registration", flat=True),
        ]
        screens = [m for m in admin.site._registry if m._meta.app_label in APPS]  # noqa: SLF001
        rows = {model: keys_of(model) for model in screens}
        signed_in(client, OperatorFactory(name="Elsewhere Drones"))
        enter(root, UserFactory(is_superuser=True))

        before = state()
        told, stepped = {}, {}
        for model, keys in rows.items():
            told |= act(client, model, keys[:20])
            stepped |= step(client, model, keys[:3])
        after = state()
        # The same, sent by who may: it is the rows that are refused, not the forms.
        opened = [code for m in rows for code in step(root, m, rows[m][:3]).values()]
        for model, keys in rows.items():
            act(root, model, keys[:20])
        changed = [kind for kind, kept in state().items() if kept != after[kind]]

    assert [kind for kind, kept in before.items() if kept != after[kind]] == []
    assert {page: n for page, text in told.items() for n in names if n in text} == {}
    assert {page: code for page, code in stepped.items() if code not in (302, 403, 404)} == {}
    assert len(told) > 30
    assert 200 in opened
    assert len(changed) > 5

import inspect
import re

import pghistory.models
import pytest
from django.apps import apps
from django.db import connection
from rest_framework.serializers import ModelSerializer

from common.database import is_append_only
from common.models import BaseModel
from common.querysets import ScopedQuerySet

OWN = (
    "common",
    "users",
    "airports",
    "documents",
    "contacts",
    "finance",
    "aircraft",
    "rpas",
    "flight_operations",
    "client_management",
    "dispatcher",
    "operations",
)
MODELS = [
    model
    for model in apps.get_models()
    if model._meta.app_label in OWN and not issubclass(model, pghistory.models.Event)
]
# Rows that only their parents and services read; no list of them is ever shown.
INTERNAL = {"outboxevent", "delivery", "numberseries", "heartbeat", "idempotencykey", "auditlink"}


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m._meta.label)
def test_models_say_what_they_are_and_have_no_default_order(model):
    assert model.__doc__
    assert not model.__doc__.startswith(f"{model.__name__}(")
    assert "__str__" in {n for klass in model.__mro__[:2] for n in vars(klass)}
    assert not model._meta.ordering or model.__mro__[1].__module__.startswith("django")


def test_no_plural_is_one_that_english_does_not_have():
    """Django appends an s; after another hiss it needs an e, and a y becomes ie."""
    ill_formed = re.compile(r"(ss|x|z|ch|sh|[^aeiou]y)s$")
    own = [m for m in apps.get_models() if m._meta.app_label in OWN]
    plurals = {m._meta.label: str(m._meta.verbose_name_plural) for m in own}

    wrong = {label: name for label, name in plurals.items() if ill_formed.search(name)}
    assert wrong == {}


@pytest.mark.parametrize(
    "model", [m for m in MODELS if hasattr(m, "TRANSITIONS")], ids=lambda m: m.__name__
)
def test_every_status_is_reachable_and_known(model):
    field = model._meta.get_field("status")
    known = set(dict(field.choices))
    reachable = {field.default} | {to for moves in model.TRANSITIONS.values() for to in moves}

    assert reachable == known
    assert set(model.TRANSITIONS) <= known


@pytest.mark.parametrize(
    "model", [m for m in MODELS if issubclass(m, BaseModel)], ids=lambda m: m.__name__
)
def test_every_changing_row_has_history_and_a_version_counted_by_the_database(model):
    triggers = {trigger.name for trigger in getattr(model._meta, "triggers", [])}

    assert {"bump_version", "insert_insert", "update_update", "delete_delete"} <= triggers


@pytest.mark.django_db
@pytest.mark.parametrize(
    "model", [m for m in apps.get_models() if is_append_only(m)], ids=lambda m: m._meta.label
)
def test_append_only_tables_are_guarded_by_triggers(model):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal"
            " AND tgtype & 24 > 0",  # UPDATE or DELETE
            [model._meta.db_table],
        )
        (count,) = cursor.fetchone()

    assert count > 0


def test_no_queryset_shows_rows_without_saying_to_whom():
    open_querysets = []
    for model in MODELS:
        rows = model._default_manager.all()
        if model._meta.model_name in INTERNAL or not isinstance(rows, ScopedQuerySet):
            continue
        if type(rows).visible_to is ScopedQuerySet.visible_to:
            open_querysets.append(model._meta.label)

    assert open_querysets == []


def test_no_serializer_shows_every_field():
    def below(klass):
        for child in klass.__subclasses__():
            yield child
            yield from below(child)

    greedy = [
        klass.__name__
        for klass in below(ModelSerializer)
        if klass.__module__.split(".")[0] in OWN
        and inspect.isclass(getattr(klass, "Meta", None))
        and getattr(klass.Meta, "fields", None) == "__all__"
    ]

    assert greedy == []

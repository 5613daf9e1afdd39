"""What every screen of the admin hands out: plain values, nothing sealed, in few statements."""

import csv
import io
import re
from datetime import UTC, datetime

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from common.encryption import SealedField
from common.screens.export import ListExport, _Selected
from tests.architecture.permission_world import full_world
from tests.browser import enter
from tests.users.factories import UserFactory
from users.services.preferences import change_preferences

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
MOST_STATEMENTS = 20
SHORTEST = 4
WANTED = {
    "timezone": "America/Bogota",
    "date_format": "iso",
    "clock": "12",
    "height": "m",
    "distance": "km",
    "speed": "kmh",
    "mass": "lb",
    "temperature": "f",
    "pressure": "inhg",
}
AS_READ = re.compile(r"[AP]M UTC|\u00a0(?:m|km|km/h|lb|°F|inHg)\b")


@pytest.fixture
def reader(client):
    user = UserFactory(is_superuser=True)
    change_preferences(user, version=None, changes=WANTED, at=datetime(2026, 1, 1, tzinfo=UTC))
    enter(client, user)
    return client


def screens():
    """The screens whose lists are handed out, with the keys of their rows."""
    for model, screen in admin.site._registry.items():  # noqa: SLF001 - the list of what is there
        rows = model._base_manager.order_by("pk")  # noqa: SLF001 - whatever there is
        keys = list(rows.values_list("pk", flat=True)[:50])
        if keys and isinstance(screen, ListExport) and not screen.export_refused:
            yield model, keys


def exported(client, model, keys, suffix):
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
    form = {"action": f"export_{suffix}", "_selected_action": keys}
    with CaptureQueriesContext(connection) as asked:
        answer = client.post(reverse(name), form)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer, body, len(asked)


def sealed_texts():
    """What the database holds encrypted, opened; short words stand in other columns too."""
    for model in admin.site._registry:  # noqa: SLF001 - the list of what is there
        names = [f.name for f in model._meta.concrete_fields if isinstance(f, SealedField)]
        for row in model._base_manager.all() if names else ():  # noqa: SLF001 - whatever there is
            for name in names:
                if (text := str(getattr(row, name) or "")) and len(text) >= SHORTEST:
                    yield f"{model._meta.label}.{name}", text


def faults_of(client, model, keys, secrets):
    answer, body, count = exported(client, model, keys, "csv")
    text = body.decode("utf-8-sig")
    if "attachment" not in answer.headers.get("Content-Disposition", ""):
        return ["no file"]
    headings, *rows = csv.reader(io.StringIO(text))
    said = [place for place, secret in secrets if secret in text]
    twice = sorted({name for name in headings if headings.count(name) > 1})
    return [
        *(["statements", count] if count > MOST_STATEMENTS else []),
        *(["sealed", said] if said else []),
        *(["twice", twice] if twice else []),
        *(["as the reader has it", found] if (found := AS_READ.findall(text)) else []),
        *([] if rows else ["no rows"]),
    ]


def test_every_list_is_handed_out_plain_sealed_and_in_few_statements(reader):
    with full_world():
        secrets = list(sealed_texts())
        told = [
            (model._meta.label, len(keys), faults)
            for model, keys in screens()
            if (faults := faults_of(reader, model, keys, secrets))
        ]

        count = sum(1 for _ in screens())

    assert told == []
    assert count > 60
    assert len(secrets) > 10


def test_the_cells_of_a_row_ask_the_database_nothing(reader, monkeypatch):
    asked_of, asking, said_of = set(), {}, _Selected.said_of

    def watched(selected, row):
        with CaptureQueriesContext(connection) as asked:
            cells = said_of(selected, row)
        asked_of.add(selected.screen.opts.label)
        if asked:
            asking[selected.screen.opts.label] = [query["sql"][:200] for query in asked]
        return cells

    monkeypatch.setattr(_Selected, "said_of", watched)
    with full_world():
        for model, keys in screens():
            exported(reader, model, keys[:1], "csv")

    assert asking == {}
    assert len(asked_of) > 60

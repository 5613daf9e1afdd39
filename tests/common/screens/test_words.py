"""Lists searched by words: what is found, and that indexes do it where tables are large."""

from typing import Any
from unittest.mock import patch

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from common.audit import record
from common.models import AuditEvent, Verdict
from common.screens.every_word import every_word
from common.words import found_by_words, plain_lookups, split_words
from flight_operations.models import FlightOperation
from operations.models import Trip
from tests.browser import enter
from tests.flight_operations.factories import OperationFactory
from tests.rpas.factories import AircraftFactory
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db
GROWING = [FlightOperation, AuditEvent, Verdict]
LIST = "/admin/flight_operations/flightoperation/"
LOOKUPS = ["number__icontains", "title__icontains", "aircraft__registration__icontains"]


@pytest.fixture
def operations() -> list[FlightOperation]:
    red = AircraftFactory(registration="RPA-RED-7")
    blue = AircraftFactory(registration="RPA-BLUE-8")
    return [
        OperationFactory(aircraft=red, title="Roof of the mill"),
        OperationFactory(aircraft=blue, title="Red cliffs"),
        OperationFactory(aircraft=blue, title="Roof of the barn"),
    ]


@pytest.fixture
def root(client: Any) -> Any:
    enter(client, UserFactory(is_superuser=True))
    return client


def found(words: list[str]) -> list[int]:
    rows = found_by_words(FlightOperation.objects.order_by("pk"), LOOKUPS, words)
    return list(rows.values_list("pk", flat=True))


def test_every_word_is_looked_for_in_the_row_and_in_what_it_names(operations):
    mill, cliffs, barn = (row.pk for row in operations)

    assert found(["red"]) == [mill, cliffs]
    assert found(["roof", "blue-8"]) == [barn]
    assert found(["nowhere"]) == []
    assert found([]) == [mill, cliffs, barn]


def test_a_text_of_many_words_is_a_bounded_number_of_statements(operations):
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = [first + second for first in letters for second in letters][:300]

    with CaptureQueriesContext(connection) as asked:
        found([*words, "roof"])
        found(["roof"] * 50)

    assert len(asked) <= 10 + 1 + 2


def test_words_after_the_tenth_count_too(operations):
    ten = ["roof", "oof", "of", "the", "he", "mill", "ill", "mil", "ro", "oo"]

    assert found([*ten, "red"]) == [operations[0].pk]
    assert found([*ten, "blue"]) == []


def test_more_keys_than_can_be_named_lose_no_row(operations):
    with patch("common.words.MOST_KEYS", 1):
        assert found(["rpa-"]) == [row.pk for row in operations]


def test_the_list_finds_by_registration_and_by_words_in_quotes(root, operations):
    mill, cliffs, barn = operations

    by_aircraft = root.get(LIST, {"q": "BLUE-8"}).content.decode()
    by_quote = root.get(LIST, {"q": '"of the mill"'}).content.decode()

    assert cliffs.number in by_aircraft
    assert barn.number in by_aircraft
    assert mill.number not in by_aircraft
    assert mill.number in by_quote
    assert barn.number not in by_quote


def test_staff_find_their_operators_rows_alone(operations):
    mill, _, barn = operations
    rows = FlightOperation.objects.visible_to(UserFactory())

    assert not found_by_words(rows, LOOKUPS, ["rpa"]).exists()
    assert (
        found_by_words(FlightOperation.objects.filter(pk=barn.pk), LOOKUPS, ["roof"]).get() == barn
    )
    assert mill != barn


@pytest.mark.parametrize(
    ("names", "lookups"),
    [
        (["number", "^aircraft__registration"],
         ["number__icontains", "aircraft__registration__istartswith"]),
        (["=number"], ["number__iexact"]),
        (["number", "crew__user__email"], []),
        (["number__contains"], []),
        (["nothing"], []),
    ],
)  # fmt: skip
def test_only_paths_that_name_each_row_once_are_taken_apart(names, lookups):
    assert plain_lookups(FlightOperation, names) == lookups


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('roof "of the mill"', ["roof", "of the mill"]),
        ("a,b 'c d'", ["a,b", "c d"]),
        ('"', ['"']),
        ("", []),
    ],
)
def test_words_are_split_as_they_were_typed(text, words):
    assert split_words(text) == words


def test_each_column_of_a_growing_table_is_indexed_as_it_is_searched():
    lacking = []
    for model in GROWING:
        with connection.cursor() as cursor:
            query = "SELECT indexdef FROM pg_indexes WHERE tablename = %s"
            cursor.execute(query, [model._meta.db_table])
            there = " ".join(definition for (definition,) in cursor.fetchall())
        for lookup in plain_lookups(model, admin.site._registry[model].search_fields):  # noqa: SLF001 - the screens that there are
            name, end = lookup.rsplit("__", 1)
            wanted = (
                "btree (upper(({})::text))" if end == "iexact" else "gin (upper(({})::text) gin_"
            )
            if "__" not in name and wanted.format(name) not in there:
                lacking.append(f"{model.__name__}.{name}")

    assert lacking == []


def test_a_filter_offers_each_word_once_in_order(root):
    user, at = UserFactory(), timezone.now()
    for action in ("b.done", "a.done", "b.done", "c.done"):
        record(action, user, actor=user, at=at)

    words = every_word(AuditEvent._meta.get_field("action"))
    page = root.get("/admin/common/auditevent/", {"action": "b.done"}).content.decode()

    assert [word for word in words if word.endswith(".done")] == ["a.done", "b.done", "c.done"]
    assert words == sorted(set(words))
    assert "?action=a.done" in page
    assert every_word(Trip._meta.get_field("kind")) == []

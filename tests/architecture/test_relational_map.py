"""docs/DATABASE_RELATIONAL_MAP.md is what models and migrations say, and what the database has."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from common.management.commands import relational_map
from common.relational_map import relational_map as written_map


def test_the_page_is_up_to_date():
    out = StringIO()

    call_command("relational_map", "--check", stdout=out)

    assert out.getvalue().strip().endswith("is up to date.")


def test_a_page_that_says_something_else_is_told(tmp_path, monkeypatch):
    page = tmp_path / "page.md"
    page.write_text("# Something else\n")
    monkeypatch.setattr(relational_map, "PAGE", page)

    with pytest.raises(CommandError, match="out of date"):
        call_command("relational_map", "--check")
    call_command("relational_map", "--write", stdout=StringIO())

    assert page.read_text() == written_map()
    call_command("relational_map", "--check", stdout=StringIO())


@pytest.mark.django_db
def test_every_table_and_column_of_the_database_is_on_the_page():
    page = written_map()
    ours = re.compile(
        "^(common|users|airports|documents|contacts|finance|aircraft|rpas|operations"
        "|flight_operations|client_management|dispatcher)_"
    )
    chapters = re.split(r"^### ", page, flags=re.MULTILINE)[1:]
    stated = {text.split("\n", 1)[0]: text for text in chapters}
    with connection.cursor() as cursor:
        names = [name for name in connection.introspection.table_names(cursor) if ours.match(name)]
        for name in names:
            if name not in stated:
                assert f"`{name}`" in page, name
                continue
            for column in connection.introspection.get_table_description(cursor, name):
                is_there = re.search(rf"\| {column.name} \||column `{column.name}`", stated[name])
                assert is_there, f"{name}.{column.name}"
    assert len(stated) > 180

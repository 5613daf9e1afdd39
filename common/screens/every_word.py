"""A list's filter by a column of few different words in a large table."""

from typing import Any

from django.contrib import admin
from django.db import connection
from psycopg.sql import SQL, Identifier

# Each is one step in an index: whoever has more wants another filter.
MOST = 500
STEPS = """
WITH RECURSIVE words AS (
    (SELECT {column} AS word FROM {table} ORDER BY {column} LIMIT 1)
    UNION ALL
    SELECT (
        SELECT {column} FROM {table} WHERE {column} > words.word ORDER BY {column} LIMIT 1
    ) FROM words WHERE words.word IS NOT NULL
)
SELECT word FROM words WHERE word IS NOT NULL LIMIT %s
"""


class EveryWord(admin.AllValuesFieldListFilter):
    """
    Offers each word of a column that the code writes, such as a deed or a kind of record.

    The words are the same for everybody, whichever rows they may see. An index must begin with the
    column: each next word is one look at it, where DISTINCT would read every row.
    """

    lookup_choices: Any

    def __init__(self, field: Any, *args: Any, **options: Any) -> None:
        super().__init__(field, *args, **options)
        self.lookup_choices = every_word(field)


def every_word(field: Any) -> list[str]:
    """The different values of a column in their order; 1 statement."""
    names = {"table": Identifier(field.model._meta.db_table), "column": Identifier(field.column)}
    with connection.cursor() as cursor:
        cursor.execute(SQL(STEPS).format(**names).as_string(), [MOST])
        return [word for (word,) in cursor.fetchall()]

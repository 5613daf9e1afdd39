"""The files that rows of the database name, and whether they are there as the rows say."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from django.apps import apps
from django.core.files.storage import default_storage
from django.db import models
from pghistory.models import Event
from psycopg import sql

from common.backup.media import MediaFile

COLUMN = "SELECT 1 FROM information_schema.columns WHERE table_name = %s AND column_name = %s"


@dataclass(frozen=True)
class Unlike:
    """Names of files that rows name: those that are not there, and those of other content."""

    missing: list[str]
    altered: list[str]

    def lines(self) -> list[str]:
        """What to say of each."""
        return [
            *(f"{name} is named by a row and missing." for name in self.missing),
            *(f"{name} is not the file that its row says." for name in self.altered),
        ]


def named_files(opened: psycopg.Connection[Any]) -> dict[str, str]:
    """Every file that a row names, with the digest that the row says, empty where it says none."""
    found: dict[str, str] = {}
    for model in apps.get_models():
        # History keeps the names of files that were rightly deleted.
        if issubclass(model, Event):
            continue
        for field in model._meta.local_concrete_fields:
            if isinstance(field, models.FileField) and field.storage == default_storage:
                found |= _named(opened, model._meta.db_table, str(field.column))
    return found


def _named(opened: psycopg.Connection[Any], table: str, column: str) -> dict[str, str]:
    # Before an upgrade the database may not have what this version's models have.
    if not _has(opened, table, column):
        return {}
    digest = sql.SQL("''")
    # `sha256` is of the file as it is handed out; what is closed with a key lies there as another.
    if column == "file" and _has(opened, table, "sha256"):
        digest = sql.SQL("sha256")
        if _has(opened, table, "file_key"):
            digest = sql.SQL("CASE WHEN file_key IS NULL THEN sha256 ELSE '' END")
    query = sql.SQL("SELECT {column}, {digest} FROM {table} WHERE {column} <> ''").format(
        column=sql.Identifier(column), digest=digest, table=sql.Identifier(table)
    )
    return dict(opened.execute(query))


def _has(opened: psycopg.Connection[Any], table: str, column: str) -> bool:
    return opened.execute(COLUMN, [table, column]).fetchone() is not None


def unlike(named: Mapping[str, str], files: Iterable[MediaFile]) -> Unlike:
    """Hold the files that rows name against those that are there."""
    there = {entry.name: entry.sha256 for entry in files}
    return Unlike(
        missing=sorted(name for name in named if name not in there),
        altered=sorted(
            name
            for name, digest in named.items()
            if digest and name in there and there[name] != digest
        ),
    )

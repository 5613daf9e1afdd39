"""What can be taken from a sheet: apps register a kind in their `bulk.py`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.db.models import Model
from django.utils.module_loading import autodiscover_modules

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """One column of the sheet: how its cell becomes the input of the service."""

    name: str
    help: str
    example: str = ""
    is_required: bool = False
    # Several words in one cell, between semicolons.
    is_list: bool = False


@dataclass(frozen=True)
class ImportKind:
    """
    A kind of record that a sheet may bring.

    `create` and `amend` are the services; the serializers are the API's own. `find` gives the
    record on file that a row means, among those the person sees; `now` what it says of the columns.
    """

    code: str
    title: str
    about: str
    model: type[Model]
    columns: tuple[Column, ...]
    create_serializer: type[Any]
    amend_serializer: type[Any]
    create: Callable[..., Model]
    amend: Callable[..., Model]
    find: Callable[[Any, Values], Model | None]
    now: Callable[[Any], Values]
    # Columns as the service's input has them, where that is more than a name and a value.
    shape: Callable[[dict[str, Any], Any], dict[str, Any]] = field(default=lambda row, held: row)
    # What cannot be changed by a row: it says which record is meant.
    fixed: tuple[str, ...] = ()
    # Columns by which a reader of the dry run knows the row; the first one where none is named.
    named_by: tuple[str, ...] = ()

    @property
    def permissions(self) -> tuple[str, str]:
        """What the API asks of who adds such a record, and of who changes one."""
        app, name = self.model._meta.app_label, self.model._meta.model_name
        return f"{app}.add_{name}", f"{app}.change_{name}"


_kinds: dict[str, ImportKind] = {}


def import_kind(kind: ImportKind) -> ImportKind:
    """Register a kind."""
    _kinds[kind.code] = kind
    return kind


def import_kinds() -> dict[str, ImportKind]:
    """Every kind by its code; the apps are asked the first time."""
    _load()
    return dict(sorted(_kinds.items()))


@cache
def _load() -> None:
    autodiscover_modules("bulk")
